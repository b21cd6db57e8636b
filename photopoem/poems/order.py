"""The order of the poems in a show: by hand, by date, by color or by path; or shuffled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import atan2, degrees, hypot
from typing import TYPE_CHECKING

from photopoem.poems.show import Show

if TYPE_CHECKING:
    from photopoem.color.palette import Palette
    from photopoem.poem import Poem

GREY = 8.0
"""CIELAB chroma below which a swatch has no hue that anybody would name: greys come after the colors."""


def in_order(poems: Iterable[Poem], show: Show) -> list[Poem]:
    """The poems in the order of the show; in the order given where it names none."""
    found = list(poems)
    match show.order:
        case "hand":
            found.sort(key=lambda poem: _by_hand(poem, show))
        case "date":
            found.sort(key=by_date)
        case "color":
            found.sort(key=by_color)
        case "path":
            found.sort(key=lambda poem: poem.subject.path)
    return found


def _by_hand(poem: Poem, show: Show) -> tuple[bool, int, str]:
    place = show.choice(poem.subject.path, poem.subject.digest).order
    return place is None, place or 0, poem.subject.path


def by_date(poem: Poem) -> tuple[datetime, str]:
    """Sorts by the time taken; poems of photographs that do not tell it come last."""
    taken = poem.subject.moment.taken
    # Cameras without a zone tell the time of the place, as those with one do: compare the clocks.
    return (taken.replace(tzinfo=None) if taken else datetime.max, poem.subject.path)


def by_color(poem: Poem) -> tuple[bool, float, str]:
    """Sorts by the hue of the strongest swatch, from red over yellow, green and blue; greys last, dark ones first."""
    chroma, hue, lightness = strongest(poem.subject.palette)
    return (chroma < GREY, lightness if chroma < GREY else hue, poem.subject.path)


def strongest(palette: Palette) -> tuple[float, float, float]:
    """Chroma, hue in degrees (0 to 360) and lightness, in CIELAB, of the swatch with most chroma times share.

    A small vivid thing counts less than a sky, and a grey wall less than either. All three are 0 for no swatches.
    """
    import numpy as np

    from photopoem.color.spaces import srgb_to_lab

    if not palette.swatches:
        return 0.0, 0.0, 0.0
    lab = srgb_to_lab(np.array([swatch.rgb for swatch in palette.swatches], np.uint8)).tolist()
    weighed = zip(palette.swatches, lab, strict=True)
    _, (lightness, a, b) = max(weighed, key=lambda pair: hypot(*pair[1][1:]) * pair[0].share)
    return hypot(a, b), degrees(atan2(b, a)) % 360, lightness
