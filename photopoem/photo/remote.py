"""Photographs at an address (s3://, gs://, https://, memory://), listed and read through fsspec."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from photopoem.errors import PhotoError, UsageError
from photopoem.photo.reading import Photo, read_photo
from photopoem.photo.sidecars import sidecar_names


def _filesystem(url: str) -> tuple[Any, str]:
    """The file system behind an address, and the path in it. Raises `UsageError`."""
    try:
        import fsspec
    except ImportError as error:
        raise UsageError(f"{url}: addresses need another package: pip install 'photopoem[remote]'") from error
    try:
        system, path = fsspec.core.url_to_fs(url)
    except Exception as error:
        # Some protocols connect at once, and each raises errors of its own.
        raise UsageError(f"{url}: cannot be reached ({error!r})") from error
    return system, path


def find_remote(url: str, wanted: Callable[[str], bool], recurse: bool) -> Iterator[tuple[str, str, str]]:
    """Of each file under an address whose name is wanted: its address, its name from there, its stamp.

    Raises `UsageError` where there is nothing.
    """
    system, path = _filesystem(url)
    try:
        listed = system.find(path, maxdepth=None if recurse else 1, detail=True)
    except Exception as error:
        # Each file system raises what it likes: none of it is a fault of ours.
        raise UsageError(f"{url}: cannot be listed ({error!r})") from error
    if not listed:
        raise UsageError(f"{url}: there is nothing there")
    root = path.rstrip("/")
    for each, info in sorted(listed.items()):
        name = each.removeprefix(root).lstrip("/") or Path(each).name
        if each == root or wanted(Path(each).name):
            yield str(system.unstrip_protocol(each)), name, _stamp(info)


def _stamp(info: dict[str, Any]) -> str:
    """What changes when the file does, as far as its file system tells."""
    marks = [info.get(key) for key in ("size", "ETag", "etag", "mtime", "LastModified", "updated", "created")]
    return "-".join(str(mark) for mark in marks if mark is not None)


def read_remote(url: str, *, quick: bool = False) -> Photo:
    """Fetch a photograph and read it; its sidecars come with it. Raises `PhotoError` with the address."""
    system, path = _filesystem(url)
    with tempfile.TemporaryDirectory(prefix="photopoem-") as folder:
        local = Path(folder, Path(path).name)
        try:
            system.get_file(path, str(local))
        except Exception as error:
            # As above: whatever the file system raises costs this one photograph.
            raise PhotoError(url, f"cannot be fetched ({error!r})") from error
        _fetch_sidecars(system, path, local)
        try:
            return replace(read_photo(local, quick=quick), path=url)
        except PhotoError as error:
            raise PhotoError(url, error.cause) from error


def _fetch_sidecars(system: Any, path: str, local: Path) -> None:
    folder, stroke, name = path.rpartition("/")
    for each in sidecar_names(name):
        try:
            if system.exists(folder + stroke + each):
                system.get_file(folder + stroke + each, str(local.with_name(each)))
        except Exception:  # noqa: S112 - a sidecar is a courtesy; without it the photograph still speaks
            continue
