"""Poems as plain text: title, lines, colophon."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path

from photopoem.poem import Poem, colophon

WIDTH = 42
"""Columns of the colophon: a receipt's."""


def as_text(poem: Poem, *, with_colophon: bool = True) -> str:
    """Title, an empty line, the lines; then an empty line and the colophon. Ends with a line end."""
    parts = [str(poem.title), poem.text]
    if with_colophon:
        parts.append(textwrap.fill(colophon(poem), WIDTH))
    return "\n\n".join(part for part in parts if part) + "\n"


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
