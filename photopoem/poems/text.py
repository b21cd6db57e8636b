"""Turns a poem into plain text (title, lines, colophon), and a text that a person changed into a poem."""

from __future__ import annotations

from dataclasses import replace

from photopoem.poem import Line, Poem, Span, colophon
from photopoem.text.wrap import wrap_columns

WIDTH = 42
"""Columns of the colophon: a receipt's."""


def as_text(poem: Poem, *, with_colophon: bool = True) -> str:
    """Title, an empty line, the lines; then an empty line and the colophon. Ends with a line end."""
    parts = [str(poem.title), poem.text]
    if with_colophon:
        parts.append(_closing(poem))
    return "\n\n".join(part for part in parts if part) + "\n"


def _closing(poem: Poem) -> str:
    return "\n".join(wrap_columns(colophon(poem), WIDTH))


def from_text(poem: Poem, text: str) -> Poem:
    """The poem as a person left it in `text`, which was `as_text` of it before; `poem` itself where that says the same.

    Lines that stand as they were written keep their sources; all others, and a new title, are the person's. An empty
    line between lines is a line. Whatever became of the colophon, it is no line of the poem.
    """
    said = text.encode("utf-8", "surrogateescape").decode("utf-8-sig", "replace")
    said = "\n".join(line.rstrip() for line in said.splitlines()).strip("\n")
    before, _, last = said.rpartition("\n\n")
    # Two words are compared: a stanza of the person's own may begin with No.
    if last.split()[:2] == colophon(poem).split()[:2]:
        said = before.strip("\n")
    title = ""
    first, gap, rest = said.partition("\n\n")
    if gap and "\n" not in first and poem.title.spans:
        title, said = first, rest.strip("\n")
    if not said or (title, said) == (str(poem.title), poem.text):
        return poem
    ours = {str(line): line for line in (*poem.lines, poem.title)}
    lines = tuple(ours.get(line) or _by_hand(line) for line in said.split("\n"))
    return replace(poem, title=ours.get(title) or _by_hand(title), lines=lines, by_hand=True)


def _by_hand(text: str) -> Line:
    return Line((Span(text, voice="hand"),) if text else ())
