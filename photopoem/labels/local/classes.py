"""The words of the network's classes, checked by hand, and the kind of any other word."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import cast

import numpy as np
import numpy.typing as npt

from photopoem.english.inflection import is_mass, number, singular, split_head
from photopoem.labels.labeller import Kind

CLASSES = 1000
# How much a class counts for a word that usually comes with it: a canoe for water, a coat for a person.
COMPANY = 0.6


@dataclass(frozen=True, slots=True)
class Entry:
    """The words of a class.

    `word` is the everyday word ("" if there is no suitable one), `wider` are less specific words, nearest first,
    `specific` is a narrower name ("" for none) for when the class itself is sure. `also` are words for things that
    usually come with it.
    """

    word: str
    kind: Kind
    wider: tuple[str, ...] = ()
    specific: str = ""
    specific_kind: Kind = "thing"
    also: tuple[str, ...] = ()

    @property
    def chain(self) -> tuple[str, ...]:
        """All words of the entry, the most specific first."""
        return tuple(word for word in (self.specific, self.word, *self.wider) if word)


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("photopoem") / "data" / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _list(cell: str) -> tuple[str, ...]:
    return tuple(word for word in cell.split("|") if word)


@cache
def class_entries() -> tuple[Entry, ...]:
    """The entries of ImageNet's 1,000 classes, in the network's order."""
    return tuple(
        Entry(
            row["word"],
            cast(Kind, row["kind"] or "thing"),
            _list(row["wider"]),
            row["specific"],
            cast(Kind, row["specific_kind"] or row["kind"] or "thing"),
            _list(row["also"]),
        )
        for row in _rows("eye-words.csv")
    )


@dataclass(frozen=True, slots=True)
class Everyday:
    """An everyday word: its kind, its group (people, clothes, act, ...) and its wider words, nearest first.

    `classes` names additional ImageNet classes that count for the word, besides those whose entry has it. Below a
    `floor`, the word is not used at all, because there it was right less than once in three.
    """

    word: str
    kind: Kind
    group: str
    wider: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    floor: float | None = None


@cache
def everyday_words() -> dict[str, Everyday]:
    """The words that the head was trained on, and a few that are only wider words, by word."""
    return {
        row["word"]: Everyday(
            row["word"],
            cast(Kind, row["kind"]),
            row["group"],
            _list(row["wider"]),
            _list(row["classes"]),
            float(row["floor"]) if row["floor"] else None,
        )
        for row in _rows("eye-everyday.csv")
    }


@cache
def kinds() -> dict[str, Kind]:
    """Every word of the labeller, with its kind."""
    found: dict[str, Kind] = {word: entry.kind for word, entry in everyday_words().items()}
    for entry in class_entries():
        if entry.word:
            found.setdefault(entry.word, entry.kind)
        if entry.specific:
            found.setdefault(entry.specific, entry.specific_kind)
    return found


@cache
def wider_words() -> dict[str, tuple[str, ...]]:
    """The less specific words for the same thing of every word, nearest first."""
    found = {word: entry.wider for word, entry in everyday_words().items()}
    for entry in class_entries():
        for at, word in enumerate(entry.chain):
            found.setdefault(word, entry.chain[at + 1 :])
    return found


@cache
def _class_columns() -> dict[str, int]:
    return {row["name"]: column for column, row in enumerate(_rows("eye-words.csv"))}


def evidence(words: Sequence[str]) -> npt.NDArray[np.float32]:
    """How much each ImageNet class counts for each word, float32 (len(words), 1000) in 0..1: 1 for a word of the
    class's own chain, `COMPANY` for one that usually comes with it.
    """
    matrix = np.zeros((len(words), CLASSES), np.float32)
    rows = {word: number for number, word in enumerate(words)}
    wider = wider_words()
    for column, entry in enumerate(class_entries()):
        company = {word for beside in entry.also for word in (beside, *wider.get(beside, ()))}
        _mark(matrix[:, column], rows, company, COMPANY)
        _mark(matrix[:, column], rows, entry.chain, 1.0)
    for word, row in rows.items():
        for name in everyday_words()[word].classes if word in everyday_words() else ():
            matrix[row, _class_columns()[name]] = 1.0
    return matrix


def _mark(column: npt.NDArray[np.float32], rows: dict[str, int], words: Iterable[str], value: float) -> None:
    for word in words:
        if word in rows:
            column[rows[word]] = value


KINDS_VERSION = "1"
"""The version of the rules below; other rules give other labels."""
# If the lexicon has a word under several kinds, the first of these wins: a beach is a scene rather than stuff.
_ORDER: tuple[Kind, ...] = ("scene", "stuff", "thing", "person", "doing", "quality")


@lru_cache(maxsize=4096)
def kind_of(text: str) -> Kind:
    """The kind of a word or phrase, by the tables of the lexicon and of the built-in labeller.

    The whole phrase, its singular and its head noun are looked up (a young woman is a person, as a woman is). An
    unknown word is stuff if it cannot be counted, otherwise a thing. Names are things.
    """
    whole = text.casefold()
    kind = _listed(whole) or _listed(singular(whole))
    if not kind and number(text) != "name":
        _, head, _ = split_head(whole)
        kind = next((k for k in (_listed(head), _listed(singular(head))) if k in ("person", "scene")), None)
    return kind or ("stuff" if is_mass(text) else "thing")


def _listed(word: str) -> Kind | None:
    """The kind of a word in the tables."""
    from photopoem.english.lexicon import load_lexicon

    entries = load_lexicon().entries
    return next((kind for kind in _ORDER if (word, kind) in entries), kinds().get(word))
