"""Reads a photograph's palette: its few main colors, their shares and their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from photopoem.color import Floats, lab_to_srgb, srgb_to_lab
from photopoem.colornames import CLOSE, ColorNames, basic_terms, color_names
from photopoem.photo import Photo, Pixels


@dataclass(frozen=True, slots=True)
class Swatch:
    """One color of a palette.

    `rgb` in 0..255 sRGB; `share` of the picture in 0..1; `name` is the nearest in the list,
    `distance` its CIEDE2000 distance, `names` all names within 5 (where there are none, the next),
    `hue` the basic color term (one of eleven).
    """

    rgb: tuple[int, int, int]
    share: float
    name: str
    distance: float
    names: tuple[str, ...]
    hue: str

    @property
    def hex(self) -> str:
        """The color as `#rrggbb`."""
        return "#{:02x}{:02x}{:02x}".format(*self.rgb)


@dataclass(frozen=True, slots=True)
class Palette:
    """Swatches by falling share (shares add to 1, no name twice), and who named them."""

    swatches: tuple[Swatch, ...]
    named_by: str


def read_palette(photo: Photo, colors: int | Literal["auto"] = 6, names: ColorNames | None = None) -> Palette:
    """The main colors of a photograph's `sample`, named from a list (the xkcd survey's unless given)."""
    names = names or color_names()
    lab, weight = _bins(photo.sample)
    centers, shares = _k_means(lab, weight, 6 if colors == "auto" else colors)
    order = np.argsort(-shares, kind="stable")
    return Palette(_named(centers[order], shares[order], names), names.named_by)


def _bins(sample: Pixels) -> tuple[Floats, Floats]:
    """The mean CIELAB and the pixel count of each occupied cell of a 5-bit RGB histogram."""
    flat = sample.reshape(-1, 3)
    key = (
        (flat[:, 0].astype(np.int32) >> 3 << 10) | (flat[:, 1].astype(np.int32) >> 3 << 5) | (flat[:, 2] >> 3)
    )
    count = np.bincount(key, minlength=32768)
    cells = np.flatnonzero(count)
    sums = np.stack([np.bincount(key, weights=flat[:, i], minlength=32768)[cells] for i in range(3)], axis=1)
    weight = count[cells].astype(np.float64)
    return srgb_to_lab(sums / weight[:, None]), weight


def _k_means(lab: Floats, weight: Floats, k: int) -> tuple[Floats, Floats]:
    random = np.random.default_rng(0)
    best: tuple[float, Floats, Floats] | None = None
    for _ in range(4):
        centers = _seeded(lab, weight, min(k, len(lab)), random)
        for _ in range(60):
            distances = ((lab[:, None] - centers[None]) ** 2).sum(-1)
            owner = distances.argmin(1)
            mass = np.bincount(owner, weights=weight, minlength=len(centers))
            moved = (
                np.stack(
                    [
                        np.bincount(owner, weights=weight * lab[:, i], minlength=len(centers))
                        for i in range(3)
                    ],
                    1,
                )
                / np.maximum(mass, 1)[:, None]
            )
            moved = np.where(mass[:, None] > 0, moved, centers)
            if np.abs(moved - centers).max() < 0.05:
                break
            centers = moved
        inertia = float((distances.min(1) * weight).sum())
        if best is None or inertia < best[0]:
            keep = mass > 0
            best = inertia, centers[keep], mass[keep] / mass.sum()
    assert best is not None  # noqa: S101 - the loop above runs
    return best[1], best[2]


def _seeded(lab: Floats, weight: Floats, k: int, random: np.random.Generator) -> Floats:
    chosen = [int(random.choice(len(lab), p=weight / weight.sum()))]
    near = ((lab - lab[chosen[0]]) ** 2).sum(1)
    while len(chosen) < k:
        odds = weight * near
        if odds.sum() <= 0:
            break
        chosen.append(int(random.choice(len(lab), p=odds / odds.sum())))
        near = np.minimum(near, ((lab - lab[chosen[-1]]) ** 2).sum(1))
    return lab[chosen]


def _named(centers: Floats, shares: Floats, names: ColorNames) -> tuple[Swatch, ...]:
    rgb = lab_to_srgb(centers)
    shown = srgb_to_lab(rgb)
    hues = basic_terms(shown)
    swatches: list[Swatch] = []
    taken: set[str] = set()
    for color, share, ranked, hue in zip(rgb, shares, names.ranked(shown), hues, strict=True):
        name, distance = next((pair for pair in ranked if pair[0] not in taken), ranked[0])
        if name in taken:
            continue
        taken.add(name)
        close = tuple(text for text, apart in ranked if apart <= CLOSE) or (name,)
        red, green, blue = (int(value) for value in color)
        swatches.append(Swatch((red, green, blue), float(share), name, distance, close, hue))
    return tuple(swatches)
