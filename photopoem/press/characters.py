"""Characters a font or printer lacks: said another way where that is harmless, else named."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

# What reads the same to a person. Letters that Unicode does not take apart, and typographers' signs.
PLAIN = {
    "\u2018": "'", "\u2019": "'", "\u201a": ",", "\u201b": "'", "\u2032": "'", "\u02bc": "'", "\u00b4": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2033": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2039": "'", "\u203a": "'", "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-",
    "\u2015": "-", "\u2212": "-", "\u2026": "...", "\u00d7": "x", "\u00b7": ".", "\u2022": "-", "\u2044": "/",
    "\u00c6": "AE", "\u00e6": "ae", "\u0152": "OE", "\u0153": "oe", "\u00d8": "O", "\u00f8": "o",
    "\u0141": "L", "\u0142": "l", "\u0110": "D", "\u0111": "d", "\u00d0": "D", "\u00f0": "d",
    "\u00de": "Th", "\u00fe": "th", "\u00df": "ss", "\u1e9e": "SS", "\u0131": "i", "\u0138": "k",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """A text as it can be shown, and what of it cannot: letters `changed` (é shown as e) and `missing`."""

    text: str
    changed: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()


def without_controls(text: str) -> str:
    """The text in composed form, every kind of blank as a space, with nothing in it that acts.

    Left out are control, format (direction, zero width), private and unassigned characters.
    """
    composed = unicodedata.normalize("NFC", text)
    kept = (" " if _is_blank(char) else char for char in composed)
    return "".join(char for char in kept if not unicodedata.category(char).startswith("C"))


def controls(text: str) -> frozenset[str]:
    """What `without_controls` leaves out of a text."""
    return frozenset(char for char in text if not _is_blank(char) and unicodedata.category(char)[0] == "C")


def _is_blank(char: str) -> bool:
    return char in "\t\n\r\v\f" or unicodedata.category(char).startswith("Z")


def say(text: str, can_show: Callable[[str], bool], *, letters: bool = True) -> Said:
    """`text` in characters that `can_show`; a missing one is kept as it is.

    Without `letters`, only signs (quotation marks, dashes) are said in plain ones, and no letter.
    """
    out: list[str] = []
    changed: set[str] = set()
    missing: set[str] = set()
    for char in without_controls(text):
        is_letter = unicodedata.category(char).startswith("L")
        other: str | None = char
        if not can_show(char):
            other = in_plain(char, can_show) if letters or not is_letter else None
            (missing if other is None else changed if is_letter else set()).add(char)
        out.append(char if other is None else other)
    return Said("".join(out), frozenset(changed), frozenset(missing))


def in_plain(char: str, can_show: Callable[[str], bool]) -> str | None:
    """A character said in those that `can_show`, or None: its plain form, or its letter without its marks."""
    plain = PLAIN.get(char)
    if plain is None:
        apart = unicodedata.normalize("NFKD", char)
        plain = "".join(one for one in apart if not unicodedata.combining(one))
        plain = "".join(PLAIN.get(one, one) if not can_show(one) else one for one in plain)
    return plain if plain and plain != char and all(map(can_show, plain)) else None


def named(char: str) -> str:
    """A character as a person can look it up: `日 (U+65E5)`, without showing one that could act."""
    code = f"U+{ord(char):04X}"
    return code if unicodedata.category(char).startswith("C") else f"{char} ({code})"


def listed(chars: Iterable[str]) -> str:
    """Several characters, named, in order; at most twelve of them."""
    every = sorted(set(chars))
    more = f" and {len(every) - 12} more" if len(every) > 12 else ""
    return ", ".join(map(named, every[:12])) + more
