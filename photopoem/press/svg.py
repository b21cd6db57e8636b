"""The svg press: a poem as single strokes for a pen plotter, in millimetres, and the font of those strokes."""

from __future__ import annotations

import random
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import dist
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from photopoem.errors import PressError, UsageError
from photopoem.poem import Line, Poem, colophon
from photopoem.press.pictures import photo_name
from photopoem.text.clean import clean, show
from photopoem.text.wrap import wrap

Point = tuple[float, float]
Stroke = tuple[Point, ...]
Strokes = tuple[Stroke, ...]

FONT = "EMSReadability.svg"
_COMMAND = re.compile(r"([MLCZ])|(-?\d+(?:\.\d+)?(?:e-?\d+)?)")
_SEGMENTS = 6  # straight pieces per curve; in 5 mm letters each is shorter than a pen's width


@dataclass(frozen=True, slots=True)
class Letter:
    """The strokes of a letter in font units, y upwards from the baseline, and its advance."""

    strokes: Strokes
    advance: float


@dataclass(frozen=True, slots=True)
class Font:
    """Letters by character; `em` is the size in font units."""

    letters: dict[str, Letter]
    em: float

    def __contains__(self, char: str) -> bool:
        return char in self.letters


@cache
def load_font() -> Font:
    """The built-in font, completed with composed letters of Latin alphabets."""
    try:
        # Only our own file is read here, never other XML.
        root = ElementTree.fromstring((files("photopoem") / "data" / "fonts" / FONT).read_bytes())  # noqa: S314
    except OSError as error:
        raise PressError(
            f"the plotter's font {FONT} is missing: install photopoem again ({error})"
        ) from error
    space = {"s": "http://www.w3.org/2000/svg"}
    face = root.find(".//s:font-face", space)
    assert face is not None, "a font has a face"  # noqa: S101 - the file is ours
    letters = {
        glyph.attrib["unicode"]: Letter(parse_path(glyph.get("d", "")), float(glyph.attrib["horiz-adv-x"]))
        for glyph in root.iterfind(".//s:glyph", space)
    }
    letters["\u00a0"] = letters[" "]
    _put_together(letters)
    return Font(letters, float(face.attrib["units-per-em"]))


def parse_path(path: str) -> Strokes:
    """The strokes of an SVG path with absolute M, L, C and Z; curves become short straight pieces."""
    strokes: list[list[Point]] = []
    command, numbers = "", list[float]()
    for letter, number in _COMMAND.findall(path):
        if letter == "Z":
            strokes[-1].append(strokes[-1][0])
        elif letter:
            command, numbers = letter, []
        else:
            numbers.append(float(number))
            if len(numbers) == (6 if command == "C" else 2):
                _move(strokes, command, [*zip(numbers[::2], numbers[1::2], strict=True)])
                # Further pairs after a moveto are lines (SVG 1.1, 8.3.2).
                command, numbers = "L" if command == "M" else command, []
    return tuple(tuple(stroke) for stroke in strokes if len(stroke) > 1)


def _move(strokes: list[list[Point]], command: str, points: list[Point]) -> None:
    if command == "M":
        strokes.append(points)
    elif command == "L":
        strokes[-1] += points
    else:
        start = strokes[-1][-1]
        strokes[-1] += [_bezier((start, *points), step / _SEGMENTS) for step in range(1, _SEGMENTS + 1)]


def _bezier(controls: tuple[Point, ...], t: float) -> Point:
    """A point of the cubic Bézier curve of four control points, at t in 0..1."""
    u = 1 - t
    weights = (u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t)
    x, y = (sum(w * p[axis] for w, p in zip(weights, controls, strict=True)) for axis in (0, 1))
    return x, y


# -- composed letters ----------------------------------------------------------------------------------

# Marks around x=0: those above start at y=0, those below end there. Sizes follow the font's own accents.
_ABOVE: dict[str, Strokes] = {
    "\u0300": (((-50, 120), (40, 0)),),  # grave
    "\u0301": (((50, 120), (-40, 0)),),  # acute
    "\u0302": (((-80, 0), (0, 110), (80, 0)),),  # circumflex
    "\u0303": (((-95, 20), (-60, 75), (-25, 75), (25, 25), (60, 25), (95, 80)),),  # tilde
    "\u0304": (((-90, 50), (90, 50)),),  # macron
    "\u0306": (((-85, 100), (-60, 35), (0, 10), (60, 35), (85, 100)),),  # breve
    "\u0307": (((-18, 20), (-18, 60), (22, 60), (22, 20), (-18, 20)),),  # dot
    "\u0308": (  # dieresis
        ((-85, 20), (-85, 60), (-45, 60), (-45, 20), (-85, 20)),
        ((45, 20), (45, 60), (85, 60), (85, 20), (45, 20)),
    ),
    "\u030a": (  # ring
        ((0, 0), (-45, 25), (-55, 70), (-30, 110), (10, 118), (48, 90), (52, 45), (30, 12), (0, 0)),
    ),
    "\u030b": (((-20, 120), (-90, 0)), ((85, 120), (15, 0))),  # double acute
    "\u030c": (((-80, 110), (0, 0), (80, 110)),),  # caron
}  # fmt: skip
_BELOW: dict[str, Strokes] = {
    "\u0323": (((-18, -60), (-18, -100), (22, -100), (22, -60), (-18, -60)),),  # dot below
    "\u0326": (((15, -60), (-20, -150)),),  # comma below
    "\u0327": (((0, 0), (-12, -55), (45, -65), (50, -105), (10, -125), (-40, -122)),),  # cedilla
    "\u0328": (((20, 0), (-25, -50), (-20, -100), (30, -115), (60, -100)),),  # ogonek
}
# Letters with a bar: their base, and the bar in parts of the base's width and height.
_CROSSED = {
    "\u0142": ("l", (0.2, 0.42), (0.85, 0.62)), "\u0141": ("L", (0.05, 0.38), (0.65, 0.65)),
    "\u0111": ("d", (0.5, 0.82), (1.0, 0.82)), "\u0110": ("D", (0.0, 0.5), (0.5, 0.5)),
    "\u0127": ("h", (0.0, 0.8), (0.5, 0.8)), "\u0167": ("t", (0.1, 0.4), (0.9, 0.4)),
}  # fmt: skip
# Characters made of two or three others, each moved closer by that part of its width.
_JOINED = {"\u0153": ("oe", 0.2), "\u0152": ("OE", 0.22), "\u2026": ("...", 0.0), "\u201e": (",,", 0.3)}


def _put_together(letters: dict[str, Letter]) -> None:
    for char, (parts, nearer) in _JOINED.items():
        letters.setdefault(char, _joined([letters[part] for part in parts], nearer))
    # A single quotation mark is half of a double one.
    for single, double in (("\u2018", "\u201c"), ("\u2019", "\u201d")):
        letters[single] = Letter(letters[double].strokes[:1], letters[double].advance * 0.57)
    letters.setdefault("\u201a", letters[","])
    for char, (base, start, end) in _CROSSED.items():
        letters.setdefault(char, _crossed(letters[base], start, end))
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        if chr(code) not in letters:
            made = _accented(letters, chr(code))
            if made is not None:
                letters[chr(code)] = made


def _joined(parts: list[Letter], nearer: float) -> Letter:
    strokes: Strokes = ()
    pen = 0.0
    for part in parts:
        pen -= nearer * part.advance if strokes else 0.0
        strokes += shifted(part.strokes, pen, 0)
        pen += part.advance
    return Letter(strokes, pen)


def _crossed(base: Letter, start: Point, end: Point) -> Letter:
    _, _, _, height = bounds(base.strokes)
    bar = tuple((x * base.advance, y * height) for x, y in (start, end))
    return Letter((*base.strokes, bar), base.advance)


def _accented(letters: dict[str, Letter], char: str) -> Letter | None:
    """A letter composed of its base and the marks above; None if a part is missing."""
    apart = unicodedata.normalize("NFD", char)
    base, marks = apart[0], apart[1:]
    # A mark above replaces the dot of an i.
    base = "\u0131" if base == "i" and any(mark in _ABOVE for mark in marks) else base
    if base not in letters or not marks or not letters[base].strokes:
        return None
    strokes, advance = letters[base].strokes, letters[base].advance
    for mark in marks:
        left, bottom, right, top = bounds(strokes)
        if mark in _ABOVE:
            strokes += shifted(_ABOVE[mark], (left + right) / 2, max(top, 480) + 60)
        elif mark in _BELOW:
            strokes += shifted(_BELOW[mark], (left + right) / 2, min(bottom, 18))
        else:
            return None
    return Letter(strokes, advance)


def shifted(strokes: Strokes, right: float, up: float) -> Strokes:
    """The strokes, moved."""
    return tuple(tuple((x + right, y + up) for x, y in stroke) for stroke in strokes)


def bounds(strokes: Strokes) -> tuple[float, float, float, float]:
    """Left, bottom, right and top (the smallest and largest x and y) of strokes."""
    xs, ys = zip(*(point for stroke in strokes for point in stroke), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


LEADING = 1.5  # line height, in ems
INDENT = 0.8  # indent of the rest of a broken line, in ems
FOOT = 0.5  # the colophon's letter size relative to the poem's
SMALLEST = 2.0  # em in mm; in smaller letters, the strokes of a pen run together
AUTHOR = "author"  # the pen of the author's text

# The empty box for a character that the font lacks.
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
# One pen for the author's text and one for each layer.
PENS = (AUTHOR, "place", "machine", "people")


class SvgPress:
    """Draws one poem on one sheet.

    `size` is a6, a5, a4 or receipt; `hand` (the number of a hand) makes each letter slightly uneven; `pens` puts the
    author's text and each source layer in an SVG layer of its own, for four pens; `colophon` adds at the bottom how
    the poem was made.
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
        """Characters that the font lacks, by poem, which are drawn as boxes."""
        return [f"{photo_name(poem)}: {remark}" for poem in poems for remark in _remarks(poem)]

    def press(self, poems: Sequence[Poem], *, photos: Path | None = None) -> bytes:
        """One sheet as SVG. Raises `PressError` for more than one poem, or a poem that fits in no letter size."""
        if len(poems) != 1:
            raise PressError(
                f"a sheet holds one poem, not {len(poems)}: print to a folder, --to dir:FOLDER, a file each"
            )
        (poem,) = poems
        set_ = set_poem(poem, self.sheet, colophon(poem) if self.colophon else "")
        if set_ is None:
            raise PressError(f"{photo_name(poem)}: too long for {self.size}; take a larger --size")
        return _document(poem, set_, self._layers(poem, set_.rows)).encode()

    def _layers(self, poem: Poem, rows: Sequence[SetRow]) -> dict[str, list[Stroke]]:
        """The strokes of each pen, in drawing order."""
        hand = None
        if self.hand is not None:
            # Seeded, so that the same hand writes the same poem in the same way on any machine.
            hand = random.Random(f"{self.hand}/{poem.subject.digest}/{poem.seed}")  # noqa: S311 - no secret
        layers: dict[str, list[Stroke]] = {pen: [] for pen in PENS}
        for row in rows:
            for pen, strokes in _drawn(row, hand):
                layers[pen if self.pens else PENS[0]] += strokes
        return {pen: in_short_order(layers[pen]) for pen in (PENS if self.pens else PENS[:1])}


def _remarks(poem: Poem) -> Iterator[str]:
    shown = show(" ".join(map(str, (poem.title, *poem.lines))), load_font().__contains__)
    return shown.remarks("the plotter font lacks {}; it becomes an empty box", "drawn without accents: {}")


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
    """How a hand's letter differs from the font's: a shift (ems), a slant, a size."""

    right: float = 0.0
    up: float = 0.0
    slant: float = 0.0
    turn: float = 0.0
    size: float = 1.0

    @classmethod
    def of(cls, hand: random.Random) -> Unevenness:
        """The unevenness of the next letter."""
        return cls(
            hand.gauss(0, 0.012),
            hand.gauss(0, 0.016),
            hand.gauss(0.03, 0.03),
            hand.gauss(0, 0.02),
            hand.gauss(1, 0.03),
        )

    def moved(self, x: float, y: float, pen: float, base: float, scale: float) -> Point:
        """A point of the letter (font units) on the sheet (mm), with its origin at `pen`, `base`."""
        em = scale * 1000
        x, y = (x + y * self.slant) * self.size, (y + x * self.turn) * self.size
        return pen + x * scale + self.right * em, base - y * scale - self.up * em


def in_short_order(strokes: Sequence[Stroke]) -> list[Stroke]:
    """The strokes reordered and partly reversed, so that the lifted pen travels less.

    Nearest neighbor first, then 2-opt: sections of the path are reversed as long as that shortens it.
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
    """The path after 2-opt; the work is quadratic in the strokes."""
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
            # Reversing the section i..j replaces the moves into i and out of j.
            after = np.vstack([first[i + 1 :], last[-1:]])
            out = np.hypot(*(after - last[i:]).T)
            back = np.hypot(*(after - first[i]).T)
            out[-1] = back[-1] = 0.0  # there is no move after the last stroke
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
    """The travel of the lifted pen, from the sheet's corner through all strokes, in mm."""
    starts = [(0.0, 0.0), *(stroke[-1] for stroke in strokes)]
    return sum(dist(end, stroke[0]) for end, stroke in zip(starts, strokes, strict=False))


def _document(poem: Poem, set_: SetPoem, layers: dict[str, list[Stroke]]) -> str:
    title = escape(clean(str(poem.title)) or "poem")
    # Empty layers are kept, so that every sheet of a show has the same layers.
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
    """A layer of paths. Plotter software selects layers by the number at the start of their names.

    It finds layers only among the children of the `svg` element, so they cannot be nested.
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
    """A row of letters on the sheet: start and baseline from the top left, and em, in mm."""

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
    """The poem in the largest letters that fit; None if even the smallest do not.

    Lines stay whole if that reduces the letters by at most a quarter.
    """
    sizes = [em for step in range(20) if (em := sheet.em * (1 - step / 20)) >= SMALLEST]
    for whole, some in ((True, sizes[:6]), (False, sizes)):
        # Binary search: what fits in large letters fits in smaller ones.
        first = bisect_left(some, True, key=lambda em: _set_at(poem, sheet, foot, em, whole) is not None)
        if first < len(some):
            return _set_at(poem, sheet, foot, some[first], whole)
    return None


def _set_at(poem: Poem, sheet: Sheet, foot: str, em: float, whole: bool) -> SetPoem | None:
    """The poem in letters of this size; None if they do not fit or, with `whole`, a line would break."""
    if sheet.height is not None and len(poem.lines) * em * LEADING > sheet.height:
        return None  # fail early, before thousands of lines are measured
    broken = [(wrapped(letters_of(line), sheet.room / em), em) for line in poem.lines]
    title = wrapped(letters_of(poem.title), sheet.room / (em * 1.15)) if str(poem.title).strip() else []
    if whole and any(len(rows) > 1 for rows, _ in broken):
        return None
    rows, y = _stack([(title, em * 1.15)], sheet, sheet.margin + em)
    more, y = _stack(broken, sheet, y + (em * 0.6 if title else 0))
    small = max(em * FOOT, SMALLEST)
    below = wrapped(tuple(PenLetter(char) for char in _shown(foot)), sheet.room / small, 0) if foot else []
    depth = len(below) * small * LEADING
    end = y - em * LEADING + em * 0.8  # below the last line and its descenders
    height = sheet.height or end + depth + sheet.margin
    if end + depth + sheet.margin > height + 1e-9:
        return None
    last, _ = _stack([(below, small)], sheet, height - sheet.margin - depth + small, 0)
    return SetPoem((*rows, *more, *last), sheet.width, height)


def _stack(
    blocks: Sequence[tuple[list[Row], float]], sheet: Sheet, y: float, indent: float = INDENT
) -> tuple[list[SetRow], float]:
    """Rows below each other from the baseline `y`, and the next baseline."""
    out: list[SetRow] = []
    for rows, em in blocks:
        for number, row in enumerate(rows):
            out.append(SetRow(row, sheet.margin + (indent * em if number else 0), y, em))
            y += em * LEADING
    return out, y


def _shown(text: str) -> str:
    """The text with missing characters replaced if possible."""
    return show(text, load_font().__contains__).text


def letters_of(line: Line) -> Row:
    """A line as letters, each with the pen of its word's layer."""
    return tuple(
        PenLetter(char, span.source.layer if span.source else AUTHOR)
        for span in line.spans
        for char in _shown(span.text)
    )


def letter_of(mark: PenLetter) -> Letter:
    """The drawn letter of a character."""
    return load_font().letters.get(mark.char, _BOX)


def wrapped(row: Row, room: float, indent: float = INDENT) -> list[Row]:
    """The letters in rows of at most `room` ems; every row but the first is indented by `indent` ems."""
    text, em = "".join(mark.char for mark in row), load_font().em
    widths = [letter_of(mark).advance / em for mark in row]
    return [row[part] for part in wrap(text, widths, room, indent=indent)]
