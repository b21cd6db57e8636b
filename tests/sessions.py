"""Runs the sessions of the documentation, which are the ```console blocks.

A block holds commands, each after `$ ` (`> ` continues one), and under each what it prints. A line `...` alone
stands for lines left out. The words after `console` say what the session needs:

    then      goes on in the folder of the block before it; else it begins in a new folder with `samples/`.
              The README is one session, for people type it from the top in one place
    printer   a receipt printer at tcp://192.168.1.50
    vision    a service that answers as Google Cloud Vision does, for this block alone
    lessons   a folder `lessons/` with six photographs each of dogs and of hills, cut from the samples
    fails     its commands end with another exit code than 0

A block that begins with ```json NAME or ```text NAME is a file of that name, for the session after it.
Blocks of ```sh are not run: they set up environments, or need machines that are not there.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.processes import quick

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LEFT_OUT = "..."
VISION = "PHOTOPOEM_VISION_ENDPOINT"
WORDS = {"then", "printer", "vision", "lessons", "fails"}

_FENCE = re.compile(
    r"^```(?P<kind>console|json|text)(?P<words>(?: [\w.,-]+)*)\n(?P<body>.*?)^```$", re.M | re.S
)


@dataclass(frozen=True)
class Step:
    """A command, as it is written, and the lines it prints."""

    command: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """A fenced block: where its body stands in the page, and what is in it."""

    page: Path
    start: int
    end: int
    line: int
    words: frozenset[str]
    files: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]


@dataclass
class Session:
    """Blocks that share a folder, in order."""

    blocks: list[Block] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The page and the line, for people."""
        first = self.blocks[0]
        return f"{first.page.name}:{first.line}"

    @property
    def needs(self) -> frozenset[str]:
        """All that any of its blocks needs."""
        return frozenset[str]().union(*(block.words for block in self.blocks))


def steps_of(body: str) -> tuple[Step, ...]:
    """The commands of a block with what follows each."""
    found: list[tuple[str, list[str]]] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.startswith("> ") and found and not found[-1][1]:
            found[-1] = (f"{found[-1][0]}\n{line[2:]}", [])
        elif found:
            found[-1][1].append(line)
        else:
            raise ValueError(f"a session begins with a command, not {line!r}")
    return tuple(Step(command, tuple(lines)) for command, lines in found)


def sessions_of(page: Path) -> list[Session]:
    """The sessions of a page, in order."""
    text = page.read_text("utf-8")
    sessions: list[Session] = []
    files: list[tuple[str, str]] = []
    for match in _FENCE.finditer(text):
        words = match["words"].split()
        if match["kind"] != "console":
            files += [(words[0], match["body"])] if words and "." in words[0] else []
            continue
        if unknown := set(words) - WORDS:
            raise ValueError(f"{page.name}: sessions need no {unknown}")
        if "then" not in words or not sessions:
            sessions.append(Session())
        line = text.count("\n", 0, match.start()) + 1
        place = (match.start("body"), match.end("body"))
        block = Block(page, *place, line, frozenset(words), tuple(files), steps_of(match["body"]))
        sessions[-1].blocks.append(block)
        files = []
    return sessions


def matches(wanted: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether what was printed is what is written, where `...` stands for any lines."""
    if LEFT_OUT not in wanted:
        return list(wanted) == list(printed)
    cut = list(wanted).index(LEFT_OUT)
    head, rest = wanted[:cut], wanted[cut + 1 :]
    if list(head) != list(printed[:cut]):
        return False
    return any(matches(rest, printed[n:]) for n in range(cut + 1, len(printed) + 1))


def renewed(wanted: Sequence[str], printed: Sequence[str]) -> list[str]:
    """The printed lines, with the same omissions as before."""
    if matches(wanted, printed):
        return list(wanted)
    if LEFT_OUT not in wanted:
        return list(printed)
    head = list(wanted).index(LEFT_OUT)
    tail = list(wanted)[::-1].index(LEFT_OUT)
    if head + tail >= len(printed):
        return list(printed)
    return [*printed[:head], LEFT_OUT, *printed[len(printed) - tail :]]


class Shell:
    """A bash that takes one command at a time, in a folder, with its output as a person would see it."""

    _MARK = "\x1e"

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._bash = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder, env=dict(environ), text=True, encoding="utf-8", errors="replace",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self._printed = ""
        self._heard = threading.Condition()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        assert self._bash.stdout is not None
        while chunk := os.read(self._bash.stdout.fileno(), 65536):
            with self._heard:
                self._printed += chunk.decode("utf-8", "replace")
                self._heard.notify_all()

    def run(self, command: str, wanted: Sequence[str] | None, world: World) -> tuple[list[str], int]:
        """The lines a command prints, and its exit code.

        Programs in the background may go on printing: what is wanted is waited for, or half a minute; where nothing
        is wanted in particular, until two seconds are quiet.
        """
        assert self._bash.stdin is not None
        if command.startswith("kill"):
            world.until_done(wanted)
        background = command.rstrip().endswith("&") or "%" in command
        # Jobs and what gets signals are processes of their own; the others are forks (tests/processes.py).
        path = world.path if background or command.startswith("timeout") else world.quick_path
        if background and not world.background:
            world.before, world.printed_before = world.poems(), world.printed()
        # What reads from its standard input must not read the commands to come.
        self._bash.stdin.write(
            f"PATH={shlex.quote(path)}\n{{ {command}\n}} </dev/null\nprintf '{self._MARK}%s{self._MARK}' $?\n"
        )
        self._bash.stdin.flush()
        with self._heard:
            if not self._heard.wait_for(lambda: self._printed.count(self._MARK) >= 2, timeout=120):
                raise TimeoutError(f"{command!r} did not end; it printed {self._printed!r}")
        code = int(self._printed.split(self._MARK)[1])
        if background or world.background:
            self._settle(wanted, world)
            world.background = not command.startswith("kill")  # no session goes on beside what it did not end
        with self._heard:
            before, _, after = self._printed.split(self._MARK, 2)
            self._printed = ""
        return world.as_written(before + after).splitlines(), code

    def _settle(self, wanted: Sequence[str] | None, world: World) -> None:
        end = time.monotonic() + 30
        seen, since = "", time.monotonic()
        while time.monotonic() < end:
            with self._heard:
                now = self._printed
            before, _, after = now.split(self._MARK, 2)
            if wanted is not None and matches(wanted, world.as_written(before + after).splitlines()):
                return
            if now != seen:
                seen, since = now, time.monotonic()
            if wanted is None and time.monotonic() - since > 4:
                return
            time.sleep(0.05)

    def close(self) -> None:
        """End it and all it started."""
        if self._bash.stdin is not None:
            self._bash.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._bash.wait(5)
        with suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.wait()
        self._listener.join()
        if self._bash.stdout is not None:
            self._bash.stdout.close()


@dataclass
class World:
    """The machine a session runs on: its folder, its environment, and what the pages call its addresses."""

    folder: Path
    environ: dict[str, str]
    quick_path: str
    """The PATH with a `photopoem` that starts at once (tests/processes.py)."""
    addresses: dict[str, str] = field(default_factory=dict)
    vision: str = ""
    background: bool = False
    before: int = 0
    printed_before: int = 0
    """How many poems there were when a watch began, and how many were printed."""

    @property
    def path(self) -> str:
        """The PATH with the real `photopoem`."""
        return self.environ["PATH"]

    def until_done(self, wanted: Sequence[str] | None) -> None:
        """Before a watch is ended: until it has written and printed what is wanted, and nothing changes any more.

        If the page is refreshed, nobody knows what is wanted, and it gets six seconds more.
        """
        match = re.search(r"(\d+) poems written(?:, (\d+) printed)?", "\n".join(wanted or []))
        poems, printed = (int(each or 0) for each in match.groups()) if match else (0, 0)
        end = time.monotonic() + 60
        seen, since = self._files(), time.monotonic()
        while time.monotonic() < end and (
            time.monotonic() - since < 0.5
            or self.poems() < self.before + poems
            or self.printed() < self.printed_before + printed
        ):
            time.sleep(0.1)
            if seen != (now := self._files()):
                seen, since = now, time.monotonic()
        if wanted is None:
            time.sleep(6)

    def poems(self) -> int:
        """How many poems there are, in all folders."""
        return sum(path.read_bytes().count(b"\n") for path in self.folder.glob("*/poems.jsonl"))

    def printed(self) -> int:
        """How many poems are printed, by all queues."""
        count = 0
        for path in self.folder.glob("*/print-queue.sqlite"):
            # One that is just being made has no table yet.
            with closing(sqlite3.connect(path)) as queue, suppress(sqlite3.OperationalError):
                count += queue.execute("SELECT count(*) FROM jobs WHERE state = 'printed'").fetchone()[0]
        return count

    def _files(self) -> set[tuple[str, int]]:
        return {(str(path), path.stat().st_mtime_ns) for path in self.folder.rglob("*") if path.is_file()}

    def as_run(self, command: str) -> str:
        """A command with the addresses of this machine in place of those of the page."""
        for written, real in self.addresses.items():
            command = command.replace(f"{written}:9100", real).replace(written, real)
        return command

    def as_written(self, printed: str) -> str:
        """What was printed, with the addresses, the folder and the day of the page in place of today's."""
        for written, real in self.addresses.items():
            # Printers are shown with their port.
            printed = printed.replace(real, f"{written}:9100")
        printed = printed.replace(str(self.folder), "/home/you/show").replace(
            str(self.folder.parent), "/home/you"
        )
        printed = printed.replace(time.strftime("%Y-%m-%d"), "2026-11-22")
        return re.sub(r"\b\d\d [A-Z][a-z][a-z] \d\d:\d\d\b", "22 Nov 14:07", printed)


def interpreter_environ() -> dict[str, str]:
    """What the interpreters of all sessions start with."""
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "PYTHONPATH") if name in os.environ}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, "PYTHONUTF8": "1", "COLUMNS": "80", "TERM": "dumb", "TZ": "UTC"}


@contextmanager
def world_for(session: Session, temporary: Path) -> Iterator[World]:
    """A folder with the samples, an environment without a past, and the services that the session needs."""
    folder = temporary / "show"
    folder.mkdir()
    shutil.copytree(ROOT / "samples", folder / "samples")
    environ = {
        **interpreter_environ(), "HOME": str(temporary), "CLOUDSDK_CONFIG": str(temporary / "none"),
        "PHOTOPOEM_CACHE_DIR": str(temporary / "cache"), "PHOTOPOEM_EYE_DIR": str(temporary / "eye"),
    }  # fmt: skip
    world = World(folder, environ, f"{quick()}{os.pathsep}{environ['PATH']}")
    with ExitStack() as stack:
        if "printer" in session.needs:
            from tests.fake_printer import FakePrinter

            printer = FakePrinter()
            stack.callback(printer.switch_off)
            world.addresses["tcp://192.168.1.50"] = printer.address
        if "vision" in session.needs:
            from tests.vision_of_samples import tell_samples
            from tests.vision_server import serving

            world.vision = stack.enter_context(serving(tell_samples)).endpoint
        if "lessons" in session.needs:
            _make_lessons(folder / "lessons")
        yield world


def _make_lessons(folder: Path) -> None:
    from PIL import Image

    for word, sample in (("dogs", "two-dogs"), ("hills", "autumn-hills")):
        (folder / word).mkdir(parents=True)
        with Image.open(ROOT / "samples" / f"{sample}.jpg") as image:
            for n in range(6):
                box = (n * 40, n * 20, image.width - 200 + n * 30, image.height - 150 + n * 20)
                image.crop(box).resize((640, 427)).save(folder / word / f"{n}.jpg")


def play(session: Session, temporary: Path, *, refresh: bool) -> list[list[tuple[Step, list[str]]]]:
    """Run a session; for each of its blocks the steps, and the lines that each really printed."""
    played = []
    with world_for(session, temporary) as world:
        shell = Shell(world.folder, world.environ)
        try:
            for block in session.blocks:
                for name, text in block.files:
                    (world.folder / name).write_text(text, "utf-8")
                # Where Vision answers, it is who is asked by default: only in the blocks that say so.
                told = f"export {VISION}={world.vision}" if "vision" in block.words else f"unset {VISION}"
                shell.run(told, (), world)
                played.append([(step, _printed(shell, step, block, world, refresh)) for step in block.steps])
        finally:
            shell.close()
    return played


def _printed(shell: Shell, step: Step, block: Block, world: World, refresh: bool) -> list[str]:
    printed, code = shell.run(world.as_run(step.command), None if refresh else step.lines, world)
    if code and "fails" not in block.words:
        raise AssertionError(f"{block.page.name}: {step.command!r} ended with {code}:\n" + "\n".join(printed))
    return [line.rstrip() for line in printed]


def as_block(played: Sequence[tuple[Step, list[str]]]) -> str:
    """The body of a block with the real output."""
    rows = []
    for step, printed in played:
        first, *more = step.command.split("\n")
        rows += [f"$ {first}", *(f"> {line}" for line in more), *renewed(step.lines, printed)]
    return "".join(f"{row}\n" for row in rows)


def rewrite(page: Path, number: int, played: Sequence[Sequence[tuple[Step, list[str]]]]) -> None:
    """Replace the blocks of the session with this number by the real output."""
    text = page.read_text("utf-8")
    blocks = sessions_of(page)[number].blocks
    for block, steps in reversed(list(zip(blocks, played, strict=True))):
        text = text[: block.start] + as_block(steps) + text[block.end :]
    page.write_text(text, "utf-8")
