"""The plotter's single-line font: letters as strokes of a pen, accents put together where it lacks them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from xml.etree import ElementTree

from photopoem.errors import PressError

Point = tuple[float, float]
Stroke = tuple[Point, ...]
Strokes = tuple[Stroke, ...]

FONT = "EMSReadability.svg"
_COMMAND = re.compile(r"([MLCZ])|(-?\d+(?:\.\d+)?(?:e-?\d+)?)")
_SEGMENTS = 6  # straight pieces to a curve: at 5 mm letters each is shorter than a pen is wide


@dataclass(frozen=True, slots=True)
class Letter:
    """The strokes of a letter in font units, y upwards from the baseline, and how far the next letter is."""

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
    """The font that comes with photopoem, with the letters of Latin alphabets that it lacks put together."""
    try:
        # Our own file, shipped with its hash in the wheel's record: nobody else's XML is read here.
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
    """The strokes of an SVG path of M, L, C and Z (absolute); curves become short straight pieces."""
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


# -- what the font lacks -------------------------------------------------------------------------------

# Marks around x=0: above ones stand on y=0, below ones hang from it. Sizes follow the font's own accents.
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
# Letters crossed by a bar: their base and the bar, as parts of the base's width and height.
_CROSSED = {
    "\u0142": ("l", (0.2, 0.42), (0.85, 0.62)), "\u0141": ("L", (0.05, 0.38), (0.65, 0.65)),
    "\u0111": ("d", (0.5, 0.82), (1.0, 0.82)), "\u0110": ("D", (0.0, 0.5), (0.5, 0.5)),
    "\u0127": ("h", (0.0, 0.8), (0.5, 0.8)), "\u0167": ("t", (0.1, 0.4), (0.9, 0.4)),
}  # fmt: skip
# Characters made of two or three others, each drawn nearer by that part of its width.
_JOINED = {"\u0153": ("oe", 0.2), "\u0152": ("OE", 0.22), "\u2026": ("...", 0.0), "\u201e": (",,", 0.3)}


def _put_together(letters: dict[str, Letter]) -> None:
    for char, (parts, nearer) in _JOINED.items():
        letters.setdefault(char, _joined([letters[part] for part in parts], nearer))
    # Half of a double quotation mark is a single one.
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
    """A letter with its marks, from its base and the marks above; None where a part is not known."""
    apart = unicodedata.normalize("NFD", char)
    base, marks = apart[0], apart[1:]
    # A mark above stands in the place of the dot of an i.
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
    """Left, bottom, right and top (the smallest and largest x and y) of some strokes."""
    xs, ys = zip(*(point for stroke in strokes for point in stroke), strict=True)
    return min(xs), min(ys), max(xs), max(ys)
