"""Colors for words: as near to a swatch as can still be read on its background."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from photopoem.color.spaces import lab_to_srgb, srgb_to_lab

Rgb = tuple[int, int, int]

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
    """The color itself or, if it has too little contrast, the nearest in lightness that has enough."""
    if contrast(rgb, background) >= least:
        return rgb
    lab = srgb_to_lab(np.array(rgb, dtype=np.uint8))
    # The darker or lighter half of all lightnesses is searched, by halves: contrast grows towards its end.
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
