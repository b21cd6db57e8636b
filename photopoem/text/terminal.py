"""Writes to a terminal: untrusted text with escaped control characters, color if it is wanted, and counts."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from photopoem.text.clean import acts


def visible(text: str) -> str:
    """The text on one line, with every control character written as an escape."""
    return "".join(_escaped(char) if acts(char) else char for char in as_utf8(text))


def as_utf8(text: str) -> str:
    """The text, decoded again as UTF-8 if a locale such as `LC_ALL=C` could not decode it."""
    with suppress(UnicodeError):
        return text.encode("utf-8", "surrogateescape").decode("utf-8")
    return text


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def wants_color(stream: TextIO) -> bool:
    """Whether to color output to this stream: it is a terminal, and NO_COLOR is not set (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def counted(number: int, what: str) -> str:
    """A number with its noun: 1 poem, 2 poems."""
    return f"{number} {what}" + ("" if number == 1 else "s")


def say(text: str) -> None:
    """Print one line on standard error. A closed terminal, or a log that cannot be written, is not an error."""
    with suppress(OSError, ValueError):  # the work goes on, and a full disk may have room for the next line
        print(visible(text), file=sys.stderr, flush=True)


def say_nothing(_text: str) -> None:
    """Take a line as `say` does, and discard it."""


def first_of(names: Sequence[str], most: int) -> str:
    """The first `most` names, separated by commas, and dots if there are more."""
    return ", ".join([*names[:most], *(["..."] if len(names) > most else [])])
