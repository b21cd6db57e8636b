"""Publishing poems: a poem's text and its paper are made in one place, by one set of options."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from photopoem.cli import photopoem
from photopoem.errors import UsageError
from photopoem.services.pipeline import Settings
from photopoem.services.publish import open_paper
from photopoem.services.watch import Watch
from tests.making import make_photo

Publish = Callable[[bool, str], None]


def run(colophon: bool, press: str) -> None:
    """Publish the photographs of inbox/ by `photopoem run`."""
    option = "--colophon" if colophon else "--no-colophon"
    target = ["--print", "dir:paper", "--press", press, option]
    done = CliRunner().invoke(photopoem, ["run", "inbox", "--labels", "keywords", "--jobs", "1", *target])
    assert done.exit_code == 0, done.output


def watch(colophon: bool, press: str) -> None:
    """Publish them by a watch with --existing that ends when all is printed."""
    paper = open_paper("dir:paper", press, colophon=colophon)
    show = Watch(Path("inbox"), paper, Settings(labels="keywords"), colophon=colophon, existing=True)
    thread = threading.Thread(target=show.run)
    thread.start()
    end = time.monotonic() + 60
    while not list(Path("paper").glob("*")) and time.monotonic() < end:
        time.sleep(0.02)
    show.stop.set()
    thread.join(30)


@pytest.mark.parametrize("colophon", [True, False])
@pytest.mark.parametrize("publish", [run, watch])
def test_the_colophon_is_on_both_or_on_neither(
    publish: Publish, colophon: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--no-colophon` leaves the colophon out of the text and off the paper, in a run as in a watch."""
    monkeypatch.chdir(tmp_path)
    make_photo(tmp_path / "inbox" / "a.jpg", 1)
    publish(colophon, "text")
    (text,) = (path.read_text() for path in Path("poems").rglob("*.txt"))
    (paper,) = (path.read_text() for path in Path("paper").iterdir())
    assert ("No labels." in text, "No labels." in paper) == (colophon, colophon)
    assert paper == text


def test_a_press_without_a_colophon_needs_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A press that has no colophon option, such as jsonl, prints all the same with `--no-colophon`."""
    monkeypatch.chdir(tmp_path)
    make_photo(tmp_path / "inbox" / "a.jpg", 1)
    run(False, "jsonl")
    assert list(Path("paper").iterdir())


def test_paper_that_cannot_be_is_refused_at_once(tmp_path: Path) -> None:
    """An option that the press does not have is refused before any photograph is read."""
    with pytest.raises(UsageError, match="the text press has no option 'dpi'"):
        open_paper(f"dir:{tmp_path}", "text", {"dpi": 300})
