"""A queue that is used hard: many poems of one name, and two programs that print from it."""

from __future__ import annotations

import time
from pathlib import Path

from photopoem.printing.channels import Retry
from photopoem.printing.queue import NewJob, Queue
from photopoem.services.publish import PoemSpool, open_paper, print_poems
from tests.fake_printer import FakePrinter
from tests.paper import make_poem

PAUSES = (0.02,)


def jobs(first: int, count: int, words: str = "words") -> list[NewJob]:
    """Poems of photographs that all have one stem, each in a folder of its own, with records of a usual size."""
    return [
        NewJob(
            {
                "path": f"{number}/cam.jpg",
                "digest": f"{number:064x}",
                "text": words,
                "labels": ["x" * 60] * 60,
            },
            "text",
        )
        for number in range(first, first + count)
    ]


def test_two_thousand_poems_of_one_stem_are_queued_in_linear_time(tmp_path: Path) -> None:
    """The second thousand costs as much as the first, though all photographs are called the same."""
    with Queue(tmp_path) as queue:
        took = []
        for first in (0, 1000):
            start = time.process_time()
            assert queue.add("dir:/paper", jobs(first, 1000)) == 1000
            took.append(time.process_time() - start)
    assert took[1] < 3 * took[0] + 0.2
    assert sum(took) < 5


def test_another_poem_of_a_photograph_replaces_the_one_that_waits(tmp_path: Path) -> None:
    """Of a photograph the newest poem alone waits; those of others with the same stem stay."""
    with Queue(tmp_path) as queue:
        queue.add("dir:/paper", jobs(0, 3))
        queue.add("dir:/paper", jobs(1, 1, "other words"))
        assert queue.replaced == 1
        waiting = [(job.record["path"], job.record["text"]) for job in queue.jobs()]
        assert waiting == [("0/cam.jpg", "words"), ("2/cam.jpg", "words"), ("1/cam.jpg", "other words")]
        queue.clear()
        queue.add("dir:/paper", jobs(1, 1, "third words"))
        assert queue.replaced == 1


def test_printing_beside_a_watch_returns(tmp_path: Path, printer: FakePrinter) -> None:
    """`print` leaves its poems to a program that prints from the folder already, says so and ends; each comes once."""
    said: list[str] = []
    paper = open_paper(printer.address)
    with PoemSpool(tmp_path, paper, retry=Retry(pauses=PAUSES), stubborn=True) as show:
        show.add_poem(make_poem("first", seed=1))
        while not printer.jobs:
            time.sleep(0.02)
        print_poems(tmp_path, [make_poem("second", path="b.jpg", seed=2)], paper, retry=Retry(said.append))
    assert said == ["another photopoem is printing from here; it prints what is queued now too"]
    assert len(printer.jobs) == 2
