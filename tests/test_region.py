"""Regions of labels: where the evidence lies, whether that is low, and which swatch it holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from photopoem.color.palette import read_palette
from photopoem.errors import LabelError
from photopoem.labels.labeller import NOUNS, Label, Labels, LabelSettings
from photopoem.labels.local.labeller import open_labeller
from photopoem.labels.region import (
    GRID,
    certainty,
    in_colors,
    low_by_box,
    low_by_map,
    region_of_box,
    region_of_map,
)
from photopoem.photo.reading import Photo, read_photo
from photopoem.poem import label_record
from photopoem.vocabulary import CERTAIN

GREY, RED, BLUE = (120, 120, 120), (200, 30, 40), (30, 60, 190)


def blob(down: float, across: float, wide: float = 0.12) -> np.ndarray:
    """A map of evidence (28, 28) around one spot, both in 0..1."""
    at = (np.arange(GRID) + 0.5) / GRID
    apart = (at[:, None] - down) ** 2 + (at - across) ** 2
    return np.exp(-apart / (2 * wide**2)).astype(np.float32)


def colored(*patches: tuple[slice, slice, tuple[int, int, int]]) -> Photo:
    """A grey photograph of 200 by 160 with colored patches."""
    pixels = np.full((160, 200, 3), GREY, np.uint8)
    for rows, columns, color in patches:
        pixels[rows, columns] = color
    return Photo("made.png", pixels, pixels, "0" * 64, (200, 160))


def said(path: Path) -> Labels:
    (labels,) = open_labeller("", LabelSettings()).label([read_photo(path)])
    assert not isinstance(labels, LabelError)
    return labels


@pytest.mark.parametrize(("down", "across"), [(0.2, 0.3), (0.8, 0.7), (0.5, 0.5)])
def test_a_region_holds_the_strongest_part(down: float, across: float) -> None:
    """The box of a map lies around its highest spot, within the picture."""
    region = region_of_map(blob(down, across))
    assert 0 <= region.left < across < region.right <= 1
    assert 0 <= region.top < down < region.bottom <= 1
    assert not region.exact


def test_the_lower_a_thing_the_surer_it_is_low() -> None:
    """The certainty that a thing is low rises as its map moves down, and is stated only at the bottom."""
    sure = [low_by_map(blob(down, 0.5), "thing") for down in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert sure == sorted(sure)
    assert sure[0] < 0.1
    assert sure[2] < CERTAIN <= sure[4]
    assert low_by_map(blob(0.9, 0.5), "scene") == 0.0


def test_a_box_is_exact() -> None:
    """A box keeps its sides, held within the picture; one of no size is none; low is what its middle says."""
    region = region_of_box(-0.2, 0.6, 0.5, 1.2)
    assert region is not None
    assert (region.left, region.top, region.right, region.bottom, region.exact) == (0.0, 0.6, 0.5, 1.0, True)
    assert low_by_box(region) == 1.0
    assert region_of_box(0.5, 0.2, 0.5, 0.4) is None
    upper = region_of_box(0, 0, 1, 0.5)
    assert upper is not None
    assert low_by_box(upper) == 0.0


def test_a_flat_map_is_the_whole_picture() -> None:
    """A map without any difference gives the whole picture, not an error."""
    region = region_of_map(np.zeros((GRID, GRID), np.float32))
    assert (region.left, region.top, region.right, region.bottom) == (0, 0, 1, 1)


def test_a_thing_has_the_color_of_its_region() -> None:
    """The swatch of a thing is the one that lies under its map or in its box, also where another covers more."""
    photo = colored((slice(20, 70), slice(20, 80), RED), (slice(100, 150), slice(120, 180), BLUE))
    palette = read_palette(photo)
    hues = {swatch.hex: swatch.hue for swatch in palette.swatches}
    upper, lower = region_of_map(blob(0.28, 0.25)), region_of_map(blob(0.78, 0.75))
    box = region_of_box(0.55, 0.55, 0.95, 1.0)
    labels = (
        Label("bus", 0.9, "test", region=upper),
        Label("chair", 0.8, "test", region=lower),
        Label("car", 0.7, "test", region=box),
    )
    found = [label.color and hues[label.color.hex] for label in in_colors(labels, photo.sample, palette)]
    assert found == ["red", "blue", "blue"]


def test_who_and_what_has_no_color() -> None:
    """Persons, hair, stuff, scenes and labels without a region are given no color."""
    photo = colored((slice(0, 80), slice(0, 200), RED))
    region = region_of_map(blob(0.2, 0.5))
    labels = (
        Label("child", 0.9, "test", "person", region=region),
        Label("hair", 0.8, "test", "stuff", region=region),
        Label("face", 0.8, "test", "thing", region=region),
        Label("beach", 0.8, "test", "scene", region=region),
        Label("dog", 0.7, "test"),
    )
    assert in_colors(labels, photo.sample, read_palette(photo)) == labels


def test_certainty_means_something() -> None:
    """One color all over the thing is surer than a third of it, and of several alike swatches none is sure."""
    assert certainty(0.95, 0.3, 1) > certainty(0.4, 0.3, 1) > certainty(0.4, 0.3, 3)
    assert certainty(1.0, 0.3, 1) >= CERTAIN
    assert certainty(0.3, 0.05, 3) < 0.3


def test_the_eye_says_where_it_looked(samples: list[Path]) -> None:
    """Every noun of a sample has a region, acts and qualities have none; the sky lies above, the field below."""
    labels = said(next(path for path in samples if path.stem == "autumn-hills"))
    for label in labels:
        assert (label.region is not None) == (label.kind in NOUNS)
    region = {label.text: label.region for label in labels}
    sky, field = region["sky"], region["field"]
    assert sky is not None
    assert field is not None
    assert sky.top + sky.bottom < field.top + field.bottom


def test_a_region_in_json(samples: list[Path]) -> None:
    """A region is written as its box and what it is from; the map itself is not written."""
    label = said(samples[0])[0]
    assert label.region is not None
    made = label_record(label)["region"]
    assert set(made) == {"box", "from"}
    assert made["from"] == "map"
    assert made["box"] == [label.region.left, label.region.top, label.region.right, label.region.bottom]
