"""The pdf press: cards, pages and booklets for a printer or a print shop."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import as_file, files
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING

from photopoem.errors import UsageError
from photopoem.poem import Poem
from photopoem.press.layout import (
    FILES,
    POINT,
    Leaf,
    TextRow,
    Verse,
    alone,
    card,
    cover,
    has,
    prose,
    verse_of,
    width_of,
)
from photopoem.press.pictures import GONE, encoded, find_photo, open_picture, photo_name
from photopoem.press.sources import poems_in_words
from photopoem.press.svg import SHEETS
from photopoem.text.clean import clean, paragraphs
from photopoem.text.fallback import show

if TYPE_CHECKING:
    from fpdf import FPDF


SIZES = {name: (sheet.width, sheet.height) for name, sheet in SHEETS.items() if sheet.height}
"""Paper sizes: width and height in mm, upright."""

LAYOUTS = ("card", "cards4", "poem", "booklet")
_QUALITY = 90
_TALL = 0.85  # width by height: a picture more upright than this stands beside its poem, on a card that lies
_MADE = datetime(2020, 1, 1, tzinfo=UTC)  # the same poems are the same file, whenever it is made


class PdfPress:
    """Makes one PDF of all poems.

    `layout` is card (photograph, poem, palette and colophon), cards4 (four of them on A4, to be cut), poem (the
    poem alone) or booklet (printed on both sides, turned over the short edge, and folded). `size` is a6, a5 or a4:
    of a card, a poem, or a folded page (default: a6, a5 for a booklet; cards4 are always a6). `dpi` is how fine
    photographs are printed; nothing that their files say of themselves goes along, and so no position. `tint` sets
    color words in their colors; `colophon` says how each poem was made; `title` and `author` stand on a booklet's
    cover, and a `preface` after it: an empty line divides its paragraphs.
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
        """Photographs that are gone, and what the letters cannot show, by poem."""
        return [f"{photo_name(poem)}: {what}" for poem in poems for what in self._remarks(poem, photos)]

    def press(self, poems: Sequence[Poem], *, photos: Path | None = None) -> bytes:
        """The PDF."""
        sides = (side for poem in poems for side in self._sides(poem, photos))
        pages: Iterable[Page]
        match self.layout:
            case "cards4":
                pages = four_on_a_page(sides, *SIZES["a4"])
            case "booklet":
                pages = folded([*self._front(len(poems)), *sides], self.width, self.height)
            case _:
                pages = (Page(side.leaf.width, side.leaf.height, (Place(side),)) for side in sides)
        return self._document(pages)

    def _front(self, poems: int) -> Iterator[Side]:
        """What comes before the poems of a booklet: its cover, and the preface where there is one."""
        yield Side(cover(self.title, poems_in_words(poems), self.width, self.height, author=self.author))
        yield from map(Side, prose(paragraphs(self.preface), self.width, self.height))

    def _remarks(self, poem: Poem, photos: Path | None) -> Iterator[str]:
        text = " ".join([*map(str, (poem.title, *poem.lines)), self._foot(poem)])
        if self.layout != "poem" and find_photo(poem, photos) is None:
            yield GONE
        yield from show(text, has).remarks(
            "the letters of the page have no {}; an empty box stands for it", "printed without marks: {}"
        )

    def _foot(self, poem: Poem) -> str:
        from photopoem.poem import colophon

        return colophon(poem) if self.colophon else ""

    def _sides(self, poem: Poem, photos: Path | None) -> Iterator[Side]:
        verse = verse_of(poem, foot=self._foot(poem), tint=self.tint)
        if self.layout == "poem":
            yield from map(Side, alone(verse, self.width, self.height))
            return
        picture = open_picture(poem, photos, round(self.width / 25.4 * self.dpi))
        data = encoded(picture, "JPEG", _QUALITY) if picture else b""
        leaves = self._cards(verse, picture.width / picture.height if picture else None)
        for leaf in leaves:
            yield Side(leaf, data, f"The photograph {photo_name(poem)}")

    def _cards(self, verse: Verse, aspect: float | None) -> list[Leaf]:
        lies = aspect is not None and aspect < _TALL and self.layout != "booklet"
        size = (self.height, self.width) if lies else (self.width, self.height)
        return card(verse, *size, aspect)

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
    """An empty document with its letters; the same for the same poems, whenever and wherever it is made."""
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
    """A side on the current page."""
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
    """A row, run by run: each in its face and color."""
    at = x + text.x
    for (face, color), marks in groupby(text.row, key=lambda glyph: (glyph.face, glyph.color)):
        run = tuple(marks)
        pdf.set_font(face, size=text.em / POINT)
        pdf.set_text_color(*color)
        pdf.text(at, y + text.y, "".join(glyph.char for glyph in run))
        at += width_of(run) * text.em


_MARK = 4.0  # mm: how long cut marks are; a card's margin is twice that

Stroke = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Side:
    """A leaf and its picture: a JPEG, and what is said in place of it."""

    leaf: Leaf
    picture: bytes = b""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the top left corner of a side stands on a page, in mm; if `turned`, its right side is up."""

    side: Side
    x: float = 0.0
    y: float = 0.0
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page in mm, what stands where on it, and its cut marks (x, y to x, y)."""

    width: float
    height: float
    places: tuple[Place, ...]
    marks: tuple[Stroke, ...] = ()


def four_on_a_page(sides: Iterable[Side], width: float, height: float) -> Iterator[Page]:
    """Four cards on each page, with marks where it is cut; cards that lie are turned."""
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
    """Two sides on each page, so that the sheets, printed on both sides and folded as one, make a booklet.

    Empty sides fill it up to a multiple of four. The sheets are turned over their short edge.
    """
    blank = Side(Leaf(width, height))
    every = [*sides, *[blank] * (-len(sides) % 4)]
    for left, right in fold_order(len(every)):
        places = (Place(every[left]), Place(every[right], x=width))
        yield Page(2 * width, height, places)


def fold_order(sides: int) -> Iterator[tuple[int, int]]:
    """Which sides (from 0) stand left and right on each page, of a number that four divides."""
    for sheet in range(sides // 4):
        first, last = 2 * sheet, sides - 1 - 2 * sheet
        yield last, first
        yield first + 1, last - 1
