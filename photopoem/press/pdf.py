"""The pdf press: cards, pages and booklets, in millimetres, for a printer or a print shop."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.resources import as_file, files
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

from photopoem.color.spaces import Rgb, readable, rgb_of
from photopoem.errors import UsageError
from photopoem.poem import Line, Poem, colophon
from photopoem.press.pictures import GONE, encoded, find_photo, open_picture, photo_name
from photopoem.press.sources import poems_in_words, traced
from photopoem.press.svg import SHEETS
from photopoem.text.clean import clean, paragraphs, show
from photopoem.text.wrap import wrap

if TYPE_CHECKING:
    from fpdf import FPDF

SERIF, ITALIC, SANS = "serif", "italic", "sans"
FILES = {SERIF: "EBGaramond12-Regular.ttf", ITALIC: "EBGaramond12-Italic.ttf", SANS: "DejaVuSans.ttf"}
"""The fonts and their files in data/fonts. Characters that the first two lack come from the third."""

BOX = "\u25a1"
"""The replacement of a character that no font has."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character with its font and color."""

    char: str
    face: str
    color: Rgb


Row = tuple[Glyph, ...]


@cache
def advances(face: str) -> dict[str, float]:
    """The characters of a font, and the width of each in ems."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it publishes no types

    with (
        as_file(files("photopoem") / "data" / "fonts" / FILES[face]) as path,
        TTFont(path, lazy=True) as font,
    ):
        widths, em = font["hmtx"].metrics, font["head"].unitsPerEm
        return {chr(code): widths[name][0] / em for code, name in font.getBestCmap().items()}


def has(char: str) -> bool:
    """Whether a page can show a character. Right-to-left scripts would be in the wrong order."""
    if unicodedata.bidirectional(char) in {"R", "AL"}:
        return False
    return char in advances(SERIF) or char in advances(SANS)


def glyphs_of(text: str, face: str, color: Rgb) -> Row:
    """A text as glyphs; characters that its font lacks come from the third font, or become a box."""
    chars = (char if has(char) else BOX for char in show(text, has).text)
    return tuple(Glyph(char, face if char in advances(face) else SANS, color) for char in chars)


def width_of(row: Iterable[Glyph]) -> float:
    """The width of a row in ems."""
    return sum(advances(glyph.face)[glyph.char] for glyph in row)


def wrapped(row: Row, room: float, indent: float = 0.0) -> list[Row]:
    """The glyphs in rows of at most `room` ems; every row but the first is `indent` ems shorter."""
    text = "".join(glyph.char for glyph in row)
    widths = [advances(glyph.face)[glyph.char] for glyph in row]
    return [row[part] for part in wrap(text, widths, room, indent=indent)]


INK: Rgb = (35, 33, 30)
SOFT: Rgb = (106, 101, 93)
WHITE: Rgb = (255, 255, 255)
POINT = 25.4 / 72  # mm
LEADING = 1.36  # line height, in ems
INDENT = 1.4  # indent of the rest of a broken line, in ems
RISE, FALL = 0.75, 0.25  # ascent and descent of letters, in ems
TITLE = 0.92  # the title's letter size relative to the poem's
_GAP = 0.55  # gap gap between title and poem, in ems
MARGIN = 8.0  # mm
# The layouts that are tried for a card, best first: the largest share of its height for the picture, whether lines
# stay whole, and the largest and smallest letters in points. Sizes are similar, because cards are shown side by
# side.
_TRIES = (
    (0.43, True, 10.0, 9.5),
    (0.38, True, 10.0, 9.0),
    (0.33, True, 9.5, 8.25),
    (0.43, False, 9.5, 8.75),
    (0.3, False, 9.0, 7.0),
)
_A6 = 105.0  # mm: the sizes below are for a card of this width, and grow with the leaf


@dataclass(frozen=True, slots=True)
class TextRow:
    """A row of glyphs: its start and baseline from the leaf's top left, and its em, in mm."""

    x: float
    y: float
    em: float
    row: Row


@dataclass(frozen=True, slots=True)
class Bar:
    """A filled rectangle, in mm."""

    x: float
    y: float
    width: float
    height: float
    color: Rgb


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a leaf: its top left corner and size, in mm."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Leaf:
    """One side of paper and its content; `shown` is the box of the photograph. Sizes in mm."""

    width: float
    height: float
    texts: tuple[TextRow, ...] = ()
    bars: tuple[Bar, ...] = ()
    shown: Box | None = None


@dataclass(frozen=True, slots=True)
class Verse:
    """A poem for typesetting: title and lines as glyphs, and the colophon's text."""

    title: Row
    lines: tuple[Row, ...]
    foot: str
    swatches: tuple[tuple[Rgb, float], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Frame:
    """A leaf without its poem: picture, palette and colophon are placed, and `box` is the remaining room."""

    leaf: Leaf
    box: Box


def verse_of(poem: Poem, *, foot: str = "", tint: bool = True) -> Verse:
    """A poem as glyphs; with `tint`, its color words have their colors, as far as they are readable."""
    swatches = tuple((swatch.rgb, swatch.share) for swatch in poem.subject.palette.swatches)
    lines = tuple(_row(line, poem, SERIF, INK, tint) for line in poem.lines)
    return Verse(_row(poem.title, poem, ITALIC, SOFT, tint), lines, foot, swatches)


def _row(line: Line, poem: Poem, face: str, ink: Rgb, tint: bool) -> Row:
    out: list[Row] = []
    for piece in traced(line, poem):
        rgb = rgb_of(piece.note.hex) if tint and piece.note else None
        out.append(glyphs_of(piece.text, face, readable(rgb, WHITE) if rgb else ink))
    return tuple(glyph for row in out for glyph in row)


def card(verse: Verse, width: float, height: float, aspect: float | None) -> list[Leaf]:
    """A poem with its picture (of that width by height; None: without) on as few leaves as possible.

    Letters and picture shrink, then lines are broken; a poem that is still too long continues on the next leaf.
    """
    if _is_long(verse.foot, width, height):
        said = Verse((), (glyphs_of(verse.foot, ITALIC, SOFT),), "")
        without = Verse(verse.title, verse.lines, "", verse.swatches)
        return [*card(without, width, height, aspect), *_continued(_blank(width, height), said, 7.0)]
    for share, whole, most, least in _TRIES:
        frame = _frame(verse, width, height, aspect, share)
        if leaf := _fitted(frame, verse, most, least, whole):
            return [leaf]
    return _continued(_frame(verse, width, height, aspect, 0.36), verse, 8.5)


def alone(verse: Verse, width: float, height: float) -> list[Leaf]:
    """A poem in the middle of a leaf, without picture and palette."""
    if _is_long(verse.foot, width, height):
        return card(Verse(verse.title, verse.lines, verse.foot), width, height, None)
    bare = Verse(verse.title, verse.lines, verse.foot)
    frame = _frame(bare, width, height, None, 0.0)
    for most, least, whole in ((13.0, 8.5, True), (11.0, 7.0, False)):
        if leaf := _fitted(frame, bare, most, least, whole, middle=True):
            return [leaf]
    return _continued(frame, bare, 8.5)


def cover(title: str, below: str, width: float, height: float, *, author: str = "") -> Leaf:
    """A booklet's first page."""
    scale = width / _A6
    margin = 12 * scale
    em = 22 * POINT * scale
    rows = wrapped(glyphs_of(title, ITALIC, INK), (width - 2 * margin) / em)[:6]
    texts = _stacked(rows, margin, height * 0.34, em, 1.15)
    small = 10 * POINT * scale
    said = wrapped(glyphs_of(author, SERIF, INK), (width - 2 * margin) / small)[:3] if author else []
    under = [*said, glyphs_of(below, SERIF, SOFT)]
    below_title = height * 0.34 + len(rows) * em * 1.15
    return Leaf(width, height, (*texts, *_stacked(under, margin, below_title, small, 1.6)))


def prose(paragraphs: Sequence[str], width: float, height: float) -> list[Leaf]:
    """Running text: paragraphs separated by an empty row, on as many leaves as needed."""
    blank = _blank(width, height)
    em = 9.5 * POINT * _scale(blank.leaf)
    rows: list[Row] = []
    for paragraph in paragraphs:
        lines = (wrapped(glyphs_of(line, SERIF, INK), blank.box.width / em) for line in paragraph.split("\n"))
        rows += [*([()] if rows else []), *(row for line in lines for row in line)]
    room = max(1, int(blank.box.height / (em * LEADING)))
    return [
        _with(blank.leaf, _stacked(rows[at : at + room], blank.box.x, blank.box.y + RISE * em, em, LEADING))
        for at in range(0, len(rows), room)
    ]


# -- the frame ------------------------------------------------------------------------------------------


def _frame(verse: Verse, width: float, height: float, aspect: float | None, share: float) -> Frame:
    """Everything but the poem; the picture gets at most this share of the leaf's height."""
    blank = _blank(width, height)
    scale, inner = _scale(blank.leaf), blank.box
    if width > height and aspect:
        return _beside(verse, blank.leaf, inner, aspect, share, scale)
    shown, y = None, inner.y
    if aspect:
        high = min(inner.width / aspect, height * share)
        shown = Box(inner.x, inner.y, high * aspect, high)
        y += high + 1.1 * scale
    across = shown.width if shown else inner.width
    bars = tuple(_strip(verse, inner.x, y, across, 2.1 * scale, upright=False))
    if bars:
        y += 2.1 * scale
    y += 4.6 * scale if shown or bars else 0
    foot, top = _foot(verse.foot, inner, scale)
    box = Box(inner.x, y, inner.width, top - y)
    return Frame(Leaf(width, height, tuple(foot), bars, shown), box)


def _beside(verse: Verse, leaf: Leaf, inner: Box, aspect: float, share: float, scale: float) -> Frame:
    """A frame with an upright picture at the left."""
    wide = min(inner.height * aspect, leaf.width * (share + 0.03))
    shown = Box(inner.x, inner.y, wide, wide / aspect)
    bars = tuple(
        _strip(verse, inner.x + wide + 1.1 * scale, inner.y, 2.1 * scale, shown.height, upright=True)
    )
    x = inner.x + wide + 8.5 * scale
    column = Box(x, inner.y, inner.x + inner.width - x, inner.height)
    foot, top = _foot(verse.foot, column, scale)
    box = Box(x, inner.y, column.width, top - inner.y)
    return Frame(Leaf(leaf.width, leaf.height, tuple(foot), bars, shown), box)


def _strip(verse: Verse, x: float, y: float, width: float, height: float, *, upright: bool) -> Iterator[Bar]:
    """The palette: a bar for each swatch, as long as its share."""
    total = sum(share for _, share in verse.swatches) or 1.0
    for rgb, share in verse.swatches:
        part = share / total
        if upright:
            yield Bar(x, y, width, height * part, rgb)
            y += height * part
        else:
            yield Bar(x, y, width * part, height, rgb)
            x += width * part


def _is_long(foot: str, width: float, height: float) -> bool:
    """Whether a colophon would leave no room for the poem."""
    room = Box(0, 0, min(width, height) * 0.4, height)
    _, top = _foot(foot, room, min(width, height) / _A6)
    return height - top > height * 0.5


def _foot(text: str, inner: Box, scale: float) -> tuple[list[TextRow], float]:
    """The colophon at the bottom of its box, and its top."""
    bottom = inner.y + inner.height
    if not text:
        return [], bottom
    em = max(5.4 * scale, 5.0) * POINT
    rows = wrapped(glyphs_of(text, ITALIC, SOFT), inner.width / em)
    deep = (len(rows) - 1) * em * 1.22
    first = bottom - FALL * em - deep
    texts = _stacked(rows, inner.x, first, em, 1.22)
    return texts, first - RISE * em - 3.2 * scale


# -- the poem in its frame ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rows:
    """A poem in rows: the title's, and the lines', each with whether it continues the line above."""

    title: tuple[Row, ...]
    lines: tuple[tuple[Row, bool], ...]


def _rows(verse: Verse, width: float, em: float) -> Rows:
    title = wrapped(verse.title, width / (em * TITLE)) if verse.title else []
    lines = (wrapped(line, width / em, INDENT) for line in verse.lines)
    return Rows(tuple(title), tuple((row, number > 0) for rows in lines for number, row in enumerate(rows)))


def _fitted(
    frame: Frame, verse: Verse, most: float, least: float, whole: bool, *, middle: bool = False
) -> Leaf | None:
    """The leaf with the poem in the largest letters that fit; with `whole`, no line may be broken."""
    scale = _scale(frame.leaf)
    steps = int((most - least) * 4) + 1
    for points in (most - step / 4 for step in range(steps)):
        em = points * POINT * scale
        if len(verse.lines) * em > frame.box.height:
            continue  # fail early, before thousands of lines are measured
        rows = _rows(verse, frame.box.width, em)
        if whole and len(rows.lines) > len(verse.lines):
            continue
        if _depth(rows, em) <= frame.box.height:
            box = _middle(frame.box, rows, em) if middle else frame.box
            return _with(frame.leaf, _placed(rows, box, em))
    return None


def _scale(leaf: Leaf) -> float:
    return min(leaf.width, leaf.height) / _A6


def _depth(rows: Rows, em: float) -> float:
    """The height of title and lines, from the top of the first letters to the bottom of the last."""
    above = len(rows.title) * em * TITLE * LEADING + (_GAP * em if rows.title else 0)
    return above + len(rows.lines) * em * LEADING - (LEADING - RISE - FALL) * em


def _middle(box: Box, rows: Rows, em: float) -> Box:
    """The part of a box that centers the poem, slightly above the middle."""
    wide = max((width_of(row) * em for row, _ in rows.lines), default=0.0)
    deep = _depth(rows, em)
    return Box(box.x + max(0.0, box.width - wide) / 2, box.y + (box.height - deep) * 0.42, box.width, deep)


def _placed(rows: Rows, box: Box, em: float) -> list[TextRow]:
    """Title and lines, placed from the top of the box."""
    texts = _stacked(rows.title, box.x, box.y + RISE * em * TITLE, em * TITLE, LEADING)
    y = box.y + len(rows.title) * em * TITLE * LEADING + (_GAP * em if rows.title else 0) + RISE * em
    for number, (row, goes_on) in enumerate(rows.lines):
        texts.append(TextRow(box.x + (INDENT * em if goes_on else 0), y + number * em * LEADING, em, row))
    return texts


def _stacked(rows: Sequence[Row], x: float, y: float, em: float, leading: float) -> list[TextRow]:
    """Rows below each other from the baseline `y`."""
    return [TextRow(x, y + number * em * leading, em, row) for number, row in enumerate(rows)]


def _with(leaf: Leaf, texts: Sequence[TextRow]) -> Leaf:
    return Leaf(leaf.width, leaf.height, (*texts, *leaf.texts), leaf.bars, leaf.shown)


def _continued(frame: Frame, verse: Verse, points: float) -> list[Leaf]:
    """The poem on several leaves: its picture and colophon on the first, only lines on the others."""
    blank = _blank(frame.leaf.width, frame.leaf.height)
    em = points * POINT * _scale(frame.leaf)
    rows = _rows(verse, frame.box.width, em)
    out: list[Leaf] = []
    while rows.title or rows.lines:
        leaf, box = (blank.leaf, blank.box) if out else (frame.leaf, frame.box)
        room = int((box.height - _depth(Rows(rows.title, ()), em)) / (em * LEADING))
        taken = _taken(rows.lines, max(1, room))  # at least one, so that every leaf makes progress
        out.append(_with(leaf, _placed(Rows(rows.title, rows.lines[:taken]), box, em)))
        rows = Rows((), rows.lines[taken:])
    return out


def _taken(lines: Sequence[tuple[Row, bool]], room: int) -> int:
    """How many rows go on a leaf with this room: a line that fits on a leaf is not split between leaves."""
    taken = room
    while 0 < taken < len(lines) and lines[taken][1]:
        taken -= 1
    return taken or room


def _blank(width: float, height: float) -> Frame:
    leaf = Leaf(width, height)
    margin = MARGIN * _scale(leaf)
    return Frame(leaf, Box(margin, margin, width - 2 * margin, height - 2 * margin))


SIZES = {name: (sheet.width, sheet.height) for name, sheet in SHEETS.items() if sheet.height}
"""Paper sizes: width and height in mm, upright."""

LAYOUTS = ("card", "cards4", "poem", "booklet")
_QUALITY = 90
_TALL = 0.85  # the aspect ratio below which a picture is beside its poem, on a landscape card
_MADE = datetime(2020, 1, 1, tzinfo=UTC)  # a fixed date, so that the same poems always give the same file


class PdfPress:
    """Makes one PDF of all poems.

    `layout` is card (photograph, poem, palette and colophon), cards4 (four of them on A4, to be cut), poem (the poem
    alone) or booklet (printed on both sides, flipped on the short edge, and folded). `size` is a6, a5 or a4: of a
    card, a poem, or a folded page (default: a6, a5 for a booklet; cards4 are always a6). `dpi` is the resolution of
    photographs, whose metadata and position are not included. `tint` prints color words in their colors; `colophon`
    says how each poem was made; `title` and `author` are on a booklet's cover, followed by a `preface`, whose
    paragraphs are separated by empty lines.
    """

    name = "pdf"
    suffix = ".pdf"

    def __init__(
        self,
        layout: str = "card",
        size: str | None = None,
        dpi: int = 300,
        tint: bool = True,
        colophon: bool = True,
        title: str = "Whose memories?",
        author: str = "",
        preface: str = "",
    ) -> None:
        if layout not in LAYOUTS:
            raise UsageError(f"the pdf press has no layout {layout!r}; it has {', '.join(LAYOUTS)}")
        size = size or ("a5" if layout == "booklet" else "a6")
        if size not in SIZES:
            raise UsageError(f"the pdf press has no size {size!r}; it has {', '.join(SIZES)}")
        if layout == "cards4" and size != "a6":
            raise UsageError(f"four cards on A4 are a6, not {size}")
        if not 36 <= dpi <= 1200:
            raise UsageError(f"{dpi} dpi: take 72 for a screen, 300 for a print shop")
        self.layout = layout
        self.size = size
        self.width, self.height = SIZES[size]
        self.dpi = dpi
        self.tint = tint
        self.colophon = colophon
        self.title = title
        self.author = author
        self.preface = preface

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """Missing photographs and characters that the fonts lack, by poem."""
        return [f"{photo_name(poem)}: {what}" for poem in poems for what in self._remarks(poem, photos)]

    def press(self, poems: Sequence[Poem], *, photos: Path | None = None) -> bytes:
        """The PDF."""
        sides = (side for poem in poems for side in self._sides(poem, photos))
        pages: Iterable[Page]
        match self.layout:
            case "cards4":
                pages = four_on_a_page(sides, *SIZES["a4"])
            case "booklet":
                page = self.width, self.height
                front = cover(self.title, poems_in_words(len(poems)), *page, author=self.author)
                preface = prose(paragraphs(self.preface), *page)
                pages = folded([*map(Side, [front, *preface]), *sides], *page)
            case _:
                pages = (Page(side.leaf.width, side.leaf.height, (Place(side),)) for side in sides)
        return self._document(pages)

    def _remarks(self, poem: Poem, photos: Path | None) -> Iterator[str]:
        text = " ".join([*map(str, (poem.title, *poem.lines)), self._foot(poem)])
        if self.layout != "poem" and find_photo(poem, photos) is None:
            yield GONE
        yield from show(text, has).remarks(
            "the fonts of the page lack {}; it is printed as an empty box", "printed without accents: {}"
        )

    def _foot(self, poem: Poem) -> str:
        return colophon(poem) if self.colophon else ""

    def _sides(self, poem: Poem, photos: Path | None) -> Iterator[Side]:
        verse = verse_of(poem, foot=self._foot(poem), tint=self.tint)
        if self.layout == "poem":
            yield from map(Side, alone(verse, self.width, self.height))
            return
        picture = open_picture(poem, photos, round(self.width / 25.4 * self.dpi))
        data = encoded(picture, "JPEG", _QUALITY) if picture else b""
        aspect = picture.width / picture.height if picture else None
        lies = aspect is not None and aspect < _TALL and self.layout != "booklet"
        size = (self.height, self.width) if lies else (self.width, self.height)
        for leaf in card(verse, *size, aspect):
            yield Side(leaf, data, f"The photograph {photo_name(poem)}")

    def _document(self, pages: Iterable[Page]) -> bytes:
        with _opened(clean(self.title), clean(self.author)) as pdf:
            for page in pages:
                pdf.add_page(format=(page.width, page.height))
                for place in page.places:
                    _draw(pdf, place)
                for x1, y1, x2, y2 in page.marks:
                    pdf.line(x1, y1, x2, y2)
            return bytes(pdf.output())


@contextmanager
def _opened(title: str, author: str) -> Iterator[FPDF]:
    """An empty document with its fonts; reproducible for the same poems."""
    from fpdf import FPDF

    pdf = FPDF(unit="mm")
    pdf.set_creation_date(_MADE)
    pdf.set_title(title or "photopoem")
    if author:
        pdf.set_author(author)
    pdf.set_creator("photopoem")
    pdf.set_lang("en")
    pdf.set_display_mode("fullpage", "default")
    pdf.set_margin(0)
    pdf.set_auto_page_break(False)
    pdf.set_line_width(0.1)
    with ExitStack() as stack:
        for face, file in FILES.items():
            path = stack.enter_context(as_file(files("photopoem") / "data" / "fonts" / file))
            pdf.add_font(face, fname=path)
        yield pdf


def _draw(pdf: FPDF, place: Place) -> None:
    leaf, x, y = place.side.leaf, place.x, place.y
    with pdf.rotation(90, x, y) if place.turned else nullcontext():
        if leaf.shown and place.side.picture:
            box = leaf.shown
            jpeg = io.BytesIO(place.side.picture)
            pdf.image(jpeg, x + box.x, y + box.y, box.width, box.height, alt_text=place.side.alt)
        for bar in leaf.bars:
            pdf.set_fill_color(*bar.color)
            pdf.rect(x + bar.x, y + bar.y, bar.width, bar.height, style="F")
        for text in leaf.texts:
            _draw_text(pdf, text, x, y)


def _draw_text(pdf: FPDF, text: TextRow, x: float, y: float) -> None:
    """Draw a row, run by run, each in its font and color."""
    at = x + text.x
    for (face, color), marks in groupby(text.row, key=lambda glyph: (glyph.face, glyph.color)):
        run = tuple(marks)
        pdf.set_font(face, size=text.em / POINT)
        pdf.set_text_color(*color)
        pdf.text(at, y + text.y, "".join(glyph.char for glyph in run))
        at += width_of(run) * text.em


_MARK = 4.0  # mm: length of cut marks; a card's margin is twice that

Stroke = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Side:
    """A leaf and its picture: a JPEG and its alternative text."""

    leaf: Leaf
    picture: bytes = b""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """The position of a side's top left corner on a page, in mm; if `turned`, its right side is up."""

    side: Side
    x: float = 0.0
    y: float = 0.0
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page in mm, the sides on it, and its cut marks (x, y to x, y)."""

    width: float
    height: float
    places: tuple[Place, ...]
    marks: tuple[Stroke, ...] = ()


def four_on_a_page(sides: Iterable[Side], width: float, height: float) -> Iterator[Page]:
    """Four cards on each page, with cut marks; landscape cards are turned."""
    waiting = iter(sides)
    while four := list(islice(waiting, 4)):
        places = (
            _in_quarter(side, number % 2 * width / 2, number // 2 * height / 2, width / 2, height / 2)
            for number, side in enumerate(four)
        )
        yield Page(width, height, tuple(places), _cut_marks(width, height))


def _in_quarter(side: Side, x: float, y: float, width: float, height: float) -> Place:
    """A card in the middle of its quarter, which may be a little larger."""
    turned = side.leaf.width > side.leaf.height
    wide, high = (side.leaf.height, side.leaf.width) if turned else (side.leaf.width, side.leaf.height)
    x, y = x + (width - wide) / 2, y + (height - high) / 2
    return Place(side, x, y + high if turned else y, turned)


def _cut_marks(width: float, height: float) -> tuple[Stroke, ...]:
    """Marks at the four edges and a cross in the middle."""
    across, down = width / 2, height / 2
    return (
        (across, 0, across, _MARK),
        (across, height - _MARK, across, height),
        (0, down, _MARK, down),
        (width - _MARK, down, width, down),
        (across - _MARK / 2, down, across + _MARK / 2, down),
        (across, down - _MARK / 2, across, down + _MARK / 2),
    )


def folded(sides: Sequence[Side], width: float, height: float) -> Iterator[Page]:
    """Two sides on each page, so that the sheets, printed on both sides and folded together, make a booklet.

    Empty sides fill it up to a multiple of four. The sheets are flipped on the short edge.
    """
    blank = Side(Leaf(width, height))
    every = [*sides, *[blank] * (-len(sides) % 4)]
    for left, right in fold_order(len(every)):
        places = (Place(every[left]), Place(every[right], x=width))
        yield Page(2 * width, height, places)


def fold_order(sides: int) -> Iterator[tuple[int, int]]:
    """The sides (from 0) at the left and right of each page, for a multiple of four."""
    for sheet in range(sides // 4):
        first, last = 2 * sheet, sides - 1 - 2 * sheet
        yield last, first
        yield first + 1, last - 1
