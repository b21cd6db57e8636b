"""Labels and the labeller contract; labels with the words of the house."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args, runtime_checkable

from photopoem.errors import LabelError, PhotopoemError, show_where
from photopoem.text.terminal import counted, say

if TYPE_CHECKING:
    from photopoem.english.lexicon import HouseWords
    from photopoem.photo.reading import Photo

Kind = Literal["thing", "stuff", "scene", "person", "doing", "quality"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NOUNS: tuple[Kind, ...] = ("thing", "stuff", "scene", "person")
"""Kinds of nouns; words of other kinds (running, wooden) describe a noun."""


TOGETHER = 64
"""How many photographs a network labeller gets at a time: four of Vision's batches."""
OWNER = "keywords"
"""The labeller of the owner's words, which take precedence over those of any machine."""
LEFT = "left for next time: request limit reached"
"""The message for photographs that were not labelled because of `LabelSettings.max_requests`."""


@dataclass(frozen=True, slots=True)
class LabelColor:
    """The swatch that a label's thing most likely has: `hex`, `name`, and its certainty in 0..1."""

    hex: str
    name: str
    certainty: float


@dataclass(frozen=True, slots=True)
class Region:
    """The place of a label's evidence in a photograph: a box in 0..1 of width and height, from the top left.

    `exact` is true for a box from a detector; otherwise the box contains the strongest part of an evidence map, which
    locates a thing without its outline. `evidence` is the map itself, 28 rows of 28 bytes, empty for a box.
    """

    left: float
    top: float
    right: float
    bottom: float
    exact: bool = False
    evidence: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Label:
    """One word a labeller gives to a photograph.

    `text` is literal text, in lower case except for proper nouns. `score` is the labeller's confidence in 0..1. `kind`
    is thing (counted: a dog), stuff (grass), scene (a valley, a street), person (a child, a crowd), doing (running) or
    quality (wooden). `wider` are less specific words for the same thing, nearest first (spaniel: dog, animal),
    `narrower` are likely more specific names, likeliest first (dog: golden retriever). `asked` is the ISO date of a
    service's answer; empty for labellers whose answers never change. `said_for` is the labeller's own word if
    words.toml replaced it. `color` is the swatch of its thing, if known; `low` the certainty, in 0..1, that the thing
    lies in the lower half of the picture; `region` the place of the evidence, if known.
    """

    text: str
    score: float
    labeller: str
    kind: Kind = "thing"
    wider: tuple[str, ...] = ()
    asked: str = ""
    said_for: str = ""
    narrower: tuple[str, ...] = ()
    color: LabelColor | None = None
    low: float = 0.0
    region: Region | None = None


Labels = tuple[Label, ...]


@runtime_checkable
class Labeller(Protocol):
    """Gives words to photographs.

    `label` takes a batch and returns, for each photo in the same order, its labels sorted by falling score (at most
    one per text) or a `LabelError`; it never raises for one bad photo. It raises `LabellerUnavailable` if it cannot
    work at all. `parameters` is a short string with everything else that changes the answer; it is part of cache keys.
    `colophon` says who taught it, in one phrase.
    """

    name: str
    version: str
    network: bool
    parameters: str
    colophon: str

    def label(self, photos: Sequence[Photo]) -> list[Labels | LabelError]:
        """Labels for each photo, in the same order."""
        ...


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """The options of labellers. `endpoint` is where the person said Vision is; `note` shows them one line."""

    cache_dir: Path | None = None
    use_cache: bool = True
    landmarks: bool = False
    vision_parallel: int = 4
    max_requests: int | None = None
    endpoint: str = ""
    note: Callable[[str], None] = field(default=say, compare=False)


def ask(labeller: Labeller, photos: Sequence[Photo]) -> list[Labels | LabelError]:
    """A labeller's answer for each photo; an answer that violates the contract becomes a `LabelError`.

    Raises a `PhotopoemError` if the labeller raises one, because it cannot work at all.
    """
    try:
        answers: list[Any] = list(labeller.label(photos))
    except PhotopoemError:
        raise
    except Exception as error:
        # The labeller may be a plugin: an error in its code affects these photographs, not the run.
        show_where()
        return [LabelError(f"labeller {labeller.name}: {error!r}; --traceback shows where") for _ in photos]
    if len(answers) != len(photos):
        gave = f"{counted(len(answers), 'answer')} for {counted(len(photos), 'photograph')}"
        told = f"labeller {labeller.name} gave {gave}"
        return [LabelError(told) for _ in photos]
    return [_sound(labeller.name, answer) for answer in answers]


def _sound(name: str, answer: Any) -> Labels | LabelError:
    """The answer, or a `LabelError` that says how it violates the contract."""
    if isinstance(answer, LabelError):
        return answer
    if not isinstance(answer, tuple | list) or not all(isinstance(label, Label) for label in answer):
        return LabelError(f"labeller {name} gave {answer!r:.60}, which are not labels")
    for fault in filter(None, map(_fault, answer)):
        return LabelError(f"labeller {name} {fault}")
    # A score may be a numpy number, which JSON cannot represent.
    return tuple(
        label if type(label.score) is float else replace(label, score=float(label.score)) for label in answer
    )


def _fault(label: Label) -> str:
    """The error in a label; empty if it is valid."""
    text, score = label.text, label.score
    if not isinstance(text, str) or not text.strip():
        return "gave a label without a word"
    if not isinstance(score, Real) or not 0 <= float(score) <= 1:
        return f"scored {text!r:.60} {score!r:.20}, not from 0 to 1"
    return ""


def surest(labels: Iterable[Label]) -> Labels:
    """The surest label of each text, by falling score, then by text."""
    best: dict[str, Label] = {}
    for label in labels:
        if label.text not in best or label.score > best[label.text].score:
            best[label.text] = label
    return tuple(sorted(best.values(), key=lambda label: (-label.score, label.text)))


def owner_first(labels: Iterable[Label]) -> Labels:
    """The owner's words in their order, then the surest label of each other text by falling score.

    An owner's word keeps the color and the place that a machine found for the same thing.
    """
    own: dict[str, Label] = {}
    others: list[Label] = []
    for label in labels:
        if label.labeller == OWNER:
            own.setdefault(label.text, label)
        else:
            others.append(label)
    ranked = surest(others)
    known = {label.text: label for label in ranked if label.text in own}
    return (
        *(_with_sight(label, known.get(label.text)) for label in own.values()),
        *(label for label in ranked if label.text not in own),
    )


def _with_sight(label: Label, seen: Label | None) -> Label:
    if seen is None:
        return label
    return replace(
        label,
        kind=seen.kind,
        wider=seen.wider or label.wider,
        narrower=seen.narrower,
        color=seen.color,
        low=seen.low,
        region=seen.region,
    )


def place_of(labeller: Labeller, photo: Photo) -> str | None:
    """The landmark that a labeller recognized in a photo that it has labelled; None if it has no `place`."""
    tell = getattr(labeller, "place", None)
    place: str | None = tell(photo.digest) if tell else None
    return place


def close_labeller(labeller: Labeller) -> None:
    """Call a labeller's method `close`, if it has one, which cancels its pending requests."""
    close = getattr(labeller, "close", None)
    if close:
        close()


def in_house_words(labels: Labels, words: HouseWords) -> Labels:
    """The labels with the words of the house, by falling score. Of several with the same word, the surest is kept.

    A replaced label keeps the labeller's word in `said_for`.
    """
    if not words.fingerprint:
        return labels
    said: dict[str, Label] = {}
    for label in sorted(labels, key=lambda label: -label.score):
        told = _said(label, words)
        if not words.is_silent(label.text) and not words.is_silent(told.text):
            said.setdefault(told.text, told)
    return tuple(said.values())


def _said(label: Label, words: HouseWords) -> Label:
    instead = words.said(label.text)
    if instead == label.text:
        return label
    return replace(label, text=instead, said_for=label.said_for or label.text)
