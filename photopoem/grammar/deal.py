"""Deals a photograph's words and the lexicon's phrases, and modifies them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from photopoem.grammar.draft import Draft
from photopoem.grammar.fault import Misfit, Unsayable
from photopoem.grammar.form import initial_of
from photopoem.grammar.ledger import Card
from photopoem.grammar.means import Means
from photopoem.grammar.modify import FROM_THE_FIGURES, FROM_THE_LEXICON, amount, modify, phrases_of
from photopoem.grammar.pieces import Piece
from photopoem.grammar.room import Room
from photopoem.grammar.syntax import Modifier
from photopoem.grammar.words import clean


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
