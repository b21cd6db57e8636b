"""The poems folder: `poems.jsonl`, a text for each photograph, and its shards. A killed run can be resumed."""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from itertools import chain, combinations
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from photopoem.errors import KeptText, StoreError, UsageError
from photopoem.files import open_atomically, read_regular, stamp_of, sync_files, what_failed, write_atomically
from photopoem.photo.discover import Found, listing_digest, marked, shard_of
from photopoem.poem import Poem, from_record
from photopoem.poems.records import (
    LOCK,
    RECORDS,
    TEXT,
    IndexEntry,
    Made,
    head_of,
    is_own_name,
    is_shortened,
    is_text_file,
    is_whole,
    parsed,
    record_line,
    short_text_file,
    text_file,
    text_hash,
)
from photopoem.poems.show import Show, change_show, merged, read_show, was_called
from photopoem.poems.text import as_text, edited, from_text, read_text

if TYPE_CHECKING:
    from filelock import BaseFileLock


FILE_NAME = ".shards.json"


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard: number `part` of `of`, from 1; the number of photographs of each shard; and a hash of their list."""

    part: int
    of: int
    photographs: tuple[int, ...]
    listing: str

    def __str__(self) -> str:
        return f"{self.part}/{self.of}"


def note_shard(folder: Path, shard: tuple[int, int], listed: Sequence[Found]) -> None:
    """Record that a folder holds a shard (i, n) of the listed photographs. Raises `StoreError`."""
    part, of = shard
    counts = [0] * of
    for each in listed:
        counts[shard_of(each.inside, of) - 1] += 1
    new = Shard(part, of, tuple(counts), listing_digest(listed))
    if (folder / RECORDS).exists():
        keep_shards(folder, [*(each for each in read_shards(folder) if str(each) != str(new)), new])


def keep_shards(folder: Path, shards: Iterable[Shard]) -> None:
    """Write the list of a folder's shards. Raises `StoreError`."""
    rows = [asdict(each) for each in sorted(set(shards), key=lambda each: (each.of, each.part, each.listing))]
    if rows:
        write_atomically(folder / FILE_NAME, json.dumps(rows))


def read_shards(folder: Path) -> list[Shard]:
    """The shards of a folder; empty if its runs had no --shard, or if the list is invalid."""
    try:
        rows = json.loads(read_regular(folder / FILE_NAME))
        shards = [
            Shard(int(row["part"]), int(row["of"]), tuple(map(int, row["photographs"])), str(row["listing"]))
            for row in rows
        ]
    except (OSError, ValueError, TypeError, KeyError):
        return []
    return [each for each in shards if 1 <= each.part <= each.of == len(each.photographs)]


def faults_of(held: Mapping[Path, Sequence[Shard]]) -> Iterator[str]:
    """The missing and duplicate shards of several folders, one line each."""
    shards = list(chain.from_iterable(held.values()))
    for one, other in combinations(held, 2):
        for shard in sorted(set(map(str, held[one])) & set(map(str, held[other]))):
            yield f"{one} and {other} both hold shard {shard}"
    divisions = {each.of for each in shards}
    if len(divisions) > 1:
        told = ", ".join(map(str, dict.fromkeys(map(str, shards))))
        yield f"the shards {told} are parts of different divisions; photographs may be missing or here twice"
    elif len({each.listing for each in shards}) > 1:
        sizes = ", ".join(f"{folder} {sum(each.photographs)}" for folder in held for each in held[folder])
        yield (
            f"the runs listed different photographs ({sizes}); those that only some runs listed may be missing, "
            "and a file that was renamed may be here twice"
        )
    if len(divisions) == 1:
        yield from _missing(shards)


def _missing(shards: Sequence[Shard]) -> Iterator[str]:
    first = shards[0]
    for part in sorted(set(range(1, first.of + 1)) - {each.part for each in shards}):
        if number := first.photographs[part - 1]:
            what = "1 photograph" if number == 1 else f"{number} photographs"
            yield f"shard {part}/{first.of} is missing, with {what}"


ONE_TEXT = frozenset({".txt", ".md"})
LIKE_A_FILE = ONE_TEXT | {".pdf", ".html", ".htm", ".svg", ".jsonl", ".csv"}
"""Endings that mean a file rather than a folder of poems."""
IN_THE_WAY = frozenset(
    {errno.ENAMETOOLONG, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.EACCES, errno.EPERM}
)
"""Errors by which a system says that a file cannot have this name, whereas another could be written."""
SOON_SORTED = 1 << 20
"""Files up to this size in bytes are always sorted, which takes milliseconds."""
AT_ONCE = 256
"""How many texts are synced together; larger batches cost less per text."""


MOST_REMEMBERED = 20_000
"""The index of a folder with at most this many poems is cached."""
_INDEXES: dict[
    tuple[int, ...],
    tuple[dict[str, IndexEntry], dict[str, tuple[str, ...]], dict[str, list[str]] | None, bool],
] = {}
"""The index of the last folder, by the stamp of its file, cached because the studio needs it at every re-roll."""


class PoemsFolder:
    """A folder of poems with one writer at a time. Use it as a context manager.

    Waits `wait` seconds for another run's lock. Raises `UsageError` if the folder is still locked, and `StoreError` if
    it cannot be read or written.
    """

    def __init__(self, path: str | Path, *, force: bool = False, wait: float = 0.0) -> None:
        self.path = Path(path)
        self.force = force
        self.wait = wait
        self._entries: dict[str, IndexEntry] = {}
        # The hashes of earlier texts of a path.
        self._older: dict[str, tuple[str, ...]] = {}
        # Text file -> the photographs that wrote it, in order. Large, so built on first use.
        self._owners: dict[str, list[str]] | None = None
        self._tidy = True
        # There is one writer at a time, so the unfinished file can have a fixed name.
        self._unfinished = self.path / ".unfinished.tmp"
        self._lock: BaseFileLock | None = None
        self._records: IO[bytes] | None = None
        self._made: list[Path] = []
        # Texts that are not synced to disk yet.
        self._unsynced: deque[Path] = deque()
        self._syncing = threading.Lock()

    def __enter__(self) -> Self:
        try:
            own = (self.path / RECORDS, self.path / LOCK, self.path, *self.path.parents)
            self._made = [each for each in own if not each.exists()]
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = self._locked()
            self._unfinished.unlink(missing_ok=True)
            # Unbuffered, so that a full disk leaves nothing to be written later.
            self._records = (self.path / RECORDS).open("a+b", buffering=0)
            self._read_index(self._records)
        except OSError as error:
            self._close()
            name = error.filename or self.path
            raise StoreError(
                f"{name}: {error.strerror or error}, so no poems can be written here; name another folder with --out"
            ) from error
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            self.make_durable()
            if error is None:
                self._remember()
        finally:
            self._close()

    def _remember(self) -> None:
        """Cache the index for the next use of the folder, unless the file was sorted, which moves the records."""
        assert self._records is not None, "a PoemsFolder is used inside its with"  # noqa: S101 - a programmer's slip
        _INDEXES.clear()
        if len(self._entries) > MOST_REMEMBERED:
            return
        with suppress(OSError):
            here = stamp_of(os.fstat(self._records.fileno()))
            if here == stamp_of((self.path / RECORDS).stat()):
                _INDEXES[here] = self._entries, self._older, self._owners, self._tidy

    def _close(self) -> None:
        if self._lock is not None and not self._entries:
            self._leave_no_trace()
        if self._records is not None:
            self._records.close()
        if self._lock is not None:
            self._lock.release()
        self._records = self._lock = None

    def _leave_no_trace(self) -> None:
        """Remove the files of this run if it wrote no poem; a folder with anything else in it stays."""
        for each in self._made:
            with suppress(OSError):
                each.rmdir() if each.is_dir() else each.unlink()

    def _locked(self) -> BaseFileLock:
        from filelock import FileLock, Timeout

        lock = FileLock(self.path / LOCK)
        try:
            lock.acquire(timeout=self.wait)
        except Timeout as error:
            raise UsageError(
                f"{self.path}: another run is writing here; wait for it or name another folder with --out"
            ) from error
        return lock

    def _read_index(self, records: IO[bytes]) -> None:
        """Index every record. A torn write after the last complete record is cut off."""
        known = _INDEXES.pop(stamp_of(os.fstat(records.fileno())), None)
        if known is not None:
            self._entries, self._older, self._owners, self._tidy = known
            records.seek(0, os.SEEK_END)
            return
        with (self.path / RECORDS).open("rb") as lines:
            end = self._index_lines(lines)
        if records.seek(0, os.SEEK_END) < end:
            _write_whole(records, b"\n")  # the last record had no line feed
        records.truncate(end)
        records.seek(0, os.SEEK_END)

    def _index_lines(self, lines: IO[bytes]) -> int:
        """Index each record; returns the end of the last complete line."""
        offset, last = 0, ""
        for line in lines:
            if not line.endswith(b"\n"):
                if not is_whole(line):
                    break
                line += b"\n"
            head = head_of(line)
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
        self._entries[path] = IndexEntry.of(path, offset, length, made)
        if self._owners is not None:
            _note_owner(self._owners, made.file, path)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, path: str) -> bool:
        return path in self._entries

    def is_done(self, found: Found, settings: str) -> bool:
        """Whether this photograph's poem exists as these settings would write it."""
        entry = self._entries.get(found.path)
        if self.force or entry is None or not found.stamp:
            return False
        same = entry.stamp == found.stamp and entry.settings == settings
        return same and _holds(f"{self.path}/{entry.file_of(found.path)}") and not self._is_older(found.path)

    def is_unchanged(self, found: Found) -> bool:
        """Whether a photograph has a poem here, with any settings, and its file is unchanged since."""
        entry = self._entries.get(found.path)
        return entry is not None and bool(found.stamp) and entry.stamp == found.stamp

    def restore(self, path: str) -> None:
        """Restore the missing text of a poem. Raises `StoreError`."""
        made = self.made(path)
        target = self.path / made.file
        if is_text_file(made.file) and not _holds(str(target)) and self._has_room(made.file):
            poem = from_record(self.record(path))
            text = as_text(poem, with_colophon="without colophon" not in made.settings)
            self._write_text(target, text.encode("utf-8", "surrogateescape"))

    def _is_older(self, path: str) -> bool:
        """Whether the text is an older version, because a run was killed between writing the record and the text."""
        if path not in self._older:
            return False
        text = read_text(self.path / self._entries[path].file_of(path))
        current = text_hash(text) if text is not None else ""
        return current != self._text_of(path) and current in self._older[path]

    def add(self, record: dict[str, Any], found: Found, settings: str, text: str) -> None:
        """Write one poem: its record, then its text.

        Raises `KeptText` if a person edited the existing text (unless forced).
        """
        path, written = record["path"], text_hash(text)
        made = Made(found.stamp, settings, self._file_for(path, found.name, written), written)
        line = record_line({"path": path, "made": made.as_dict()} | record)
        self._add_line(path, made, line, text.encode("utf-8", "surrogateescape"))

    def adopt(self, path: str, source: PoemsFolder) -> None:
        """Copy the poem of `path` from another folder, byte for byte. Raises as `add` does."""
        there, line = source._entries[path].made(path), source.line(path)
        name = there.file.removesuffix(TEXT)
        made = replace(there, file=self._file_for(path, name, there.text))
        if made != there:
            line = record_line(source.record(path) | {"made": made.as_dict()})
        text = read_text(source.path / text_file(name)) or ""
        self._add_line(path, made, line, text.encode("utf-8", "surrogateescape"))

    def line(self, path: str) -> bytes:
        """The record of a path as in the file."""
        assert self._records is not None, "a PoemsFolder is used inside its with"  # noqa: S101 - a programmer's slip
        offset, length = self._entries[path].line
        self._records.seek(offset)
        line = self._records.read(length)
        self._records.seek(0, os.SEEK_END)
        return line

    def record(self, path: str) -> dict[str, Any]:
        """The record of a path. Raises `StoreError` if it is damaged."""
        return parsed(f"{self.path / RECORDS}: {path}", self.line(path))

    def poem(self, path: str) -> Poem:
        """The poem of a path, including manual edits. Raises `StoreError` where its record is damaged."""
        file = self._entries[path].file_of(path)
        written = {*self._older.get(path, ()), *map(self._text_of, self._owners_of(file))}
        return edited(self.path, self.record(path), {file: written})

    def made(self, path: str) -> Made:
        """How the poem of a path was made. Raises `KeyError` if it has none here."""
        return self._entries[path].made(path)

    def kept(self, poem: Poem, name: str) -> Poem:
        """The poem of the manually edited text for the photograph `name`; `poem` was not written."""
        if poem.subject.path in self:
            return self.poem(poem.subject.path)
        text = read_text(self.path / text_file(name))
        return poem if text is None else from_text(poem, text)

    def paths(self) -> list[str]:
        """The paths that have a poem here, sorted."""
        return sorted(self._entries)

    def _file_for(self, path: str, name: str, written: str) -> str:
        """The text file of a path: the same as before, or made from `name`, or made unique."""
        entry = self._entries.get(path)
        if entry and is_text_file(before := entry.file_of(path)) and self._has_room(before):
            return before
        file = text_file(name)
        if not self._has_room(file):
            return short_text_file(name)
        return text_file(marked(name, path)) if self._is_anothers(file, path, written) else file

    def _has_room(self, file: str) -> bool:
        """Whether a text can be written: no folder, device or special file has its name, and the disk accepts the name.

        Creates its folders. Raises `StoreError` if that fails for another reason.
        """
        target = self.path / file
        if target.parent != self.path and is_own_name(file.partition("/")[0]):
            return False
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            mode = target.lstat().st_mode
        except FileNotFoundError:
            return os.access(target.parent, os.W_OK)
        except OSError as error:
            if error.errno in IN_THE_WAY:
                return False
            raise StoreError(f"{target.parent}: {what_failed(error)}") from error
        return stat.S_ISREG(mode) or (stat.S_ISLNK(mode) and target.is_file())

    def _is_anothers(self, file: str, path: str, written: str) -> bool:
        """Whether a text file belongs to another photograph, rather than to this one under an earlier path."""
        if not (self.path / file).exists():
            return False
        owner = (self._owners_of(file) or [path])[-1]
        if owner == path:
            return False
        return self._text_of(owner) != written or not was_called(path, owner)

    def _owners_of(self, file: str) -> list[str]:
        """The paths with a text of that name; the last writer is last."""
        if self._owners is None:
            self._owners = {}
            for path, entry in self._entries.items():
                _note_owner(self._owners, entry.file_of(path), path)
        return self._owners.get(file, [])

    def _add_line(self, path: str, made: Made, line: bytes, text: bytes) -> None:
        self._spare_a_persons_work(path, made, text)
        assert self._records is not None, "a PoemsFolder is used inside its with"  # noqa: S101 - a programmer's slip
        offset = self._records.tell()
        try:
            _write_whole(self._records, line)
        except OSError as error:
            self._records.truncate(offset)
            raise StoreError(
                f"{self.path / RECORDS}: {error.strerror}; free some room and run again"
            ) from error
        self._tidy = self._tidy and path > next(reversed(self._entries), "")
        self._put(path, offset, len(line), made)
        self._write_text(self.path / made.file, text)

    def _write_text(self, target: Path, text: bytes) -> None:
        write_atomically(target, text, by_way_of=self._unfinished)
        self._unsynced.append(target)
        if len(self._unsynced) >= AT_ONCE:
            self.make_durable()

    def make_durable(self) -> None:
        """Wait until all added records and texts are on disk. Thread-safe. Raises `StoreError`.

        After this, a power cut loses nothing; without it, the last `AT_ONCE` poems may have to be rewritten.
        """
        with self._syncing:
            texts = [self._unsynced.popleft() for _ in range(len(self._unsynced))]
            if not texts:
                return
            inside = {above for text in texts for above in text.parents if above.is_relative_to(self.path)}
            folders = {*inside, *(each.parent for each in self._made)}
            try:
                sync_files([*texts, *folders])
                sync_files([self.path / RECORDS])  # last: a record says that its text is there
            except OSError as error:
                self._unsynced.extend(texts)
                raise StoreError(f"{self.path}: {what_failed(error)}") from error

    def _spare_a_persons_work(self, path: str, made: Made, text: bytes) -> None:
        target, entry = self.path / made.file, self._entries.get(path)
        if self.force or not _holds(str(target)):
            return
        if (present := read_text(target)) is None:
            raise KeptText(f"{target}: may not be read, so kept; --force overwrites it")
        # A power cut can leave a file of the right length that is all zeros.
        if not present.strip("\0") or present.encode("utf-8", "surrogateescape") == text:
            return
        current = text_hash(present)
        ours = (*self._older.get(path, ()), made.text, entry.made(path).text if entry else "")
        # This path's hashes come first, because other paths wrote this file only if the photograph was renamed.
        if current not in ours and current not in map(self._text_of, self._owners_of(made.file)):
            raise KeptText(f"{target}: changed by hand since it was written, so kept; --force overwrites it")

    def _text_of(self, path: str) -> str:
        """The hash of the text written for a path."""
        return self._entries[path].made(path).text

    def named_apart(self, path: str) -> str:
        """Says where a photograph's text is, if it could not have its plain name; else empty."""
        file = self._entries[path].file_of(path)
        plain = file.removesuffix(f"{marked('', path)}{TEXT}") + TEXT
        where = f"{path} is in {self.path / file}"
        if plain == file + TEXT:
            return f"{where}, for its own name is too long or taken" if is_shortened(file) else ""
        others = self._owners_of(plain)
        return where + (f", for {others[-1]} has {plain}" if others else "")

    def gone(self, found: Sequence[Found]) -> list[str]:
        """Paths with a poem here that are not among the photographs `found`, which has no duplicates."""
        if sum(each.path in self._entries for each in found) == len(self._entries):
            return []  # a set of all paths would dominate the memory of a large run
        present = {each.path for each in found}
        return [path for path in self._entries if path not in present]

    def finish(self, *, lazily: bool = False) -> None:
        """Sort the records by path without duplicates, if needed, and sync them to disk.

        With `lazily`, a large file is sorted only when a quarter of its records are old, because sorting rewrites the
        whole file. Readers use the last record of each path.
        """
        self.make_durable()
        if self._tidy or (lazily and self._may_wait()):
            return
        with open_atomically(self.path / RECORDS, sync=True, by_way_of=self._unfinished) as out:
            for path in self.paths():
                out.write(self.line(path))
        self._tidy = True

    def _may_wait(self) -> bool:
        assert self._records is not None, "a PoemsFolder is used inside its with"  # noqa: S101 - a programmer's slip
        old = sum(map(len, self._older.values()))
        return self._records.tell() > SOON_SORTED and old < len(self._entries) / 4


def merge_folders(
    sources: Iterable[str | Path], out: str | Path, *, force: bool = False
) -> tuple[int, list[str], list[str]]:
    """Join poems folders into `out`, sorted by path; returns the number of poems, conflicting paths, and messages on
    kept texts.

    If a path has several different poems, the first folder's is used, unless another folder's show keeps its own.
    Edited and kept texts in `out` stay, with a message. The choices of all shows are joined too. Raises `StoreError`,
    `UsageError`.
    """
    each_once = {os.path.realpath(source): source for source in sources}
    if os.path.realpath(out) in each_once:
        raise UsageError(f"{out}: one of the folders to be joined; name another with --out")
    with ExitStack() as stack:
        folders = [stack.enter_context(PoemsFolder(_with_records(each))) for each in each_once.values()]
        joined = stack.enter_context(PoemsFolder(out, force=force))
        shows = {folder.path: read_show(folder.path) for folder in (joined, *folders)}
        paths = sorted(set().union(*map(PoemsFolder.paths, folders)))
        told = {path: _take_over(path, folders, joined, shows) for path in paths}
        joined.finish()
        kept = [line for line, _ in told.values() if line]
        clashes = [path for path, (_, differ) in told.items() if differ]
        return len(joined), clashes, [*kept, *_join_shows(list(shows.values()), joined.path)]


def _take_over(
    path: str, folders: Iterable[PoemsFolder], joined: PoemsFolder, shows: Mapping[Path, Show]
) -> tuple[str, bool]:
    """Adopt the poem of a path from the first folder whose show keeps it, otherwise from the first that has it.

    Returns why it was not adopted, and whether the candidates differ.
    """
    if path in joined and shows[joined.path].choice(path).state == "kept":
        return f"{joined.path}: {path} is kept there, so not replaced", False
    holders = [folder for folder in folders if path in folder]
    found = [each for each in holders if shows[each.path].choice(path).state == "kept"] or holders
    told = ""
    try:
        joined.adopt(path, found[0])
    except KeptText as error:
        told = str(error)
    return told, len({holder.line(path) for holder in found}) > 1


def _join_shows(shows: Sequence[Show], out: Path) -> list[str]:
    """Merge the choices of all shows into the first, that of `out`; returns a line for each conflict."""
    joined, clashes = merged(shows)
    if not joined.is_empty:
        change_show(out, lambda before: merged([before, *shows])[0])
    return [
        f"{path}: decided differently in several shows; the first one's choice is taken" for path in clashes
    ]


def folder_for_poems(out: str | Path) -> Path:
    """The folder named by `out`. Raises `UsageError` if it is a file or has a file's name."""
    out = Path(out)
    if out.is_dir():
        return out
    if os.path.lexists(out):
        raise UsageError(f"{out}: is a file, and poems go into a folder; name another with --out")
    ending = out.suffix.lower()
    if ending in LIKE_A_FILE:
        instead = (
            f"photopoem run photo.jpg > {out}" if ending in ONE_TEXT else f"photopoem print --to file:{out}"
        )
        raise UsageError(f"{out}: --out names a folder, and this is a file's name; for a file: {instead}")
    return out


def _holds(text: str) -> bool:
    """Whether a text exists and is not empty, because a power cut can leave empty files."""
    try:
        found = os.stat(text)  # noqa: PTH116 - faster, for 100,000
    except OSError:
        return False
    return found.st_size > 0 and stat.S_ISREG(found.st_mode)


def _note_owner(owners: dict[str, list[str]], file: str, path: str) -> None:
    paths = owners.setdefault(file, [])
    if path in paths:
        paths.remove(path)
    paths.append(path)


def _write_whole(file: IO[bytes], data: bytes) -> None:
    """Write all data to an unbuffered file; raises if the disk fills up in the middle."""
    while data:
        data = data[file.write(data) :]


def _with_records(source: str | Path) -> Path:
    if not (Path(source) / RECORDS).is_file():
        raise UsageError(f"{source}: not a folder of poems: there is no {RECORDS} in it")
    return Path(source)
