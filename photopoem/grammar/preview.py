"""Tries a grammar: measures how different its poems are and how much comes from the photograph, and finds errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from importlib.resources import files
from pathlib import Path
from typing import Any

from photopoem.color.palette import Palette
from photopoem.errors import GrammarError, MissingWordsError, UsageError
from photopoem.files import MOST_BYTES, open_regular
from photopoem.grammar.grammar import Grammar
from photopoem.grammar.loader import Parts, Problem
from photopoem.poem import Poem, subject_from_record
from photopoem.vocabulary import Subject, Vocabulary, make_vocabulary


def sample_vocabulary() -> Vocabulary:
    """The sample vocabulary for trying grammars without a photograph."""
    text = files("photopoem").joinpath("data/sample-vocabulary.json").read_text("utf-8")
    return vocabulary_of(json.loads(text))


def read_vocabulary(path: Path) -> Vocabulary:
    """Read a vocabulary from a file: the output of `photopoem look --json`, or a line of poems.jsonl.

    Raises `UsageError` if the file is neither.
    """
    try:
        with open_regular(path) as file:
            first = file.readline(MOST_BYTES)
            try:
                return vocabulary_of(json.loads(first))
            except (KeyError, json.JSONDecodeError):
                return vocabulary_of(json.loads(first + file.read(MOST_BYTES)))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path}: no vocabulary ({error}); photopoem look PHOTO --json prints one"
        ) from error


def vocabulary_of(record: Any) -> Vocabulary:
    """The vocabulary of a record with labels, palette and moment."""
    return make_vocabulary(subject_from_record(record))


CHECKED_SEEDS = 30
ENOUGH_FAILURES = 8
"""If this many seeds fail and none gives a poem, no more are tried."""


@dataclass(slots=True)
class Trial:
    """Counts over many poems of one grammar."""

    poems: int = 0
    failed: int = 0
    tries: int = 0
    words: int = 0
    words_of_the_photo: int = 0
    lines: int = 0
    texts: set[str] = field(default_factory=set)
    different_lines: set[str] = field(default_factory=set)
    failure: str = ""

    def add(self, poem: Poem, tries: int) -> None:
        """Count a poem."""
        self.poems += 1
        self.tries += tries
        self.texts.add(poem.text)
        for line in filter(str, poem.lines):
            self.lines += 1
            self.different_lines.add(str(line))
            for span in line.spans:
                count = len(span.text.split())
                self.words += count
                self.words_of_the_photo += count if span.source else 0

    @property
    def distinct(self) -> float:
        """The share of distinct lines, in 0..1."""
        return len(self.different_lines) / self.lines if self.lines else 0.0

    @property
    def from_the_photo(self) -> float:
        """The share of words that come from the photograph, in 0..1."""
        return self.words_of_the_photo / self.words if self.words else 0.0

    def __str__(self) -> str:
        failed = f", {self.failed} could not be written ({self.failure})" if self.failed else ""
        return (
            f"{len(self.texts)} different poems in {self.poems}{failed}; "
            f"{len(self.different_lines)} different lines in {self.lines} ({self.distinct:.0%}); "
            f"{self.from_the_photo:.0%} of the words come from the photograph"
        )


def try_out(grammar: Grammar, vocabulary: Vocabulary, seeds: Iterable[int]) -> Trial:
    """Write a poem for each seed. Raises `GrammarError` if the rules grow without end."""
    trial = Trial()
    for seed in seeds:
        try:
            written = grammar.write_fully(vocabulary, seed)
        except MissingWordsError as error:
            trial.failed += 1
            trial.failure = str(error)
            if trial.failed >= ENOUGH_FAILURES and not trial.poems:
                break
        else:
            trial.add(written.poem, written.tries)
    return trial


def tried_problems(name: str, parts: Parts) -> list[Problem]:
    """Problems that only writing reveals: endless rules, a form that is never met, photographs without a poem.

    `parts` must have no errors.
    """
    sample = sample_vocabulary()
    # The fallback would hide problems of this grammar.
    alone = Grammar(name, replace(parts, fallback=""), parts.book)
    source = parts.source
    line, column = source.place(source.at.get("_form", 0))
    try:
        trial = try_out(alone, sample, range(CHECKED_SEEDS))
    except GrammarError as error:
        return [Problem(line, column, str(error))]
    if not trial.poems:
        return [
            Problem(
                line, column, f"not one poem in {trial.failed} with the sample vocabulary: {trial.failure}"
            )
        ]
    found = []
    if trial.failed:
        message = f"{trial.failed} of {CHECKED_SEEDS} poems could not be written: {trial.failure}"
        found.append(Problem(line, column, message, error=False))
    if not parts.fallback:
        if not parts.form.acrostic:
            line, column = source.place(source.rule_at("origin", 0))
        found += [
            Problem(
                line,
                column,
                f"a photograph {poor} gets no poem; give origin a rule that works without, or name another grammar "
                "in _else, such as palette",
                error=False,
            )
            for poor in _too_poor(alone, sample.subject)
        ]
    return found


_LACKS: Mapping[str, Callable[[Subject], Subject]] = {
    "labels": lambda of: replace(of, labels=()),
    "a second label": lambda of: replace(of, labels=of.labels[:1]),
    "a second color": lambda of: replace(of, palette=Palette(of.palette.swatches[:1], of.palette.named_by)),
    "a date": lambda of: replace(
        of, moment=replace(of.moment, taken=None, season=None, weekday=None, month=None, year=None)
    ),
    "a time of day": lambda of: replace(of, moment=replace(of.moment, daypart=None)),
    "a place": lambda of: replace(of, moment=replace(of.moment, place=None)),
    "keywords": lambda of: replace(of, moment=replace(of.moment, keywords=())),
    "a tone": lambda of: replace(of, tone=()),
}
"""Things that a photograph may lack, and functions that remove them from a subject."""


def _too_poor(grammar: Grammar, sample: Subject) -> list[str]:
    """What a photograph without a poem lacks: any of these things alone, or the fewest together."""

    def silent(lacks: Iterable[str]) -> bool:
        poor = reduce(lambda subject, lack: _LACKS[lack](subject), lacks, sample)
        return not try_out(grammar, make_vocabulary(poor), range(3)).poems

    if not silent(_LACKS):
        return []
    if alone := [lack for lack in _LACKS if silent([lack])]:
        return [f"without {lack}" for lack in alone]
    together = list(_LACKS)
    for lack in _LACKS:
        fewer = [other for other in together if other != lack]
        together = fewer if silent(fewer) else together
    return [f"with neither {', '.join(together[:-1])} nor {together[-1]}"]
