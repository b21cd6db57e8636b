"""Tries a grammar out: how different its poems are, how much of them comes from the photograph, what fails."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from photopoem.errors import GrammarError, MissingWordsError
from photopoem.grammar.load import Parts
from photopoem.grammar.source import Problem
from photopoem.grammar.writer import Grammar
from photopoem.moment import Moment
from photopoem.palette import Palette
from photopoem.poem import Poem
from photopoem.vocabulary import Vocabulary, make_vocabulary

CHECKED_SEEDS = 30
ENOUGH_FAILURES = 8
"""After so many failures and no poem there is no hope in further seeds."""


@dataclass(slots=True)
class Trial:
    """What many poems of one grammar come to."""

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
        for line in poem.lines:
            self.lines += 1
            self.different_lines.add(str(line))
            for span in line.spans:
                count = len(span.text.split())
                self.words += count
                self.words_of_the_photo += count if span.source else 0

    @property
    def distinct(self) -> float:
        """The share of lines that are different from all others, in 0..1."""
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
    """Write a poem for each seed. Raises `GrammarError` where the rules grow without end."""
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
    """What only writing shows: rules that grow, a form never met, photographs that get no poem.

    `parts` has no errors.
    """
    from photopoem.grammar.sample import sample_vocabulary

    sample = sample_vocabulary()
    # The fallback would hide what this grammar cannot do.
    alone = Grammar(name, replace(parts, fallback=""), parts.book)
    line, column = parts.source.place(parts.source.at.get("_form", 0))
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
        found.append(f"{trial.failed} of {CHECKED_SEEDS} poems could not be written: {trial.failure}")
    if not parts.fallback:
        found += [
            f"a photograph without {what} gets no poem; give origin a way to do without, or name another in _else"
            for what, poor in _poor(sample)
            if not try_out(alone, poor, range(3)).poems
        ]
    return [Problem(line, column, message, error=False) for message in found]


def _poor(sample: Vocabulary) -> list[tuple[str, Vocabulary]]:
    """Vocabularies of photographs that say little."""
    subject = sample.subject
    one_label = replace(subject, labels=subject.labels[:1], moment=Moment(), tone=())
    one_color = replace(subject, palette=Palette(subject.palette.swatches[:1], subject.palette.named_by))
    return [
        ("labels", make_vocabulary(replace(subject, labels=()))),
        ("a second label and a date", make_vocabulary(one_label)),
        ("a second color", make_vocabulary(one_color)),
    ]
