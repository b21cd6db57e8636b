"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from photopoem.errors import StoreError


def write_atomically(
    path: str | Path, data: bytes | str, *, sync: bool = False, by_way_of: Path | None = None
) -> None:
    """Write `data` (text as UTF-8) to `path`, replacing what is there; a reader sees the old file or the new.

    `sync` waits until the disk has it; `by_way_of` is as for `open_atomically`. Raises `StoreError`, with what
    to do, where that fails; the old file is then untouched.
    """
    with open_atomically(path, sync=sync, by_way_of=by_way_of) as file:
        file.write(data.encode("utf-8") if isinstance(data, str) else data)


@contextmanager
def open_atomically(
    path: str | Path, *, sync: bool = False, by_way_of: Path | None = None
) -> Iterator[IO[bytes]]:
    """A binary file that takes the place of `path` when the block ends well, else vanishes.

    A process that is killed leaves its unfinished file behind, beside `path` under a name of its own; who writes a
    folder alone may say where it is (`by_way_of`, on the same disk), so that the next one writes over it.
    """
    # Through a link the file itself is replaced, not the link.
    target = Path(os.path.realpath(path))
    # A short name of its own: the target's may already be as long as names can be.
    temporary = by_way_of or target.parent / f".photopoem-{secrets.token_hex(6)}.tmp"
    if by_way_of is not None:
        by_way_of.unlink(missing_ok=True)
    try:
        with _create(temporary, target) as file:
            yield file
            if sync:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(target)
    except OSError as error:
        raise StoreError(f"{path}: {what_failed(error)}") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _create(temporary: Path, target: Path) -> IO[bytes]:
    # os.open leaves the mode to the umask, as a plain open() would; tempfile would make it private.
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    file = os.fdopen(os.open(temporary, flags, 0o666), "wb")
    with suppress(OSError):  # no such file yet, or a file system without modes
        temporary.chmod(target.stat().st_mode & 0o7777)
    return file


def what_failed(error: OSError) -> str:
    """Why a file was not written, and what to do."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "not written, the disk is full; make room and run it again"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return "not written, you may not write here; choose another folder"
    return f"not written, {error.strerror or error}"
