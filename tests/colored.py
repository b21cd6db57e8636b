"""Makes photographs out of colors, in memory, for the tests of palettes and tone."""

from __future__ import annotations

import hashlib
import io

import numpy as np
from PIL import Image

from photopoem.color.palette import Palette
from photopoem.color.spaces import ciede2000, srgb_to_lab
from photopoem.photo.reading import Photo


def photo_of(pixels: np.ndarray | Image.Image) -> Photo:
    """A photograph with these pixels, sampled as a file would be."""
    image = Image.fromarray(pixels) if isinstance(pixels, np.ndarray) else pixels.convert("RGB")
    full = np.asarray(image.copy() if max(image.size) <= 640 else _within(image, 640, Image.Resampling.BOX))
    sample = np.asarray(_within(image, 256, Image.Resampling.NEAREST))
    return Photo("made.png", full, sample, hashlib.sha256(full.tobytes()).hexdigest(), image.size)


def _within(image: Image.Image, side: int, how: Image.Resampling) -> Image.Image:
    scale = min(1.0, side / max(image.size))
    return image.resize(tuple(max(1, round(edge * scale)) for edge in image.size), how)


def areas(*parts: tuple[tuple[int, int, int], float], noise: float = 0.0, side: int = 200) -> np.ndarray:
    """A square picture of vertical bands, each a color with its share, with Gaussian noise."""
    edges = np.cumsum([0, *(share for _, share in parts)])
    columns = np.searchsorted(edges / edges[-1], (np.arange(side) + 0.5) / side, side="right") - 1
    row = np.array([color for color, _ in parts], dtype=float)[columns]
    picture = np.repeat(row[None], side, axis=0) + np.random.default_rng(0).normal(0, noise, (side, side, 3))
    return picture.clip(0, 255).round().astype(np.uint8)


def jpeg(image: Image.Image, quality: int) -> Image.Image:
    """The image after it went through a JPEG of that quality."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return Image.open(out).convert("RGB")


def lab_of(palette: Palette) -> np.ndarray:
    """The CIELAB colors of a palette's swatches."""
    return srgb_to_lab(np.array([swatch.rgb for swatch in palette.swatches], dtype=np.uint8))


def nearest(palette: Palette, rgb: tuple[int, int, int]) -> float:
    """How far the nearest swatch is from a color, in CIEDE2000."""
    return float(ciede2000(lab_of(palette), srgb_to_lab(np.array(rgb, dtype=np.uint8))).min())
