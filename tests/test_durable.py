"""A cut of power loses nothing: the order in which a run and a watch hand their files to the disk."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from photopoem.poems.folder import AT_ONCE
from photopoem.poems.records import RECORDS
from photopoem.printing.queue import FILE_NAME, Queue
from photopoem.services.pipeline import Settings
from photopoem.services.publish import open_paper
from photopoem.services.watch import Watch
from tests.command import photopoem
from tests.conftest import Rounds, require_tool
from tests.disk import STATES, Call, Disk, traced
from tests.fake_printer import CUT, IN_TURN, QUESTION, FakePrinter
from tests.making import records, texts
from tests.processes import Program
from tests.vision_server import serving, tell_gray


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
        tmp_path / "trace", "run", str(tmp_path / "in"), "--out", str(out), "--labels", "local", "-j", "1", "-q",
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
    traced(tmp_path / "trace", "run", str(tmp_path / "in" / "sub"), *options)
    calls = traced(tmp_path / "trace", "run", str(tmp_path / "in"), *options)
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


# -- starting again after a cut ---------------------------------------------------------------------------


def cuts(calls: Sequence[Call], wanted: int, chance: random.Random) -> list[tuple[int, str]]:
    """Where the power may go, just before a sync or at the end, with what the disk then holds; at most `wanted`."""
    places = [at for at, each in enumerate(calls) if each.name == "fsync"] + [len(calls)]
    every = [(at, state) for at in places for state in STATES]
    return sorted(chance.sample(every, min(wanted, len(every))))


def begun(calls: Sequence[Call]) -> int:
    """How many receipts were on their way to the printer, in whole or in part."""
    data = QUESTION.sub(b"", b"".join(call.data for call in calls if call.name == "send")).replace(
        IN_TURN, b""
    )
    return data.count(CUT) + (not data.endswith(CUT) and bool(data))


def holds_what_it_queued(out: Path, whole: dict[str, str]) -> None:
    """Whatever the queue on a disk says of a poem, its text and its record are there."""
    if not (out / FILE_NAME).exists():
        return
    with Queue(out) as queue:
        names = {f"{Path(job.record['path']).name}.txt" for job in queue.jobs()}
    assert names <= {name for name, text in texts(out).items() if text == whole[name]}
    # What was not synced yet may be zeros at the end, which the next start writes anew.
    rows = (out / RECORDS).read_text().splitlines() if names else []
    assert names <= {f"{Path(json.loads(row)['path']).name}.txt" for row in rows if row.strip("\0")}


@dataclass(frozen=True)
class Evening:
    """What came of a run or a show that nothing interrupted: its calls, its texts, its receipts in their order."""

    base: Path
    calls: list[Call]
    texts: dict[str, str]
    receipts: list[bytes]

    def comes_whole_out_of(self, at: int, state: str, again: Callable[[Path], list[bytes]]) -> None:
        """Start again on what a cut leaves: every poem is there, and no receipt that was on its way comes again."""
        folder = self.base / f"{at} {state}"
        folder.mkdir()
        disk = Disk(self.base / "disk")
        disk.carry_out(self.calls[:at])
        disk.leave(folder, state)
        out = folder / "out"
        holds_what_it_queued(out, self.texts)
        printed = again(out)
        assert texts(out) == self.texts, folder
        assert {Path(each["path"]).name for each in records(out)} == {Path(name).stem for name in self.texts}
        # A lock is empty, and so may be what was about to be written when the power went.
        empty = [path for path in out.iterdir() if path.stat().st_size == 0]
        assert all(path.name.endswith((".lock", ".tmp")) for path in empty), folder
        assert set(printed) <= set(self.receipts[begun(self.calls[:at]) :]), folder
        assert len(printed) == len(set(printed)), folder
        with Queue(out) as queue:
            counts = queue.counts()
        assert counts["printed"] + counts["doubtful"] == len(self.texts), folder
        shutil.rmtree(folder)


@pytest.fixture
def disk(tmp_path: Path, samples: list[Path]) -> Path:
    """An empty folder that stands for a disk, beside four photographs."""
    (tmp_path / "in").mkdir()
    (tmp_path / "disk").mkdir()
    for one in samples[:4]:
        shutil.copy(one, tmp_path / "in")
    return tmp_path / "disk"


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_a_run_survives_a_cut_at_each_sync(disk: Path, printer: FakePrinter, rounds: Rounds) -> None:
    """Wherever the power goes, the next run completes the poems and prints none that was on its way before."""
    base = disk.parent

    def command(out: Path) -> list[str]:
        given = ["run", f"{base}/in", "--out", f"{out}", "--print", printer.address]
        return [*given, "-j", "1", "-q", "--labels", "keywords"]

    def again(out: Path) -> list[bytes]:
        printer.jobs.clear()
        photopoem(*command(out), code=None)
        return list(printer.jobs)

    calls = traced(base / "trace", *command(disk / "out"))
    whole = Evening(base, calls, texts(disk / "out"), list(printer.jobs))
    assert begun(calls) == len(whole.receipts) == 4
    for at, state in cuts(calls, rounds(8, 90), random.Random(1)):
        whole.comes_whole_out_of(at, state, again)


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_a_show_survives_a_cut_at_each_sync(disk: Path, printer: FakePrinter, rounds: Rounds) -> None:
    """Wherever the power goes, a show that is started again prints the rest and none that was on its way before."""
    base = disk.parent

    def end(show: Program) -> None:
        _until(lambda: len(printer.jobs) == 4)
        time.sleep(0.5)  # until the last is noted as printed
        show.send_signal(signal.SIGTERM)

    def again(out: Path) -> list[bytes]:
        printer.jobs.clear()
        paper, settings = open_paper(printer.address), Settings(labels="keywords")
        show = Watch(base / "in", paper, settings, out, existing=True, say=lambda _: None)
        thread = threading.Thread(target=show.run)
        thread.start()
        _until(lambda: _settled(show) == 4)
        show.stop.set()
        thread.join(20)
        return list(printer.jobs)

    command = ["watch", f"{base}/in", "--existing", "--out", f"{disk}/out", "--labels", "keywords"]
    calls = traced(base / "trace", *command, "--print", printer.address, during=end)
    whole = Evening(base, calls, texts(disk / "out"), list(printer.jobs))
    assert begun(calls) == len(whole.receipts) == 4
    for at, state in cuts(calls, rounds(4, 20), random.Random(2)):
        whole.comes_whole_out_of(at, state, again)


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def _settled(show: Watch) -> int:
    counts = show.spool.queue.counts()
    return counts["printed"] + counts["doubtful"]


def test_no_answer_is_paid_twice_after_a_cut(tmp_path: Path) -> None:
    """Whatever a disk holds when a request goes out, the answers of all requests before it are not asked for again."""
    from tests.making import make_photos

    make_photos(tmp_path / "in", 33)
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["run", f"{tmp_path}/in", "--out", f"{tmp_path}/out", "-q", "--grammar", "inventory"]
    command += ["--labels", "vision", "--vision-parallel", "1"]
    asked: list[float] = []

    def answer(request: object, context: object) -> object:
        asked.append(time.time())
        return tell_gray(request, context)

    with serving(answer) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHOTOPOEM_VISION_ENDPOINT", server.endpoint)
        patch.setenv("PHOTOPOEM_CACHE_DIR", str(disk / "cache"))
        calls = traced(tmp_path / "trace", *command)
        assert server.sizes == [16, 16, 1]
        last = next(at for at, each in enumerate(calls) if each.time > asked[-1])
        after = Disk(disk)
        after.carry_out(calls[:last])
        seen: list[dict[str, bytes]] = []
        for state in STATES:
            left = tmp_path / state
            left.mkdir()
            after.leave(left, state)
            held = {
                str(path.relative_to(left)): path.read_bytes() for path in left.rglob("*") if path.is_file()
            }
            if held in seen:  # all of it was synced, so that each state is the same
                continue
            seen.append(held)
            server.requests.clear()
            shutil.rmtree(tmp_path / "out")
            photopoem(*command, PHOTOPOEM_CACHE_DIR=str(left / "cache"))
            assert server.sizes == [1], state
