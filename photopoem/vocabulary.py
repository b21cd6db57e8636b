"""Joins labels, palette, tone and moment into one vocabulary: symbol -> words that know their source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from photopoem.labels import Kind, Labels
from photopoem.moment import Moment
from photopoem.palette import Palette

Layer = Literal["place", "machine", "people"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a word came from: its layer, what it is, and the figures that go with it.

    layer machine: `what` is "label" (`score`, `labeller`) or "tone" (`labeller` is "pixels");
    layer people: `what` is "color" (`hex`, `share`);
    layer place: `what` is season, daypart, weekday, month, year, place or keyword.
    `of` is the label, color name or moment word itself, unmodified.
    """

    layer: Layer
    what: str
    of: str
    score: float | None = None
    labeller: str | None = None
    hex: str | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A literal word or phrase, its source, its weight (likelihood, > 0), its kind."""

    text: str
    source: Source
    weight: float = 1.0
    kind: Kind | Literal["color", "tone", "moment", "amount"] = "thing"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a poem is about: the photograph and all that was read from it."""

    path: str
    digest: str
    labeller: str
    labels: Labels
    palette: Palette
    moment: Moment
    tone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Symbol -> words for one photograph. Every known symbol is a key; absent words are an empty tuple."""

    words: Mapping[str, tuple[Word, ...]]
    subject: Subject
