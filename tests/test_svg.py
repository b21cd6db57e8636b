"""The svg press: single strokes on a sheet, with every accent, for a pen."""

# ruff: noqa: RUF001, S314 - curly quotes are what is tested; the XML is our own
from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from photopoem.errors import PressError, UsageError
from photopoem.poem import Line, Poem, Span
from photopoem.press import Press, open_press
from photopoem.press.svg import SHEETS, SvgPress, bounds, in_short_order, load_font, parse_path, travel
from photopoem.vocabulary import Source
from tests.paper import make_poem

SVG = "{http://www.w3.org/2000/svg}"
LONG = make_poem(
    *("I can remember a line that is far wider than any form of poem would ever let it be, truly",) * 16,
    "un" * 90,
    title="A title that does not fit on one line of a small card either, however one sets it",
)


def strokes_of(svg: bytes) -> list[np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """The paths of a sheet as points, in the order they are drawn."""
    root = ElementTree.fromstring(svg)
    return [
        np.array(re.findall(r"-?[\d.]+", path.attrib["d"]), dtype=float).reshape(-1, 2)
        for path in root.iter(f"{SVG}path")
    ]


def press(poem: Poem, **options: object) -> bytes:
    """One sheet."""
    return SvgPress(**options).press([poem], photos=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SHEETS)
@pytest.mark.parametrize("hand", [None, 1])
@pytest.mark.parametrize("poem", [make_poem(), LONG, make_poem("x", title="")], ids=["ten", "long", "one"])
def test_every_stroke_lies_on_the_sheet(size: str, hand: int | None, poem: Poem) -> None:
    """On every sheet, by font or by hand, the shortest and the longest poem keep off the edges."""
    svg = press(poem, size=size, hand=hand)
    root = ElementTree.fromstring(svg)
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    assert (left, top) == (0, 0)
    assert root.attrib["width"] == f"{width:g}mm"
    assert root.attrib["height"] == f"{height:.2f}mm"
    points = np.concatenate(strokes_of(svg))
    edge = SHEETS[size].margin / 2
    assert points.min() > edge
    assert points[:, 0].max() < width - edge and points[:, 1].max() < height - edge


def test_only_single_strokes() -> None:
    """There is nothing on the sheet but open paths without a fill, of one width."""
    root = ElementTree.fromstring(press(make_poem()))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} == {"svg", "title", "g", "path"}
    (drawn,) = root.iter(f"{SVG}g")
    assert drawn.attrib["fill"] == "none"
    assert {key for path in root.iter(f"{SVG}path") for key in path.attrib} == {"d"}
    assert all(
        set(re.sub(r"[-\d. ]", "", path.attrib["d"])) <= {"M", "L"} for path in root.iter(f"{SVG}path")
    )


def test_the_lifted_pen_travels_less() -> None:
    """The order of the strokes saves at least a third of the lifted pen's way, and draws the same strokes."""
    poem = make_poem()
    ordered = [tuple(map(tuple, stroke)) for stroke in strokes_of(press(poem))]
    read = sorted(ordered, key=lambda stroke: (round(stroke[0][1] / 8), stroke[0][0]))
    assert travel(ordered) < travel(read) * 0.67
    again = in_short_order(read)
    assert {frozenset((s[0], s[-1])) for s in again} == {frozenset((s[0], s[-1])) for s in read}
    assert in_short_order([]) == []


def test_a_hand_is_its_own_and_repeats_itself() -> None:
    """The same hand writes a poem the same way each time; another hand, or the font, differs a little."""
    poem = make_poem()
    assert press(poem, hand=3) == press(poem, hand=3)
    assert press(poem, hand=3) != press(poem, hand=4)
    plain, uneven = np.concatenate(strokes_of(press(poem))), np.concatenate(strokes_of(press(poem, hand=3)))
    assert plain.shape == uneven.shape
    assert np.abs(np.median(plain, axis=0) - np.median(uneven, axis=0)).max() < 3


def test_every_letter_of_latin_alphabets_is_drawn() -> None:
    """Letters with accents have strokes of their own: none is dropped, none drawn as its bare base."""
    font = load_font()
    for char in "éàœÉŒ—–“”‘’ñüłŁßøÅğşőűčřžźżąęěůďťćńśåæ…":
        letter = font.letters[char]
        assert letter.strokes and letter.advance > 0, char
        base = {"é": "e", "ł": "l", "č": "c", "ñ": "n", "ż": "z", "ą": "a", "ő": "o"}.get(char)
        if base:
            assert len(letter.strokes) > len(font.letters[base].strokes), char


def test_accents_stand_where_they_belong() -> None:
    """Marks put on a letter stand above or below it and touch neither the line above nor the next letter."""
    font = load_font()
    for char in "čěšžřňůőűćńśźżėėāēīĪŐŰČŘŽ":
        left, _, right, top = bounds(font.letters[char].strokes)
        assert top < 1000, char
        assert left > -120 and right < font.letters[char].advance + 120, char
    for char in "ąęįųșțķļņ":
        assert -320 < bounds(font.letters[char].strokes)[1] < 0, char


def test_what_the_pen_lacks_is_named_and_boxed() -> None:
    """A character the font cannot draw stands as a box and is named; signs are drawn in plain ones."""
    poem = make_poem("日本", "и", "a × b", title="")
    remarks = SvgPress().check([poem])
    assert len(remarks) == 1 and "日 (U+65E5)" in remarks[0] and "box" in remarks[0]
    boxed = strokes_of(press(poem, colophon=False))
    assert sum(len(stroke) == 5 and (stroke[0] == stroke[-1]).all() for stroke in boxed) == 3
    assert SvgPress().check([make_poem("“so” — ‘it’ is… naïve")]) == []


def test_hostile_text_stays_text() -> None:
    """Markup and control characters in a poem never act in the file."""
    poem = make_poem("<script>alert(1)</script> & \x1b[31m \ud800", title='</title><script x="1">\x00')
    root = ElementTree.fromstring(press(poem))
    assert not [element for element in root.iter() if "script" in element.tag]
    assert any("U+001B" in remark for remark in SvgPress().check([poem]))


LAYERS = ["1 author", "2 place", "3 machine", "4 people"]


def in_season(season: str) -> Poem:
    """The poem of ten lines with a word of the place in its first."""
    poem = make_poem()
    said = Line((Span("In "), Span(season, Source("place", "moment", of=season)), Span(".")))
    return replace(poem, lines=(said, *poem.lines[1:]))


def test_each_layer_has_its_pen() -> None:
    """With several pens there are four layers, children of the svg element, in which Inkscape looks for them."""
    inkscape = "{http://www.inkscape.org/namespaces/inkscape}"
    for poem, drawn in ((in_season("autumn"), LAYERS), (make_poem(), [LAYERS[0], *LAYERS[2:]])):
        groups = ElementTree.fromstring(press(poem, pens=True)).findall(f"{SVG}g")
        assert [group.attrib[f"{inkscape}label"] for group in groups] == LAYERS
        assert {group.attrib[f"{inkscape}groupmode"] for group in groups} == {"layer"}
        assert [group.attrib[f"{inkscape}label"] for group in groups if len(group)] == drawn


@pytest.mark.filterwarnings("ignore")  # of vpype's own imports
def test_vpype_sees_the_layers(tmp_path: Path) -> None:
    """Vpype reads four layers with their names and all their strokes in place; without pens it reads one."""
    import vpype

    for pens, names in ((True, LAYERS), (False, LAYERS[:1])):
        sheet = press(in_season("autumn"), pens=pens)
        (tmp_path / "a.svg").write_bytes(sheet)
        read = vpype.read_multilayer_svg(str(tmp_path / "a.svg"), quantization=0.1)
        layers = {layer.metadata["vp_name"]: len(layer) for layer in read.layers.values()}
        assert list(layers) == names
        assert sorted(read.layers) == [int(name.split()[0]) for name in names]
        assert sum(layers.values()) == len(strokes_of(sheet))
        wide, high = read.page_size
        assert (wide, high) == (pytest.approx(105 / 25.4 * 96, abs=1), pytest.approx(148 / 25.4 * 96, abs=1))


def test_a_poem_too_long_for_any_letter_is_refused() -> None:
    """A poem that fits no sheet of the size in letters a pen can write is refused, and a larger size named."""
    with pytest.raises(PressError, match="larger --size"):
        press(make_poem(*["word " * 30] * 100))
    with pytest.raises(PressError, match="dir:FOLDER"):
        SvgPress().press([make_poem(), make_poem()], photos=None)
    with pytest.raises(UsageError, match="a6, a5, a4, receipt"):
        SvgPress(size="a3")


def test_the_path_parser() -> None:
    """M, L, C and Z are read as SVG 1.1 tells: points after a moveto are lines, Z returns to the start."""
    assert parse_path("M 0 0 10 0L10 10 Z") == (((0, 0), (10, 0), (10, 10), (0, 0)),)
    (curve,) = parse_path("M0 0C0 10 10 10 10 0")
    assert curve[0] == (0, 0) and curve[-1] == (10, 0)
    assert max(y for _, y in curve) == pytest.approx(7.5)
    assert parse_path("M 1 1") == ()


def test_a_renderer_shows_ink_where_the_poem_is(tmp_path: Path, tool: Callable[[str], str]) -> None:
    """Rendered, the sheet has its size, white margins, and ink in each of the poem's lines."""
    (tmp_path / "a.svg").write_bytes(press(make_poem()))
    command = [tool("rsvg-convert"), "-d", "100", "-p", "100", "-b", "white", "a.svg", "-o", "a.png"]
    subprocess.run(command, cwd=tmp_path, check=True)
    picture = np.asarray(Image.open(tmp_path / "a.png").convert("L"))
    height, width = picture.shape
    assert (width, height) == (pytest.approx(105 / 25.4 * 100, abs=2), pytest.approx(148 / 25.4 * 100, abs=2))
    edge = round(8 / 25.4 * 100)
    assert picture[:edge].min() == picture[:, :edge].min() == picture[-edge:].min() == 255
    inked = (picture < 128).any(axis=1)
    lines = np.count_nonzero(inked[1:] & ~inked[:-1])
    assert lines >= 11  # the title and ten lines; dots of i may stand apart


def test_it_is_a_press() -> None:
    """The press keeps the protocol of all presses."""
    assert isinstance(open_press("svg"), Press)
