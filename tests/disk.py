"""What a disk holds after a cut of power, by a trace of the calls that wrote to it.

`traced` runs photopoem under strace. `Disk` carries the calls out in their order and remembers of each file and folder
what it holds now and what it held when it was last synced; what a cut leaves lies between the two.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from tests.conftest import require_tool
from tests.processes import Program

CALLS = (
    "open,openat,creat,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,"
    "mkdir,mkdirat,rmdir,sendto"
)
_CALL = re.compile(
    r"^\d+ +(?P<time>[\d.]+) (?P<name>\w+)\((?P<rest>.*)\) += (?P<result>\d+)(?:<(?P<file>[^>]*)>)?"
)
_TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ONE_NAME = {"fdatasync": "fsync", "pwrite64": "write", "rmdir": "unlink"}


@dataclass(frozen=True)
class Call:
    """One call of the system that succeeded: what it did to which file, and when, in seconds since 1970."""

    name: str
    path: str
    """The file; of a rename, its new name."""
    said: str
    time: float = 0.0
    descriptor: int = -1
    before: str = ""
    """Of a rename, the file's old name."""

    @cached_property
    def data(self) -> bytes:
        """What a write wrote or a send sent."""
        match = _TEXT.search(self.said)
        return bytes(ast.literal_eval(f'b"{match[1]}"')) if match else b""

    @property
    def offset(self) -> int | None:
        """Where a write says that it begins; None where that is the file's own place."""
        after = self.said.rpartition('"')[2].split(",")
        return int(after[2]) if len(after) > 2 else None


_ATTACHED = """
import ctypes, re, time
ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1))  # PR_SET_PTRACER: strace is not its parent
while not re.search(r"TracerPid:\\s*[1-9]", open("/proc/self/status").read()):
    time.sleep(0.01)
time.sleep(0.1)
"""
"""What the program does first: it waits until it is traced."""


def traced(trace: Path, *command: str, during: Callable[[Program], None] | None = None) -> list[Call]:
    """The calls of a command and its threads, in their order.

    `during` is called with the program while it runs; without it the program is waited for, and must succeed.
    """
    options = [*"-f -qq -y -ttt -s 1000000 -e signal=none -e".split(), f"trace={CALLS}", "-o", str(trace)]
    said = trace.with_name("errors")
    strace = require_tool("strace")
    program = Program(*command, cwd=Path.cwd(), err=said, before=_ATTACHED)
    tracer = subprocess.Popen([strace, *options, "-p", str(program.pid)], stderr=subprocess.DEVNULL)
    try:
        if during is not None:
            during(program)
        assert program.wait(240) == 0, said.read_text()
        tracer.wait(60)
    finally:
        program.kill()
        tracer.kill()
        tracer.wait()
    return [call for line in _joined(trace.read_text()) if (call := _call(line))]


def _joined(trace: str) -> Iterable[str]:
    """The lines of a trace; a call that others interrupted is one line, where it ended."""
    begun: dict[str, str] = {}
    for line in trace.splitlines():
        process = line.split()[0]
        if line.endswith("<unfinished ...>"):
            begun[process] = line.removesuffix("<unfinished ...>")
        elif resumed := re.match(r"\d+ +[\d.]+ <\.\.\. \w+ resumed>(.*)", line):
            yield begun.pop(process) + resumed[1]
        else:
            yield line


def _call(line: str) -> Call | None:
    match = _CALL.match(line)
    if not match:
        return None
    name, rest, time = match["name"], match["rest"], float(match["time"])
    name = _ONE_NAME.get(name, re.sub(r"(at2?|64)$", "", name))
    if name in ("open", "creat"):
        return Call("open", match["file"] or "", rest, time, int(match["result"]))
    if name in ("rename", "unlink", "mkdir"):
        *before, path = _TEXT.findall(rest)
        return Call(name, path, rest, time, before=before[0] if before else "")
    opened = re.match(r"(\d+)<([^>]*)>", rest)
    if not opened:
        return None
    name = "send" if opened[2].startswith("socket:") else name
    return Call(name, opened[2], rest, time, int(opened[1]))


# -- the disk --------------------------------------------------------------------------------------------


@dataclass
class File:
    """What a file holds now, and what it held when it was last synced."""

    now: bytearray = field(default_factory=bytearray)
    safe: bytes = b""


@dataclass
class Folder:
    """The entries of a folder now, and when it was last synced."""

    now: dict[str, File | Folder] = field(default_factory=dict)
    safe: dict[str, File | Folder] = field(default_factory=dict)


Left = Callable[[File], bytes]
"""What a cut leaves of a file's contents."""


def synced(file: File) -> bytes:
    """What was synced, and nothing more."""
    return file.safe


def written(file: File) -> bytes:
    """All that was written."""
    return bytes(file.now)


def zeros(file: File) -> bytes:
    """The file in its length, with zeros where nothing was synced: what some file systems show."""
    return (file.safe + bytes(len(file.now)))[: len(file.now)]


STATES: dict[str, tuple[bool, Left]] = {
    "what was synced": (False, synced), "all names, contents as synced": (True, synced),
    "all names, zeros in place of contents": (True, zeros), "all contents, names as synced": (False, written),
    "all": (True, written),
}  # fmt: skip
"""What a disk may hold after a cut: whether names are there that were not synced, and what is left of contents."""


class Disk:
    """The files below a folder, which is there and empty when the calls begin."""

    def __init__(self, root: Path) -> None:
        self.root, self.top = PurePosixPath(root), Folder()
        self._opened: dict[int, tuple[File | Folder, bool]] = {}
        self._places: dict[int, int] = {}

    def carry_out(self, calls: Sequence[Call]) -> None:
        """Do what the calls did, as far as it was below the folder."""
        for call in calls:
            if call.name != "send" and self._is_here(call.path):
                getattr(self, f"_{call.name}")(call)

    def _is_here(self, path: str) -> bool:
        return PurePosixPath(path).is_relative_to(self.root)

    def leave(self, target: Path, state: str) -> None:
        """Write what a cut leaves into an empty folder."""
        names, contents = STATES[state]
        _leave(self.top, target, names, contents)

    def _where(self, path: str) -> tuple[Folder, str]:
        """The folder that a path lies in, and its name there."""
        folder: File | Folder = self.top
        *above, name = PurePosixPath(path).relative_to(self.root).parts
        for each in above:
            assert isinstance(folder, Folder)
            folder = folder.now[each]
        assert isinstance(folder, Folder)
        return folder, name

    def _found(self, path: str) -> File | Folder:
        if PurePosixPath(path) == self.root:
            return self.top
        folder, name = self._where(path)
        return folder.now[name]

    def _mkdir(self, call: Call) -> None:
        folder, name = self._where(call.path)
        folder.now[name] = Folder()

    def _open(self, call: Call) -> None:
        if "O_TMPFILE" in call.said:  # a file without a name
            self._opened[call.descriptor] = (File(), False)
            self._places[call.descriptor] = 0
            return
        if "O_CREAT" in call.said:
            folder, name = self._where(call.path)
            folder.now.setdefault(name, File())
        found = self._found(call.path)
        if isinstance(found, File) and "O_TRUNC" in call.said:
            found.now.clear()
        self._opened[call.descriptor] = (found, "O_APPEND" in call.said)
        self._places[call.descriptor] = 0

    def _write(self, call: Call) -> None:
        file, appends = self._opened[call.descriptor]
        assert isinstance(file, File)
        at = call.offset
        if at is None:
            at = len(file.now) if appends else self._places[call.descriptor]
            self._places[call.descriptor] = at + len(call.data)
        file.now.extend(bytes(max(0, at - len(file.now))))
        file.now[at : at + len(call.data)] = call.data

    def _ftruncate(self, call: Call) -> None:
        file, _ = self._opened[call.descriptor]
        assert isinstance(file, File)
        size = int(call.said.rpartition(",")[2])
        del file.now[size:]
        file.now.extend(bytes(size - len(file.now)))

    def _fsync(self, call: Call) -> None:
        found, _ = self._opened[call.descriptor]
        if isinstance(found, File):
            found.safe = bytes(found.now)
        else:
            found.safe = dict(found.now)

    def _rename(self, call: Call) -> None:
        (old, before), (new, name) = self._where(call.before), self._where(call.path)
        new.now[name] = old.now.pop(before)

    def _unlink(self, call: Call) -> None:
        folder, name = self._where(call.path)
        del folder.now[name]


def _leave(folder: Folder, target: Path, names: bool, contents: Left) -> None:
    for name, each in (folder.now if names else folder.safe).items():
        if isinstance(each, Folder):
            (target / name).mkdir()
            _leave(each, target / name, names, contents)
        elif not name.endswith("-shm"):  # memory that SQLite shares, which it makes anew
            (target / name).write_bytes(contents(each))
