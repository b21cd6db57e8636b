"""The print queue: an SQLite file in the poems folder that neither loses nor duplicates a poem."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from photopoem.errors import StoreError, UsageError
from photopoem.files import open_regular
from photopoem.storage import Database, is_damage
from photopoem.text.terminal import counted, say

if TYPE_CHECKING:
    from filelock import BaseFileLock

FILE_NAME = "print-queue.sqlite"
State = Literal["queued", "sending", "printed", "doubtful", "skipped"]
STATES: tuple[State, ...] = ("queued", "sending", "printed", "doubtful", "skipped")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    target TEXT NOT NULL,
    poem TEXT NOT NULL,              -- a hash of what would be printed
    copy INTEGER NOT NULL,
    name TEXT NOT NULL,              -- of the photograph, for people and for files
    press TEXT NOT NULL,
    options TEXT NOT NULL,
    photos TEXT,
    record TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'sending', 'printed', 'doubtful', 'skipped')),
    note TEXT NOT NULL DEFAULT '',
    added REAL NOT NULL,
    changed REAL NOT NULL,
    UNIQUE (target, poem, copy)
);
CREATE INDEX IF NOT EXISTS waiting ON jobs (target, state, id);
CREATE TABLE IF NOT EXISTS pictured (
    job INTEGER PRIMARY KEY,
    photograph TEXT NOT NULL         -- a hash of its path and its digest
);
CREATE INDEX IF NOT EXISTS by_photograph ON pictured (photograph);
CREATE TRIGGER IF NOT EXISTS job_deleted AFTER DELETE ON jobs BEGIN
    DELETE FROM pictured WHERE job = old.id;
END;
CREATE TABLE IF NOT EXISTS printers (target TEXT PRIMARY KEY, talks INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS photographs (
    path BLOB PRIMARY KEY,           -- as the file system spells it
    stamp TEXT NOT NULL,             -- changes when the file does
    outcome TEXT NOT NULL            -- 'poem', 'before' (it lay there already) or why there is none
);
-- Digests of photographs whose poems may be on paper: the queue that knew was damaged.
CREATE TABLE IF NOT EXISTS lost (digest TEXT PRIMARY KEY);
"""
_RECORDS = "poems.jsonl"


@dataclass(frozen=True, slots=True)
class NewJob:
    """A poem to print: its record, the press and its options, and the base folder of its photograph's path."""

    record: Mapping[str, Any]
    press: str
    options: Mapping[str, Any] = field(default_factory=dict)
    photos: str | None = None

    @property
    def poem(self) -> str:
        """A hash of the photograph, the words and their authors, but not of the photograph's path."""
        parts = [self.record.get(key) for key in ("digest", "grammar", "seed", "title", "text")]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]

    @property
    def name(self) -> str:
        """The photograph's name without its folder and ending."""
        stem = Path(str(self.record.get("path", ""))).stem or "poem"
        return stem.encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class Job:
    """One copy of a poem in the queue. `changed` is the time of its last state change, in seconds since 1970."""

    id: int
    target: str
    poem: str
    copy: int
    name: str
    press: str
    options: dict[str, Any]
    photos: str | None
    record: dict[str, Any]
    state: State
    note: str
    changed: float


class Queue:
    """The queue of a poems folder. Threads and, except for printing, processes may share it.

    Every change is on disk when its method returns. All methods raise `StoreError` if the disk is full, gone or not
    writable; nothing has changed then. A damaged file is renamed on first use, with a message to `note`.
    """

    def __init__(self, folder: str | Path, *, note: Callable[[str], None] = say) -> None:
        self.folder = Path(folder)
        self._note, self._checked = note, False
        self.path = self.folder / FILE_NAME
        self.replaced = 0
        # A power cut must not lose the record of what was sent to the printer.
        self._database = Database(self.path, _SCHEMA, synchronous="FULL")

    def close(self) -> None:
        """Let go of the file; the next call opens it again."""
        self._database.close()

    def __enter__(self) -> Queue:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        with self._failing_well(), self._database.changing() as db:
            yield db

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._failing_well(), self._database.reading() as db:
            yield db

    @contextmanager
    def _failing_well(self) -> Iterator[None]:
        try:
            if not self._checked:
                self._checked = True
                self._repair()
            yield
        except (sqlite3.Error, OSError) as error:
            if isinstance(error, sqlite3.Error) and is_damage(error):
                self._checked = False  # the next call renames it
                mend = shlex.join(["photopoem", "queue", "repair", str(self.folder)])
                raise StoreError(f"{self.path}: damaged ({error}); {mend}") from error
            raise StoreError(f"{self.path}: {error}; check that the disk is there and has room") from error

    def repair(self) -> bool:
        """Rename the file if it is damaged, and create a new one; returns whether it was. Raises `StoreError`.

        The new queue does not know what is on paper. So poems that are in `poems.jsonl` at this time become doubtful
        when they are added, and their photographs count as processed.
        """
        self._checked = True
        with self._failing_well():
            return self._repair()

    def _repair(self) -> bool:
        aside = self._database.set_aside("print-queue-damaged") if self.path.exists() else None
        if aside is None:
            return False
        written = list(_written(self.folder / _RECORDS))
        with self._database.changing() as db:
            db.executemany("INSERT OR IGNORE INTO lost VALUES (?)", [(digest,) for digest, _, _ in written])
            db.executemany(
                "INSERT OR IGNORE INTO photographs VALUES (?, ?, 'poem')",
                [(os.fsencode(path), stamp) for _, path, stamp in written],
            )
        self._note(
            f"{self.path}: damaged; set aside as {aside.name}, a new queue is started; it does not know which of "
            f"{counted(len(written), 'poem')} are on paper, so print and watch queue them as doubtful"
        )
        return True

    def has_lost(self) -> bool:
        """Whether an earlier queue was damaged, so that unknown poems may be on paper."""
        with self._reading() as db:
            return db.execute("SELECT 1 FROM lost LIMIT 1").fetchone() is not None

    # -- from queued to printed --------------------------------------------------------------------------------

    def add(
        self,
        target: str,
        jobs: Iterable[NewJob],
        *,
        copies: int = 1,
        again: bool = False,
        photograph: tuple[str, str] | None = None,
    ) -> int:
        """Queue copies of poems that this target has not had before (with `again`, of all).

        All poems once, then all of them again for each further copy. Returns how many are new. Another waiting poem of
        the same photograph is removed and counted in `replaced`. In the same transaction, `photograph` (path, stamp)
        is recorded as having its poem.
        """
        every = list(jobs)
        with self._changing() as db:
            self.replaced += sum(self._replace(db, target, job) for job in every)
            before = [self._copies(db, target, job.poem) if again else 0 for job in every]
            added = sum(
                self._insert(db, target, job, had + copy, again=again)
                for copy in range(1, copies + 1)
                for job, had in zip(every, before, strict=True)
            )
            if photograph is not None:
                path, stamp = photograph
                db.execute(
                    "INSERT OR REPLACE INTO photographs VALUES (?, ?, 'poem')", (os.fsencode(path), stamp)
                )
        return added

    @staticmethod
    def _replace(db: sqlite3.Connection, target: str, job: NewJob) -> int:
        """Remove waiting jobs of the same photograph, whose poem may have been edited meanwhile."""
        same = db.execute(
            "SELECT id FROM pictured CROSS JOIN jobs ON id = job"  # CROSS JOIN keeps SQLite from changing this order
            " WHERE photograph = ? AND target = ? AND state = 'queued' AND poem <> ?",
            (_photograph_mark(job.record), target, job.poem),
        ).fetchall()
        db.executemany("DELETE FROM jobs WHERE id = ?", same)
        return len(same)

    def withdraw(self, photographs: Collection[tuple[str, str]]) -> int:
        """Remove waiting jobs of these photographs (path, digest), for any target. Returns how many."""
        wanted = set(photographs)
        with self._changing() as db:
            rows = db.execute("SELECT id, record FROM jobs WHERE state = 'queued'").fetchall()
            some = [(each,) for each, record in rows if _photograph(_object(record)) in wanted]
            db.executemany("DELETE FROM jobs WHERE id = ?", some)
        return len(some)

    @staticmethod
    def _insert(db: sqlite3.Connection, target: str, job: NewJob, copy: int, *, again: bool) -> int:
        lost = db.execute("SELECT 1 FROM lost WHERE digest = ?", (str(job.record.get("digest")),)).fetchone()
        doubtful = lost is not None and not again  # with --again, the user knows what is on paper
        values = {
            "state": "doubtful" if doubtful else "queued",
            "note": "the queue was damaged; it may have been printed before" if doubtful else "",
            "target": target, "poem": job.poem, "copy": copy, "name": job.name, "press": job.press,
            "options": json.dumps(dict(job.options)), "photos": job.photos,
            "record": json.dumps(dict(job.record)), "added": time.time(), "changed": time.time(),
        }  # fmt: skip
        columns = ", ".join(values)
        marks = _marks(values)
        command = f"INSERT OR IGNORE INTO jobs ({columns}) VALUES ({marks})"  # noqa: S608 - our own names
        done = db.execute(command, tuple(values.values()))
        if done.rowcount:
            db.execute("INSERT INTO pictured VALUES (?, ?)", (done.lastrowid, _photograph_mark(job.record)))
        return done.rowcount

    @staticmethod
    def _copies(db: sqlite3.Connection, target: str, poem: str) -> int:
        last = db.execute(
            "SELECT max(copy) FROM jobs WHERE target = ? AND poem = ?", (target, poem)
        ).fetchone()[0]
        return int(last or 0)

    def next(self, target: str) -> Job | None:
        """The first queued job of a target."""
        found = self._select("WHERE target = ? AND state = 'queued' ORDER BY id LIMIT 1", (target,))
        return found[0] if found else None

    def renew(self, job: Job, record: Mapping[str, Any]) -> Job | None:
        """A queued job with the record it has by now; None, and taken out, where its target has or had that already."""
        new = NewJob(record, job.press, job.options, job.photos)
        if new.poem == job.poem:
            return job
        with self._changing() as db:
            done = db.execute(
                "UPDATE OR IGNORE jobs SET poem = ?, record = ? WHERE id = ?",
                (new.poem, json.dumps(dict(record)), job.id),
            )
            if not done.rowcount:
                db.execute("DELETE FROM jobs WHERE id = ?", (job.id,))
                return None
        return replace(job, poem=new.poem, record=dict(record))

    def mark(self, job: int, state: State, note: str = "") -> None:
        """Set the state of a job."""
        with self._changing() as db:
            db.execute(
                "UPDATE jobs SET state = ?, note = ?, changed = ? WHERE id = ?",
                (state, note, time.time(), job),
            )

    def recover(self, target: str, *, repeatable: bool) -> int:
        """Reset jobs that a killed program left as sending to doubtful, or to queued if repeating them is harmless.

        Only for the holder of the target's lock. Returns how many there were.
        """
        state, note = (
            ("queued", "") if repeatable else ("doubtful", "the program ended while it was printing")
        )
        with self._changing() as db:
            return db.execute(
                "UPDATE jobs SET state = ?, note = ?, changed = ? WHERE target = ? AND state = 'sending'",
                (state, note, time.time(), target),
            ).rowcount

    def hold(self, target: str) -> BaseFileLock | None:
        """Lock a target for printing from this folder; None if another program holds the lock.

        The lock is held until it is released or the program ends. Raises `StoreError`.
        """
        from filelock import FileLock, Timeout

        mark = hashlib.sha256(os.fsencode(target)).hexdigest()[:8]
        lock = FileLock(self.folder / f".printing-{mark}.lock")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire(blocking=False)
        except Timeout:
            return None
        except OSError as error:
            raise StoreError(f"{self.folder}: {error.strerror}; check that the disk is there") from error
        return lock

    # -- for people and for a watch ------------------------------------------------------------

    def jobs(self, states: Sequence[State] = STATES, target: str | None = None) -> list[Job]:
        """All jobs in these states, in order."""
        marks = _marks(states)
        where = f"WHERE state IN ({marks})" + (" AND target = ?" if target else "")
        return self._select(where + " ORDER BY id", (*states, *([target] if target else [])))

    def counts(self, target: str | None = None) -> dict[State, int]:
        """The number of jobs in each state."""
        where, values = ("WHERE target = ?", (target,)) if target else ("", ())
        with self._reading() as db:
            found = dict(db.execute(f"SELECT state, count(*) FROM jobs {where} GROUP BY state", values))  # noqa: S608 - fixed text
        return {state: found.get(state, 0) for state in STATES}

    def targets(self, states: Sequence[State]) -> dict[str, int]:
        """The number of jobs in these states, for each target that has any."""
        marks = _marks(states)
        where = f"WHERE state IN ({marks}) GROUP BY target ORDER BY target"
        with self._reading() as db:
            found = db.execute(f"SELECT target, count(*) FROM jobs {where}", states).fetchall()  # noqa: S608 - marks
        return {os.fsdecode(target): count for target, count in found}

    def presses(self, target: str) -> list[str]:
        """The presses of all jobs of a target, sorted."""
        with self._reading() as db:
            rows = db.execute("SELECT DISTINCT press FROM jobs WHERE target = ? ORDER BY press", (target,))
            return [press for (press,) in rows]

    def retry(self, ids: Sequence[int] = (), target: str | None = None) -> int:
        """Queue these jobs again, or all doubtful ones, optionally only those of `target`. Returns how many."""
        return self._settle("queued", ids, target)

    def skip(self, ids: Sequence[int] = (), target: str | None = None) -> int:
        """Skip these jobs, or all doubtful ones, optionally only those of `target`. Returns how many."""
        return self._settle("skipped", ids, target)

    def _settle(self, state: State, ids: Sequence[int], target: str | None) -> int:
        with self._changing() as db:
            rows = db.execute("SELECT id, state FROM jobs WHERE target = coalesce(?, target)", (target,))
            known: dict[int, State] = dict(rows)
            for job in ids:
                _refuse(job, known.get(job), target)
            chosen = ids or [job for job, now in known.items() if now == "doubtful"]
            db.executemany(
                "UPDATE jobs SET state = ?, note = '', changed = ? WHERE id = ?",
                [(state, time.time(), job) for job in chosen],
            )
        return len(chosen)

    def clear(self, *, history: bool = False, target: str | None = None) -> int:
        """Remove queued and doubtful jobs, of `target` or all; with `history`, also printed and skipped ones."""
        states = ("queued", "doubtful", *(("printed", "skipped") if history else ()))
        marks = _marks(states)
        where = f"state IN ({marks})" + (" AND target = ?" if target else "")
        with self._changing() as db:
            done = db.execute(f"DELETE FROM jobs WHERE {where}", (*states, *([target] if target else [])))  # noqa: S608 - marks
            return done.rowcount

    def clearing(self, target: str) -> str:
        """The command that removes the waiting jobs of a target."""
        return shlex.join(["photopoem", "queue", "clear", str(self.folder), "--to", target])

    def talks(self, target: str) -> bool:
        """Whether this printer has ever answered, so that its silence means trouble."""
        with self._reading() as db:
            row = db.execute("SELECT talks FROM printers WHERE target = ?", (target,)).fetchone()
        return bool(row and row[0])

    def note_talks(self, target: str) -> None:
        """Remember that this printer answers."""
        with self._changing() as db:
            db.execute("INSERT OR REPLACE INTO printers VALUES (?, 1)", (target,))

    def photographs(self) -> dict[str, str]:
        """Path -> stamp of every processed photograph."""
        with self._reading() as db:
            rows = db.execute("SELECT path, stamp FROM photographs").fetchall()
        return {os.fsdecode(path): stamp for path, stamp in rows}

    def note_photographs(self, photographs: Iterable[tuple[str, str]], outcome: str) -> None:
        """Record photographs (path, stamp) as processed."""
        with self._changing() as db:
            db.executemany(
                "INSERT OR REPLACE INTO photographs VALUES (?, ?, ?)",
                [(os.fsencode(path), stamp, outcome) for path, stamp in photographs],
            )

    def _select(self, where: str, values: Sequence[Any]) -> list[Job]:
        columns = "id, target, poem, copy, name, press, options, photos, record, state, note, changed"
        with self._reading() as db:
            rows = db.execute(f"SELECT {columns} FROM jobs {where}", values).fetchall()  # noqa: S608 - fixed text
        return [_job(row) for row in rows]


def _refuse(job: int, state: State | None, target: str | None) -> None:
    """Raise `UsageError` for a job that does not exist, or that can be neither queued again nor skipped."""
    if state is None:
        whose = f" for {target}" if target else ""
        raise UsageError(f"there is no job {job}{whose}; see photopoem queue list --all")
    if state == "sending":
        raise UsageError(f"job {job} is being printed; wait for it")
    if state == "printed":  # another state would lose that the poem is on paper
        raise UsageError(f"job {job} is printed; photopoem print --again prints it once more")


def _marks(values: Collection[Any]) -> str:
    """A placeholder for each value of a query."""
    return ", ".join("?" * len(values))


def _photograph(record: Mapping[str, Any]) -> tuple[Any, Any]:
    """The identity of a record's photograph; a later photograph may have the same path."""
    return record.get("path"), record.get("digest")


def _photograph_mark(record: Mapping[str, Any]) -> str:
    """A hash of the identity of a record's photograph."""
    return hashlib.sha256(json.dumps(_photograph(record)).encode()).hexdigest()[:32]


def _written(records: Path) -> Iterator[tuple[str, str, str]]:
    """Digest, path and stamp of each photograph with a readable record."""
    try:
        with open_regular(records) as lines:
            for line in lines:
                with suppress(ValueError, KeyError, TypeError, RecursionError):
                    record = json.loads(line)
                    yield str(record["digest"]), str(record["path"]), str(record["made"]["stamp"])
    except FileNotFoundError:
        return


def _job(row: Sequence[Any]) -> Job:
    values: list[Any] = [os.fsdecode(value) if isinstance(value, bytes) else value for value in row]
    values[6], values[8] = _object(row[6]), _object(row[8])
    return Job(*values)


def _object(text: str) -> dict[str, Any]:
    """The JSON object of a cell; an empty one, which is not a valid record, if it is damaged."""
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
