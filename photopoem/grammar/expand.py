"""Expands rules into pieces of text: deals words and rules like decks, and takes back what does not work out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Protocol

from photopoem.errors import GrammarError
from photopoem.grammar.draft import Bound, Draft, Misfit, Overworked, Unsayable
from photopoem.grammar.form import Form, initial_of
from photopoem.grammar.ledger import STRICT, Card, Ledger
from photopoem.grammar.pieces import Piece, modified, text_of, tidy
from photopoem.grammar.rules import Alternative, Plan
from photopoem.grammar.symbols import is_known
from photopoem.grammar.syntax import Action, Modifier, Pop, Push, Rule, Run, Tag, Text
from photopoem.grammar.words import clean

MAX_DEPTH = 60
DEEP = 30
LONG = 500
"""From this depth, or this many words and rules on, the rules that end soonest are tried first."""
MAX_STEPS = 4_000
LINE_TRIES = 2
SEARCHED_LINE_TRIES = 8
"""How often a line that does not fit is begun again, each of its rules having been tried."""

FROM_THE_LEXICON = ("does", "part", "feels")
FROM_THE_FIGURES = ("share", "sureness")
SHORTENING = frozenset((*FROM_THE_LEXICON, *FROM_THE_FIGURES, "replace", "singular", "they"))
SLACK = 2
"""Spaces that a line may lose when it is made tidy."""

ModifierFunction = Callable[[str, tuple[str, ...]], str]


class Speaks(Protocol):
    """What the engine asks of a lexicon: the phrases for a word of a kind."""

    def does(self, word: str, kind: str) -> Sequence[str]:
        """What it does."""

    def part(self, word: str, kind: str) -> Sequence[str]:
        """Its parts."""

    def feels(self, word: str, kind: str) -> Sequence[str]:
        """How it feels or sounds."""


@dataclass(frozen=True, slots=True)
class Means:
    """What an expansion draws on: the usable rules, the cards of each symbol, modifiers, lexicon, form."""

    plan: Plan
    recursive: frozenset[str]
    in_order: frozenset[str]
    cards: Mapping[str, tuple[Card, ...]]
    modifiers: Mapping[str, ModifierFunction]
    lexicon: Callable[[], Speaks]
    form: Form


class Expander(Draft):
    """One try at a poem. `lines` are the finished lines, tidy and none empty."""

    def __init__(self, means: Means, rng: Random, level: int = STRICT) -> None:
        super().__init__(means.form, level)
        self.means = means
        self.rng = rng
        self._steps = 0
        self._draws = 0
        self._width = 0 if means.form.soft else means.form.width or 0
        # Whether the symbol about to be expanded ends its line.
        self._ends = False
        self._line_tries = SEARCHED_LINE_TRIES if means.form.counted else LINE_TRIES

    # -- whole texts --

    def write(self, symbol: str) -> None:
        """Expand a symbol into `lines`."""
        self._end_of_line((Tag(symbol, (), (), 0),), self._line_tries)
        self._end_line()

    def write_acrostic(self, letters: Sequence[str], symbol: str) -> None:
        """Expand a symbol once for each letter, into lines that begin with it."""
        for letter in letters:
            self._initial = letter
            self._end_of_line((Tag(symbol, (), (), 0),), self._line_tries)
            self._end_line()
        self._initial = ""

    def one_line(self, symbol: str) -> tuple[Piece, ...]:
        """Expand a symbol into a single line, with what was bound so far but nothing said."""
        self.ledger = Ledger(self.level)
        pieces = self._captured(lambda: self._symbol(symbol))
        return tidy([piece.with_text(piece.text.replace("\n", " ")) for piece in pieces])

    def raw(self, rule: Rule) -> list[Piece]:
        """Expand a rule, its line breaks and spaces as they are."""
        return self._captured(lambda: self._rule(rule))

    # -- lines --

    def _end_of_line(self, nodes: Rule, tries: int) -> None:
        """Expand nodes with which a line ends, up to so many times, until the line fits."""
        mark = self._mark()
        for left in reversed(range(tries)):
            draws = self._draws
            try:
                self._rule(nodes, ends=True)
                self._check_out()
            except Misfit:
                # Where nothing was left to chance it would come out the same again.
                if not left or draws == self._draws:
                    raise
                self._undo(mark)
            else:
                return

    # -- rules --

    def _alternative(self, alternative: Alternative) -> None:
        self.ledger.note("text", alternative.stems)
        ends, self._ends = self._ends, False
        last = len(alternative.segments) - 1
        for n, nodes in enumerate(alternative.segments):
            if n < last and not self._capturing:
                self._end_of_line(nodes, 1 if self._out else self._line_tries)
            elif ends:
                # Whoever asked for this line tries again; here another rule may fit.
                self._end_of_line(nodes, 1)
            else:
                self._rule(nodes)
            if n < last:
                self._break()

    def _rule(self, nodes: Rule, *, ends: bool = False) -> None:
        last = len(nodes) - 1
        foreseen = self._capturing > 0 or not self._width
        for n, node in enumerate(nodes):
            if not foreseen and isinstance(node, (Text, Tag)):
                foreseen = True
                self._foresee(nodes[n:])
            if isinstance(node, Text):
                self._say(Piece(node.text))
            elif isinstance(node, Tag):
                self._tag(node, ends=ends and n == last)
            else:
                self._act(node)

    def _foresee(self, nodes: Rule) -> None:
        """Raise `Misfit` at once where the author's text and the bound words alone are too wide for a line."""
        least = sum(len(piece.text) for piece in self._out)
        for node in nodes:
            if isinstance(node, Text):
                least += len(node.text)
            elif isinstance(node, Tag) and not any(m.name in SHORTENING for m in node.modifiers):
                bound = self._bound.get(node.symbol, ((),))[-1]
                least += len(text_of(bound[0])) if len(bound) == 1 else 0
        if least > self._width + SLACK:
            self.tries += 1
            self.misfit = Misfit(f"a line wider than {self._width}")
            raise self.misfit

    # -- tags and actions --

    def _tag(self, tag: Tag, *, ends: bool = False) -> None:
        before = self._bound
        for action in tag.actions:
            self._act(action)
        if tag.modifiers:
            pieces = self._pieces_of(tag.symbol)
            for modifier in tag.modifiers:
                pieces = self._modify(pieces, modifier)
            self._say_all(pieces)
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
        stack = (*self._bound.get(push.target, ()), tuple(made))
        self._bound = {**self._bound, push.target: stack}

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
        if isinstance(lone, Tag) and not lone.modifiers and not lone.actions:
            return self._pieces_of(lone.symbol)
        return self.raw(rule)

    def _pieces_of(self, symbol: str) -> list[Piece]:
        """Expand a symbol into pieces of its own; one word needs no capture."""
        stack = self._bound.get(symbol)
        if stack and len(stack[-1]) == 1:
            self._events_of(symbol, stack[-1][0])
            return list(stack[-1][0])
        if not stack and is_known(symbol):
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
            elif is_known(symbol):
                begins = self._initial and not self._out and not self._capturing
                self._say(self._dealt(symbol, self._initial if begins else ""))
            else:
                self._choose(symbol)
        finally:
            self._depth -= 1

    def _recall(self, symbol: str, bound: Bound) -> None:
        pieces = bound[self._drawn([1.0] * len(bound))]
        self._events_of(symbol, pieces)
        self._say_all(pieces)

    def _events_of(self, symbol: str, pieces: Sequence[Piece]) -> None:
        self._event(symbol, pieces[0].text if len(pieces) == 1 else text_of(pieces))

    # -- dealing --

    def _dealt(self, symbol: str, initial: str = "") -> Piece:
        cards = self.means.cards.get(symbol)
        candidates = self.ledger.candidates(symbol, cards) if cards else []
        if initial:
            candidates = [card for card in candidates if initial_of(card.text) == initial]
        if not candidates:
            raise Unsayable(symbol)
        card = candidates[self._drawn([card.word.weight for card in candidates])]
        self.ledger.dealt(symbol, card)
        self._event(symbol, card.text)
        return Piece(card.text, card.word)

    def _drawn(self, weights: Sequence[float]) -> int:
        """An index, likelier where its weight is greater."""
        if len(weights) == 1:
            return 0
        self._draws += 1
        at = self.rng.random() * sum(weights)
        for n, weight in enumerate(weights):
            at -= weight
            if at < 0:
                return n
        return len(weights) - 1

    def _choose(self, symbol: str) -> None:
        """Expand one of a symbol's rules: the first in a weighted shuffle that works out."""
        if self._depth > MAX_DEPTH:
            raise Unsayable(symbol)
        ends = self._ends
        failed: Unsayable | Misfit = Unsayable(symbol)
        for group in self._groups(symbol):
            while group:
                alternative = group.pop(self._next(group))
                mark = self._mark()
                self.ledger.note("rule", (alternative,))
                self._event(symbol, alternative.text)
                try:
                    self._alternative(alternative)
                except Misfit as error:
                    self._undo(mark)
                    self._ends = ends
                    failed = error
                except Unsayable as error:
                    self._undo(mark)
                    self._ends = ends
                    # What does not fit may fit with other words, so that is what is told.
                    failed = error if isinstance(failed, Unsayable) else failed
                    group = self._without(group, error.symbol)
                else:
                    return
        raise failed

    def _without(self, group: list[Alternative], symbol: str) -> list[Alternative]:
        """The rules left when a symbol was found to have no word: if none can be dealt now, those that need none."""
        if not is_known(symbol) or self._bound.get(symbol):
            return group
        cards = self.means.cards.get(symbol)
        if cards and self.ledger.candidates(symbol, cards):
            return group
        return [alternative for alternative in group if symbol not in alternative.needs]

    def _groups(self, symbol: str) -> list[list[Alternative]]:
        """The rules that may be used now: those that repeat nothing said before come first."""
        rules = self.means.plan.choices.get(symbol, ())
        fresh = rules
        if len(rules) > 1 and symbol not in self.means.recursive:
            fresh = tuple(a for a in rules if a.silent or not self.ledger.has("rule", a)) or self._again(
                rules
            )
        if self._initial and not self._out and not self._capturing:
            fresh = tuple(a for a in fresh if not a.initial or initial_of(a.initial) == self._initial)
        if symbol in self.means.in_order:
            return [list(fresh)]
        clash: list[Alternative] = []
        apart: list[Alternative] = []
        for alternative in fresh:
            clashes = self.ledger.clashes("said", alternative.stems)
            (clash if clashes else apart).append(alternative)
        return [apart, clash]

    def _again(self, rules: tuple[Alternative, ...]) -> tuple[Alternative, ...]:
        """The rules when all have been used: again, unless that would repeat their content by accident."""
        contents = any(alternative.stems for alternative in rules)
        return () if contents and self.level == STRICT else rules

    def _next(self, group: Sequence[Alternative]) -> int:
        if self._depth > DEEP or len(self.events) > LONG:
            depths = [self.means.plan.depth_of(alternative) for alternative in group]
            return depths.index(min(depths))
        if len(group) == 1 or group[0].symbol in self.means.in_order:
            return 0
        return self._drawn([alternative.weight for alternative in group])

    # -- modifiers --

    def _modify(self, pieces: list[Piece], modifier: Modifier) -> list[Piece]:
        if modifier.name in FROM_THE_LEXICON:
            return [self._phrase(pieces, modifier.name)]
        if modifier.name in FROM_THE_FIGURES:
            return [_amount(pieces, modifier.name)]
        text = text_of(pieces)
        if not text:
            return pieces
        function = self.means.modifiers.get(modifier.name)
        if function is None:
            raise GrammarError(f"no modifier .{modifier.name}")
        try:
            return modified(pieces, function(text, modifier.arguments))
        except Exception as error:
            raise GrammarError(f"the modifier .{modifier.name} failed on {text!r}: {error!r}") from error

    def _phrase(self, pieces: Sequence[Piece], which: str) -> Piece:
        """What the lexicon says of a word: of the last one in the pieces."""
        word = next((piece.word for piece in reversed(pieces) if piece.word), None)
        of = word.source.of if word else text_of(pieces)
        phrases = getattr(self.means.lexicon(), which)(of, word.kind if word else "thing")
        usable = self.ledger.phrases(phrases)
        if not usable:
            raise Unsayable(f"{of}.{which}")
        phrase = usable[self._drawn([1.0] * len(usable))]
        self.ledger.phrased(phrase)
        self._event(f".{which} of {of}", phrase)
        return Piece(clean(phrase), voice="lexicon", of=of)


def _amount(pieces: Sequence[Piece], which: str) -> Piece:
    """How much of the picture a color covers, or how sure its label is: of the last word that has the figure."""
    from photopoem.english import share_in_words, sureness_in_words

    field, in_words = ("share", share_in_words) if which == "share" else ("score", sureness_in_words)
    for piece in reversed(pieces):
        figure = getattr(piece.word.source, field) if piece.word else None
        if piece.word and figure is not None:
            text = in_words(figure)
            return Piece(text, replace(piece.word, text=text, kind="amount"))
    raise Unsayable(f"{text_of(pieces)}.{which}")
