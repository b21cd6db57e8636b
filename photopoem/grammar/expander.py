"""Expands the rules of a grammar into lines: tries random rules and words, and backtracks if they do not fit."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from photopoem.errors import Misfit, Overworked, Unsayable
from photopoem.grammar.form import MAX_LINES, Form, initial_of, letters_of
from photopoem.grammar.modifiers import (
    ENGINE_MODIFIERS,
    FACTS,
    FROM_THE_LEXICON,
    Calls,
    changed_by_all,
    modify,
    sizes_of,
)
from photopoem.grammar.parser import Action, Literal, Modifier, Pop, Push, Rule, Tag
from photopoem.grammar.repetition import ANYHOW, STRICT, Card, Picker, Said, make_cards
from photopoem.grammar.rules import Alternative, Nodes, Segment, UsableRules
from photopoem.grammar.text import GAP, Piece, authors, clean, has_doubled_word, text_of, tidy
from photopoem.vocabulary import RELATED, Words

MAX_CHARACTERS = 400_000
MAX_STEPS = 4_000
MAX_DEPTH = 60
MAX_LETTERS = 24
DEEP = 30
LONG = 500
"""From this depth, or this many words and rules, the rules that end soonest are tried first."""
LINE_OF_VERSE = 200
"""A longer line is prose, and may have a word twice in a row."""
LINE_TRIES = 2
SEARCHED_LINE_TRIES = 8
"""How often a line that does not fit is restarted after all of its rules have been tried."""
SLACK = 2
"""The most spaces that tidying removes from a line."""

Phrases = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """The input of an expansion: the usable rules, the words of each symbol, the lexicon, the form.

    The key of the lexicon is a word, its kind, and one of `FROM_THE_LEXICON`.
    """

    rules: UsableRules
    cards: Mapping[str, tuple[Card, ...]]
    lexicon: Mapping[tuple[str, str, str], Phrases]
    form: Form


class Event(NamedTuple):
    """A step of an expansion, for `explain`: how deep, which symbol, which rule or word."""

    depth: int
    symbol: str
    text: str


class Binding(NamedTuple):
    """The value of a bound symbol: one text, or several to draw from. `widths` caches computed widths."""

    choices: tuple[tuple[Piece, ...], ...]
    widths: dict[Calls, int]


class Opening(NamedTuple):
    """The place of a phrase in a line: the texts before and after it, and the modifiers that will be applied to it."""

    before: str
    after: str
    modifiers: Calls


# A plain tuple, because thousands are made and a named one takes five times as long.
Checkpoint = tuple[Said, int, list[Piece], int, Mapping[str, tuple[Binding, ...]], int]
"""The state to restore when backtracking: used words, lines, the line and its length, bindings, events."""


class Expander:
    """One try at a poem.

    `lines` are the finished, tidied, non-empty lines; one that follows an empty line begins with `GAP`. `events` are
    the steps (each makes an `Event`). `tries` counts the tried lines, and `misfit` is the latest that did not fit.
    `level` is the allowed repetition: see `repetition.STRICT`.
    """

    def __init__(self, material: Material, rng: Random, level: int = STRICT) -> None:
        form = material.form
        self.form = form
        self.level = level
        self.lines: list[tuple[Piece, ...]] = []
        self.events: list[tuple[int, str, str]] = []
        self.tries = 0
        self.misfit: Misfit | None = None
        self._rules = material.rules
        self._book = material.rules.book
        self._filled = self._book.filled
        self._cards = material.cards
        self._lexicon = material.lexicon
        self._rng = rng
        self._picker = Picker(rng, level)
        self._said = Said()
        # Words that numbered symbols will use later.
        self._kept: tuple[Card, ...] = ()
        self._bound: Mapping[str, tuple[Binding, ...]] = {}
        # The current line, and the same when it is known to fit.
        self._out: list[Piece] = []
        self._checked: tuple[Piece, ...] | None = None
        self._initial = ""
        self._opening: Opening | None = None
        self._width = form.hard_width
        self._counted = bool(form.words or form.syllables)
        self._line_tries = SEARCHED_LINE_TRIES if form.counted else LINE_TRIES
        self._capturing = self._depth = self._steps = self._characters = self._draws = 0

    # -- whole texts --

    def attempt(self) -> Unsayable | Misfit | Overworked | None:
        """Write a poem in the required form into `lines`; returns the error if that fails."""
        try:
            if self.form.acrostic:
                self._write_acrostic()
            else:
                self._write("origin")
            fault = self.form.poem_fault(len(self.lines)) if self.lines else "a poem without a line"
            return Misfit(fault) if fault else None
        except (Unsayable, Misfit, Overworked) as error:
            return error

    def _write(self, symbol: str) -> None:
        alone = Segment((), (Tag(symbol, (), (), 0),), False, 0, (), -1, (), ())
        self._end_of_line(alone, (), self._line_tries)
        self._end_line()

    def _write_acrostic(self) -> None:
        """Write an acrostic of the first of the form's symbols that can be spelled."""
        failure: Exception = Unsayable(self.form.acrostic[0])
        for symbol in self.form.acrostic:
            spelled = self._cards.get(symbol, ())[:1]
            letters = letters_of(spelled[0].text) if spelled else []
            if not 0 < len(letters) <= MAX_LETTERS:
                continue
            self.lines.clear()
            self._reserve(spelled[0].key)
            try:
                for n, letter in enumerate(letters, 1):
                    self._initial = letter
                    self._write(self.form.starts[-1] if n == len(letters) else self.form.line)
                self._initial = ""
                return
            except (Unsayable, Misfit) as error:
                failure = error
        raise failure

    def _reserve(self, key: str) -> None:
        """Reserve a word for its numbered symbol: it counts as used before it occurs."""
        words = {key: 0, **self._said.words}
        self._said = self._said._replace(words=words, numbered=self._said.numbered | {key})

    def one_line(self, symbol: str) -> tuple[Piece, ...]:
        """Expand a symbol into a single line, with the current bindings but no used words."""
        self._said = Said()
        pieces = self._captured(lambda: self._symbol(symbol))
        return tidy([piece._replace(text=re.sub(r" *\n *", " ", piece.text)) for piece in pieces])[0]

    def raw(self, rule: Nodes) -> list[Piece]:
        """Expand a rule with its line breaks and spaces unchanged."""
        return self._captured(lambda: self._rule(rule))

    # -- backtracking --

    def _mark(self) -> Checkpoint:
        out = self._out
        return (self._said, len(self.lines), out, len(out), self._bound, len(self.events))

    def _undo(self, mark: Checkpoint) -> None:
        self._said, lines, out, pieces, self._bound, events = mark
        del self.lines[lines:]
        # A finished line is never extended, so cutting restores the earlier line.
        self._out = out
        del out[pieces:]
        self._checked = None
        del self.events[events:]

    # -- lines --

    def _end_of_line(self, segment: Segment, following: tuple[Segment, ...], tries: int) -> None:
        """Expand a segment that ends a line, at most `tries` times, until the line fits."""
        mark = self._mark() if tries > 1 else None
        while True:
            tries -= 1
            draws = self._draws + self._picker.draws
            try:
                self._segment(segment, following)
                self._check_line()
                return
            except Misfit:
                # Without any random choice, the result would be the same again.
                if not tries or mark is None or draws == self._draws + self._picker.draws:
                    raise
                self._undo(mark)

    def _end_line(self) -> None:
        pieces = self._check_line()
        self._checked = None
        gap = self._out[:1] == [GAP]
        if pieces:
            self.lines.append((GAP, *pieces) if gap and self.lines else pieces)
            if len(self.lines) > MAX_LINES:
                raise Overworked
        # An empty line is added before the next line with text.
        self._out = [GAP] if gap and not pieces else []

    def _check_line(self) -> tuple[Piece, ...]:
        """The current line, tidied. Raises `Misfit` if it does not fit."""
        if self._checked is None:
            pieces, text = tidy(self._out)
            if pieces or self._initial:
                self.tries += 1
                if fault := self._fault_of(pieces, text):
                    raise self._misfitting(fault)
            self._checked = pieces
        return self._checked

    def _fault_of(self, pieces: Sequence[Piece], text: str) -> str | None:
        if self._width and len(text) > self._width:
            return self.form.too_wide
        if self._counted and (fault := self.form.count_fault(len(self.lines), text)):
            return fault
        if self._initial and initial_of(text) != self._initial:
            return f"a line that does not begin with {self._initial}"
        if self.level < ANYHOW and len(text) <= LINE_OF_VERSE:
            before = self.lines[-1] if self.lines else ()
            return "a word twice in a row" if has_doubled_word(pieces, text, before) else None
        return None

    def _misfitting(self, fault: str) -> Misfit:
        self.misfit = Misfit(fault)
        return self.misfit

    def _fault_in_advance(self, alternative: Alternative, ends: bool) -> str | None:
        """Why a rule cannot fit, if that is clear from its text and the bound words; trying it takes far longer."""
        if self._width and not self._may_fit(alternative.segments, alternative.binds):
            return self.form.too_wide
        segments = alternative.segments
        if self._counted and (ends or len(segments) > 1) and (pieces := self._known(segments[0])):
            self._step()
            return self.form.count_fault(len(self.lines), tidy([*self._out, *pieces])[1])
        return None

    def _known(self, segment: Segment) -> list[Piece] | None:
        """The pieces of a segment of text and bound words alone; None if it has anything else."""
        if segment.bindings:
            return None
        pieces: list[Piece] = []
        for node in segment.rest:
            if isinstance(node, Piece):
                pieces.append(node)
                continue
            if not isinstance(node, Tag) or node.actions:
                return None
            stack = self._bound.get(node.symbol)
            if not stack or len(stack[-1].choices) > 1:
                return None
            made = list(stack[-1].choices[0])
            for modifier in node.modifiers:
                if modifier.name in ENGINE_MODIFIERS or modifier.name == "by":
                    return None
                made = modify(made, modifier.name, modifier.arguments)
            pieces += made
        return pieces

    def _may_fit(self, segments: Sequence[Segment], unbound: frozenset[str] = frozenset()) -> bool:
        """Whether the author's text and the bound words fit the width of a line; `unbound` symbols are bound later."""
        bound = self._bound
        most = self._width + SLACK
        least = sum([len(piece.text) for piece in self._out]) if self._out else 0
        for segment in segments:
            least += segment.literal
            for symbol, modifiers in segment.recalled:
                if symbol not in unbound and (stack := bound.get(symbol)):
                    width = stack[-1].widths.get(modifiers)
                    least += self._width_of(stack[-1], modifiers) if width is None else width
            if least > most:
                return False
            least = 0
        return True

    def _width_of(self, binding: Binding, modifiers: Calls) -> int:
        """The least characters of a modified binding; 0 if they are unknown in advance."""
        choices = binding.choices
        known = len(choices) == 1 and len(choices[0]) == 1
        width = binding.widths[modifiers] = self._least_width(choices[0][0], modifiers) if known else 0
        return width

    def _least_width(self, piece: Piece, modifiers: Calls) -> int:
        text = piece.text
        for n, (name, _) in enumerate(modifiers):
            rest = modifiers[n + 1 :]
            if name in FROM_THE_LEXICON or name in RELATED:
                texts = tuple([word.text for word in self._related_words([piece], name)])
                if not texts and name in FROM_THE_LEXICON:
                    texts = self._phrases_of([piece], name)[1]
                return min([size[0] for size in sizes_of(texts, rest, False)], default=0)
            if name in FACTS:
                return len(changed_by_all(FACTS[name]([piece]).text, rest))
        return len(changed_by_all(text, modifiers))

    # -- text --

    def _say(self, piece: Piece) -> None:
        self._characters += len(piece.text)
        if self._characters > MAX_CHARACTERS:
            raise Overworked
        self._out.append(piece)
        self._checked = None

    def _say_all(self, pieces: Sequence[Piece]) -> None:
        """Add existing pieces to the line; line breaks in them end lines."""
        for piece in pieces:
            if "\n" not in piece.text:
                self._say(piece)
                continue
            first, *rest = piece.text.split("\n")
            if first:
                self._say(piece._replace(text=first))
            for n, text in enumerate(rest, 1):
                self._break()
                if text:
                    self._say(piece._replace(text=text))
                elif n < len(rest):
                    self._out.append(GAP)

    def _break(self) -> None:
        if self._capturing:
            self._out.append(Piece("\n"))
        else:
            self._end_line()

    def _captured(self, work: Callable[[], None]) -> list[Piece]:
        outer, self._out = self._out, []
        self._capturing += 1
        try:
            work()
            return self._out
        finally:
            self._out = outer
            self._capturing -= 1

    # -- nodes of a rule --

    def _rule(self, nodes: Nodes, *, ends: bool = False) -> None:
        for node in nodes:
            if isinstance(node, Piece):
                self._say(node)
            elif isinstance(node, Tag):
                self._tag(node, ends=ends and node is nodes[-1])
            elif isinstance(node, Literal):
                self._say(Piece(authors(node.text)))
            else:
                self._act(node)

    def _segment(self, segment: Segment, following: Sequence[Segment]) -> None:
        """Expand a segment that ends a line; fails early if its bindings make it too wide."""
        if segment.bindings:
            self._rule(segment.bindings)
            if self._width and not self._may_fit(following or (segment,)):
                self.tries += 1
                raise self._misfitting(self.form.too_wide)
        measured = (self._width or self._counted) and not self._capturing
        if segment.phrase >= 0 and measured and all(map(self._is_word, segment.bare)):
            self._with_phrase_last(segment)
        else:
            self._rule(segment.rest, ends=True)

    def _is_word(self, symbol: str) -> bool:
        """Whether the symbol is bound or filled by the photograph, not by the grammar's rules."""
        return symbol in self._filled or bool(self._bound.get(symbol))

    def _with_phrase_last(self, segment: Segment) -> None:
        """Expand a segment with its phrase last, when the room that is left for it is known."""
        nodes, at = segment.rest, segment.phrase
        self._rule(nodes[:at])
        after = self._captured(lambda: self._rule(nodes[at + 1 :])) if at + 1 < len(nodes) else []
        self._opening = Opening(text_of(self._out), text_of(after), segment.phrase_modifiers)
        try:
            self._tag(nodes[at])  # type: ignore[arg-type]  # a segment's phrase is always a tag
        finally:
            self._opening = None
        self._say_all(after)

    def _tag(self, tag: Tag, *, ends: bool = False) -> None:
        before = self._bound
        if tag.actions:
            for action in tag.actions:
                self._act(action)
        if tag.modifiers:
            self._say_all(self._modified(self._pieces_of(tag.symbol), tag.modifiers))
        else:
            self._symbol(tag.symbol, ends=ends)
        if tag.actions:
            # Bindings in a tag are valid for the tag alone.
            self._bound = before

    def _act(self, action: Action) -> None:
        if isinstance(action, Push):
            self._push(action)
        elif isinstance(action, Pop):
            rest = self._bound.get(action.target, ())[:-1]
            self._bound = {**self._bound, action.target: rest}
        else:
            self.raw(action.rule)

    def _push(self, push: Push) -> None:
        rules = push.rules
        made = self._sayable(rules) if len(rules) > 1 else [tuple(self._rule_pieces(rules[0]))]
        binding = Binding(tuple(made), {})
        self._bound = {**self._bound, push.target: (*self._bound.get(push.target, ()), binding)}

    def _sayable(self, rules: Sequence[Rule]) -> list[tuple[Piece, ...]]:
        """The usable ones of the rules. Raises `Unsayable` if there is none."""
        made: list[tuple[Piece, ...]] = []
        failed: Unsayable | None = None
        for rule in rules:
            mark = self._mark()
            try:
                made.append(tuple(self._rule_pieces(rule)))
            except Unsayable as error:
                self._undo(mark)
                failed = error
        if failed and not made:
            raise failed
        return made

    def _rule_pieces(self, rule: Rule) -> list[Piece]:
        """Expand a rule, with a shortcut for a single tag, the commonest case."""
        lone = rule[0] if len(rule) == 1 else None
        if not isinstance(lone, Tag) or lone.actions:
            return self.raw(rule)
        pieces = self._modified(self._pieces_of(lone.symbol), lone.modifiers)
        if not lone.modifiers or (len(pieces) == 1 and "\n" not in pieces[0].text):
            return pieces
        return self._captured(lambda: self._say_all(pieces))

    # -- modifiers --

    def _modified(self, pieces: list[Piece], modifiers: Sequence[Modifier]) -> list[Piece]:
        for modifier in modifiers:
            name = modifier.name
            if name in FROM_THE_LEXICON:
                pieces = [self._seen(pieces, name) or self._phrase(pieces, name)]
            elif name in RELATED:
                pieces = [self._related(pieces, name)]
            elif name in FACTS:
                pieces = [FACTS[name](pieces)]
            else:
                pieces = modify(pieces, name, modifier.arguments)
        return pieces

    def _phrases_of(self, pieces: Sequence[Piece], which: str) -> tuple[str, Phrases]:
        """The last word of the pieces, and its phrases in the lexicon."""
        word = next((piece.word for piece in reversed(pieces) if piece.word), None)
        of, kind = (word.source.of, word.kind) if word else (text_of(pieces), "thing")
        return of, self._lexicon[of, kind, which]

    def _phrase(self, pieces: Sequence[Piece], which: str) -> Piece:
        """A lexicon phrase for a word that fits into the line's opening."""
        of, phrases = self._phrases_of(pieces, which)
        start = self._any(len(phrases)) if phrases else 0
        picked = self._picker.phrase(self._fitting(phrases, start), self._said) if phrases else None
        if picked is None:
            raise Unsayable(f"{of}.{which}")
        phrase, self._said = picked
        self._chose(len(phrases))
        self.events.append((self._depth, f".{which} of {of}", phrase))
        return Piece(clean(phrase), voice="lexicon", of=of)

    def _related_words(self, pieces: Sequence[Piece], which: str) -> Words:
        """The photograph's words that belong to the last word of the pieces."""
        word = next((piece.word for piece in reversed(pieces) if piece.word), None)
        return word.related.get(which, ()) if word else ()

    def _related(self, pieces: Sequence[Piece], which: str) -> Piece:
        """Another word of the photograph that belongs to the word and fits into the line's opening."""
        found = self._seen(pieces, which)
        if found is None:
            raise Unsayable(f"{text_of(pieces)}.{which}")
        return found

    def _seen(self, pieces: Sequence[Piece], which: str) -> Piece | None:
        """The same; None if there is none, or none that is unused."""
        words = {word.text: word for word in self._related_words(pieces, which)}
        if not words:
            return None
        # Of phrases for a place one is as true as another; of acts and clothes the surest comes first.
        first = self._any(len(words)) if which == "where" else 0
        texts = self._fitting(tuple(words), first)
        cards = make_cards({which: [words[text] for text in texts]}, [which])[which]
        picked = self._picker.related(cards, self._said)
        if picked is None:
            return None
        card, self._said = picked
        self._chose(len(words))
        self.events.append((self._depth, f".{which} of {text_of(pieces)}", card.text))
        return Piece(card.text, card.word)

    def _fitting(self, phrases: Phrases, start: int) -> Phrases:
        """The phrases that fit, in cyclic order from `start`. Raises `Misfit`."""
        if self._opening is None:
            return (*phrases[start:], *phrases[:start])
        before, after, modifiers = self._opening
        sizes = sizes_of(phrases, modifiers, bool(self.form.syllables))
        places = self.form.fitting(len(self.lines), before, after, sizes)
        if not places:
            self.tries += 1
            raise self._misfitting(self.form.size_fault)
        first = bisect_left(places, start)
        return tuple([phrases[n] for n in (*places[first:], *places[:first])])

    # -- symbols --

    def _pieces_of(self, symbol: str) -> list[Piece]:
        """Expand a symbol into separate pieces; a single word needs no capture."""
        stack = self._bound.get(symbol)
        if stack and len(stack[-1].choices) == 1:
            return list(self._recalled(symbol, stack[-1]))
        if not stack and symbol in self._filled:
            return [self._word(symbol)]
        return self._captured(lambda: self._symbol(symbol))

    def _symbol(self, symbol: str, *, ends: bool = False) -> None:
        """Expand a symbol: its binding, a word of the photograph, or one of its rules."""
        self._step()
        self._depth += 1
        try:
            stack = self._bound.get(symbol)
            if stack:
                self._say_all(self._recalled(symbol, stack[-1]))
            elif symbol in self._filled:
                self._say(self._word(symbol, self._initial if self._begins() else ""))
            else:
                self._choose(symbol, ends)
        finally:
            self._depth -= 1

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise Overworked

    def _begins(self) -> bool:
        """Whether a line of an acrostic begins here."""
        return bool(self._initial) and not self._out and not self._capturing

    def _recalled(self, symbol: str, binding: Binding) -> tuple[Piece, ...]:
        self._chose(len(binding.choices))
        pieces = binding.choices[self._any(len(binding.choices))]
        text = pieces[0].text if len(pieces) == 1 else "".join([piece.text for piece in pieces])
        self.events.append((self._depth, symbol, text))
        return pieces

    def _word(self, symbol: str, initial: str = "") -> Piece:
        cards: Sequence[Card] = self._cards.get(symbol, ())
        if initial:
            cards = [card for card in cards if initial_of(card.text) == initial]
        picked = self._picker.word(symbol, cards, self._said, self._kept)
        if picked is None:
            raise Unsayable(symbol)
        card, self._said = picked
        self.events.append((self._depth, symbol, card.text))
        return Piece(card.text, card.word)

    def _any(self, count: int) -> int:
        """A uniformly random index below a count; `_chose` says whether the line could have come out otherwise."""
        return int(self._rng.random() * count) if count > 1 else 0

    def _chose(self, count: int) -> None:
        """Note that one of so many possibilities was taken, so that a line that does not fit is tried again.

        The order in which possibilities failed is no choice: in another order they would fail as well.
        """
        self._draws += count > 1

    # -- rules --

    def _choose(self, symbol: str, ends: bool) -> None:
        """Expand one of a symbol's rules: the first that works in a weighted shuffle."""
        if self._depth > MAX_DEPTH:
            raise Unsayable(symbol)
        failed: Unsayable | Misfit | None = None
        fault = ""
        skipped = 0
        kept = self._kept
        group, later = self._usable(symbol), list[Alternative]()
        count = len(group)
        for alternative in self._in_turn(symbol, group, later):
            if not self._capturing and (misfit := self._fault_in_advance(alternative, ends)):
                fault = misfit
                skipped += 1
                continue
            mark = self._mark()
            try:
                self._use(alternative, ends)
                self.tries += skipped
                self._chose(count)
                return
            except (Misfit, Unsayable) as error:
                self._undo(mark)
                if isinstance(error, Unsayable):
                    self._drop(error.symbol, group, later)
                # A misfit is reported first, because it may fit with other words.
                failed = failed if isinstance(failed, Misfit) else error
            finally:
                self._kept = kept
        self.tries += skipped
        if skipped and not isinstance(failed, Misfit):
            failed = self._misfitting(fault)
        raise failed or Unsayable(symbol)

    def _usable(self, symbol: str) -> list[Alternative]:
        """The rules that may be used now: the unused ones, or all again."""
        rules = self._rules.choices.get(symbol, ())
        fresh = list(rules)
        used = self._said.rules
        if len(rules) > 1 and symbol not in self._book.recursive and not used.isdisjoint(rules):
            fresh = [rule for rule in rules if rule not in used or rule.silent] or self._again(rules)
        if self._begins():
            fresh = [rule for rule in fresh if rule.initial in ("", self._initial)]
        return fresh

    def _again(self, rules: tuple[Alternative, ...]) -> list[Alternative]:
        """All rules again after all have been used, unless that would repeat their content by accident."""
        return [] if self.level == STRICT and any(rule.stems for rule in rules) else list(rules)

    def _in_turn(
        self, symbol: str, group: list[Alternative], later: list[Alternative]
    ) -> Iterator[Alternative]:
        """The rules of a group in random order. Rules that repeat a word of the photograph go to `later`."""
        said = self._said.content if symbol not in self._book.in_order else frozenset()
        while group or later:
            if not group:
                group.extend(later)
                later.clear()
                said = frozenset()
            alternative = group.pop(self._next(group))
            if said.isdisjoint(alternative.stems):
                yield alternative
            else:
                later.append(alternative)

    def _next(self, group: Sequence[Alternative]) -> int:
        if len(group) == 1:
            return 0
        if self._depth > DEEP or len(self.events) > LONG:
            depths = [self._rules.depth_of(alternative) for alternative in group]
            return depths.index(min(depths))
        if group[0].symbol in self._book.in_order:
            return 0
        if group[0].symbol not in self._book.weighted:
            return self._any(len(group))
        return self._picker.of_weights([alternative.weight for alternative in group])

    def _drop(self, symbol: str, *groups: list[Alternative]) -> None:
        """Remove rules that need the symbol from the groups if it has no usable word now."""
        if symbol not in self._filled or self._bound.get(symbol):
            return
        cards = self._cards.get(symbol, ())
        if not self._picker.has_word(symbol, cards, self._said):
            for group in groups:
                group[:] = [alternative for alternative in group if symbol not in alternative.needs]

    def _use(self, alternative: Alternative, ends: bool) -> None:
        """Expand a rule. Its last segment ends a line if the expanded symbol ends one."""
        self._said = self._said.with_rule(alternative)
        self.events.append((self._depth, alternative.symbol, alternative.text))
        if keeps := self._rules.keeps.get(alternative.needs):
            self._kept += tuple([card for symbol in keeps for card in self._cards[symbol]])
        for n in range(len(alternative.segments)):
            self._use_segment(alternative.segments, n, ends)

    def _use_segment(self, segments: tuple[Segment, ...], n: int, ends: bool) -> None:
        segment, breaks = segments[n], n < len(segments) - 1
        ends_line = breaks and not self._capturing
        if segment.blank and breaks and n > 0:
            self._out.append(GAP)
        elif ends or ends_line:
            # The caller retries the last line; here another rule may fit.
            afresh = ends_line and self._out in ([], [GAP])
            self._end_of_line(segment, segments if n == 0 else (), self._line_tries if afresh else 1)
        else:
            self._rule(segment.bindings)
            self._rule(segment.rest)
        if breaks:
            self._break()
