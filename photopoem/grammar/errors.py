"""Why an expansion does not work out: an exception each, for the engine alone."""

from __future__ import annotations


class Unsayable(Exception):
    """A symbol has no word, or no rule that works out here; another rule may do without it."""

    def __init__(self, symbol: str) -> None:
        super().__init__(symbol)
        self.symbol = symbol


class Misfit(Exception):
    """A line that the form does not allow."""


class Overworked(Exception):
    """More steps or more text than a poem can need."""
