"""TOML files that people write: read whole, and each of their faults told with its line and column."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from photopoem.errors import UsageError, did_you_mean, did_you_mean_path
from photopoem.files import open_regular

MOST_BYTES = 1 << 20
_KEY = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[\w-]+)"""
_KEYS = rf"{_KEY}(?:\s*\.\s*{_KEY})*"
_HEADER = re.compile(rf"\s*\[\[?\s*({_KEYS})\s*\]")
_SETTING = re.compile(rf"\s*({_KEYS})\s*=")
_PLACE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A TOML file: what stands in it, and where. `name` is how messages call it."""

    name: str
    tables: Mapping[str, Any]
    text: str
    _places: dict[tuple[str, ...], tuple[int, int]] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._places.update(_places_of(self.text))

    def where(self, *keys: str, value: str | None = None) -> str:
        """`FILE:LINE:COLUMN` of a key, or of a text among its values; of the nearest table that holds it otherwise."""
        held = next((keys[:n] for n in range(len(keys), 0, -1) if keys[:n] in self._places), None)
        if held is None:
            return self.name
        line, column = self._places[held]
        if value is not None:
            line, column = self._value_after(line, value) or (line, column)
        return f"{self.name}:{line}:{column}"

    def _value_after(self, line: int, value: str) -> tuple[int, int] | None:
        """Where a quoted text stands, from a line on."""
        for number, row in enumerate(self.text.splitlines()[line - 1 :], start=line):
            at = max(row.find(f'"{value}"'), row.find(f"'{value}'"))
            if at >= 0:
                return number, at + 1
        return None

    def wrong(self, told: str, *keys: str, value: str | None = None) -> UsageError:
        """An error about a key, or about a text among its values."""
        return UsageError(f"{self.where(*keys, value=value)}: {told}")

    def check_keys(self, table: Mapping[str, Any], known: Iterable[str], *keys: str) -> None:
        """Raise `UsageError`, with the nearest known key, for one in `table` (at `keys`) that is none of `known`."""
        names = list(known)
        for key in table:
            if key not in names:
                near = did_you_mean(key, names) or f"; there are {', '.join(names)}"
                raise self.wrong(f"there is no key {key!r} here{near}", *keys, key)


def read_toml(path: str | Path) -> TomlFile:
    """A TOML file. Raises `UsageError`, with line and column, where it cannot be read."""
    try:
        with open_regular(path) as stream:
            data = stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or "its name cannot be used"
        raise UsageError(f"{path}: cannot be read ({cause.lower()}){did_you_mean_path(path)}") from error
    if len(data) > MOST_BYTES:
        raise UsageError(f"{path}: larger than {MOST_BYTES >> 20} MB; no file of this kind is")
    try:
        return parse_toml(str(path), data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8 text; save it as UTF-8") from error


def parse_toml(name: str, text: str) -> TomlFile:
    """What stands in a TOML text, which messages call by `name`. Raises `UsageError` with line and column."""
    try:
        return TomlFile(name, tomllib.loads(text), text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}{_located(str(error), text)}") from error
    except RecursionError as error:
        raise UsageError(f"{name}: brackets within brackets without an end") from error


def _located(message: str, text: str) -> str:
    """What Python says of TOML, with the place in front: `:3:5: what`."""
    match = _PLACE.fullmatch(message)
    if match is None:
        return f": {message}"
    told = match[1][:1].lower() + match[1][1:]
    rows = text.splitlines() or [""]
    line, column = match[2] or len(rows), match[3] or len(rows[-1]) + 1
    return f":{line}:{column}: no TOML: {told}"


def _places_of(text: str) -> Iterator[tuple[tuple[str, ...], tuple[int, int]]]:
    """Line and column of every table and key that begins a line. Python's parser does not tell them."""
    table: tuple[str, ...] = ()
    seen: set[tuple[str, ...]] = set()
    for number, row in enumerate(text.splitlines(), start=1):
        if match := _HEADER.match(row):
            table = found = _parts(match[1])
        elif match := _SETTING.match(row):
            found = (*table, *_parts(match[1]))
        else:
            continue
        if found not in seen:
            seen.add(found)
            yield found, (number, match.start(1) + 1)


def _parts(dotted: str) -> tuple[str, ...]:
    """The keys that a dotted key holds: `say."big dog"` is (say, big dog)."""
    try:
        made: Any = tomllib.loads(f"{dotted} = 0")
    except tomllib.TOMLDecodeError:  # it stands in a text of several lines, and is no key
        return (dotted,)
    parts: list[str] = []
    while isinstance(made, dict):
        (key,) = made
        parts.append(key)
        made = made[key]
    return tuple(parts)
