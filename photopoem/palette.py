"""Reads a photograph's palette: its few main colors, their shares and their names."""

from __future__ import annotations

from dataclasses import dataclass


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
