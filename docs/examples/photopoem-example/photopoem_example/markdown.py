"""A press that puts poems into a Markdown page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from photopoem import Poem


def literal(text: str) -> str:
    """Text with Markdown and HTML escaped."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!<>|&])", r"\\\1", text)


class MarkdownPress:
    """A heading and a verse for each poem."""

    name = "markdown"
    suffix = ".md"

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """Nothing: Markdown shows every character."""
        return []

    def press(self, poems: Sequence[Poem], *, photos: Path | None = None) -> bytes:
        """All poems as one page; two spaces at the end of a line keep it a line."""
        return "\n".join(self._one(poem) for poem in poems).encode()

    def _one(self, poem: Poem) -> str:
        verse = "  \n".join(literal(str(line)) for line in poem.lines)
        return f"## {literal(str(poem.title))}\n\n{verse}\n"
