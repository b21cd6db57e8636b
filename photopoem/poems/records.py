"""The records of a poems folder: a line of JSON for each poem, with its settings and its text file."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

from photopoem.errors import StoreError, did_you_mean_path
from photopoem.files import open_regular

RECORDS = "poems.jsonl"
WRITE_ANEW = "remove that line, and photopoem run rewrites the poem"
LOCK = ".lock"
TEXT = ".txt"

_OWN_ENDINGS = (".jsonl", ".json", ".toml", ".sqlite", ".sqlite-wal", ".sqlite-shm")
_SHORT = 60  # bytes: some disks have names of 143 bytes at most

_LENGTH_BITS = 40  # the maximum length of a line is 1 TB
# A record begins with its path and its `made` part, so that an index of many records needs no other parts.
_HASH = re.compile(r"[0-9a-f]{16}")
_HEAD = re.compile(rb'\{"path": ("(?:[^"\\]|\\.)*"), "made": (\{[^{}]*\})')
# A faster pattern for the head of most records, which have no escapes there.
_PLAIN = rb'"([^"\\]*)"'
_PLAIN_HEAD = re.compile(
    rb'\{"path": %b, "made": \{"stamp": %b, "settings": %b, "file": %b, "text": %b\}' % ((_PLAIN,) * 5)
)


Record = TypeVar("Record", bound=Mapping[str, Any])


@dataclass(frozen=True, slots=True)
class Made:
    """How a poem was made: the photograph's stamp, the settings' fingerprint, the file and hash of its text."""

    stamp: str
    settings: str
    file: str
    text: str

    def as_dict(self) -> dict[str, str]:
        """The four values for a record."""
        return {"stamp": self.stamp, "settings": self.settings, "file": self.file, "text": self.text}


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """The position of a path's last record, and how it was made; compact, because there may be a hundred thousand.

    `place` holds the offset and length of the line in one number. `file` is the index in the path at which the text's
    file name begins, or the file name if the path does not end with it. `text` is the hash as a number, or as text if
    it is not a hash of ours.
    """

    place: int
    stamp: str
    settings: str
    file: int | str
    text: int | str

    @classmethod
    def of(cls, path: str, offset: int, length: int, made: Made) -> IndexEntry:
        """The entry of a record."""
        name = made.file.removesuffix(TEXT)
        alike = made.file.endswith(TEXT) and path.endswith(name)
        file = len(path) - len(name) if alike else made.file
        text = int(made.text, 16) if _HASH.fullmatch(made.text) else made.text
        return cls(offset << _LENGTH_BITS | length, made.stamp, sys.intern(made.settings), file, text)

    @property
    def line(self) -> tuple[int, int]:
        """The offset and length of the record's line, in bytes."""
        return self.place >> _LENGTH_BITS, self.place & (1 << _LENGTH_BITS) - 1

    def made(self, path: str) -> Made:
        """How the poem of a path was made."""
        text = self.text if isinstance(self.text, str) else f"{self.text:016x}"
        return Made(self.stamp, self.settings, self.file_of(path), text)

    def file_of(self, path: str) -> str:
        """The file of a path's text."""
        return self.file if isinstance(self.file, str) else path[self.file :] + TEXT


def text_hash(text: str) -> str:
    """A short hash of a text, to recognize manual edits."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def record_line(record: dict[str, Any]) -> bytes:
    """A record as one line of UTF-8 JSON; lone surrogates (undecodable file names) are escaped."""
    try:
        return json.dumps(record, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:
        return json.dumps(record).encode() + b"\n"


def head_of(line: bytes) -> tuple[str, Made] | None:
    """The path of a record and how it was made; None for any other line."""
    try:
        if match := _PLAIN_HEAD.match(line):
            path, *made = map(bytes.decode, match.groups())
            return path, Made(*made)
        if match := _HEAD.match(line):
            return json.loads(match[1]), _made(json.loads(match[2]))
        record = json.loads(line)
        path = record["path"]
        return (path, _made(record["made"])) if isinstance(path, str) else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def is_whole(line: bytes) -> bool:
    """Whether a line without a line feed is a complete record, because an editor may drop the last line feed."""
    try:
        return _is_record(json.loads(line))
    except (ValueError, RecursionError):
        return False


def _is_record(record: Any) -> bool:
    return isinstance(record, dict) and "lines" in record and isinstance(record.get("path"), str)


def _made(cells: dict[str, Any]) -> Made:
    """How a poem was made, from a record. Every value is converted to text, because a person may have edited it."""
    return Made(**{name: str(value) for name, value in cells.items()})


def text_file(name: str) -> str:
    """The text file of a photograph called `name`: inside the poems folder, with a valid length."""
    parts = [part for part in name.split("/") if part not in {"", "..", "."}] or ["_"]
    last = parts[-1] + TEXT
    if len(os.fsencode(last)) > 255:
        mark = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
        last = os.fsdecode(os.fsencode(last)[:200]) + f"~{mark}{TEXT}"
    return "/".join([*parts[:-1], last])


def short_text_file(name: str) -> str:
    """The file for a text where the one that `text_file` gives cannot be: in no folder, its name short and its own."""
    mark = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    last = os.fsencode(name.rpartition("/")[2])[:_SHORT].decode("utf-8", "ignore")
    return f"{last or '_'}~{mark}{TEXT}"


def is_shortened(file: str) -> bool:
    """Whether a text could not have the name of its photograph."""
    return re.search(rf"~[0-9a-f]{{16}}{re.escape(TEXT)}$", file) is not None


def is_own_name(name: str) -> bool:
    """Whether a name in a poems folder may be that of a file of photopoem's, such as the print queue."""
    return name.startswith(".") or name.endswith(_OWN_ENDINGS)


def is_text_file(file: str) -> bool:
    """Whether a file name in a record is one that `text_file` can give."""
    return file.endswith(TEXT) and len(file) > len(TEXT) and text_file(file.removesuffix(TEXT)) == file


def whole_lines(records: IO[bytes]) -> Iterator[bytes]:
    """The lines of a `poems.jsonl`, without a torn last one."""
    return (line for line in records if line.endswith(b"\n") or is_whole(line))


def last_records(records: Iterable[Record]) -> list[Record]:
    """The records that stand: of each path the last, where the first was. The others are of poems written before it."""
    return list({each["path"]: each for each in records}.values())


def read_records(path: str | Path) -> Iterator[dict[str, Any]]:
    """The records of a poems folder or of a `poems.jsonl`, one at a time, without a torn last line.

    Earlier records of rewritten poems are included, because they have the hashes of photopoem's texts; see
    `last_records`. Raises `StoreError` if there are none.
    """
    source = Path(path) / RECORDS if Path(path).is_dir() else Path(path)
    try:
        with open_regular(source) as lines:
            for number, line in enumerate(whole_lines(lines), start=1):
                if line.strip():
                    yield parsed(f"{source}:{number}", line)
    except OSError as error:
        near = did_you_mean_path(source)
        raise StoreError(
            f"{source}: {error.strerror}{near}; write poems first: photopoem run photos/"
        ) from error


def parsed(where: str | Path, line: bytes) -> dict[str, Any]:
    """The record of a line. Raises `StoreError` for anything else, with `where` it stands."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{where}: not a record of a poem: {error}; {WRITE_ANEW}") from error
    if not _is_record(record):
        raise StoreError(f"{where}: not a record of a poem; {WRITE_ANEW}")
    made: dict[str, Any] = record
    return made
