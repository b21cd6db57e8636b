"""The built-in eye: labels a photograph on this machine, with no account, no network and no download."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

import numpy as np

from photopoem.errors import LabelError, LabellerUnavailable, UsageError
from photopoem.labels import Label, Labels
from photopoem.labels.eye import choose
from photopoem.labels.eye.head import Head, read_head
from photopoem.labels.eye.words import kinds
from photopoem.photo import Photo

if TYPE_CHECKING:
    from photopoem.labels import LabelSettings
    from photopoem.labels.eye.network import Network

VERSION = "1"
COLOPHON = (
    "the people who sorted ImageNet's photographs into a thousand kinds, the photographers and labellers "
    "of the pictures that taught it scenes, and the one who wrote its words"
)


def words() -> dict[str, str]:
    """Every word that the built-in eye can say, with its kind (thing, stuff or scene)."""
    return dict(kinds())


class Local:
    """EfficientNet-Lite0 with a head of photopoem's own; see docs/labels.md for what it was taught."""

    name = "local"
    version = VERSION
    network = False
    colophon = COLOPHON

    def __init__(self, eye: Network, head: Head) -> None:
        self._eye, self._head = eye, head
        self.parameters = ""

    def label(self, photos: Sequence[Photo]) -> list[Labels | LabelError]:
        """Up to ten labels a photo, best first."""
        return [self._label(photo) for photo in photos]

    def _label(self, photo: Photo) -> Labels | LabelError:
        try:
            sight = self._eye.see(photo.pixels)
        except Exception as error:
            # onnxruntime raises its own kinds; one photograph's failure must stay one photograph's.
            return LabelError(f"{photo.path}: the built-in labeller cannot read it ({error})")
        chances = 1 / (1 + np.exp(-self._head.logits(sight.embedding)))
        own = dict(zip(self._head.words, chances.tolist(), strict=True))
        scores = choose.joined(choose.class_scores(sight.logits), own)
        return choose.choose(scores, self.name, choose.known_wider())


class Pixels:
    """What remains where the weights cannot be loaded: words that the pixels alone bear out."""

    name = "local"
    version = VERSION
    network = False
    parameters = "pixels"
    colophon = "nobody: the network could not be loaded, and the pixels were only measured"

    def label(self, photos: Sequence[Photo]) -> list[Labels | LabelError]:
        """Labels of light and layout for each photo."""
        return [self._label(photo) for photo in photos]

    def _label(self, photo: Photo) -> Labels:
        light = float(photo.pixels.mean()) / 255
        word = "light" if light >= 0.5 else "shadow"
        return (Label(word, 1.0, self.name, "stuff"),)


def _shipped_head() -> Head:
    with as_file(files("photopoem") / "data" / "eye-head.npz") as path:
        return read_head(path)


def open_labeller(argument: str, settings: LabelSettings) -> Local | Pixels:
    """The built-in labeller; where its weights cannot be loaded, it says so and goes on with pixels alone."""
    from photopoem.labels.eye.network import Network

    if argument:
        raise UsageError(
            f"no head has been taught as {argument!r}: photopoem eye teach FOLDER --as {argument}"
        )
    try:
        return Local(Network(), _shipped_head())
    except LabellerUnavailable as error:
        settings.note(f"{error}; going on with what the pixels alone tell")
        return Pixels()
