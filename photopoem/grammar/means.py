"""What an expansion draws on: the rules and words that a photograph has, and what the lexicon says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from photopoem.grammar.form import Form
from photopoem.grammar.ledger import Card
from photopoem.grammar.rules import Plan
from photopoem.grammar.speaks import Speaks


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
