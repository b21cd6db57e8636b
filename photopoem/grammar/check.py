"""Checks a grammar: every problem with its line and column, and what its poems are like when it is tried."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import reduce
from importlib.resources import files
from itertools import chain, count
from pathlib import Path
from typing import Any

from photopoem.color.palette import Palette
from photopoem.errors import GrammarError, MissingWordsError, UsageError, did_you_mean
from photopoem.files import MOST_BYTES, open_regular
from photopoem.grammar.grammar import Grammar
from photopoem.grammar.loader import NOTES, Parts, Problem
from photopoem.grammar.modifiers import ARGUMENTS, ENGINE_MODIFIERS, MODIFIERS
from photopoem.grammar.parser import (
    MAX_RULE,
    Literal,
    Modifier,
    Node,
    Pop,
    Push,
    Rule,
    RuleAction,
    Tag,
    parse_rule,
)
from photopoem.grammar.rules import RuleBook, least_steps, ranks, walk
from photopoem.poem import Poem, subject_from_record
from photopoem.vocabulary import FIXED_SYMBOLS, NUMBERED, SYMBOLS, Subject, Vocabulary, make_vocabulary

MAX_LEAST_STEPS = 2_000
OWN_WORDS = "this is said only where it has none and nothing else can be said"
_MOST_GUESSES = 40
_MOST_TOLD = 1_000
"""A grammar with more problems is not analyzed further: nobody would read more, and the time stays bounded."""
_NAME, _BINDING = re.compile(r"\w+"), re.compile(r"\[([^\[\]:#]+):")


def problems_of(parts: Parts) -> list[Problem]:
    """Every problem that can be found without writing a poem: errors and warnings, in the order of the file."""
    _Checker(parts).run()
    return noted_problems(parts)


def noted_problems(parts: Parts) -> list[Problem]:
    """The problems of a grammar that was checked before. Every grammar is checked when it is loaded."""
    return sorted(set(parts.source.problems), key=lambda p: (p.line, p.column, not p.error, p.message))


class _Checker:
    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.source = parts.source
        self.rules = parts.rules
        self.parsed = {
            (key, n): parse_rule(text)
            for key, texts in parts.rules.items()
            for n, text in enumerate(texts[: self._own(key)])
        }
        self.pushed = {
            n.target for nodes, _ in self.parsed.values() for n in walk(nodes) if isinstance(n, Push)
        }
        for (key, n), (_, faults) in self.parsed.items():
            if faults:
                self.pushed.update(_BINDING.findall(parts.rules[key][n]))
        self.known = set(self.rules) | SYMBOLS | self.pushed
        self.drawn = SYMBOLS - FIXED_SYMBOLS - self.pushed
        self.unknown: set[str] = set()
        self.guesses = 0

    def _own(self, key: str) -> int:
        """How many rules of a symbol stand in the file itself; the others come from word lists."""
        value = self.source.values.get(key, [])
        return len(value) if isinstance(value, list) else 1

    def run(self) -> None:
        """Note every problem. Of a file that was read only in part, that is the one already noted."""
        if self.source.torn:
            return
        sound = not self.source.problems
        if sound or self.rules:
            self._notes()
        for (key, n), (nodes, faults) in self.parsed.items():
            for fault in faults:
                self._at(key, n, fault.at, fault.message)
            for node in walk(nodes):
                self._node(key, n, node)
            for rule in _rules_of(nodes):
                self._two_words(key, n, rule)
        for key, texts in self.rules.items():
            if not texts:
                self._at(key, 0, 0, f"{key!r} has no rules")
            if key in SYMBOLS:
                self._at(key, 0, 0, f"{key!r} is a word of the photograph; {OWN_WORDS}", error=False)
        if sound and len(self.source.problems) <= _MOST_TOLD:
            book = self.parts.book
            self._endless(book)
            self._unreached(book)
            self._too_wide()

    def _at(self, key: str, n: int, offset: int, message: str, *, error: bool = True) -> None:
        self.source.problem(self.source.rule_at(key, n, offset), message, error=error)

    # -- names --

    def _guess(self, name: str, among: Iterable[str]) -> str:
        """The nearest known name, as a question. Only the first names get a guess, because guessing is slow."""
        self.guesses += 1
        if self.guesses > _MOST_GUESSES or len(name) > 60:
            return ""
        return did_you_mean(name, sorted(among))

    def _notes(self) -> None:
        start = self.parts.form.line if self.parts.form.acrostic else "origin"
        if start not in self.rules:
            guess = self._guess(start, self.rules)
            self.source.problem(0, f"there is no {start!r}, with which a poem begins{guess}")
        title = self.parts.note("_title")
        if title and title not in self.known:
            guess = self._guess(title, self.known)
            self.source.problem(self.source.at["_title"], f"_title names no symbol: {title!r}{guess}")
        for symbol in self.parts.form.acrostic:
            if symbol not in SYMBOLS:
                self.source.problem(self.source.at["_form"], f"_form acrostic: photopoem fills no {symbol!r}")
        if self.source.path and Path(self.parts.fallback).stem == self.source.path.stem:
            self.source.problem(self.source.at["_else"], "_else names this grammar itself")
        for key in self.source.values:
            if key.startswith("_") and key not in NOTES and (near := get_close_matches(key, NOTES, 1, 0.75)):
                self.source.problem(self.source.at[key], f"{key!r} is a note; {near[0]!r}?", error=False)

    def _node(self, key: str, n: int, node: Node) -> None:
        if isinstance(node, Tag):
            if node.symbol not in self.known:
                self._at(key, n, node.at, self._unknown(node.symbol))
            for modifier in node.modifiers:
                self._modifier(key, n, modifier)
        elif isinstance(node, Pop) and node.target not in self.pushed:
            self._at(key, n, node.at, f"{node.target!r} is popped but nowhere bound", error=False)

    def _two_words(self, key: str, n: int, rule: Rule) -> None:
        """Warn where a rule names one word and then speaks of another, because the same symbol is used twice."""
        named: dict[str, Tag] = {}
        about: dict[str, Tag] = {}
        for tag in rule:
            if isinstance(tag, Tag) and tag.symbol in self.drawn and not tag.actions:
                speaks = any(modifier.name in ENGINE_MODIFIERS for modifier in tag.modifiers)
                (about if speaks else named).setdefault(tag.symbol, tag)
        for symbol in named.keys() & about.keys():
            one, other = (f"#x{_dotted(tag)}#" for tag in (named[symbol], about[symbol]))
            self._at(
                key,
                n,
                about[symbol].at,
                f"this speaks of another {symbol}; of the same: [x:#{symbol}#]{one} and {other}",
                error=False,
            )

    def _unknown(self, symbol: str) -> str:
        self.unknown.add(symbol)
        if symbol.rstrip("0123456789") in ("label", "sureness", "color", "share"):
            return f"no symbol {symbol!r}: they are numbered from 1 to {NUMBERED}"
        if symbol.startswith("_") and symbol in self.source.values:
            return f"{symbol!r} is a note: keys that begin with _ are never said; rename it, as {self._free(symbol)!r}"
        return f"no symbol {symbol!r}{self._guess(symbol, self.known)}"

    def _free(self, symbol: str) -> str:
        """A name like this one that no rule of the grammar has yet, nor a photograph's words."""
        name = symbol.strip("_") or "rule"
        taken = self.known | self.source.values.keys()
        return next(each for each in chain([name], (f"{name}{n}" for n in count(2))) if each not in taken)

    def _modifier(self, key: str, n: int, modifier: Modifier) -> None:
        name, given = modifier.name, len(modifier.arguments)
        if name not in MODIFIERS and name not in ENGINE_MODIFIERS:
            guess = self._guess(name, [*MODIFIERS, *ENGINE_MODIFIERS])
            self._at(key, n, modifier.at, f"no modifier .{name}{guess}")
        elif given != ARGUMENTS.get(name, 0):
            wants = ARGUMENTS.get(name, 0)
            self._at(key, n, modifier.at, f".{name} takes {wants or 'no'} arguments, here are {given}")

    # -- what rules come to --

    def _endless(self, book: RuleBook) -> None:
        """Note symbols that can never be expanded, rules that need them, and poems that are always too long."""
        # Unknown symbols have a problem of their own already.
        given = SYMBOLS | self.unknown
        rank = ranks(book.graph, given)
        circles = book.recursive
        for key, alternatives in book.symbols.items():
            if key in circles and key not in rank:
                self._at(key, 0, 0, f"{key!r} can never end: every rule of it leads back to it")
            for n, alternative in enumerate(alternatives[: self._own(key)]):
                lacking = sorted(need for need in alternative.needs if need not in rank and need[:1] != "\0")
                if lacking and key in rank:
                    self._at(
                        key,
                        n,
                        0,
                        f"no photograph can satisfy this: {lacking[0]!r} can never be said",
                        error=False,
                    )
        for start in self._starts():
            if start in self.rules and start not in rank and start not in circles:
                self._at(start, 0, 0, f"{start!r} can never be said")
        steps = least_steps(book, given)
        for start in self._starts():
            if start in rank and steps.get(start, 0) > MAX_LEAST_STEPS:
                self._at(
                    start, 0, 0, f"{start!r} takes {steps[start]:,.0f} steps at the least: no poem is so long"
                )

    def _starts(self) -> list[str]:
        form = self.parts.form
        starts = [form.line] if form.acrostic else ["origin"]
        return [symbol for symbol in (*starts, self.parts.title) if symbol]

    def _unreached(self, book: RuleBook) -> None:
        reached = set(self._starts())
        # A symbol that is misspelled where it is used is reported there.
        for name in sorted(self.unknown)[:_MOST_GUESSES]:
            reached.update(get_close_matches(name, self.rules, 1))
        # `origin` stays for other Tracery tools where an acrostic is made of lines.
        todo = [*reached, "origin"]
        uses = {key: self._uses(key) for key in book.symbols}
        while todo:
            for symbol in uses.get(todo.pop(), ()):
                if symbol not in reached:
                    reached.add(symbol)
                    todo.append(symbol)
        for key in self.rules:
            if key not in reached and key != "origin" and key not in SYMBOLS:
                self._at(key, 0, 0, f"nothing leads to {key!r}", error=False)

    def _uses(self, key: str) -> Iterator[str]:
        for n, text in enumerate(self.rules[key]):
            nodes, faults = self.parsed.get((key, n), ((), ()))
            if faults:
                yield from _NAME.findall(text)
            for node in walk(nodes):
                if isinstance(node, Tag):
                    yield node.symbol

    def _too_wide(self) -> None:
        """Note rules that can never be used because their own text is wider than a line may be."""
        form = self.parts.form
        if not form.width or form.soft:
            return
        for key, texts in self.rules.items():
            for n, text in enumerate(texts):
                widest = max((len(line) for line in _author_lines(text)), default=0)
                if widest > form.width and len(text) <= MAX_RULE:
                    self._at(key, n, 0, f"a line of {widest} characters cannot fit the width of {form.width}")


def _rules_of(nodes: Rule) -> Iterator[Rule]:
    """A rule, and those that stand in its brackets."""
    yield nodes
    for node in walk(nodes):
        if isinstance(node, Push):
            yield from node.rules
        elif isinstance(node, RuleAction):
            yield node.rule


def _dotted(tag: Tag) -> str:
    """The modifiers of a tag as they are written."""
    return "".join(
        f".{modifier.name}" + (f"({','.join(modifier.arguments)})" if modifier.arguments else "")
        for modifier in tag.modifiers
    )


def _author_lines(rule: str) -> Iterator[str]:
    """The author's own text in a rule, line by line, without blanks at its ends."""
    for node in parse_rule(rule)[0]:
        if isinstance(node, Literal):
            for line in node.text.split("\n"):
                yield line.strip()


def sample_vocabulary() -> Vocabulary:
    """The vocabulary with which grammars are tried if no photograph is given."""
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
"""If this many seeds fail and none gives a poem, further seeds are not tried."""


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
    """Problems that only writing shows: endless rules, a form that is never met, photographs without a poem.

    `parts` must have no errors.
    """
    sample = sample_vocabulary()
    # The fallback would hide what this grammar cannot do.
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
                f"a photograph {poor} gets no poem; give origin a way to do without, or name another grammar "
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
"""What a photograph may lack, and the function that takes it from a subject."""


def _too_poor(grammar: Grammar, sample: Subject) -> list[str]:
    """What a photograph must lack to get no poem: any of these lacks alone, or the fewest together."""

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
