"""Finds the names that people gave to a color: exact nearest by CIEDE2000 in a named list."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from photopoem.color import Floats, ciede2000, ciede2000_at_least, srgb_to_lab
from photopoem.errors import UsageError

# Who named the colors of each list that comes with photopoem: the poems' colophons say it.
NAMED_BY = {
    "xkcd": "222,500 sessions of the xkcd color survey, 2010",
    "css": "the authors of CSS, after those of X11",
    "nbs": "the Inter-Society Color Council and the National Bureau of Standards, 1955",
}
# Names within this CIEDE2000 distance are names that the color could be called by.
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
# Words that dictionaries explain as a shade of one of the eleven: without them nobody is asked about pale browns.
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

# Names not farther than this beyond the nearest have a vote on a color's basic term.
_VOTING = 3.0
_MOST_ROWS = 20_000
_LONGEST = 60
_AT_ONCE = 64  # colors looked up together: their candidates fit into the processor's cache
_HEX = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")

_Places = npt.NDArray[np.intp]
_Pairs = tuple[_Places, _Places, Floats]
"""Places of colors, places of names, and how far they are apart (CIEDE2000)."""


@dataclass(frozen=True, slots=True, eq=False)
class ColorNames:
    """A list of named colors: `names` as they are said, `rgb` uint8 (n, 3), `lab` (n, 3), and who named them.

    The same name may be said of several colors (grey/blue and grey blue are both said "grey blue").
    """

    names: tuple[str, ...]
    rgb: npt.NDArray[np.uint8]
    lab: Floats
    named_by: str

    @property
    def fingerprint(self) -> str:
        """A hash of the names and their colors: it changes when the list does."""
        return hashlib.sha256("\n".join(self.names).encode() + self.rgb.tobytes()).hexdigest()[:16]

    def nearest(self, lab: npt.ArrayLike) -> tuple[npt.NDArray[np.intp], Floats]:
        """For (m, 3) CIELAB colors the index of the nearest of all names and its CIEDE2000 distance, both (m,).

        Of names at the same distance the first in the list is taken.
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
        """For each of (m, 3) CIELAB colors the names not more than `beyond` farther than the nearest.

        Each name comes once, with its CIEDE2000 distance, nearest first.
        """
        colors = np.asarray(lab, dtype=np.float64)
        return self._ranked(len(colors), beyond, *self._pairs(colors, beyond))

    def _ranked(
        self, count: int, beyond: float, rows: _Places, columns: _Places, apart: Floats
    ) -> list[list[tuple[str, float]]]:
        # The rows come in order, and each has at least its nearest.
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
        return _pairs(colors, [(self, beyond)])[0]


def _pairs(colors: Floats, wanted: Sequence[tuple[ColorNames, float]]) -> list[_Pairs]:
    """For each list of names the pairs that may be within so far of a color's nearest.

    Several lists at once, for what a formula costs is calling numpy some sixty times.
    """
    least = [ciede2000_at_least(colors[:, None], names.lab) for names, _ in wanted]
    firsts = [names.lab[each.argmin(axis=1)] for (names, _), each in zip(wanted, least, strict=True)]
    guesses = ciede2000(colors, np.stack(firsts))
    # A name whose least possible distance is beyond the guess's true one cannot be the nearest.
    found = [
        np.nonzero(each <= guess[:, None] + beyond)
        for (_, beyond), each, guess in zip(wanted, least, guesses, strict=True)
    ]
    ours = np.concatenate([colors[rows] for rows, _ in found])
    theirs = [names.lab[columns] for (names, _), (_, columns) in zip(wanted, found, strict=True)]
    ends = np.cumsum([len(rows) for rows, _ in found])[:-1]
    apart = np.split(ciede2000(ours, np.concatenate(theirs)), ends)
    return [(rows, columns, each) for (rows, columns), each in zip(found, apart, strict=True)]


@lru_cache(maxsize=8)
def color_names(which: str = "xkcd") -> ColorNames:
    """The list called xkcd, css or nbs, or the one in a CSV file of the user's (columns name and hex).

    Raises `UsageError` that names every bad line of the file.
    """
    if which in NAMED_BY:
        text = (files("photopoem") / "data" / f"colors-{which}.csv").read_text(encoding="utf-8")
        return _listed(text, which, NAMED_BY[which])
    try:
        text = Path(which).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{which}: no list of color names is here ({_cause(error)}); say xkcd, css, nbs or a CSV file of name,hex"
        ) from error
    return _listed(text, which, f"the list {Path(which).name}")


def _cause(error: OSError | ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return (getattr(error, "strerror", None) or "its name cannot be used").lower()


def _listed(text: str, where: str, named_by: str) -> ColorNames:
    """The list in a CSV text, or a `UsageError` with all that is wrong with it."""
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
        wrong.append("it holds no color")
    if wrong:
        more = f"; and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise UsageError(f"{where}: {'; '.join(wrong[:5])}{more}")
    rgb = np.frombuffer(b"".join(colors), dtype=np.uint8).reshape(-1, 3)
    return ColorNames(tuple(names), rgb, srgb_to_lab(rgb), named_by)


def _rows(text: str, wrong: list[str]) -> Iterator[tuple[int, str, str, bytes]]:
    """Line number, name, name as it is said and color of each good row; what is bad goes to `wrong`."""
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
def _anchors() -> tuple[ColorNames, npt.NDArray[np.intp]]:
    """The survey's colors whose name ends with a basic term or a shade of one, and the place of that term."""
    survey = color_names("xkcd")
    term_of = {shade: term for term, shades in _SHADES.items() for shade in shades}
    terms = [term_of.get(head := name.split()[-1], head) for name in survey.names]
    kept = [index for index, term in enumerate(terms) if term in BASIC_TERMS]
    said = tuple(terms[index] for index in kept)
    places = np.array([BASIC_TERMS.index(term) for term in said])
    return ColorNames(said, survey.rgb[kept], survey.lab[kept], survey.named_by), places


def basic_terms(lab: npt.ArrayLike) -> list[str]:
    """The basic color term of each of (m, 3) CIELAB colors.

    The names of the xkcd survey that end with such a term, or a shade of it, vote for it: those not more than 3 farther
    than the nearest, with a weight that halves with every unit of CIEDE2000.
    """
    colors = np.asarray(lab, dtype=np.float64)
    return _voted(len(colors), *_anchors()[0]._pairs(colors, _VOTING))


def names_and_terms(lab: npt.ArrayLike, names: ColorNames) -> tuple[list[list[tuple[str, float]]], list[str]]:
    """Both `names.close` and `basic_terms` of the same colors, in little more than the time of one."""
    colors = np.asarray(lab, dtype=np.float64)
    close, votes = _pairs(colors, [(names, CLOSE), (_anchors()[0], _VOTING)])
    return names._ranked(len(colors), CLOSE, *close), _voted(len(colors), *votes)


def _voted(count: int, rows: _Places, columns: _Places, apart: Floats) -> list[str]:
    ballots = rows * len(BASIC_TERMS) + _anchors()[1][columns]
    votes = np.bincount(ballots, 0.5**apart, count * len(BASIC_TERMS)).reshape(-1, len(BASIC_TERMS))
    return [BASIC_TERMS[place] for place in votes.argmax(axis=1)]
