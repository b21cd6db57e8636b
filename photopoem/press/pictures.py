"""Finds and opens the photographs of poems: upright, in sRGB, pixels only."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from photopoem.errors import PhotoError
from photopoem.photo.reading import read_photo, read_pixels
from photopoem.poem import Poem
from photopoem.text.clean import clean

if TYPE_CHECKING:
    from PIL.Image import Image

GONE = "the photograph is not there, so the poem stands without it; --photos says where photographs are"


def photo_name(poem: Poem) -> str:
    """The cleaned name of a poem's photograph, without its folders."""
    return clean(PurePath(poem.subject.path).name) or "photograph"


def find_photo(poem: Poem, photos: Path | None) -> Path | None:
    """The file of a poem's photograph, or None if it is gone or another picture has its name now.

    A relative path starts from `photos` (default: the working directory). If the photograph is not there, the leading
    folders of its path are removed one by one, for photographs that were moved.
    """
    base = photos or Path()
    parts = [part for part in PurePath(poem.subject.path).parts if part not in {"/", "..", "."}]
    moved = (base.joinpath(*parts[start:]) for start in range(len(parts)))
    places = dict.fromkeys((base / poem.subject.path, *moved))
    return next((path for path in places if _is_file(path) and _is_of(poem, path)), None)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # not a valid name on this system
        return False


def _is_of(poem: Poem, path: Path) -> bool:
    """Whether a file has the picture that a poem was written for, because cameras reuse names."""
    found = path.stat()
    stamp = found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
    as_then = poem.subject.quick
    return any(poem.subject.digest == _digest(str(path), stamp, quick) for quick in (as_then, not as_then))


@lru_cache(maxsize=1 << 14)
def _digest(path: str, _stamp: tuple[int, ...], quick: bool) -> str:
    """The digest of a photograph, empty if it cannot be read; a press asks for it when it checks and when it prints."""
    try:
        return read_photo(path, quick=quick).digest
    except PhotoError:
        return ""


def open_picture(poem: Poem, photos: Path | None, side: int) -> Image | None:
    """A poem's photograph, its longest side at most `side` px; None if it is gone or cannot be read."""
    from PIL import Image

    path = find_photo(poem, photos)
    try:
        return Image.fromarray(read_pixels(path, side)) if path else None
    except PhotoError:
        return None


def encoded(picture: Image, kind: str, quality: int) -> bytes:
    """A picture encoded as `kind` (WEBP, JPEG), without metadata."""
    out = io.BytesIO()
    picture.save(out, kind, quality=quality)
    return out.getvalue()
