"""Finds the names that people gave to a color: exact nearest by CIEDE2000 in a named list."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from photopoem.color import Floats, ciede2000, srgb_to_lab
from photopoem.errors import UsageError

# Who named the colors of each list that comes with photopoem: the poems' colophons say it.
NAMED_BY = {
    "xkcd": "222,500 sessions of the xkcd color survey, 2010",
    "css": "the authors of CSS, after those of X11",
    "nbs": "the Inter-Society Color Council and the National Bureau of Standards, 1955",
}
# A name within this CIEDE2000 distance is one that the color could be called by.
CLOSE = 5.0
MOST_ROWS = 20_000

_HEX = re.compile(r"#?([0-9a-fA-F]{6})")


@dataclass(frozen=True, slots=True, eq=False)
class ColorNames:
    """A list of named colors: `names` as they are said, `rgb` uint8 (n, 3), `lab` (n, 3), and who named them.

    The same name may be said of several colors (grey/blue and grey blue are both said "grey blue").
    """

    names: tuple[str, ...]
    rgb: npt.NDArray[np.uint8]
    lab: Floats
    named_by: str

    def distances(self, lab: npt.ArrayLike) -> Floats:
        """CIEDE2000 from each of (m, 3) CIELAB colors to each of the n names: (m, n)."""
        return ciede2000(np.asarray(lab)[:, None, :], self.lab[None, :, :])

    def ranked(self, lab: npt.ArrayLike, most: int = 64) -> list[list[tuple[str, float]]]:
        """For each of (m, 3) CIELAB colors its nearest names with their distances, nearest first."""
        rows = []
        for row in self.distances(lab):
            nearest: dict[str, float] = {}
            for index in np.argsort(row, kind="stable")[:most]:
                nearest.setdefault(self.names[index], float(row[index]))
            rows.append(list(nearest.items()))
        return rows


def color_names(which: str = "xkcd") -> ColorNames:
    """The list called xkcd, css or nbs, or the one in a CSV file of the user's (name, hex).

    Raises `UsageError` with every bad line of the file.
    """
    return _cached(which)


@lru_cache(maxsize=8)
def _cached(which: str) -> ColorNames:
    if which in NAMED_BY:
        text = (files("photopoem") / "data" / f"colors-{which}.csv").read_text(encoding="utf-8")
        return _parsed(text, f"colors-{which}.csv", NAMED_BY[which])
    path = Path(which)
    if not path.is_file():
        raise UsageError(
            f"{which}: no such list of color names: say xkcd, css, nbs or the path of a CSV file"
        )
    return _parsed(path.read_text(encoding="utf-8-sig"), which, f"the list {path.name}")


def _parsed(text: str, where: str, named_by: str) -> ColorNames:
    rows = list(csv.DictReader(text.splitlines()))
    hexes = [match for row in rows if (match := _HEX.fullmatch(row["hex"]))]
    rgb = np.array([list(bytes.fromhex(match[1])) for match in hexes], dtype=np.uint8)
    names = tuple(row.get("said") or row["name"] for row in rows)
    if len(names) != len(rgb):
        raise UsageError(f"{where}: a color is not #rrggbb")
    return ColorNames(names, rgb, srgb_to_lab(rgb), named_by)


# The eleven that every language with enough of them has: B. Berlin and P. Kay, "Basic Color Terms", 1969.
BASIC_TERMS = (
    "black",
    "white",
    "red",
    "green",
    "yellow",
    "blue",
    "brown",
    "purple",
    "pink",
    "orange",
    "grey",
)


@lru_cache(maxsize=1)
def _anchors() -> tuple[Floats, tuple[str, ...]]:
    """The survey's colors whose name ends with a basic term, and that term."""
    survey = color_names("xkcd")
    pairs = [(i, name.split()[-1]) for i, name in enumerate(survey.names) if name.split()[-1] in BASIC_TERMS]
    return survey.lab[[i for i, _ in pairs]], tuple(term for _, term in pairs)


def basic_terms(lab: npt.ArrayLike) -> list[str]:
    """The basic color term of each of (m, 3) CIELAB colors."""
    anchors, terms = _anchors()
    distances = ciede2000(np.asarray(lab)[:, None, :], anchors[None, :, :])
    return [terms[index] for index in distances.argmin(axis=1)]
