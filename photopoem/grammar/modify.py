"""What a modifier makes of a text, and the figures behind a word in words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from photopoem.errors import GrammarError
from photopoem.grammar.draft import Unsayable
from photopoem.grammar.pieces import Piece, modified, text_of
from photopoem.vocabulary import Word


@lru_cache(maxsize=16384)
def changed(name: str, text: str, arguments: tuple[str, ...]) -> str:
    """What a modifier makes of a text. Raises `GrammarError` where there is none, or where it fails."""
    from photopoem.english import MODIFIERS

    if name not in MODIFIERS:
        raise GrammarError(f"no modifier .{name}")
    try:
        return MODIFIERS[name](text, arguments)
    except Exception as error:
        raise GrammarError(f"the modifier .{name} failed on {text!r}: {error!r}") from error


def modify(pieces: list[Piece], name: str, arguments: tuple[str, ...]) -> list[Piece]:
    """Pieces for what a modifier makes of theirs. Raises as `changed`."""
    if len(pieces) == 1:
        piece = pieces[0]
        return [piece.with_text(t) if own else Piece(t) for t, own in _parts(name, piece.text, arguments)]
    text = text_of(pieces)
    return modified(pieces, changed(name, text, arguments)) if text else pieces


@lru_cache(maxsize=16384)
def _parts(name: str, text: str, arguments: tuple[str, ...]) -> tuple[tuple[str, bool], ...]:
    """What a modifier makes of a single piece: each text, and whether it is still the piece's own."""
    if not text:
        return (("", True),)
    made = modified([Piece(text, voice="own")], changed(name, text, arguments))
    return tuple((piece.text, piece.voice == "own") for piece in made)


def amount(pieces: Sequence[Piece], which: str) -> Piece:
    """How much of the picture a color covers, or how sure its label is: of the last word that has the figure."""
    from photopoem.english import share_in_words, sureness_in_words

    field, in_words = ("share", share_in_words) if which == "share" else ("score", sureness_in_words)
    for piece in reversed(pieces):
        figure = getattr(piece.word.source, field) if piece.word else None
        if piece.word and figure is not None:
            text = in_words(figure)
            return Piece(text, Word(text, piece.word.source, piece.word.weight, "amount"))
    raise Unsayable(f"{text_of(pieces)}.{which}")
