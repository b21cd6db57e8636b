"""Picks the next words and phrases of a poem so that nothing is repeated by accident."""

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
"""The levels of allowed repetition: none; rules and parts of words; words, once all are used; any."""

_NEW, _LIKE_THE_TEXT, _REPEATED = 0, 2, 3
_LIKE_A_COLOR = 1
_NOTHING: frozenset[str] = frozenset()


class Card(NamedTuple):
    """A word that can be picked: its visible text, the key that identifies equal words, its content."""

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
    """For each symbol, the cards of its words with visible text."""
    cards: dict[str, tuple[Card, ...]] = {}
    for symbol in symbols:
        prepared = [(word, _prepared(word.text)) for word in words.get(symbol, ())]
        cards[symbol] = tuple([Card(word, *each) for word, each in prepared if each[0]])
    return cards


class Said(NamedTuple):
    """What a poem has used so far. It is immutable, so that an earlier one can be restored.

    `words` counts the photograph's words by key; `numbered` has the keys of numbered symbols. Content is sets of
    stems: `content` of words other than colors, `colors` of colors, `text` of the author's rules, `phrase_content` of
    the lexicon's `phrases`. `rules` are the used rules.
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
        """The state after a symbol has used a word. Amounts may always be repeated."""
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
        """The state after a rule was used. A silent rule may be used again, so it is not recorded."""
        words, numbered, content, colors, text, phrases, phrase_content, rules = self
        if rule.stems:
            text |= rule.stems
        elif rule.silent:
            return self
        return Said(words, numbered, content, colors, text, phrases, phrase_content, rules | {rule})

    def with_phrase(self, phrase: str) -> Said:
        """The state after a lexicon phrase was used."""
        content = self.phrase_content | stems(phrase)
        return self._replace(phrases=self.phrases | {phrase}, phrase_content=content)

    def likeness(self, card: Card) -> int:
        """What a word repeats: nothing, a color's content, the author's text, or a word's content."""
        content = card.stems
        colored = not self.colors.isdisjoint(content)
        if not self.content.isdisjoint(content) or (colored and card.word.kind != "color"):
            return _REPEATED
        if not (self.text.isdisjoint(content) and self.phrase_content.isdisjoint(content)):
            return _LIKE_THE_TEXT
        return _LIKE_A_COLOR if colored else _NEW

    def allows_numbered(self, card: Card) -> bool:
        """Whether the word of a numbered symbol is new, or is repeated under its own number."""
        if card.word.kind == "amount" or card.key in self.numbered:
            return True
        return card.key not in self.words and self.likeness(card) < _REPEATED


class Picker:
    """Picks random words, preferring those that repeat nothing; `draws` counts the random choices of words."""

    def __init__(self, rng: Random, level: int) -> None:
        self.rng = rng
        self.level = level
        self.draws = 0

    def weighted(self, weights: Sequence[float]) -> int:
        """A random index with these weights."""
        self.draws += len(weights) > 1
        return self.of_weights(weights)

    def of_weights(self, weights: Sequence[float]) -> int:
        """The same, without counting it as a choice."""
        if len(weights) == 1:
            return 0
        at = self.rng.random() * sum(weights)
        for n, weight in enumerate(weights):
            at -= weight
            if at < 0:
                return n
        return len(weights) - 1

    def word(self, symbol: str, cards: Cards, said: Said, kept: Cards) -> tuple[Card, Said] | None:
        """The next word of a symbol and the state after it; None if every word would be a repetition.

        Words that share nothing come first, then words that share content with the author's text or, for colors, with
        another color; words that repeat another word's content come last. `kept` are words that numbered symbols will
        use later, which are picked only if there is nothing else.
        """
        if symbol not in FIXED_SYMBOLS:
            card = self._draw(cards, said, kept) if cards else None
        else:
            card = cards[0] if self.has_word(symbol, cards, said) else None
        return (card, said.with_word(symbol, card)) if card else None

    def has_word(self, symbol: str, cards: Cards, said: Said) -> bool:
        """Whether a symbol has a word that is not a forbidden repetition."""
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
        """One of the words that were used least often."""
        least = min(said.words[card.key] for card in cards)
        rarest = [card for card in cards if said.words[card.key] == least]
        return rarest[self.weighted([card.word.weight for card in rarest])]

    def _least_alike(self, cards: list[Card], said: Said) -> Card | None:
        """The first drawn card that repeats nothing, else one that repeats least; None if that is not allowed."""
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
        """The first unused one of a word's related words, and the state after it.

        Places in the frame may share a word (at the top, at the foot); other words may not repeat content.
        """
        for card in cards:
            if card.key in said.words:
                continue
            if card.word.kind == "where" or said.likeness(card) < _REPEATED or self.level > STRICT:
                return card, said.with_word("", card)
        return None

    def phrase(self, phrases: Sequence[str], said: Said) -> tuple[str, Said] | None:
        """The first unused phrase that repeats nothing, and the state after it.

        Phrases that share content with the author's text come before those that repeat other content; None if every
        phrase would be a forbidden repetition.
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
    """Whether one word repeats the other. Two colors may share a word: light green, green."""
    if card.key == other.key:
        return True
    return not (card.word.kind == other.word.kind == "color" or card.stems.isdisjoint(other.stems))
