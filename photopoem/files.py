"""One SQLite file that threads and programs share: opened at first use, patient with others, never half written."""

from __future__ import annotations

import errno
import io
import os
import secrets
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import IO, Literal

from photopoem.errors import StoreError

MOST_BYTES = 16 << 20
"""What a text file that a person writes may hold: a lexicon, a list of words or of color names."""


class NotRegularError(OSError):
    """What has the name of a file is a pipe, a socket or a device."""

    def __init__(self, path: str) -> None:
        super().__init__(errno.EINVAL, "not a file but a pipe, socket or device", path)


def open_regular(path: str | Path) -> BufferedReader:
    """A regular file, opened for reading; whatever else has its name is never read from.

    A pipe would keep its reader waiting for ever, and a device may have no end. Raises `NotRegularError` for those,
    `IsADirectoryError` for a folder, and `OSError` as `open` does.
    """
    name = os.fsdecode(path)
    if not name or "\0" in name:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), name)
    # Asked before it is opened, because opening alone can rewind a tape or reset what hangs on a serial line.
    _be_regular(name, os.stat(name).st_mode)  # noqa: PTH116 - a path may hold undecodable bytes
    flags = os.O_RDONLY
    for each in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, each, 0)
    descriptor = os.open(name, flags)
    try:
        # Asked again: another file may have taken its place in between.
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
    """The bytes of a regular file of at most `most` bytes. Raises `OSError` as `open_regular`, and for a larger one."""
    with open_regular(path) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"larger than {most >> 20} MB", os.fsdecode(path))
    return data


def read_regular_text(path: str | Path) -> str:
    """The text of a regular file in UTF-8, with or without a byte order mark, its lines ended by a line feed.

    Raises `OSError` as `read_regular`, `UnicodeDecodeError` for other text.
    """
    return io.StringIO(read_regular(path).decode("utf-8-sig"), newline=None).read()


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

    A process that is killed leaves its unfinished file beside `path`, under a random name. A caller that is the only
    one to write may name that file (`by_way_of`, on the same disk), so that the next write replaces it.
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


class Database:
    """A file with this schema, in WAL mode. Threads take turns; other programs are waited for.

    `schema` creates what is not there. With a `version` it is run on new files alone, which get that user_version;
    without one it is run whenever the file is opened. `synchronous` is SQLite's: FULL survives a power cut after each
    change. `busy` is how many seconds to wait for another program.

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
        """A transaction for this thread and program alone; on any failure nothing of it stays."""
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
        """Let go of the file; the next call opens it again."""
        with self._lock:
            db, self._db = self._db, None
            if db is not None:
                with suppress(sqlite3.Error):
                    db.close()

    def __del__(self) -> None:
        if hasattr(self, "_db"):
            self.close()

    def set_aside(self, name: str) -> Path | None:
        """Rename a damaged file to `name` and a time; returns its new path, None where the file is sound after all.

        Another program may have set the damaged file aside already and begun a sound one: that one stays.
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
            self.close()  # the folder was taken away: what is written to the open file would go with it
        if self._db is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._db = self._open()
        return self._db

    def _open(self) -> sqlite3.Connection:
        # isolation_level None: transactions are begun here, not by the sqlite3 module.
        db = sqlite3.connect(self.path, timeout=self._busy, isolation_level=None, check_same_thread=False)
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
        # A network disk may answer something other than wal, which is slower and still right.
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
    """The file was made by a program with another schema."""


BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def code_of(error: sqlite3.Error) -> int:
    """The primary result code of an error; SQLite's extended code carries more in its high bytes."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file is damaged or no database."""
    return code_of(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB} or "no such table" in str(error)
