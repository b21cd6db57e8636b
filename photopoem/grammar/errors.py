"""The reasons why an expansion fails. They are for the expander alone; callers get `photopoem.errors`."""

from __future__ import annotations


class Unsayable(Exception):
    """A symbol has no word, or no rule that can be used here. Another rule may do without the symbol."""

    def __init__(self, symbol: str) -> None:
        super().__init__(symbol)
        self.symbol = symbol


class Misfit(Exception):
    """A line that the form does not allow."""


class Overworked(Exception):
    """An expansion took more steps or more text than any poem needs."""
