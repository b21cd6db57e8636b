"""Stores labels that cost money, in SQLite."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from photopoem.errors import StoreError, UsageError
from photopoem.files import what_failed
from photopoem.storage import BUSY, Database, OtherVersionError, code_of, is_damage
from photopoem.text.terminal import say_nothing

LONGEST_TEXT = 200
"""The most characters of a label; imports refuse longer ones."""


@dataclass(frozen=True, slots=True)
class Key:
    """The labeller of an answer; an answer is reused only if all three fields are the same."""

    labeller: str
    version: str
    parameters: str


Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in 0..1."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A labeller's unmodified answer for one photograph: (text, score in 0..1), by falling score.

    `asked` is the time of the request, ISO 8601 in UTC. Words are tidied when they are read, not when they are stored,
    so a better word list needs no new request. `boxes` has one box per word, or is empty.
    """

    words: tuple[tuple[str, float], ...]
    asked: str = ""
    boxes: tuple[Box, ...] = ()


def shape(answer: Answer) -> dict[str, object]:
    """The answer without its time, for JSON: {"words": [[text, score], ...]}, and "boxes" if there are any."""
    made: dict[str, object] = {"words": answer.words}
    return made | {"boxes": answer.boxes} if answer.boxes else made


def encode(answer: Answer) -> str:
    """The answer without its time, as text."""
    return json.dumps(shape(answer), ensure_ascii=False, separators=(",", ":"))


def decode(text: str, asked: str) -> Answer:
    """The answer that `encode` wrote; raises ValueError for anything else."""
    return _from_shape(json.loads(text), asked)


def _from_shape(value: object, asked: str) -> Answer:
    if not isinstance(value, dict):
        raise ValueError("answer is not an object")
    words = tuple(map(_pair, _list(value.get("words"), "words")))
    boxes = tuple(map(_box, _list(value.get("boxes", []), "boxes")))
    if boxes and len(boxes) != len(words):
        raise ValueError("boxes are not one a word")
    return Answer(words, asked, boxes)


def _list(value: object, name: str) -> list[object]:
    if not isinstance(value, list):
        raise ValueError(f"{name} are not a list")
    return value


def _box(value: object) -> Box:
    match value:
        case [int() | float(), int() | float(), int() | float(), int() | float()]:
            left, top, right, bottom = (float(side) for side in value)
            if all(0 <= side <= 1 for side in (left, top, right, bottom)):
                return left, top, right, bottom
    raise ValueError("a box is not [left, top, right, bottom] in 0..1")


def _pair(value: object) -> tuple[str, float]:
    match value:
        case [str(text), int() | float() as score] if (
            0 <= score <= 1 and len(text) <= LONGEST_TEXT and not isinstance(score, bool)
        ):
            text.encode()  # JSON can contain lone surrogates, which nothing else accepts
            return text, float(score)
    raise ValueError("a word is not [text, score in 0..1]")


def parse_line(line: str, number: int) -> tuple[Key, str, Answer]:
    """Key, digest and answer of an exported line. Raises a `StoreError` that names the line `number`."""
    try:
        record = json.loads(line)
        names = ("labeller", "version", "parameters", "digest", "asked")
        values = [record[name] for name in names]
        if not all(isinstance(value, str) for value in values):
            raise ValueError("a field is not text")
        "".join(values).encode()
        labeller, version, parameters, digest, asked = values
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise ValueError("digest is not a SHA-256")
        return Key(labeller, version, parameters), digest, _from_shape(record["answer"], asked)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoreError(f"line {number} is not a label that photopoem exported ({error})") from error


CACHE_VARIABLE = "PHOTOPOEM_CACHE_DIR"
FILE_NAME = "labels.sqlite"
SCHEMA = 1
"""The version of the tables; files of other versions are not touched."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (digest TEXT, labeller TEXT, version TEXT, parameters TEXT, asked TEXT, answer TEXT,
PRIMARY KEY (digest, labeller, version, parameters)) WITHOUT ROWID;
"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Summary:
    """The number of cached answers of one labeller, and the times of the first and the last."""

    key: Key
    answers: int
    first: str
    last: str


def cache_folder(given: str | Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of the cache: the given one, otherwise PHOTOPOEM_CACHE_DIR, otherwise the user's cache folder.

    Raises `UsageError` if the user has no home folder.
    """
    chosen = given or environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    import platformdirs

    try:
        return Path(platformdirs.user_cache_dir("photopoem", appauthor=False))
    except RuntimeError:
        raise UsageError(
            f"you have no home folder here; set {CACHE_VARIABLE} to a folder for labels"
        ) from None


class LabelCache:
    """Paid labels in one SQLite file; safe with several threads and several runs at once.

    A damaged file is renamed, `note` says so, and a new one is created. Every method raises `StoreError` if the folder
    cannot be used.
    """

    def __init__(
        self,
        folder: str | Path | None = None,
        *,
        note: Callable[[str], None] = say_nothing,
        busy: float = 30.0,
    ) -> None:
        """Open or create the cache in `folder`; wait at most `busy` seconds for another run's write."""
        self.path = cache_folder(folder) / FILE_NAME
        self._note = note
        # Paid answers must survive a power cut.
        self._database = Database(self.path, _SCHEMA, version=SCHEMA, synchronous="FULL", busy=busy)
        self._use(lambda _db: None)

    def get(self, key: Key, digests: Iterable[str]) -> dict[str, Answer]:
        """The cached answers by digest; an unreadable answer counts as missing."""
        query = (
            "SELECT asked, answer FROM answers WHERE labeller=? AND version=? AND parameters=? AND digest=?"
        )

        def read(db: sqlite3.Connection) -> dict[str, Answer]:
            found: dict[str, Answer] = {}
            for digest in dict.fromkeys(digests):
                row = db.execute(query, (key.labeller, key.version, key.parameters, digest)).fetchone()
                if row:
                    with suppress(ValueError):
                        found[digest] = decode(row[1], row[0])
            return found

        return self._use(read)

    def put(self, key: Key, answers: Mapping[str, Answer], *, replace: bool = True) -> int:
        """Store answers by digest in one transaction; returns how many are new or replaced."""
        verb = "REPLACE" if replace else "IGNORE"
        rows = [
            (digest, key.labeller, key.version, key.parameters, answer.asked, encode(answer))
            for digest, answer in answers.items()
        ]

        def write(db: sqlite3.Connection) -> int:
            before = db.total_changes
            db.executemany(f"INSERT OR {verb} INTO answers VALUES (?,?,?,?,?,?)", rows)  # noqa: S608 - one of two words
            return db.total_changes - before

        return self._use(write, changing=True)

    def summary(self) -> list[Summary]:
        """A summary for each labeller, version and parameters."""

        def read(db: sqlite3.Connection) -> list[Summary]:
            rows = db.execute(
                "SELECT labeller, version, parameters, count(*), min(asked), max(asked) FROM answers"
                " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
            )
            return [Summary(Key(*row[:3]), *row[3:]) for row in rows]

        return self._use(read)

    def has_any(self, key: Key) -> bool:
        """Whether there is any answer for this key."""
        query = "SELECT 1 FROM answers WHERE labeller=? AND version=? AND parameters=? LIMIT 1"
        values = (key.labeller, key.version, key.parameters)
        return self._use(lambda db: db.execute(query, values).fetchone()) is not None

    def clear(self) -> int:
        """Delete all answers; returns how many there were."""

        def empty(db: sqlite3.Connection) -> int:
            count = db.execute("DELETE FROM answers").rowcount
            with suppress(sqlite3.OperationalError):  # another run is reading: the space is freed later
                db.execute("VACUUM")
            return count

        return self._use(empty)

    def export_lines(self) -> Iterator[str]:
        """Every answer as one line of JSON, sorted by content."""
        query = "SELECT digest, labeller, version, parameters, asked, answer FROM answers ORDER BY 2, 3, 4, 1"
        names = ("digest", "labeller", "version", "parameters", "asked")
        for row in self._use(lambda db: db.execute(query).fetchall()):
            with suppress(ValueError):  # an unreadable row is not exported
                record: dict[str, object] = dict(zip(names, row[:5], strict=True))
                record["answer"] = shape(decode(row[5], row[4]))
                yield json.dumps(record, ensure_ascii=False) + "\n"

    def import_lines(self, lines: Iterable[str], *, replace: bool = False) -> tuple[int, int]:
        """Import lines that `export_lines` wrote; returns how many were imported and how many existed already.

        If any line is invalid, nothing is imported. Raises `StoreError` with its number.
        """
        groups: dict[Key, dict[str, Answer]] = {}
        total = 0
        for number, line in enumerate(lines, 1):
            if line.strip():
                key, digest, answer = parse_line(line, number)
                groups.setdefault(key, {})[digest] = answer
                total += 1
        taken = sum(self.put(key, answers, replace=replace) for key, answers in groups.items())
        return taken, total - taken

    def close(self) -> None:
        """Close the file; the cache opens it again on the next use."""
        self._database.close()

    # -- errors

    def _use(self, work: Callable[[sqlite3.Connection], T], *, changing: bool = False) -> T:
        """Do some work with the database, in a transaction if `changing`; if the file is damaged, with a new one."""
        try:
            try:
                return self._try(work, changing)
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
                self._set_aside()
                return self._try(work, changing)
        except OtherVersionError as error:
            raise StoreError(
                f"{self.path}: made by another version of photopoem; use another folder with --cache DIR"
            ) from error
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {_why(error)}") from error
        except OSError as error:
            raise StoreError(f"{self.path.parent}: {what_failed(error)}, or use --no-cache") from error

    def _try(self, work: Callable[[sqlite3.Connection], T], changing: bool) -> T:
        with self._database.changing() if changing else self._database.reading() as db:
            return work(db)

    def _set_aside(self) -> None:
        try:
            aside = self._database.set_aside("labels-damaged")
        except OSError as error:
            raise StoreError(f"{self.path}: damaged, and cannot be set aside ({error.strerror})") from error
        if aside:
            self._note(f"{self.path}: damaged; set aside as {aside.name}, a new cache is started")


def _why(error: sqlite3.Error) -> str:
    code = code_of(error)
    if code == sqlite3.SQLITE_FULL:
        return "not written, the disk is full; make room and run it again"
    if code in BUSY:
        return (
            "another run has been writing for too long; wait for it, or use another folder with --cache DIR"
        )
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        return "cannot be opened for writing; use another folder with --cache DIR, or --no-cache"
    return f"the cache cannot be used ({error}); use another folder with --cache DIR, or --no-cache"
