"""Finds what is wrong with a grammar before the first photograph is opened."""

from __future__ import annotations

from photopoem.grammar.load import Parts
from photopoem.grammar.source import Problem


def errors_of(parts: Parts) -> list[Problem]:
    """What keeps a grammar from being used."""
    return []
