"""Converts between sRGB, CIELAB, LCh and HSV, and measures how different two colors look (CIEDE2000)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Rgb = tuple[int, int, int]

# IEC 61966-2-1: linear sRGB to CIE XYZ, white D65 for the 2 degree observer.
_TO_XYZ = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])
_TO_RELATIVE = (_TO_XYZ / _WHITE[:, None]).T
_FROM_RELATIVE = np.linalg.inv(_TO_RELATIVE)
# CIE 15: where the cube root of Lab becomes a straight line, and that line's slope.
_EPSILON = (6 / 29) ** 3
_SLOPE = (29 / 6) ** 2 / 3
_COS = {degrees: float(np.cos(np.radians(degrees))) for degrees in (6, 30, 63)}
_SIN = {degrees: float(np.sin(np.radians(degrees))) for degrees in (6, 30, 63)}
_FROM_ROOTS = np.array([[0.0, 500.0, 0.0], [116.0, -500.0, 200.0], [0.0, 0.0, -200.0]])


def _decoded(value: Floats) -> Floats:
    """Linear light of sRGB components in 0..1 (IEC 61966-2-1)."""
    curved = ((np.maximum(value, 0.04045) + 0.055) / 1.055) ** 2.4
    linear: Floats = np.where(value > 0.04045, curved, value / 12.92)
    return linear


_LIGHT_OF_BYTE = _decoded(np.arange(256) / 255)


def srgb_to_lab(rgb: npt.ArrayLike) -> Floats:
    """CIELAB (D65, 2 degrees) of sRGB values in 0..255, shape (..., 3), uint8 or float.

    L is in 0..100; a and b reach about -108..99. Source: CIE 15:2004, IEC 61966-2-1.
    """
    array = np.asarray(rgb)
    light = _LIGHT_OF_BYTE[array] if array.dtype == np.uint8 else _decoded(array.astype(np.float64) / 255)
    relative = light @ _TO_RELATIVE
    roots = np.where(relative > _EPSILON, np.cbrt(relative), relative * _SLOPE + 4 / 29)
    lab: Floats = roots @ _FROM_ROOTS
    lab[..., 0] -= 16.0
    return lab


def lab_to_srgb(lab: npt.ArrayLike) -> npt.NDArray[np.uint8]:
    """The nearest sRGB bytes of CIELAB values, shape (..., 3); colors outside sRGB are clipped."""
    array = np.asarray(lab, dtype=np.float64)
    middle = (array[..., 0] + 16) / 116
    roots = np.stack([middle + array[..., 1] / 500, middle, middle - array[..., 2] / 200], axis=-1)
    relative = np.where(roots > 6 / 29, roots**3, (roots - 4 / 29) / _SLOPE)
    light = np.clip(relative @ _FROM_RELATIVE, 0.0, 1.0)
    value = np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light)
    shown: npt.NDArray[np.uint8] = np.rint(np.clip(value, 0.0, 1.0) * 255).astype(np.uint8)
    return shown


def lab_to_lch(lab: npt.ArrayLike) -> Floats:
    """Lightness, chroma and hue angle (degrees in 0..360) of CIELAB values, shape (..., 3)."""
    array = np.asarray(lab, dtype=np.float64)
    chroma = np.hypot(array[..., 1], array[..., 2])
    hue = np.degrees(np.arctan2(array[..., 2], array[..., 1])) % 360
    return np.stack([array[..., 0], chroma, hue], axis=-1)


def srgb_to_hsv(rgb: npt.ArrayLike) -> Floats:
    """Hue (degrees in 0..360), saturation and value (0..1) of sRGB in 0..255, shape (..., 3).

    Source: A. R. Smith, "Color gamut transform pairs", 1978. The hue of a grey is 0.
    """
    array = np.asarray(rgb, dtype=np.float64) / 255
    value, low = array.max(axis=-1), array.min(axis=-1)
    spread = value - low
    step = np.where(spread > 0, spread, 1.0)
    red, green, blue = array[..., 0], array[..., 1], array[..., 2]
    sixths = np.where(
        value == red,
        ((green - blue) / step) % 6,
        np.where(value == green, (blue - red) / step + 2, (red - green) / step + 4),
    )
    hue = np.where(spread > 0, sixths * 60, 0.0)
    return np.stack([hue, spread / np.where(value > 0, value, 1.0), value], axis=-1)


def ciede2000(first: npt.ArrayLike, second: npt.ArrayLike) -> Floats:
    """The CIEDE2000 color difference of CIELAB values, shapes (..., 3) broadcast together.

    1 is about a just noticeable difference. The result is finite for finite colors. Source: G. Sharma, W. Wu, E. N.
    Dalal, "The CIEDE2000 Color-Difference Formula: Implementation Notes, Supplementary Test Data, and Mathematical
    Observations", 2005; kL = kC = kH = 1.
    """
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    l1, a1, b1 = one[..., 0], one[..., 1], one[..., 2]
    l2, a2, b2 = two[..., 0], two[..., 1], two[..., 2]
    # G stretches the a axis near grey, depending on the unmodified chroma of both colors.
    stretch = 1.5 - 0.5 * _seventh((_length(a1, b1) + _length(a2, b2)) / 2)
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = _length(a1, b1), _length(a2, b2)
    turn, hue = _hues(np.arctan2(b1, a1), np.arctan2(b2, a2), c1 * c2)
    return _weighted(l1, l2, c1, c2, turn, hue)


def _length(a: Any, b: Any) -> Any:
    """The length of (a, b); hypot takes three times as long to avoid overflows that cannot happen here."""
    return np.sqrt(a * a + b * b)


def _seventh(chroma: Any) -> Any:
    """sqrt(c^7 / (c^7 + 25^7)), which occurs in two terms of the formula."""
    square = chroma * chroma
    power = square * square * square * chroma
    return np.sqrt(power / (power + 25.0**7))


def _hues(h1: Any, h2: Any, product: Any) -> tuple[Any, Any]:
    """Difference and mean of two hues, the short way round, in radians; with a grey, 0 and the sum of the hues.

    Opposite hues differ by half a turn, and their mean is that of their angles in 0 to 2 pi, as in the source.
    """
    h1, h2 = np.where(h1 < 0, h1 + 2 * np.pi, h1), np.where(h2 < 0, h2 + 2 * np.pi, h2)
    turn, total = h2 - h1, h1 + h2
    across = np.abs(turn) > np.pi + 1e-12
    turn = np.where(across, turn - np.copysign(2 * np.pi, turn), turn)
    grey = product == 0
    return np.where(grey, 0.0, turn), np.where(grey, total, total / 2 + np.where(across, np.pi, 0.0))


def _weighted(l1: Any, l2: Any, c1: Any, c2: Any, turn: Any, hue: Any) -> Floats:
    """The difference from lightnesses, chromas, hue difference and mean hue: Sharma's steps 15 to 22."""
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    offset = (light - 50) ** 2
    weight_l = 1 + 0.015 * offset / np.sqrt(20 + offset)
    weight_c = 1 + 0.045 * chroma
    weight_h = 1 + 0.015 * chroma * _bend(np.cos(hue), np.sin(hue))
    dl = (l2 - l1) / weight_l
    dc = (c2 - c1) / weight_c
    dh = 2 * np.sqrt(c1 * c2) * np.sin(turn / 2) / weight_h
    # The distance from 275 degrees; a mean hue beyond a whole turn is reduced by a turn.
    beyond = (np.where(hue >= 2 * np.pi, hue - 2 * np.pi, hue) - np.radians(275)) / np.radians(25)
    tilt = np.radians(60) * np.exp(-beyond * beyond)
    squared = dl * dl + dc * dc + dh * dh - 2 * _seventh(chroma) * np.sin(tilt) * dc * dh
    difference: Floats = np.sqrt(np.maximum(squared, 0.0))
    return difference


def _bend(cos: Any, sin: Any) -> Any:
    """T, the weight of hue differences, from the mean hue's cosine and sine.

    The source's cosines of multiples of the hue are written as powers of these two.
    """
    cos2, sin2 = 2 * cos * cos - 1, 2 * sin * cos
    cos3, sin3 = cos2 * cos - sin2 * sin, sin2 * cos + cos2 * sin
    cos4, sin4 = 2 * cos2 * cos2 - 1, 2 * sin2 * cos2
    return (
        1
        - 0.17 * (cos * _COS[30] + sin * _SIN[30])
        + 0.24 * cos2
        + 0.32 * (cos3 * _COS[6] - sin3 * _SIN[6])
        - 0.20 * (cos4 * _COS[63] + sin4 * _SIN[63])
    )


def ciede2000_at_least(first: npt.ArrayLike, second: npt.ArrayLike) -> Floats:
    """A lower bound of `ciede2000`, in a fifth of its time; shapes (..., 3) broadcast together.

    Lightness and the stretch of a are exact. The rest is bounded: the weights of chroma and hue are at most 1 + 0.045
    C', because T is below 2; C' is at most C times the stretch; the rotation term removes at most sqrt(c^7 / (c^7 +
    25^7)) sin(60 degrees) of the squares. If no b is negative, it removes less than a millionth, because the mean hue
    is then at most 180 degrees and the term peaks at 275.
    """
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    b1, b2 = one[..., 2], two[..., 2]
    offset = ((one[..., 0] + two[..., 0]) / 2 - 50) ** 2
    dl = (two[..., 0] - one[..., 0]) / (1 + 0.015 * offset / np.sqrt(20 + offset))
    chroma = (_length(one[..., 1], b1) + _length(two[..., 1], b2)) / 2
    stretch = 1.5 - 0.5 * _seventh(chroma)
    chroma = chroma * stretch
    da, db = (two[..., 1] - one[..., 1]) * stretch, b2 - b1
    rotation = np.where(np.minimum(b1, b2) < 0, _seventh(chroma) * np.sin(np.radians(60)), 1e-6)
    least: Floats = np.sqrt(dl * dl + (1 - rotation) * (da * da + db * db) / (1 + 0.045 * chroma) ** 2)
    return least * (1 - 1e-9)


READABLE = 4.5
"""The contrast that text needs (WCAG 2.2, 1.4.3)."""


def rgb_of(code: str | None) -> Rgb | None:
    """The color of `#rrggbb`; None for any other text."""
    digits = (code or "").removeprefix("#")
    if code is None or not code.startswith("#") or len(digits) != 6:
        return None
    try:
        red, green, blue = bytes.fromhex(digits)
    except ValueError:
        return None
    return red, green, blue


def hex_of(rgb: Rgb) -> str:
    """A color as `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*rgb)


def luminance(rgb: Rgb) -> float:
    """Relative luminance in 0..1 (WCAG 2.2)."""
    parts = (value / 255 for value in rgb)
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """The contrast of two colors, 1 to 21 (WCAG 2.2)."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@lru_cache(maxsize=65536)
def readable(rgb: Rgb, background: Rgb, least: float = READABLE) -> Rgb:
    """The color itself or, if its contrast is too low, the nearest in lightness with enough contrast."""
    if contrast(rgb, background) >= least:
        return rgb
    lab = srgb_to_lab(np.array(rgb, dtype=np.uint8))
    # Binary search in the darker or lighter half of all lightnesses, where contrast grows towards the end.
    near, far = float(lab[0]), 0.0 if luminance(background) > 0.18 else 100.0
    found = (0, 0, 0) if far == 0.0 else (255, 255, 255)
    for _ in range(9):
        middle = (near + far) / 2
        red, green, blue = lab_to_srgb(np.array([middle, lab[1], lab[2]])).tolist()
        if contrast((red, green, blue), background) >= least:
            far, found = middle, (red, green, blue)
        else:
            near = middle
    return found
