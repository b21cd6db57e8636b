"""Conversions and the color difference, against published figures and scikit-image."""

from __future__ import annotations

import numpy as np
import pytest

from photopoem.color.spaces import (
    ciede2000,
    ciede2000_at_least,
    lab_to_lch,
    lab_to_srgb,
    srgb_to_hsv,
    srgb_to_lab,
)

# G. Sharma, W. Wu, E. N. Dalal, 2005, table 1: L, a, b of two colors and their difference.
SHARMA = """
50 2.6772 -79.7751 50 0 -82.7485 2.0425
50 3.1571 -77.2803 50 0 -82.7485 2.8615
50 2.8361 -74.0200 50 0 -82.7485 3.4412
50 -1.3802 -84.2814 50 0 -82.7485 1.0000
50 -1.1848 -84.8006 50 0 -82.7485 1.0000
50 -0.9009 -85.5211 50 0 -82.7485 1.0000
50 0 0 50 -1 2 2.3669
50 -1 2 50 0 0 2.3669
50 2.4900 -0.0010 50 -2.4900 0.0009 7.1792
50 2.4900 -0.0010 50 -2.4900 0.0010 7.1792
50 2.4900 -0.0010 50 -2.4900 0.0011 7.2195
50 2.4900 -0.0010 50 -2.4900 0.0012 7.2195
50 -0.0010 2.4900 50 0.0009 -2.4900 4.8045
50 -0.0010 2.4900 50 0.0010 -2.4900 4.8045
50 -0.0010 2.4900 50 0.0011 -2.4900 4.7461
50 2.5 0 50 0 -2.5 4.3065
50 2.5 0 73 25 -18 27.1492
50 2.5 0 61 -5 29 22.8977
50 2.5 0 56 -27 -3 31.9030
50 2.5 0 58 24 15 19.4535
50 2.5 0 50 3.1736 0.5854 1.0000
50 2.5 0 50 3.2972 0 1.0000
50 2.5 0 50 1.8634 0.5757 1.0000
50 2.5 0 50 3.2592 0.3350 1.0000
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.2630
61.2901 3.7196 -5.3901 61.4292 2.2480 -4.9620 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.6940 23.0331 14.9730 -42.5619 2.0373
36.4612 47.8580 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.4410 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.1350 0.9033 -0.0636 -0.5514 0.9082
"""
PAIRS = np.array([line.split() for line in SHARMA.strip().splitlines()], dtype=float)


def random_lab(count: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.random((count, 3)) * [100, 250, 250] - [0, 125, 125]


def test_ciede2000_gives_the_published_differences() -> None:
    """All 34 pairs of Sharma, Wu and Dalal come out to four decimals, in both orders."""
    assert len(PAIRS) == 34
    for one, two in ((PAIRS[:, :3], PAIRS[:, 3:6]), (PAIRS[:, 3:6], PAIRS[:, :3])):
        assert np.abs(ciede2000(one, two) - PAIRS[:, 6]).max() <= 5.001e-5


def test_ciede2000_agrees_with_another_hand() -> None:
    """On 20,000 pairs, near and far, the difference is scikit-image's."""
    from skimage.color import deltaE_ciede2000

    one = random_lab(20_000, 1)
    two = np.concatenate([one[:10_000] + random_lab(10_000, 2) / 20, random_lab(10_000, 3)])
    assert np.allclose(ciede2000(one, two), deltaE_ciede2000(one, two), atol=1e-8)


def test_the_bound_is_never_above_the_difference() -> None:
    """`ciede2000_at_least` is a lower bound for near, far and grey pairs."""
    one = random_lab(200_000, 4)
    two = np.concatenate([one[:100_000] + random_lab(100_000, 5) / 15, random_lab(100_000, 6)])
    two[::7, 1:] = 0
    assert (ciede2000_at_least(one, two) <= ciede2000(one, two)).all()


def test_lab_agrees_with_scikit_image() -> None:
    """CIELAB of the whole sRGB cube, in steps, is scikit-image's to a thousandth, from bytes and from floats."""
    from skimage.color import rgb2lab

    steps = np.arange(0, 256, 15, dtype=np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    expected = rgb2lab(cube / 255)
    assert np.abs(srgb_to_lab(cube) - expected).max() < 1e-3
    assert np.abs(srgb_to_lab(cube.astype(float)) - expected).max() < 1e-3


def test_lab_and_back_is_the_same_byte() -> None:
    """Every color of the cube, in steps, comes back from CIELAB as it was; what cannot be shown is clipped."""
    steps = np.arange(0, 256, 5, dtype=np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    assert np.array_equal(lab_to_srgb(srgb_to_lab(cube)), cube)
    assert lab_to_srgb([120, 0, 0]).tolist() == [255, 255, 255]
    assert lab_to_srgb([-5, 0, 0]).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "rgb", [(255, 0, 0), (1, 2, 3), (128, 128, 128), (0, 0, 0), (12, 200, 77), (200, 10, 201)]
)
def test_hsv_agrees_with_the_standard_library(rgb: tuple[int, int, int]) -> None:
    """Hue, saturation and value are colorsys's."""
    from colorsys import rgb_to_hsv

    hue, saturation, value = rgb_to_hsv(*(part / 255 for part in rgb))
    assert srgb_to_hsv(rgb) == pytest.approx([hue * 360, saturation, value])


def test_lch_is_lab_in_polar_form() -> None:
    """Chroma is the distance from grey and hue the angle, from 0 up to 360 degrees."""
    assert lab_to_lch([[50, 3, 4], [50, 0, -10], [50, 0, 0]]).tolist() == [
        pytest.approx([50, 5, 53.1301], abs=1e-4),
        pytest.approx([50, 10, 270]),
        pytest.approx([50, 0, 0]),
    ]
