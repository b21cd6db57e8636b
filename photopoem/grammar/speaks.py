"""What the engine asks of a lexicon."""

from __future__ import annotations

from typing import Protocol


class Speaks(Protocol):
    """The phrases for a word of a kind."""

    def does(self, word: str, kind: str) -> tuple[str, ...]:
        """What it does."""

    def part(self, word: str, kind: str) -> tuple[str, ...]:
        """Its parts."""

    def feels(self, word: str, kind: str) -> tuple[str, ...]:
        """How it feels or sounds."""
