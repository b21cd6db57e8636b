"""The pdf press: sizes, letters, that nothing leaves its frame or is cut, and what does not go to a print shop."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pypdf import PageObject, PdfReader

from photopoem.errors import UsageError
from photopoem.poem import Line, Poem, Span
from photopoem.press import Press, open_press
from photopoem.press.pdf import LAYOUTS, SERIF, PdfPress, fold_order, glyphs_of, width_of, wrapped
from tests.conftest import require_tool
from tests.gallery import HOSTILE, hostile_poem, poem_of
from tests.making import make_photo
from tests.paper import make_poem

MM = 72 / 25.4  # points
LETTERS = "Zażółć gęślą, cœur — “naïve”, \u2018Pałac\u2019… ½ Ελλάδα Привет →"


@pytest.fixture(scope="module")
def poems(samples: list[Path]) -> list[Poem]:
    """A poem for each of the six samples."""
    return [poem_of(sample) for sample in samples]


@pytest.fixture(scope="module")
def pressed(poems: list[Poem]) -> Callable[..., bytes]:
    """The six poems as a PDF with these options, made once."""

    @cache
    def press(**options: Any) -> bytes:
        return PdfPress(dpi=72, **options).press(poems)

    return press


def pages_of(data: bytes) -> list[PageObject]:
    """The pages of a PDF."""
    return list(PdfReader(io.BytesIO(data)).pages)


def millimetres(page: PageObject) -> tuple[int, int]:
    """A page's size."""
    return round(float(page.mediabox.width) / MM), round(float(page.mediabox.height) / MM)


def plain(text: str) -> str:
    """Text with all blanks left out: a broken line is still the same line."""
    return re.sub(r"\s+", "", text).replace("'", "\u2019")


def text_of(data: bytes) -> str:
    """All text of a PDF, without blanks."""
    return plain(" ".join(page.extract_text() for page in pages_of(data)))


def words_of(data: bytes, folder: Path) -> Iterator[tuple[float, float, float, float, float, float]]:
    """Every word's box (left, top, right, bottom) with its page's size, as poppler sees them, in points."""
    path = folder / "words.pdf"
    path.write_bytes(data)
    run = subprocess.run(
        [require_tool("pdftotext"), "-bbox", path, "-"], capture_output=True, text=True, check=True
    )
    size = (0.0, 0.0)
    for line in run.stdout.splitlines():
        numbers = tuple(map(float, re.findall(r'="([\d.-]+)"', line)))
        if "<page" in line:
            size = (numbers[0], numbers[1])
        elif "<word" in line:
            left, top, right, bottom = numbers
            yield left, top, right, bottom, *size


def rendered(
    data: bytes, folder: Path, dpi: int = 60
) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    """Every page as pixels (h, w, 3)."""
    path = folder / "pages.pdf"
    path.write_bytes(data)
    subprocess.run([require_tool("pdftoppm"), "-r", str(dpi), "-png", path, folder / "page"], check=True)
    return [np.asarray(Image.open(page).convert("RGB")) for page in sorted(folder.glob("page-*.png"))]


def longest(path: str = "gone.jpg") -> Poem:
    """Far more, and far longer, lines than any grammar writes; one word is wider than a page."""
    lines = [
        f"{number}: " + "I can remember what nobody was ever asked about " * (number % 7)
        for number in range(90)
    ]
    return make_poem(*lines, "Donaudampfschifffahrt" * 20, title="A title that does not end " * 9, path=path)


@pytest.mark.parametrize(
    ("layout", "size", "expected"),
    [
        ("card", None, [(105, 148)] * 5 + [(148, 105)]),
        ("card", "a5", [(148, 210)] * 5 + [(210, 148)]),
        ("cards4", None, [(210, 297)] * 2),
        ("poem", None, [(105, 148)] * 6),
        ("booklet", None, [(296, 210)] * 4),
        ("booklet", "a6", [(210, 148)] * 4),
    ],
)
def test_pages_have_the_size_they_are_sold_by(
    pressed: Callable[..., bytes], layout: str, size: str | None, expected: list[tuple[int, int]]
) -> None:
    """Cards are A6 or A5, lying where the photograph stands upright; four are an A4; booklets are double pages."""
    options = {"size": size} if size else {}
    assert [millimetres(page) for page in pages_of(pressed(layout=layout, **options))] == expected


def test_every_letter_is_embedded() -> None:
    """Every font of every layout is embedded, as a subset: a print shop has none of ours."""
    for layout in LAYOUTS:
        for page in pages_of(PdfPress(layout=layout, dpi=72).press([make_poem(LETTERS, path="gone.jpg")])):
            for font in (page["/Resources"]["/Font"].get_object()).values():
                descendant = font.get_object()["/DescendantFonts"][0].get_object()
                assert "/FontFile2" in descendant["/FontDescriptor"].get_object()
                assert re.match(r"/[A-Z]{6}\+", font.get_object()["/BaseFont"])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_line_is_printed(poems: list[Poem], pressed: Callable[..., bytes], layout: str) -> None:
    """Title, lines and colophon of every poem stand in the text, accents, dashes and curly quotes included."""
    said = text_of(pressed(layout=layout))
    for poem in poems:
        for line in (poem.title, *poem.lines):
            assert plain(str(line)) in said
    assert plain(LETTERS) in text_of(PdfPress(layout=layout).press([make_poem(LETTERS, path="gone.jpg")]))
    assert plain("Grammar: i-can-remember, seed 0.") in said


@pytest.mark.parametrize("layout", LAYOUTS)
def test_longest_poem_stays_in_its_frame(layout: str, samples: list[Path], tmp_path: Path) -> None:
    """A poem too long for any page goes on over as many as it needs; no line is lost, nothing leaves its margin."""
    poem = longest(str(samples[0]))
    data = PdfPress(layout=layout, dpi=72).press([poem])
    said = text_of(data)
    assert all(plain(str(line)) in said for line in poem.lines)
    boxes = list(words_of(data, tmp_path))
    assert len(boxes) > 1000
    edge = 7.5 * MM
    half = {"cards4": 105 * MM, "booklet": 148 * MM}.get(layout)
    for left, top, right, bottom, width, height in boxes:
        assert edge <= left
        assert right <= width - edge
        assert edge <= top
        assert bottom <= height - edge
        if half:  # no word reaches over the cut or the fold
            assert right <= half - edge or left >= half + edge
    # Whatever poppler thinks of boxes: no ink on the outermost 5 mm of any page but the cut marks.
    for page in rendered(data, tmp_path):
        if layout != "cards4":
            rim = np.concatenate(
                [page[:11].ravel(), page[-11:].ravel(), page[:, :11].ravel(), page[:, -11:].ravel()]
            )
            assert rim.min() == 255


def test_long_colophon_leaves_room_for_the_poem() -> None:
    """A colophon longer than a card is printed whole, on cards of its own, and the poem is still there."""
    poem = make_poem(path="gone.jpg")
    poem = replace(poem, subject=replace(poem.subject, taught_by="somebody, " * 320 + "and the last"))
    for layout in LAYOUTS:
        said = text_of(PdfPress(layout=layout).press([poem]))
        assert said.count("somebody") == 320
        assert plain("I can remember it hiding nothing.") in said


def test_letters_shrink_before_lines_break(samples: list[Path]) -> None:
    """A poem of sixteen lines stays on one card, each line in one piece."""
    poem = make_poem(
        *[f"Line {number} of thirty-six characters, yes" for number in range(16)], path=str(samples[0])
    )
    (page,) = pages_of(PdfPress(dpi=72).press([poem]))
    lines = page.extract_text().splitlines()
    assert [line for line in lines if line.startswith("Line ")] == [str(line) for line in poem.lines]


def test_picture_and_palette_are_printed(poems: list[Poem], samples: list[Path], tmp_path: Path) -> None:
    """The photograph is upright on its card, above its palette; without it, the poem is alone."""
    page = rendered(PdfPress(dpi=150).press([poems[0]]), tmp_path, dpi=50)[0]
    with Image.open(samples[0]) as image:
        expected = np.asarray(image.convert("RGB").resize((10, 10)), dtype=float)
    across, high = 89 / 25.4 * 50, 89 / 25.4 * 50 * image.height / image.width
    left = 8 / 25.4 * 50
    shown = Image.fromarray(page[round(left) : round(left + high), round(left) : round(left + across)])
    assert np.abs(np.asarray(shown.resize((10, 10)), dtype=float) - expected).mean() < 12
    for swatch in poems[0].subject.palette.swatches:
        assert (np.abs(page.astype(int) - swatch.rgb).max(axis=2) <= 2).sum() > 5
    gone = replace(poems[0], subject=replace(poems[0].subject, path="gone.jpg"))
    assert PdfPress().check([gone]) == [
        "gone.jpg: the photograph is not there, so the poem stands without it; --photos says where photographs are"
    ]
    assert not pages_of(PdfPress().press([gone]))[0].images
    assert PdfPress(layout="poem").check([gone]) == []


def test_position_and_words_of_the_file_stay_home(tmp_path: Path) -> None:
    """What a photograph says of itself, its position and its folder are not in the PDF; it is turned upright."""
    path = make_photo(tmp_path / "a-secret-folder" / "one.jpg", 3, (300, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "SECRET WORDS"
    exif.get_ifd(0x8825)[1] = "N"
    with Image.open(path) as image:
        image.save(path, exif=exif, comment=b"SECRET COMMENT")
    data = PdfPress().press([poem_of(path)])
    assert b"SECRET" not in data
    assert b"Exif" not in data
    assert b"secret-folder" not in data
    (picture,) = pages_of(data)[0].images
    assert picture.image is not None
    assert picture.image.size == (200, 300)
    assert b"Exif" not in picture.data


def test_same_poems_are_the_same_file(poems: list[Poem], pressed: Callable[..., bytes]) -> None:
    """Made twice, a PDF is the same to the byte."""
    for layout in LAYOUTS:
        assert PdfPress(layout=layout, dpi=72).press(poems) == pressed(layout=layout)


def test_cut_marks_stand_between_the_cards(poems: list[Poem], tmp_path: Path) -> None:
    """Four cards are cut along two lines: marks at the four edges and in the middle, none inside a card."""
    page = rendered(PdfPress(layout="cards4", dpi=72).press(poems[:4]), tmp_path, dpi=100)[0]
    dark = page.max(axis=2) < 200
    middle, across = round(148.5 / 25.4 * 100), round(105 / 25.4 * 100)
    for rows, columns in [
        (slice(0, 14), slice(across - 2, across + 3)),
        (slice(-14, None), slice(across - 2, across + 3)),
        (slice(middle - 2, middle + 3), slice(0, 14)),
        (slice(middle - 2, middle + 3), slice(-14, None)),
        (slice(middle - 3, middle + 4), slice(across - 3, across + 4)),
    ]:
        assert dark[rows, columns].any()
    assert not dark[20 : middle - 20, across - 10 : across + 10].any()


@pytest.mark.parametrize("sides", [4, 8, 20])
def test_booklet_reads_in_order_when_folded(sides: int) -> None:
    """Sheets laid on each other and folded give the pages in order: what a reader does is done here by hand."""
    printed = list(fold_order(sides))
    sheets = list(zip(printed[::2], printed[1::2], strict=True))  # front and back, turned over the short edge
    reading: list[int] = []
    for front, back in sheets:
        reading += [front[1], back[0]]
    for front, back in reversed(sheets):
        reading += [back[1], front[0]]
    assert reading == list(range(sides))


def test_booklet_has_a_cover_and_every_poem_once(poems: list[Poem]) -> None:
    """The first page is the cover; with blanks at the end the number of pages is a multiple of four."""
    data = PdfPress(layout="booklet", dpi=72, title="Six hills").press(poems)
    pages = pages_of(data)
    assert "Six hills" in pages[0].extract_text()
    assert "Six poems" in pages[0].extract_text()
    assert len(pages) == 4
    assert text_of(data).count(plain("Before the sky")) == 6


def test_missing_characters_are_named() -> None:
    """What no face has is a box and is named; what can be said in plain is; scripts from the right are named."""
    poem = make_poem("日本 sky \u0007", "שלום", "Łódź ☃ →", path="gone.jpg")
    made = PdfPress(layout="poem", colophon=False)
    remarks = "\n".join(made.check([poem]))
    assert "日 (U+65E5)" in remarks
    assert "U+05E9" in remarks
    assert "U+0007" in remarks
    assert "☃" not in remarks
    said = text_of(made.press([poem]))
    assert "□□sky" in said
    assert "Łódź☃→" in said
    assert made.check([make_poem(LETTERS)]) == []


def test_hostile_texts_are_only_printed() -> None:
    """Markup, PDF syntax and nonsense colors in a poem are letters on paper, and nothing in the PDF acts."""
    poem = hostile_poem("gone.jpg")
    tricks = (")) Tj /OpenAction << /S /JavaScript >>", "\\(\\", "**bold** --under-- [link](http://x)")
    poem = replace(poem, lines=(*poem.lines, *(Line((Span(trick),)) for trick in tricks)))
    data = PdfPress().press([poem])
    said = text_of(data)
    assert plain(HOSTILE) in said
    assert all(plain(trick) in said for trick in tricks)
    catalog = PdfReader(io.BytesIO(data)).trailer["/Root"]
    assert not {"/AA", "/AcroForm", "/Names"} & set(catalog)
    assert isinstance(catalog["/OpenAction"], list)  # where to begin reading; an action would be a dictionary
    assert all("/Annots" not in page for page in pages_of(data))


def test_rows_are_never_wider_than_their_room() -> None:
    """Broken at any width, rows keep every letter in order and none is wider than the room there is."""
    text = "I can remember, twelve times, Donaudampfschifffahrt — “œuvre” and  two blanks → then ☃ " * 3
    for tenths in range(15, 300, 7):
        rows = wrapped(glyphs_of(text, SERIF, (0, 0, 0)), tenths / 10, 0.5)
        assert all(width_of(row) <= tenths / 10 + 1e-9 for row in rows)
        assert plain("".join(glyph.char for row in rows for glyph in row)) == plain(text)


def test_options_are_checked() -> None:
    """The press is found by name; layouts, sizes and finenesses that it has not are refused."""
    assert isinstance(open_press("pdf", layout="poem", size="a5", tint=False), Press)
    for wrong in ({"layout": "scroll"}, {"size": "receipt"}, {"dpi": 0}, {"layout": "cards4", "size": "a5"}):
        with pytest.raises(UsageError):
            PdfPress(**wrong)  # type: ignore[arg-type]
