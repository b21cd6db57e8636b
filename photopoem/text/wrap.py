"""Wraps text into rows, measured in terminal or receipt columns, or in a font's widths."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_WORD = re.compile(r" *[^ ]+")  # a word with the blanks before it


def wrap(
    text: str, widths: Sequence[float], room: float, *, indent: float = 0.0, split_words: bool = True
) -> list[slice]:
    """The rows of a text as slices of it, broken at spaces, which are dropped there.

    `widths` has the width of each character, in the unit of `room`. Every row but the first has `indent` less room. A
    word that is wider than a row is split, or with `split_words` off gets a row of its own.
    """
    rows: list[slice] = []
    start, end, used = 0, 0, 0.0
    for word in _WORD.finditer(text):
        first, last = word.span()
        wide = sum(widths[first:last])
        if end > start and used + wide > room - (indent if rows else 0):
            rows.append(slice(start, end))
            first += len(word[0]) - len(word[0].lstrip(" "))
            start, used, wide = first, 0.0, sum(widths[first:last])
        if split_words and used + wide > room - (indent if rows else 0):
            parts = _split(widths, slice(start, last), room - (indent if rows else 0), room - indent)
            rows += parts[:-1]
            start = parts[-1].start
            used = sum(widths[start:last])
        else:
            used += wide
        end = last
    return [*rows, slice(start, end)]


def _split(widths: Sequence[float], row: slice, room: float, further: float) -> list[slice]:
    """A row split into parts: the first has `room`, each other one has `further`."""
    parts: list[slice] = []
    start, used = row.start, 0.0
    for at in range(row.start, row.stop):
        if at > start and used + widths[at] > (further if parts else room):
            parts.append(slice(start, at))
            start, used = at, 0.0
        used += widths[at]
    return [*parts, slice(start, row.stop)]


def columns_of(char: str) -> int:
    """How many columns a character takes: 2 for wide East Asian ones, 0 for combining marks."""
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def width_of(text: str) -> int:
    """The columns that a text takes."""
    return sum(map(columns_of, text))


def wrap_columns(text: str, columns: int, indent: str = "", *, blanks: bool = False) -> list[str]:
    """The text in rows of at most `columns`, all but the first starting with `indent`.

    Blanks become one space; with `blanks` they stay, except at the ends of rows.
    """
    text = text.rstrip() if blanks else " ".join(text.split())
    rows = wrap(text, [columns_of(char) for char in text], columns, indent=width_of(indent))
    return [(indent if number else "") + text[row] for number, row in enumerate(rows)]


def balance_columns(text: str, columns: int, indent: str = "", *, blanks: bool = False) -> list[str]:
    """The text in as few rows as `wrap_columns` makes, of even length, so that no last word is alone in a row."""
    rows = wrap_columns(text, columns, indent, blanks=blanks)
    for narrower in range(columns - 1, columns // 2, -1):
        tighter = wrap_columns(text, narrower, indent, blanks=blanks)
        if len(tighter) > len(rows):
            break
        rows = tighter
    return rows
