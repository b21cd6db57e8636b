"""A camera uses a file's name again while poems wait: each poem has its own photograph, or stands without one."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from photopoem.photo.reading import read_photo
from photopoem.poem import Poem
from photopoem.press import open_press
from photopoem.press.pictures import find_photo, open_picture
from photopoem.printing.channels import Retry
from photopoem.services.publish import PoemSpool, open_paper
from tests.fake_printer import FakePrinter
from tests.making import make_photo
from tests.paper import poem_of_photo

PICTURE = b"\x1dv0"
"""How ESC/POS prints rows of dots (GS v 0)."""


@pytest.fixture
def poems(tmp_path: Path) -> list[Poem]:
    """The poems of two photographs that were both called cam.jpg; the second lies there now."""
    found = []
    for number in (1, 2):
        make_photo(tmp_path / "cam.jpg", number)
        found.append(poem_of_photo(tmp_path / "cam.jpg", f"line {number}", title=""))
    return found


def test_another_picture_of_the_name_is_not_taken(poems: list[Poem], tmp_path: Path) -> None:
    """What lies under the name of a photograph is shown only with the poem that was written for it."""
    first, second = poems
    assert find_photo(first, None) is None
    assert open_picture(first, None, 64) is None
    assert find_photo(second, None) == tmp_path / "cam.jpg"
    make_photo(tmp_path / "cam.jpg", 1)
    assert find_photo(first, None) == tmp_path / "cam.jpg"
    assert find_photo(second, None) is None


@pytest.mark.parametrize("kind", ["html", "receipt", "pdf"])
def test_each_press_shows_the_photograph_of_the_poem(poems: list[Poem], kind: str) -> None:
    """A page, a card and a receipt show the second poem's photograph alone, and check names the other as gone."""
    press = open_press(kind, **({"photo": True} if kind == "receipt" else {}))
    assert ["cam.jpg" in remark and "not there" in remark for remark in press.check(poems)] == [True]
    first, second = (press.press([each], photos=None) for each in poems)
    marks = {"html": b"<img ", "receipt": PICTURE, "pdf": b"/Subtype /Image"}
    assert marks[kind] not in first
    assert marks[kind] in second
    if kind == "html":
        assert press.press(poems, photos=None).count(marks[kind]) == 1


def test_a_waiting_receipt_says_that_its_photograph_is_gone(
    poems: list[Poem], tmp_path: Path, printer: FakePrinter
) -> None:
    """A poem that waited while its photograph's name was used again is printed without it, and one line says so."""
    said: list[str] = []
    paper = open_paper(printer.address, "receipt", {"photo": True, "colophon": False})
    with PoemSpool(tmp_path / "show", paper, retry=Retry(said.append, threading.Event(), (0.05,))) as spool:
        for poem in poems:
            spool.add_poem(poem)
    assert [(b"line 1" in job, PICTURE in job) for job in printer.jobs] == [(True, False), (False, True)]
    assert said == ["cam: its photograph is gone, or another has its name; printed without it"]
    assert read_photo(tmp_path / "cam.jpg").digest == poems[1].subject.digest
