"""Picks the words and phrases that a poem says next, so that it says nothing twice by accident."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from photopoem.grammar.text import clean, stems
from photopoem.vocabulary import FIXED_SYMBOLS, Word

if TYPE_CHECKING:
    from photopoem.grammar.rules import Alternative

STRICT, PATIENT, LAX, ANYHOW = range(4)
"""How much repetition is allowed: none; rules and parts of words; words, once all are used; any."""

_NEW, _LIKE_THE_TEXT, _REPEATED = 0, 2, 3
_LIKE_A_COLOR = 1
_NOTHING: frozenset[str] = frozenset()


class Card(NamedTuple):
    """A word that can be picked: its visible text, the key by which equal words are known, its content."""

    word: Word
    text: str
    key: str
    stems: frozenset[str]


Cards = Sequence[Card]


@lru_cache(maxsize=8192)
def _prepared(text: str) -> tuple[str, str, frozenset[str]]:
    shown = clean(text)
    return shown, shown.casefold(), stems(shown)


def make_cards(words: Mapping[str, Iterable[Word]], symbols: Iterable[str]) -> dict[str, tuple[Card, ...]]:
    """For each of the symbols, cards for those of its words that show anything."""
    cards: dict[str, tuple[Card, ...]] = {}
    for symbol in symbols:
        prepared = [(word, _prepared(word.text)) for word in words.get(symbol, ())]
        cards[symbol] = tuple([Card(word, *each) for word, each in prepared if each[0]])
    return cards


class Said(NamedTuple):
    """What a poem has said so far. It is never changed in place, so an earlier one takes everything back.

    `words` counts the words of the photograph by their keys; `numbered` has the keys that numbered symbols stand
    for. Content is sets of stems: `content` of words other than colors, `colors` of colors, `text` of the
    author's own rules, `phrase_content` of the lexicon's `phrases`. `rules` are the rules that were used.
    """

    words: Mapping[str, int] = {}
    numbered: frozenset[str] = _NOTHING
    content: frozenset[str] = _NOTHING
    colors: frozenset[str] = _NOTHING
    text: frozenset[str] = _NOTHING
    phrases: frozenset[str] = _NOTHING
    phrase_content: frozenset[str] = _NOTHING
    rules: frozenset[Alternative] = frozenset()

    def with_word(self, symbol: str, card: Card) -> Said:
        """The same after a symbol has said a word. Amounts may be said again at any time."""
        if card.word.kind == "amount":
            return self
        words, numbered, content, colors, text, phrases, phrase_content, rules = self
        words = {**words, card.key: words.get(card.key, 0) + 1}
        if symbol in FIXED_SYMBOLS:
            numbered |= {card.key}
        if card.word.kind == "color":
            colors |= card.stems
        elif card.word.kind != "where":
            content |= card.stems
        return Said(words, numbered, content, colors, text, phrases, phrase_content, rules)

    def with_rule(self, rule: Alternative) -> Said:
        """The same after a rule was used."""
        words, numbered, content, colors, text, phrases, phrase_content, rules = self
        if rule.stems:
            text |= rule.stems
        return Said(words, numbered, content, colors, text, phrases, phrase_content, rules | {rule})

    def with_phrase(self, phrase: str) -> Said:
        """The same after the lexicon has said a phrase."""
        content = self.phrase_content | stems(phrase)
        return self._replace(phrases=self.phrases | {phrase}, phrase_content=content)

    def likeness(self, card: Card) -> int:
        """How much a word repeats: nothing, a color's content, the author's text, or a word's content."""
        content = card.stems
        colored = not self.colors.isdisjoint(content)
        if not self.content.isdisjoint(content) or (colored and card.word.kind != "color"):
            return _REPEATED
        if not (self.text.isdisjoint(content) and self.phrase_content.isdisjoint(content)):
            return _LIKE_THE_TEXT
        return _LIKE_A_COLOR if colored else _NEW

    def allows_numbered(self, card: Card) -> bool:
        """Whether the word of a numbered symbol is new here, or comes back under its own number."""
        if card.word.kind == "amount" or card.key in self.numbered:
            return True
        return card.key not in self.words and self.likeness(card) < _REPEATED


class Picker:
    """Picks words by chance, those first that repeat nothing; `draws` counts how often chance decided."""

    def __init__(self, rng: Random, level: int) -> None:
        self.rng = rng
        self.level = level
        self.draws = 0

    def weighted(self, weights: Sequence[float]) -> int:
        """An index, likelier where the weight is higher."""
        if len(weights) == 1:
            return 0
        self.draws += 1
        at = self.rng.random() * sum(weights)
        for n, weight in enumerate(weights):
            at -= weight
            if at < 0:
                return n
        return len(weights) - 1

    def word(self, symbol: str, cards: Cards, said: Said, kept: Cards) -> tuple[Card, Said] | None:
        """The word that a symbol says next, and what is said then; None where any would be a repetition.

        A word that shares nothing with anything said goes first, then one that shares something with the author's
        text or, for colors, with another color; one that repeats another word's content goes last. `kept` are words
        that numbered symbols will say later: they are picked only where there is nothing else.
        """
        if symbol not in FIXED_SYMBOLS:
            card = self._draw(cards, said, kept) if cards else None
        else:
            card = cards[0] if self.has_word(symbol, cards, said) else None
        return (card, said.with_word(symbol, card)) if card else None

    def has_word(self, symbol: str, cards: Cards, said: Said) -> bool:
        """Whether a symbol has a word that is no repetition, or one that is allowed."""
        if not cards or self.level >= LAX:
            return bool(cards)
        if symbol in FIXED_SYMBOLS:
            return self.level > STRICT or said.allows_numbered(cards[0])
        fresh = (card for card in cards if card.key not in said.words)
        return any(self.level > STRICT or said.likeness(card) < _REPEATED for card in fresh)

    def _draw(self, cards: Cards, said: Said, kept: Cards) -> Card | None:
        words = said.words
        fresh = [card for card in cards if card.key not in words]
        if not fresh:
            return self._rarest(cards, said) if self.level >= LAX else None
        if kept:
            free = [card for card in fresh if not any(_repeats(card, other) for other in kept)]
            if free and (card := self._least_alike(free, said)):
                return card
        return self._least_alike(fresh, said)

    def _rarest(self, cards: Cards, said: Said) -> Card:
        """One of the words that were said least often."""
        least = min(said.words[card.key] for card in cards)
        rarest = [card for card in cards if said.words[card.key] == least]
        return rarest[self.weighted([card.word.weight for card in rarest])]

    def _least_alike(self, cards: list[Card], said: Said) -> Card | None:
        """The first card drawn that repeats nothing, else one that repeats least; None where that is not allowed."""
        drawn: list[tuple[int, Card]] = []
        while cards:
            card = cards.pop(self.weighted([card.word.weight for card in cards]))
            likeness = said.likeness(card)
            if likeness == _NEW:
                return card
            drawn.append((likeness, card))
        likeness, card = min(drawn, key=lambda each: each[0])
        return card if likeness < _REPEATED or self.level > STRICT else None

    def related(self, cards: Cards, said: Said) -> tuple[Card, Said] | None:
        """The first of a word's related words that was not said, and what is said then.

        Places in the frame may share a word (at the top, at the foot); other words may repeat no content.
        """
        for card in cards:
            if card.key in said.words:
                continue
            if card.word.kind == "where" or said.likeness(card) < _REPEATED or self.level > STRICT:
                return card, said.with_word("", card)
        return None

    def phrase(self, phrases: Sequence[str], said: Said) -> tuple[str, Said] | None:
        """The first phrase that was not said and repeats nothing, and what is said then.

        A phrase that shares something with the author's text goes before one that repeats other content; None where
        any would be a repetition that is not allowed.
        """
        near = repeated = ""
        spoken, colors, phrased = said.content, said.colors, said.phrase_content
        for phrase in phrases:
            content = stems(phrase)
            if phrase in said.phrases:
                continue
            if not (
                spoken.isdisjoint(content) and colors.isdisjoint(content) and phrased.isdisjoint(content)
            ):
                repeated = repeated or phrase
            elif said.text.isdisjoint(content):
                return phrase, said.with_phrase(phrase)
            else:
                near = near or phrase
        best = near or (repeated if self.level > STRICT else "")
        return (best, said.with_phrase(best)) if best else None


def _repeats(card: Card, other: Card) -> bool:
    """Whether one word would be a repetition after the other. Two colors may share a word: light green, green."""
    if card.key == other.key:
        return True
    return not (card.word.kind == other.word.kind == "color" or card.stems.isdisjoint(other.stems))
