"""The form of a poem: reads `_form` and checks lines against it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MAX_LINES = 100
NARROWEST = 8
LONGEST_PHRASE = 240
"""The longest phrase, in characters, in a line without a fixed width."""


@dataclass(frozen=True, slots=True)
class Form:
    """The form that lines must have.

    `width` is the most characters of a line; if `soft`, longer lines are broken at a space and continue indented by
    `indent`. `syllables` and `words` are counts for each line; `lines` is the least and the most lines. `acrostic` are
    symbols: the lines begin with the letters of the first that can be spelled, and each line is made from the symbol
    `line`; the last one from `last`, if there is such a symbol.
    """

    width: int | None = None
    soft: bool = False
    indent: int = 2
    syllables: tuple[int, ...] = ()
    words: tuple[int, ...] = ()
    lines: tuple[int, int] | None = None
    acrostic: tuple[str, ...] = ()
    line: str = "line"
    last: str = ""

    @property
    def starts(self) -> tuple[str, ...]:
        """The symbols that the lines of a poem are made from."""
        if not self.acrostic:
            return ("origin",)
        return (self.line, self.last) if self.last else (self.line,)

    @property
    def counted(self) -> bool:
        """Whether the form counts words or syllables, so that each line takes many tries."""
        return bool(self.syllables or self.words or self.acrostic)

    @property
    def line_count(self) -> tuple[int, int]:
        """The least and the most lines."""
        exact = max(len(self.syllables), len(self.words))
        return self.lines or ((exact, exact) if exact else (1, MAX_LINES))

    @property
    def too_wide(self) -> str:
        """The error for a line that is too wide."""
        return f"a line wider than {self.width}"

    @property
    def size_fault(self) -> str:
        """The error for a line if no phrase fills the rest of it."""
        if self.syllables:
            return "another number of syllables"
        return "another number of words" if self.words else self.too_wide

    @property
    def hard_width(self) -> int:
        """The most characters of a line; 0 if longer lines are broken, or if there is no limit."""
        return 0 if self.soft else self.width or 0

    def fitting(
        self, number: int, before: str, after: str, sizes: Sequence[tuple[int, int, int | None]]
    ) -> list[int]:
        """The indices in `sizes` of phrases that fit between two texts in a line with this number (from 0).

        `sizes` has the characters, words and syllables of each phrase.
        """
        rest = f"{before} {after}"
        hard = self.hard_width
        most = max(0, hard - len(before) - len(after)) if hard else LONGEST_PHRASE
        places = [n for n, size in enumerate(sizes) if size[0] <= most]
        if self.words:
            # The phrase takes the place of the x: a full stop after it is no word.
            words = _left(self.words, number, len(f"{before}x{after}".split()) - 1)
            places = [n for n in places if sizes[n][1] == words]
        if self.syllables:
            syllables = _left(self.syllables, number, _syllables(rest))
            places = [n for n in places if sizes[n][2] == syllables]
        return places

    def count_fault(self, number: int, text: str) -> str | None:
        """The error for a wrong number of words or syllables in the line with this number (from 0), if any."""
        if self.words and not _is(self.words, number, len(text.split())):
            return "another number of words"
        if self.syllables and not _is(self.syllables, number, _syllables(text)):
            return "another number of syllables"
        return None

    def poem_fault(self, lines: int) -> str | None:
        """The error for a poem with this many lines; None if the form allows it."""
        least, most = self.line_count
        return None if self.acrostic or least <= lines <= most else "another number of lines"


def _left(counts: Sequence[int], number: int, said: int | None) -> int:
    """The rest of a line's count; 0 if the count so far is uncertain."""
    return max(0, counts[number] - said) if number < len(counts) and said is not None else 0


def _is(counts: Sequence[int], number: int, count: int | None) -> bool:
    return number < len(counts) and counts[number] == count


def _syllables(text: str) -> int | None:
    from photopoem.english.syllables import syllables_for_sure

    return syllables_for_sure(text)


def letters_of(text: str) -> list[str]:
    """The letters of an acrostic: without accents, in lower case."""
    return [char for char in unicodedata.normalize("NFD", text).lower() if char.isalpha()]


def initial_of(text: str) -> str:
    """The first letter of a line; empty if it has none."""
    first = text[:1]
    if first.isascii() and first.isalpha():
        return first.lower()
    return next(iter(letters_of(text)), "")


def read_form(raw: Any) -> tuple[Form, list[str]]:
    """Parse `_form`; returns the form and the errors in it."""
    if raw is None:
        return Form(), []
    if not isinstance(raw, Mapping):
        return Form(), ['_form must be an object, as {"width": 32}']
    faults: list[str] = []
    values: dict[str, Any] = {}
    for key, value in raw.items():
        if key not in _READERS:
            faults.append(f"_form has no key {key!r}; its keys are {', '.join(_READERS)}")
            continue
        read = _READERS[key](value)
        if read is None:
            faults.append(f"_form {key}: {_EXPECTED[key]}")
        else:
            values[_FIELDS.get(str(key), str(key))] = read
    form = Form(**values)
    return form, faults + _clashes(form)


def _clashes(form: Form) -> list[str]:
    faults = []
    if form.syllables and form.words and len(form.syllables) != len(form.words):
        faults.append("_form syllables and words count different numbers of lines")
    exact = max(len(form.syllables), len(form.words))
    if exact and form.lines and not form.lines[0] <= exact <= form.lines[1]:
        faults.append(f"_form lines cannot be met: {exact} lines are counted")
    if form.acrostic and exact:
        faults.append(
            "_form acrostic has as many lines as letters; syllables and words by line do not go with it"
        )
    return faults


def _whole(value: Any, least: int, most: int) -> int | None:
    return (
        value if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most else None
    )


def _counts(value: Any) -> tuple[int, ...] | None:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_LINES:
        return None
    counts = [_whole(each, 1, 60) for each in value]
    return None if None in counts else tuple(count for count in counts if count is not None)


def _range(value: Any) -> tuple[int, int] | None:
    least, most = (
        (value, value)
        if isinstance(value, int)
        else (*value, 0, 0)[:2]
        if isinstance(value, list)
        else (0, 0)
    )
    if _whole(least, 1, MAX_LINES) is None or _whole(most, 1, MAX_LINES) is None:
        return None
    return (least, most) if least <= most else None


def _names(value: Any) -> tuple[str, ...] | None:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not names or not all(isinstance(n, str) and n for n in names):
        return None
    return tuple(names)


_FIELDS = {"break": "soft"}


def _symbol(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


_EXPECTED = {
    "width": f"a whole number of characters from {NARROWEST} to 200",
    "break": "true or false",
    "indent": "a whole number from 0 to 20",
    "syllables": "a list of whole numbers, one a line",
    "words": "a list of whole numbers, one a line",
    "lines": f"a number of lines, or the least and the most, as [8, 12]; {MAX_LINES} at most",
    "acrostic": "a symbol, or a list of symbols to be tried in turn",
    "line": "the symbol that makes a line of an acrostic",
    "last": "the symbol that makes the last line of an acrostic",
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "width": lambda value: _whole(value, NARROWEST, 200),
    "break": lambda value: value if isinstance(value, bool) else None,
    "indent": lambda value: _whole(value, 0, 20),
    "syllables": _counts,
    "words": _counts,
    "lines": _range,
    "acrostic": _names,
    "line": _symbol,
    "last": _symbol,
}
