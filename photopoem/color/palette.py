"""Reads a photograph's palette: its few main colors, their shares, their names and where they lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import itemgetter
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from photopoem.color.kmeans import Clusters, gathered, k_means
from photopoem.color.names import CLOSE, ColorNames, color_names, names_and_terms
from photopoem.color.spaces import Floats, ciede2000, lab_to_srgb, srgb_to_lab
from photopoem.errors import UsageError
from photopoem.photo.reading import Photo, Pixels

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
    "at the upper left",
    "at the upper right",
    "at the lower left",
    "at the lower right",
    "across the middle",
    "mostly in the upper half",
    "mostly in the lower half",
    "mostly on the left",
    "mostly on the right",
    "mostly in the middle",
    "scattered",
]
PLACES: tuple[Place, ...] = get_args(Place)
_QUARTERS: tuple[Place, ...] = (
    "at the upper left",
    "at the upper right",
    "at the lower left",
    "at the lower right",
)
# Each half, if nearly all of a color lies in it and if most of it does.
_HALVES: tuple[tuple[Place, Place], ...] = (
    ("in the upper half", "mostly in the upper half"),
    ("in the lower half", "mostly in the lower half"),
    ("in the left half", "mostly on the left"),
    ("in the right half", "mostly on the right"),
)
Mask = npt.NDArray[np.bool_]

_LONGEST = 48  # pixels of the longer side that are examined
_MOST_OF_IT = 0.85  # of a color's pixels that must lie in the named place
_BAND = 0.42  # of the height or width: the deepest that "along the top" or "on the left" may reach
_FOOT = 0.34  # of the height: a color below this is at the foot, at any horizontal position
_ACROSS = 0.8  # of the columns (of a band along the top) that must contain the color
_FULL = 0.5  # of the band that a color must fill, from the edge to where nine tenths of it lie
_MIDDLE = 0.22  # of the height or width that is not the middle, on each side
_FRAME = 0.12  # of the height or width: the strip at each border that decides "around the edge"
_ON_EACH_SIDE = 0.4  # of each such strip that the color must cover
_IN_THE_CENTER = 0.08  # of the inner half of height and width that it may then cover
_BLOCK = 4  # pixels of a block's side; patches are made of blocks
_FILLED = 0.4  # of a block that a color must fill for the block to be part of a patch
_ONE = 0.85  # of a color that its largest patch must contain for the color to be one patch
_MANY = 0.55  # of a color that its largest patch may contain for the color to be many patches
_STREWN = 0.35  # the same for a scattered color, which two bands are not
_IN_A_HALF = 0.9  # of a color's pixels that must lie in a half of the picture
_MOSTLY = 0.8  # of them that must lie in a half for the color to lie mostly there
_MOSTLY_IN_THE_MIDDLE = 0.65  # of them that must lie in the middle, a third of the picture, for the same
_IN_EACH_QUARTER = 0.08  # of a scattered color's pixels that must lie in each quarter of the picture


@dataclass(frozen=True, slots=True)
class Where:
    """Where a color lies: its place ("" if no place is true) and its patches.

    `patches` is "one" if nearly all of it is connected, "many" if no patch dominates, otherwise "".
    """

    place: Place | Literal[""] = ""
    patches: Literal["one", "many", ""] = ""


NOWHERE = Where()


def places(sample: Pixels, colors: Floats) -> list[Where]:
    """Where each color (n, 3 in CIELAB) lies in a picture, uint8 (h, w, 3) sRGB. A pixel has the nearest color."""
    nearest = nearest_colors(sample, colors)
    return [_where(nearest == number) for number in range(len(colors))]


def nearest_colors(sample: Pixels, colors: Floats) -> npt.NDArray[np.intp]:
    """The index of the nearest color (n, 3 in CIELAB) for a sample of the pixels, about 48 along the longer side."""
    step = max(1, -(-max(sample.shape[:2]) // _LONGEST))
    few = np.ascontiguousarray(sample[step // 2 :: step, step // 2 :: step])
    if not few.size:
        few = sample
    lab = srgb_to_lab(few.reshape(-1, 3)).astype(np.float32)
    wanted = colors.astype(np.float32)
    # |p - c|^2 without |p|^2, which does not depend on the color c.
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
    """The place of a color; `part` (h, w) is each pixel's share of the color, 0 for pixels of other colors."""
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
    inner = part[top : height - top, left : width - left].sum()
    if inner >= _MOST_OF_IT:
        return "in the middle"
    rows, columns = height // 2, width // 2
    quarters = (part[:rows, :columns], part[:rows, columns:], part[rows:, :columns], part[rows:, columns:])
    shares = [float(each.sum()) for each in quarters]
    if strewn and min(shares) >= _IN_EACH_QUARTER:
        return "scattered"
    across = part[top : height - top].sum() >= _MOST_OF_IT and mask.any(axis=0).mean() >= _ACROSS
    return _quarter_or_half(shares, across) or (
        "mostly in the middle" if inner >= _MOSTLY_IN_THE_MIDDLE else ""
    )


def _quarter_or_half(shares: Sequence[float], across: bool) -> Place | Literal[""]:
    """The quarter, otherwise the half of the picture that contains nearly all of a color, or most of it.

    `shares` are those of the quarters. A color that lies `across` the middle is said to do so before it lies mostly
    somewhere.
    """
    quarter, corner = max(zip(shares, _QUARTERS, strict=True), key=itemgetter(0))
    nw, ne, sw, se = shares
    half, (inside, mostly) = max(
        zip((nw + ne, sw + se, nw + sw, ne + se), _HALVES, strict=True), key=itemgetter(0)
    )
    if quarter >= _MOST_OF_IT:
        return corner
    if half >= _IN_A_HALF:
        return inside
    if across:
        return "across the middle"
    return mostly if half >= _MOSTLY else ""


def _is_along(mask: Mask) -> bool:
    """Whether nearly all of a color lies in a band at the top that it fills over the whole width."""
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
    """Whether a color covers much of every border and almost nothing of the center."""
    height, width = mask.shape
    deep, wide = max(1, round(height * _FRAME)), max(1, round(width * _FRAME))
    strips = (mask[:deep], mask[-deep:], mask[:, :wide], mask[:, -wide:])
    center = mask[height // 4 : height - height // 4, width // 4 : width - width // 4]
    covers_all = all(strip.mean() >= _ON_EACH_SIDE for strip in strips)
    return bool(covers_all and center.size and center.mean() <= _IN_THE_CENTER)


def _largest_patch(mask: Mask) -> float:
    """The share of the largest patch (connected blocks that a color mostly fills); 0 if it fills few blocks."""
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
    """The pixels of the largest connected group of blocks; empties `blocks`."""
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


FEWEST, MOST = 2, 20

_SHIFT = float(1 << 25)
_FOUR_BITS = 0b11110_11110_11110  # of a cell's 5 bits of red, green and blue
_FEW = 0.003  # of the picture

# A just noticeable difference: about 1 CIEDE2000 for two fields side by side (CIE 142-2001).
_JUST_TOLD = 1.0
# Two swatches closer than this look alike: half of all people notice 2.3 units of CIELAB (M. Mahy, L. Van Eycken,
# A. Oosterlinck, 1994), for which CIEDE2000 mostly gives less.
_SAME = 2.0
# A smaller share of the picture is an edge between two areas, not a color.
_LEAST_SHARE = 0.005
# The least share of a small vivid thing, its least distance from every swatch (CIEDE2000; and in a and b of CIELAB
# from its nearest swatch), and its least chroma, where "strong" and "vivid" begin among the ISCC-NBS names. Tested
# with patches of six colors pasted into 48 photographs.
_VIVID_APART = 15.0
_VIVID_ASIDE = 25.0
_VIVID_CHROMA = 40.0
_VIVID_RADIUS = 30.0  # the radius of its colors around its center, in CIELAB


@dataclass(frozen=True, slots=True)
class Swatch:
    """One color of a palette.

    `rgb` in 0..255 sRGB; `share` of the picture in 0..1; `name` is the nearest name that no other swatch has,
    `distance` its CIEDE2000 distance; `names` all names within `reach`, nearest first; `hue` the basic color term (one
    of eleven); `where` its place in the frame.
    """

    rgb: tuple[int, int, int]
    share: float
    name: str
    distance: float
    names: tuple[str, ...]
    hue: str
    where: Where = NOWHERE

    @property
    def reach(self) -> float:
        """The search radius of `names`: 5, or the next multiple of 5 that includes the swatch's own name."""
        return CLOSE * max(1, math.ceil(self.distance / CLOSE))

    @property
    def hex(self) -> str:
        """The color as `#rrggbb`."""
        return "#{:02x}{:02x}{:02x}".format(*self.rgb)


@dataclass(frozen=True, slots=True)
class Palette:
    """Swatches by falling share (shares add up to 1, names are unique), and who named them."""

    swatches: tuple[Swatch, ...]
    named_by: str


def read_palette(photo: Photo, colors: int | Literal["auto"] = 6, names: ColorNames | None = None) -> Palette:
    """The main colors of a photograph's `sample`, named from a list (by default the xkcd survey's).

    `colors` is the maximum (2 to 20); swatches that look the same are joined. With "auto" it is the smallest number
    after which one more swatch would improve the mean CIEDE2000 of the pixels by less than 1, which is invisible. The
    method is k-means in CIELAB over the cells of a histogram; a small vivid thing keeps its own swatch. Raises
    `UsageError` for another number of colors.
    """
    if colors != "auto" and not FEWEST <= colors <= MOST:
        raise UsageError(f"{colors} colors: a palette has {FEWEST} to {MOST}, or auto")
    names = names or color_names()
    cells = color_cells(photo)
    points, counts = cells.lab, cells.counts
    found = _fewest(points, counts) if colors == "auto" else _clusters(points, counts, colors)
    swatches = _named(_told_apart(found.centers, found.shares), names)
    shown = srgb_to_lab(np.array([swatch.rgb for swatch in swatches], np.uint8))
    placed = zip(swatches, places(photo.sample, shown), strict=True)
    return Palette(tuple(replace(swatch, where=where) for swatch, where in placed), names.named_by)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The occupied cells of a photograph's histogram: mean `rgb` in 0..255 and its `lab` (n, 3), `counts` (n,)."""

    rgb: Floats
    lab: Floats
    counts: Floats


@lru_cache(maxsize=1)
def color_cells(photo: Photo) -> Cells:
    """The cells of a photograph's `sample`; cached, because palette and tone of a photograph are read in turn."""
    rgb, counts = histogram(photo.sample)
    return Cells(rgb, srgb_to_lab(rgb), counts)


def histogram(sample: Pixels) -> tuple[Floats, Floats]:
    """The mean sRGB in 0..255 (n, 3) and the pixel count (n,) of each occupied cell of an RGB histogram.

    A cell has 5 bits per component, or 4 if the 5-bit cells hold less than `_FEW` of the picture: rare colors share a
    cell, as in an octree (M. Gervautz and W. Purgathofer, 1988). This halves the 1,650 cells, and k-means over them is
    as exact as over all.
    """
    red, green, blue = np.ascontiguousarray(sample.reshape(-1, 3).T)
    key = ((red & 0xF8).astype(np.uint16) << 7 | (green & 0xF8).astype(np.uint16) << 2 | blue >> 3).astype(
        np.intp
    )
    # Two sums in one float64, which is exact up to 2^53; each sum stays far below 2^25.
    first = np.bincount(key, red + green * _SHIFT, minlength=1 << 15)
    second = np.bincount(key, blue + _SHIFT, minlength=1 << 15)
    used = np.flatnonzero(second)
    wide = used & _FOUR_BITS
    few = np.bincount(wide, second[used])[wide] < _FEW * len(key) * _SHIFT
    cell = np.where(few, wide, used)
    first, second = np.bincount(cell, first[used]), np.bincount(cell, second[used])
    used = np.flatnonzero(second)
    greens, reds = np.divmod(first[used], _SHIFT)
    counts, blues = np.divmod(second[used], _SHIFT)
    return np.stack([reds, greens, blues], axis=1) / counts[:, None], counts


def _clusters(points: Floats, counts: Floats, k: int) -> Clusters:
    """`k` clusters, of which up to half are small vivid things."""
    found = k_means(points, counts, k)
    rest = np.ones(len(points), dtype=bool)
    things: list[npt.NDArray[np.bool_]] = []
    while len(things) < k // 2 and (thing := _vivid(points, counts * rest, found)) is not None:
        things.append(thing)
        rest &= ~thing
        found = _with_things(points, counts, k, things, rest)
    return found


def _with_things(
    points: Floats, counts: Floats, k: int, things: list[npt.NDArray[np.bool_]], rest: npt.NDArray[np.bool_]
) -> Clusters:
    """A cluster for each thing, and k-means of the rest."""
    found = k_means(points[rest], counts[rest], k - len(things))
    owner = np.empty(len(points), np.intp)
    owner[rest] = found.owner
    for number, thing in enumerate(things):
        owner[thing] = len(found.shares) + number
    return gathered(points, counts, owner)


def _vivid(points: Floats, counts: Floats, found: Clusters) -> npt.NDArray[np.bool_] | None:
    """The points of a small vivid thing without a swatch, or None. `counts` of represented points are 0."""
    least = _LEAST_SHARE * counts.sum()
    aside = points[:, 1:] - found.centers[found.owner, 1:]
    colored = np.hypot(points[:, 1], points[:, 2]) > _VIVID_CHROMA
    lost = np.flatnonzero(colored & (np.hypot(aside[:, 0], aside[:, 1]) > _VIVID_ASIDE) & (counts > 0))
    if counts[lost].sum() < least:
        return None
    lost = lost[ciede2000(points[lost][:, None], found.centers).min(axis=1) > _VIVID_APART]
    if counts[lost].sum() < least:
        return None
    # The thing is the points around its largest cell; other missing colors are other things.
    near = ((points[lost][:, None] - points[lost]) ** 2).sum(axis=2) < _VIVID_RADIUS**2
    core = lost[near[(near @ counts[lost]).argmax()]]
    if counts[core].sum() < least:
        return None
    vivid = np.zeros(len(points), dtype=bool)
    vivid[core] = True
    return vivid


def _fewest(points: Floats, counts: Floats) -> Clusters:
    """The fewest clusters for which one more would make no visible difference."""
    found = _clusters(points, counts, FEWEST)
    error = _mean_error(points, counts, found)
    for k in range(FEWEST + 1, MOST + 1):
        more = _clusters(points, counts, k)
        less = _mean_error(points, counts, more)
        if error - less < _JUST_TOLD and _vivid(points, counts, found) is None:
            break
        found, error = more, less
    return found


def _mean_error(points: Floats, counts: Floats, found: Clusters) -> float:
    """The mean CIEDE2000 difference between the pixels and their swatches."""
    return float(np.average(ciede2000(points, found.centers[found.owner]), weights=counts))


def _told_apart(centers: Floats, shares: Floats) -> list[tuple[Floats, float]]:
    """Centers and shares by falling share, with clusters that look alike joined."""
    pairs = [(center, float(share)) for center, share in zip(centers, shares, strict=True)]
    while len(pairs) > 1:
        lab = np.array([center for center, _ in pairs])
        apart = ciede2000(lab[:, None], lab)
        np.fill_diagonal(apart, np.inf)
        least = min(range(len(pairs)), key=lambda index: pairs[index][1])
        if apart.min() < _SAME:
            one, other = divmod(int(apart.argmin()), len(pairs))
        elif pairs[least][1] < _LEAST_SHARE:
            one, other = least, int(apart[least].argmin())
        else:
            break
        pairs = _joined(pairs, one, other)
    return sorted(pairs, key=lambda pair: -pair[1])


def _joined(pairs: list[tuple[Floats, float]], one: int, other: int) -> list[tuple[Floats, float]]:
    """The pairs after two of them are replaced by their mean, weighted by share."""
    (first, share), (second, more) = pairs[one], pairs[other]
    middle = (first * share + second * more) / (share + more)
    rest = [pair for index, pair in enumerate(pairs) if index not in (one, other)]
    return [*rest, (middle, share + more)]


def _named(pairs: list[tuple[Floats, float]], names: ColorNames) -> tuple[Swatch, ...]:
    """The swatches, by share.

    No two swatches have the same name. If others have all names that fit a swatch, it is joined with the swatch that
    has its nearest name.
    """
    rgb = lab_to_srgb(np.array([center for center, _ in pairs]))
    shown = srgb_to_lab(rgb)
    ranked, hues = names_and_terms(shown, names)
    taken: dict[str, int] = {}
    for index, near in enumerate(ranked):
        free = (name for name, apart in near if name not in taken and apart <= near[0][1] + CLOSE)
        if (name := next(free, None)) is None:
            joined = _joined(pairs, taken[near[0][0]], index)
            return _named(sorted(joined, key=lambda pair: -pair[1]), names)
        taken[name] = index
    swatches = []
    for (name, index), color, hue in zip(taken.items(), rgb.tolist(), hues, strict=True):
        swatch = Swatch(tuple(color), pairs[index][1], name, dict(ranked[index])[name], (), hue)
        near = ranked[index]
        if swatch.reach > near[0][1] + CLOSE:  # beyond the search radius: its nearest name was already used
            near = names.close(shown[index : index + 1], swatch.reach - near[0][1])[0]
        close = tuple(text for text, apart in near if apart <= swatch.reach)
        swatches.append(replace(swatch, names=close))
    return tuple(swatches)
