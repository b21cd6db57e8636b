"""A cut of power loses nothing: the order in which a run and a watch hand their files to the disk."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from photopoem.poems.folder import AT_ONCE
from photopoem.poems.records import RECORDS
from photopoem.printing.queue import FILE_NAME
from tests.conftest import require_tool

CALLS = "fsync,fdatasync,write,pwrite64,rename,renameat,renameat2"
CALL = re.compile(r"^\d+ +(?P<name>\w+)\((?P<rest>.*)\) += (?P<result>\d+)")


@dataclass(frozen=True)
class Call:
    """One call of the system that succeeded: what it did to which file."""

    name: str
    path: str
    """The file; of a rename, its new name."""
    said: str


def traced(folder: Path, *command: str) -> list[Call]:
    """The writes, renames and syncs of a command and its threads, in their order."""
    strace, trace = require_tool("strace"), folder / "trace"
    subprocess.run(
        [strace, "-f", "-qq", "-y", "-s", "100000", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(trace),
         sys.executable, "-m", "photopoem", *command],
        check=True, capture_output=True, timeout=240, env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"),
    )  # fmt: skip
    return [call for line in _joined(trace.read_text()) if (call := _call(line))]


def _joined(trace: str) -> list[str]:
    """The lines of a trace; a call that others interrupted is one line, where it ended."""
    begun: dict[str, str] = {}
    lines = []
    for line in trace.splitlines():
        process = line.split()[0]
        if line.endswith("<unfinished ...>"):
            begun[process] = line.removesuffix("<unfinished ...>")
        elif resumed := re.match(r"\d+ +<\.\.\. \w+ resumed>(.*)", line):
            lines.append(begun.pop(process) + resumed[1])
        else:
            lines.append(line)
    return lines


def _call(line: str) -> Call | None:
    match = CALL.match(line)
    if not match:
        return None
    rest = match["rest"]
    if match["name"].startswith("rename"):
        return Call("rename", re.findall(r'"([^"]*)"', rest)[-1], rest)
    opened = re.match(r"\d+<([^>]*)>", rest)
    name = {"fdatasync": "fsync", "pwrite64": "write"}.get(match["name"], match["name"])
    return Call(name, opened[1] if opened else "", rest)


def first(calls: list[Call], name: str, path: str, said: str = "") -> int:
    """The index of the first such call."""
    return next(
        at for at, each in enumerate(calls)
        if each.name == name and each.path.endswith(path) and said in each.said
    )  # fmt: skip


@pytest.fixture
def photos(tmp_path: Path, samples: list[Path]) -> list[Path]:
    """Three photographs in two folders."""
    (tmp_path / "in" / "sub").mkdir(parents=True)
    places = ("in/a.jpg", "in/b.jpg", "in/sub/c.jpg")
    return [Path(shutil.copy(one, tmp_path / place)) for one, place in zip(samples, places, strict=False)]


@pytest.mark.usefixtures("photos")
def test_the_disk_has_a_poem_before_the_queue_has_it(tmp_path: Path) -> None:
    """Text, folders and record of each poem are on disk before the poem is in the queue."""
    out, paper = tmp_path / "out", tmp_path / "paper"
    calls = traced(
        tmp_path, "run", str(tmp_path / "in"), "--out", str(out), "--labels", "local", "-j", "1", "-q",
        "--print", f"dir:{paper}", "--press", "text",
    )  # fmt: skip
    for text in ("a.jpg.txt", "b.jpg.txt", "sub/c.jpg.txt"):
        queued = first(calls, "write", f"out/{FILE_NAME}-wal", f"{text.removesuffix('.txt')}")
        renamed = first(calls, "rename", f"out/{text}")
        record = first(calls, "write", f"out/{RECORDS}", text)
        synced = calls[renamed:queued]
        assert any(each.name == "fsync" and each.path == f"{out}/{text}" for each in synced), text
        assert any(each.name == "fsync" and each.path == os.path.dirname(f"{out}/{text}") for each in synced)  # noqa: PTH120
        assert any(each.name == "fsync" and each.path == f"{out}/{RECORDS}" for each in calls[record:queued])


@pytest.mark.usefixtures("photos")
def test_poems_jsonl_is_on_the_disk_before_it_is_replaced(tmp_path: Path) -> None:
    """Sorted records take the place of the old ones after the disk has them, and a run ends with all texts there."""
    out = tmp_path / "out"
    options = ("--out", str(out), "--labels", "local", "-j", "1", "-q")
    traced(tmp_path, "run", str(tmp_path / "in" / "sub"), *options)
    calls = traced(tmp_path, "run", str(tmp_path / "in"), *options)
    replaced = first(calls, "rename", f"out/{RECORDS}")
    written = max(
        at for at, each in enumerate(calls[:replaced]) if each.name == "write" and "unfinished" in each.path
    )
    assert any(each.name == "fsync" and "unfinished" in each.path for each in calls[written:replaced])
    assert any(each.name == "fsync" and each.path == str(out) for each in calls[replaced:])
    for text in ("a.jpg.txt", "b.jpg.txt"):
        assert any(each.name == "fsync" and each.path == f"{out}/{text}" for each in calls)


def test_many_texts_are_put_on_the_disk_together(tmp_path: Path) -> None:
    """A folder that gets many poems syncs its records once for every `AT_ONCE` texts, and not once a poem."""
    code = f"""
from photopoem.photo.discover import Found
from photopoem.poems.folder import PoemsFolder
with PoemsFolder({str(tmp_path / "out")!r}) as folder:
    for number in range({2 * AT_ONCE}):
        name = f"{{number:06}}.jpg"
        folder.add({{"path": name, "lines": []}}, Found(name, name, "1"), "settings", "words")
    folder.finish()
"""
    trace = tmp_path / "trace"
    subprocess.run(
        [require_tool("strace"), "-f", "-qq", "-y", "-e", "trace=fsync", "-o", str(trace), sys.executable, "-c", code],
        check=True, timeout=120,
    )  # fmt: skip
    synced = re.findall(r"fsync\(\d+<([^>]*)>", trace.read_text())
    assert sum(path.endswith(RECORDS) for path in synced) == 2
    assert len({path for path in synced if path.endswith(".jpg.txt")}) == 2 * AT_ONCE
