"""What a label is, what a labeller promises, and the registry that finds one by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from photopoem.errors import LabelError
from photopoem.photo import Photo

Kind = Literal["thing", "stuff", "scene"]


@dataclass(frozen=True, slots=True)
class Label:
    """One word a labeller gives to a photograph.

    `text` is literal text, in lower case but for proper nouns. `score` is the labeller's
    confidence in 0..1. `kind` tells things that are counted (a dog) from stuff that is not
    (grass) and from scenes (a valley, a street). `wider` are words for the same thing
    that are less specific, nearest first (spaniel: dog, animal).
    """

    text: str
    score: float
    labeller: str
    kind: Kind = "thing"
    wider: tuple[str, ...] = ()


Labels = tuple[Label, ...]


@runtime_checkable
class Labeller(Protocol):
    """Gives words to photographs.

    `label` takes a batch and returns, for each photo in the same order, its labels sorted by
    falling score (at most one per text) or a `LabelError`; it never raises for one bad photo.
    It raises `LabellerUnavailable` when it cannot work at all.
    `parameters` is whatever else changes the answer, as a short string: it is part of cache keys.
    `colophon` says who taught it, in one phrase.
    """

    name: str
    version: str
    network: bool
    parameters: str
    colophon: str

    def label(self, photos: Sequence[Photo]) -> list[Labels | LabelError]: ...
