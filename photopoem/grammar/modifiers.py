"""The modifiers: changes to a text, and facts about a word."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from types import MappingProxyType

from photopoem.english.inflection import (
    article,
    for_plural,
    gerund,
    is_determined,
    is_plural,
    number,
    past,
    plural,
    share_in_words,
    singular,
    split_head,
    sureness_in_words,
    takes_the,
)
from photopoem.english.syllables import syllables_for_sure
from photopoem.errors import GrammarError, Unsayable
from photopoem.grammar.parser import Modifier
from photopoem.grammar.text import Piece, clean, modified, text_of
from photopoem.vocabulary import RELATED, WORN, Word

Change = Callable[[str, tuple[str, ...]], str]

_SMALL_WORDS = frozenset(
    "a an and as at but by for from in into nor of off on or over per the than to up upon via with".split()
)


def with_article(text: str) -> str:
    """A text with "a" or "an" if it takes one: a dog, a pair of scissors, but grass, mountains, Paris.

    A person is "somebody", which is also true of several people; how many there are is never measured.
    """
    if not text.strip() or is_determined(text):
        return text
    if text == "person":
        return "somebody"
    kind = number(text.strip())
    if kind == "pair":
        return f"a pair of {text}"
    if kind in ("name", "group"):
        return with_the(text)
    return f"{article(text)} {text}" if kind in ("count", "only", "color", "adjective") else text


def with_any_article(text: str) -> str:
    """A text with "a" or "an" even if it is not countable, for a word before a noun: a gold (door)."""
    return f"{article(text)} {text}" if text.strip() and not is_determined(text) else text


def with_the(text: str) -> str:
    """A text with "the", except for names such as Paris: the dog, the grass, the Eiffel Tower."""
    kind = number(text.strip())
    if not text.strip() or is_determined(text):
        return text
    return text if kind == "name" and not takes_the(text) else f"the {text}"


def with_some(text: str) -> str:
    """A text with "some": some grass, some dogs, some scissors, some sky."""
    kind = number(text.strip())
    if not text.strip() or is_determined(text) or kind in ("name", "adjective"):
        return text
    return f"some {text if kind == 'only' else plural(text)}"


def with_article_or_some(text: str) -> str:
    """A text with the determiner of a first mention: a dog, some grass, the sky, dusk."""
    kind = number(text.strip())
    if kind in ("abstract", "adjective", "color"):
        return text
    if kind in ("only", "group"):
        return with_the(text)
    return with_some(text) if kind in ("mass", "plural") else with_article(text)


# The prepositions of nouns that "by" does not suit.
_PREPOSITIONS: Mapping[str, str] = MappingProxyType(
    {
        word: preposition
        for preposition, words in {
            "under": "sky clouds cloud moon stars sun rainbow",
            "in": "bathroom bedroom bookshop city classroom desert field fog forest garden greenhouse gym hall "
            "kitchen library meadow mist mud office orchard park rain restaurant room shop snow street theater town "
            "valley village yard",
            "on": "beach carpet court dirt floor grass lawn path playground ramp road sand sidewalk stage track",
            "with": "backpack bag ball balloon basket bat bear bicycle bird book bottle bow bowl bucket cake camel "
            "camera cat cigarette coffee cow cup deer dog donkey drum duck elephant fish flag flute fork frisbee goat "
            "guitar gun handbag horse kite knife laptop leash microphone motorcycle newspaper paddle phone puppy "
            "rabbit racket rope sheep skateboard skis sled snowboard spoon stick suitcase surfboard sword tool toy "
            "trumpet umbrella violin",
            "at": "airport concert harbor market parade party stadium station wedding",
        }.items()
        for word in words.split()
    }
)
_TIMES = frozenset("dawn dusk night nightfall noon sunrise sunset".split())


def by(text: str) -> str:
    """How somebody is in a photograph with this: by the tree, in the street, with the guitar, in a suit."""
    if not text.strip():
        return text
    text = text.strip()
    if is_determined(text):
        return f"by {text}"
    head = split_head(text)[1]
    if head in WORN:
        return f"in {text if number(text) == 'pair' else with_article(text)}"
    return f"at {text}" if head in _TIMES else f"{_PREPOSITIONS.get(head, 'by')} {with_the(text)}"


def possessive(text: str) -> str:
    """The possessive: the dog's, the dogs', the glass's, the children's."""
    if not text.strip():
        return text
    if text.lower() in ("it", "its"):
        return "its" if text.islower() else "Its"
    return text + ("'" if text.lower().endswith("s") and is_plural(text) else "'s")


def capitalize(text: str) -> str:
    """A text with its first letter capitalized, also after an opening quote."""
    return re.sub(r"^([\s\"'\u201c\u2018«(\[]*)(\w)", lambda match: match[1] + match[2].upper(), text)


def capitalize_all(text: str) -> str:
    """A text with the first letter of every word capitalized."""
    return re.sub(r"(?<![\w'\u2019])\w", lambda match: match[0].upper(), text)


def title(text: str) -> str:
    """A text in title case: small words inside it stay lower case (A Cup of Tea)."""
    words = re.split(r"(\s+|-)", text)
    last = len(words) - 1
    return "".join(
        word if 0 < place < last and word.lower() in _SMALL_WORDS else capitalize_all(word)
        for place, word in enumerate(words)
    )


def first_plural(text: str) -> str:
    """A text with its first word in the plural: mother in law -> mothers in law."""
    first, space, rest = text.partition(" ")
    return plural(first) + space + rest


def comma(text: str) -> str:
    """A text with a comma, unless it ends in punctuation."""
    return text if not text or text[-1] in ",.;:?!" else f"{text},"


def _alone(change: Callable[[str], str]) -> Change:
    return lambda text, _arguments: change(text)


def _replace(text: str, arguments: tuple[str, ...]) -> str:
    old, new = arguments
    return text.replace(old, new) if old else text


# Name -> the function on a text. An empty text stays empty.
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
        "by": _alone(by),
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
# The number of arguments of modifiers that take any.
ARGUMENTS: Mapping[str, int] = MappingProxyType({"replace": 2})


FROM_THE_LEXICON = ("does", "part", "feels")
"""The modifiers that give a lexicon phrase."""

Calls = tuple[tuple[str, tuple[str, ...]], ...]
"""Names and arguments of modifiers, in order."""


def calls(modifiers: Sequence[Modifier]) -> Calls:
    """Parsed modifiers without their positions in the file."""
    return tuple((modifier.name, modifier.arguments) for modifier in modifiers)


@lru_cache(maxsize=16384)
def changed(name: str, text: str, arguments: tuple[str, ...]) -> str:
    """The text after a modifier. Raises `GrammarError` if there is no such modifier, or if it fails."""
    if name not in MODIFIERS:
        raise GrammarError(f"no modifier .{name}")
    try:
        return MODIFIERS[name](text, arguments)
    except Exception as error:
        raise GrammarError(f"the modifier .{name} failed on {text!r}: {error!r}") from error


@lru_cache(maxsize=16384)
def changed_by_all(text: str, modifiers: Calls) -> str:
    """The text after several modifiers, one after the other. Raises as `changed`."""
    for name, arguments in modifiers:
        text = changed(name, text, arguments)
    return text


@lru_cache(maxsize=4096)
def sizes_of(
    phrases: tuple[str, ...], modifiers: Calls, counted: bool
) -> tuple[tuple[int, int, int | None], ...]:
    """The characters, words and (0 if not `counted`) syllables of modified phrases.

    The syllables are None if a phrase has several pronunciations.
    """
    texts = [changed_by_all(clean(phrase), modifiers) for phrase in phrases]
    return tuple(
        [(len(text), len(text.split()), syllables_for_sure(text) if counted else 0) for text in texts]
    )


def modify(pieces: list[Piece], name: str, arguments: tuple[str, ...]) -> list[Piece]:
    """The pieces after a modifier has changed their text.

    Raises as `changed`, and `Unsayable` for `.by` of a word that the subject is apart from.
    """
    if name == "by" and any(piece.word and piece.word.apart for piece in pieces):
        raise Unsayable(f"{text_of(pieces)}.by")
    if len(pieces) == 1:
        piece = pieces[0]
        return [piece.with_text(t) if own else Piece(t) for t, own in _parts(name, piece.text, arguments)]
    text = text_of(pieces)
    return modified(pieces, changed(name, text, arguments)) if text else pieces


@lru_cache(maxsize=16384)
def _parts(name: str, text: str, arguments: tuple[str, ...]) -> tuple[tuple[str, bool], ...]:
    """The result of a modifier on a single piece: texts, each with whether it keeps the piece's source."""
    if not text:
        return (("", True),)
    made = modified([Piece(text, voice="own")], changed(name, text, arguments))
    return tuple((piece.text, piece.voice == "own") for piece in made)


def _figure(field: str, in_words: Callable[[float], str], pieces: Sequence[Piece]) -> Piece:
    """A number of the last word that has it, in words."""
    for piece in reversed(pieces):
        figure = getattr(piece.word.source, field) if piece.word else None
        if piece.word and figure is not None:
            text = in_words(figure)
            return Piece(text, Word(text, piece.word.source, piece.word.weight, "amount"))
    raise Unsayable(f"{text_of(pieces)}.{'sureness' if field == 'score' else field}")


FACTS: Mapping[str, Callable[[Sequence[Piece]], Piece]] = MappingProxyType(
    {
        "share": partial(_figure, "share", share_in_words),
        "sureness": partial(_figure, "score", sureness_in_words),
    }
)
"""The modifiers that give a fact about a word.

Each replaces the pieces by one piece, or raises `Unsayable` if the fact is unknown; another rule is then used.
"""
ENGINE_MODIFIERS = (*FROM_THE_LEXICON, *FACTS, *RELATED)
"""The modifiers that do not change a text but replace it by other words."""
