"""Finds the names that people gave to a color: the exact nearest by CIEDE2000 in a list of named colors."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import compress
from pathlib import Path

import numpy as np
import numpy.typing as npt

from photopoem.color.spaces import Floats, ciede2000, ciede2000_at_least, srgb_to_lab
from photopoem.errors import UsageError, did_you_mean, did_you_mean_path
from photopoem.files import read_regular_text

# Who named the colors of each built-in list, as the colophons say it.
NAMED_BY = {
    "xkcd": "222,500 sessions of the xkcd color survey, 2010",
    "css": "the authors of CSS, after those of X11",
    "nbs": "the Inter-Society Color Council and the National Bureau of Standards, 1955",
}
# Names within this CIEDE2000 distance also fit the color.
CLOSE = 5.0
# The eleven of B. Berlin and P. Kay, "Basic Color Terms: Their Universality and Evolution", 1969.
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
# Words that dictionaries define as a shade of one of the eleven. Without them, no name would vote on pale browns.
_SHADES = {
    "white": ("ivory", "eggshell"),
    "red": ("crimson", "scarlet", "maroon", "burgundy"),
    "green": ("olive", "emerald"),
    "yellow": ("gold", "mustard"),
    "blue": ("navy", "azure"),
    "brown": ("tan", "beige", "fawn", "chocolate", "chestnut"),
    "purple": ("violet", "lilac", "lavender", "plum", "mauve"),
    "orange": ("apricot", "peach", "tangerine"),
    "grey": ("silver", "charcoal"),
}

# Names at most this much farther than the nearest vote on a color's basic term.
_VOTING = 3.5
# How far close names are searched, so that the search mostly finds the voting names as well.
_LOOK = CLOSE + 1.5
_MOST_ROWS = 100_000
_LONGEST = 60
_AT_ONCE = 64  # colors looked up together, so that their candidates fit into the processor's cache
_HEX = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")

_Places = npt.NDArray[np.intp]
_Pairs = tuple[_Places, _Places, Floats]
"""Indexes of colors, indexes of names, and the CIEDE2000 distance of each pair."""


@dataclass(frozen=True, slots=True, eq=False)
class ColorNames:
    """A list of named colors: `names` as used in poems, `rgb` uint8 (n, 3), `lab` (n, 3), and who named them.

    Several colors may have the same name (grey/blue and grey blue both become "grey blue").
    """

    names: tuple[str, ...]
    rgb: npt.NDArray[np.uint8]
    lab: Floats
    named_by: str

    @property
    def fingerprint(self) -> str:
        """A hash of the names and their colors."""
        return hashlib.sha256("\n".join(self.names).encode() + self.rgb.tobytes()).hexdigest()[:16]

    def without(self, is_silent: Callable[[str], bool]) -> ColorNames:
        """The list without names for which `is_silent` is true. Raises `UsageError` if none is left."""
        kept = [not is_silent(name) for name in self.names]
        if all(kept):
            return self
        if not any(kept):
            raise UsageError("every name of a color is among the words that are never said; name fewer")
        return ColorNames(tuple(compress(self.names, kept)), self.rgb[kept], self.lab[kept], self.named_by)

    def nearest(self, lab: npt.ArrayLike) -> tuple[npt.NDArray[np.intp], Floats]:
        """For (m, 3) CIELAB colors, the index of the nearest name and its CIEDE2000 distance, both (m,).

        Of several names at the same distance, the first in the list is used.
        """
        colors = np.asarray(lab, dtype=np.float64)
        index, shortest = np.zeros(len(colors), np.intp), np.zeros(len(colors))
        for start in range(0, len(colors), _AT_ONCE):
            rows, columns, apart = self._pairs(colors[start : start + _AT_ONCE], 0.0)
            order = np.lexsort((columns, apart, rows))
            firsts = order[np.unique(rows[order], return_index=True)[1]]
            index[start : start + len(firsts)] = columns[firsts]
            shortest[start : start + len(firsts)] = apart[firsts]
        return index, shortest

    def close(self, lab: npt.ArrayLike, beyond: float = CLOSE) -> list[list[tuple[str, float]]]:
        """For each of (m, 3) CIELAB colors, the names at most `beyond` farther than the nearest.

        Each name occurs once, with its CIEDE2000 distance, nearest first.
        """
        colors = np.asarray(lab, dtype=np.float64)
        return self._ranked(len(colors), beyond, *self._pairs(colors, beyond))

    def _ranked(
        self, count: int, beyond: float, rows: _Places, columns: _Places, apart: Floats
    ) -> list[list[tuple[str, float]]]:
        # The rows are in order, and each has at least its nearest name.
        nearest = np.minimum.reduceat(apart, np.searchsorted(rows, np.arange(count)))
        kept = apart <= nearest[rows] + beyond
        rows, columns, apart = rows[kept], columns[kept], apart[kept]
        order = np.lexsort((columns, apart, rows))
        found: list[dict[str, float]] = [{} for _ in range(count)]
        for row, column, distance in zip(
            rows[order].tolist(), columns[order].tolist(), apart[order].tolist(), strict=True
        ):
            found[row].setdefault(self.names[column], distance)
        return [list(names.items()) for names in found]

    def _pairs(self, colors: Floats, beyond: float) -> _Pairs:
        """For each color, in order, at least all names that are at most `beyond` farther than the nearest."""
        least = ciede2000_at_least(colors[:, None], self.lab)
        guess = ciede2000(colors, self.lab[least.argmin(axis=1)])
        # A name whose lower bound exceeds the true distance of a guess cannot be the nearest.
        rows, columns = np.nonzero(least <= guess[:, None] + beyond)
        return rows, columns, ciede2000(colors[rows], self.lab[columns])


def color_names(which: str = "xkcd") -> ColorNames:
    """The list called xkcd, css or nbs, or the list in a CSV file (columns name and hex).

    Raises a `UsageError` that names the bad lines of the file.
    """
    return _list_called(which)


@lru_cache(maxsize=8)
def _list_called(which: str) -> ColorNames:
    if which in NAMED_BY:
        text = (files("photopoem") / "data" / f"colors-{which}.csv").read_text(encoding="utf-8")
        return _listed(text, which, NAMED_BY[which])
    try:
        text = read_regular_text(which)
    except (OSError, ValueError) as error:
        near = did_you_mean(which, NAMED_BY) or did_you_mean_path(which, ".csv")
        there = near or f"; use {', '.join(NAMED_BY)} or a CSV file of name,hex"
        raise UsageError(f"{which}: not a list of color names ({_cause(error)}){there}") from error
    return _listed(text, which, f"the list {Path(which).name}")


def _cause(error: OSError | ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return (getattr(error, "strerror", None) or "its name cannot be used").lower()


def _listed(text: str, where: str, named_by: str) -> ColorNames:
    """The list in a CSV text. Raises a `UsageError` with everything that is wrong with it."""
    names: list[str] = []
    colors: list[bytes] = []
    wrong: list[str] = []
    lines: dict[str, int] = {}
    for line, name, said, color in _rows(text, wrong):
        if name.casefold() in lines:
            wrong.append(f"line {line}: {name!r} is already on line {lines[name.casefold()]}")
            continue
        lines[name.casefold()] = line
        names.append(said)
        colors.append(color)
    if not names and not wrong:
        wrong.append("it has no colors")
    if wrong:
        more = f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise UsageError(f"{where}: {'; '.join(wrong[:5])}{more}")
    rgb = np.frombuffer(b"".join(colors), dtype=np.uint8).reshape(-1, 3)
    return ColorNames(tuple(names), rgb, srgb_to_lab(rgb), named_by)


def _rows(text: str, wrong: list[str]) -> Iterator[tuple[int, str, str, bytes]]:
    """Line number, name, name as used in poems and color of each valid row; errors are appended to `wrong`."""
    reader = csv.reader(text.splitlines())
    order = {"name": 0, "hex": 1}
    try:
        for row in reader:
            cells = [" ".join(cell.split()) for cell in row]
            if reader.line_num == 1 and {"name", "hex"} <= {cell.casefold() for cell in cells}:
                order = {cell.casefold(): index for index, cell in enumerate(cells)}
                continue
            if not any(cells):
                continue
            if (
                len(names := list(_rows_of(cells, order, wrong, reader.line_num)))
                and reader.line_num > _MOST_ROWS
            ):
                wrong.append(f"it has more than {_MOST_ROWS} lines")
                return
            yield from names
    except csv.Error as error:
        wrong.append(f"line {reader.line_num}: {error}")


def _rows_of(
    cells: list[str], order: dict[str, int], wrong: list[str], line: int
) -> Iterator[tuple[int, str, str, bytes]]:
    if len(cells) <= max(order["name"], order["hex"]):
        wrong.append(f"line {line}: a name and a hex color are needed")
        return
    name, color = cells[order["name"]], _HEX.fullmatch(cells[order["hex"]])
    if not name or len(name) > _LONGEST or not name.isprintable():
        wrong.append(f"line {line}: a name is 1 to {_LONGEST} printable characters")
    elif color is None:
        wrong.append(f"line {line}: {cells[order['hex']]!r} is not a color like #a0b1c2")
    else:
        said = cells[order["said"]] if "said" in order and len(cells) > order["said"] else ""
        digits = color[1] if len(color[1]) == 6 else "".join(digit * 2 for digit in color[1])
        yield line, name, said or name, bytes.fromhex(digits)


@lru_cache(maxsize=1)
def _term_places() -> _Places:
    """For each name of the xkcd survey, the index in `BASIC_TERMS` of its term or its parent term, else -1."""
    term_of = {shade: term for term, shades in _SHADES.items() for shade in shades}
    terms = [term_of.get(head := name.split()[-1], head) for name in color_names("xkcd").names]
    return np.array([BASIC_TERMS.index(term) if term in BASIC_TERMS else -1 for term in terms])


@lru_cache(maxsize=1)
def _voters() -> ColorNames:
    """The survey's names that vote on a color's basic term."""
    survey, kept = color_names("xkcd"), _term_places() >= 0
    names = tuple(compress(survey.names, kept))
    return ColorNames(names, survey.rgb[kept], survey.lab[kept], survey.named_by)


def basic_terms(lab: npt.ArrayLike) -> list[str]:
    """The basic color term of each of (m, 3) CIELAB colors.

    The names of the xkcd survey that end with such a term, or a shade of it, vote for it. Names at most 3.5 farther
    than the nearest vote, with a weight that halves with every unit of CIEDE2000.
    """
    colors = np.asarray(lab, dtype=np.float64)
    rows, columns, apart = _voters()._pairs(colors, _VOTING)
    places = _term_places()
    return _elected(len(colors), rows, places[places >= 0][columns], apart)


def names_and_terms(lab: npt.ArrayLike, names: ColorNames) -> tuple[list[list[tuple[str, float]]], list[str]]:
    """Both `names.close` and `basic_terms` of the same colors; with the survey's list, in one search."""
    colors = np.asarray(lab, dtype=np.float64)
    rows, columns, apart = names._pairs(colors, _LOOK)
    close = names._ranked(len(colors), CLOSE, rows, columns, apart)
    if names is not color_names("xkcd"):
        return close, basic_terms(colors)
    place = _term_places()[columns]
    votes = place >= 0
    rows, place, apart = rows[votes], place[votes], apart[votes]
    # All voters were found, unless the nearest voter is much farther than the nearest name.
    first = np.searchsorted(rows, np.arange(len(colors) + 1))
    reach = np.array([near[0][1] + _LOOK - _VOTING for near in close])
    if not np.diff(first).all() or (np.minimum.reduceat(apart, first[:-1]) > reach).any():
        return close, basic_terms(colors)
    return close, _elected(len(colors), rows, place, apart)


def _elected(count: int, rows: _Places, places: _Places, apart: Floats) -> list[str]:
    """The term with the most votes for each of `count` colors; `rows` is sorted and has each color at least once."""
    nearest = np.minimum.reduceat(apart, np.searchsorted(rows, np.arange(count)))
    weights = np.where(apart <= nearest[rows] + _VOTING, 0.5**apart, 0.0)
    ballots = rows * len(BASIC_TERMS) + places
    votes = np.bincount(ballots, weights, count * len(BASIC_TERMS)).reshape(-1, len(BASIC_TERMS))
    return [BASIC_TERMS[place] for place in votes.argmax(axis=1)]
