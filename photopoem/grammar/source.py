"""Reads a grammar file, remembering the line and column of every key and rule."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MAX_FILE = 2_000_000
MAX_NESTING = 20
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")
_ATOM = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null")
_COMMENTS = ("//", "/*", "#")
_ESCAPED = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a person should change: where, and what. An error keeps the grammar from being used."""

    line: int
    column: int
    message: str
    error: bool = True

    @property
    def kind(self) -> str:
        """What it is called."""
        return "error" if self.error else "warning"


@dataclass(slots=True)
class Source:
    """What a grammar file says: `values` by key, and where each key (`at[key]`) and rule (`at[key, n]`) stands.

    `torn` where it is no JSON from some place on, so that nothing after that was read.
    """

    path: Path | None
    text: str
    values: dict[str, Any] = field(default_factory=dict)
    at: dict[str | tuple[str, int], int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    torn: bool = False
    _breaks: list[int] = field(default_factory=list)

    def place(self, at: int) -> tuple[int, int]:
        """Line and column, from 1, of a character of the text."""
        if not self._breaks:
            self._breaks = [0, *(n + 1 for n, char in enumerate(self.text) if char == "\n")]
        line = bisect_right(self._breaks, at)
        return line, at - self._breaks[line - 1] + 1

    def problem(self, at: int, message: str, *, error: bool = True) -> None:
        """Note a problem at a character of the text."""
        self.problems.append(Problem(*self.place(at), message, error))

    def rule_at(self, key: str, n: int, offset: int = 0) -> int:
        """Where the character `offset` of a rule stands in the text, escapes counted as they are written."""
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
    """The text is no JSON."""

    def __init__(self, at: int, message: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message


def read_source(path: Path) -> Source:
    """Read a grammar file. What is wrong with it is among its `problems`. Raises `OSError`."""
    with path.open("rb") as stream:
        raw = stream.read(MAX_FILE + 1)
    if len(raw) > MAX_FILE:
        source = Source(path, "")
        source.problem(0, f"larger than {MAX_FILE:,} bytes: this is no grammar")
        return source
    try:
        return parse_source(raw.decode("utf-8-sig"), path)
    except UnicodeDecodeError as error:
        source = Source(path, raw[: error.start].decode("utf-8", "replace"))
        source.problem(len(source.text), "not UTF-8; save the file as UTF-8")
        return source


def parse_source(text: str, path: Path | None = None) -> Source:
    """What a grammar's text says, and what is wrong with it."""
    source = Source(path, text)
    try:
        _Scanner(source).whole()
    except _Stop as stop:
        source.torn = True
        source.problem(stop.at, stop.message)
    return source


class _Scanner:
    """A JSON reader that knows where it is: `json` forgets places and drops doubled keys in silence."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text

    def whole(self) -> None:
        at = self._space(0)
        if self.text[at : at + 1] != "{":
            raise _Stop(at, 'a grammar is a JSON object, as {"origin": ["..."]}' + self._comment(at))
        _, at = self._object(at, self.source)
        at = self._space(at)
        if at < len(self.text):
            raise _Stop(at, "something follows the end of the grammar" + self._comment(at))

    def _space(self, at: int) -> int:
        match = _SPACE.match(self.text, at)
        return match.end() if match else at

    def _string(self, at: int) -> tuple[str, int]:
        if self.text[at : at + 1] != '"':
            raise _Stop(at, "a text in double quotes is expected here" + self._found(at))
        try:
            value, end = _DECODER.raw_decode(self.text, at)
            return str(value), end
        except json.JSONDecodeError as error:
            raise _Stop(error.pos, error.msg[:1].lower() + error.msg[1:].removesuffix(" at")) from None

    def _comment(self, at: int) -> str:
        """How a grammar has its notes, where one of another language stands."""
        note = '; JSON has no comments: a note is a key that begins with _, as "_1": "a postcard"'
        return note if self.text.startswith(_COMMENTS, at) else ""

    def _found(self, at: int) -> str:
        if comment := self._comment(at):
            return comment
        return f", not {self.text[at]!r}" if at < len(self.text) else ", not the end of the file"

    def _object(self, at: int, source: Source | None, depth: int = 0) -> tuple[dict[str, Any], int]:
        values: dict[str, Any] = source.values if source else {}
        at = self._space(at + 1)
        if self.text[at : at + 1] == "}":
            return values, at + 1
        while True:
            start = at
            key, at = self._string(at)
            at = self._expect(self._space(at), ":")
            if key in values:
                self.source.problem(start, f"{key!r} is here twice; only one can count")
            value_at = self._space(at)
            if source:
                source.at[key] = start
                source.at[key, 0] = value_at
            values[key], at = self._value(value_at, key if source else None, depth)
            at, more = self._more(at, "}")
            if not more:
                return values, at

    def _array(self, at: int, key: str | None, depth: int) -> tuple[list[Any], int]:
        values: list[Any] = []
        at = self._space(at + 1)
        if self.text[at : at + 1] == "]":
            return values, at + 1
        while True:
            if key is not None:
                self.source.at[key, len(values)] = at
            value, at = self._value(at, None, depth)
            values.append(value)
            at, more = self._more(at, "]")
            if not more:
                return values, at

    def _more(self, at: int, closing: str) -> tuple[int, bool]:
        at = self._space(at)
        if self.text[at : at + 1] == closing:
            return at + 1, False
        comma = at
        at = self._space(self._expect(at, ",", f" or {closing}"))
        if self.text[at : at + 1] == closing:
            raise _Stop(comma, "a comma with nothing after it; JSON does not allow one before the end")
        return at, True

    def _expect(self, at: int, char: str, alternative: str = "") -> int:
        if self.text[at : at + 1] != char:
            raise _Stop(at, f"{char}{alternative} is expected here{self._found(at)}")
        return at + 1

    def _value(self, at: int, key: str | None, depth: int) -> tuple[Any, int]:
        if depth > MAX_NESTING:
            raise _Stop(at, "nested too deeply")
        char = self.text[at : at + 1]
        if char == '"':
            return self._string(at)
        if char == "{":
            return self._object(at, None, depth + 1)
        if char == "[":
            return self._array(at, key, depth + 1)
        match = _ATOM.match(self.text, at)
        if match is None:
            raise _Stop(at, "a value is expected here" + self._found(at))
        try:
            return json.loads(match[0]), match.end()
        except ValueError:
            raise _Stop(at, "a number that cannot be read") from None


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a file lies in a folder itself, also after every link is followed."""
    return path.resolve().is_relative_to(folder.resolve())
