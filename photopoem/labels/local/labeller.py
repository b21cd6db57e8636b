"""The built-in labeller: no account, no network access, no download; and evidence maps for its words."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import numpy as np

from photopoem.errors import LabelError, LabellerUnavailable
from photopoem.labels.labeller import NOUNS, Kind, Label, Labels, LabelSettings
from photopoem.labels.local import classifier
from photopoem.labels.local.classes import evidence, kinds
from photopoem.labels.local.classifier import Floats, Head, read_head, shares
from photopoem.labels.local.network import NEARER, Network, Sight, View, as_one
from photopoem.labels.local.training import read_taught
from photopoem.labels.region import low_by_map, region_of_map
from photopoem.photo.reading import Photo, Pixels

if TYPE_CHECKING:
    Views = tuple[View, View]

GRID = 28
_CLASSES = 24  # the likeliest classes, which have nearly all of a view's probability
_QUIET = 1e-6  # suppresses impossible classes
# The probabilities of a person at which both ends of the picture are looked at as well, where people are larger. In 271
# test photographs that found four persons more, and nobody who was not there.
NEARER_LOOK = 0.4, 0.55


def evidence_maps(head: Head, last_layer: Floats, words: Sequence[str], views: Sequence[View]) -> Floats:
    """The evidence maps (words, 28, 28) over the whole picture, from two views: the whole and its middle.

    `last_layer` (1000, 1280) are the network's weights from embedding to classes.
    """
    whole, middle = (_word_maps(head, last_layer, words, view) for view in views)
    return _with_middle(_grown(whole, GRID, GRID), middle, views[1].size)


def _word_maps(head: Head, last_layer: Floats, words: Sequence[str], view: View) -> Floats:
    """The maps (words, h, w) of one view."""
    chance = shares(view.sight.logits)
    likely = np.argsort(-chance, kind="stable")[:_CLASSES]
    matrix = _evidence(tuple(words))
    total = np.einsum("ij,j->i", matrix, chance)
    own, weights = _of_head(head, words)
    pull = matrix[:, likely] * chance[likely] / (total[:, None] + _QUIET) - chance[likely]
    pull *= (own * (matrix.any(axis=1)))[:, None]
    # einsum, because BLAS would wake its threads, which takes longer than the sums.
    direct = weights + np.einsum("ik,kj->ij", pull, last_layer[likely])
    count, height, width = view.features.shape
    cells = np.ascontiguousarray(view.features.reshape(count, -1).T)
    found: Floats = np.einsum("ij,kj->ik", direct, cells).reshape(len(words), height, width)
    return found


_evidence = cache(evidence)


def _of_head(head: Head, words: Sequence[str]) -> tuple[Floats, Floats]:
    """The head's parameters of words: the weight of their classes (n,), and weights (n, 1280); 1 and 0 for others."""
    own, weights = np.ones(len(words), np.float32), np.zeros((len(words), head.weights.shape[1]), np.float32)
    rows = {word: row for row, word in enumerate(head.words)}
    for number, word in enumerate(words):
        if word in rows:
            own[number], weights[number] = head.own[rows[word]], head.weights[rows[word]]
    return own, weights


@cache
def _cubic(wanted: int, given: int) -> Floats:
    """The matrix (wanted, given) that resamples `given` cells by Catmull-Rom, with cell centers at halves."""
    at = (np.arange(wanted) + 0.5) * given / wanted - 0.5
    apart = np.abs(at[:, None] - np.arange(given))
    near = 1.5 * apart**3 - 2.5 * apart**2 + 1
    far = -0.5 * apart**3 + 2.5 * apart**2 - 4 * apart + 2
    kernel = np.where(apart < 1, near, np.where(apart < 2, far, 0))
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True), np.float32)


def _grown(maps: Floats, height: int, width: int) -> Floats:
    down, across = _cubic(height, maps.shape[1]), _cubic(width, maps.shape[2])
    found: Floats = np.einsum("naw,bw->nab", np.einsum("ah,nhw->naw", down, maps), across)
    return found


def _with_middle(whole: Floats, middle: Floats, size: tuple[int, int]) -> Floats:
    """The whole picture's maps, averaged with those of its middle at its place; `size` is the picture's."""
    width, height = size
    half = min(width, height) * NEARER / 2
    left, top, right, bottom = (
        0.5 - half / width,
        0.5 - half / height,
        0.5 + half / width,
        0.5 + half / height,
    )
    at = (np.arange(GRID) + 0.5) / GRID
    fine = _grown(middle, 2 * GRID, 2 * GRID)
    rows = ((at - top) / (bottom - top) * 2 * GRID).astype(int).clip(0, 2 * GRID - 1)
    columns = ((at - left) / (right - left) * 2 * GRID).astype(int).clip(0, 2 * GRID - 1)
    inside = np.outer((at > top) & (at < bottom), (at > left) & (at < right))
    found: Floats = np.where(inside, (whole + fine[:, rows][:, :, columns]) / 2, whole)
    return found


BRIGHT, DARK = 0.7, 0.25  # of the eight-bit range, Rec. 601 luma
STEP = 0.08  # a difference between neighbors that looks like an edge
LEAST_SHARE = 0.02
WORDS: dict[str, Kind] = {"light": "stuff", "shadow": "stuff", "edge": "thing", "empty space": "stuff"}


def measured_labels(pixels: Pixels, labeller: str) -> Labels:
    """Light, shadow, edges and empty space, each scored by its share of the picture.

    `pixels` uint8 (h, w, 3). These scores are measured shares, not probabilities.
    """
    luma = pixels @ np.array([0.299, 0.587, 0.114], np.float32) / 255.0
    down = np.abs(np.diff(luma, axis=0, append=luma[-1:]))
    across = np.abs(np.diff(luma, axis=1, append=luma[:, -1:]))
    steps = np.maximum(down, across)
    measured = (luma > BRIGHT, luma < DARK, steps > STEP, steps < STEP / 8)
    found = [
        Label(word, round(float(part.mean()), 4), labeller, kind)
        for (word, kind), part in zip(WORDS.items(), measured, strict=True)
        if part.mean() >= LEAST_SHARE
    ]
    return tuple(sorted(found, key=lambda each: (-each.score, each.text)))


VERSION = "2"
COLOPHON = (
    "whoever sorted ImageNet, whoever wrote captions for Flickr8k and COCO, and one hand that chose its words"
)


def words() -> dict[str, Kind]:
    """Every word of the built-in labeller with its kind, without taught words."""
    return kinds() | WORDS


class Local:
    """EfficientNet-Lite0 with photopoem's own head, and optionally one that the user taught.

    docs/labels.md has its model card.
    """

    name = "local"
    version = VERSION
    network = False

    def __init__(self, eye: Network, head: Head, taught: str = "", lessons: Head | None = None) -> None:
        self._eye, self._head, self._taught, self._lessons = eye, head, taught, lessons
        self._last_layer: Floats | None = None
        digest = hashlib.sha256(head.to_bytes() + (lessons.to_bytes() if lessons else b""))
        self.parameters = f"{taught} {digest.hexdigest()[:12]}".strip()
        self.colophon = COLOPHON + (f"; and whoever taught it {taught}" if taught else "")

    def label(self, photos: Sequence[Photo]) -> list[Labels | LabelError]:
        """Up to ten labels per photo, best first."""
        # The network sees all photos before words are chosen, because each use of it evicts the processor's caches.
        seen = [self._look(photo) for photo in photos]
        return [found if isinstance(found, LabelError) else self._said(*found) for found in seen]

    def _look(self, photo: Photo) -> tuple[Views, Sight] | LabelError:
        try:
            views = self._eye.views(photo.pixels)
            sights = [view.sight for view in views]
            sight = as_one(*sights)
            if self._may_be_somebody(sight):
                sight = as_one(*sights, *self._eye.see_ends(photo.pixels))
            return views, sight
        except Exception as error:
            # onnxruntime raises its own exceptions; a failure must affect only its photograph.
            return LabelError(f"{photo.path}: the built-in labeller cannot read it ({error})")

    def _may_be_somebody(self, sight: Sight) -> bool:
        least, sure = NEARER_LOOK
        return least <= classifier.chance_of_person(self._head, sight.embedding, sight.logits) < sure

    def _said(self, views: Views, sight: Sight) -> Labels:
        labels = self._chosen(sight)
        nouns = [label for label in labels if label.kind in NOUNS and label.labeller == self.name]
        if not nouns:
            return labels
        if self._last_layer is None:
            self._last_layer = self._eye.classifier()[0]
        maps = evidence_maps(self._head, self._last_layer, [label.text for label in nouns], views)
        found = {
            label: replace(label, region=region_of_map(each), low=low_by_map(each, label.kind))
            for label, each in zip(nouns, maps, strict=True)
        }
        return tuple(found.get(label, label) for label in labels)

    def _chosen(self, sight: Sight) -> Labels:
        measured = classifier.chances(self._head, sight.embedding, sight.logits)
        labels = classifier.choose(classifier.claims(measured), self.name)
        return self._with_lessons(labels, sight) if self._lessons else labels

    def _with_lessons(self, labels: Labels, sight: Sight) -> Labels:
        """The labels merged with the taught words; for a taught word, only the taught head counts."""
        assert self._lessons is not None  # noqa: S101 - the caller has looked
        odds = self._lessons.logits(sight.embedding, np.zeros(len(self._lessons.words), np.float32))
        scores = (1 / (1 + np.exp(-odds))).tolist()
        whose = f"{self.name}:{self._taught}"
        taught = [
            Label(word, round(score, 4), whose, kinds().get(word, "thing"))
            for word, score in zip(self._lessons.words, scores, strict=True)
            if score >= classifier.LEAST_SCORE
        ]
        others = [label for label in labels if label.text not in self._lessons.words]
        ranked = sorted([*taught, *others], key=lambda each: (-each.score, each.text))
        return tuple(ranked[: classifier.MOST])


class PixelsAlone:
    """The fallback if the network cannot be loaded: words measured from pixels."""

    name = "local"
    version = VERSION
    network = False
    parameters = "pixels"
    colophon = "nobody: the network could not be loaded, and the pixels were only measured"

    def label(self, photos: Sequence[Photo]) -> list[Labels | LabelError]:
        """Labels for light and layout of each photo, scored by their shares of the picture."""
        return [measured_labels(photo.pixels, self.name) for photo in photos]


def shipped_head() -> Head:
    """The built-in head."""
    with as_file(files("photopoem") / "data" / "eye-head.npz") as path:
        return read_head(path)


def open_labeller(argument: str, settings: LabelSettings) -> Local | PixelsAlone:
    """The built-in labeller, with the words taught as `argument`.

    If the network cannot be loaded, it says so once and uses `PixelsAlone`. Raises `UsageError` if nothing was taught
    under that name.
    """
    lessons = read_taught(argument) if argument else None
    try:
        from photopoem.labels.local.network import Network

        return Local(Network(), shipped_head(), argument, lessons)
    except (LabellerUnavailable, ImportError) as error:
        settings.note(f"{error}; using only words measured from the pixels")
        return PixelsAlone()
