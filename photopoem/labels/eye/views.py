"""The ways to look at a picture: whole, mirrored, nearer; each as the network takes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from photopoem.photo import Pixels

SIDE = 224
NEARER = 0.875  # the share of the shorter side that a centered crop keeps, as the network was trained

Floats = npt.NDArray[np.float32]


def whole(pixels: Pixels) -> Floats:
    """All of the picture, squashed to a square: float32 (1, 3, 224, 224), (value - 127) / 128."""
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

    small = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box)
    values = np.asarray(small).transpose(2, 0, 1)[None].astype(np.float32, order="C")
    values -= 127.0
    values /= 128.0
    return values
