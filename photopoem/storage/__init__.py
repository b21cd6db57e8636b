"""One SQLite file shared by threads and processes: opened at first use, with waiting for locks and atomic writes."""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from photopoem.files import make_folders


class _Connection(sqlite3.Connection):
    """Stores a text with a file name that is not UTF-8 as bytes, which `os.fsdecode` converts back."""

    def execute(self, statement: str, values: Any = (), /) -> sqlite3.Cursor:
        return super().execute(statement, [*map(_kept, values)])

    def executemany(self, statement: str, rows: Any, /) -> sqlite3.Cursor:
        return super().executemany(statement, ([*map(_kept, row)] for row in rows))


def _kept(value: Any) -> Any:
    if type(value) is not str or value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return os.fsencode(value)
    return value


class Database:
    """A file with this schema, in WAL mode. Threads take turns; locks of other processes are waited for.

    `schema` creates missing tables. With a `version` it is run only on new files, which get that user_version; without
    one it is run whenever the file is opened. `synchronous` is SQLite's setting: FULL survives a power cut after each
    change. `busy` is how many seconds to wait for another process.

    All methods raise `sqlite3.Error` and `OSError`; the file is then closed, and the next call opens it again.
    """

    def __init__(
        self,
        path: Path,
        schema: str,
        *,
        version: int = 0,
        synchronous: Literal["NORMAL", "FULL"] = "NORMAL",
        busy: float = 30.0,
    ) -> None:
        self.path = path
        self._schema, self._version, self._synchronous, self._busy = schema, version, synchronous, busy
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone; each statement is a transaction of its own."""
        with self._lock:
            try:
                yield self._opened()
            except (sqlite3.Error, OSError):
                self.close()
                raise

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, exclusive to this thread and process; it is rolled back on any failure."""
        with self.reading() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            db, self._db = self._db, None
            if db is not None:
                with suppress(sqlite3.Error):
                    db.close()

    def __del__(self) -> None:
        if hasattr(self, "_db"):
            self.close()

    def set_aside(self, name: str) -> Path | None:
        """Rename a damaged file to `name` and a time; returns its new path, or None if the file is valid after all.

        Another process may have renamed the damaged file already and created a new one: that one stays.
        """
        self.close()
        if self._is_sound():
            return None
        aside = self.path.with_name(f"{name}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}.sqlite")
        for ending in ("-wal", "-shm", ""):
            with suppress(FileNotFoundError):
                Path(f"{self.path}{ending}").replace(f"{aside}{ending}")
        return aside

    def _is_sound(self) -> bool:
        try:
            db = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro", uri=True, timeout=self._busy)
            try:
                return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
            finally:
                db.close()
        except sqlite3.Error as error:
            return not is_damage(error)

    def _opened(self) -> sqlite3.Connection:
        if self._db is not None and not self.path.exists():
            self.close()  # the folder was removed: data written to the open file would be lost with it
        if self._db is None:
            make_folders(self.path.parent)
            self._db = self._open()
        return self._db

    def _open(self) -> sqlite3.Connection:
        # isolation_level None: transactions are begun here, not by the sqlite3 module.
        db = sqlite3.connect(
            self.path, timeout=self._busy, isolation_level=None, check_same_thread=False, factory=_Connection
        )
        # Invalid UTF-8 in the file is left to the reader, and is not damage.
        db.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        deadline = time.monotonic() + self._busy
        while True:
            try:
                self._prepare(db)
            except sqlite3.Error as error:
                # Changing to WAL ignores SQLite's own busy timeout, so it is tried again.
                if code_of(error) not in BUSY or time.monotonic() > deadline:
                    db.close()
                    raise
                time.sleep(0.05)
            else:
                return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        # A network disk may use another mode than WAL, which is slower but correct.
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {self._synchronous}")
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, self._version):
            raise OtherVersionError(f"version {found}")
        if found == 0:
            db.executescript(
                f"BEGIN IMMEDIATE; {self._schema} PRAGMA user_version = {self._version}; COMMIT;"
            )


class OtherVersionError(sqlite3.DatabaseError):
    """The file was made by a version with another schema."""


BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def code_of(error: sqlite3.Error) -> int:
    """The primary result code of an error; SQLite's extended codes have more in the high bytes."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file is damaged or not a database."""
    return code_of(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB} or "no such table" in str(error)
