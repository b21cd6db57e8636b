"""A watch follows the show: decisions made while it runs, and a damaged show file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from photopoem.poems.show import Choice, change_show, read_show
from photopoem.services.curate import decide, find
from photopoem.services.pipeline import Settings
from photopoem.services.publish import open_paper
from photopoem.services.watch import Watch
from tests.making import make_photo, records


def until(true: Callable[[], bool]) -> None:
    """Wait for something."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


class Running:
    """A watch in a thread, and what it said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.watch = Watch(
            Path("inbox"), open_paper("dir:paper", "text"), Settings(labels="keywords"), Path("poems"),
            say=self.said.append,
        )  # fmt: skip
        self.thread = threading.Thread(target=self.watch.run)
        self.thread.start()
        until(self.watch.watching.is_set)

    def end(self) -> None:
        """Stop the watch and wait for it."""
        self.watch.stop.set()
        self.thread.join(30)
        assert not self.thread.is_alive()


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A watch of the folder `inbox` that prints texts into the folder `paper`."""
    monkeypatch.chdir(tmp_path)
    Path("inbox").mkdir()
    started = Running()
    yield started
    started.end()


def printed() -> list[str]:
    """The names of what is on paper."""
    return sorted(path.stem for path in Path("paper").glob("*.txt"))


def test_a_watch_obeys_what_was_decided_meanwhile(running: Running) -> None:
    """A photograph that was dropped while the watch runs is not printed when it comes again; others are."""
    make_photo(Path("inbox/a.jpg"), 1)
    until(lambda: printed() == ["a"])
    decide(find(["inbox/a.jpg"]), "dropped")
    copy = Path("inbox/a.jpg").read_bytes()
    Path("inbox/a.jpg").unlink()
    Path("inbox/again.jpg").write_bytes(copy)
    make_photo(Path("inbox/b.jpg"), 2)
    until(lambda: printed() == ["a", "b"] and "again.jpg: dropped from the show" in running.said)
    assert [Path(each["path"]).name for each in records(Path("poems"))] == ["a.jpg", "b.jpg"]


def test_a_watch_goes_on_with_a_damaged_show(running: Running) -> None:
    """A show file that is damaged while the watch runs is reported once, and the last valid one is used."""
    make_photo(Path("stock/a.jpg"), 1)
    decide(find(["stock/a.jpg"]), "dropped")
    make_photo(Path("inbox/b.jpg"), 2)
    until(lambda: printed() == ["b"])
    Path("poems/show.json").write_text("{")
    Path("stock/a.jpg").rename("inbox/a.jpg")
    make_photo(Path("inbox/c.jpg"), 3)
    until(lambda: printed() == ["b", "c"] and "a.jpg: dropped from the show" in running.said)
    assert sum("until then the last valid show is used" in line for line in running.said) == 1


def test_a_seed_that_was_chosen_is_used(running: Running) -> None:
    """A photograph that comes again is written with the seed and the grammar that were chosen for it."""
    make_photo(Path("inbox/a.jpg"), 1)
    until(lambda: printed() == ["a"])
    made = records(Path("poems"))[0]
    chosen = Choice(made["path"], made["digest"], seed=9, grammar="haiku")
    change_show("poems", lambda show: show.with_choices([chosen]))
    Path("inbox/a.jpg").touch()
    until(lambda: len(printed()) == 2)
    assert [(each["grammar"], each["seed"]) for each in records(Path("poems"))][-1] == ("haiku", 9)
    assert read_show("poems").choices == (chosen,)
