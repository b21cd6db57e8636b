"""Expands rules into pieces of text: deals words and rules like decks, and takes back what does not work out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import NamedTuple

from photopoem.english.syllables import syllables_for_sure
from photopoem.grammar.errors import Misfit, Overworked, Unsayable
from photopoem.grammar.form import MAX_LINES, Form, initial_of
from photopoem.grammar.modifiers import (
    FROM_THE_FIGURES,
    FROM_THE_LEXICON,
    Modifiers,
    Speaks,
    amount,
    changed_by_all,
    modify,
    phrases_of,
    width_of,
)
from photopoem.grammar.parser import Action, Modifier, Pop, Push, Rule, Run, Tag, Text
from photopoem.grammar.repetition import ANYHOW, STRICT, Card, Ledger
from photopoem.grammar.rules import Alternative, Made, Plan, Segment
from photopoem.grammar.text import GAP, MAX_WORD, Piece, clean, has_doubled_word, text_of, tidy
from photopoem.vocabulary import SYMBOLS


@dataclass(frozen=True, slots=True)
class Means:
    """What an expansion draws on: the usable rules, the cards of each symbol, modifiers, lexicon, form."""

    plan: Plan
    recursive: frozenset[str]
    in_order: frozenset[str]
    weighted: frozenset[str]
    cards: Mapping[str, tuple[Card, ...]]
    lexicon: Callable[[], Speaks]
    form: Form


ANY = -1


class Room(NamedTuple):
    """What a phrase must be once it is modified: characters at most, words and syllables exactly (`ANY`: any)."""

    characters: int
    words: int
    syllables: int
    modifiers: Modifiers

    def those_that_fit(self, phrases: tuple[str, ...], start: int) -> tuple[str, ...]:
        """The phrases that fit, the one at `start` or what follows it first."""
        _, words, syllables, modifiers = self
        most = self.characters if self.characters != ANY else MAX_WORD * 4
        sizes = _sizes(phrases, modifiers, syllables != ANY)
        places = [n for n, (length, _, _) in enumerate(sizes) if length <= most]
        if words != ANY:
            places = [n for n in places if sizes[n][1] == words]
        if syllables != ANY:
            places = [n for n in places if sizes[n][2] == syllables]
        first = bisect_left(places, start)
        return tuple([phrases[n] for n in (*places[first:], *places[:first])])

    def fault(self, form: Form) -> str:
        """What is wrong with a line for which no phrase fits."""
        if self.syllables != ANY:
            return "another number of syllables"
        return "another number of words" if self.words != ANY else form.too_wide


def room_for(form: Form, number: int, before: str, after: str, modifiers: Modifiers) -> Room:
    """The room between two texts in the line of a number (from 0), for a phrase that is still to be modified."""
    width = form.width if form.width and not form.soft else 0
    characters = max(0, width - len(before) - len(after)) if width else ANY
    words = syllables = ANY
    rest = f"{before} {after}"
    if form.words:
        words = max(0, _count(form.words, number) - len(rest.split()))
    if form.syllables:
        said = syllables_for_sure(rest)
        # Where it cannot be told how the rest is said, nothing fits.
        syllables = 0 if said is None else max(0, _count(form.syllables, number) - said)
    return Room(characters, words, syllables, modifiers)


def _count(counts: tuple[int, ...], number: int) -> int:
    return counts[number] if number < len(counts) else 0


@lru_cache(maxsize=4096)
def _sizes(
    phrases: tuple[str, ...], modifiers: Modifiers, said: bool
) -> tuple[tuple[int, int, int | None], ...]:
    """The characters, words and (where they are asked for) syllables of phrases once they are modified."""
    texts = [changed_by_all(clean(phrase), modifiers) for phrase in phrases]
    return tuple((len(text), len(text.split()), syllables_for_sure(text) if said else 0) for text in texts)


MAX_CHARACTERS = 400_000
LINE_OF_VERSE = 200
"""A line of more characters is prose, and may say a word twice in a row."""


class Bound(NamedTuple):
    """What is bound to a symbol: one text, or several to draw from; `widths` keeps those that were asked for."""

    texts: tuple[tuple[Piece, ...], ...]
    widths: dict[Modifiers, int]


# Plain tuples where thousands are made: a named one takes five times as long to make.
Mark = tuple[int, int, list[Piece], int, Mapping[str, tuple[Bound, ...]], int]
"""All that is needed to take an expansion back: of ledger, lines, text, its pieces, bindings and events."""


class Event(NamedTuple):
    """A step of an expansion, for `explain`: how deep, which symbol, which rule or word."""

    depth: int
    symbol: str
    text: str


class Draft:
    """What has been written. `lines` are the finished lines, tidy and none empty, a `GAP` before those that an
    empty line goes before; `events` how they came about (each makes an `Event`).

    Nothing is lost when a rule does not work out: `_mark` and `_undo` take back text, bindings and what was noted.
    """

    def __init__(self, form: Form, level: int) -> None:
        self.form = form
        self.level = level
        self.ledger = Ledger(level)
        self.lines: list[tuple[Piece, ...]] = []
        self.events: list[tuple[int, str, str]] = []
        self.tries = 0
        self.misfit: Misfit | None = None
        self._out: list[Piece] = []
        self._bound: Mapping[str, tuple[Bound, ...]] = {}
        # The line in `_out`, where it was found to fit already.
        self._checked: tuple[Piece, ...] | None = None
        self._capturing = 0
        self._depth = 0
        self._characters = 0
        self._initial = ""

    def _mark(self) -> Mark:
        out = self._out
        return (self.ledger.mark(), len(self.lines), out, len(out), self._bound, len(self.events))

    def _undo(self, mark: Mark) -> None:
        ledger, lines, out, pieces, self._bound, events = mark
        self.ledger.undo(ledger)
        del self.lines[lines:]
        # A line that has ended is never written on, so cutting gives back the line as it was.
        self._out = out
        del out[pieces:]
        self._checked = None
        del self.events[events:]

    def _event(self, symbol: str, text: str) -> None:
        self.events.append((self._depth, symbol, text))

    def _end_line(self) -> None:
        pieces = self._check_out()
        self._checked = None
        gap = self._out[:1] == [GAP]
        if pieces:
            self.lines.append((GAP, *pieces) if gap and self.lines else pieces)
            if len(self.lines) > MAX_LINES:
                raise Overworked
        # An empty line waits for the next line that says something.
        self._out = [GAP] if gap and not pieces else []

    def _check_out(self) -> tuple[Piece, ...]:
        """The line as it stands, tidy. Raises `Misfit` where it does not fit."""
        if self._checked is None:
            pieces = tidy(self._out)
            if pieces or self._initial:
                self._check_line(pieces)
            self._checked = pieces
        return self._checked

    def _check_line(self, pieces: Sequence[Piece]) -> None:
        self.tries += 1
        text = text_of(pieces)
        fault = self.form.line_fault(len(self.lines), text)
        if fault is None and self._initial and initial_of(text) != self._initial:
            fault = f"a line that does not begin with {self._initial}"
        if fault is None and self.level < ANYHOW and len(text) <= LINE_OF_VERSE:
            before = text_of(self.lines[-1]) if self.lines else ""
            fault = "a word twice in a row" if has_doubled_word(pieces, text, before) else None
        if fault:
            self.misfit = Misfit(fault)
            raise self.misfit

    def _break(self) -> None:
        if self._capturing:
            self._out.append(Piece("\n"))
        else:
            self._end_line()

    def _gap(self) -> None:
        """An empty line: between lines that say something, and never two in a row."""
        self._out.append(GAP)

    def _say(self, piece: Piece) -> None:
        self._characters += len(piece.text)
        if self._characters > MAX_CHARACTERS:
            raise Overworked
        self._out.append(piece)
        self._checked = None

    def _say_all(self, pieces: Sequence[Piece]) -> None:
        """Say pieces that were made before; line breaks in them end lines."""
        for piece in pieces:
            if "\n" not in piece.text:
                self._say(piece)
                continue
            first, *rest = piece.text.split("\n")
            if first:
                self._say(piece.with_text(first))
            for n, text in enumerate(rest, 1):
                self._break()
                if text:
                    self._say(piece.with_text(text))
                elif n < len(rest):
                    self._gap()

    def _captured(self, work: Callable[[], None]) -> list[Piece]:
        outer, self._out = self._out, []
        self._capturing += 1
        try:
            work()
            return self._out
        finally:
            self._out = outer
            self._capturing -= 1


class Dealer(Draft):
    """A draft with a deck of words for each symbol. All that is left to chance is drawn here, and counted."""

    def __init__(self, means: Means, rng: Random, level: int) -> None:
        super().__init__(means.form, level)
        self.means = means
        self.rng = rng
        self._draws = 0
        # What the phrase about to be chosen must fit into.
        self._room: Room | None = None

    def _dealt(self, symbol: str, initial: str = "") -> Piece:
        cards: Sequence[Card] = self.means.cards.get(symbol, ())
        if initial:
            cards = [card for card in cards if initial_of(card.text) == initial]
        card = self.ledger.pick(symbol, cards, self._drawn) if cards else None
        if card is None:
            raise Unsayable(symbol)
        self.ledger.dealt(symbol, card)
        self._event(symbol, card.text)
        return Piece(card.text, card.word)

    def _drawn(self, cards: Sequence[Card]) -> int:
        """An index, likelier where the word weighs more."""
        return self._weighed([card.word.weight for card in cards]) if len(cards) > 1 else 0

    def _weighed(self, weights: Sequence[float]) -> int:
        self._draws += 1
        at = self.rng.random() * sum(weights)
        for n, weight in enumerate(weights):
            at -= weight
            if at < 0:
                return n
        return len(weights) - 1

    def _any(self, count: int) -> int:
        """An index below a count, each as likely."""
        if count == 1:
            return 0
        self._draws += 1
        return int(self.rng.random() * count)

    def _modified(self, pieces: list[Piece], modifiers: Sequence[Modifier]) -> list[Piece]:
        for modifier in modifiers:
            pieces = self._modify(pieces, modifier)
        return pieces

    def _modify(self, pieces: list[Piece], modifier: Modifier) -> list[Piece]:
        if modifier.name in FROM_THE_LEXICON:
            return [self._phrase(pieces, modifier.name)]
        if modifier.name in FROM_THE_FIGURES:
            return [amount(pieces, modifier.name)]
        return modify(pieces, modifier.name, modifier.arguments)

    def _phrase(self, pieces: Sequence[Piece], which: str) -> Piece:
        """What the lexicon says of a word: of the last one in the pieces; it must fit into the room there is."""
        of, phrases = phrases_of(pieces, which, self.means.lexicon())
        start = self._any(len(phrases)) if phrases else 0
        if self._room:
            phrases, start = self._fitting(self._room, phrases, start), 0
        phrase = self.ledger.phrase(phrases, start) if phrases else None
        if phrase is None:
            raise Unsayable(f"{of}.{which}")
        self._event(f".{which} of {of}", phrase)
        return Piece(clean(phrase), voice="lexicon", of=of)

    def _fitting(self, room: Room, phrases: tuple[str, ...], start: int) -> tuple[str, ...]:
        """Those of the phrases that fit, the one drawn or what follows it first. Raises `Misfit` where none does."""
        fitting = room.those_that_fit(phrases, start)
        if not fitting:
            self.tries += 1
            self.misfit = Misfit(room.fault(self.form))
            raise self.misfit
        return fitting


MAX_DEPTH = 60
DEEP = 30
LONG = 500
"""From this depth, or this many words and rules on, the rules that end soonest are tried first."""
MAX_STEPS = 4_000
LINE_TRIES = 2
SEARCHED_LINE_TRIES = 8
"""How often a line that does not fit is begun again, each of its rules having been tried."""

SLACK = 2
"""Spaces that a line may lose when it is made tidy."""


class Expander(Dealer):
    """One try at a poem. `lines` are the finished lines, tidy and none empty."""

    def __init__(self, means: Means, rng: Random, level: int = STRICT) -> None:
        super().__init__(means, rng, level)
        self._steps = 0
        self._width = 0 if means.form.soft else means.form.width or 0
        # Whether the symbol about to be expanded ends its line.
        self._ends = False
        self._line_tries = SEARCHED_LINE_TRIES if means.form.counted else LINE_TRIES
        # Whether lines are measured at all.
        self._measured = bool(self._width or means.form.words or means.form.syllables)

    # -- whole texts --

    def write(self, symbol: str) -> None:
        """Expand a symbol into `lines`."""
        self._end_of_line(_alone(symbol), (), self._line_tries)
        self._end_line()

    def write_acrostic(self, letters: Sequence[str], symbol: str) -> None:
        """Expand a symbol once for each letter, into lines that begin with it."""
        for letter in letters:
            self._initial = letter
            self._end_of_line(_alone(symbol), (), self._line_tries)
            self._end_line()
        self._initial = ""

    def one_line(self, symbol: str) -> tuple[Piece, ...]:
        """Expand a symbol into a single line, with what was bound so far but nothing said."""
        self.ledger = Ledger(self.level)
        pieces = self._captured(lambda: self._symbol(symbol))
        return tidy([piece.with_text(piece.text.replace("\n", " ")) for piece in pieces])

    def raw(self, rule: Made) -> list[Piece]:
        """Expand a rule, its line breaks and spaces as they are."""
        return self._captured(lambda: self._rule(rule))

    # -- lines --

    def _end_of_line(self, segment: Segment, following: tuple[Segment, ...], tries: int) -> None:
        """Expand a segment with which a line ends, up to so many times, until the line fits."""
        if tries == 1:
            self._segment(segment, following)
            self._check_out()
            return
        mark = self._mark()
        for left in reversed(range(tries)):
            draws = self._draws
            try:
                self._segment(segment, following)
                self._check_out()
            except Misfit:
                # Where nothing was left to chance it would come out the same again.
                if not left or draws == self._draws:
                    raise
                self._undo(mark)
            else:
                return

    def _may_fit(self, segments: Sequence[Segment], unbound: frozenset[str]) -> bool:
        """Whether the author's text and the bound words leave lines their width; `unbound` are bound only later."""
        bound = self._bound
        most = self._width + SLACK
        least = len(text_of(self._out)) if self._out else 0
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

    def _width_of(self, bound: Bound, modifiers: Modifiers) -> int:
        """The least characters of what is bound once it is modified, kept with it."""
        texts = bound.texts
        width = width_of(texts[0], modifiers, self.means.lexicon) if len(texts) == 1 else 0
        bound.widths[modifiers] = width
        return width

    def _too_wide(self) -> Misfit:
        self.misfit = Misfit(self.form.too_wide)
        return self.misfit

    # -- rules --

    def _alternative(self, alternative: Alternative) -> None:
        if alternative.stems:
            self.ledger.note("text", alternative.stems)
        ends, self._ends = self._ends, False
        segments = alternative.segments
        last = len(segments) - 1
        for n, segment in enumerate(segments):
            following = segments if n == 0 else ()
            if segment.blank and 0 < n < last:
                self._gap()
            elif n < last and not self._capturing:
                begun = self._out and self._out != [GAP]
                self._end_of_line(segment, following, 1 if begun else self._line_tries)
            elif ends:
                # Whoever asked for this line tries again; here another rule may fit.
                self._end_of_line(segment, following, 1)
            else:
                self._rule(segment.bindings)
                self._rule(segment.rest)
            if n < last:
                self._break()

    def _segment(self, segment: Segment, following: Sequence[Segment]) -> None:
        """Expand a segment that ends a line; what its bindings make too wide is given up before the rest is made."""
        if segment.bindings:
            self._rule(segment.bindings)
        if self._width and segment.bindings and not self._may_fit(following or (segment,), frozenset()):
            self.tries += 1
            raise self._too_wide()
        if segment.phrase >= 0 and self._measured and not self._capturing and self._are_words(segment.bare):
            self._rest(segment.rest, segment.phrase, segment.phrase_modifiers)
        else:
            self._rule(segment.rest, ends=True)

    def _are_words(self, symbols: Sequence[str]) -> bool:
        """Whether each of the symbols is bound or dealt, and no rule of the grammar's."""
        return all(self._bound.get(symbol) or symbol in SYMBOLS for symbol in symbols)

    def _rest(self, nodes: Made, at: int, modifiers: Modifiers) -> None:
        """Expand the nodes of a line, the phrase at a place last of all: one that the room left for it takes."""
        self._rule(nodes[:at])
        after = self._captured(lambda: self._rule(nodes[at + 1 :])) if at + 1 < len(nodes) else []
        before = text_of(self._out) if self._out else ""
        said = text_of(after) if after else ""
        self._room = room_for(self.form, len(self.lines), before, said, modifiers)
        try:
            self._tag(nodes[at])  # type: ignore[arg-type]  # its place was found by its being a tag
        finally:
            self._room = None
        self._say_all(after)

    def _rule(self, nodes: Made, *, ends: bool = False) -> None:
        for node in nodes:
            if isinstance(node, Piece):
                self._say(node)
            elif isinstance(node, Tag):
                self._tag(node, ends=ends and node is nodes[-1])
            elif isinstance(node, Push):
                self._push(node)
            elif isinstance(node, Text):
                self._say(Piece(node.text))
            else:
                self._act(node)

    # -- tags and actions --

    def _tag(self, tag: Tag, *, ends: bool = False) -> None:
        before = self._bound
        if tag.actions:
            for action in tag.actions:
                self._act(action)
        if tag.modifiers:
            self._say_all(self._modified(self._pieces_of(tag.symbol), tag.modifiers))
        else:
            self._ends = ends
            self._symbol(tag.symbol)
            self._ends = False
        if tag.actions:
            # What a tag binds is bound for the tag alone.
            self._bound = before

    def _act(self, action: Action | Text | Tag) -> None:
        if isinstance(action, Push):
            self._push(action)
        elif isinstance(action, Pop):
            rest = self._bound.get(action.target, ())[:-1]
            self._bound = {**self._bound, action.target: rest}
        elif isinstance(action, Run):
            rule = action.rule
            self._captured(lambda: self._rule(rule))

    def _push(self, push: Push) -> None:
        rules = push.rules
        made = self._sayable(rules) if len(rules) > 1 else [tuple(self._rule_pieces(rules[0]))]
        bound = Bound(tuple(made), {})
        self._bound = {**self._bound, push.target: (*self._bound.get(push.target, ()), bound)}

    def _sayable(self, rules: Sequence[Rule]) -> list[tuple[Piece, ...]]:
        """Those of the rules that can be said. Raises `Unsayable` where none can."""
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
        """Expand a rule; the commonest, a lone tag, without the detour."""
        lone = rule[0] if len(rule) == 1 else None
        if not isinstance(lone, Tag) or lone.actions:
            return self.raw(rule)
        pieces = self._pieces_of(lone.symbol)
        if not lone.modifiers:
            return pieces
        pieces = self._modified(pieces, lone.modifiers)
        if len(pieces) == 1 and "\n" not in pieces[0].text:
            return pieces
        return self._captured(lambda: self._say_all(pieces))

    def _pieces_of(self, symbol: str) -> list[Piece]:
        """Expand a symbol into pieces of its own; one word needs no capture."""
        stack = self._bound.get(symbol)
        if stack and len(texts := stack[-1].texts) == 1:
            self._events_of(symbol, texts[0])
            return list(texts[0])
        if not stack and symbol in SYMBOLS:
            return [self._dealt(symbol)]
        return self._captured(lambda: self._symbol(symbol))

    def _symbol(self, symbol: str) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise Overworked
        self._depth += 1
        try:
            stack = self._bound.get(symbol)
            if stack:
                self._recall(symbol, stack[-1])
            elif symbol in SYMBOLS:
                begins = self._initial and not self._out and not self._capturing
                self._say(self._dealt(symbol, self._initial if begins else ""))
            else:
                self._choose(symbol)
        finally:
            self._depth -= 1

    def _recall(self, symbol: str, bound: Bound) -> None:
        pieces = bound.texts[self._any(len(bound.texts))]
        self._events_of(symbol, pieces)
        self._say_all(pieces)

    def _events_of(self, symbol: str, pieces: Sequence[Piece]) -> None:
        self._event(symbol, text_of(pieces))

    def _choose(self, symbol: str) -> None:
        """Expand one of a symbol's rules: the first in a weighted shuffle that works out."""
        if self._depth > MAX_DEPTH:
            raise Unsayable(symbol)
        ends = self._ends
        failed: Unsayable | Misfit | None = None
        too_wide = 0
        group = self._usable(symbol)
        later: list[Alternative] = []
        measured = self._width and not self._capturing
        said = self.ledger.noted("said") if symbol not in self.means.in_order else frozenset()
        kept = self.ledger.kept
        while group or later:
            if not group:
                group, later, said = later, [], frozenset()
            alternative = group.pop(self._next(group))
            if not said.isdisjoint(alternative.stems):
                later.append(alternative)
                continue
            if measured and not self._may_fit(alternative.segments, alternative.binds):
                too_wide += 1
                continue
            mark = self._mark()
            self.ledger.note("rule", {alternative})
            self._event(symbol, alternative.text)
            if keeps := self.means.plan.keeps.get(alternative):
                self.ledger.kept = kept + tuple(card for one in keeps for card in self.means.cards[one])
            try:
                self._alternative(alternative)
                self.tries += too_wide
                return
            except (Misfit, Unsayable) as error:
                self._undo(mark)
                self._ends = ends
                if isinstance(error, Unsayable):
                    group, later = self._without(group, error.symbol), self._without(later, error.symbol)
                # What does not fit may fit with other words, so that is what is told.
                failed = failed if isinstance(failed, Misfit) else error
            finally:
                self.ledger.kept = kept
        self.tries += too_wide
        if too_wide and not isinstance(failed, Misfit):
            failed = self._too_wide()
        raise failed or Unsayable(symbol)

    def _without(self, group: list[Alternative], symbol: str) -> list[Alternative]:
        """The rules left when a symbol was found to have no word: if none can be dealt now, those that need none."""
        if symbol not in SYMBOLS or self._bound.get(symbol):
            return group
        if not any(symbol in alternative.needs for alternative in group):
            return group
        cards = self.means.cards.get(symbol)
        if cards and self.ledger.pick(symbol, cards, _first) is not None:
            return group
        return [alternative for alternative in group if symbol not in alternative.needs]

    def _usable(self, symbol: str) -> list[Alternative]:
        """The rules that may be used now."""
        rules = self.means.plan.choices.get(symbol, ())
        fresh = list(rules)
        if len(rules) > 1 and symbol not in self.means.recursive:
            used = self.ledger.noted("rule")
            if not used.isdisjoint(rules):
                fresh = [rule for rule in rules if rule not in used or rule.silent] or self._again(rules)
        if self._initial and not self._out and not self._capturing:
            fresh = [rule for rule in fresh if rule.initial in ("", self._initial)]
        return fresh

    def _again(self, rules: tuple[Alternative, ...]) -> list[Alternative]:
        """The rules when all have been used: again, unless that would repeat their content by accident."""
        contents = any(alternative.stems for alternative in rules)
        return [] if contents and self.level == STRICT else list(rules)

    def _next(self, group: Sequence[Alternative]) -> int:
        if len(group) == 1:
            return 0
        if self._depth > DEEP or len(self.events) > LONG:
            depths = [self.means.plan.depth_of(alternative) for alternative in group]
            return depths.index(min(depths))
        if group[0].symbol in self.means.in_order:
            return 0
        if group[0].symbol not in self.means.weighted:
            return self._any(len(group))
        return self._weighed([alternative.weight for alternative in group])


def _first(_: Sequence[Card]) -> int:
    return 0


def _alone(symbol: str) -> Segment:
    """A segment that is nothing but a symbol."""
    return Segment((), (Tag(symbol, (), (), 0),), False, 0, (), -1, (), ())
