"""What a modifier makes of a text, and the figures behind a word in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from photopoem.english import MODIFIERS, share_in_words, sureness_in_words
from photopoem.errors import GrammarError
from photopoem.grammar.fault import Unsayable
from photopoem.grammar.pieces import Piece, modified, text_of
from photopoem.grammar.speaks import Speaks
from photopoem.grammar.syntax import Modifier
from photopoem.grammar.words import clean
from photopoem.vocabulary import Word

FROM_THE_LEXICON = ("does", "part", "feels")
FROM_THE_FIGURES = ("share", "sureness")

Modifiers = tuple[tuple[str, tuple[str, ...]], ...]
"""Names and arguments of modifiers, in their order."""


def calls(modifiers: Sequence[Modifier]) -> Modifiers:
    """The modifiers as they were parsed, without their places in the file."""
    return tuple((modifier.name, modifier.arguments) for modifier in modifiers)


@lru_cache(maxsize=16384)
def changed(name: str, text: str, arguments: tuple[str, ...]) -> str:
    """What a modifier makes of a text. Raises `GrammarError` where there is none, or where it fails."""
    if name not in MODIFIERS:
        raise GrammarError(f"no modifier .{name}")
    try:
        return MODIFIERS[name](text, arguments)
    except Exception as error:
        raise GrammarError(f"the modifier .{name} failed on {text!r}: {error!r}") from error


def changed_by_all(text: str, modifiers: Modifiers) -> str:
    """What several modifiers make of a text, one after the other. Raises as `changed`."""
    for name, arguments in modifiers:
        text = changed(name, text, arguments)
    return text


def width_of(pieces: Sequence[Piece], modifiers: Modifiers, lexicon: Callable[[], Speaks]) -> int:
    """The least characters that a text may have once it is modified; 0 where that is not known before it is done."""
    if len(pieces) != 1:
        return 0
    for n, (name, _) in enumerate(modifiers):
        if name in FROM_THE_LEXICON:
            phrases = phrases_of(pieces, name, lexicon())[1]
            return _shortest(phrases, modifiers[n + 1 :]) if phrases else 0
        if name in FROM_THE_FIGURES:
            return len(changed_by_all(amount(pieces, name).text, modifiers[n + 1 :]))
    return len(changed_by_all(pieces[0].text, modifiers))


@lru_cache(maxsize=4096)
def _shortest(phrases: tuple[str, ...], modifiers: Modifiers) -> int:
    return min(len(changed_by_all(clean(phrase), modifiers)) for phrase in phrases)


def phrases_of(pieces: Sequence[Piece], which: str, lexicon: Speaks) -> tuple[str, tuple[str, ...]]:
    """The word that pieces are about, the last one in them, and what the lexicon says of it."""
    word = pieces[0].word if len(pieces) == 1 else next((p.word for p in reversed(pieces) if p.word), None)
    of, kind = (word.source.of, word.kind) if word else (text_of(pieces), "thing")
    tell = lexicon.does if which == "does" else lexicon.part if which == "part" else lexicon.feels
    return of, tell(of, kind)


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
    field, in_words = ("share", share_in_words) if which == "share" else ("score", sureness_in_words)
    for piece in reversed(pieces):
        figure = getattr(piece.word.source, field) if piece.word else None
        if piece.word and figure is not None:
            text = in_words(figure)
            return Piece(text, Word(text, piece.word.source, piece.word.weight, "amount"))
    raise Unsayable(f"{text_of(pieces)}.{which}")
