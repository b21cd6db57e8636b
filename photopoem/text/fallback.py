"""Replaces characters that a font or an output lacks by plain ones: e for an accented e, a hyphen for a dash."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from photopoem.text.clean import acts, clean, left_out

# What reads the same to a person. Letters that Unicode does not take apart, typographers' signs, and bars.
PLAIN = {
    "\u2018": "'", "\u2019": "'", "\u201a": ",", "\u201b": "'", "\u2032": "'", "\u02bc": "'", "\u00b4": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2033": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2039": "'", "\u203a": "'", "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-",
    "\u2015": "-", "\u2212": "-", "\u2026": "...", "\u00d7": "x", "\u00b7": ".", "\u2022": "-", "\u2044": "/",
    "\u00b1": "+-", "\u2588": "#", **dict.fromkeys("\u2589\u258a\u258b\u258c\u258d\u258e\u258f", "|"),
    "\u00c6": "AE", "\u00e6": "ae", "\u0152": "OE", "\u0153": "oe", "\u00d8": "O", "\u00f8": "o",
    "\u0141": "L", "\u0142": "l", "\u0110": "D", "\u0111": "d", "\u00d0": "D", "\u00f0": "d",
    "\u00de": "Th", "\u00fe": "th", "\u00df": "ss", "\u1e9e": "SS", "\u0131": "i", "\u0138": "k",
}  # fmt: skip


def in_plain(char: str, can_show: Callable[[str], bool]) -> str | None:
    """A replacement of a character by those that `can_show`: its plain form, or its letter without marks; else None."""
    plain = PLAIN.get(char)
    if plain is None:
        apart = unicodedata.normalize("NFKD", char)
        plain = "".join(one for one in apart if not unicodedata.combining(one))
        plain = "".join(PLAIN.get(one, one) if not can_show(one) else one for one in plain)
    return plain if plain and plain != char and all(map(can_show, plain)) else None


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as it can be shown, and what of it cannot be.

    Letters are `changed` where they lost their marks (é shown as e), `missing` where nothing stands for them, and
    `dropped` where they act instead of showing.
    """

    text: str
    changed: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()

    def remarks(self, missing: str, changed: str) -> Iterator[str]:
        """What a person should know of it, a line each; `{}` in the two texts stands for the characters."""
        for text, chars in ((missing, self.missing), (changed, self.changed), ("left out: {}", self.dropped)):
            if chars:
                yield text.format(listed(chars))


def show(text: str, can_show: Callable[[str], bool], *, letters: bool = True) -> Shown:
    """The cleaned text in characters that `can_show`; a missing one is kept as it is.

    Without `letters`, only signs (quotation marks, dashes) are replaced by plain ones, and no letter.
    """
    out: list[str] = []
    changed: set[str] = set()
    missing: set[str] = set()
    for char in clean(text):
        is_letter = unicodedata.category(char).startswith("L")
        other: str | None = char
        if not can_show(char):
            other = in_plain(char, can_show) if letters or not is_letter else None
            (missing if other is None else changed if is_letter else set()).add(char)
        out.append(char if other is None else other)
    return Shown("".join(out), frozenset(changed), frozenset(missing), left_out(text))


def listed(chars: Iterable[str]) -> str:
    """Characters as a person can look them up, `日 (U+65E5)`, in order; at most twelve. None that acts is shown."""
    every = sorted(set(chars))
    named = (f"U+{ord(char):04X}" if acts(char) else f"{char} (U+{ord(char):04X})" for char in every[:12])
    return ", ".join(named) + (f" and {len(every) - 12} more" if len(every) > 12 else "")


def plain_streams() -> None:
    """Let standard output and error replace what their encoding lacks by plain characters, instead of failing.

    Streams of UTF-8 lack nothing and stay as they are.
    """
    codecs.register_error(_IN_PLAIN, _in_plain)
    codecs.register(_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and (name := codecs.lookup(stream.encoding).name) != "utf-8":
            stream.reconfigure(encoding=_ASCII if name == "ascii" else name, errors=_IN_PLAIN)


_IN_PLAIN = "photopoem_in_plain"
_ASCII = "photopoem_ascii"


def _ascii(name: str) -> codecs.CodecInfo | None:
    """ASCII by another name: click takes the name ASCII for a wrong setting and writes UTF-8."""
    if name != _ASCII:
        return None
    ascii_ = codecs.lookup("ascii")
    return codecs.CodecInfo(
        ascii_.encode, ascii_.decode,
        incrementalencoder=ascii_.incrementalencoder, incrementaldecoder=ascii_.incrementaldecoder, name=_ASCII,
    )  # fmt: skip


def _in_plain(error: UnicodeError) -> tuple[str, int]:
    """The plain characters to write in place of those that cannot be encoded; `?` where there are none."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    chars = error.object[error.start : error.end]
    # A mark without its letter stands behind it: the letter is there already.
    plain = ("" if unicodedata.combining(c) else in_plain(c, str.isascii) or "?" for c in chars)
    return "".join(plain), error.end
