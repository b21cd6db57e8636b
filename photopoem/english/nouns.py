"""Plurals and number: what can be counted, what cannot, and what comes in pairs."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from photopoem.english.tables import Noun, nouns, singulars

# Words after a head noun that begin what only describes it: a cup of tea, a man in black.
_AFTER_HEAD = r"(?:of|in|on|at|with|without|for|from|to|by|under|over|and|behind|beside|near|between|against)"
_HEAD = re.compile(rf"^(?P<front>(?:.*?\s)??)(?P<head>\S+)(?P<rest>\s+{_AFTER_HEAD}\s.*)$", re.DOTALL)
# A text that already has a word in an article's place.
_DETERMINED = re.compile(
    r"(?:the|an?|some|no|every|each|any|all|both|this|that|these|those|my|your|his|her|its|our|their"
    r"|one|two|three|four|five|six|seven|eight|nine|ten|a pair of)\s",
    re.IGNORECASE,
)
# Only words of plain letters are worth asking inflect about; it is slow to import.
_PLAIN = re.compile(r"[a-z]{2,40}")
# Endings whose plural is always an s, so that inflect need not be asked: a badge, not a loaf.
_REGULAR = re.compile(r".*(?:[bcdgklprtw]|[aeo]y|(?<!u)m|[^ao]n|[^fsxz]e)")
_IRREGULAR = ("child", "foot", "tooth", "craft", "deer", "goose", "mouse", "louse", "ch")
# Longer texts are no labels: they stay as they are.
_LONGEST = 200
# What unknown words with these endings nearly always are: glassware, softness, yellowish.
_MASS_ENDINGS = ("ware", "wear")
_ABSTRACT_ENDINGS = ("ing", "ness", "graphy", "ology", "ism")
_PEOPLES = ("ean", "ian", "ese")  # a European, an Italian
_ADJECTIVE_ENDINGS = ("ish",)
# Heads of names that take "the" (the Eiffel Tower), and heads of names that take nothing (Central Park).
_THE_NAMES = frozenset(
    "tower bridge museum river ocean sea mountains alps desert canal palace cathedral falls hotel house basin"
    " building gate memorial monument wall coast bay islands library gallery theater theatre opera arch".split()
)
_BARE_NAMES = frozenset(
    "park lake street square avenue road garden gardens island mount station airport castle abbey beach hill"
    " place city town village valley market university college church chapel school hall court".split()
)


# The numbers of words that have a plural.
COUNTED = ("count", "only", "color")
PLURALS = ("plural", "pair", "group")


def split_head(text: str) -> tuple[str, str, str]:
    """A phrase as (front, head noun, rest): ("", "cup", " of tea"), ("wall ", "clock", "")."""
    if match := _HEAD.match(text):
        return match["front"], match["head"], match["rest"]
    front, space, head = text.rpartition(" ")
    return front + space, head, ""


@lru_cache(maxsize=4096)
def number(text: str) -> str:
    """The number of a phrase: see `tables.Noun.number`."""
    if len(text) > _LONGEST:
        return "name"
    lower = text.lower()
    if known := nouns().get(lower) or (None if lower not in singulars() else Noun(lower, "plural")):
        return "name" if _is_name(text) else known.number
    _, head, _ = split_head(text)
    if _is_name(text):
        return "name"
    if head == text:
        return _number_of_unknown(lower)
    first, joint, last = text.partition(" and ")
    if joint and last:
        return "plural" if number(first) in PLURALS else number(last)
    found = number(head.lower())
    return number(text.split()[-1].lower()) if found == "adjective" else found


def _is_name(text: str) -> bool:
    """Whether a text is a proper name: its head is a capitalized word that names no kind of thing."""
    words = text.split()
    if not all(
        word[0].isupper() for word in words if word not in ("of", "the", "de", "des", "du", "la", "and")
    ):
        return False
    _, head, _ = split_head(text)
    lower = head.lower()
    if len(words) > 1 and lower in _THE_NAMES | _BARE_NAMES:
        return True
    known = lower in nouns() or lower in singulars()
    acronym = head.isupper() and len(head) > 1
    return bool(words) and not (known or acronym or lower.endswith(_PEOPLES))


def takes_the(name: str) -> bool:
    """Whether a proper name is said with "the": the Eiffel Tower, the Alps."""
    words = name.lower().split()
    return words[-1] in _THE_NAMES or any(word in _THE_NAMES for word in words[:-1] if "of" in words)


def _number_of_unknown(word: str) -> str:
    _, hyphen, last = word.rpartition("-")
    if hyphen and last:
        return number(last)
    if word.endswith(_MASS_ENDINGS) and len(word) > 5:
        return "mass"
    if word.endswith(_ABSTRACT_ENDINGS) and len(word) > 5:
        return "abstract"
    if word.endswith(_ADJECTIVE_ENDINGS):
        return "adjective"
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "os")):
        return "plural"
    return "count"


def is_plural(text: str) -> bool:
    """Whether a word or phrase takes a plural verb: mountains, people, trousers, cups of tea."""
    return number(text.strip()) in PLURALS


def is_mass(text: str) -> bool:
    """Whether a word or phrase cannot be counted, so that it takes neither "a" nor a plural: grass, fog."""
    return number(text.strip()) in ("mass", "abstract")


def is_determined(text: str) -> bool:
    """Whether a text has a word in an article's place already: the sky, some bread, two dogs."""
    return bool(_DETERMINED.match(text))


def plural(text: str) -> str:
    """The plural of a word or phrase: dogs, wolves, cups of tea, mothers-in-law, passers-by.

    What has none comes back as it is: grass, mountains, trousers, Paris. Capitals are kept.
    """
    bare = text.strip()
    if not bare or number(bare) not in COUNTED:
        return text
    bare = re.sub(r"^an?\s+(?=\S)", "", bare, flags=re.IGNORECASE)
    if known := nouns().get(bare.lower()):
        return _like(bare, known.plural)
    first, joint, last = bare.partition(" and ")
    if joint and last:
        return (plural(first) if number(first) == "count" else first) + joint + plural(last)
    front, head, rest = split_head(bare)
    return front + _like(head, _plural_word(head.lower())) + rest


def singular(text: str) -> str:
    """The singular of a plural that the table knows, else the text as it is: leaves -> leaf."""
    if len(text) > _LONGEST:
        return text
    front, head, rest = split_head(text)
    known = singulars().get(text.lower()) or singulars().get(head.lower())
    if known is None:
        return text
    return known if text.lower() in singulars() else front + known + rest


def is_regular(word: str) -> bool:
    """Whether a word's ending leaves no doubt that its plural is the word and an s."""
    return bool(_REGULAR.fullmatch(word)) and not word.endswith(_IRREGULAR)


@lru_cache(maxsize=4096)
def _plural_word(word: str) -> str:
    if known := nouns().get(word):
        return known.plural
    front, hyphen, last = word.rpartition("-")
    if hyphen and last:
        return f"{front}-{_plural_word(last)}"
    if not _PLAIN.fullmatch(word):
        return f"{word}s" if word[-1:].isascii() and word[-1:].isalnum() else word
    if is_regular(word):
        return word + "s"
    answer: str = _inflect().plural_noun(word) or word
    return answer


@lru_cache(maxsize=1)
def _inflect() -> Any:
    # More than a second of CPU: only a word that no table knows pays for it.
    import inflect

    return inflect.engine()


def _like(model: str, word: str) -> str:
    """`word` with the capitals of `model`: Wolf -> Wolves, MRI -> MRIs."""
    if model.lower() == word[: len(model)].lower():
        return model + word[len(model) :]
    if len(model) > 1 and model.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word
