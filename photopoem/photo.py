"""Opens any image file safely and gives its pixels upright, in sRGB, at most 640 px."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A photograph ready to be read.

    `path` is the path as it was given (text; undecodable bytes are surrogate-escaped).
    `pixels` is uint8 of shape (h, w, 3): sRGB, upright, alpha composited on white, longest side at
    most 640 px, antialiased: what a labeller sees.
    `sample` is uint8 of shape (h, w, 3), longest side at most 256 px, *decimated* (nearest
    neighbour, no averaging) from the decoded image: what the palette is read from.
    `digest` is the hex SHA-256 of shape and bytes of `pixels`, the photograph's identity.
    `size` is (width, height) of the original, upright, in pixels.
    `metadata` is what the file says of itself: see `photopoem.moment`.
    """

    path: str
    pixels: Pixels
    sample: Pixels
    digest: str
    size: tuple[int, int]
    metadata: Mapping[str, Any] = field(default_factory=dict)
