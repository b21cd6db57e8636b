"""Reads the word lists of a grammar: lines of text, CSV and TSV with weights, and JSON as dariusk/corpora has it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from photopoem.files import read_regular

MAX_LIST = 2 << 20
"""Bytes of the largest list."""
MOST_KEYS = 6
"""Keys of lists that a message names."""
_DEEPEST = 6
_MARKS = ",;\t"
_QUOTES = '"“”„'
_WORDS = frozenset("word words name names text term item value entry label noun title".split())
_WEIGHTS = frozenset("weight weights count counts frequency freq number n probability".split())
"""What the columns of words and of weights are called in the first row of a table."""

Words = tuple[list[str], list[float]]
"""The words of a list and their weights, as many."""


def read_word_list(path: Path, key: str = "", symbol: str = "") -> Words:
    """The words of a file and their weights, 1.0 where it gives none. Lines that begin with # are notes.

    `key` names the list in a JSON object that holds several; with dots it goes further in (`birds.names`). `symbol` is
    what the list is for: a column may be called so. Raises `OSError`, and `ValueError` with the reason where the file
    is no list of words.
    """
    text = _text_of(read_regular(path, MAX_LIST))
    kind = path.suffix.lower()
    if kind == ".json" or text.lstrip()[:1] in ("[", "{"):
        words = _from_json(text, key, path.name, strict=kind == ".json")
        if words is not None:
            return words, [1.0] * len(words)
    if key:
        raise ValueError(f"only a JSON object has lists with names, as #{key}")
    lines = [line for line in io.StringIO(text, newline=None) if line.strip() and not line.startswith("#")]
    if kind in (".csv", ".tsv"):
        return _from_table(lines, symbol)
    words = _from_lines(lines)
    return words, [1.0] * len(words)


def _text_of(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8; save the file as UTF-8") from None


# -- lines -------------------------------------------------------------------------------------------------


def _from_lines(lines: Sequence[str]) -> list[str]:
    """One word a line. A single line may hold them all, with commas or semicolons between."""
    stripped = [line.strip() for line in lines]
    if len(stripped) == 1 and (mark := _mark_of(stripped)) and stripped[0].count(mark) > 1:
        stripped = next(_rows(stripped, mark))
    elif len(stripped) > 1 and all(line.endswith(",") for line in stripped[:-1]):
        stripped = [line.removesuffix(",").rstrip() for line in stripped]
    return [word for line in stripped if (word := _unquoted(line))]


def _unquoted(word: str) -> str:
    """A word without the quotes of a list in a program or in JSON."""
    bare = word.strip()
    if len(bare) > 1 and bare[0] in _QUOTES and bare[-1] in _QUOTES:
        return bare[1:-1].strip()
    return bare


# -- tables ------------------------------------------------------------------------------------------------


def _from_table(lines: Sequence[str], symbol: str) -> Words:
    """The first column and the weights in the second, or those columns that the first row calls so."""
    mark = _mark_of(lines) or ","
    rows = list(_rows(lines, mark))
    header = [cell.casefold() for cell in rows[0]] if rows else []
    told = _is_header(header, rows[1:], symbol.casefold())
    first = next((n for n, name in enumerate(header) if name in _WORDS), 0) if told else 0
    second = next((n for n, name in enumerate(header) if name in _WEIGHTS), 1) if told else 1
    kept = [row for row in rows[told:] if len(row) > first and row[first]]
    return [row[first] for row in kept], [_weight(row[second] if len(row) > second else "") for row in kept]


def _mark_of(lines: Sequence[str]) -> str:
    """What stands between the columns: the mark that gives every row as many; empty where there is one column."""
    for mark in _MARKS:
        sizes = {len(row) for row in _rows(lines[:200], mark)}
        if len(sizes) == 1 and sizes != {1}:
            return mark
    counts = {mark: sum(line.count(mark) for line in lines[:200]) for mark in _MARKS}
    most = max(_MARKS, key=lambda mark: counts[mark])
    return most if counts[most] else ""


def _rows(lines: Sequence[str], mark: str) -> Iterator[list[str]]:
    for row in csv.reader(lines, delimiter=mark, skipinitialspace=True):
        yield [cell.strip() for cell in row]


def _is_header(header: Sequence[str], rows: Sequence[Sequence[str]], symbol: str) -> bool:
    """Whether a first row names its columns: by usual names, or as the one whose second cell is no weight."""
    if not header or not rows:
        return False
    if not _WORDS.isdisjoint(header) or (symbol and header[0] in (symbol, f"{symbol}s")):
        return True
    second = [row[1] for row in rows if len(row) > 1]
    named = len(header) > 1 and _number(header[1]) is None and bool(header[1])
    return (
        named
        and bool(second)
        and (all(_number(cell) is not None for cell in second) or header[1] in _WEIGHTS)
    )


def _number(cell: str) -> float | None:
    try:
        return float(cell.replace(",", "."))
    except ValueError:
        return None


def _weight(cell: str) -> float:
    weight = _number(cell)
    return weight if weight is not None and 0 < weight < 1e9 else 1.0


# -- JSON --------------------------------------------------------------------------------------------------


def _from_json(text: str, key: str, name: str, *, strict: bool) -> list[str] | None:
    """The words of a JSON array, or of the list in an object; None for text that is no JSON after all."""
    try:
        told = json.loads(text)
    except json.JSONDecodeError as error:
        if not strict:
            return None
        raise ValueError(f"no JSON: {error.msg} in line {error.lineno}") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    found = _inside(told, key) if key else _only_list(told, name)
    if not isinstance(found, list):
        raise ValueError(f"{key!r} is no list in it" if key else "it holds no list")
    return _texts(found)


def _inside(told: Any, key: str) -> Any:
    """What a key of an object holds; dots go further in. None where there is none."""
    if not isinstance(told, dict) or not key:
        return None
    if key in told:
        return told[key]
    first, _, rest = key.partition(".")
    return _inside(told.get(first), rest)


def _only_list(told: Any, name: str) -> Any:
    """The array itself, or the only list of texts in an object."""
    if isinstance(told, list):
        return told
    lists = dict(_lists_in(told))
    if len(lists) > 1:
        shown = [*list(lists)[:MOST_KEYS], *(["..."] if len(lists) > MOST_KEYS else [])]
        raise ValueError(
            f"it holds several lists ({', '.join(shown)}); name one, as {name}#{next(iter(lists))}"
        )
    return next(iter(lists.values()), None)


def _lists_in(told: Any, before: str = "", depth: int = 0) -> Iterator[tuple[str, list[Any]]]:
    for key, value in told.items() if isinstance(told, dict) and depth < _DEEPEST else ():
        if isinstance(value, list):
            yield before + key, value
        else:
            yield from _lists_in(value, f"{before}{key}.", depth + 1)


def _texts(found: list[Any]) -> list[str]:
    for n, each in enumerate(found, 1):
        if isinstance(each, bool) or not isinstance(each, str | int | float):
            kind = (
                "an object" if isinstance(each, dict) else "a list" if isinstance(each, list) else "no text"
            )
            raise ValueError(f"item {n} of its list is {kind}; a list of texts is needed")
    return [word for each in found if (word := " ".join(str(each).split()))]
