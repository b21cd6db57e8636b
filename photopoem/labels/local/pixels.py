"""Words that the pixels alone bear out, for when no network can be had: light and how it lies."""

from __future__ import annotations

import numpy as np

from photopoem.labels.labeller import Kind, Label, Labels
from photopoem.photo.reading import Pixels

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
