"""Measures what a photograph's pixels are like, as the look of it reports: statistics, histograms, plain words."""

from __future__ import annotations

from typing import Any

import numpy as np

from photopoem.color.names import BASIC_TERMS, ColorNames, basic_terms, color_names
from photopoem.color.palette import color_cells
from photopoem.color.spaces import Floats, ciede2000, lab_to_lch, lab_to_srgb, srgb_to_hsv, srgb_to_lab
from photopoem.color.tone import read_tone as read_tone
from photopoem.color.tone import tone_measures
from photopoem.photo.reading import Photo

# The ranges that the histograms divide evenly, for each space and component.
RANGES = {
    "rgb": ((0.0, 256.0), (0.0, 256.0), (0.0, 256.0)),
    "hsv": ((0.0, 360.0), (0.0, 1.0), (0.0, 1.0)),
    "lab": ((0.0, 100.0), (-128.0, 128.0), (-128.0, 128.0)),
    "lch": ((0.0, 100.0), (0.0, 140.0), (0.0, 360.0)),
}
BINS = 16
_DIGITS = 4


def statistics(photo: Photo, names: ColorNames | None = None) -> dict[str, Any]:
    """What Martin Krzywinski's Color Summarizer reports of a picture, read from the photograph's `sample`.

    For `rgb` (0..255), `hsv` (degrees, 0..1, 0..1), `lab` and `lch` (h in degrees): `mean`, `median`, `min`, `max`
    and `histogram` (16 shares over the ranges in `RANGES`) of each component; for hues the mean is circular.
    `hue`: the circular `mean` of the LCh hue weighted by chroma, in degrees, with its `length` in 0..1 (1: one
    hue alone, 0: no hue prevails; the mean is then None). `average`: the mean color (of CIELAB) and its name.
    `terms`: the share of each basic color term. `measures`: what the tone words stand on. `words`: the
    picture in words.
    """
    names = names or color_names()
    flat = photo.sample.reshape(-1, 3)
    lab = srgb_to_lab(flat)
    lch = lab_to_lch(lab)
    lch[lch[:, 1] < 0.02, 1:] = 0  # greys: what is left is the rounding of the matrix, not a hue
    spaces = {"rgb": flat.astype(np.float64), "hsv": srgb_to_hsv(flat), "lab": lab, "lch": lch}
    told: dict[str, Any] = {space: _summary(values, space) for space, values in spaces.items()}
    told["hue"] = _circular(lch[:, 2], lch[:, 1])
    told["average"] = _average(lab, names)
    told["terms"] = _term_shares(photo)
    told["measures"] = {name: round(value, _DIGITS) for name, value in tone_measures(photo).items()}
    told["words"] = _in_words(told["terms"], read_tone(photo))
    return told


def _summary(values: Floats, space: str) -> dict[str, list[Any]]:
    """Mean, median, least, greatest and histogram of each of three components."""
    mean: list[float | None] = [round(float(value), _DIGITS) for value in values.mean(axis=0)]
    for place, (_, top) in enumerate(RANGES[space]):
        if top == 360.0:
            mean[place] = _circular(values[:, place], values[:, 1])["mean"]
    return {
        "mean": mean,
        "median": np.median(values, axis=0).round(_DIGITS).tolist(),
        "min": values.min(axis=0).round(_DIGITS).tolist(),
        "max": values.max(axis=0).round(_DIGITS).tolist(),
        "histogram": [_shares(values[:, place], *RANGES[space][place]) for place in range(3)],
    }


def _shares(values: Floats, low: float, high: float) -> list[float]:
    place = np.clip(((values - low) / (high - low) * BINS).astype(np.intp), 0, BINS - 1)
    shares: list[float] = (np.bincount(place, minlength=BINS) / len(values)).round(_DIGITS).tolist()
    return shares


def _circular(degrees: Floats, weights: Floats) -> dict[str, float | None]:
    """The mean direction and the length of the mean vector of angles with weights."""
    total = float(weights.sum())
    if total <= 1e-9 * len(weights):
        return {"mean": None, "length": 0.0}
    vector = complex((np.exp(1j * np.radians(degrees)) * weights).sum() / total)
    length = abs(vector)
    mean = round(float(np.degrees(np.angle(vector))) % 360, _DIGITS) if length > 1e-6 else None
    return {"mean": mean, "length": round(length, _DIGITS)}


def _average(lab: Floats, names: ColorNames) -> dict[str, Any]:
    """The mean color, its nearest name and how far that is."""
    rgb = lab_to_srgb(lab.mean(axis=0))
    shown = srgb_to_lab(rgb)[None]
    index, _ = names.nearest(shown)
    distance = float(ciede2000(shown[0], names.lab[index[0]]))
    return {
        "hex": "#{:02x}{:02x}{:02x}".format(*rgb.tolist()),
        "name": names.names[index[0]],
        "distance": round(distance, _DIGITS),
        "hue": basic_terms(shown)[0],
    }


def _term_shares(photo: Photo) -> dict[str, float]:
    """The share of the pixels that each basic color term covers, the greatest first; terms of nothing are left out."""
    cells = color_cells(photo)
    lab, counts = cells.lab, cells.counts
    terms = [term for start in range(0, len(lab), 128) for term in basic_terms(lab[start : start + 128])]
    places = np.array([BASIC_TERMS.index(term) for term in terms])
    shares = np.bincount(places, weights=counts, minlength=len(BASIC_TERMS)) / counts.sum()
    return {
        BASIC_TERMS[place]: round(float(shares[place]), _DIGITS)
        for place in np.argsort(-shares)
        if shares[place]
    }


def _in_words(terms: dict[str, float], tone: tuple[str, ...]) -> str:
    """The picture in words: its terms with their shares in percent, from 1 up, then its tone."""
    colors = ", ".join(f"{term} {share:.0%}" for term, share in terms.items() if share >= 0.01)
    return "; ".join(part for part in (colors, ", ".join(tone)) if part)
