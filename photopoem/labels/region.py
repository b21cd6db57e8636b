"""Facts from a label's region: whether it is low in the picture, and which swatch it contains.

Both have a certainty that was calibrated on 632 photographs with boxes and polygons, with maps of three views, of
which two are used here. tools/fit_where.py prints it, and docs/labels.md gives its accuracy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import exp, log

import numpy as np
import numpy.typing as npt

from photopoem.color.palette import Palette, Swatch, nearest_colors
from photopoem.color.spaces import Floats, srgb_to_lab
from photopoem.labels.labeller import Kind, Label, LabelColor, Labels, Region
from photopoem.photo.reading import Pixels

GRID = 28
TOP = 0.9  # the part of a map's cells that counts as the thing
CUT = 0.3  # of the map's maximum: cells above it count for its middle
SHOWN = 0.65  # of the map's range: cells above it are in its box
# Log odds that the middle of the thing lies in the lower half, by the vertical middle of its map (0 top, 1 bottom).
LOW = (-4.806, 10.508)
# Log odds that the swatch is the right one: a constant, the log odds of the basic color's share of the thing and of
# the swatch's share of the picture, and how many swatches of the palette have that basic color.
RIGHT = (2.276, 0.784, 0.422, -0.737)
# How often the swatch of a box was right.
RIGHT_IN_BOX = 0.8
# Things whose visible color is skin or hair, or that are too small for a map; with _ for a space.
COLORLESS = frozenset(
    """face hair beard hand tongue ball baseball_bat tennis_racket frisbee skis snowboard skateboard surfboard
    fork knife spoon bottle kite phone tie traffic_light sink book remote_control computer_mouse clock cup
    carrot collar leash glasses sunglasses goggles gloves stick rope camera microphone pole net wheel flag
    shoe boot railroad railing building""".split()
)


def region_of_map(evidence: npt.NDArray[np.float32]) -> Region:
    """The region of an evidence map (28, 28): the box of its strongest part."""
    spread = float(evidence.max() - evidence.min())
    strong = (evidence - evidence.min()) / spread if spread > 0 else np.ones_like(evidence)
    rows, columns = (np.flatnonzero((strong >= SHOWN).any(axis=axis)) for axis in (1, 0))
    return Region(
        left=round(int(columns[0]) / GRID, 4),
        top=round(int(rows[0]) / GRID, 4),
        right=round((int(columns[-1]) + 1) / GRID, 4),
        bottom=round((int(rows[-1]) + 1) / GRID, 4),
        evidence=np.rint(strong * 255).astype(np.uint8).tobytes(),
    )


def low_by_map(evidence: npt.NDArray[np.float32], kind: Kind) -> float:
    """The certainty that a thing's middle lies in the lower half, by an evidence map (28, 28).

    0 for kinds other than things and persons, for which it was measured.
    """
    return round(_chance(LOW[0] + LOW[1] * _middle(evidence)), 4) if kind in ("thing", "person") else 0.0


def region_of_box(left: float, top: float, right: float, bottom: float) -> Region | None:
    """The region of a detector's box in 0..1; None for an empty box."""
    sides = [round(min(max(side, 0.0), 1.0), 4) for side in (left, top, right, bottom)]
    if sides[0] >= sides[2] or sides[1] >= sides[3]:
        return None
    return Region(sides[0], sides[1], sides[2], sides[3], exact=True)


def low_by_box(region: Region) -> float:
    """1 if the middle of a box lies in the lower half, otherwise 0."""
    return float(region.top + region.bottom > 1.0)


def _middle(evidence: npt.NDArray[np.float32]) -> float:
    """The vertical middle of a map, in 0..1: the center of mass of the cells above `CUT` of its maximum."""
    most = float(evidence.max())
    mass = np.maximum(evidence - CUT * most, 0) if most > 0 else evidence - evidence.min()
    total = max(float(mass.sum()), 1e-9)
    return float((mass.sum(axis=1) * (np.arange(GRID) + 0.5) / GRID).sum() / total)


def _chance(odds: float) -> float:
    return 1 / (1 + exp(-odds))


def in_colors(labels: Labels, sample: Pixels, palette: Palette) -> Labels:
    """The labels, with the swatch of each thing's region and its certainty.

    `sample` is uint8 (h, w, 3) sRGB. Persons, and things without a color of their own or without measurements, get
    none.
    """
    if not palette.swatches or not any(_may_have_color(label) for label in labels):
        return labels
    shown = srgb_to_lab(np.array([swatch.rgb for swatch in palette.swatches], np.uint8))
    owner = nearest_colors(sample, shown)
    share = np.bincount(owner.ravel(), minlength=len(shown)) / owner.size
    return tuple(
        replace(label, color=_color(label.region, owner, share, palette.swatches))
        if label.region and _may_have_color(label)
        else label
        for label in labels
    )


def _may_have_color(label: Label) -> bool:
    return (
        label.region is not None and label.kind == "thing" and label.text.replace(" ", "_") not in COLORLESS
    )


def _color(
    region: Region, owner: npt.NDArray[np.intp], share: Floats, swatches: Sequence[Swatch]
) -> LabelColor:
    """The swatch of a region; `owner` (h, w) has each pixel's swatch, `share` (n,) each swatch's share."""
    inside = _inside(region, *owner.shape)
    part = np.bincount(owner[inside], minlength=len(share)) / max(int(inside.sum()), 1)
    if region.exact:
        # Weighted by the root of the lift: a color more frequent in the box than elsewhere is likelier the thing's.
        best = int((part * np.sqrt(part / np.maximum(share, 1e-6))).argmax())
        return _of(swatches[best], RIGHT_IN_BOX)
    hues = [swatch.hue for swatch in swatches]
    sums = {
        hue: float(sum(part[n] for n, each in enumerate(hues) if each == hue)) for hue in dict.fromkeys(hues)
    }
    hue = max(sums, key=lambda each: sums[each])
    best = max((n for n, each in enumerate(hues) if each == hue), key=lambda n: part[n])
    return _of(swatches[best], certainty(sums[hue], float(share[best]), hues.count(hue)))


def _of(swatch: Swatch, certainty: float) -> LabelColor:
    return LabelColor(swatch.hex, swatch.name, round(certainty, 4))


def certainty(sure: float, share: float, alike: int) -> float:
    """The probability that a map's swatch is right.

    `sure` is its basic color's share of the thing, `share` its own share of the picture, `alike` how many
    swatches of the palette have that basic color.
    """
    constant, of_sure, of_share, of_alike = RIGHT
    odds = constant + of_sure * _log_odds(sure, 0.02) + of_share * _log_odds(share, 0.01) + of_alike * alike
    return _chance(odds)


def _log_odds(share: float, least: float) -> float:
    held = min(max(share, least), 1 - least)
    return log(held / (1 - held))


def _inside(region: Region, height: int, width: int) -> npt.NDArray[np.bool_]:
    """The pixels of the region: those in its box, or in the highest tenth of its map."""
    if region.exact or not region.evidence:
        y, x = (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width
        return np.outer((y > region.top) & (y < region.bottom), (x > region.left) & (x < region.right))
    cells = np.frombuffer(region.evidence, np.uint8).reshape(GRID, GRID)
    # The nearest cell is exact enough: a sample has few pixels per cell, and swatches are areas.
    rows, columns = (np.arange(height) * GRID // height), (np.arange(width) * GRID // width)
    found: npt.NDArray[np.bool_] = (cells >= np.quantile(cells, TOP))[rows][:, columns]
    return found
