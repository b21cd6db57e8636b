"""Writes poems with a grammar: tries until a poem meets its form without accidental repetition."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from random import Random
from typing import Any

from photopoem import __version__
from photopoem.english.lexicon import Lexicon, load_lexicon
from photopoem.errors import GrammarError, Misfit, MissingWordsError, Overworked, Unsayable
from photopoem.files import read_regular
from photopoem.grammar import find_grammar, is_on_shelf
from photopoem.grammar.check import problems_of
from photopoem.grammar.expander import Event, Expander, Material
from photopoem.grammar.form import MAX_LINES
from photopoem.grammar.loader import Parts, parts_of, read_parts, stamp
from photopoem.grammar.parser import parse_rule
from photopoem.grammar.repetition import ANYHOW, LAX, PATIENT, STRICT, make_cards
from photopoem.grammar.rules import RuleBook, UsableRules
from photopoem.grammar.text import GAP, Piece, broken, clean, make_line, text_of
from photopoem.poem import Line, Poem
from photopoem.vocabulary import Subject, Vocabulary, Word, Words, is_owners, make_vocabulary, owners_words

TRIES = ((STRICT, 8), (PATIENT, 4), (LAX, 6), (ANYHOW, 2))
SEARCHED_TRIES = ((STRICT, 48), (PATIENT, 12), (LAX, 12), (ANYHOW, 4))
OWNED_TRIES = 12
"""The most poems that are tried until one uses an owner's word, if there is one."""
OWNED_TITLES = 48
"""The most titles that are tried until one uses an owner's word."""
MAX_TRIES = 1_000
"""The most lines that are tried before more repetition is allowed."""
MAX_SHOWN = 60
"""The most characters of a line that an error shows."""


@dataclass(frozen=True, slots=True)
class Written:
    """A poem, the number of tried lines, and the steps that made it (the title's last)."""

    poem: Poem
    tries: int
    steps: tuple[tuple[int, str, str], ...]

    @property
    def events(self) -> tuple[Event, ...]:
        """The steps as named tuples."""
        return tuple(map(Event._make, self.steps))


@dataclass(eq=False)
class Grammar:
    """A loaded grammar. Make one with `load_grammar` or `Grammar.from_rules`.

    `name` is the file's name without its ending. `about`, `by` and `licence` are the author's notes.
    """

    name: str
    parts: Parts
    book: RuleBook
    lexicon_files: tuple[str, ...] = ()

    @classmethod
    def from_rules(
        cls, rules: Mapping[str, Any], name: str = "grammar", lexicon: Sequence[str] = ()
    ) -> Grammar:
        """Make a grammar from the JSON object of its file. Raises `GrammarError` with every problem."""
        return _made(name, _checked(name, parts_of(rules)), tuple(lexicon))

    @property
    def path(self) -> Path | None:
        """The grammar's file, if it has one."""
        return self.parts.source.path

    @property
    def about(self) -> str:
        """Its author's description."""
        return self.parts.note("_about")

    @property
    def by(self) -> str:
        """Its author."""
        return self.parts.note("_by")

    @property
    def licence(self) -> str:
        """The licence under which it may be used."""
        return self.parts.note("_licence")

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of everything that decides a poem, except the photograph and the seed."""
        _ = self.lexicon  # reports an unreadable lexicon before the first photograph
        told = [self.name, self.parts.fingerprint]
        told.extend(hashlib.sha256(read_regular(path)).hexdigest() for path in self.lexicon_files)
        if self.parts.fallback:
            told.append(load_grammar(self.parts.fallback, lexicon=self.lexicon_files).fingerprint)
        return hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]

    def write(self, vocabulary: Vocabulary, seed: int = 0) -> Poem:
        """The poem of a photograph; the same photograph, grammar and seed give the same poem.

        Raises `MissingWordsError` if the photograph lacks words that the grammar needs, or its words do not fit the
        form, and `GrammarError` if the rules grow without end.
        """
        return self.write_fully(vocabulary, seed).poem

    def write_fully(self, vocabulary: Vocabulary, seed: int = 0) -> Written:
        """The poem with its tries and steps. Raises as `write` does."""
        seen = [self.name]
        grammar = self
        while True:
            try:
                return grammar._write(vocabulary, seed)
            except MissingWordsError:
                fallback = grammar.parts.fallback
                if not fallback or Path(fallback).stem in seen:
                    raise
                grammar = load_grammar(fallback, lexicon=self.lexicon_files)
                seen.append(grammar.name)

    def say(self, rule: str, vocabulary: Vocabulary | None = None, seed: int = 0) -> str:
        """Expand any rule with its line breaks and spaces unchanged. Raises as `write` does."""
        nodes, faults = parse_rule(rule)
        if faults:
            raise GrammarError("; ".join(f"{rule!r}, column {f.at + 1}: {f.message}" for f in faults))
        digest = vocabulary.subject.digest if vocabulary else ""
        words = vocabulary.words if vocabulary else {}
        # The given rule may need other words than the grammar's own rules.
        expander = Expander(
            self._material(words, (*self.book.asked, *words)), self._random(digest, seed), ANYHOW
        )
        try:
            return text_of(expander.raw(nodes))
        except Unsayable as error:
            raise MissingWordsError(f"nothing can be said for {error.symbol!r}") from error
        except Overworked as error:
            raise GrammarError(f"{self.name}: its rules grow without end") from error

    def _material(self, words: Mapping[str, Words], symbols: Sequence[str]) -> Material:
        cards = make_cards(words, symbols)
        usable = self.book.usable(frozenset(symbol for symbol in self.book.asked if not cards[symbol]))
        return Material(usable, cards, self.lexicon, self.parts.form)

    @cached_property
    def lexicon(self) -> Lexicon:
        """The lexicon of the grammar. Raises `UsageError` if it cannot be read."""
        return load_lexicon(*self.parts.lexicon, *map(Path, self.lexicon_files))

    def _random(self, digest: str, seed: int) -> Random:
        told = f"{digest}\0{self.name}\0{seed}".encode("utf-8", "surrogateescape")
        return Random(hashlib.sha256(told).digest())  # noqa: S311 - poems, no secrets

    def _write(self, vocabulary: Vocabulary, seed: int) -> Written:
        form = self.parts.form
        material = self._material(vocabulary.words, self.book.asked)
        start = form.starts[0]
        if start not in material.rules.depth:
            material = self._with_own_words(vocabulary.words, material, start)
        rng = self._random(vocabulary.subject.digest, seed)
        own = owners_words(vocabulary)
        again = OWNED_TRIES if _can_say(material, own) else 0
        tries = 0
        endless = False
        failure: Exception | None = None
        unsaid: Expander | None = None
        for level, attempts in SEARCHED_TRIES if form.counted or form.lines else TRIES:
            most = tries + MAX_TRIES
            while attempts and tries < most:
                attempts -= 1
                expander = Expander(material, rng, level)
                error = expander.attempt()
                if error is None:
                    if not own or not again or _says_own(expander.lines):
                        return self._written(expander, tries, vocabulary, seed)
                    # It fits but has no owner's word, so it is used only if no other poem has one.
                    unsaid, again, attempts = unsaid or expander, again - 1, attempts + 1
                if isinstance(error, Overworked):
                    endless, attempts = True, 0
                    error = expander.misfit
                tries += expander.tries
                failure = error or failure
            if unsaid:
                return self._written(unsaid, tries, vocabulary, seed)
        raise self._error(failure, endless, tries, material, rng)

    def _with_own_words(self, words: Mapping[str, Words], material: Material, start: str) -> Material:
        """The material with the grammar's own rules for symbols without words.

        Raises `MissingWordsError` if there are none, if the start cannot be expanded with them either, or if the
        grammar has an `_else`.
        """
        lacking = _lacking(material.rules, start)
        own = frozenset(symbol for symbol in self.book.asked if self.parts.rules.get(symbol)) - {
            symbol for symbol, cards in material.cards.items() if cards
        }
        if not own or self.parts.fallback:
            raise self._missing(lacking)
        book = self.book.with_own(own)
        cards = make_cards(words, book.asked)
        usable = book.usable(frozenset(symbol for symbol in book.asked if not cards[symbol]))
        if start not in usable.depth:
            raise self._missing(_lacking(usable, start), own)
        return replace(material, rules=usable, cards=cards)

    def _error(
        self, failure: Exception | None, endless: bool, tries: int, material: Material, rng: Random
    ) -> GrammarError | MissingWordsError:
        """The error that explains why no try gave a poem."""
        if isinstance(failure, Misfit):
            return self._misfit(str(failure), tries, material, rng)
        if endless:
            return GrammarError(f"{self.name}: its rules grow without end, or beyond {MAX_LINES} lines")
        return self._missing(failure.symbol if isinstance(failure, Unsayable) else "origin")

    def _written(self, expander: Expander, tries: int, vocabulary: Vocabulary, seed: int) -> Written:
        form = self.parts.form
        lines = [line for pieces in expander.lines for line in self._fitted(pieces, form.width or 0)]
        title = self._title(expander, vocabulary)
        poem = Poem(title, tuple(map(make_line, lines)), self.name, seed, vocabulary.subject, __version__)
        return Written(poem, tries + expander.tries, tuple(expander.events))

    def _fitted(self, pieces: tuple[Piece, ...], width: int) -> Sequence[tuple[Piece, ...]]:
        form = self.parts.form
        if pieces[0] == GAP:
            return [(), *self._fitted(pieces[1:], width)]
        return broken(pieces, width, form.indent) if form.soft and width else [pieces]

    def _title(self, expander: Expander, vocabulary: Vocabulary) -> Line:
        """A title, preferably with an owner's word if there is one, and always so if the lines have none."""
        own = owners_words(vocabulary)
        titles: list[tuple[Piece, ...]] = []
        for _ in range(OWNED_TITLES if own else 1):
            titles.extend(self._drawn_title(expander))
            if titles and own and _says_own(titles[-1:]):
                return make_line(titles[-1])
        if titles and (not own or _says_own(expander.lines)):
            return make_line(titles[0])
        name = self.name.replace("-", " ").replace("_", " ")
        label = next((word for word in own if clean(word.text)), None) or surest_label(vocabulary.subject)
        return make_line([Piece(f"{name}: "), Piece(clean(label.text), label)] if label else [Piece(name)])

    def _drawn_title(self, expander: Expander) -> Iterator[tuple[Piece, ...]]:
        """A random title; None if there is none, in which case the default title is used."""
        if self.parts.title:
            with suppress(Unsayable, Misfit, Overworked):
                if pieces := expander.one_line(self.parts.title):
                    yield pieces

    def _missing(self, symbol: str, own: frozenset[str] = frozenset()) -> MissingWordsError:
        cure = "try another grammar"
        if own:
            names = ", ".join(map(repr, sorted(own)))
            cure = f"it has rules called {names}, like symbols of the photograph; rename those, or {cure}"
        return MissingWordsError(
            f"the photograph gives no words for {symbol!r}, which the grammar {self.name} needs; {cure}"
        )

    def _misfit(self, fault: str, tries: int, material: Material, rng: Random) -> MissingWordsError:
        told = (
            f"the photograph's words do not fit the form of the grammar {self.name}: {fault} in {tries} tries"
        )
        if fault != self.parts.form.too_wide:
            return MissingWordsError(f"{told}; try another grammar or seed")
        if wide := self._wide_line(material, rng):
            shown = wide if len(wide) <= MAX_SHOWN else f"{wide[: MAX_SHOWN - 3].rstrip()}..."
            told += f", such as {shown!r}"
        shipped = is_on_shelf(self.name) and self.path == find_grammar(self.name)
        cure = "try another grammar or seed" if shipped else '"break": true in its _form breaks such lines'
        return MissingWordsError(f"{told}; {cure}")

    def _wide_line(self, material: Material, rng: Random) -> str:
        """An example of a line that is too wide; empty if there is none."""
        form = self.parts.form
        expander = Expander(replace(material, form=replace(form, width=None)), rng, ANYHOW)
        expander.attempt()
        return next((line for line in map(text_of, expander.lines) if len(line) > (form.width or 0)), "")


def _can_say(material: Material, own: Words) -> bool:
    """Whether the grammar uses any symbol that may give one of these words."""
    return bool(own) and any(is_owners(card.word) for cards in material.cards.values() for card in cards)


def _says_own(lines: Iterable[Sequence[Piece]]) -> bool:
    """Whether any of the lines has an owner's word."""
    return any(piece.word is not None and is_owners(piece.word) for line in lines for piece in line)


def surest_label(subject: Subject) -> Word | None:
    """The surest label of a subject with visible text."""
    first = make_vocabulary(subject).words["label1"]
    return first[0] if first and clean(first[0].text) else None


def _lacking(rules: UsableRules, symbol: str) -> str:
    """The first symbol without words that prevents this one."""
    seen = {symbol}
    while True:
        options = rules.book.graph.get(symbol, ())
        lacking = [sorted(n for n in needs if n not in rules.depth) for needs in options]
        following = min((needs for needs in lacking if needs), key=len, default=[])
        following = [need for need in following if need not in seen]
        if not following:
            return symbol.lstrip("\0")
        symbol = following[0]
        seen.add(symbol)


def load_grammar(name_or_path: str | Path, *, lexicon: Sequence[str | Path] = ()) -> Grammar:
    """The built-in grammar of a name, or the grammar in a file, which is reread only if it changed.

    `lexicon` are CSV files whose rows override the built-in ones, and a words.toml. Raises `GrammarError` with every
    problem of the grammar, one per line.
    """
    return _load(*stamp(str(name_or_path)), tuple(map(str, lexicon)), tuple(map(_changed_at, lexicon)))


def _changed_at(path: str | Path) -> int:
    """The modification time of a file; 0 if there is none, which is reported on reading."""
    try:
        return Path(path).stat().st_mtime_ns
    except (OSError, ValueError):
        return 0


@lru_cache(maxsize=64)
def _load(
    path: Path, changed: int, size: int, lexicon: tuple[str, ...], _lexicon_changed: tuple[int, ...]
) -> Grammar:
    return _made(path.stem, _parts(path, changed, size), lexicon)


@lru_cache(maxsize=64)
def _parts(path: Path, _changed: int, _size: int) -> Parts:
    """The parts of a file, which are the same for every lexicon and take longest."""
    return _checked(path.stem, read_parts(path))


def _made(name: str, parts: Parts, lexicon: tuple[str, ...]) -> Grammar:
    return Grammar(name, parts, parts.book, lexicon)


def _checked(name: str, parts: Parts) -> Parts:
    errors = [problem for problem in problems_of(parts) if problem.error]
    if errors:
        where = parts.source.path or name
        shown = [f"{where}:{p.line}:{p.column}: {p.message}" for p in errors[:20]]
        rest = [f"and {len(errors) - 20} more"] if len(errors) > 20 else []
        raise GrammarError("\n".join([*shown, *rest]))
    return parts
