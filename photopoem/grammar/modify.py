"""What a modifier makes of a text, and the figures behind a word in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from photopoem.errors import GrammarError
from photopoem.grammar.draft import Unsayable
from photopoem.grammar.pieces import Piece, text_of


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


def amount(pieces: Sequence[Piece], which: str) -> Piece:
    """How much of the picture a color covers, or how sure its label is: of the last word that has the figure."""
    from photopoem.english import share_in_words, sureness_in_words

    field, in_words = ("share", share_in_words) if which == "share" else ("score", sureness_in_words)
    for piece in reversed(pieces):
        figure = getattr(piece.word.source, field) if piece.word else None
        if piece.word and figure is not None:
            text = in_words(figure)
            return Piece(text, replace(piece.word, text=text, kind="amount"))
    raise Unsayable(f"{text_of(pieces)}.{which}")
