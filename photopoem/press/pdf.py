"""The pdf press: cards, pages and booklets for a printer or a print shop."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from importlib.resources import as_file, files
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from photopoem.errors import UsageError
from photopoem.poem import Poem
from photopoem.press.faces import FILES, said, width_of
from photopoem.press.imposition import Page, Place, Side, folded, four_on_a_page
from photopoem.press.leaf import POINT, Leaf, Text, Verse, alone, card, cover, verse_of
from photopoem.press.pictures import GONE, encoded, find_photo, open_picture, photo_name
from photopoem.press.sources import poems_in_words
from photopoem.press.svg import SHEETS
from photopoem.text.clean import clean, left_out
from photopoem.text.fallback import listed

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
    color words in their colors; `colophon` says how each poem was made; `title` stands on a booklet's cover.
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
                front = Side(cover(self.title, poems_in_words(len(poems)), self.width, self.height))
                pages = folded([front, *sides], self.width, self.height)
            case _:
                pages = (Page(side.leaf.width, side.leaf.height, (Place(side),)) for side in sides)
        return self._document(pages)

    def _remarks(self, poem: Poem, photos: Path | None) -> Iterator[str]:
        text = " ".join([*map(str, (poem.title, *poem.lines)), self._foot(poem)])
        told, dropped = said(text), left_out(text)
        if self.layout != "poem" and find_photo(poem, photos) is None:
            yield GONE
        if told.missing:
            yield f"the letters of the page have no {listed(told.missing)}; an empty box stands for it"
        if told.changed:
            yield f"printed without marks: {listed(told.changed)}"
        if dropped:
            yield f"left out: {listed(dropped)}"

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
        with _opened(clean(self.title)) as pdf:
            for page in pages:
                pdf.add_page(format=(page.width, page.height))
                for place in page.places:
                    _draw(pdf, place)
                for x1, y1, x2, y2 in page.marks:
                    pdf.line(x1, y1, x2, y2)
            return bytes(pdf.output())


@contextmanager
def _opened(title: str) -> Iterator[FPDF]:
    """An empty document with its letters; the same for the same poems, whenever and wherever it is made."""
    from fpdf import FPDF

    pdf = FPDF(unit="mm")
    pdf.set_creation_date(_MADE)
    pdf.set_title(title or "photopoem")
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


def _draw_text(pdf: FPDF, text: Text, x: float, y: float) -> None:
    """A row, run by run: each in its face and color."""
    at = x + text.x
    for (face, color), marks in groupby(text.row, key=lambda mark: (mark.face, mark.color)):
        run = tuple(marks)
        pdf.set_font(face, size=text.em / POINT)
        pdf.set_text_color(*color)
        pdf.text(at, y + text.y, "".join(mark.char for mark in run))
        at += width_of(run) * text.em
