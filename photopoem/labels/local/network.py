"""Opens the network once and turns photographs into embeddings and class probabilities."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from photopoem.errors import LabellerUnavailable
from photopoem.photo.reading import Pixels


def import_onnxruntime() -> Any:
    """The module onnxruntime without telemetry; nothing else in photopoem imports it.

    Unless the variable is set, the import itself writes an identifier and a database below the cache folder and begins
    to send them. `disable_telemetry_events` comes too late for that, but only it stops the log on Windows.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    return onnxruntime


LONG, SHORT = 224, 192  # the network halves five times, so sides are multiples of 32
NEARER = 0.875  # the share of the shorter side in a centered crop, as in the network's training
_OBLONG = (
    LONG / SHORT
) ** 0.5  # from this aspect ratio, a picture is nearer to LONG x SHORT than to a square

Floats = npt.NDArray[np.float32]


def whole(pixels: Pixels) -> Floats:
    """The whole picture: float32 (1, 3, height, width), (value - 127) / 128.

    It is squashed to a square, or an oblong picture to 224 by 192 in either orientation, which distorts less and takes
    a seventh less time.
    """
    return _look(_image(pixels), None)


def middle(pixels: Pixels) -> Floats:
    """The picture's middle, a square of `NEARER` of its shorter side: float32 (1, 3, 224, 224)."""
    image = _image(pixels)
    width, height = image.size
    half = min(width, height) * NEARER / 2
    return _look(image, (width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half))


def ends(pixels: Pixels) -> tuple[Floats, Floats]:
    """The squares at both ends of the picture's longer side: float32 (1, 3, 224, 224) each."""
    image = _image(pixels)
    width, height = image.size
    side = min(width, height)
    return _look(image, (0, 0, side, side)), _look(image, (width - side, height - side, width, height))


def views(pixels: Pixels) -> list[Floats]:
    """The whole picture, its mirror image and its middle, for training."""
    plain = whole(pixels)
    return [plain, np.ascontiguousarray(plain[:, :, :, ::-1]), middle(pixels)]


def _image(pixels: Pixels) -> Any:
    from PIL import Image

    return Image.fromarray(pixels)


def _look(image: Any, box: tuple[float, float, float, float] | None) -> Floats:
    from PIL import Image

    left, top, right, bottom = box or (0, 0, *image.size)
    small = image.resize(_shape((right - left) / (bottom - top)), Image.Resampling.BILINEAR, box=box)
    values = np.asarray(small).transpose(2, 0, 1)[None].astype(np.float32, order="C")
    values -= 127.0
    values /= 128.0
    return values


def _shape(aspect: float) -> tuple[int, int]:
    """Width and height of the view of a picture with this `aspect` ratio (width / height)."""
    if aspect > _OBLONG:
        return LONG, SHORT
    return (SHORT, LONG) if aspect * _OBLONG < 1 else (LONG, LONG)


FILE = "eye-network.onnx"
SHA256 = "d75880f59b665c19dc268b979ec02749392d9ee0766852c6f7600eb0ae0486d2"

VERSION = SHA256[:12]
"""The network's name in heads that were trained on its embeddings."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The network's output for a picture: `embedding` (1280,), `logits` (1000,) of ImageNet's classes."""

    embedding: Floats
    logits: Floats


@dataclass(frozen=True, slots=True)
class View:
    """The network's output for one view: its `sight`, and its last `features` (1280, h, w), whose mean is the
    embedding.

    `size` is the width and height of the whole picture.
    """

    sight: Sight
    features: Floats
    size: tuple[int, int]


def network_path() -> Path:
    """The path of the network's file."""
    return Path(str(files("photopoem") / "data" / FILE))


def read_network(path: Path) -> bytes:
    """The file's bytes, after checking their hash. Raises `LabellerUnavailable` if it is wrong."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LabellerUnavailable(f"{path}: the network cannot be read ({error.strerror})") from error
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise LabellerUnavailable(f"{path}: not the network that was expected; install photopoem again")
    return data


def open_session(model: bytes | str) -> Any:
    """An onnxruntime session on one core, telemetry off.

    The pipeline runs one process per core, so more threads would only slow it down.
    """
    onnxruntime = import_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def as_one(*sights: Sight) -> Sight:
    """The mean of the outputs for several views."""
    share = np.float32(1 / len(sights))
    embedding = np.add.reduce([sight.embedding for sight in sights]) * share
    return Sight(embedding, np.add.reduce([sight.logits for sight in sights]) * share)


class Network:
    """EfficientNet-Lite0 over ImageNet in 8-bit integers, from photopoem's file.

    Raises `LabellerUnavailable` when the file is missing or changed.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._session = open_session(read_network(path or network_path()))

    def see(self, pixels: Pixels) -> Sight:
        """The mean of the outputs for the whole picture, uint8 (h, w, 3) sRGB, and its middle."""
        return as_one(*(view.sight for view in self.views(pixels)))

    def views(self, pixels: Pixels) -> tuple[View, View]:
        """The whole picture and its middle, each with its features."""
        size = (pixels.shape[1], pixels.shape[0])
        return self._view(whole(pixels), size), self._view(middle(pixels), size)

    def see_ends(self, pixels: Pixels) -> tuple[Sight, Sight]:
        """The outputs for the squares at both ends of the picture's longer side."""
        first, last = ends(pixels)
        return self.see_prepared(first), self.see_prepared(last)

    def _view(self, view: Floats, size: tuple[int, int]) -> View:
        features, embedding, logits = self._session.run(["map", "embedding", "logits"], {"pixels": view})
        return View(Sight(embedding[0], logits[0]), features[0], size)

    def see_prepared(self, view: Floats) -> Sight:
        """The output for one view, float32 (1, 3, height, width)."""
        embedding, logits = self._session.run(["embedding", "logits"], {"pixels": view})
        return Sight(embedding[0], logits[0])

    def classifier(self) -> tuple[Floats, Floats]:
        """Weights (1000, 1280) and bias (1000,) of the network's last layer, from embedding to logits."""
        blank = np.zeros((1, 3, 32, 32), np.float32)
        weights, bias = self._session.run(["classifier", "classifier_bias"], {"pixels": blank})
        return weights, bias
