"""The text press: poems as UTF-8 text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from photopoem.poem import Poem
from photopoem.poems.text import as_text


class TextPress:
    """UTF-8 text, two empty lines between poems. `colophon` closes each with who labelled and who named."""

    name = "text"
    suffix = ".txt"

    def __init__(self, colophon: bool = True) -> None:
        self.colophon = colophon

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """Nothing: text shows every character."""
        return []

    def press(self, poems: Sequence[Poem], *, photos: Path | None = None) -> bytes:
        """All poems as one text."""
        return "\n\n".join(as_text(poem, with_colophon=self.colophon) for poem in poems).encode()
