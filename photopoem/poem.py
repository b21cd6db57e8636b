"""What a poem is: a title and lines of spans, each span knowing its source; and its record and colophon."""

from __future__ import annotations

from dataclasses import dataclass

from photopoem.vocabulary import Source, Subject


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text. `source` is the word it came from; None is the author's own text.

    `voice` tells the author's texts apart: "grammar" or "lexicon" (asked of `source`).
    """

    text: str
    source: Source | None = None
    voice: str = "grammar"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a poem."""

    spans: tuple[Span, ...]

    def __str__(self) -> str:
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Poem:
    """A poem: its title, its lines, the grammar and seed that wrote it, and its subject."""

    title: Line
    lines: tuple[Line, ...]
    grammar: str
    seed: int
    subject: Subject
    version: str

    @property
    def text(self) -> str:
        """The lines, without title and colophon."""
        return "\n".join(map(str, self.lines))
