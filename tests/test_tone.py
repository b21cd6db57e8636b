"""Tone words: a picture on each side of every rule, and statistics against plain numpy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from photopoem.color.spaces import srgb_to_lab
from photopoem.color.statistics import BINS, RULES, read_tone, statistics, tone_measures
from photopoem.photo.reading import Photo, read_photo
from tests.colored import areas, photo_of

WORDS = [rule.word for rule in RULES]


def grey(level: int) -> tuple[int, int, int]:
    return (level, level, level)


def checks(low: int, high: int, cell: int = 4, side: int = 400) -> np.ndarray:
    """A chessboard of two greys."""
    board = (np.indices((side, side)) // cell).sum(axis=0) % 2
    return np.where(board[..., None] == 1, high, low).astype(np.uint8).repeat(3, axis=2)


def ramp(low: int, high: int, side: int = 400) -> np.ndarray:
    """Greys from one to another, from left to right."""
    return np.linspace(low, high, side).astype(np.uint8)[None, :, None].repeat(side, axis=0).repeat(3, axis=2)


def texture(blurred: float = 0) -> Image.Image:
    """Leaves, so to say: random patches of greys, blurred by so many pixels."""
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(40, 220, (90, 120)).astype(np.uint8)).resize(
        (600, 450), Image.Resampling.NEAREST
    )
    return coarse.filter(ImageFilter.GaussianBlur(blurred)) if blurred else coarse


def mostly(
    color: tuple[int, int, int], share: float, rest: tuple[int, int, int] = (128, 128, 128)
) -> np.ndarray:
    return areas((color, share), (rest, 1 - share))


# word: a picture of which it is true, and one near it of which it is not.
SIDES = {
    "bright": (areas((grey(170), 1)), areas((grey(145), 1))),
    "dim": (areas((grey(75), 1)), areas((grey(100), 1))),
    "pale": (mostly((230, 225, 210), 0.8), mostly((230, 225, 210), 0.7, (60, 60, 60))),
    "deep": (mostly((120, 20, 20), 0.5), mostly((120, 20, 20), 0.3)),
    "warm": (mostly((200, 120, 60), 0.7), mostly((200, 120, 60), 0.3)),
    "cold": (mostly((60, 110, 170), 0.8), mostly((60, 110, 170), 0.1)),
    "hard": (areas((grey(5), 0.5), (grey(250), 0.5)), areas((grey(40), 0.5), (grey(220), 0.5))),
    "soft": (ramp(90, 170), ramp(40, 220)),
    "crowded": (checks(80, 180), checks(80, 180, cell=40)),
    "still": (areas((grey(90), 0.5), (grey(170), 0.5)), checks(80, 180, cell=12)),
    "blurred": (texture(8), texture(1)),
    "sharp": (texture(), texture(3)),
    "grey": (areas((grey(90), 0.5), (grey(170), 0.5)), areas(((90, 110, 60), 0.5), (grey(170), 0.5))),
    "colorful": (
        areas(((220, 40, 40), 0.5), ((40, 160, 60), 0.5)),
        areas(((140, 110, 100), 0.5), ((100, 120, 100), 0.5)),
    ),
    "hazy": (ramp(140, 200), np.concatenate([ramp(140, 200), areas((grey(10), 1), side=400)[:60]])),
}  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_a_picture_on_each_side(word: str) -> None:
    """Each tone word applies to the picture made for it, and not to the one just below its limit."""
    shows, falls_short = SIDES[word]
    assert word in read_tone(photo_of(shows))
    assert word not in read_tone(photo_of(falls_short))


def test_every_rule_states_its_measure_limit_and_source() -> None:
    """Each rule has limits on measures that exist, a value where it is plain, and says where it is from."""
    measures = tone_measures(photo_of(texture()))
    assert len(set(WORDS)) == len(WORDS)
    for rule in RULES:
        assert rule.source
        for limit in rule.limits:
            assert limit.measure in measures
            assert np.isfinite([limit.least, limit.most]).any()


@pytest.mark.parametrize(
    "pair",
    [("bright", "dim"), ("pale", "deep"), ("warm", "cold"), ("soft", "hard"), ("still", "crowded"),
     ("blurred", "sharp"), ("grey", "colorful"), ("pale", "colorful"), ("soft", "colorful")],
)  # fmt: skip
def test_opposites_exclude_each_other(pair: tuple[str, str], samples: list[Path]) -> None:
    """No picture is called both a thing and its opposite."""
    pictures = [photo_of(picture) for sides in SIDES.values() for picture in sides]
    for photo in [*pictures, *map(read_photo, samples)]:
        assert not set(pair) <= set(read_tone(photo))


def test_the_samples(samples: list[Path]) -> None:
    """The tone words of the samples match what a person sees."""
    tones = {path.stem: set(read_tone(read_photo(path))) for path in samples}
    assert tones["autumn-hills"] == {"still"}
    assert {"dim", "still"} <= tones["dandelions"]
    assert {"colorful", "warm"} <= tones["fig"]
    assert tones["stream"] == {"crowded"}
    assert not tones["sunset"] & {"bright", "hazy", "crowded", "grey"}
    assert not tones["two-dogs"] & {"bright", "dim", "colorful", "blurred", "cold"}


@pytest.mark.parametrize(
    ("color", "false"),
    [((0, 0, 0), "grey"), ((255, 255, 255), "grey"), ((255, 255, 255), "soft"), ((255, 255, 255), "hazy")],
)
def test_blank_pictures(color: tuple[int, int, int], false: str) -> None:
    """A black or a white page is not called grey, soft or hazy."""
    assert false not in read_tone(photo_of(areas((color, 1))))


@pytest.mark.parametrize("shape", [(1, 1), (1, 640), (640, 1), (2, 2), (3, 17)])
def test_tiny_pictures_have_a_tone(shape: tuple[int, int]) -> None:
    """A picture of one pixel, one row or one column is measured without complaint, in finite figures."""
    photo = photo_of(np.random.default_rng(0).integers(0, 256, (*shape, 3)).astype(np.uint8))
    read_tone(photo)
    assert np.isfinite(list(tone_measures(photo).values())).all()


@pytest.fixture(scope="module")
def bands() -> Photo:
    return photo_of(areas(((200, 30, 40), 0.5), ((20, 40, 160), 0.25), ((255, 255, 255), 0.25)))


def test_statistics_are_numpys(bands: Photo) -> None:
    """Mean, median, least and greatest are those of the sample's own components."""
    told, flat = statistics(bands), bands.sample.reshape(-1, 3)
    for space, values in (("rgb", flat.astype(float)), ("lab", srgb_to_lab(flat))):
        assert told[space]["mean"] == pytest.approx(values.mean(axis=0).tolist(), abs=1e-3)
        assert told[space]["median"] == pytest.approx(np.median(values, axis=0).tolist(), abs=1e-3)
        assert told[space]["min"] == pytest.approx(values.min(axis=0).tolist(), abs=1e-3)
        assert told[space]["max"] == pytest.approx(values.max(axis=0).tolist(), abs=1e-3)


def test_histograms_hold_every_pixel(bands: Photo) -> None:
    """Each component has 16 shares that add to 1, and each lies where its values are."""
    told = statistics(bands)
    for space in ("rgb", "hsv", "lab", "lch"):
        for component in told[space]["histogram"]:
            assert len(component) == BINS
            assert sum(component) == pytest.approx(1, abs=1e-3)
    assert told["rgb"]["histogram"][0][200 // 16] == pytest.approx(0.5, abs=0.01)
    assert told["rgb"]["histogram"][2][15] == pytest.approx(0.25, abs=0.01)


def test_hues_are_averaged_round_the_circle() -> None:
    """The mean of two reds on either side of 0 degrees is red, with a length near 1; opposites have none."""
    reds = statistics(photo_of(areas(((255, 0, 20), 0.5), ((255, 20, 0), 0.5))))
    assert min(reds["hsv"]["mean"][0], 360 - reds["hsv"]["mean"][0]) < 1
    assert reds["hue"]["length"] > 0.98
    lone = statistics(photo_of(areas((grey(128), 1))))
    assert lone["hsv"]["mean"][0] is None
    assert lone["hue"] == {"mean": None, "length": 0.0}


def test_the_average_color_is_named() -> None:
    """The average of a flat picture is its color, at distance 0 from a name that is just that color."""
    assert statistics(photo_of(areas(((0x65, 0x37, 0x00), 1))))["average"] == {
        "hex": "#653700", "name": "brown", "distance": 0.0, "hue": "brown"
    }  # fmt: skip


def test_basic_terms_cover_the_picture(bands: Photo) -> None:
    """The shares of the basic terms are those of the areas, the greatest first, and the words say them."""
    told = statistics(bands)
    assert list(told["terms"]) == ["red", "blue", "white"] or list(told["terms"]) == ["red", "white", "blue"]
    assert told["terms"]["red"] == pytest.approx(0.5, abs=0.01)
    assert told["words"].startswith("red 50%, ")
    assert "colorful" in told["words"]
