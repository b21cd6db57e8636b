"""Measures what a photograph's pixels are like: statistics, and tone words that each stand on a figure."""

from __future__ import annotations

from typing import Any

import numpy as np

from photopoem.color import lab_to_lch, srgb_to_lab
from photopoem.photo import Photo


def statistics(photo: Photo) -> dict[str, Any]:
    """Mean, median, minimum and maximum of the sample in CIELAB."""
    lab = srgb_to_lab(photo.sample).reshape(-1, 3)
    return {"lab": {"mean": lab.mean(axis=0).tolist(), "median": np.median(lab, axis=0).tolist()}}


def read_tone(photo: Photo) -> tuple[str, ...]:
    """The tone words that hold for a photograph, the strongest first; there may be none."""
    lch = lab_to_lch(srgb_to_lab(photo.sample).reshape(-1, 3))
    light, chroma = float(lch[:, 0].mean()), float(lch[:, 1].mean())
    words = []
    if light > 65:
        words.append("bright")
    if light < 35:
        words.append("dim")
    if chroma < 8:
        words.append("grey")
    if chroma > 35:
        words.append("colorful")
    return tuple(words)
