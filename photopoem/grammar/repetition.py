"""Keeps what a poem has said so far, so that nothing is said twice by accident; any of it can be taken back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence, Set
from functools import lru_cache
from typing import NamedTuple

from photopoem.grammar.text import clean, stems
from photopoem.vocabulary import Word, is_numbered

STRICT, PATIENT, LAX, ANYHOW = range(4)
"""How much repetition is allowed: none; of rules and of parts of words; of words, when all have been dealt; any."""


class Card(NamedTuple):
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
    """What was dealt and said. `mark` and `undo` take back everything noted in between.

    `kept` are the cards of numbered symbols that are still to be said: no other symbol deals them while it has others.
    """

    def __init__(self, level: int) -> None:
        self.level = level
        self.kept: tuple[Card, ...] = ()
        self._noted: defaultdict[str, set[object]] = defaultdict(set)
        self._trail: list[tuple[set[object], Set[object]]] = []

    def mark(self) -> int:
        """Where the ledger stands."""
        return len(self._trail)

    def undo(self, mark: int) -> None:
        """Take back what was noted since."""
        trail = self._trail
        for noted, new in trail[mark:]:
            noted -= new
        del trail[mark:]

    def note(self, kind: str, things: Set[object]) -> None:
        """Note things of a kind: `word`, `fixed`, `said`, `colored`, `text`, `phrase` or `rule`."""
        noted = self._noted[kind]
        new = things - noted
        if new:
            noted |= new
            self._trail.append((noted, new))

    def has(self, kind: str, thing: object) -> bool:
        """Whether this was noted."""
        return thing in self._noted[kind]

    def noted(self, kind: str) -> Set[object]:
        """All that was noted of a kind, as it stands at any time."""
        return self._noted[kind]

    def pick(self, symbol: str, cards: Sequence[Card], draw: Callable[[Sequence[Card]], int]) -> Card | None:
        """The card to be dealt, drawn by `draw`; None where any would be a repetition that is not allowed.

        Words that share nothing with anything said are dealt before those that share something with the
        author's text or, for colors, with another color; those that repeat a dealt word's content come last.
        """
        if is_numbered(symbol):
            return cards[0] if self.level > STRICT or self._fits(cards[0]) else None
        dealt = self._noted["word"]
        fresh = [card for card in cards if card.key not in dealt]
        if not fresh:
            again = self._least_often(cards) if self.level >= LAX else []
            return again[draw(again)] if again else None
        if self.kept:
            free = [card for card in fresh if not self._is_kept(card)]
            if free and (card := self._nearest(free, draw)):
                return card
        return self._nearest(fresh, draw)

    def _is_kept(self, card: Card) -> bool:
        """Whether a kept word would be a repetition after this one."""
        return any(
            card.key == kept.key
            or not (card.word.kind == kept.word.kind == "color" or card.stems.isdisjoint(kept.stems))
            for kept in self.kept
        )

    def _nearest(self, fresh: list[Card], draw: Callable[[Sequence[Card]], int]) -> Card | None:
        """One of the cards, which it empties, as `pick` says; None where any would be a repetition not allowed."""
        tiers: tuple[list[Card], ...] = ([], [], [])
        while fresh:
            card = fresh.pop(draw(fresh))
            nearness = self._nearness(card)
            if nearness == 0:
                return card
            tiers[nearness - 1].append(card)
        allowed = tiers if self.level > STRICT else tiers[:2]
        return next((tier[0] for tier in allowed if tier), None)

    def _nearness(self, card: Card) -> int:
        """0 for a word with nothing said before in it, 1 and 2 for what may be, 3 for a repetition."""
        noted, content = self._noted, card.stems
        colored = not noted["colored"].isdisjoint(content)
        if not noted["said"].isdisjoint(content) or (colored and card.word.kind != "color"):
            return 3
        if not (noted["text"].isdisjoint(content) and noted["phrase"].isdisjoint(content)):
            return 2
        return 1 if colored else 0

    def _fits(self, card: Card) -> bool:
        """Whether a numbered word is new here, or comes back under its own number."""
        if card.word.kind == "amount" or self.has("fixed", card.key):
            return True
        return not self.has("word", card.key) and self._nearness(card) < 3

    def _least_often(self, cards: Sequence[Card]) -> list[Card]:
        often = [self._times(card.key) for card in cards]
        return [card for card, times in zip(cards, often, strict=True) if times == min(often)]

    def _times(self, key: str) -> int:
        """How often a word was dealt."""
        dealt = self._noted["word"]
        times = 0
        while (key, times) in dealt:
            times += 1
        return times

    def dealt(self, symbol: str, card: Card) -> None:
        """Note that a word was dealt."""
        kind = card.word.kind
        if kind == "amount":
            return
        key = card.key
        # Beside the word itself, each of its times: so many notes are taken back as one.
        self.note("word", {key, (key, self._times(key))})
        if card.stems:
            self.note("colored" if kind == "color" else "said", card.stems)
        if is_numbered(symbol):
            self.note("fixed", {key})

    def phrase(self, phrases: tuple[str, ...], start: int) -> str | None:
        """The phrase of the lexicon to be said, looking from `start` on: never one twice. It is noted.

        Rather one with nothing in it that was said before; None where any would be a repetition not allowed.
        """
        noted = self._noted
        spoken, said, colored = noted["said phrase"], noted["said"], noted["colored"]
        phrased, written = noted["phrase"], noted["text"]
        near = repeated = ""
        for n in range(start - len(phrases), start):
            text = phrases[n]
            if text in spoken:
                continue
            content = stems(text)
            if said.isdisjoint(content) and colored.isdisjoint(content) and phrased.isdisjoint(content):
                if written.isdisjoint(content):
                    return self._phrased(text)
                near = near or text
            else:
                repeated = repeated or text
        best = near or (repeated if self.level > STRICT else "")
        return self._phrased(best) if best else None

    def _phrased(self, text: str) -> str:
        self.note("said phrase", {text})
        self.note("phrase", stems(text))
        return text
