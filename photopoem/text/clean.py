"""Makes text from elsewhere safe to show: one cleaner for labels, keywords, names and printed poems."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LINE_ENDS = frozenset("\n\r\v\f\x85\u2028\u2029")
_JOINERS = "\u200c\u200d"  # zero width non-joiner and joiner
_VIRAMA = 9  # the combining class of the sign that takes a vowel from an Indic consonant


def acts(char: str) -> bool:
    """Whether a character does not show or acts on what shows it.

    These are Unicode's categories Cc (controls), Cf (formats: direction, zero width), Cs (bytes that could not be
    decoded), Co (private), Cn (unassigned), Zl and Zp (separators of lines and paragraphs).
    """
    category = unicodedata.category(char)
    return category[0] == "C" or category in ("Zl", "Zp")


def clean(text: str, *, joiners: bool = False, line_end: str = " ", most_marks: int | None = None) -> str:
    """The text in NFC without characters that act; every blank becomes a space.

    With `joiners`, the zero width joiner and non-joiner stay where a script or an emoji needs them; elsewhere they
    could make two words look like one. `line_end` stands for each line end. More than `most_marks` combining marks
    on one letter are left out.
    """
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    if most_marks is not None:
        text = _fewer_marks(text, most_marks)
    return "".join(_kept(text, at, char, joiners, line_end) for at, char in enumerate(text))


def as_written(text: str, *, most_marks: int | None = None) -> str:
    r"""An author's text in NFC without characters that act; line ends are `\n`, a tab is a space.

    Other blanks stay as wide as they are, and joiners stay: the author put them there.
    """
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    if most_marks is not None:
        text = _fewer_marks(text, most_marks)
    return "".join(map(_as_written, text))


def _as_written(char: str) -> str:
    if char in _LINE_ENDS or char == "\t":
        return "\n" if char in _LINE_ENDS else " "
    return "" if acts(char) and char not in _JOINERS else char


def _fewer_marks(text: str, most: int) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char)[0] == "M" else 0
        if marks <= most:
            kept.append(char)
    return "".join(kept)


def _kept(text: str, at: int, char: str, joiners: bool, line_end: str) -> str:
    """What stands for one character of a text; empty where it is left out."""
    if is_blank(char):
        return line_end if char in _LINE_ENDS else " "
    if not acts(char):
        return char
    return char if joiners and char in _JOINERS and _joins(text, at) else ""


def one_line(text: str, *, joiners: bool = False, most_marks: int | None = None) -> str:
    """The text cleaned, with single spaces and none at its ends."""
    return " ".join(clean(text, joiners=joiners, most_marks=most_marks).split())


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a text, cleaned: what empty lines divide. Their line ends stay."""
    parts = re.split(r"\n[^\S\n]*\n", clean(text, joiners=True, line_end="\n"))
    return [part.strip() for part in parts if part.strip()]


def left_out(text: str) -> frozenset[str]:
    """The characters that `clean` leaves out of a text for what they do."""
    return frozenset(char for char in text if acts(char) and not is_blank(char))


def is_blank(char: str) -> bool:
    """Whether a character separates words or lines. The separators U+001C to U+001F of data do not."""
    return char in _LINE_ENDS or char == "\t" or unicodedata.category(char) == "Zs"


def _joins(text: str, at: int) -> bool:
    """Whether a joiner stands where it changes how text looks: after a virama, or between two that it can join."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return bool(before) and (
        unicodedata.combining(before) == _VIRAMA
        or (_can_be_joined(before) and bool(after) and _can_be_joined(after))
    )


@lru_cache(maxsize=1024)
def _can_be_joined(char: str) -> bool:
    """Whether a character is a letter, mark or sign of the scripts from Arabic on, or an emoji."""
    return char >= "\u0600" and unicodedata.category(char)[0] in "LMS"
