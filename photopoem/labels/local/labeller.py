"""The built-in eye: labels a photograph on this machine, with no account, no network and no download."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import numpy as np

from photopoem.errors import LabelError, LabellerUnavailable
from photopoem.labels.labeller import NOUNS, Kind, Label, Labels
from photopoem.labels.local import scoring as choose
from photopoem.labels.local.classes import kinds
from photopoem.labels.local.classifier import Floats, Head, read_head
from photopoem.labels.local.maps import evidence_maps
from photopoem.labels.local.network import as_one
from photopoem.labels.local.training import read_taught
from photopoem.labels.region import low_by_map, region_of_map
from photopoem.photo.reading import Photo, Pixels

if TYPE_CHECKING:
    from photopoem.labels.labeller import LabelSettings
    from photopoem.labels.local.network import Network, Sight, View

    Views = tuple[View, View]

BRIGHT, DARK = 0.7, 0.25  # of the eight-bit range, Rec. 601 luma
STEP = 0.08  # a difference between neighbours that an eye takes for an edge
LEAST_SHARE = 0.02
WORDS: dict[str, Kind] = {"light": "stuff", "shadow": "stuff", "edge": "thing", "empty space": "stuff"}


def measured_labels(pixels: Pixels, labeller: str) -> Labels:
    """Light, shadow, edges and empty space, each scored by the share of the picture that it is.

    `pixels` uint8 (h, w, 3). These scores are shares, not chances: nothing here is guessed.
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
    """Every word that the built-in eye can say, with its kind, taught ones aside."""
    return kinds() | WORDS


class Local:
    """EfficientNet-Lite0 with a head of photopoem's own, and maybe one that its user taught.

    docs/labels.md says what it was taught, by whom, and what it is bad at.
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
        """Up to ten labels a photo, best first."""
        # All are looked at before the first word is chosen: the network takes the processor's caches each time.
        seen = [self._look(photo) for photo in photos]
        return [views if isinstance(views, LabelError) else self._said(views) for views in seen]

    def _look(self, photo: Photo) -> Views | LabelError:
        try:
            return self._eye.views(photo.pixels)
        except Exception as error:
            # onnxruntime raises its own kinds; one photograph's failure must stay one photograph's.
            return LabelError(f"{photo.path}: the built-in labeller cannot read it ({error})")

    def _said(self, views: Views) -> Labels:
        labels = self._chosen(as_one(views[0].sight, views[1].sight))
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
        measured = choose.chances(self._head, sight.embedding, sight.logits)
        labels = choose.choose(choose.claims(measured), self.name)
        return self._with_lessons(labels, sight) if self._lessons else labels

    def _with_lessons(self, labels: Labels, sight: Sight) -> Labels:
        """The labels with the taught words among them: a word that was taught is answered by its teacher."""
        assert self._lessons is not None  # noqa: S101 - the caller has looked
        odds = self._lessons.logits(sight.embedding, np.zeros(len(self._lessons.words), np.float32))
        scores = (1 / (1 + np.exp(-odds))).tolist()
        whose = f"{self.name}:{self._taught}"
        taught = [
            Label(word, round(score, 4), whose, kinds().get(word, "thing"))
            for word, score in zip(self._lessons.words, scores, strict=True)
            if score >= choose.LEAST_SCORE
        ]
        others = [label for label in labels if label.text not in self._lessons.words]
        ranked = sorted([*taught, *others], key=lambda each: (-each.score, each.text))
        return tuple(ranked[: choose.MOST])


class PixelsAlone:
    """What remains where the network cannot be loaded: words that the pixels alone bear out."""

    name = "local"
    version = VERSION
    network = False
    parameters = "pixels"
    colophon = "nobody: the network could not be loaded, and the pixels were only measured"

    def label(self, photos: Sequence[Photo]) -> list[Labels | LabelError]:
        """Labels of light and layout for each photo, scored by their shares of the picture."""
        return [measured_labels(photo.pixels, self.name) for photo in photos]


def shipped_head() -> Head:
    """The head that came with photopoem."""
    with as_file(files("photopoem") / "data" / "eye-head.npz") as path:
        return read_head(path)


def open_labeller(argument: str, settings: LabelSettings) -> Local | PixelsAlone:
    """The built-in labeller, and with it what was taught as `argument`.

    Where its network cannot be loaded, it says so once and goes on with what the pixels alone tell.
    Raises `UsageError` where nothing was taught under that name.
    """
    lessons = read_taught(argument) if argument else None
    try:
        from photopoem.labels.local.network import Network

        return Local(Network(), shipped_head(), argument, lessons)
    except (LabellerUnavailable, ImportError) as error:
        settings.note(f"{error}; going on with what the pixels alone tell")
        return PixelsAlone()
