"""Places of colors, tested on drawn pictures."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from photopoem.color.palette import PLACES, Where, places, read_palette
from photopoem.color.spaces import srgb_to_lab
from photopoem.photo.reading import read_photo
from tests.making import slowness

GREY, RED = (128, 128, 128), (200, 30, 40)
Drawn = Callable[[np.ndarray], np.ndarray]


def where_of(drawn: np.ndarray) -> Where:
    """Where the red of a drawn picture lies; `drawn` (h, w) tells its pixels."""
    pixels = np.where(drawn[..., None], RED, GREY).astype(np.uint8)
    return places(pixels, srgb_to_lab(np.array([RED, GREY], np.uint8)))[0]


def picture(draw: Drawn, shape: tuple[int, int]) -> np.ndarray:
    """What `draw` makes of the coordinates (2, h, w) of all pixels: down and across, each in 0..1."""
    return draw((np.mgrid[: shape[0], : shape[1]] + 0.5) / np.array(shape)[:, None, None])


DRAWN: dict[str, tuple[Drawn, str, str]] = {
    "sky": (lambda at: at[0] < 0.3, "along the top", "one"),
    "wavy sky": (lambda at: at[0] < 0.25 + 0.05 * np.sin(9 * at[1]), "along the top", "one"),
    "meadow": (lambda at: at[0] > 0.66, "at the foot", "one"),
    "ball below": (lambda at: (at[0] - 0.85) ** 2 + (at[1] - 0.4) ** 2 < 0.01, "at the foot", "one"),
    "left": (lambda at: at[1] < 0.3, "on the left", "one"),
    "right": (lambda at: (at[0] - 0.5) ** 2 + (at[1] - 0.8) ** 2 < 0.02, "on the right", "one"),
    "middle": (lambda at: (at[0] - 0.5) ** 2 + (at[1] - 0.5) ** 2 < 0.04, "in the middle", "one"),
    "frame": (lambda at: (abs(at[0] - 0.5) > 0.36) | (abs(at[1] - 0.5) > 0.36), "around the edge", "one"),
    "dots": (lambda at: ((at[0] * 6) % 1 < 0.5) & ((at[1] * 6) % 1 < 0.5), "scattered", "many"),
    "everywhere": (lambda at: at[0] >= 0, "", "one"),
    "most of the picture, from above": (lambda at: at[0] < 0.6, "mostly in the upper half", "one"),
    "a lamp": (
        lambda at: (at[0] > 0.05) & (at[0] < 0.48) & (at[1] > 0.2) & (at[1] < 0.48),
        "at the upper left",
        "one",
    ),
    "a shoe": (
        lambda at: (at[0] > 0.52) & (at[0] < 0.9) & (at[1] > 0.52) & (at[1] < 0.8),
        "at the lower right",
        "one",
    ),
    "a band across": (lambda at: (at[0] > 0.3) & (at[0] < 0.7), "across the middle", "one"),
    "most of the picture, from the right": (lambda at: at[1] > 0.4, "mostly on the right", "one"),
    "a cross": (
        lambda at: (
            ((abs(at[0] - 0.5) < 0.1) | (abs(at[1] - 0.5) < 0.1))
            & (abs(at[0] - 0.5) < 0.35)
            & (abs(at[1] - 0.5) < 0.35)
        ),
        "mostly in the middle",
        "one",
    ),
    "slope": (lambda at: at[0] > at[1], "", "one"),
    "a part of the top": (
        lambda at: (at[0] < 0.2) & (at[1] > 0.3) & (at[1] < 0.7),
        "in the upper half",
        "one",
    ),
    "a band above": (lambda at: (at[0] > 0.2) & (at[0] < 0.5), "in the upper half", "one"),
    "much of the left": (lambda at: (at[1] < 0.53) & (at[0] > 0.1), "in the left half", "one"),
    "two sides": (lambda at: (at[1] < 0.2) | (at[1] > 0.8), "", "many"),
    "top and foot": (lambda at: (at[0] < 0.2) | (at[0] > 0.8), "", "many"),
}


@pytest.mark.parametrize("shape", [(192, 256), (256, 192), (256, 256), (96, 256)])
@pytest.mark.parametrize("name", DRAWN)
def test_a_color_lies_where_it_was_drawn(name: str, shape: tuple[int, int]) -> None:
    """A color gets a place only if it lies there and nowhere else, in pictures of any shape."""
    draw, place, patches = DRAWN[name]
    found = where_of(picture(draw, shape))
    assert (found.place, found.patches) == (place, patches)


def test_a_picture_turned_turns_its_places() -> None:
    """Upside down, the top is the foot; in a mirror, left is right."""
    sky = picture(DRAWN["sky"][0], (192, 256))
    left = picture(DRAWN["left"][0], (192, 256))
    assert where_of(sky[::-1]).place == "at the foot"
    assert where_of(left[:, ::-1]).place == "on the right"


@pytest.mark.parametrize("seed", range(20))
def test_what_is_said_is_true(seed: int) -> None:
    """In random pictures, most of a color lies in the half that its place names, counted on every pixel."""
    chance = np.random.default_rng(seed)
    drawn = np.zeros((200, 240), bool)
    for _ in range(chance.integers(1, 5)):
        y, x, high, wide = chance.integers(0, (200, 240, 120, 160))
        drawn[y : y + high, x : x + wide] = True
    if not drawn.any():
        return
    found = where_of(drawn).place
    halves = {
        "along the top": drawn[:100],
        "at the foot": drawn[100:],
        "on the left": drawn[:, :120],
        "on the right": drawn[:, 120:],
        "in the upper half": drawn[:100],
        "in the lower half": drawn[100:],
        "in the left half": drawn[:, :120],
        "in the right half": drawn[:, 120:],
        "at the upper left": drawn[:100, :120],
        "at the upper right": drawn[:100, 120:],
        "at the lower left": drawn[100:, :120],
        "at the lower right": drawn[100:, 120:],
        "across the middle": drawn[40:160],
        "mostly in the upper half": drawn[:100],
        "mostly in the lower half": drawn[100:],
        "mostly on the left": drawn[:, :120],
        "mostly on the right": drawn[:, 120:],
    }
    if found in halves:
        assert halves[found].sum() > 0.78 * drawn.sum()


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (200, 1), (3, 3)])
def test_tiny_pictures_have_places_too(shape: tuple[int, int]) -> None:
    """A picture of a few pixels is measured without an error, and a color that it lacks lies nowhere."""
    found = places(np.full((*shape, 3), 128, np.uint8), srgb_to_lab(np.array([GREY, RED], np.uint8)))
    assert found[1] == Where()
    assert found[0].place in ("", *PLACES)


def test_the_palette_of_a_photograph_says_where(samples: list[Path]) -> None:
    """The green of the meadow lies at the foot, the pale sky along the top; the same each time."""
    photo = read_photo(next(path for path in samples if path.stem == "autumn-hills"))
    palette = read_palette(photo)
    found = {swatch.hue: swatch.where.place for swatch in reversed(palette.swatches)}
    assert found["green"] == "at the foot"
    assert "along the top" in {swatch.where.place for swatch in palette.swatches}
    assert read_palette(photo) == palette


def test_it_costs_about_a_millisecond(samples: list[Path]) -> None:
    """The least of many measurements of six colors is at most a millisecond and a half of processor time."""
    photo = read_photo(samples[0])
    colors = srgb_to_lab(np.array([swatch.rgb for swatch in read_palette(photo).swatches], np.uint8))
    least = float("inf")
    for _ in range(50):
        start = time.process_time()
        places(photo.sample, colors)
        least = min(least, time.process_time() - start)
    assert least < 0.0015 * slowness()
