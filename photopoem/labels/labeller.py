"""What a label is, and what a labeller promises; labels in the words of the house."""

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
"""Kinds of words that name something: a word of another kind (running, wooden) says something of it."""


TOGETHER = 64
"""How many photographs are given to a labeller of a service at a time: four of Vision's batches."""
OWNER = "keywords"
"""The labeller of the owner's own words, which go before those of any machine."""
LEFT = "left for next time: request limit reached"
"""The message for a photograph that was not labelled because of `LabelSettings.max_requests`."""


@dataclass(frozen=True, slots=True)
class LabelColor:
    """The swatch that a label's thing most likely has: `hex`, `name`, and how certain that is, in 0..1."""

    hex: str
    name: str
    certainty: float


@dataclass(frozen=True, slots=True)
class Region:
    """Where in a photograph a label's evidence lies: a box in 0..1 of width and height, from the top left.

    `exact` is true of a box that a detector drew; else it holds the strongest part of a map of the evidence, which
    finds a thing but not its outline. `evidence` is the map itself, 28 rows of 28 bytes, empty for a box.
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

    `text` is literal text, in lower case but for proper nouns. `score` is the labeller's
    confidence in 0..1. `kind` tells things that are counted (a dog) from stuff that is not
    (grass), scenes (a valley, a street), persons (a child, a crowd), acts (doing: running) and
    qualities (wooden). `wider` are words for the same thing
    that are less specific, nearest first (spaniel: dog, animal), `narrower` are likely names for it that
    are more specific, the likeliest first (dog: golden retriever). `asked` is the ISO date of the answer
    of a service that may answer otherwise tomorrow; empty for labellers that always say the same. `said_for` is
    the labeller's own word where the house says another. `color` is the swatch of its thing, where a labeller can
    tell; `low` how certain it is, in 0..1, that the thing lies in the lower half of the picture;
    `region` is where the labeller looked, where it tells.
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
    """A labeller's answer for each photo; an answer that breaks the contract becomes a `LabelError` of that photo.

    Raises `PhotopoemError` where the labeller does, because it cannot work at all.
    """
    try:
        answers: list[Any] = list(labeller.label(photos))
    except PhotopoemError:
        raise
    except Exception as error:
        # The labeller may be another package's: an error of its code costs these photographs, not the run.
        show_where()
        return [LabelError(f"labeller {labeller.name}: {error!r}; --traceback shows where") for _ in photos]
    if len(answers) != len(photos):
        gave = f"{counted(len(answers), 'answer')} for {counted(len(photos), 'photograph')}"
        told = f"labeller {labeller.name} gave {gave}"
        return [LabelError(told) for _ in photos]
    return [_sound(labeller.name, answer) for answer in answers]


def _sound(name: str, answer: Any) -> Labels | LabelError:
    """The answer, or a `LabelError` that says how it breaks the contract."""
    if isinstance(answer, LabelError):
        return answer
    if not isinstance(answer, tuple | list) or not all(isinstance(label, Label) for label in answer):
        return LabelError(f"labeller {name} gave {answer!r:.60}, which are no labels")
    for fault in filter(None, map(_fault, answer)):
        return LabelError(f"labeller {name} {fault}")
    # A score may be one of numpy's numbers, which JSON cannot write.
    return tuple(
        label if type(label.score) is float else replace(label, score=float(label.score)) for label in answer
    )


def _fault(label: Label) -> str:
    """What is wrong with a label; empty where nothing is."""
    text, score = label.text, label.score
    if not isinstance(text, str) or not text.strip():
        return "gave a label without a word"
    if not isinstance(score, Real) or not 0 <= float(score) <= 1:
        return f"scored {text!r:.60} {score!r:.20}, not from 0 to 1"
    return ""


def surest(labels: Iterable[Label]) -> Labels:
    """The surest label of each text, by falling score; those of the same score by text."""
    best: dict[str, Label] = {}
    for label in labels:
        if label.text not in best or label.score > best[label.text].score:
            best[label.text] = label
    return tuple(sorted(best.values(), key=lambda label: (-label.score, label.text)))


def owner_first(labels: Iterable[Label]) -> Labels:
    """The owner's words in their own order, then the surest label of each other text by falling score.

    What a machine knows of the thing that the owner names is kept: its color, and where it lies.
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
    """The landmark that a labeller recognised in a photo that it has labelled; None if it has no `place`."""
    tell = getattr(labeller, "place", None)
    place: str | None = tell(photo.digest) if tell else None
    return place


def close_labeller(labeller: Labeller) -> None:
    """Close a labeller that has a method `close`, which breaks off its requests in flight."""
    close = getattr(labeller, "close", None)
    if close:
        close()


def in_house_words(labels: Labels, words: HouseWords) -> Labels:
    """The labels that a house says, by falling score. Of several that it says alike the surest stands.

    A label that is said otherwise keeps the labeller's word in `said_for`.
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
