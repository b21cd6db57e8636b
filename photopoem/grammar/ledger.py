"""Keeps what a poem has said so far, so that nothing is said twice by accident; any of it can be taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from photopoem.grammar.symbols import is_numbered
from photopoem.grammar.words import clean, stems
from photopoem.vocabulary import Word

STRICT, PATIENT, LAX, ANYHOW = range(4)
"""How much repetition is allowed: none; of rules and of parts of words; of words, when all have been dealt; any."""


@dataclass(frozen=True, slots=True)
class Card:
    """A word ready to be dealt: its visible text, the key by which equal words are known, its content."""

    word: Word
    text: str
    key: str
    stems: frozenset[str]


@lru_cache(maxsize=8192)
def _prepared(text: str) -> tuple[str, str, frozenset[str]]:
    shown = clean(text)
    return shown, shown.casefold(), stems(shown)


def make_cards(words: Iterable[Word]) -> tuple[Card, ...]:
    """Cards for those of the words that show anything."""
    prepared = ((word, _prepared(word.text)) for word in words)
    return tuple(Card(word, *each) for word, each in prepared if each[0])


class Ledger:
    """What was dealt and said. `mark` and `undo` take back everything noted in between."""

    def __init__(self, level: int) -> None:
        self.level = level
        self._noted: defaultdict[str, set[object]] = defaultdict(set)
        self._trail: list[tuple[set[object], object]] = []

    def mark(self) -> int:
        """Where the ledger stands."""
        return len(self._trail)

    def undo(self, mark: int) -> None:
        """Take back what was noted since."""
        while len(self._trail) > mark:
            noted, thing = self._trail.pop()
            noted.discard(thing)

    def note(self, kind: str, things: Iterable[object]) -> None:
        """Note things of a kind: `word`, `fixed`, `said`, `colored`, `text`, `phrase` or `rule`."""
        noted = self._noted[kind]
        for thing in things:
            if thing not in noted:
                noted.add(thing)
                self._trail.append((noted, thing))

    def has(self, kind: str, thing: object) -> bool:
        """Whether this was noted."""
        return thing in self._noted[kind]

    def clashes(self, kind: str, things: Iterable[object]) -> bool:
        """Whether any of these was noted."""
        return not self._noted[kind].isdisjoint(things)

    def candidates(self, symbol: str, cards: tuple[Card, ...]) -> list[Card]:
        """Which of a symbol's words may be dealt now; empty where any would be a repetition."""
        if is_numbered(symbol):
            return list(cards) if self.level > STRICT or self._fits(cards[0]) else []
        dealt = self._noted["word"]
        fresh = [card for card in cards if card.key not in dealt]
        if not fresh:
            return self._least_often(cards) if self.level >= LAX else []
        apart = [card for card in fresh if not self._repeats(card)]
        if not apart:
            return fresh if self.level > STRICT else []
        return self._farthest(apart)

    def _fits(self, card: Card) -> bool:
        """Whether a numbered word is new here, or comes back under its own number."""
        if card.word.kind == "amount" or self.has("fixed", card.key):
            return True
        return not self.has("word", card.key) and not self._repeats(card)

    def _repeats(self, card: Card) -> bool:
        """Whether a word shares its content with one dealt before. Colors may share theirs with each other."""
        if self.clashes("said", card.stems):
            return True
        return card.word.kind != "color" and self.clashes("colored", card.stems)

    def _farthest(self, cards: list[Card]) -> list[Card]:
        """Rather words that share nothing with the author's text nor, for colors, with another color."""
        apart = self._clear(cards, ("text", "phrase"))
        return (self._clear(apart, ("colored",)) or apart) if apart else cards

    def _clear(self, cards: list[Card], kinds: tuple[str, ...]) -> list[Card]:
        """The cards of which nothing was noted under these kinds."""
        for kind in kinds:
            noted = self._noted[kind]
            cards = [card for card in cards if noted.isdisjoint(card.stems)]
        return cards

    def _least_often(self, cards: tuple[Card, ...]) -> list[Card]:
        often = [self._times(card.key) for card in cards]
        return [card for card, times in zip(cards, often, strict=True) if times == min(often)]

    def _times(self, key: str) -> int:
        """How often a word was dealt."""
        times = 0
        while self.has(f"dealt {times}", key):
            times += 1
        return times

    def dealt(self, symbol: str, card: Card) -> None:
        """Note that a word was dealt."""
        if card.word.kind == "amount":
            return
        self.note(f"dealt {self._times(card.key)}", (card.key,))
        self.note("word", (card.key,))
        self.note("colored" if card.word.kind == "color" else "said", card.stems)
        if is_numbered(symbol):
            self.note("fixed", (card.key,))

    def phrases(self, phrases: tuple[str, ...]) -> list[str]:
        """Which of the lexicon's phrases may be said now: never one twice, rather one with nothing said before."""
        spoken = self._noted["said phrase"]
        fresh = [each for each in _with_stems(phrases) if each[0] not in spoken]
        said, colored, phrased = self._noted["said"], self._noted["colored"], self._noted["phrase"]
        apart = [
            each
            for each in fresh
            if said.isdisjoint(each[1]) and colored.isdisjoint(each[1]) and phrased.isdisjoint(each[1])
        ]
        if not apart:
            return [phrase for phrase, _ in fresh] if self.level > STRICT else []
        text = self._noted["text"]
        return [phrase for phrase, content in apart if text.isdisjoint(content)] or [
            phrase for phrase, _ in apart
        ]

    def phrased(self, phrase: str) -> None:
        """Note that a phrase of the lexicon was said."""
        self.note("said phrase", (phrase,))
        self.note("phrase", stems(phrase))


@lru_cache(maxsize=8192)
def _with_stems(phrases: tuple[str, ...]) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((phrase, stems(phrase)) for phrase in phrases)
