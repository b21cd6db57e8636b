"""Characters a font or printer lacks: said another way where that is harmless, else named."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from photopoem.text.fallback import in_plain


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


def named(char: str) -> str:
    """A character as a person can look it up: `日 (U+65E5)`, without showing one that could act."""
    code = f"U+{ord(char):04X}"
    return code if unicodedata.category(char).startswith("C") else f"{char} ({code})"


def listed(chars: Iterable[str]) -> str:
    """Several characters, named, in order; at most twelve of them."""
    every = sorted(set(chars))
    more = f" and {len(every) - 12} more" if len(every) > 12 else ""
    return ", ".join(map(named, every[:12])) + more
