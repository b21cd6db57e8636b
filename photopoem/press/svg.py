"""The svg press: a poem as single strokes for a pen plotter, in millimetres, on one sheet."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from photopoem.errors import PressError, UsageError
from photopoem.poem import Line, Poem
from photopoem.press.pictures import photo_name
from photopoem.press.strokes import Letter, Point, Stroke, load_font
from photopoem.text.clean import clean
from photopoem.text.fallback import show
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


SHEETS = {
    "a6": Sheet(105, 148, 10, 5.2),
    "a5": Sheet(148, 210, 15, 7),
    "a4": Sheet(210, 297, 25, 9.5),
    "receipt": Sheet(80, None, 4, 5),
}
# One pen for the author's own text and one for each layer of memory.
PENS = (AUTHOR, "place", "machine", "people")


class SvgPress:
    """Draws one poem on one sheet.

    `size` is a6, a5, a4 or receipt; `hand` (a number: whose hand) makes each letter a little uneven;
    `pens` puts the author's text and each layer of memory in a layer of its own, for pens of four colors;
    `colophon` writes how the poem was made at the foot.
    """

    name = "svg"
    suffix = ".svg"

    def __init__(
        self, size: str = "a6", hand: int | None = None, pens: bool = False, colophon: bool = True
    ) -> None:
        if size not in SHEETS:
            raise UsageError(f"there is no sheet {size!r}; there are {', '.join(SHEETS)}")
        self.sheet = SHEETS[size]
        self.size = size
        self.hand = hand
        self.pens = pens
        self.colophon = colophon

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """Characters the pen cannot draw, by poem: boxes stand for them."""
        return [f"{photo_name(poem)}: {remark}" for poem in poems for remark in _remarks(poem)]

    def press(self, poems: Sequence[Poem], *, photos: Path | None = None) -> bytes:
        """One sheet as SVG. Raises `PressError` for more than one poem, or one that no letter size fits."""
        if len(poems) != 1:
            raise PressError(
                f"a sheet holds one poem, not {len(poems)}: print to a folder, --to dir:FOLDER, a file each"
            )
        (poem,) = poems
        set_ = set_poem(poem, self.sheet, _colophon(poem) if self.colophon else "")
        if set_ is None:
            raise PressError(f"{photo_name(poem)}: too long for {self.size}; take a larger --size")
        return _document(poem, set_, self._layers(poem, set_.rows)).encode()

    def _layers(self, poem: Poem, rows: Sequence[SetRow]) -> dict[str, list[Stroke]]:
        """The strokes of each pen, in the order they are drawn."""
        hand = None
        if self.hand is not None:
            # The same hand writes the same poem in the same way, on any machine.
            hand = random.Random(f"{self.hand}/{poem.subject.digest}/{poem.seed}")  # noqa: S311 - no secret
        layers: dict[str, list[Stroke]] = {pen: [] for pen in PENS}
        for row in rows:
            for pen, strokes in _drawn(row, hand):
                layers[pen if self.pens else PENS[0]] += strokes
        return {pen: in_short_order(layers[pen]) for pen in (PENS if self.pens else PENS[:1])}


def _remarks(poem: Poem) -> Iterator[str]:
    shown = show(" ".join(map(str, (poem.title, *poem.lines))), load_font().__contains__)
    return shown.remarks("the pen has no {}; an empty box stands for it", "drawn without marks: {}")


def _colophon(poem: Poem) -> str:
    from photopoem.poem import colophon

    return colophon(poem)


def _drawn(set_: SetRow, hand: random.Random | None) -> Iterator[tuple[str, list[Stroke]]]:
    """The strokes of each letter of a row in mm, y downwards."""
    scale = set_.em / load_font().em
    pen = set_.x
    for mark in set_.row:
        letter = letter_of(mark)
        uneven = Unevenness.of(hand) if hand else Unevenness()
        yield (
            mark.pen,
            [tuple(uneven.moved(x, y, pen, set_.y, scale) for x, y in stroke) for stroke in letter.strokes],
        )
        pen += letter.advance * scale


@dataclass(frozen=True, slots=True)
class Unevenness:
    """How one letter of a hand differs from the font's: a shift (ems), a slant, a size."""

    right: float = 0.0
    up: float = 0.0
    slant: float = 0.0
    turn: float = 0.0
    size: float = 1.0

    @classmethod
    def of(cls, hand: random.Random) -> Unevenness:
        """The next letter's."""
        return cls(
            hand.gauss(0, 0.012),
            hand.gauss(0, 0.016),
            hand.gauss(0.03, 0.03),
            hand.gauss(0, 0.02),
            hand.gauss(1, 0.03),
        )

    def moved(self, x: float, y: float, pen: float, base: float, scale: float) -> Point:
        """A point of the letter (font units) on the sheet (mm), where its origin is at `pen`, `base`."""
        em = scale * 1000
        x, y = (x + y * self.slant) * self.size, (y + x * self.turn) * self.size
        return pen + x * scale + self.right * em, base - y * scale - self.up * em


def in_short_order(strokes: Sequence[Stroke]) -> list[Stroke]:
    """The strokes in an order, some of them backwards, in which the lifted pen travels less.

    From each end the pen goes to the nearest end of any stroke not yet drawn; then stretches of the way are
    turned round as long as that shortens it (2-opt).
    """
    if len(strokes) < 2:
        return list(strokes)
    out = _turned_round(_nearest_next(strokes))
    return out if travel(out) <= travel(strokes) else list(strokes)


def _nearest_next(strokes: Sequence[Stroke]) -> list[Stroke]:
    import numpy as np

    ends = np.array([[stroke[0], stroke[-1]] for stroke in strokes], dtype=float)
    out: list[Stroke] = []
    here = np.zeros(2)
    for _ in strokes:
        distance = np.hypot(*(ends - here).transpose(2, 0, 1))
        index, backwards = divmod(int(np.argmin(distance)), 2)
        out.append(strokes[index][::-1] if backwards else strokes[index])
        here = np.array(out[-1][-1])
        ends[index] = np.inf
    return out


def _turned_round(strokes: list[Stroke], passes: int = 6) -> list[Stroke]:
    """The way with stretches of it reversed where that is shorter; the work is the square of the strokes."""
    import numpy as np

    if len(strokes) > 1200:
        return strokes
    first = np.array([stroke[0] for stroke in strokes], dtype=float)
    last = np.array([stroke[-1] for stroke in strokes], dtype=float)
    order = [(index, False) for index in range(len(strokes))]
    for _ in range(passes):
        gained = 0.0
        for i in range(len(order) - 1):
            before = last[i - 1] if i else np.zeros(2)
            # Reversing the stretch i..j replaces the ways into i and out of j.
            after = np.vstack([first[i + 1 :], last[-1:]])
            out = np.hypot(*(after - last[i:]).T)
            back = np.hypot(*(after - first[i]).T)
            out[-1] = back[-1] = 0.0  # after the last stroke the pen may rest where it is
            gain = np.hypot(*(first[i] - before)) + out - np.hypot(*(last[i:] - before).T) - back
            best = int(np.argmax(gain))
            if gain[best] > 1e-6:
                j = i + best + 1
                first[i:j], last[i:j] = last[i:j][::-1].copy(), first[i:j][::-1].copy()
                order[i:j] = [(index, not turned) for index, turned in reversed(order[i:j])]
                gained += float(gain[best])
        if gained < 1.0:
            break
    return [strokes[index][::-1] if turned else strokes[index] for index, turned in order]


def travel(strokes: Sequence[Stroke]) -> float:
    """How far the pen goes lifted, from the sheet's corner through all strokes, in mm."""
    from math import dist

    starts = [(0.0, 0.0), *(stroke[-1] for stroke in strokes)]
    return sum(dist(end, stroke[0]) for end, stroke in zip(starts, strokes, strict=False))


def _document(poem: Poem, set_: SetPoem, layers: dict[str, list[Stroke]]) -> str:
    title = escape(clean(str(poem.title)) or "poem")
    # A pen that draws nothing has its layer too, so that every sheet of a show has the same pens in the same places.
    groups = "\n".join(_layer(f"{n} {pen}", layers[pen]) for n, pen in enumerate(layers, start=1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"
 width="{set_.width:g}mm" height="{set_.height:.2f}mm" viewBox="0 0 {set_.width:g} {set_.height:.2f}">
<title>{title}</title>
{groups}
</svg>
"""


_INK = 'fill="none" stroke="#000000" stroke-width="0.3" stroke-linecap="round" stroke-linejoin="round"'


def _layer(label: str, strokes: Sequence[Stroke]) -> str:
    """A layer of paths. Plotter software picks layers by the number that their names begin with.

    It looks for layers among the children of the `svg` element alone, so that nothing may stand around them.
    """
    paths = (f'<path d="M{" L".join(f"{x:.2f} {y:.2f}" for x, y in stroke)}"/>' for stroke in strokes)
    opening = f'<g inkscape:groupmode="layer" inkscape:label={quoteattr(label)} {_INK}>'
    return "\n".join([opening, *paths, "</g>"])


@dataclass(frozen=True, slots=True)
class PenLetter:
    """A character to be drawn, and the pen it is drawn with."""

    char: str
    pen: str = AUTHOR


Row = tuple[PenLetter, ...]


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
    broken = [(wrapped(letters_of(line), sheet.room / em), em) for line in poem.lines]
    title = wrapped(letters_of(poem.title), sheet.room / (em * 1.15)) if str(poem.title).strip() else []
    if whole and any(len(rows) > 1 for rows, _ in broken):
        return None
    rows, y = _stack([(title, em * 1.15)], sheet, sheet.margin + em)
    more, y = _stack(broken, sheet, y + (em * 0.6 if title else 0))
    small = max(em * FOOT, SMALLEST)
    below = wrapped(tuple(PenLetter(char) for char in _shown(foot)), sheet.room / small, 0) if foot else []
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


def _shown(text: str) -> str:
    """The text in characters that the font has, as far as they can be replaced."""
    return show(text, load_font().__contains__).text


def letters_of(line: Line) -> Row:
    """A line as marks, each with the pen of the layer its word came from."""
    return tuple(
        PenLetter(char, span.source.layer if span.source else AUTHOR)
        for span in line.spans
        for char in _shown(span.text)
    )


def letter_of(mark: PenLetter) -> Letter:
    """What is drawn for a mark."""
    return load_font().letters.get(mark.char, _BOX)


def wrapped(row: Row, room: float, indent: float = INDENT) -> list[Row]:
    """The letters in rows at most `room` ems wide; every row but the first stands `indent` ems further in."""
    text, em = "".join(mark.char for mark in row), load_font().em
    widths = [letter_of(mark).advance / em for mark in row]
    return [row[part] for part in wrap(text, widths, room, indent=indent)]
