"""Puts leaves on the pages of a printer: one by one, four to be cut, or two by two in the order of folding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from photopoem.press.leaf import Leaf

_MARK = 4.0  # mm: how long cut marks are; a card's margin is twice that

Stroke = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Side:
    """A leaf and its picture: a JPEG, and what is said in place of it."""

    leaf: Leaf
    picture: bytes = b""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the top left corner of a side stands on a page, in mm; if `turned`, its right side is up."""

    side: Side
    x: float = 0.0
    y: float = 0.0
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page in mm, what stands where on it, and its cut marks (x, y to x, y)."""

    width: float
    height: float
    places: tuple[Place, ...]
    marks: tuple[Stroke, ...] = ()


def four_on_a_page(sides: Iterable[Side], width: float, height: float) -> Iterator[Page]:
    """Four cards on each page, with marks where it is cut; cards that lie are turned."""
    waiting = iter(sides)
    while four := list(islice(waiting, 4)):
        places = (
            _in_quarter(side, number % 2 * width / 2, number // 2 * height / 2, width / 2, height / 2)
            for number, side in enumerate(four)
        )
        yield Page(width, height, tuple(places), _cut_marks(width, height))


def _in_quarter(side: Side, x: float, y: float, width: float, height: float) -> Place:
    """A card in the middle of its quarter, which may be a little larger."""
    turned = side.leaf.width > side.leaf.height
    wide, high = (side.leaf.height, side.leaf.width) if turned else (side.leaf.width, side.leaf.height)
    x, y = x + (width - wide) / 2, y + (height - high) / 2
    return Place(side, x, y + high if turned else y, turned)


def _cut_marks(width: float, height: float) -> tuple[Stroke, ...]:
    """Marks at the four edges and a cross in the middle."""
    across, down = width / 2, height / 2
    return (
        (across, 0, across, _MARK),
        (across, height - _MARK, across, height),
        (0, down, _MARK, down),
        (width - _MARK, down, width, down),
        (across - _MARK / 2, down, across + _MARK / 2, down),
        (across, down - _MARK / 2, across, down + _MARK / 2),
    )


def folded(sides: Sequence[Side], width: float, height: float) -> Iterator[Page]:
    """Two sides on each page, so that the sheets, printed on both sides and folded as one, make a booklet.

    Empty sides fill it up to a multiple of four. The sheets are turned over their short edge.
    """
    blank = Side(Leaf(width, height))
    every = [*sides, *[blank] * (-len(sides) % 4)]
    for left, right in fold_order(len(every)):
        places = (Place(every[left]), Place(every[right], x=width))
        yield Page(2 * width, height, places)


def fold_order(sides: int) -> Iterator[tuple[int, int]]:
    """Which sides (from 0) stand left and right on each page, of a number that four divides."""
    for sheet in range(sides // 4):
        first, last = 2 * sheet, sides - 1 - 2 * sheet
        yield last, first
        yield first + 1, last - 1
