"""A damaged print queue is set aside, and what may be on paper is offered again in doubt."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner

from photopoem.cli import photopoem as program
from photopoem.photo.discover import Found
from photopoem.poem import record
from photopoem.poems.folder import PoemsFolder
from photopoem.printing.queue import FILE_NAME, Queue
from photopoem.services.pipeline import Settings
from photopoem.services.publish import open_paper
from photopoem.services.watch import Watch
from tests.fake_printer import FakePrinter
from tests.paper import make_poem

GARBAGE = b"not a database, but long enough to be looked at" * 100


def show(folder: Path, names: str) -> None:
    """Write a poem for each name into a folder of poems."""
    with PoemsFolder(folder) as poems:
        for name in names:
            poem = make_poem(f"poem {name}", title="", path=f"{name}.jpg", seed=ord(name))
            poems.add(record(poem), Found(f"{name}.jpg", f"{name}.jpg", "1"), "settings", f"poem {name}\n")


def damage(file: Path, garbage: bytes | None) -> None:
    """Replace a database by garbage, or overwrite the pages after its first."""
    size = file.stat().st_size
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    if garbage is not None:
        file.write_bytes(garbage)
        return
    with file.open("r+b") as pages:
        pages.seek(4096)
        pages.write(b"\xa5" * (size - 4096))


def said_by(*arguments: str) -> str:
    """Run a command in this process; what it said."""
    return CliRunner().invoke(program, arguments).output


@pytest.mark.parametrize("garbage", [GARBAGE, None], ids=["no database", "damaged inside"])
def test_a_damaged_queue_prints_nothing_twice(
    tmp_path: Path, printer: FakePrinter, garbage: bytes | None
) -> None:
    """After damage to the queue, its poems are doubtful, new ones are printed, and the old file is kept and named."""
    show(tmp_path, "ab")
    printing = ("print", str(tmp_path), "--to", printer.address)
    said_by(*printing)
    assert len(printer.jobs) == 2
    damage(tmp_path / FILE_NAME, garbage)
    listed = said_by("queue", "list", str(tmp_path))
    (aside,) = tmp_path.glob("print-queue-damaged-*.sqlite")
    assert listed.count("damaged; set aside as") == 1 and aside.name in listed
    show(tmp_path, "c")
    assert "set aside" not in said_by(*printing)
    assert len(printer.jobs) == 3
    with Queue(tmp_path) as queue:
        assert [(job.name, job.state) for job in queue.jobs()] == [
            ("a", "doubtful"), ("b", "doubtful"), ("c", "printed"),
        ]  # fmt: skip
        queue.retry([job.id for job in queue.jobs(("doubtful",))][:1])
    said_by(*printing)
    assert len(printer.jobs) == 4


def test_repair_by_hand(tmp_path: Path, printer: FakePrinter) -> None:
    """`queue repair` leaves a sound queue as it is, and sets a damaged one aside also where no poems.jsonl is left."""
    show(tmp_path, "a")
    said_by("print", str(tmp_path), "--to", printer.address)
    assert "valid, nothing to repair" in said_by("queue", "repair", str(tmp_path))
    assert not list(tmp_path.glob("print-queue-damaged-*"))
    damage(tmp_path / FILE_NAME, GARBAGE)
    (tmp_path / "poems.jsonl").unlink()
    assert "damaged; set aside" in said_by("queue", "repair", str(tmp_path))
    assert "the queue is empty" in said_by("queue", "list", str(tmp_path))


def test_damage_while_it_is_open(tmp_path: Path) -> None:
    """A queue that is damaged under a running program fails once with what to do, and the next call has a new one."""
    from photopoem.errors import StoreError
    from photopoem.printing.queue import NewJob

    said: list[str] = []
    show(tmp_path, "a")
    with Queue(tmp_path, note=said.append) as queue:
        queue.add("tcp://a:9100", [NewJob({"path": f"{number}.jpg"}, "text") for number in range(50)])
        queue.close()
        damage(queue.path, GARBAGE)
        with pytest.raises(StoreError, match="photopoem queue repair"):
            queue.counts()
        assert queue.counts()["queued"] == 0
        assert len(said) == 1


def test_a_watch_goes_on_with_a_damaged_queue(
    tmp_path: Path, printer: FakePrinter, samples: list[Path]
) -> None:
    """A watch whose queue was damaged prints new photographs, and those that may be on paper are in doubt."""
    inbox, poems = tmp_path / "inbox", tmp_path / "poems"
    inbox.mkdir()
    shutil.copy(samples[0], inbox)
    with watching(inbox, poems, printer):
        until(lambda: len(printer.jobs) == 1)
    damage(poems / FILE_NAME, GARBAGE)
    with watching(inbox, poems, printer):
        shutil.copy(samples[1], inbox)
        until(lambda: len(printer.jobs) == 2)
    with Queue(poems) as queue:
        assert sorted((job.name, job.state) for job in queue.jobs()) == sorted(
            [(samples[0].stem, "doubtful"), (samples[1].stem, "printed")]
        )


@contextmanager
def watching(inbox: Path, poems: Path, printer: FakePrinter) -> Iterator[None]:
    """A watch in a thread, from when it is ready for photographs."""
    watch = Watch(inbox, open_paper(printer.address), Settings(labels="local"), poems, existing=True)
    thread = Thread(target=watch.run)
    thread.start()
    try:
        assert watch.watching.wait(30)
        yield
        until(lambda: watch.spool.queue.counts()["sending"] == watch.spool.queue.counts()["queued"] == 0)
    finally:
        watch.stop.set()
        thread.join(40)
        assert not thread.is_alive()


def until(true: Callable[[], bool], seconds: float = 40) -> None:
    """Wait for something."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
