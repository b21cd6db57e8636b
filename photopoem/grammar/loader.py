"""Reads a grammar's file: its rules, notes and word lists, with their problems."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from bisect import bisect_right
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from photopoem.errors import GrammarError
from photopoem.files import open_regular, read_regular
from photopoem.grammar import find_grammar, is_on_shelf
from photopoem.grammar.form import Form, read_form
from photopoem.grammar.parser import escape
from photopoem.grammar.rules import RuleBook, make_rule_book

MAX_LIST = 2 << 20
"""The most bytes of a list."""
MOST_KEYS = 6
"""The most lists that a message names."""
_DEEPEST = 6
_MARKS = ",;\t"
_QUOTES = '"“”„'
_WORDS = frozenset("word words name names text term item value entry label noun title".split())
_WEIGHTS = frozenset("weight weights count counts frequency freq number n probability".split())
"""Headings of word columns and of weight columns in a table."""

Words = tuple[list[str], list[float]]
"""The words of a list, and as many weights."""


def read_word_list(path: Path, key: str = "", symbol: str = "") -> Words:
    """The words of a file and their weights, by default 1.0. Lines that begin with # are comments.

    `key` names the list in a JSON object that has several; dots go deeper (`birds.names`). `symbol` is the list's
    symbol, which may also be the heading of a column. Raises `OSError`, and `ValueError` with the reason if the file
    is not a list of words.
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
    """One word per line, or all words on one line, separated by commas or semicolons."""
    stripped = [line.strip() for line in lines]
    if len(stripped) == 1 and (mark := _mark_of(stripped)) and stripped[0].count(mark) > 1:
        stripped = next(_rows(stripped, mark))
    elif len(stripped) > 1 and all(line.endswith(",") for line in stripped[:-1]):
        stripped = [line.removesuffix(",").rstrip() for line in stripped]
    return [word for line in stripped if (word := _unquoted(line))]


def _unquoted(word: str) -> str:
    """A word without quotes as in program code or JSON."""
    bare = word.strip()
    if len(bare) > 1 and bare[0] in _QUOTES and bare[-1] in _QUOTES:
        return bare[1:-1].strip()
    return bare


# -- tables ------------------------------------------------------------------------------------------------


def _from_table(lines: Sequence[str], symbol: str) -> Words:
    """The words in the first column and the weights in the second, or in the columns with such headings."""
    mark = _mark_of(lines) or ","
    rows = list(_rows(lines, mark))
    header = [cell.casefold() for cell in next(iter(rows), [])]
    told = _is_header(header, rows[1:], symbol.casefold())
    first, second = (_column(header, _WORDS, 0), _column(header, _WEIGHTS, 1)) if told else (0, 1)
    kept = [row for row in rows[told:] if len(row) > first and row[first]]
    return [row[first] for row in kept], [_weight(row[second] if len(row) > second else "") for row in kept]


def _mark_of(lines: Sequence[str]) -> str:
    """The delimiter that gives every row the same number of columns; empty if there is one column."""
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


def _column(header: Sequence[str], names: Container[str], usual: int) -> int:
    """The column with one of these headings, otherwise the usual one."""
    return next((n for n, name in enumerate(header) if name in names), usual)


def _is_header(header: Sequence[str], rows: Sequence[Sequence[str]], symbol: str) -> bool:
    """Whether the first row has headings: usual ones, or as the only row whose second cell is not a weight."""
    if not header or not rows:
        return False
    if not _WORDS.isdisjoint(header) or (symbol and header[0] in (symbol, f"{symbol}s")):
        return True
    return len(header) > 1 and _is_above_weights(header[1], [row[1] for row in rows if len(row) > 1])


def _is_above_weights(name: str, cells: Sequence[str]) -> bool:
    if not name or not cells or _number(name) is not None:
        return False
    return name in _WEIGHTS or all(_number(cell) is not None for cell in cells)


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
    """The words of a JSON array, or of a list in an object; None if the text is not JSON."""
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
        raise ValueError(f"{key!r} is no list in it" if key else "it has no list")
    return _texts(found)


def _inside(told: Any, key: str) -> Any:
    """The value of a key in an object; dots go deeper. None if there is none."""
    if not isinstance(told, dict) or not key:
        return None
    if key in told:
        return told[key]
    first, _, rest = key.partition(".")
    return _inside(told.get(first), rest)


def _only_list(told: Any, name: str) -> Any:
    """An array, or the only list of texts in an object."""
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


MAX_FILE = 2_000_000
MAX_NESTING = 20
_DECODER = json.JSONDecoder()
_LENIENT = json.JSONDecoder(strict=False)
_WRONG_QUOTES = tuple("'\u2018\u2019\u201c\u201d\u201e\u00ab")
_WRONGLY_QUOTED = re.compile(
    r"'[^'\n]*'(?=\s*[,:\]}])|[\u2018\u2019][^\n]*?\u2019(?=\s*[,:\]}])|\u00ab[^\n]*?\u00bb"
    r"|[\u201c\u201d\u201e][^\u201c\u201d\n]*[\u201c\u201d]"
)
_SPACE = re.compile(r"[ \t\n\r]*")
_COMMENT = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)|#(?![\w.]+#)[^\n]*", re.DOTALL)
_ATOM = re.compile(r"(?:-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null)(?![\w.])")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_GOES_ON = re.compile(r"[ \t]*[^\W\d_]")  # behind a text: its last quote was one inside it
_LAST_QUOTE = re.compile(r'"(?=\s*(?:[,:;\]}]|$))')
_SPECIAL = re.compile(r'\\(?:u[0-9a-fA-F]{4}|.)|"|\r?\n|[\x00-\x1f]', re.DOTALL)
_CONTROLS = {"\n": ("a line break", "\\n"), "\r": ("a line break", "\\n"), "\t": ("a tab", "\\t")}
_BARE = re.compile(r"(?!\d)[\w#][^\n\"\[\]{},:;=]*")
_KEY = re.compile(r'"(?:[^"\\\n]|\\.)*"\s*:')
_LIKE_A_COLON = re.compile(":|=>?")
_VALUE = re.compile(r"[\"'\[{\w#\-\u2018\u2019\u201c\u201d\u201e\u00ab]")
_CLOSING = ("]", "}", "")
MOST_FAULTS = 50
"""More faults of JSON than these are not told of a file: it is something else."""
_ESCAPED = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem at a place in a grammar. A grammar with an error cannot be used; a warning is advice."""

    line: int
    column: int
    message: str
    error: bool = True

    @property
    def kind(self) -> str:
        """Its kind: error or warning."""
        return "error" if self.error else "warning"


@dataclass
class GrammarFile:
    """The content of a grammar's file: `values` by key; `at[key]` and `at[key, n]` are the positions of keys and rules.

    A file is `torn` if it becomes invalid JSON at some position. Nothing after that position is read.
    """

    path: Path | None
    text: str
    values: dict[str, Any] = field(default_factory=dict)
    at: dict[str | tuple[str, int], int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    torn: bool = False

    @cached_property
    def _lines(self) -> list[int]:
        """The offset of each line."""
        return [0, *(n + 1 for n, char in enumerate(self.text) if char == "\n")]

    def place(self, at: int) -> tuple[int, int]:
        """Line and column, from 1, of a character of the text."""
        line = bisect_right(self._lines, at)
        return line, at - self._lines[line - 1] + 1

    def problem(self, at: int, message: str, *, error: bool = True) -> None:
        """Note a problem at an offset in the text."""
        self.problems.append(Problem(*self.place(at), message, error))

    def rule_at(self, key: str, n: int, offset: int = 0) -> int:
        """The position in the text of the character `offset` of a rule. Escapes count with their written length."""
        start = self.at.get((key, n), self.at.get(key, 0))
        if self.text[start : start + 1] != '"':
            return start
        at = start + 1
        for _ in range(offset):
            match = _ESCAPED.match(self.text, at)
            if match is None or match[0] == '"':
                break
            at = match.end()
        return at


class _Stop(Exception):
    """The text is not JSON."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message


def read_source(path: Path) -> GrammarFile:
    """Read a grammar's file and note its problems. Raises `OSError`."""
    with open_regular(path) as stream:
        raw = stream.read(MAX_FILE + 1)
    if len(raw) > MAX_FILE:
        source = GrammarFile(path, "")
        source.problem(0, f"larger than {MAX_FILE:,} bytes, the limit for a grammar")
        return source
    try:
        return parse_source(raw.decode("utf-8-sig"), path)
    except UnicodeDecodeError as error:
        source = GrammarFile(path, raw[: error.start].decode("utf-8", "replace"))
        source.problem(len(source.text), "not UTF-8; save the file as UTF-8")
        return source


def parse_source(text: str, path: Path | None = None) -> GrammarFile:
    """Parse a grammar's text and note its problems."""
    source = GrammarFile(path, text)
    try:
        _Scanner(source).whole()
    except _Stop as stop:
        source.torn = True
        source.problem(stop.at, stop.message)
    return source


class _Scanner:
    """Reads JSON with the position of each value. The `json` module loses positions and drops repeated keys.

    An error with an obvious cure is noted and read as intended, so that all errors are reported at once.
    """

    def __init__(self, source: GrammarFile) -> None:
        self.source = source
        self.text = source.text
        self._open: list[str] = []
        """What closes the objects and lists around the place that is read."""
        self._ended = self._at_key = False

    def whole(self) -> None:
        at = self._space(0)
        if self.text[at : at + 1] != "{":
            raise _Stop(at, 'a grammar is a JSON object, as {"origin": ["..."]}')
        _, at = self._object(at, self.source)
        while (at := self._space(at)) < len(self.text):
            if self.text[at] not in _CLOSING:
                raise _Stop(at, "something follows the end of the grammar")
            self._note(at, f"this {self.text[at]} closes nothing")
            at += 1

    def _note(self, at: int, message: str) -> None:
        if len(self.source.problems) == MOST_FAULTS:
            raise _Stop(at, "more faults follow; mend those above first")
        self.source.problem(at, message)

    def _space(self, at: int) -> int:
        """The offset of the next value or sign. A comment in another language's syntax is an error, because notes are
        keys.
        """
        while True:
            at = _SPACE.match(self.text, at).end()  # type: ignore[union-attr]  # it matches nothing too
            comment = _COMMENT.match(self.text, at)
            if comment is None:
                return at
            self._note(
                at,
                'a comment; JSON has no comments: a note is a key that begins with _, as "_1": "a postcard"',
            )
            at = comment.end()

    # -- texts ---------------------------------------------------------------------------------------------

    def _string(self, at: int) -> tuple[str, int]:
        char = self.text[at : at + 1]
        if char == '"':
            with suppress(json.JSONDecodeError):
                value, end = _DECODER.raw_decode(self.text, at)
                if not _GOES_ON.match(self.text, end):
                    return str(value), end
            return self._faulty(at)
        if char in _WRONG_QUOTES and char:
            return self._misquoted(at)
        if bare := _BARE.match(self.text, at):
            said = bare[0].rstrip()
            self._note(at, f'a text without quotes; write "{said}"')
            return said, at + len(said)
        raise _Stop(at, "a text in double quotes is expected here" + self._found(at))

    def _faulty(self, at: int) -> tuple[str, int]:
        """A text with faults inside it, or without an end."""
        match, line_end = _TEXT.match(self.text, at), self.text.find("\n", at)
        line_end = len(self.text) if line_end < 0 else line_end
        # A text that goes on in the next line was pasted; where a value begins there, its end was forgotten.
        if match is None or (line_end < match.end() and self.text[line_end:].lstrip()[:1] in ('"', "]", "}")):
            return self._unclosed(at, line_end)
        end = match.end()
        if _GOES_ON.match(self.text, end) and (last := _LAST_QUOTE.search(self.text, end, line_end)):
            end = last.end()
        inside = self.text[at + 1 : end - 1]
        mended = _SPECIAL.sub(lambda found: self._mended(at + 1 + found.start(), found[0]), inside)
        return str(_LENIENT.decode(f'"{mended}"')), end

    def _mended(self, at: int, said: str) -> str:
        """The meaning of an escape in a text; noted as an error if JSON does not have it."""
        if said[0] == "\\":
            if len(said) > 2 or said[1] in '"\\/bfnrt':
                return said
            self._note(at, f"{said.strip()} means nothing in JSON; write \\\\ for a \\ in a text")
            return "\\" + said
        if said == '"':
            self._note(at, 'a " inside a text; write \\" for it')
            return '\\"'
        what, cure = _CONTROLS.get(said[-1], ("a control character", f"\\u{ord(said[-1]):04x}"))
        self._note(at, f"{what} inside a text; write {cure} for it")
        return said

    def _misquoted(self, at: int) -> tuple[str, int]:
        """A text in quotes that JSON does not know."""
        kind = "single" if self.text[at] == "'" else "curly"
        found = _WRONGLY_QUOTED.match(self.text, at)
        told = f'{kind} quotes around a text; JSON takes straight double ones: "'
        if found is None:
            raise _Stop(at, told)
        self._note(at, told)
        return found[0][1:-1], found.end()

    def _unclosed(self, at: int, line_end: int) -> tuple[str, int]:
        """An unclosed text: it ends with its line, before the signs that close the enclosing values."""
        self._note(line_end, 'this text is never closed; a " is missing at its end')
        said = self.text[at + 1 : line_end].rstrip(" \t\r,]}")
        return said, at + 1 + len(said)

    # -- objects and lists ---------------------------------------------------------------------------------

    def _found(self, at: int) -> str:
        return f", not {self.text[at]!r}" if at < len(self.text) else ", not the end of the file"

    def _object(self, at: int, source: GrammarFile | None, depth: int = 0) -> tuple[dict[str, Any], int]:
        values: dict[str, Any] = source.values if source else {}
        at, more = self._first(at, "}")
        while more:
            start = at
            key, at = self._string(at)
            at = self._colon(at)
            if key in values:
                self._note(start, f"{key!r} is here twice; only one can count")
            if source:
                source.at[key] = start
                source.at[key, 0] = at
            values[key], at = self._value(at, key if source else None, depth)
            at, more = self._more(at, "}")
        self._open.pop()
        return values, at

    def _array(self, at: int, key: str | None, depth: int) -> tuple[list[Any], int]:
        values: list[Any] = []
        at, more = self._first(at, "]")
        while more:
            if key is not None:
                self.source.at[key, len(values)] = at
            value, at = self._value(at, None, depth)
            values.append(value)
            at, more = self._more(at, "]")
        self._open.pop()
        return values, at

    def _first(self, at: int, closing: str) -> tuple[int, bool]:
        """Where the first value of an object or a list begins, whose bracket is at `at`; whether there is any."""
        self._open.append(closing)
        at = self._commas(self._space(at + 1))
        return self._closed(at, closing) if self.text[at : at + 1] in _CLOSING else (at, True)

    def _colon(self, at: int) -> int:
        """Where the value of a key begins."""
        end, at = at, self._space(at)
        if sign := _LIKE_A_COLON.match(self.text, at):
            if sign[0] != ":":
                self._note(at, f"{sign[0]} in place of a :")
            at = sign.end()
        elif _VALUE.match(self.text, at):
            self._note(end, "a : is missing here")
        else:
            raise _Stop(at, f": is expected here{self._found(at)}")
        return self._space(at)

    def _commas(self, at: int) -> int:
        """Where the next value begins, after commas that are too many."""
        while self.text[at : at + 1] == ",":
            self._note(at, "a comma too many")
            at = self._space(at + 1)
        return at

    def _more(self, at: int, closing: str) -> tuple[int, bool]:
        """The offset of the value after one that ends at `at`, or the end of the array or object that `closing`
        closes.
        """
        if self._at_key and closing == "}":
            self._at_key = False
            return at, True
        end, at = at, self._space(at)
        comma = at if self.text[at : at + 1] in (",", ";") else None
        if comma is not None:
            if self.text[comma] == ";":
                self._note(comma, "a ; in place of a ,")
            at = self._commas(self._space(comma + 1))
        if self.text[at : at + 1] in _CLOSING:
            if comma is not None:
                self._note(comma, "a comma with nothing after it; JSON does not allow one before the end")
            return self._closed(at, closing)
        if closing == "]" and "}" in self._open and _KEY.match(self.text, at):
            self._note(end, "a ] is missing here")
            self._at_key = True
            return at, False
        if comma is None and not _VALUE.match(self.text, at):
            raise _Stop(at, f", or {closing} is expected here{self._found(at)}")
        if comma is None:
            self._note(end, "a comma is missing here")
        return at, True

    def _closed(self, at: int, closing: str) -> tuple[int, bool]:
        """The end of the array or object that `closing` closes, even if another sign or nothing is there."""
        char = self.text[at : at + 1]
        if char == closing:
            return at + 1, False
        if not char:
            if not self._ended:
                self._note(at, f"{' '.join(reversed(self._open))} missing at the end")
            self._ended = True
            return at, False
        if char in self._open[:-1]:
            self._note(at, f"a {closing} is missing before this {char}")
            return at, False
        self._note(at, f"this {char} closes nothing")
        return self._more(at + 1, closing)

    def _value(self, at: int, key: str | None, depth: int) -> tuple[Any, int]:
        if depth > MAX_NESTING:
            raise _Stop(at, "nested too deeply")
        char = self.text[at : at + 1]
        if char == "{":
            return self._object(at, None, depth + 1)
        if char == "[":
            return self._array(at, key, depth + 1)
        if char in _CLOSING or char == ",":
            self._note(at, "a value is missing here")
            return "", at
        match = _ATOM.match(self.text, at)
        if match is None:
            return self._string(at)
        try:
            return json.loads(match[0]), match.end()
        except ValueError:
            raise _Stop(at, "a number that cannot be read") from None


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a file is in a folder after resolving links."""
    return path.resolve().is_relative_to(folder.resolve())


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
"""The keys with an underscore that photopoem reads. Any other such key is a comment."""


@dataclass
class Parts:
    """A grammar's uncompiled rules and its notes."""

    source: GrammarFile
    rules: dict[str, list[str]] = field(default_factory=dict)
    weights: dict[str, list[float]] = field(default_factory=dict)
    in_order: frozenset[str] = frozenset()
    form: Form = field(default_factory=Form)
    lexicon: tuple[Path, ...] = ()
    fallback: str = ""

    @cached_property
    def book(self) -> RuleBook:
        """The rules, compiled once."""
        return make_rule_book(self.rules, self.weights, self.form.acrostic, self.in_order)

    def note(self, key: str) -> str:
        """A note, as text."""
        value = self.source.values.get(key)
        return value if isinstance(value, str) else ""

    @property
    def title(self) -> str:
        """The symbol that makes the title; empty if the grammar has none."""
        return self.note("_title") or ("title" if "title" in self.rules else "")

    @property
    def fingerprint(self) -> str:
        """A short hash of everything in the grammar that decides its poems."""
        told: list[Any] = [self.rules, self.weights, self.title, repr(self.form), self.fallback]
        told.append(sorted(self.in_order))
        told.extend(hashlib.sha256(read_regular(path)).hexdigest() for path in self.lexicon)
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode("utf-8", "replace")).hexdigest()[:16]


def read_parts(path: Path) -> Parts:
    """Read a grammar's file and note its problems. Raises `GrammarError` if it cannot be read."""
    try:
        return _parts(read_source(path))
    except OSError as error:
        raise GrammarError(f"{path}: cannot be read: {error.strerror or error}") from error


def parts_of_text(text: str, path: Path) -> Parts:
    """The parts of an unsaved grammar's text; files that it names are searched beside `path`."""
    if len(text) > MAX_FILE:
        source = GrammarFile(path, "")
        source.problem(0, f"larger than {MAX_FILE:,} bytes, the limit for a grammar")
        return Parts(source)
    return _parts(parse_source(text, path))


def parts_of(rules: Mapping[str, Any]) -> Parts:
    """The parts of a grammar given as an object."""
    try:
        return _parts(parse_source(json.dumps(rules)))
    except (TypeError, ValueError, RecursionError) as error:
        raise GrammarError(f"this is not a grammar: {error}") from error


def _parts(source: GrammarFile) -> Parts:
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
    """The grammar named by `_else`: a built-in one, or a file in the grammar's own folder."""
    name = parts.note("_else")
    if not name or is_on_shelf(name):
        return name
    path = _beside(parts, "_else", name)
    return str(path) if path else ""


def _beside(parts: Parts, key: str, name: Any) -> Path | None:
    """A file in the grammar's own folder. Any other file is a problem, because the grammar may be untrusted."""
    source = parts.source
    folder = source.path.parent if source.path else None
    wrong = "must be a file's name"
    if isinstance(name, str) and name and "\0" not in name:
        path = folder / name if folder else None
        if path is None or Path(name).is_absolute() or not is_inside(path, folder or path.parent):
            wrong = f"names {name!r}, which is not in the grammar's own folder"
        elif not path.is_file():
            wrong = f"names {name!r}, which is not a file"
        else:
            return path
    source.problem(source.at[key], f"{key} {wrong}")
    return None


def _read_words(parts: Parts, raw: Any) -> None:
    if not isinstance(raw, dict):
        parts.source.problem(parts.source.at["_words"], '_words must be an object, as {"bird": "birds.txt"}')
        return
    for symbol, name in raw.items():
        file, key = _list_in_file(parts, name)
        path = _beside(parts, "_words", file)
        if path is None:
            continue
        try:
            words, weights = read_word_list(path, key, symbol)
        except (OSError, ValueError, csv.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            parts.source.problem(parts.source.at["_words"], f"{path.name} cannot be read: {reason}")
            continue
        parts.rules[symbol] = [*parts.rules.get(symbol, []), *map(escape, words)]
        parts.weights[symbol] = [1.0] * (len(parts.rules[symbol]) - len(words)) + weights


def _list_in_file(parts: Parts, name: Any) -> tuple[Any, str]:
    """The file and the key in `file.json#key`; an existing file with # in its name has no key."""
    folder = parts.source.path.parent if parts.source.path else Path()
    if not isinstance(name, str) or "#" not in name or "\0" in name or (folder / name).is_file():
        return name, ""
    file, _, key = name.rpartition("#")
    return file, key


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
    # Lists are read first because they may have weights.
    ("_words", _read_words),
    ("_weights", _read_weights),
    ("_in_order", _read_in_order),
    ("_lexicon", _read_lexicon),
)


@lru_cache(maxsize=256)
def _found(name_or_path: str) -> Path:
    return find_grammar(name_or_path)


def stamp(name_or_path: str) -> tuple[Path, int, int]:
    """A grammar's file, with its time and size to detect changes. Raises `GrammarError` if there is none."""
    path = _found(name_or_path)
    try:
        status = path.stat()
    except OSError:
        _found.cache_clear()
        path = find_grammar(name_or_path)
        status = path.stat()
    return path, status.st_mtime_ns, status.st_size
