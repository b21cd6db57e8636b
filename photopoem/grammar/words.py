"""Makes words from anywhere safe to say, and knows which of them say the same thing."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MAX_WORD = 60
"""Characters of the longest word or phrase that a poem says; longer ones are cut at a space."""

_MARKS = 3
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")

# Words that may come back in a poem without being a repetition.
_SMALL = frozenset(
    "a an and any are as at be been before behind below between but by can cannot could did do does down each else "
    "every everything few for from had has have he her here hers him his how i if in into is it its just left like "
    "little made many may me might mine more most much must my near nearly never no nobody none nor not nothing now of "
    "off on once one only or other our out over own part parts quite same she so some somebody someone something than "
    "that the their them then there these they thing things this those though through time times to too toward towards "
    "two under until up upon us very was way we were what when where which while who whom whose why will with without "
    "would yes yet you your half third quarter fifth sixth seventh eighth ninth tenth three four five six seven eight "
    "nine ten hardly almost fairly sure".split()
)


@lru_cache(maxsize=8192)
def clean(text: str, longest: int = MAX_WORD) -> str:
    """Text as one short line of visible characters.

    Line breaks and other spaces become single spaces; control, bidirectional, zero-width, private and
    unassigned characters are dropped; more than three marks on one letter are cut. It may come out empty.
    """
    # Cut before it is read: a label of a megabyte must not cost a second.
    return _shorten(" ".join(visible(text[: 20 * longest]).split()), longest)


def visible(text: str) -> str:
    r"""Text without characters that do not show or that act, in NFC; line breaks stay as `\n`."""
    if text.isascii() and text.isprintable():
        return text
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", text.replace("\r\n", "\n")):
        category = unicodedata.category(char)
        marks = marks + 1 if category[0] == "M" else 0
        if char in "\n\r\v\f\x85\u2028\u2029":
            kept.append("\n")
        elif char == "\t" or category == "Zs":
            kept.append(" ")
        elif category[0] != "C" and marks <= _MARKS:
            kept.append(char)
    return "".join(kept)


def _shorten(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    head, space, _ = text[: longest + 1].rpartition(" ")
    return head if space else text[:longest]


@lru_cache(maxsize=16384)
def stems(text: str) -> frozenset[str]:
    """The words of a text that carry its content, in lower case and without plural endings."""
    return frozenset(_stem(word) for word in tokens(text) if len(word) > 2 and word not in _SMALL)


def tokens(text: str) -> list[str]:
    """Every word of a text, in lower case."""
    return _WORD.findall(text.lower().replace("\u2019", "'"))


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word
