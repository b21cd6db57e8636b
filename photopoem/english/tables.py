"""Reads the tables of irregular English that ship beside the code, once and only when asked."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Noun(NamedTuple):
    """A noun's plural, and its number.

    `number` is count (a dog), mass (grass: an amount of it can be there), abstract (tourism, dusk),
    plural (stairs), pair (a pair of trousers), only (there is one: the sky), group (the Alps),
    name (Christmas), color (green) or adjective (greyish: no plural).
    """

    plural: str
    number: str


class Verb(NamedTuple):
    """A verb's four other forms: waits, waited, waited, waiting."""

    third: str
    past: str
    participle: str
    gerund: str


def rows(name: str) -> list[list[str]]:
    """The rows of a shipped table, without its heading."""
    text = files("photopoem").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines()))[1:]


@cache
def nouns() -> dict[str, Noun]:
    """Singular noun (or plural, where it has no singular) -> its plural and number."""
    return {noun: Noun(plural or noun, number) for noun, plural, number in rows("nouns.csv")}


@cache
def singulars() -> dict[str, str]:
    """Plural -> singular, for the counted nouns whose two forms differ."""
    return {
        noun.plural: word
        for word, noun in nouns().items()
        if noun.plural != word and noun.number in ("count", "only", "color")
    }


@cache
def verbs() -> dict[str, Verb]:
    """Base form of a verb -> its forms."""
    return {base: Verb(*forms) for base, *forms in rows("verbs.csv")}


@cache
def bases() -> dict[str, str]:
    """Third person of a verb -> its base form."""
    return {verb.third: base for base, verb in verbs().items()}


@cache
def pasts() -> dict[str, str]:
    """Past tense of a verb -> its base form, for the verbs whose past is no base form."""
    return {verb.past: base for base, verb in verbs().items() if verb.past not in ("lay", base)}
