"""The ways to look at a picture: whole, mirrored, nearer; each as the network takes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from photopoem.photo import Pixels

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
