"""What a modifier makes of a text, and the figures behind a word in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Protocol

from photopoem.english.amounts import share_in_words, sureness_in_words
from photopoem.english.inflection import (
    article,
    for_plural,
    gerund,
    is_determined,
    is_plural,
    number,
    past,
    plural,
    singular,
    takes_the,
)
from photopoem.errors import GrammarError
from photopoem.grammar.errors import Unsayable
from photopoem.grammar.parser import Modifier
from photopoem.grammar.text import Piece, clean, modified, text_of
from photopoem.vocabulary import Word

Change = Callable[[str, tuple[str, ...]], str]

_SMALL_WORDS = frozenset(
    "a an and as at but by for from in into nor of off on or over per the than to up upon via with".split()
)


def with_article(text: str) -> str:
    """A text with "a" or "an" where it takes one: a dog, a pair of scissors, but grass, mountains, Paris."""
    if not text.strip() or is_determined(text):
        return text
    kind = number(text.strip())
    if kind == "pair":
        return f"a pair of {text}"
    if kind in ("name", "group"):
        return with_the(text)
    return f"{article(text)} {text}" if kind in ("count", "only", "color", "adjective") else text


def with_any_article(text: str) -> str:
    """A text with "a" or "an" whatever it is, for a word that describes the next: a gold (door)."""
    return f"{article(text)} {text}" if text.strip() and not is_determined(text) else text


def with_the(text: str) -> str:
    """A text with "the": the dog, the grass, the Eiffel Tower, but Paris as it is."""
    kind = number(text.strip())
    if not text.strip() or is_determined(text):
        return text
    return text if kind == "name" and not takes_the(text) else f"the {text}"


def with_some(text: str) -> str:
    """An indefinite amount of it: some grass, some dogs, some scissors, and of what there is one, some sky."""
    kind = number(text.strip())
    if not text.strip() or is_determined(text) or kind in ("name", "adjective"):
        return text
    return f"some {text if kind == 'only' else plural(text)}"


def with_article_or_some(text: str) -> str:
    """What English puts before a word that was not spoken of yet: a dog, some grass, the sky, dusk."""
    kind = number(text.strip())
    if kind in ("abstract", "adjective", "color"):
        return text
    if kind in ("only", "group"):
        return with_the(text)
    return with_some(text) if kind in ("mass", "plural") else with_article(text)


def possessive(text: str) -> str:
    """The owner's form: the dog's, the dogs', the glass's, the children's."""
    if not text.strip():
        return text
    if text.lower() in ("it", "its"):
        return "its" if text.islower() else "Its"
    return text + ("'" if text.lower().endswith("s") and is_plural(text) else "'s")


def capitalize(text: str) -> str:
    """The first letter as a capital, also behind an opening quote; the rest as it is."""
    return re.sub(r"^([\s\"'\u201c\u2018«(\[]*)(\w)", lambda match: match[1] + match[2].upper(), text)


def capitalize_all(text: str) -> str:
    """The first letter of every word as a capital; the rest as it is."""
    return re.sub(r"(?<![\w'\u2019])\w", lambda match: match[0].upper(), text)


def title(text: str) -> str:
    """Title case: capitals but for the small words within (A Cup of Tea)."""
    words = re.split(r"(\s+|-)", text)
    last = len(words) - 1
    return "".join(
        word if 0 < place < last and word.lower() in _SMALL_WORDS else capitalize_all(word)
        for place, word in enumerate(words)
    )


def first_plural(text: str) -> str:
    """The first word's plural, the rest as it is: mother in law -> mothers in law."""
    first, space, rest = text.partition(" ")
    return plural(first) + space + rest


def comma(text: str) -> str:
    """A comma after it, unless it ends in a mark already."""
    return text if not text or text[-1] in ",.;:?!" else f"{text},"


def _alone(change: Callable[[str], str]) -> Change:
    return lambda text, _arguments: change(text)


def _replace(text: str, arguments: tuple[str, ...]) -> str:
    old, new = arguments
    return text.replace(old, new) if old else text


# Name -> what it does to a text. Every one takes empty text and gives it back.
MODIFIERS: Mapping[str, Change] = MappingProxyType(
    {
        "a": _alone(with_article),
        "an": _alone(with_any_article),
        "s": _alone(plural),
        "ed": _alone(past),
        "ing": _alone(gerund),
        "they": _alone(for_plural),
        "the": _alone(with_the),
        "some": _alone(with_some),
        "article_or_some": _alone(with_article_or_some),
        "possessive": _alone(possessive),
        "singular": _alone(singular),
        "firstS": _alone(first_plural),
        "capitalize": _alone(capitalize),
        "capitalizeAll": _alone(capitalize_all),
        "title": _alone(title),
        "upper": _alone(str.upper),
        "uppercase": _alone(str.upper),
        "lower": _alone(str.lower),
        "lowercase": _alone(str.lower),
        "inQuotes": _alone(lambda text: f'"{text}"' if text else text),
        "comma": _alone(comma),
        "beeSpeak": _alone(lambda text: text.replace("s", "zzz", 1)),
        "replace": _replace,
    }
)
# How many arguments a modifier takes, where it takes any.
ARGUMENTS: Mapping[str, int] = MappingProxyType({"replace": 2})


class Speaks(Protocol):
    """The phrases for a word of a kind."""

    def does(self, word: str, kind: str) -> tuple[str, ...]:
        """What it does."""

    def part(self, word: str, kind: str) -> tuple[str, ...]:
        """Its parts."""

    def feels(self, word: str, kind: str) -> tuple[str, ...]:
        """How it feels or sounds."""


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
