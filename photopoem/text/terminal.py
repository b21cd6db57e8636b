"""Writes on a terminal: strangers' text with escapes for what acts, color where it is wanted, and counts of things."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from photopoem.text.clean import acts


def visible(text: str) -> str:
    """The text on one line, with every character that could act on a terminal written as an escape."""
    return "".join(_escaped(char) if acts(char) else char for char in as_utf8(text))


def as_utf8(text: str) -> str:
    """The text, decoded again as UTF-8 where a locale such as `LC_ALL=C` could not decode it."""
    with suppress(UnicodeError):
        return text.encode("utf-8", "surrogateescape").decode("utf-8")
    return text


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file name that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")


def wants_color(stream: TextIO) -> bool:
    """Whether to color what goes to this stream: a terminal, and NO_COLOR is not set (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def counted(number: int, what: str) -> str:
    """How many there are of a thing: 1 poem, 2 poems."""
    return f"{number} {what}" + ("" if number == 1 else "s")


def say(text: str) -> None:
    """Print one line on standard error. A terminal that has gone away is no error."""
    with suppress(BrokenPipeError, ValueError):  # where the terminal went away the work goes on
        print(visible(text), file=sys.stderr, flush=True)


def say_nothing(_text: str) -> None:
    """Take a line as `say` does, for those who do not want to be told."""


def first_of(names: Sequence[str], most: int) -> str:
    """The first `most` of some names with commas between, and dots where there are more."""
    return ", ".join([*names[:most], *(["..."] if len(names) > most else [])])
