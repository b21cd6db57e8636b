"""Finds photographs that arrive in a folder, waits until they are complete, and gives up those that crash it."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from photopoem.errors import StoreError, UsageError, did_you_mean_path
from photopoem.files import open_regular, read_regular, what_failed, write_atomically
from photopoem.photo.discover import Found, find_photos, left_out_lines, only_folders
from photopoem.photo.limits import MOST_SEGMENTS, TooMuchError, read_jpeg_header
from photopoem.text.terminal import say

FILE_NAME = ".tries.json"
MOST = 2
"""How often a photograph may crash the program before it is given up."""


class Tries:
    """The unfinished tries: the program was killed during them, by the photograph or by something else.

    They are stored in the poems folder. The file is not synced, because it only has to survive the program, and a
    power cut says nothing about a photograph.
    """

    def __init__(self, poems: Path) -> None:
        self._path = poems / FILE_NAME
        self._begun = _read(self._path)

    def are_over(self, found: Found) -> bool:
        """Whether an unchanged photograph has crashed the program too often."""
        stamp, times = self._begun.get(found.path, ("", 0))
        return stamp == found.stamp and times >= MOST

    @contextmanager
    def trying(self, found: Found) -> Iterator[None]:
        """Count a try before it starts. Raises `StoreError` if it cannot be recorded."""
        stamp, times = self._begun.get(found.path, ("", 0))
        self._begun[found.path] = (found.stamp, times + 1 if stamp == found.stamp else 1)
        self._write()
        try:
            yield
        finally:
            self.forget(found)

    def forget(self, found: Found) -> None:
        """Forget the tries of a processed photograph. Raises `StoreError`."""
        if self._begun.pop(found.path, None):
            self._write()

    def _write(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if not self._begun:
                self._path.unlink(missing_ok=True)
                return
        except OSError as error:
            raise StoreError(f"{self._path}: {what_failed(error)}") from error
        write_atomically(self._path, json.dumps(self._begun))


def _read(path: Path) -> dict[str, tuple[str, int]]:
    """The recorded tries; empty if the file is missing or invalid."""
    try:
        rows = json.loads(read_regular(path))
        return {str(each): (str(stamp), int(times)) for each, (stamp, times) in rows.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


@dataclass
class Arrivals:
    """The new photographs of a folder and its subfolders.

    A file is used when it has not changed for `settle` seconds, or for `doubt` seconds if it does not look complete,
    because a copy may pause.
    """

    folder: Path
    known: dict[str, str] = field(default_factory=dict)
    settle: float = 0.3
    doubt: float = 10.0
    growing: dict[str, tuple[str, float]] = field(default_factory=dict)
    seen: bool = False
    """Whether the folder has existed since the program started."""
    say: Callable[[str], None] = say
    _said: set[str] = field(default_factory=set)
    """The folders that were said to be left out."""

    def ready(self) -> list[Found]:
        """The newly arrived photographs, oldest first. Raises `UsageError` if the folder is gone."""
        now = time.monotonic()
        new = {
            each.path: each
            for each in self._present()
            if each.stamp and self.known.get(each.path) != each.stamp
        }
        self._note_growth(new, now)
        settled = [each for path, each in new.items() if self._has_settled(path, now)]
        return sorted(settled, key=lambda each: (self.growing[each.path][1], each.path))

    def _note_growth(self, new: Mapping[str, Found], now: float) -> None:
        """Record since when each new file has been unchanged; forget files that are gone."""
        for path, each in new.items():
            if self.growing.get(path, ("", 0.0))[0] != each.stamp:
                self.growing[path] = (each.stamp, now)
        for path in self.growing.keys() - new.keys():
            del self.growing[path]

    def _has_settled(self, path: str, now: float) -> bool:
        still = now - self.growing[path][1]
        return still >= self.doubt or (still >= self.settle and looks_whole(path))

    def all_present(self) -> list[tuple[str, str]]:
        """Path and stamp of every photograph in the folder. Raises `UsageError` if the folder is gone."""
        return [(found.path, found.stamp) for found in self._present()]

    def _present(self) -> list[Found]:
        folder = str(self.folder.absolute())
        if not os.path.isdir(folder):  # noqa: PTH112 - a Path raises where it may not look
            near = "" if self.seen else did_you_mean_path(self.folder).removeprefix("; ")
            told = "this folder is gone" if self.seen else "this folder is not there yet"
            raise UsageError(f"{self.folder}: {told}{f' ({near})' if near else ''}")
        self.seen = True
        left_out: dict[str, Counter[str]] = {}
        found = find_photos([folder], left_out=left_out)
        self._say_new_folders(only_folders(left_out.get(folder, Counter())))
        return found

    def _say_new_folders(self, left_out: Counter[str]) -> None:
        """Say which folders are left out, each once, because the folder is searched every second."""
        new = Counter({name: number for name, number in left_out.items() if name not in self._said})
        self._said.update(new)
        for line in left_out_lines({str(self.folder): new}):
            self.say(line)

    def done(self, found: Found) -> None:
        """Record that a photograph in its current state needs no more work."""
        self.known[found.path] = found.stamp
        self.growing.pop(found.path, None)

    def note_known(self, known: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        """Record photographs (path, stamp) that were processed before."""
        self.known.update(known)


def looks_whole(path: str) -> bool:
    """Whether a photograph's file is complete; False if that is unknown.

    JPEG ends with an end-of-image marker, PNG with IEND; RIFF (WebP) and ISO media files (HEIC, AVIF) contain their
    length. Data that a phone appends, such as a short film, may still be arriving.
    """
    try:
        with open_regular(path) as file:
            return _ends_well(file)
    except OSError:
        return False


def _ends_well(file: IO[bytes]) -> bool:
    head = file.read(16)
    size = os.fstat(file.fileno()).st_size
    if head.startswith(b"\xff\xd8"):
        return _jpeg_ends(file)
    if head.startswith(b"\x89PNG"):
        return _png_ends(file, size)
    if head.startswith(b"RIFF"):
        return size >= int.from_bytes(head[4:8], "little") + 8
    return head[4:8] == b"ftyp" and _boxes_end(file, size)


_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
"""The end of a JPEG scan. Inside a scan, 0xFF is followed by a zero or by a restart marker (ITU T.81, B.1.1)."""


def _jpeg_ends(file: IO[bytes]) -> bool:
    """Whether a JPEG has an end marker after its scans, whatever follows. One inside the thumbnail does not count."""
    try:
        header = read_jpeg_header(file)
    except TooMuchError:
        return False
    if header is None:
        return False
    at = header.start
    for _ in range(MOST_SEGMENTS):
        at = _end_of_scan(file, at)
        file.seek(at)
        marker, length = file.read(2), file.read(2)
        if marker[1:] == b"\xd9":
            return True
        if len(length) < 2:
            return False
        at += 2 + int.from_bytes(length, "big")
    return False


def _end_of_scan(file: IO[bytes], at: int) -> int:
    """The offset of the next marker that ends a scan, or the end of the file."""
    file.seek(at)
    last = b""
    while block := file.read(1 << 20):
        if found := _MARKER.search(last + block):
            return at - len(last) + found.start()
        at += len(block)
        last = block[-1:]
    return at


def _png_ends(file: IO[bytes], size: int) -> bool:
    """Whether a PNG has its last chunk."""
    at = 8
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        at += 12 + int.from_bytes(head[:4], "big")
        if len(head) < 8 or at > size:
            return False
        if head[4:] == b"IEND":
            return True
    return False


_MOST_CHUNKS = 200_000


def _boxes_end(file: IO[bytes], size: int) -> bool:
    """Whether the boxes of an ISO media file (ISO/IEC 14496-12, 4.2) end within the file.

    After the description and the data of the picture, the rest need not be boxes.
    """
    at = 0
    needed = {b"meta", b"mdat"}
    for _ in range(1000):
        if at >= size:
            return at == size
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length < 8:
            return False  # 0 means "to the end of the file", so the length is unknown
        at += length
        if at <= size:
            needed.discard(head[4:8])
            if not needed:
                return True
    return False


class FolderEvents:
    """Sets an event when something changes in a folder, if the system reports changes, and when `stop` is set."""

    def __init__(self, folder: Path, happened: threading.Event, stop: threading.Event) -> None:
        self.folder, self.happened, self.stop = folder, happened, stop
        self._thread = threading.Thread(target=self._run, name="photopoem-watching", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until it has ended, after `stop` was set."""
        self._thread.join(5)

    def _run(self) -> None:
        while not self.stop.is_set():
            try:
                self._watch(self.folder.stat().st_ino)
            except Exception:
                # The folder is gone or the system has no watches left. The program still checks every second.
                self.stop.wait(1)
        self.happened.set()

    def _watch(self, inode: int) -> None:
        from watchfiles import watch

        changes = watch(
            self.folder, stop_event=self.stop, debounce=100, step=20, rust_timeout=2000, yield_on_timeout=True,
            raise_interrupt=False,
        )  # fmt: skip
        for change in changes:
            if change:
                self.happened.set()
            if self.folder.stat().st_ino != inode:
                return  # another folder by the same name: watch that one
