"""The html press: the size of its page, what it omits, and what it cannot show."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from photopoem.color.spaces import contrast, readable
from photopoem.errors import UsageError
from photopoem.press import Press, open_press
from photopoem.press.html import HtmlPress
from tests.gallery import poem_of, poem_with
from tests.making import make_photo
from tests.paper import make_poem


def test_tint_changes_lightness_as_little_as_it_must() -> None:
    """A color that can be read stays as it is; one that cannot is moved just far enough, towards the far end."""
    assert readable((20, 60, 90), (255, 255, 255)) == (20, 60, 90)
    for color in [(250, 250, 240), (255, 255, 0), (0, 255, 255), (128, 128, 128), (0, 0, 0), (30, 0, 60)]:
        for paper in [(250, 249, 246), (20, 19, 18)]:
            assert contrast(readable(color, paper), paper) >= 4.5
            if contrast(color, paper) < 4.5:
                assert contrast(readable(color, paper), paper) < 4.8


def test_photographs_that_are_gone_are_named(samples: list[Path], tmp_path: Path) -> None:
    """A poem without its photograph is shown alone, and check says so; a moved photograph is found by its pixels."""
    poems = [make_poem(path="gone/nowhere.jpg"), poem_of(samples[0])]
    made = HtmlPress()
    assert [line.split(":")[0] for line in made.check(poems)] == ["nowhere.jpg"]
    assert made.press(poems).count(b"<img ") == 1
    moved = replace(poems[1], subject=replace(poems[1].subject, path="other/folder/autumn-hills.jpg"))
    assert made.check([moved], photos=samples[0].parent) == []
    assert made.press([moved], photos=samples[0].parent).count(b"<img ") == 1
    make_photo(tmp_path / "autumn-hills.jpg", 1)  # another picture of the same name
    assert made.press([moved], photos=tmp_path).count(b"<img ") == 0


def test_page_is_the_same_each_time_and_holds_no_metadata(tmp_path: Path) -> None:
    """The same poems are the same page to the byte; a photograph's position and its folder are not in it."""
    path = make_photo(tmp_path / "a-secret-folder" / "one.jpg", 3)
    exif = Image.Exif()
    exif[0x010E] = "SECRET WORDS"
    with Image.open(path) as image:
        image.save(path, exif=exif)
    poem = poem_of(path)
    page = HtmlPress().press([poem])
    assert page == HtmlPress().press([poem])
    data = base64.b64decode(re.search(rb"data:image/webp;base64,([^\"]+)", page)[1])  # type: ignore[index]
    assert b"SECRET" not in data
    assert b"EXIF" not in data
    assert b"a-secret-folder" not in page
    assert b"one.jpg" in page


def test_options_are_checked(samples: list[Path]) -> None:
    """The press is found by name, obeys its options, and refuses those that make no sense."""
    made = open_press("html", title="", thumbnail=64, seconds=5, colophon=False)
    assert isinstance(made, Press)
    page = made.press([poem_of(samples[0])], photos=None).decode()
    assert 'width="64"' in page
    assert 'data-seconds="5"' in page
    assert 'class="colophon"' not in page
    for wrong in ({"thumbnail": 0}, {"seconds": 0}):
        with pytest.raises(UsageError):
            HtmlPress(**wrong)


def test_unshowable_characters_are_named() -> None:
    """Characters that would act on the page are left out, and check names them."""
    poem = poem_with("x.jpg", "0" * 64, make_poem().subject.palette, label="sky\u202ering\x07")
    remarks = "\n".join(HtmlPress().check([poem]))
    assert "U+202E" in remarks
    assert "U+0007" in remarks
    assert "\u202e" not in HtmlPress().press([poem]).decode()
