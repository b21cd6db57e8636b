"""Where in the frame a color lies, measured on the pixels: what is said holds for whoever looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from photopoem.color.spaces import Floats, srgb_to_lab
from photopoem.photo.reading import Pixels

Place = Literal[
    "along the top",
    "at the foot",
    "on the left",
    "on the right",
    "in the middle",
    "around the edge",
    "in the upper half",
    "in the lower half",
    "in the left half",
    "in the right half",
    "scattered",
]
PLACES: tuple[Place, ...] = get_args(Place)
Mask = npt.NDArray[np.bool_]

_LONGEST = 48  # pixels of the longer side that are looked at
_MOST_OF_IT = 0.85  # of a color's pixels that must lie in the place that is said
_BAND = 0.42  # of the height or width: the deepest that "along the top" or "on the left" may reach
_FOOT = 0.34  # of the height: what is at the foot, wherever along it
_ACROSS = 0.8  # of the columns (of a band along the top) that must hold the color
_FULL = 0.5  # of the band that a color fills, from the edge to where nine tenths of it lie
_MIDDLE = 0.22  # what the middle leaves out on each side
_FRAME = 0.12  # of the height or width: the strip at each border that "around the edge" goes by
_ON_EACH_SIDE = 0.4  # of each such strip that the color covers
_IN_THE_CENTER = 0.08  # of the inner half of height and width that it may cover meanwhile
_BLOCK = 4  # pixels of a block's side: patches are counted in blocks
_FILLED = 0.4  # of a block that a color fills, for the block to be part of a patch
_ONE = 0.85  # of a color's patches that the largest makes up, where it is one
_MANY = 0.55  # and where there are many, at most
_STREWN = 0.35  # the same, where a color is scattered: two bands are not
_IN_A_HALF = 0.9  # of a color's pixels lie in a half of the picture that is said
_IN_EACH_QUARTER = 0.08  # of a scattered color's pixels lie in each quarter of the picture, at least


@dataclass(frozen=True, slots=True)
class Where:
    """Where a color lies: its place, "" where none of the places would be true, and its patches.

    `patches` is "one" where nearly all of it hangs together, "many" where no part of it is the most, else "".
    """

    place: Place | Literal[""] = ""
    patches: Literal["one", "many", ""] = ""


NOWHERE = Where()


def places(sample: Pixels, colors: Floats) -> list[Where]:
    """Where each color (n, 3 in CIELAB) lies in a picture, uint8 (h, w, 3) sRGB; its pixels are those nearest to it."""
    nearest = nearest_colors(sample, colors)
    return [_where(nearest == number) for number in range(len(colors))]


def nearest_colors(sample: Pixels, colors: Floats) -> npt.NDArray[np.intp]:
    """The number of the nearest color (n, 3 in CIELAB) of one pixel in several, about 48 along the longer side."""
    step = max(1, -(-max(sample.shape[:2]) // _LONGEST))
    few = np.ascontiguousarray(sample[step // 2 :: step, step // 2 :: step])
    if not few.size:
        few = sample
    lab = srgb_to_lab(few.reshape(-1, 3)).astype(np.float32)
    wanted = colors.astype(np.float32)
    # |p - c|^2 without |p|^2, which is the same for every color of a pixel.
    apart = (wanted**2).sum(axis=1) - 2.0 * np.einsum("ij,kj->ik", lab, wanted)
    return np.asarray(apart.argmin(axis=1), np.intp).reshape(few.shape[:2])


def _where(mask: Mask) -> Where:
    total = int(mask.sum())
    if not total:
        return Where()
    largest = _largest_patch(mask)
    patches: Literal["one", "many", ""] = "one" if largest >= _ONE else "many" if largest <= _MANY else ""
    return Where(_place(mask / total, mask, largest <= _STREWN), patches)


def _place(part: Floats, mask: Mask, strewn: bool) -> Place | Literal[""]:
    """The one place that is true; `part` (h, w) is each pixel's share of the color, 0 where it is another's."""
    height, width = mask.shape
    if _is_around(mask):
        return "around the edge"
    if _is_along(mask):
        return "along the top"
    if part[height - max(1, round(height * _FOOT)) :].sum() >= _MOST_OF_IT or _is_along(mask[::-1]):
        return "at the foot"
    side = max(1, round(width * _BAND))
    if part[:, :side].sum() >= _MOST_OF_IT:
        return "on the left"
    if part[:, width - side :].sum() >= _MOST_OF_IT:
        return "on the right"
    top, left = round(height * _MIDDLE), round(width * _MIDDLE)
    if part[top : height - top, left : width - left].sum() >= _MOST_OF_IT:
        return "in the middle"
    rows, columns = height // 2, width // 2
    quarters = (part[:rows, :columns], part[:rows, columns:], part[rows:, :columns], part[rows:, columns:])
    if strewn and all(each.sum() >= _IN_EACH_QUARTER for each in quarters):
        return "scattered"
    return _half(*quarters)


def _half(
    upper_left: Floats, upper_right: Floats, lower_left: Floats, lower_right: Floats
) -> Place | Literal[""]:
    """The half of the picture that nearly all of a color lies in; the quarters hold each pixel's share of it."""
    nw, ne, sw, se = (float(each.sum()) for each in (upper_left, upper_right, lower_left, lower_right))
    halves: tuple[tuple[float, Place], ...] = (
        (nw + ne, "in the upper half"),
        (sw + se, "in the lower half"),
        (nw + sw, "in the left half"),
        (ne + se, "in the right half"),
    )
    most, place = max(halves, key=lambda half: half[0])
    return place if most >= _IN_A_HALF else ""


def _is_along(mask: Mask) -> bool:
    """Whether nearly all of a color lies in a band at the top that it fills from side to side."""
    height = len(mask)
    rows = np.cumsum(mask.sum(axis=1))
    deep = int(np.searchsorted(rows, _MOST_OF_IT * rows[-1])) + 1
    band = mask[:deep]
    return bool(
        deep <= max(1, round(height * _BAND))
        and band.any(axis=0).mean() >= _ACROSS
        and band.mean() >= _FULL
        and mask[: max(1, height // 12)].mean() >= _ON_EACH_SIDE
    )


def _is_around(mask: Mask) -> bool:
    """Whether a color covers much of every border, and next to nothing of the center."""
    height, width = mask.shape
    deep, wide = max(1, round(height * _FRAME)), max(1, round(width * _FRAME))
    strips = (mask[:deep], mask[-deep:], mask[:, :wide], mask[:, -wide:])
    center = mask[height // 4 : height - height // 4, width // 4 : width - width // 4]
    covers_all = all(strip.mean() >= _ON_EACH_SIDE for strip in strips)
    return bool(covers_all and center.size and center.mean() <= _IN_THE_CENTER)


def _largest_patch(mask: Mask) -> float:
    """The largest share of one patch: of blocks that a color mostly fills and that touch; 0 where it fills few."""
    height, width = (-(-side // _BLOCK) for side in mask.shape)
    padded = np.zeros((height * _BLOCK, width * _BLOCK), np.float32)
    padded[: mask.shape[0], : mask.shape[1]] = mask
    counts = padded.reshape(height, _BLOCK, width, _BLOCK).sum(axis=(1, 3))
    full = counts >= _FILLED * _BLOCK**2
    inside = float(counts[full].sum())
    if inside < mask.sum() / 2:
        return 0.0
    blocks = zip(*(at.tolist() for at in full.nonzero()), counts[full].tolist(), strict=True)
    return _largest({(y, x): count for y, x, count in blocks}) / inside


def _largest(blocks: dict[tuple[int, int], float]) -> float:
    """The pixels of the largest group of blocks that touch; the blocks are used up."""
    largest = 0.0
    while blocks:
        at, found = blocks.popitem()
        reached = [at]
        while reached:
            y, x = reached.pop()
            for near in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                if near in blocks:
                    found += blocks.pop(near)
                    reached.append(near)
        largest = max(largest, found)
    return largest
