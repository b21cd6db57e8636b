"""The poems folder of a run: `poems.jsonl` and a text for each photo, whole, never twice, continued anywhere."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from photopoem.errors import StoreError, UsageError, did_you_mean_path
from photopoem.paths import Found
from photopoem.store import open_atomically, write_atomically

RECORDS = "poems.jsonl"
TEXT = ".txt"

# A record begins with its path and how it was made, so that a hundred thousand can be recognised
# without reading the rest of each line.
_HASH = re.compile(r"[0-9a-f]{16}")
_HEAD = re.compile(rb'\{"path": ("(?:[^"\\]|\\.)*"), "made": (\{[^{}]*\})')
# As nearly all are: nothing in it is escaped.
_PLAIN = rb'"([^"\\]*)"'
_PLAIN_HEAD = re.compile(
    rb'\{"path": %b, "made": \{"stamp": %b, "settings": %b, "file": %b, "text": %b\}' % ((_PLAIN,) * 5)
)


@dataclass(frozen=True, slots=True)
class Made:
    """How a poem was made: the photograph's stamp, what the settings come to, its text's file and hash."""

    stamp: str
    settings: str
    file: str
    text: str

    def as_dict(self) -> dict[str, str]:
        """The four, as they stand in a record."""
        return {"stamp": self.stamp, "settings": self.settings, "file": self.file, "text": self.text}


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where the last record of a path stands, and how it was made; small, for there may be a hundred thousand.

    `file` is where in the path the name of its text begins, if the two end alike, else the name; `text` the
    hash as a number, or as it stands where it is none of ours.
    """

    offset: int
    length: int
    stamp: str
    settings: str
    file: int | str
    text: int | str

    @classmethod
    def of(cls, path: str, offset: int, length: int, made: Made) -> _Entry:
        """The entry of a record."""
        name = made.file.removesuffix(TEXT)
        alike = made.file.endswith(TEXT) and path.endswith(name)
        file = len(path) - len(name) if alike else made.file
        text = int(made.text, 16) if _HASH.fullmatch(made.text) else made.text
        return cls(offset, length, made.stamp, sys.intern(made.settings), file, text)

    def made(self, path: str) -> Made:
        """How the poem of a path was made."""
        text = self.text if isinstance(self.text, str) else f"{self.text:016x}"
        return Made(self.stamp, self.settings, self.file_of(path), text)

    def file_of(self, path: str) -> str:
        """The file of a path's text."""
        return self.file if isinstance(self.file, str) else path[self.file :] + TEXT


def text_hash(text: str) -> str:
    """A short hash by which a text of ours is told from one that a person changed."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def record_line(record: dict[str, Any]) -> bytes:
    """A record as one line of UTF-8 JSON; lone surrogates (undecodable file names) are escaped."""
    try:
        return json.dumps(record, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(record).encode() + b"\n"


class PoemsFolder:
    """A folder of poems that one run at a time writes to. Use it as a context manager.

    Raises `UsageError` where another run holds it, `StoreError` where it cannot be read or written.
    """

    def __init__(self, path: str | Path, *, force: bool = False) -> None:
        self.path = Path(path)
        self.force = force
        self._entries: dict[str, _Entry] = {}
        # The hashes of texts that were written for a path before its last one.
        self._older: dict[str, tuple[str, ...]] = {}
        self._tidy = True
        # One run at a time writes here: what a killed one left unfinished has a name that the next knows.
        self._unfinished = self.path / ".unfinished.tmp"
        self._lock: IO[bytes] | None = None
        self._records: IO[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = self._locked()
            self._unfinished.unlink(missing_ok=True)
            # Unbuffered: on a full disk nothing may be left behind to be written later.
            self._records = (self.path / RECORDS).open("a+b", buffering=0)
            self._read_index(self._records)
        except OSError as error:
            self._close()
            raise StoreError(f"{self.path}: cannot write poems here: {error.strerror or error}") from error
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        for stream in (self._records, self._lock):
            if stream is not None:
                stream.close()
        self._records = self._lock = None

    def _locked(self) -> IO[bytes]:
        import fcntl

        stream = (self.path / ".lock").open("ab")
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            stream.close()
            raise UsageError(
                f"{self.path}: another run is writing here; wait for it or name another folder with --out"
            ) from error
        return stream

    def _read_index(self, records: IO[bytes]) -> None:
        """Index every record; what follows the last whole line is a torn write and is cut off."""
        with (self.path / RECORDS).open("rb") as lines:
            end = self._index_lines(lines)
        records.truncate(end)
        records.seek(0, os.SEEK_END)

    def _index_lines(self, lines: IO[bytes]) -> int:
        """Note where each record stands; returns where the last whole line ends."""
        offset, last = 0, ""
        for line in lines:
            if not line.endswith(b"\n"):
                break
            head = _head(line)
            if head is not None:
                path, made = head
                self._tidy = self._tidy and path > last
                last = max(last, path)
                self._put(path, offset, len(line), made)
            else:
                self._tidy = False
            offset += len(line)
        return offset

    def _put(self, path: str, offset: int, length: int, made: Made) -> None:
        before = self._entries.get(path)
        if before is not None:
            self._older[path] = (*self._older.get(path, ()), before.made(path).text)
        self._tidy = self._tidy and before is None
        self._entries[path] = _Entry.of(path, offset, length, made)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, path: str) -> bool:
        return path in self._entries

    def is_done(self, found: Found, settings: str) -> bool:
        """Whether the poem of this photograph stands here as these settings would write it."""
        entry = self._entries.get(found.path)
        if self.force or entry is None or not found.stamp:
            return False
        same = entry.stamp == found.stamp and entry.settings == settings
        return same and os.path.exists(f"{self.path}/{entry.file_of(found.path)}")  # noqa: PTH110 - faster, for 100,000

    def add(self, record: dict[str, Any], made: Made, text: str) -> None:
        """Write one poem: its record, then its text.

        Raises `UsageError` where a person changed the text that stands there (unless forced).
        """
        line = record_line({"path": record["path"], "made": made.as_dict()} | record)
        self._add_line(record["path"], made, line, text.encode("utf-8", "surrogateescape"))

    def adopt(self, path: str, source: PoemsFolder) -> None:
        """Take over the poem of `path` from another folder, to the byte. Raises as `add` does."""
        made = source._entries[path].made(path)
        text = source.path / made.file
        self._add_line(path, made, source.line(path), text.read_bytes() if text.exists() else b"")

    def line(self, path: str) -> bytes:
        """The record of a path as it stands in the file."""
        assert self._records is not None, "a PoemsFolder is used inside its with"  # noqa: S101 - a programmer's slip
        entry = self._entries[path]
        self._records.seek(entry.offset)
        line = self._records.read(entry.length)
        self._records.seek(0, os.SEEK_END)
        return line

    def paths(self) -> list[str]:
        """The paths that have a poem here, sorted."""
        return sorted(self._entries)

    def _add_line(self, path: str, made: Made, line: bytes, text: bytes) -> None:
        self._spare_a_persons_work(path, made)
        assert self._records is not None, "a PoemsFolder is used inside its with"  # noqa: S101 - a programmer's slip
        offset = self._records.tell()
        try:
            _write_whole(self._records, line)
        except OSError as error:
            self._records.truncate(offset)
            raise StoreError(
                f"{self.path / RECORDS}: {error.strerror}; free some room and run again"
            ) from error
        self._note_order(path)
        self._put(path, offset, len(line), made)
        target = self.path / made.file
        _make_parents(target)
        write_atomically(target, text, by_way_of=self._unfinished)

    def _note_order(self, path: str) -> None:
        last = next(reversed(self._entries), "")
        self._tidy = self._tidy and path > last

    def _spare_a_persons_work(self, path: str, made: Made) -> None:
        target = self.path / made.file
        if self.force or not target.exists():
            return
        present = text_hash(target.read_bytes().decode("utf-8", "surrogateescape"))
        entry = self._entries.get(path)
        ours = (*self._older.get(path, ()), entry.made(path).text, made.text) if entry else (made.text,)
        if present not in ours:
            raise UsageError(
                f"{target}: changed by hand since it was written, so kept; --force overwrites it"
            )

    def gone(self, found: Iterable[Found]) -> list[str]:
        """Paths that have a poem here and are no longer among the photographs."""
        present = {each.path for each in found}
        return [path for path in self._entries if path not in present]

    def finish(self) -> None:
        """Put the records in the order of their paths, each once, if they are not; and onto the disk."""
        assert self._records is not None, "a PoemsFolder is used inside its with"  # noqa: S101 - a programmer's slip
        os.fsync(self._records.fileno())
        if not self._tidy:
            self._put_in_order()
            self._tidy = True

    def _put_in_order(self) -> None:
        with open_atomically(self.path / RECORDS, by_way_of=self._unfinished) as out:
            for path in self.paths():
                out.write(self.line(path))


def merge_folders(
    sources: Iterable[str | Path], out: str | Path, *, force: bool = False
) -> tuple[int, list[str]]:
    """Join poems folders into `out`, sorted by path; returns how many poems and which paths stood in several.

    Of a path with several different poems the first folder's is kept. Raises `StoreError`, `UsageError`.
    """
    with ExitStack() as stack:
        folders = [stack.enter_context(PoemsFolder(_with_records(source))) for source in sources]
        joined = stack.enter_context(PoemsFolder(out, force=force))
        clashes = []
        for path in sorted({path for folder in folders for path in folder.paths()}):
            holders = [folder for folder in folders if path in folder._entries]
            joined.adopt(path, holders[0])
            if len({holder.line(path) for holder in holders}) > 1:
                clashes.append(path)
        joined.finish()
        return len(joined), clashes


def _write_whole(file: IO[bytes], data: bytes) -> None:
    """Write all of the data to an unbuffered file; where the disk fills up in the middle, the rest raises."""
    while data:
        data = data[file.write(data) :]


def _with_records(source: str | Path) -> Path:
    if not (Path(source) / RECORDS).is_file():
        raise UsageError(f"{source}: not a folder of poems: there is no {RECORDS} in it")
    return Path(source)


def _head(line: bytes) -> tuple[str, Made] | None:
    """Path and making of a record; None for a line that is no record of ours."""
    try:
        if match := _PLAIN_HEAD.match(line):
            path, *made = map(bytes.decode, match.groups())
            return path, Made(*made)
        if match := _HEAD.match(line):
            return json.loads(match[1]), _made(json.loads(match[2]))
        record = json.loads(line)
        return record["path"], _made(record["made"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _made(cells: dict[str, Any]) -> Made:
    """How a poem was made, as it stands in a record; whatever somebody put there is text."""
    return Made(**{name: str(value) for name, value in cells.items()})


def _make_parents(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{target.parent}: cannot be made: {error.strerror}") from error


def text_file(name: str) -> str:
    """The file for the text of a photograph called `name`: inside the poems folder, its name never too long."""
    parts = [part for part in name.split("/") if part not in {"", "..", "."}]
    last = parts[-1] + TEXT
    if len(os.fsencode(last)) > 255:
        mark = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
        last = os.fsdecode(os.fsencode(last)[:200]) + f"~{mark}{TEXT}"
    return "/".join([*parts[:-1], last])


def read_records(path: str | Path) -> Iterator[dict[str, Any]]:
    """The records of a poems folder or of a `poems.jsonl`, one at a time; a torn last line is left out.

    Raises `StoreError` where there are none to read.
    """
    source = Path(path) / RECORDS if Path(path).is_dir() else Path(path)
    try:
        with source.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.endswith(b"\n") and line.strip():
                    yield _parsed(source, number, line)
    except OSError as error:
        near = did_you_mean_path(source)
        raise StoreError(
            f"{source}: {error.strerror}{near}; write poems first: photopoem run photos/"
        ) from error


def _parsed(source: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise StoreError(f"{source}:{number}: not a record of a poem: {error}") from error
    if not isinstance(record, dict) or "lines" not in record:
        raise StoreError(f"{source}:{number}: not a record of a poem")
    return record
