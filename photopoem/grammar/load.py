"""Makes a grammar of a file: its rules and notes, its word lists, and what is wrong with any of them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from photopoem.errors import GrammarError
from photopoem.grammar.form import Form, read_form
from photopoem.grammar.rules import RuleBook, make_rule_book
from photopoem.grammar.shelf import find_grammar, is_on_shelf
from photopoem.grammar.source import Source, is_inside, parse_source, read_source
from photopoem.grammar.syntax import escape

MAX_LIST = 2_000_000
MAX_SYMBOLS = 5_000
NOTES = (
    "_about",
    "_by",
    "_licence",
    "_title",
    "_form",
    "_else",
    "_weights",
    "_in_order",
    "_words",
    "_lexicon",
)
"""The keys with an underscore that photopoem reads; any other is a note to people."""


@dataclass(slots=True)
class Parts:
    """What a grammar's file comes to, before its rules are compiled."""

    source: Source
    rules: dict[str, list[str]] = field(default_factory=dict)
    weights: dict[str, list[float]] = field(default_factory=dict)
    in_order: frozenset[str] = frozenset()
    form: Form = field(default_factory=Form)
    lexicon: tuple[Path, ...] = ()
    fallback: str = ""
    _book: RuleBook | None = None

    @property
    def book(self) -> RuleBook:
        """The rules, compiled once."""
        if self._book is None:
            self._book = make_rule_book(self.rules, self.weights, self.form.acrostic, self.in_order)
        return self._book

    def note(self, key: str) -> str:
        """A note to people, as text."""
        value = self.source.values.get(key)
        return value if isinstance(value, str) else ""

    @property
    def title(self) -> str:
        """The symbol that makes the title; empty where the grammar has none."""
        return self.note("_title") or ("title" if "title" in self.rules else "")

    @property
    def fingerprint(self) -> str:
        """A short hash of all that decides what the grammar says."""
        told: list[Any] = [self.rules, self.weights, self.title, repr(self.form), self.fallback]
        told.append(sorted(self.in_order))
        told.extend(hashlib.sha256(path.read_bytes()).hexdigest() for path in self.lexicon)
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode("utf-8", "replace")).hexdigest()[:16]


def read_parts(path: Path) -> Parts:
    """The parts of a grammar's file; problems are noted in its source. Raises `GrammarError` if unreadable."""
    try:
        return _parts(read_source(path))
    except OSError as error:
        raise GrammarError(f"{path}: cannot be read: {error.strerror or error}") from error


def parts_of(rules: Mapping[str, Any]) -> Parts:
    """The parts of a grammar given as an object."""
    try:
        return _parts(parse_source(json.dumps(rules)))
    except (TypeError, ValueError, RecursionError) as error:
        raise GrammarError(f"this is no grammar: {error}") from error


def _parts(source: Source) -> Parts:
    parts = Parts(source)
    if len(source.values) > MAX_SYMBOLS:
        source.problem(0, f"{len(source.values):,} symbols; {MAX_SYMBOLS:,} are the most")
        source.values.clear()
    for key, value in source.values.items():
        if not key.startswith("_"):
            _add_rules(parts, key, value)
    _read_notes(parts)
    return parts


def _add_rules(parts: Parts, key: str, value: Any) -> None:
    rules = [value] if isinstance(value, str) else value
    if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
        parts.source.problem(parts.source.at[key], f"{key!r} must be a text or a list of texts")
        rules = [rule for rule in rules if isinstance(rule, str)] if isinstance(rules, list) else []
    parts.rules[key] = rules


def _read_notes(parts: Parts) -> None:
    values, source = parts.source.values, parts.source
    parts.form, faults = read_form(values.get("_form"))
    for fault in faults:
        source.problem(source.at["_form"], fault)
    for key in ("_about", "_by", "_licence", "_title", "_else"):
        if key in values and not isinstance(values[key], str):
            source.problem(source.at[key], f"{key} must be a text")
    for key, reader in _READERS:
        if key in values:
            reader(parts, values[key])
    parts.fallback = _fallback(parts)


def _fallback(parts: Parts) -> str:
    """The grammar named by `_else`: on the shelf, or a file in the grammar's own folder."""
    name = parts.note("_else")
    if not name or is_on_shelf(name):
        return name
    path = _beside(parts, "_else", name)
    return str(path) if path else ""


def _beside(parts: Parts, key: str, name: Any) -> Path | None:
    """A file in the grammar's own folder; anything else is a problem, for a stranger's grammar reads nothing else."""
    source = parts.source
    folder = source.path.parent if source.path else None
    wrong = "must be a file's name"
    if isinstance(name, str) and name and "\0" not in name:
        path = folder / name if folder else None
        if path is None or Path(name).is_absolute() or not is_inside(path, folder or path.parent):
            wrong = f"names {name!r}, which is not in the grammar's own folder"
        elif not path.is_file():
            wrong = f"names {name!r}, which is no file"
        else:
            return path
    source.problem(source.at[key], f"{key} {wrong}")
    return None


def _read_words(parts: Parts, raw: Any) -> None:
    if not isinstance(raw, dict):
        parts.source.problem(parts.source.at["_words"], '_words must be an object, as {"bird": "birds.txt"}')
        return
    for symbol, name in raw.items():
        path = _beside(parts, "_words", name)
        if path is None:
            continue
        try:
            words, weights = _word_list(path)
        except (OSError, ValueError, csv.Error) as error:
            parts.source.problem(parts.source.at["_words"], f"{path.name} cannot be read: {error}")
            continue
        parts.rules[symbol] = [*parts.rules.get(symbol, []), *map(escape, words)]
        parts.weights[symbol] = [1.0] * (len(parts.rules[symbol]) - len(words)) + weights


def _word_list(path: Path) -> tuple[list[str], list[float]]:
    """The words of a list and their weights: one a line; in CSV and TSV the first column, the second may weigh."""
    with path.open("rb") as stream:
        raw = stream.read(MAX_LIST + 1)
    if len(raw) > MAX_LIST:
        raise ValueError(f"larger than {MAX_LIST:,} bytes")
    lines = io.StringIO(raw.decode("utf-8-sig"), newline=None)
    kind = path.suffix.lower()
    rows: Iterable[list[str]] = ([line.strip()] for line in lines)
    if kind in (".csv", ".tsv"):
        rows = csv.reader(lines, delimiter="\t" if kind == ".tsv" else ",")
    kept = [row for row in rows if row and row[0].strip() and not row[0].startswith("#")]
    return [row[0].strip() for row in kept], [_weight(row) for row in kept]


def _weight(row: list[str]) -> float:
    try:
        weight = float(row[1])
    except (IndexError, ValueError):
        return 1.0
    return weight if 0 < weight < 1e9 else 1.0


def _read_weights(parts: Parts, raw: Any) -> None:
    source = parts.source
    at = source.at["_weights"]
    if not isinstance(raw, dict):
        source.problem(at, '_weights must be an object, as {"line": [3, 1, 1]}')
        return
    for symbol, weights in raw.items():
        if symbol not in parts.rules:
            source.problem(at, f"_weights knows {symbol!r}, the grammar does not")
        elif not isinstance(weights, list) or not all(_is_weight(weight) for weight in weights):
            source.problem(at, f"_weights {symbol!r} must be a list of numbers above 0")
        elif len(weights) != len(parts.rules[symbol]):
            rules = len(parts.rules[symbol])
            source.problem(at, f"_weights {symbol!r} has {len(weights)} numbers for {rules} rules")
        else:
            parts.weights[symbol] = [float(weight) for weight in weights]


def _is_weight(weight: Any) -> bool:
    return isinstance(weight, int | float) and not isinstance(weight, bool) and 0 < weight < 1e9


def _read_in_order(parts: Parts, raw: Any) -> None:
    names = [raw] if isinstance(raw, str) else raw
    source = parts.source
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        source.problem(source.at["_in_order"], '_in_order must be a list of symbols, as ["last"]')
        return
    for name in names:
        if name not in parts.rules:
            source.problem(source.at["_in_order"], f"_in_order knows {name!r}, the grammar does not")
    parts.in_order = frozenset(names)


def _read_lexicon(parts: Parts, raw: Any) -> None:
    names = [raw] if isinstance(raw, str) else raw
    if not isinstance(names, list):
        parts.source.problem(parts.source.at["_lexicon"], "_lexicon must be a file's name, or a list of them")
        return
    paths = [_beside(parts, "_lexicon", name) for name in names]
    parts.lexicon = tuple(path for path in paths if path)


_READERS = (
    # The weights of a list's words come with them, so lists are read first.
    ("_words", _read_words),
    ("_weights", _read_weights),
    ("_in_order", _read_in_order),
    ("_lexicon", _read_lexicon),
)


@lru_cache(maxsize=256)
def _found(name_or_path: str) -> Path:
    return find_grammar(name_or_path)


def stamp(name_or_path: str) -> tuple[Path, int, int]:
    """A grammar's file and by what its change is seen. Raises `GrammarError` where there is none."""
    path = _found(name_or_path)
    try:
        status = path.stat()
    except OSError:
        _found.cache_clear()
        path = find_grammar(name_or_path)
        status = path.stat()
    return path, status.st_mtime_ns, status.st_size
