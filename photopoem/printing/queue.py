"""The print queue: an SQLite file in the poems folder that neither loses nor doubles a poem."""

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
    """A poem to be printed: its record, the press and its options, the folder its photograph's path starts from."""

    record: Mapping[str, Any]
    press: str
    options: Mapping[str, Any] = field(default_factory=dict)
    photos: str | None = None

    @property
    def poem(self) -> str:
        """A hash of the photograph, the words and who wrote them, but not of the photograph's path."""
        parts = [self.record.get(key) for key in ("digest", "grammar", "seed", "title", "text")]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]

    @property
    def name(self) -> str:
        """The photograph's name without its folder and ending."""
        stem = Path(str(self.record.get("path", ""))).stem or "poem"
        return stem.encode("utf-8", "backslashreplace").decode()


@dataclass(frozen=True, slots=True)
class Job:
    """One copy of a poem in the queue. `changed` is when its state last did, in seconds since 1970."""

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
    """The queue of a poems folder. Safe to share between threads and, but for printing, processes.

    Every change is on the disk when its method returns. All methods raise `StoreError` where the disk is
    full, gone or not writable: nothing has changed then. A damaged file is set aside at first use, and `note` is told.
    """

    def __init__(self, folder: str | Path, *, note: Callable[[str], None] = say) -> None:
        self.folder = Path(folder)
        self._note, self._checked = note, False
        self.path = self.folder / FILE_NAME
        self.replaced = 0
        # A power cut must not take back what the printer has been sent.
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
                self._checked = False  # the next call sets it aside
                mend = shlex.join(["photopoem", "queue", "repair", str(self.folder)])
                raise StoreError(f"{self.path}: damaged ({error}); {mend}") from error
            raise StoreError(f"{self.path}: {error}; see that the disk is there and has room") from error

    def repair(self) -> bool:
        """Set the file aside if it is damaged, and begin a new one; whether it was. Raises `StoreError`.

        The new queue does not know what is on paper. Poems that `poems.jsonl` has by then are in doubt when they are
        added, and their photographs count as dealt with.
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
            f"{self.path}: damaged; set aside as {aside.name}, a new queue is begun; it cannot tell which of "
            f"{counted(len(written), 'poem')} are on paper, so that print and watch queue them as doubtful"
        )
        return True

    def has_lost(self) -> bool:
        """Whether an earlier queue was damaged, so that poems may be on paper that this one does not know."""
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
        """Queue copies of poems, those that this target has not had before (`again`: whether or not).

        All poems once, then all of them again for each further copy. Returns how many are new. Another poem of the
        same photograph that still waits is removed, and counted in `replaced`. `photograph` (path, stamp) is noted as
        having its poem in the same transaction.
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
        """Remove waiting jobs of the same photograph: a person may have changed its poem meanwhile."""
        same = db.execute(
            "SELECT id FROM pictured CROSS JOIN jobs ON id = job"  # in this order, whatever SQLite guesses
            " WHERE photograph = ? AND target = ? AND state = 'queued' AND poem <> ?",
            (_photograph_mark(job.record), target, job.poem),
        ).fetchall()
        db.executemany("DELETE FROM jobs WHERE id = ?", same)
        return len(same)

    def withdraw(self, photographs: Collection[tuple[str, str]]) -> int:
        """Remove what waits of these photographs (path, digest), whatever its target. Returns how many jobs."""
        wanted = set(photographs)
        with self._changing() as db:
            rows = db.execute("SELECT id, record FROM jobs WHERE state = 'queued'").fetchall()
            some = [(each,) for each, record in rows if _photograph(_object(record)) in wanted]
            db.executemany("DELETE FROM jobs WHERE id = ?", some)
        return len(some)

    @staticmethod
    def _insert(db: sqlite3.Connection, target: str, job: NewJob, copy: int, *, again: bool) -> int:
        lost = db.execute("SELECT 1 FROM lost WHERE digest = ?", (str(job.record.get("digest")),)).fetchone()
        doubtful = lost is not None and not again  # a person who says again knows what is on paper
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
        """Put a job into a state."""
        with self._changing() as db:
            db.execute(
                "UPDATE jobs SET state = ?, note = ?, changed = ? WHERE id = ?",
                (state, note, time.time(), job),
            )

    def recover(self, target: str, *, repeatable: bool) -> int:
        """Settle what a killed program left as sending: doubtful, or queued where a repetition does no harm.

        Only for the holder of the target. Returns how many there were.
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
        """The lock of the only program that prints to a target from here; None where another one has it.

        It is held until it is released or the program ends. Raises `StoreError`.
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
            raise StoreError(f"{self.folder}: {error.strerror}; see that the disk is there") from error
        return lock

    # -- for people and for a watch ------------------------------------------------------------

    def jobs(self, states: Sequence[State] = STATES, target: str | None = None) -> list[Job]:
        """All jobs in these states, in order."""
        marks = _marks(states)
        where = f"WHERE state IN ({marks})" + (" AND target = ?" if target else "")
        return self._select(where + " ORDER BY id", (*states, *([target] if target else [])))

    def counts(self, target: str | None = None) -> dict[State, int]:
        """How many jobs are in each state."""
        where, values = ("WHERE target = ?", (target,)) if target else ("", ())
        with self._reading() as db:
            found = dict(db.execute(f"SELECT state, count(*) FROM jobs {where} GROUP BY state", values))  # noqa: S608 - fixed text
        return {state: found.get(state, 0) for state in STATES}

    def targets(self, states: Sequence[State]) -> dict[str, int]:
        """How many jobs in these states each target has, where it has any."""
        marks = _marks(states)
        where = f"WHERE state IN ({marks}) GROUP BY target ORDER BY target"
        with self._reading() as db:
            found = db.execute(f"SELECT target, count(*) FROM jobs {where}", states).fetchall()  # noqa: S608 - marks
        return {os.fsdecode(target): count for target, count in found}

    def presses(self, target: str) -> list[str]:
        """The presses of all jobs that a target has had or waits for, sorted."""
        with self._reading() as db:
            rows = db.execute("SELECT DISTINCT press FROM jobs WHERE target = ? ORDER BY press", (target,))
            return [press for (press,) in rows]

    def retry(self, ids: Sequence[int] = (), target: str | None = None) -> int:
        """Queue these again, or all doubtful ones; with `target`, of that one only. Returns how many."""
        return self._settle("queued", ids, target)

    def skip(self, ids: Sequence[int] = (), target: str | None = None) -> int:
        """Leave these out for good, or all doubtful ones; with `target`, of that one only. Returns how many."""
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
        """Take out what is queued or doubtful; with `history`, also forget what was printed or skipped.

        With `target`, of that one only.
        """
        states = ("queued", "doubtful", *(("printed", "skipped") if history else ()))
        marks = _marks(states)
        where = f"state IN ({marks})" + (" AND target = ?" if target else "")
        with self._changing() as db:
            done = db.execute(f"DELETE FROM jobs WHERE {where}", (*states, *([target] if target else [])))  # noqa: S608 - marks
            return done.rowcount

    def clearing(self, target: str) -> str:
        """The command that takes out what waits for a target."""
        return shlex.join(["photopoem", "queue", "clear", str(self.folder), "--to", target])

    def talks(self, target: str) -> bool:
        """Whether this printer has ever answered: its silence then means that something is wrong."""
        with self._reading() as db:
            row = db.execute("SELECT talks FROM printers WHERE target = ?", (target,)).fetchone()
        return bool(row and row[0])

    def note_talks(self, target: str) -> None:
        """Remember that this printer answers."""
        with self._changing() as db:
            db.execute("INSERT OR REPLACE INTO printers VALUES (?, 1)", (target,))

    def photographs(self) -> dict[str, str]:
        """Path -> stamp of every photograph dealt with."""
        with self._reading() as db:
            rows = db.execute("SELECT path, stamp FROM photographs").fetchall()
        return {os.fsdecode(path): stamp for path, stamp in rows}

    def note_photographs(self, photographs: Iterable[tuple[str, str]], outcome: str) -> None:
        """Remember photographs (path, stamp) as dealt with."""
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
    """Raise `UsageError` for a job that is not there, or that can be neither queued again nor skipped."""
    if state is None:
        whose = f" for {target}" if target else ""
        raise UsageError(f"there is no job {job}{whose}; see photopoem queue list --all")
    if state == "sending":
        raise UsageError(f"job {job} is being printed; wait for it")
    if state == "printed":  # another state would forget that the poem is on paper
        raise UsageError(f"job {job} is printed; photopoem print --again prints it once more")


def _marks(values: Collection[Any]) -> str:
    """A question mark for each value of a query."""
    return ", ".join("?" * len(values))


def _photograph(record: Mapping[str, Any]) -> tuple[Any, Any]:
    """What identifies a record's photograph; a later photograph may have the same path."""
    return record.get("path"), record.get("digest")


def _photograph_mark(record: Mapping[str, Any]) -> str:
    """A hash of what identifies a record's photograph."""
    return hashlib.sha256(json.dumps(_photograph(record)).encode()).hexdigest()[:32]


def _written(records: Path) -> Iterator[tuple[str, str, str]]:
    """Digest, path and stamp of each photograph that has a poem, as far as its record can be read."""
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
    """The JSON object of a cell; an empty one, which is no record of a poem, where somebody damaged it."""
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
