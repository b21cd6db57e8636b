"""Atomic file writes, bounded reads of regular files only, and TOML files with the position of each error."""

from __future__ import annotations

import errno
import io
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

from photopoem.errors import StoreError, UsageError, did_you_mean, did_you_mean_path

MOST_TOML_BYTES = 1 << 20
_KEY = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_KEYS})\s*\]")
_SETTING = re.compile(rf"\s*({_KEYS})\s*=")
_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A TOML file: its content, and the position of each key. Messages call it `name`."""

    name: str
    tables: Mapping[str, Any]
    text: str
    _places: dict[tuple[str, ...], tuple[int, int]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._places.update(_places_of(self.text))

    def where(self, *keys: str, value: str | None = None) -> str:
        """`FILE:LINE:COLUMN` of a key or of a text among its values; otherwise of the nearest enclosing table."""
        held = next((keys[:n] for n in range(len(keys), 0, -1) if keys[:n] in self._places), None)
        if held is None:
            return self.name
        line, column = self._places[held]
        if value is not None:
            line, column = self._value_after(line, value) or (line, column)
        return f"{self.name}:{line}:{column}"

    def _value_after(self, line: int, value: str) -> tuple[int, int] | None:
        """The position of a quoted text, searched from a line on."""
        for number, row in enumerate(self.text.splitlines()[line - 1 :], start=line):
            at = max(row.find(f'"{value}"'), row.find(f"'{value}'"))
            if at >= 0:
                return number, at + 1
        return None

    def wrong(self, told: str, *keys: str, value: str | None = None) -> UsageError:
        """An error about a key, or about a text among its values."""
        return UsageError(f"{self.where(*keys, value=value)}: {told}")

    def check_keys(self, table: Mapping[str, Any], known: Iterable[str], *keys: str) -> None:
        """Raise `UsageError` for a key in `table` (at `keys`) that is not in `known`, with the nearest known key."""
        names = list(known)
        for key in table:
            if key not in names:
                near = did_you_mean(key, names) or f"; there are {', '.join(names)}"
                raise self.wrong(f"there is no key {key!r} here{near}", *keys, key)


def read_toml(path: str | Path) -> TomlFile:
    """Read a TOML file. Raises `UsageError`, with line and column, if it cannot be read."""
    try:
        with open_regular(path) as stream:
            data = stream.read(MOST_TOML_BYTES + 1)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or "its name cannot be used"
        raise UsageError(f"{path}: cannot be read ({cause.lower()}){did_you_mean_path(path)}") from error
    if len(data) > MOST_TOML_BYTES:
        raise UsageError(f"{path}: larger than {MOST_TOML_BYTES >> 20} MB, the limit for this kind of file")
    try:
        return parse_toml(str(path), data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text; save it as UTF-8") from error


def parse_toml(name: str, text: str) -> TomlFile:
    """The content of a TOML text, which messages call `name`. Raises `UsageError` with line and column."""
    import tomllib  # here and below: every command imports this module, and few read TOML

    try:
        return TomlFile(name, tomllib.loads(text), text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}{_located(str(error), text)}") from error
    except RecursionError as error:
        raise UsageError(f"{name}: nested too deeply") from error


def _located(message: str, text: str) -> str:
    """Python's message about a TOML error, with the position in front: `:3:5: message`."""
    match = _PLACE.fullmatch(message)
    if match is None:
        return f": {message}"
    told = match[1][:1].lower() + match[1][1:]
    rows = text.splitlines() or [""]
    line, column = match[2] or len(rows), match[3] or len(rows[-1]) + 1
    return f":{line}:{column}: not valid TOML: {told}"


def _places_of(text: str) -> Iterator[tuple[tuple[str, ...], tuple[int, int]]]:
    """Line and column of every table and key that begins a line. Python's parser does not give them."""
    table: tuple[str, ...] = ()
    seen: set[tuple[str, ...]] = set()
    for number, row in enumerate(text.splitlines(), start=1):
        if match := _HEADER.match(row):
            table = found = _parts(match[1])
        elif match := _SETTING.match(row):
            found = (*table, *_parts(match[1]))
        else:
            continue
        if found not in seen:
            seen.add(found)
            yield found, (number, match.start(1) + 1)


def _parts(dotted: str) -> tuple[str, ...]:
    """The parts of a dotted key: `say."big dog"` gives (say, big dog)."""
    import tomllib

    try:
        made: Any = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:  # it is inside a multi-line string, and not a key
        return (dotted,)
    parts: list[str] = []
    while isinstance(made, dict):
        (key,) = made
        parts.append(key)
        made = made[key]
    return tuple(parts)


MOST_BYTES = 16 << 20
"""The largest text file written by a person: a lexicon, a list of words or of color names."""


class NotRegularError(OSError):
    """A path names a pipe, a socket or a device, not a regular file."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.EINVAL, "not a file but a pipe, socket or device", path)


def open_regular(path: str | Path) -> BufferedReader:
    """Open a regular file for reading; nothing else is ever opened.

    Reading a pipe could block for ever, and a device may have no end. Raises `NotRegularError` for those,
    `IsADirectoryError` for a folder, and `OSError` as `open` does.
    """
    name = os.fsdecode(path)
    if not name or "\0" in name:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
    # Checked before it is opened, because opening alone can rewind a tape or reset a device on a serial line.
    _be_regular(name, os.stat(name).st_mode)  # noqa: PTH116 - a path may hold undecodable bytes
    flags = os.O_RDONLY
    for each in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, each, 0)
    descriptor = os.open(name, flags)
    try:
        # Checked again: another file may have replaced it in between.
        _be_regular(name, os.fstat(descriptor).st_mode)
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def _be_regular(name: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), name)
    if not stat.S_ISREG(mode):
        raise NotRegularError(name)


def read_regular(path: str | Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a regular file. Raises `OSError` as `open_regular` does, and for more than `most` bytes."""
    with open_regular(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"larger than {most >> 20} MB", os.fsdecode(path))
    return data


def read_regular_text(path: str | Path) -> str:
    """The UTF-8 text of a regular file, without a byte order mark and with line feeds as line ends.

    Raises `OSError` as `read_regular` does, and `UnicodeDecodeError`.
    """
    return io.StringIO(read_regular(path).decode("utf-8-sig"), newline=None).read()


def write_atomically(
    path: str | Path, data: bytes | str, *, sync: bool = False, by_way_of: Path | None = None
) -> None:
    """Write `data` (text as UTF-8) to `path` atomically: a reader sees either the old file or the new one.

    `sync` waits until the file is on disk under its name; `by_way_of` is as for `open_atomically`. Raises
    `StoreError`, with what to do, if the write fails; the old file is then untouched.
    """
    with open_atomically(path, sync=sync, by_way_of=by_way_of) as file:
        file.write(data.encode("utf-8") if isinstance(data, str) else data)


@contextmanager
def open_atomically(
    path: str | Path, *, sync: bool = False, by_way_of: Path | None = None
) -> Iterator[IO[bytes]]:
    """A binary file that replaces `path` if the block succeeds, and is deleted if it fails.

    Only a regular file is replaced: a device, a pipe or a folder of that name stays, also behind a link.

    A killed process leaves its unfinished file beside `path`, under a random name. A caller that is the only writer
    may name that file (`by_way_of`, on the same disk), so that the next write replaces it.
    """
    # If `path` is a link, its target is replaced.
    target = Path(os.path.realpath(path))
    # A short name of its own, because the target's name may already have the maximum length.
    temporary = by_way_of or target.parent / f".photopoem-{os.urandom(6).hex()}.tmp"
    try:
        with suppress(FileNotFoundError):
            _be_regular(str(target), target.lstat().st_mode)
        if by_way_of is not None:
            by_way_of.unlink(missing_ok=True)
        with _create(temporary, target) as file:
            yield file
            if sync:
                file.flush()
                os.fsync(file.fileno())
        _put_in_place(temporary, target, sync)
        if sync:
            _sync_one(target.parent)
    except OSError as error:
        raise StoreError(f"{path}: {what_failed(error)}") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def _put_in_place(temporary: Path, target: Path, sync: bool) -> None:
    try:
        temporary.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        import shutil

        # A file cannot be renamed onto another disk, and a folder or a link inside the folder may be one.
        with open_atomically(target, sync=sync) as file, temporary.open("rb") as made:
            shutil.copyfileobj(made, file)


def _create(temporary: Path, target: Path) -> IO[bytes]:
    # os.open applies the umask, as open() does; tempfile would make the file private.
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    file = os.fdopen(os.open(temporary, flags, 0o666), "wb")
    with suppress(OSError):  # there is no such file yet, or the file system has no modes
        temporary.chmod(target.stat().st_mode & 0o7777)
    return file


def sync_files(paths: Iterable[Path]) -> None:
    """Wait until these files and folders are on disk; removed ones are skipped. Raises `OSError`."""
    from concurrent.futures import ThreadPoolExecutor

    # In parallel, because a disk syncs many files in little more time than one.
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(_sync_one, paths))


def make_folders(path: Path) -> None:
    """Make a folder, and those above it, and wait until the disk has their names. Raises `OSError`.

    Without that a cut of power can take a new folder away, with whatever was synced in it.
    """
    new = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(parents=True, exist_ok=True)
    sync_files(each.parent for each in new)


def _sync_one(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows opens no folders, and keeps its names in a journal
    try:
        descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno not in {errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE}:
            raise
        os.sync()  # it is not readable, or too many files are open: sync everything
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:  # some network disks cannot sync a folder
            raise
    finally:
        os.close(descriptor)


def stamp_of(status: os.stat_result) -> tuple[int, ...]:
    """The identity of a file's state."""
    return status.st_dev, status.st_ino, status.st_mtime_ns, status.st_size


def what_failed(error: OSError) -> str:
    """The reason why a file was not written, and what to do."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "not written, the disk is full; make room and run it again"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return "not written, you may not write here; choose another folder"
    if error.errno in {errno.EMFILE, errno.ENFILE}:
        return "not written, too many files are open; allow more with ulimit -n 256"
    return f"not written, {error.strerror or error}"
