"""The words that stand behind the network's classes: one line a class, each checked by hand."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import cast

from photopoem.labels import Kind


@dataclass(frozen=True, slots=True)
class Entry:
    """What may be said when a class is seen.

    `word` is the everyday word ("" where none is fit to be said), `wider` are less specific words,
    nearest first, `specific` a narrower name ("" for none) for when the class itself is sure.
    """

    word: str
    wider: tuple[str, ...]
    specific: str
    kind: Kind

    @property
    def chain(self) -> tuple[str, ...]:
        """All words of the entry, the most specific first."""
        return tuple(word for word in (self.specific, self.word, *self.wider) if word)


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("photopoem") / "data" / name).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _entry(row: dict[str, str]) -> Entry:
    wider = tuple(word for word in row["wider"].split("|") if word)
    return Entry(row["word"], wider, row.get("specific", ""), cast(Kind, row["kind"] or "thing"))


@cache
def class_entries() -> tuple[Entry, ...]:
    """The entries of ImageNet's 1,000 classes, in the network's order."""
    return tuple(_entry(row) for row in _rows("eye-words.csv"))


@cache
def head_entries() -> dict[str, Entry]:
    """The entries of the words that the project's own head knows, by word."""
    return {row["word"]: _entry(row) for row in _rows("eye-head.csv")}


@cache
def kinds() -> dict[str, Kind]:
    """Every word that can be said, with its kind; a word that only ever is a wider one is a thing."""
    found: dict[str, Kind] = {}
    for entry in (*head_entries().values(), *class_entries()):
        for word in (entry.word, entry.specific):
            if word:
                found.setdefault(word, entry.kind)
    for entry in (*head_entries().values(), *class_entries()):
        for word in entry.wider:
            found.setdefault(word, "thing")
    return found


@cache
def wider_words() -> dict[str, tuple[str, ...]]:
    """For every word that can be said, the less specific words for the same thing, nearest first."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in (*head_entries().values(), *class_entries()):
        for at, word in enumerate(entry.chain):
            found.setdefault(word, entry.chain[at + 1 :])
    return found
