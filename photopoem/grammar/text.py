"""Pieces of text that keep their source through modifiers into the lines of a poem."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from operator import eq
from typing import NamedTuple

from photopoem.poem import Line, Span
from photopoem.text.clean import as_written
from photopoem.text.clean import clean as clean_text
from photopoem.text.wrap import wrap
from photopoem.vocabulary import Word

MAX_WORD = 60
"""The most characters of a word or phrase; longer ones are cut at a space."""

_MARKS = 3
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")

# Function words, which may be repeated.
_SMALL = frozenset(
    "a an and any are as at be been before behind below between but by can cannot could did do does down each else "
    "every everything few for from had has have he her here hers him his how i if in into is it its just left like "
    "little made many may me might mine more most much must my near nearly never no nobody none nor not nothing now of "
    "off on once one only or other our out over own part parts quite same she so some somebody someone something than "
    "that the their them then there these they thing things this those though through time times to too toward towards "
    "two under until up upon us very was way we were what when where which while who whom whose why will with without "
    "would yes yet you your half third quarter fifth sixth seventh eighth ninth tenth three four five six seven eight "
    "nine ten hardly almost fairly sure".split()
)


@lru_cache(maxsize=8192)
def clean(text: str, longest: int = MAX_WORD) -> str:
    """Text as one short line of visible characters.

    Line breaks and other spaces become single spaces; control, bidirectional, zero-width, private and unassigned
    characters are dropped; at most three marks per letter are kept. The result may be empty.
    """
    # Cut first, because a label of a megabyte would take a second.
    return _shorten(" ".join(visible(text[: 20 * longest]).split()), longest)


def visible(text: str) -> str:
    r"""Untrusted text in NFC without invisible and control characters; line breaks stay as `\n`.

    Joiners stay between characters that they can join.
    """
    return clean_text(text, joiners=True, line_end="\n", most_marks=_MARKS)


@lru_cache(maxsize=8192)
def authors(text: str) -> str:
    r"""The grammar's text as written, without control characters; line breaks stay as `\n`."""
    return as_written(text, most_marks=_MARKS)


def _shorten(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    head, space, _ = text[: longest + 1].rpartition(" ")
    return head if space else text[:longest]


@lru_cache(maxsize=16384)
def stems(text: str) -> frozenset[str]:
    """The content words of a text, in lower case and without plural endings."""
    return frozenset(_stem(word) for word in tokens(text) if len(word) > 2 and word not in _SMALL)


def tokens(text: str) -> list[str]:
    """Every word of a text, in lower case."""
    return _WORD.findall(text.lower().replace("\u2019", "'"))


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        return word[:-1]
    return word


class Piece(NamedTuple):
    """A run of text with its source: its word, or its voice and the word that it is about."""

    text: str
    word: Word | None = None
    voice: str = "grammar"
    of: str = ""

    def with_text(self, text: str) -> Piece:
        """The same piece with another text."""
        return Piece(text, self.word, self.voice, self.of)


GAP = Piece("", voice="gap")
"""A marker at the start of a line that follows an empty line."""

_CLOSING = tuple(",.;:!?")


def modified(pieces: Sequence[Piece], new: str) -> list[Piece]:
    """The pieces of a text after a modifier changed it. Every part keeps its source.

    The common prefix and suffix of both texts stay with their pieces. The change between them goes to the piece that
    contains it. Words that were only added before or after, such as an article, are the author's.
    """
    old = "".join(piece.text for piece in pieces)
    if old == new:
        return list(pieces)
    if len(old) == len(new):
        return _recut(pieces, new)
    # From the end: "the tree" is an article and a word, not "t" and "ree" around "he t".
    tail = _shared(old[::-1], new[::-1])
    shared = min(len(old), len(new)) - tail
    head = _shared(old[:shared], new[:shared])
    if head + tail < len(old) or not _is_apart(new[head : len(new) - tail], head, tail):
        return _recut(_stretched(pieces, head, len(new) - len(old)), new)
    before, after = _cut(pieces, head)
    addition = Piece(new[head : len(new) - tail])
    return [*_recut(before, new), addition, *_recut(after, new[len(new) - tail :])]


def _shared(one: str, other: str) -> int:
    most = min(len(one), len(other))
    return next((n for n in range(most) if one[n].lower() != other[n].lower()), most)


def _is_apart(added: str, head: int, tail: int) -> bool:
    """Whether an addition is a separate word rather than an ending."""
    return (tail > 0 and added.endswith((" ", '"', "“"))) or (
        head > 0 and not added[:1].isalpha() and added[:1] != "'"
    )


def _recut(pieces: Sequence[Piece], text: str) -> list[Piece]:
    """The pieces with another text of the same length."""
    cut: list[Piece] = []
    at = 0
    for piece in pieces:
        cut.append(piece.with_text(text[at : at + len(piece.text)]))
        at += len(piece.text)
    return cut


def _stretched(pieces: Sequence[Piece], at: int, by: int) -> list[Piece]:
    """The pieces with the one at an index longer or shorter; later ones too if it is too short."""
    longer = list(pieces)
    start = 0
    for n, piece in enumerate(longer):
        end = start + len(piece.text)
        if at < end or n == len(longer) - 1:
            size = max(0, len(piece.text) + by)
            by -= size - len(piece.text)
            longer[n] = piece.with_text(" " * size)
            if by == 0:
                break
        start = end
    return longer


def _cut(pieces: Sequence[Piece], at: int) -> tuple[list[Piece], list[Piece]]:
    before: list[Piece] = []
    after: list[Piece] = []
    for piece in pieces:
        here = min(max(at, 0), len(piece.text))
        at -= len(piece.text)
        before.append(piece.with_text(piece.text[:here]))
        after.append(piece.with_text(piece.text[here:]))
    return [p for p in before if p.text], [p for p in after if p.text]


def tidy(pieces: Sequence[Piece]) -> tuple[tuple[Piece, ...], str]:
    """A line's tidied pieces and text: one space where pieces meet, none before closing punctuation or at the end.

    Dropped pieces may leave extra spaces. Spaces inside a piece, and an indent, are the author's and stay.
    """
    text = text_of(pieces)
    tidied = pieces if _is_tidy(text) else _tidied(pieces)
    return tuple([piece for piece in tidied if piece.text]), text if tidied is pieces else text_of(tidied)


def _tidied(pieces: Sequence[Piece]) -> list[Piece]:
    tidied: list[Piece] = []
    last = "\n"
    for piece in pieces:
        text = piece.text
        if last == " " or (last == "\n" and re.match(r" (?! )", text)):
            text = text.lstrip(" ")
        # A space that the author put before punctuation stays, as in French.
        if text.startswith(_CLOSING) and tidied and last == " " and piece.text[0] != " ":
            tidied[-1] = tidied[-1].with_text(tidied[-1].text.rstrip(" "))
        if text:
            tidied.append(piece.with_text(text))
            last = " " if text.isspace() or text[-1] == " " else text[-1]
    while tidied and not (text := tidied[-1].text.rstrip()):
        tidied.pop()
    if tidied:
        tidied[-1] = tidied[-1].with_text(text)
    return tidied


def _is_tidy(text: str) -> bool:
    # Quicker than a regular expression for most lines, which have none of it.
    if text[:1] == " " or text[-1:].isspace() or "  " in text:
        return False
    return not (" ," in text or " ." in text or " ;" in text or " :" in text or " !" in text or " ?" in text)


def text_of(pieces: Sequence[Piece]) -> str:
    """The text of pieces."""
    if len(pieces) == 1:
        return pieces[0].text
    return "".join([piece.text for piece in pieces])


def has_doubled_word(pieces: Sequence[Piece], text: str, before: Sequence[Piece]) -> bool:
    """Whether a word occurs twice in a row by accident. Within one piece it is intended (light light green).

    `text` is that of the pieces, `before` is the line before.
    """
    words = tokens(text)
    if words and _last_token(text_of(before)) == words[0]:
        return True
    if not any(map(eq, words, words[1:])):
        return False
    said = [(word, n) for n, piece in enumerate(pieces) for word in tokens(piece.text)]
    return any(one == other and m != n for (one, m), (other, n) in pairwise(said))


@lru_cache(maxsize=1024)
def _last_token(text: str) -> str:
    # Called again for every try at the next line.
    return (tokens(text) or [""])[-1]


def make_line(pieces: Sequence[Piece]) -> Line:
    """Make a line of a poem. Adjacent pieces of the author's text become one span."""
    spans: list[Span] = []
    own = ""
    for text, word, voice, of in pieces:
        if word is None and voice == "grammar":
            own += text
            continue
        if own:
            spans.append(_own_span(own))
            own = ""
        spans.append(Span(text, word.source if word else None, voice, of))
    if own:
        spans.append(_own_span(own))
    return Line(tuple(spans))


@lru_cache(maxsize=4096)
def _own_span(text: str) -> Span:
    # Cached, because the author's texts are the same in many poems.
    return Span(text)


def broken(pieces: Sequence[Piece], width: int, indent: int) -> list[tuple[Piece, ...]]:
    """A line's pieces broken at spaces into lines of at most `width`, all but the first indented."""
    text = text_of(pieces)
    if len(text) <= width:
        return [tuple(pieces)]
    rows = wrap(text, [1] * len(text), width, indent=indent, split_words=False)
    lines = [_cut(_cut(pieces, row.stop)[0], row.start)[1] for row in rows]
    return [(*([Piece(" " * indent)] if n else []), *line) for n, line in enumerate(lines)]
