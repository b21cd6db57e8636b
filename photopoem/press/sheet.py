"""Sets a poem on a sheet of paper in the pen's letters: sizes, broken rows, the colophon at the foot."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from photopoem.poem import Line, Poem
from photopoem.press.strokes import Letter, load_font
from photopoem.text.fallback import Shown, show
from photopoem.text.wrap import wrap

LEADING = 1.5  # from baseline to baseline, in ems
INDENT = 0.8  # how much further in the rest of a broken line stands, in ems
FOOT = 0.5  # the colophon's letters, of the poem's
SMALLEST = 2.0  # em in mm: in smaller letters the strokes of a pen run together
AUTHOR = "author"  # the pen of the text that is nobody's memory

# A character that the font cannot draw stands as an empty box.
_BOX = Letter((((60, 0), (60, 600), (440, 600), (440, 0), (60, 0)),), 500)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Paper: width, height (None: as long as the poem), margin and largest letter size (em), all in mm."""

    width: float
    height: float | None
    margin: float
    em: float

    @property
    def room(self) -> float:
        """The width between the margins, in mm."""
        return self.width - 2 * self.margin


@dataclass(frozen=True, slots=True)
class Mark:
    """A character to be drawn, and the pen it is drawn with."""

    char: str
    pen: str = AUTHOR


Row = tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class SetRow:
    """A row of marks with its place on the sheet: start and baseline from the top left, and em, in mm."""

    row: Row
    x: float
    y: float
    em: float


@dataclass(frozen=True, slots=True)
class SetPoem:
    """A poem set on a sheet of this width and height (mm)."""

    rows: tuple[SetRow, ...]
    width: float
    height: float


def set_poem(poem: Poem, sheet: Sheet, foot: str = "") -> SetPoem | None:
    """The poem in the largest letters that fit; None where even the smallest do not.

    Lines stay unbroken where that costs at most a quarter of the letters' size.
    """
    sizes = [em for step in range(20) if (em := sheet.em * (1 - step / 20)) >= SMALLEST]
    for whole, some in ((True, sizes[:6]), (False, sizes)):
        # What fits in large letters fits in smaller ones: halve the sizes that remain.
        first = bisect_left(some, True, key=lambda em: _set_at(poem, sheet, foot, em, whole) is not None)
        if first < len(some):
            return _set_at(poem, sheet, foot, some[first], whole)
    return None


def _set_at(poem: Poem, sheet: Sheet, foot: str, em: float, whole: bool) -> SetPoem | None:
    """The poem in letters of this size; None where they do not fit or, if `whole`, a line would break."""
    if sheet.height is not None and len(poem.lines) * em * LEADING > sheet.height:
        return None  # said soon, before thousands of lines are measured
    broken = [(wrapped(marks_of(line), sheet.room / em), em) for line in poem.lines]
    title = wrapped(marks_of(poem.title), sheet.room / (em * 1.15)) if str(poem.title).strip() else []
    if whole and any(len(rows) > 1 for rows, _ in broken):
        return None
    rows, y = _stack([(title, em * 1.15)], sheet, sheet.margin + em)
    more, y = _stack(broken, sheet, y + (em * 0.6 if title else 0))
    small = max(em * FOOT, SMALLEST)
    below = wrapped(tuple(Mark(char) for char in said(foot).text), sheet.room / small, 0) if foot else []
    depth = len(below) * small * LEADING
    end = y - em * LEADING + em * 0.8  # under the last line and what hangs from it
    height = sheet.height or end + depth + sheet.margin
    if end + depth + sheet.margin > height + 1e-9:
        return None
    last, _ = _stack([(below, small)], sheet, height - sheet.margin - depth + small, 0)
    return SetPoem((*rows, *more, *last), sheet.width, height)


def _stack(
    blocks: Sequence[tuple[list[Row], float]], sheet: Sheet, y: float, indent: float = INDENT
) -> tuple[list[SetRow], float]:
    """Rows under each other from the baseline `y`, and the next baseline."""
    out: list[SetRow] = []
    for rows, em in blocks:
        for number, row in enumerate(rows):
            out.append(SetRow(row, sheet.margin + (indent * em if number else 0), y, em))
            y += em * LEADING
    return out, y


def said(text: str) -> Shown:
    """The text in characters the font has."""
    return show(text, load_font().__contains__)


def marks_of(line: Line) -> Row:
    """A line as marks, each with the pen of the layer its word came from."""
    return tuple(
        Mark(char, span.source.layer if span.source else AUTHOR)
        for span in line.spans
        for char in said(span.text).text
    )


def letter_of(mark: Mark) -> Letter:
    """What is drawn for a mark."""
    return load_font().letters.get(mark.char, _BOX)


def wrapped(row: Row, room: float, indent: float = INDENT) -> list[Row]:
    """The letters in rows at most `room` ems wide; every row but the first stands `indent` ems further in."""
    text, em = "".join(mark.char for mark in row), load_font().em
    widths = [letter_of(mark).advance / em for mark in row]
    return [row[part] for part in wrap(text, widths, room, indent=indent)]
