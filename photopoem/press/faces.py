"""The letters of printed pages: which face has a character, and how wide it is there."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

from photopoem.color.spaces import Rgb
from photopoem.text.fallback import Shown, show
from photopoem.text.wrap import wrap

SERIF, ITALIC, SANS = "serif", "italic", "sans"
FILES = {SERIF: "EBGaramond12-Regular.ttf", ITALIC: "EBGaramond12-Italic.ttf", SANS: "DejaVuSans.ttf"}
"""The faces and their files in data/fonts. What the first two lack is taken from the third."""

BOX = "\u25a1"
"""What stands for a character that no face has."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A character to be set: its face and color."""

    char: str
    face: str
    color: Rgb


Row = tuple[Mark, ...]


@cache
def advances(face: str) -> dict[str, float]:
    """The characters that a face has, and the width of each in ems."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # it publishes no types

    with (
        as_file(files("photopoem") / "data" / "fonts" / FILES[face]) as path,
        TTFont(path, lazy=True) as font,
    ):
        widths, em = font["hmtx"].metrics, font["head"].unitsPerEm
        return {chr(code): widths[name][0] / em for code, name in font.getBestCmap().items()}


def has(char: str) -> bool:
    """Whether a page can show a character. Scripts written from the right would stand the wrong way round."""
    if unicodedata.bidirectional(char) in {"R", "AL"}:
        return False
    return char in advances(SERIF) or char in advances(SANS)


def said(text: str) -> Shown:
    """The text in characters that the faces have."""
    return show(text, has)


def marks_of(text: str, face: str, color: Rgb) -> Row:
    """A text as marks; what its face lacks is set in the third, and what that lacks is a box."""
    chars = (char if has(char) else BOX for char in said(text).text)
    return tuple(Mark(char, face if char in advances(face) else SANS, color) for char in chars)


def width_of(row: Iterable[Mark]) -> float:
    """The width of a row in ems."""
    return sum(advances(mark.face)[mark.char] for mark in row)


def wrapped(row: Row, room: float, indent: float = 0.0) -> list[Row]:
    """The letters in rows at most `room` ems wide; every row but the first may be `indent` ems shorter."""
    text = "".join(mark.char for mark in row)
    widths = [advances(mark.face)[mark.char] for mark in row]
    return [row[part] for part in wrap(text, widths, room, indent=indent)]
