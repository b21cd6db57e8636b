"""What an expansion draws on: the rules and words that a photograph has, and what the lexicon says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from photopoem.grammar.form import Form
from photopoem.grammar.ledger import Card
from photopoem.grammar.rules import Plan


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
    weighted: frozenset[str]
    cards: Mapping[str, tuple[Card, ...]]
    lexicon: Callable[[], Speaks]
    form: Form
