"""Lists of color names: what is in them, nearest names, basic color terms, lists of the user's own."""

from __future__ import annotations

import csv
import time
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageColor

from photopoem.color.names import BASIC_TERMS, NAMED_BY, basic_terms, color_names
from photopoem.color.spaces import ciede2000, srgb_to_lab
from photopoem.errors import UsageError
from tests.making import slowness

CRUDE = "booger shit poop poo piss puke barf vomit diarrhea snot".split()


def rows(name: str) -> list[dict[str, str]]:
    text = (files("photopoem") / "data" / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def random_rgb(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 3)).astype(np.uint8)


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(("which", "count"), [("xkcd", 914), ("css", 148), ("nbs", 267)])
def test_lists_are_whole(which: str, count: int) -> None:
    """Each list has as many colors as its makers gave it, less the names left out, and says who named them."""
    names = color_names(which)
    assert len(names.names) == len(names.rgb) == len(names.lab) == count
    assert names.named_by == NAMED_BY[which]


def test_the_survey_is_whole_but_for_the_crude_and_the_colorless() -> None:
    """The 949 names of the survey are shipped or left out with a reason: crude, no name of a color, a word twice."""
    kept, left = rows("colors-xkcd.csv"), rows("colors-xkcd-left-out.csv")
    assert len({row["name"] for row in kept} | {row["name"] for row in left}) == 949
    assert len(left) == 35
    assert all(row["reason"] for row in left)
    shipped = " ".join(f"{row['name']} {row['said']}" for row in kept).split()
    assert not set(shipped) & set(CRUDE)
    others = [row["name"] for row in left if row["reason"] in ("of no color", "a word twice")]
    assert others == ["pale", "royal", "dark", "bland", "light light blue", "light light green", "blue blue"]
    assert all(set(row["name"].split()) & set(CRUDE) for row in left if row["name"] not in others)


def test_survey_names_are_said_as_words() -> None:
    """No name that may stand in a poem has a slash, two spaces or a capital."""
    for name in color_names("xkcd").names:
        assert name == " ".join(name.split()).lower()
        assert "/" not in name
    assert "blue/grey" not in color_names().names
    assert "blue grey" in color_names().names


def test_css_colors_are_those_of_pillow() -> None:
    """All 148 CSS names are there with the colors that another library knows."""
    for row in rows("colors-css.csv"):
        assert ImageColor.getcolor(row["name"], "RGB") == ImageColor.getcolor(row["hex"], "RGB")
        assert row["said"].replace(" ", "") in {"", row["name"]}
    assert {row["name"] for row in rows("colors-css.csv")} == set(ImageColor.colormap)


def test_nbs_lightness_is_its_munsell_value() -> None:
    """The lightness of each ISCC-NBS color is that of the Munsell value of Kelly's centroid (ASTM D1535)."""
    for row in rows("colors-nbs.csv"):
        value = float(
            row["munsell"].split("/")[0].lstrip("N").lstrip("0123456789.").lstrip("RYGBPN")
            or row["munsell"][1:]
        )
        luminance = value * (
            1.1914 - value * (0.22533 - value * (0.23352 - value * (0.020484 - value * 0.00081939)))
        )
        lightness = 116 * np.cbrt(luminance / 100) - 16
        rgb = ImageColor.getrgb(row["hex"])
        clipped = 0 in rgb or 255 in rgb  # outside sRGB: the nearest that can be shown
        assert srgb_to_lab(rgb)[0] == pytest.approx(lightness, abs=12 if clipped else 1.5), row


@pytest.mark.parametrize("which", ["xkcd", "css", "nbs"])
def test_nearest_is_exact(which: str) -> None:
    """The name found is the one that comparing with every name finds, and the distance is its."""
    names, lab = color_names(which), srgb_to_lab(random_rgb(600))
    index, distance = names.nearest(lab)
    every = ciede2000(lab[:, None], names.lab)
    assert np.array_equal(distance, every.min(axis=1))
    assert np.array_equal(index, every.argmin(axis=1))


def test_every_listed_color_is_its_own_nearest() -> None:
    """A color of the list has its own name, at distance 0."""
    for which in NAMED_BY:
        names = color_names(which)
        index, distance = names.nearest(names.lab)
        assert distance.max() == 0
        assert np.array_equal(names.rgb[index], names.rgb)


def test_five_thousand_look_ups_a_second() -> None:
    """2,000 random colors find their nearest of 921 names in less than 0.4 s of CPU."""
    names, lab = color_names(), srgb_to_lab(random_rgb(2000))
    names.nearest(lab[:10])
    start = time.process_time()
    names.nearest(lab)
    assert time.process_time() - start < 0.4 * slowness()


def test_close_names_are_all_there() -> None:
    """All names not more than 5 farther than the nearest come, each once, nearest first, and no other."""
    names, lab = color_names(), srgb_to_lab(random_rgb(60, 1))
    every = ciede2000(lab[:, None], names.lab)
    for near, row in zip(names.close(lab), every, strict=True):
        expected = {names.names[place] for place in np.flatnonzero(row <= row.min() + 5)}
        assert {name for name, _ in near} == expected
        assert len(near) == len(expected)
        assert [apart for _, apart in near] == sorted(apart for _, apart in near)


@pytest.mark.parametrize(
    ("color", "term"),
    [
        ("#000000", "black"), ("#ffffff", "white"), ("#ff0000", "red"), ("#008000", "green"), ("#ffff00", "yellow"),
        ("#0000ff", "blue"), ("#8b4513", "brown"), ("#800080", "purple"), ("#ffc0cb", "pink"), ("#ffa500", "orange"),
        ("#808080", "grey"), ("#e9ddc6", "white"), ("#d2b48c", "brown"), ("#556b2f", "green"), ("#191970", "blue"),
        ("#f0e68c", "yellow"), ("#800000", "red"), ("#87ceeb", "blue"), ("#c0c0c0", "grey"), ("#fffff0", "white"),
    ],
)  # fmt: skip
def test_basic_terms(color: str, term: str) -> None:
    """Colors that nobody doubts get the basic term that everybody says."""
    assert basic_terms(srgb_to_lab([ImageColor.getrgb(color)])) == [term]


def test_there_are_eleven_basic_terms() -> None:
    """Every color has one of the eleven of Berlin and Kay, and each of the eleven is some color's."""
    steps = np.arange(0, 256, 51, dtype=np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    assert set(basic_terms(srgb_to_lab(cube))) == set(BASIC_TERMS)
    assert len(BASIC_TERMS) == 11


def test_a_list_of_ones_own(tmp_path: Path) -> None:
    """A CSV of name and hex, with or without a heading, is a list named after its file."""
    plain = color_names(write(tmp_path / "mine.csv", "my sky,#a0c0ff\n\n  my  earth , 553311\n"))
    assert plain.names == ("my sky", "my earth")
    assert plain.rgb.tolist() == [[0xA0, 0xC0, 0xFF], [0x55, 0x33, 0x11]]
    assert plain.named_by == "the list mine.csv"
    turned = color_names(write(tmp_path / "turned.csv", '\ufeffHex,who,Name\n#abc,me,"soot, old"\n'))
    assert turned.names == ("soot, old",)
    assert turned.rgb.tolist() == [[0xAA, 0xBB, 0xCC]]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name,hex\nsky,#a0c0ff\nsky,#000000\n", "line 3: 'sky' is already on line 2"),
        ("sky,#a0c0ff\nSKY,#000000\n", "line 2: 'SKY' is already on line 1"),
        ("sky,blue\n", "line 1: 'blue' is not a color like #a0b1c2"),
        ("sky,#a0c0f\n", "line 1: '#a0c0f' is not a color"),
        ("sky\n", "line 1: a name and a hex color are needed"),
        (",#a0c0ff\n", "line 1: a name is 1 to 60 printable characters"),
        ("s\u001b[31mky,#a0c0ff\n", "line 1: a name is 1 to 60 printable characters"),
        ("", "it has no colors"),
        ("name,hex\n", "it has no colors"),
        ("".join(f"{n},red\n" for n in range(9)), "and 4 more"),
    ],
)  # fmt: skip
def test_bad_rows_are_named_with_their_line(tmp_path: Path, text: str, said: str) -> None:
    """One message lists all errors of a list with their line numbers."""
    path = write(tmp_path / "bad.csv", text)
    with pytest.raises(UsageError) as caught:
        color_names(path)
    assert said in str(caught.value)
    assert str(caught.value).startswith(path)
    assert "\n" not in str(caught.value)
    assert "\u001b" not in str(caught.value)


def test_a_list_that_is_not_there(tmp_path: Path) -> None:
    """A missing file, a folder and a binary file give different messages, which name the built-in lists."""
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00")
    for path, cause in (
        ("nosuch", "no such file"),
        (str(tmp_path), "directory"),
        (str(tmp_path / "bytes.csv"), "UTF-8"),
    ):
        with pytest.raises(UsageError, match=r"xkcd, css, nbs") as caught:
            color_names(path)
        assert cause in str(caught.value)


def test_fingerprints_tell_lists_apart(tmp_path: Path) -> None:
    """Another name or another color makes another fingerprint."""
    lists = ["sky,#a0c0ff\n", "sky,#a0c0fe\n", "sea,#a0c0ff\n"]
    prints = {color_names(write(tmp_path / f"{n}.csv", text)).fingerprint for n, text in enumerate(lists)}
    assert len(prints) == 3
