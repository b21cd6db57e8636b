"""The English of the poems: the modifiers of a grammar, and what they stand on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from photopoem.english.amounts import share_in_words, sureness_in_words
from photopoem.english.articles import article
from photopoem.english.meter import syllables, syllables_for_sure
from photopoem.english.nouns import (
    is_determined,
    is_mass,
    is_plural,
    number,
    plural,
    singular,
    split_head,
    takes_the,
)
from photopoem.english.verbs import for_plural, gerund, past

__all__ = [
    "ARGUMENTS",
    "MODIFIERS",
    "Modifier",
    "article",
    "for_plural",
    "gerund",
    "is_mass",
    "is_plural",
    "past",
    "plural",
    "share_in_words",
    "singular",
    "split_head",
    "sureness_in_words",
    "syllables",
    "syllables_for_sure",
]

Modifier = Callable[[str, tuple[str, ...]], str]

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


def _alone(change: Callable[[str], str]) -> Modifier:
    return lambda text, _arguments: change(text)


def _replace(text: str, arguments: tuple[str, ...]) -> str:
    old, new = arguments
    return text.replace(old, new) if old else text


# Name -> what it does to a text. Every one takes empty text and gives it back.
MODIFIERS: Mapping[str, Modifier] = MappingProxyType(
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
