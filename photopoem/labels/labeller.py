"""What a label is, with its region and color, and what a labeller promises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from math import exp, log
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args, runtime_checkable

import numpy as np
import numpy.typing as npt

from photopoem.color.palette import Palette, Swatch, nearest_colors
from photopoem.color.spaces import Floats, srgb_to_lab
from photopoem.english.house import HouseWords
from photopoem.errors import LabelError, PhotopoemError, show_where
from photopoem.photo.reading import Pixels
from photopoem.text.terminal import counted, say

if TYPE_CHECKING:
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
    """The options of labellers. `note` shows one line to the person."""

    cache_dir: Path | None = None
    use_cache: bool = True
    landmarks: bool = False
    vision_parallel: int = 4
    max_requests: int | None = None
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


GRID = 28
TOP = 0.9  # the map's highest tenth is taken for the thing
CUT = 0.3  # of the map's maximum: what counts for its middle
SHOWN = 0.65  # of the map's range: what the box of a map holds
# Log odds that the middle lies in the lower half, by how far down the map's middle lies (0 top, 1 foot).
LOW = (-4.806, 10.508)
# Log odds that the swatch is the right one: a constant, the log odds of the basic color's share of the thing and of
# the swatch's share of the picture, and how many swatches of the palette have that basic color.
RIGHT = (2.276, 0.784, 0.422, -0.737)
# With a box, the swatch was right that often.
RIGHT_IN_BOX = 0.8
# The color that is seen is of skin or hair, or they are too small for a map. A blank is written _.
COLORLESS = frozenset(
    """face hair beard hand tongue ball baseball_bat tennis_racket frisbee skis snowboard skateboard surfboard
    fork knife spoon bottle kite phone tie traffic_light sink book remote_control computer_mouse clock cup
    carrot collar leash glasses sunglasses goggles gloves stick rope camera microphone pole net wheel flag
    shoe boot railroad railing building""".split()
)


def region_of_map(evidence: npt.NDArray[np.float32]) -> Region:
    """The region of an evidence map (28, 28): the box of its strongest part."""
    spread = float(evidence.max() - evidence.min())
    strong = (evidence - evidence.min()) / spread if spread > 0 else np.ones_like(evidence)
    rows, columns = (np.flatnonzero((strong >= SHOWN).any(axis=axis)) for axis in (1, 0))
    return Region(
        left=round(int(columns[0]) / GRID, 4),
        top=round(int(rows[0]) / GRID, 4),
        right=round((int(columns[-1]) + 1) / GRID, 4),
        bottom=round((int(rows[-1]) + 1) / GRID, 4),
        evidence=np.rint(strong * 255).astype(np.uint8).tobytes(),
    )


def low_by_map(evidence: npt.NDArray[np.float32], kind: Kind) -> float:
    """How certain it is that the middle lies in the lower half, by an evidence map (28, 28).

    It was measured for things and persons; of another kind nothing is said: 0.
    """
    return round(_chance(LOW[0] + LOW[1] * _middle(evidence)), 4) if kind in ("thing", "person") else 0.0


def region_of_box(left: float, top: float, right: float, bottom: float) -> Region | None:
    """The region of a box in 0..1, drawn by a detector; None for a box of no size."""
    sides = [round(min(max(side, 0.0), 1.0), 4) for side in (left, top, right, bottom)]
    if sides[0] >= sides[2] or sides[1] >= sides[3]:
        return None
    return Region(sides[0], sides[1], sides[2], sides[3], exact=True)


def low_by_box(region: Region) -> float:
    """1 where the middle of a box lies in the lower half, else 0."""
    return float(region.top + region.bottom > 1.0)


def _middle(evidence: npt.NDArray[np.float32]) -> float:
    """How far down the middle of a map lies, in 0..1: the center of mass of what is over `CUT` of its maximum."""
    most = float(evidence.max())
    mass = np.maximum(evidence - CUT * most, 0) if most > 0 else evidence - evidence.min()
    total = max(float(mass.sum()), 1e-9)
    return float((mass.sum(axis=1) * (np.arange(GRID) + 0.5) / GRID).sum() / total)


def _chance(odds: float) -> float:
    return 1 / (1 + exp(-odds))


def in_colors(labels: Labels, sample: Pixels, palette: Palette) -> Labels:
    """Labels with the swatch that each thing's region holds, and how sure that is; the others as they are.

    `sample` is uint8 (h, w, 3) sRGB. A person is no color, nor is what has none of its own or was never measured.
    """
    if not palette.swatches or not any(_may_have_color(label) for label in labels):
        return labels
    shown = srgb_to_lab(np.array([swatch.rgb for swatch in palette.swatches], np.uint8))
    owner = nearest_colors(sample, shown)
    share = np.bincount(owner.ravel(), minlength=len(shown)) / owner.size
    return tuple(
        replace(label, color=_color(label.region, owner, share, palette.swatches))
        if label.region and _may_have_color(label)
        else label
        for label in labels
    )


def _may_have_color(label: Label) -> bool:
    return (
        label.region is not None and label.kind == "thing" and label.text.replace(" ", "_") not in COLORLESS
    )


def _color(
    region: Region, owner: npt.NDArray[np.intp], share: Floats, swatches: Sequence[Swatch]
) -> LabelColor:
    """The swatch of a region; `owner` (h, w) is each pixel's swatch, `share` (n,) each swatch's of the picture."""
    inside = _inside(region, *owner.shape)
    part = np.bincount(owner[inside], minlength=len(share)) / max(int(inside.sum()), 1)
    if region.exact:
        # The root of the lift: what the box holds more of than the picture does is rather the thing's.
        best = int((part * np.sqrt(part / np.maximum(share, 1e-6))).argmax())
        return _of(swatches[best], RIGHT_IN_BOX)
    hues = [swatch.hue for swatch in swatches]
    sums = {
        hue: float(sum(part[n] for n, each in enumerate(hues) if each == hue)) for hue in dict.fromkeys(hues)
    }
    hue = max(sums, key=lambda each: sums[each])
    best = max((n for n, each in enumerate(hues) if each == hue), key=lambda n: part[n])
    return _of(swatches[best], certainty(sums[hue], float(share[best]), hues.count(hue)))


def _of(swatch: Swatch, certainty: float) -> LabelColor:
    return LabelColor(swatch.hex, swatch.name, round(certainty, 4))


def certainty(sure: float, share: float, alike: int) -> float:
    """How likely a map's swatch is right.

    `sure` is its basic color's share of the thing, `share` its own share of the picture, `alike` how many
    swatches of the palette have that basic color.
    """
    constant, of_sure, of_share, of_alike = RIGHT
    odds = constant + of_sure * _log_odds(sure, 0.02) + of_share * _log_odds(share, 0.01) + of_alike * alike
    return _chance(odds)


def _log_odds(share: float, least: float) -> float:
    held = min(max(share, least), 1 - least)
    return log(held / (1 - held))


def _inside(region: Region, height: int, width: int) -> npt.NDArray[np.bool_]:
    """Which pixels the region holds: those in its box, or the highest tenth of its map."""
    if region.exact or not region.evidence:
        y, x = (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width
        return np.outer((y > region.top) & (y < region.bottom), (x > region.left) & (x < region.right))
    cells = np.frombuffer(region.evidence, np.uint8).reshape(GRID, GRID)
    # The nearest cell will do: a sample has few pixels a cell, and the swatches are areas.
    rows, columns = (np.arange(height) * GRID // height), (np.arange(width) * GRID // width)
    found: npt.NDArray[np.bool_] = (cells >= np.quantile(cells, TOP))[rows][:, columns]
    return found


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
