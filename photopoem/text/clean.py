"""Makes untrusted text safe to show, and replaces characters that an output lacks."""

from __future__ import annotations

import codecs
import io
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_LINE_ENDS = frozenset("\n\r\v\f\x85\u2028\u2029")
_JOINERS = "\u200c\u200d"  # zero width non-joiner and joiner
_EM_WIDE = "\u2001\u2003\u3000"  # blanks as wide as two letters of a typewriter
_VIRAMA = 9  # the combining class of the virama, which removes the vowel of an Indic consonant


def acts(char: str) -> bool:
    """Whether a character is invisible or controls how text is displayed.

    These are Unicode's categories Cc (controls), Cf (formats: direction, zero width), Cs (undecodable bytes), Co
    (private use), Cn (unassigned), Zl and Zp (line and paragraph separators).
    """
    category = unicodedata.category(char)
    return category[0] == "C" or category in ("Zl", "Zp")


def clean(
    text: str,
    *,
    joiners: bool = False,
    blanks: bool = False,
    line_end: str = " ",
    most_marks: int | None = None,
) -> str:
    """The text in NFC without control characters; every blank becomes a space, except for wide ones with `blanks`.

    With `joiners`, zero width joiners and non-joiners stay where a script or an emoji needs them; elsewhere they could
    make two words look like one. `line_end` replaces each line end. At most `most_marks` combining marks per letter
    are kept.
    """
    if text.isascii() and text.isprintable():
        return text
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    if most_marks is not None:
        text = _fewer_marks(text, most_marks)
    return "".join(_kept(text, at, char, joiners, blanks, line_end) for at, char in enumerate(text))


def as_written(text: str, *, most_marks: int | None = None) -> str:
    r"""An author's text in NFC without control characters; line ends become `\n`, a tab becomes a space.

    Other blanks and joiners stay as they are, because the author chose them.
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


def _kept(text: str, at: int, char: str, joiners: bool, blanks: bool, line_end: str) -> str:
    """The replacement of one character of a text; empty if the character is left out."""
    if is_blank(char):
        return line_end if char in _LINE_ENDS else char if blanks and char != "\t" else " "
    if not acts(char):
        return char
    return char if joiners and char in _JOINERS and _joins(text, at) else ""


def one_line(text: str, *, joiners: bool = False, most_marks: int | None = None) -> str:
    """The cleaned text with single spaces and without spaces at its ends."""
    return " ".join(clean(text, joiners=joiners, most_marks=most_marks).split())


def paragraphs(text: str) -> list[str]:
    """The cleaned paragraphs of a text, which are separated by empty lines. Their line ends stay."""
    parts = re.split(r"\n[^\S\n]*\n", clean(text, joiners=True, line_end="\n"))
    return [part.strip() for part in parts if part.strip()]


def left_out(text: str, *, joiners: bool = False) -> frozenset[str]:
    """The characters that are left out of a text for what they do; with `joiners`, those stay."""
    kept = _JOINERS if joiners else ""
    return frozenset(char for char in text if acts(char) and not is_blank(char) and char not in kept)


def is_blank(char: str) -> bool:
    """Whether a character separates words or lines. The data separators U+001C to U+001F do not."""
    return char in _LINE_ENDS or char == "\t" or unicodedata.category(char) == "Zs"


def _joins(text: str, at: int) -> bool:
    """Whether a joiner affects how the text looks: after a virama, or between two characters that it can join."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return bool(before) and (
        unicodedata.combining(before) == _VIRAMA
        or (_can_be_joined(before) and bool(after) and _can_be_joined(after))
    )


@lru_cache(maxsize=1024)
def _can_be_joined(char: str) -> bool:
    """Whether a character is a letter, mark or sign of the scripts from Arabic on, or an emoji."""
    return char >= "\u0600" and unicodedata.category(char)[0] in "LMS"


# Replacements that read the same: letters that Unicode does not decompose, typographic signs, and bars.
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
    """A replacement of a character that `can_show` accepts: its plain form, or its letter without marks; else None."""
    plain = PLAIN.get(char)
    if plain is None:
        apart = unicodedata.normalize("NFKD", char)
        plain = "".join(one for one in apart if not unicodedata.combining(one))
        plain = "".join(PLAIN.get(one, one) if not can_show(one) else one for one in plain)
    return plain if plain and plain != char and all(map(can_show, plain)) else None


@dataclass(frozen=True, slots=True)
class Shown:
    """A text in characters that can be shown, and the characters that were lost.

    `changed` characters lost their marks (é became e), `missing` ones have no replacement, and `dropped` ones are
    control characters.
    """

    text: str
    changed: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()

    def remarks(self, missing: str, changed: str) -> Iterator[str]:
        """Remarks for the user, one per line; `{}` in the two texts stands for the characters."""
        for text, chars in ((missing, self.missing), (changed, self.changed), ("left out: {}", self.dropped)):
            if chars:
                yield text.format(listed(chars))


def show(text: str, can_show: Callable[[str], bool], *, letters: bool = True) -> Shown:
    """The cleaned text in characters that `can_show`; a missing one is kept as it is, a missing blank becomes spaces.

    Without `letters`, only signs (quotation marks, dashes) are replaced, and no letters.
    """
    out: list[str] = []
    changed: set[str] = set()
    missing: set[str] = set()
    for char in clean(text, blanks=True):
        if is_blank(char) and not can_show(char):
            out.append("  " if char in _EM_WIDE else " ")
            continue
        is_letter = unicodedata.category(char).startswith("L")
        other: str | None = char
        if not can_show(char):
            other = in_plain(char, can_show) if letters or not is_letter else None
            (missing if other is None else changed if is_letter else set()).add(char)
        out.append(char if other is None else other)
    return Shown("".join(out), frozenset(changed), frozenset(missing), left_out(text))


def listed(chars: Iterable[str]) -> str:
    """At most twelve characters with code points, as in `日 (U+65E5)`, in order, without control characters."""
    every = sorted(set(chars))
    named = (f"U+{ord(char):04X}" if acts(char) else f"{char} (U+{ord(char):04X})" for char in every[:12])
    return ", ".join(named) + (f" and {len(every) - 12} more" if len(every) > 12 else "")


def plain_streams() -> None:
    """Make standard output and error replace characters that their encoding lacks, instead of failing.

    UTF-8 streams stay as they are.
    """
    codecs.register_error(_IN_PLAIN, _in_plain)
    codecs.register(_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and (name := codecs.lookup(stream.encoding).name) != "utf-8":
            stream.reconfigure(encoding=_ASCII if name == "ascii" else name, errors=_IN_PLAIN)


_IN_PLAIN = "photopoem_in_plain"
_ASCII = "photopoem_ascii"


def _ascii(name: str) -> codecs.CodecInfo | None:
    """An alias of ASCII: click takes the name ASCII for a misconfiguration and writes UTF-8."""
    if name != _ASCII:
        return None
    ascii_ = codecs.lookup("ascii")
    return codecs.CodecInfo(
        ascii_.encode, ascii_.decode,
        incrementalencoder=ascii_.incrementalencoder, incrementaldecoder=ascii_.incrementaldecoder, name=_ASCII,
    )  # fmt: skip


def _in_plain(error: UnicodeError) -> tuple[str, int]:
    """The replacements of characters that cannot be encoded; `?` if there are none."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    chars = error.object[error.start : error.end]
    # A combining mark follows its letter, which was written already.
    plain = ("" if unicodedata.combining(c) else in_plain(c, str.isascii) or "?" for c in chars)
    return "".join(plain), error.end
