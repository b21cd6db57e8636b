"""Measures a photograph's pixels: tone words, statistics and histograms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from photopoem.color.names import BASIC_TERMS, ColorNames, basic_terms, color_names
from photopoem.color.palette import Cells, color_cells
from photopoem.color.spaces import Floats, ciede2000, lab_to_lch, lab_to_srgb, srgb_to_hsv, srgb_to_lab
from photopoem.photo.reading import Photo, Pixels

_Plane = npt.NDArray[np.float32]

_BT_601 = np.array([0.299, 0.587, 0.114], np.float32)
_HALVED = np.tile(
    _BT_601 * np.float32(0.25), 2
)  # the mean luma of two by two pixels, from the sums of two rows


@dataclass(frozen=True, slots=True)
class Limit:
    """The range from `least` to `most` in which a measure must be."""

    measure: str
    least: float = -np.inf
    most: float = np.inf


@dataclass(frozen=True, slots=True)
class Rule:
    """A tone word, the limits of the measures within which it applies, and the source of the limits.

    The word's strength is 0 at the limit of the first measure and 1 at `plain`, where the word is obvious.
    """

    word: str
    limits: tuple[Limit, ...]
    plain: float
    source: str

    def strength(self, measures: Mapping[str, float]) -> float | None:
        """How strongly the word applies, from 0; None if it does not."""
        if not all(limit.least <= measures[limit.measure] <= limit.most for limit in self.limits):
            return None
        first = self.limits[0]
        # The limit from which strength is measured: of two, the farther one from `plain`.
        edge = max(
            (edge for edge in (first.least, first.most) if np.isfinite(edge)),
            key=lambda edge: abs(edge - self.plain),
        )
        return (measures[first.measure] - edge) / (self.plain - edge)


_MUNSELL = "ISCC-NBS (K. L. Kelly, D. B. Judd, 1976): Munsell value 10 V is about L*, chroma C about C*/5"
_PELI = "contrast as spread of lightness, after E. Peli, 1990; limit by eye on 48 photographs"
_CLUTTER = "edge density as clutter, after M. L. Mack and A. Oliva, 2004; limit by eye on 48 photographs"
_BLUR = "the blur effect, F. Crete and others, 2007; limit by eye on photographs blurred on purpose"
_OU = "warm-cool of L.-C. Ou, M. R. Luo, A. Woodcock, A. Wright, 2004: 0 is where as many said warm as cool"
_HASLER = "colorfulness of D. Hasler and S. Suesstrunk, 2003: 15 slightly, 33 moderately, 59 quite, 82 highly"
_HAZE = "dark channel of K. He, J. Sun, X. Tang, 2009: without haze nearly every patch has something dark"

RULES = (
    Rule("bright", (Limit("lightness", least=65),), 80, f"light begins at value 6.5; {_MUNSELL}"),
    Rule("dim", (Limit("lightness", most=38),), 20, f"dark ends near value 4; {_MUNSELL}"),
    Rule(
        "pale",
        (Limit("pale share", least=0.75), Limit("colorfulness", most=45)),
        1.0,
        f"pale: value over 6, chroma under 5; {_MUNSELL}",
    ),
    Rule("deep", (Limit("deep share", least=0.4),), 0.8, f"deep: value under 5, chroma over 6; {_MUNSELL}"),
    Rule("warm", (Limit("warmth", least=0.0), Limit("cold share", most=0.25)), 0.8, _OU),
    Rule(
        "cold",
        (Limit("warmth", most=-0.65), Limit("warm share", most=0.25)),
        -1.2,
        f"{_OU}; greys are at -0.5",
    ),
    Rule("hard", (Limit("contrast", least=85),), 100, _PELI),
    Rule("soft", (Limit("contrast", most=45, least=10), Limit("colorfulness", most=59)), 10, _PELI),
    Rule("crowded", (Limit("edges", least=0.65),), 0.9, _CLUTTER),
    Rule("still", (Limit("edges", most=0.15),), 0.0, _CLUTTER),
    Rule("blurred", (Limit("blur", least=0.55), Limit("detail", least=0.3)), 0.8, _BLUR),
    Rule("sharp", (Limit("blur", most=0.2), Limit("edges", least=0.25)), 0.1, _BLUR),
    Rule(
        "grey",
        (Limit("colorfulness", most=15), Limit("chroma", most=6), Limit("middle share", least=0.4)),
        0.0,
        _HASLER,
    ),
    Rule("colorful", (Limit("colorfulness", least=59),), 109, _HASLER),
    Rule(
        "hazy",
        (Limit("darkest", least=0.25), Limit("contrast", least=10, most=50), Limit("steepest", most=30)),
        0.5,
        f"{_HAZE}; limits by eye",
    ),
)


def read_tone(photo: Photo) -> tuple[str, ...]:
    """The tone words of a photograph, the strongest first; there may be none."""
    measures = tone_measures(photo)
    strengths = {rule.word: strength for rule in RULES if (strength := rule.strength(measures)) is not None}
    return tuple(sorted(strengths, key=lambda word: -strengths[word]))


def tone_measures(photo: Photo) -> dict[str, float]:
    """The measures that the rules use; shares and `darkest` in 0..1, lightness and chroma as in CIELAB."""
    return {**_color_measures(color_cells(photo)), **_detail_measures(photo.pixels)}


def _color_measures(cells: Cells) -> dict[str, float]:
    part = cells.counts / cells.counts.sum()
    light, chroma, hue = lab_to_lch(cells.lab).T
    order = np.argsort(light)
    low, high = light[order][np.searchsorted(np.cumsum(part[order]), [0.05, 0.95])]
    red, green, blue = cells.rgb.T
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    middles = np.array([red_green @ part, yellow_blue @ part])
    spreads = np.array([red_green**2 @ part, yellow_blue**2 @ part]) - middles**2
    warmth = 0.02 * chroma**1.07 * np.cos(np.radians(hue - 50)) - 0.5
    return {
        "lightness": float(light @ part),
        "middle share": float(part[(light >= 25) & (light <= 85)].sum()),
        "chroma": float(chroma @ part),
        "contrast": float(high - low),
        "pale share": float(part[(light >= 60) & (chroma <= 25)].sum()),
        "deep share": float(part[(light <= 50) & (chroma >= 30)].sum()),
        "warmth": float(warmth @ part),
        "warm share": float(part[warmth > 0].sum()),
        "cold share": float(part[warmth < -0.65].sum()),
        "colorfulness": float(np.sqrt(np.maximum(spreads, 0).sum()) + 0.3 * np.hypot(*middles)),
    }


def _detail_measures(pixels: Pixels) -> dict[str, float]:
    """Edges, steepness and darkness of the picture at half its size; blur at its full size.

    `edges` is the share of pixels where the slope of luma is more than 16 levels, `steepest` the slope that one pixel
    in a hundred exceeds, and `darkest` the fifth percentile of the darkest components in patches of 16 x 16.
    """
    squares = _slopes(pixels)
    blur, detail = _blur(pixels)
    return {
        "edges": float((squares > 16**2).mean()),
        "steepest": _quantile(squares, 0.99) ** 0.5,
        "darkest": _quantile(_darkest(pixels), 0.05) / 255,
        "blur": blur,
        "detail": detail,
    }


def _luma(pixels: Pixels) -> _Plane:
    """ITU-R BT.601 luma of a part of the picture, by component, because a product takes twice as long for columns."""
    red, green, blue = (pixels[..., place] * share for place, share in enumerate(_BT_601))
    luma: _Plane = red + green + blue
    return luma


def _quantile(values: npt.NDArray[Any], share: float) -> float:
    """The `share` quantile without interpolation; np.percentile takes ten times as long."""
    place = round(share * (values.size - 1))
    return float(np.partition(values, place, axis=None)[place])


def _slopes(pixels: Pixels) -> _Plane:
    """The squared slope of luma at half the picture's size, at every third row; 0 for too few pixels."""
    high, wide = pixels.shape[0] // 6, pixels.shape[1] // 2
    if not high or wide < 2:
        return np.zeros((1, 1), np.float32)
    # Every third row, because human-made patterns repeat in twos and fours, and only the row below each.
    rows = pixels[: high * 6, : wide * 2].reshape(high, 3, 2, -1)[:, :2]
    sums = np.add(rows[:, :, 0], rows[:, :, 1], dtype=np.uint16)
    luma = (sums.reshape(-1, 6).astype(np.float32) @ _HALVED).reshape(high, 2, wide)
    across, down = np.diff(luma[:, 0], axis=1), (luma[:, 1] - luma[:, 0])[:, :-1]
    squares: _Plane = across * across + down * down
    return squares


def _darkest(pixels: Pixels) -> Pixels:
    """The smallest component in each patch of 16 x 16, sampled in every fourth row and second column."""
    thin = pixels[::4, ::2]
    least = np.minimum(np.minimum(thin[..., 0], thin[..., 1]), thin[..., 2])
    rows, columns = np.arange(0, least.shape[0], 4), np.arange(0, least.shape[1], 8)
    darkest: Pixels = np.minimum.reduceat(np.minimum.reduceat(least, rows, axis=0), columns, axis=1)
    return darkest


def _blur(pixels: Pixels) -> tuple[float, float]:
    """The blur effect in 0..1 (1: completely blurred), and the mean step between neighbors, in levels, that it is
    based on.

    Blurring a sharp picture changes the steps between neighbors much, blurring a blurred one little. Every eighth row
    and column is enough.
    """
    rows, columns = _luma(pixels[::8]), _luma(pixels[:, ::8])
    found = [_blur_along(rows), _blur_along(np.ascontiguousarray(columns.T))]
    return max(blur for blur, _ in found), sum(detail for _, detail in found) / 2


def _blur_along(rows: _Plane, width: int = 9) -> tuple[float, float]:
    if rows.shape[1] < 2 * width:
        return 0.0, 0.0
    # The ends of a row have no mean of all nine neighbors, so their steps are left out on both sides.
    steps = np.abs(np.diff(rows[:, width // 2 + 1 : -(width // 2)], axis=1))
    # Two adjacent means share all but one neighbor each, so their step needs no mean.
    blurred = np.abs(rows[:, width + 1 :] - rows[:, 1:-width]) / np.float32(width)
    lost = np.maximum(0, steps - blurred)
    total = float(steps.sum())
    return (1 - float(lost.sum()) / total if total else 0.0), total / steps.size


# The histogram range of each space and component.
RANGES = {
    "rgb": ((0.0, 256.0), (0.0, 256.0), (0.0, 256.0)),
    "hsv": ((0.0, 360.0), (0.0, 1.0), (0.0, 1.0)),
    "lab": ((0.0, 100.0), (-128.0, 128.0), (-128.0, 128.0)),
    "lch": ((0.0, 100.0), (0.0, 140.0), (0.0, 360.0)),
}
BINS = 16
_DIGITS = 4


def statistics(photo: Photo, names: ColorNames | None = None) -> dict[str, Any]:
    """The statistics of Martin Krzywinski's Color Summarizer, computed from the photograph's `sample`.

    For `rgb` (0..255), `hsv` (degrees, 0..1, 0..1), `lab` and `lch` (h in degrees): `mean`, `median`, `min`, `max` and
    `histogram` (16 shares over the ranges in `RANGES`) of each component; for hues the mean is circular. `hue`: the
    circular `mean` of the LCh hue weighted by chroma, in degrees, with its `length` in 0..1 (1: one hue alone, 0: no
    hue prevails; the mean is then None). `average`: the mean color (in CIELAB) and its name. `terms`: the share of
    each basic color term. `measures`: the measures behind the tone words. `words`: the picture in words.
    """
    names = names or color_names()
    flat = photo.sample.reshape(-1, 3)
    lab = srgb_to_lab(flat)
    lch = lab_to_lch(lab)
    lch[lch[:, 1] < 0.02, 1:] = 0  # greys: the rest is rounding, not a hue
    spaces = {"rgb": flat.astype(np.float64), "hsv": srgb_to_hsv(flat), "lab": lab, "lch": lch}
    told: dict[str, Any] = {space: _summary(values, space) for space, values in spaces.items()}
    told["hue"] = _circular(lch[:, 2], lch[:, 1])
    told["average"] = _average(lab, names)
    told["terms"] = _term_shares(photo)
    told["measures"] = {name: round(value, _DIGITS) for name, value in tone_measures(photo).items()}
    told["words"] = _in_words(told["terms"], read_tone(photo))
    return told


def _summary(values: Floats, space: str) -> dict[str, list[Any]]:
    """Mean, median, minimum, maximum and histogram of each of three components."""
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
    """The mean color, its nearest name and the distance of the name."""
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
    """The share of the pixels of each basic color term, the largest first; terms without pixels are left out."""
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
    """The picture in words: its terms with their shares of at least 1%, then its tone."""
    colors = ", ".join(f"{term} {share:.0%}" for term, share in terms.items() if share >= 0.01)
    return "; ".join(part for part in (colors, ", ".join(tone)) if part)
