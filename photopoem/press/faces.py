"""The letters of printed pages: which face has a character, and how wide it is there."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

from photopoem.press.characters import Said, say
from photopoem.press.tint import Rgb

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


def said(text: str) -> Said:
    """The text in characters that the faces have."""
    return say(text, has)


def marks_of(text: str, face: str, color: Rgb) -> Row:
    """A text as marks; what its face lacks is set in the third, and what that lacks is a box."""
    chars = (char if has(char) else BOX for char in said(text).text)
    return tuple(Mark(char, face if char in advances(face) else SANS, color) for char in chars)


def width_of(row: Iterable[Mark]) -> float:
    """The width of a row in ems."""
    return sum(advances(mark.face)[mark.char] for mark in row)


def wrapped(row: Row, room: float, indent: float = 0.0) -> list[Row]:
    """The marks in rows at most `room` ems wide, broken at blanks, or inside a word where it is wider than a row.

    Every row but the first may be `indent` ems shorter.
    """
    rows: list[list[Mark]] = [[]]
    used = 0.0
    for word in _words(row):
        wide = width_of(word)
        free = room - (indent if len(rows) > 1 else 0.0)
        if rows[-1] and used + wide > free and any(mark.char != " " for mark in word):
            rows.append([])
            word = [mark for mark in word if mark.char != " "]
            used, wide, free = 0.0, width_of(word), room - indent
        if used + wide <= free:
            rows[-1] += word
            used += wide
            continue
        for mark in word:
            step = advances(mark.face)[mark.char]
            if rows[-1] and used + step > room - (indent if len(rows) > 1 else 0.0):
                rows.append([])
                used = 0.0
            rows[-1].append(mark)
            used += step
    return [tuple(each) for each in rows]


def _words(row: Sequence[Mark]) -> Iterable[list[Mark]]:
    """Words, each with the blanks before it."""
    word: list[Mark] = []
    for mark in row:
        if mark.char == " " and word and word[-1].char != " ":
            yield word
            word = []
        word.append(mark)
    if word:
        yield word
