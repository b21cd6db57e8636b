"""The text press: poems as UTF-8 text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from photopoem.poem import Poem
from photopoem.poems.text import as_text
from photopoem.text.clean import as_written


class TextPress:
    """UTF-8 text, two empty lines between poems. `colophon` closes each with who labelled and who named."""

    name = "text"
    suffix = ".txt"

    def __init__(self, colophon: bool = True) -> None:
        self.colophon = colophon

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """Nothing: text shows every character but those that act, which are left out."""
        return []

    def press(self, poems: Sequence[Poem], *, photos: Path | None = None) -> bytes:
        """All poems as one text."""
        return "\n\n".join(map(self._text, poems)).encode()

    def _text(self, poem: Poem) -> str:
        # A terminal or a printer would obey a control character that a person, or another program, put into a text.
        return as_written(as_text(poem, with_colophon=self.colophon))
