"""The svg press: a poem as single strokes for a pen plotter, in millimetres, on one sheet."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from photopoem.errors import PressError, UsageError
from photopoem.poem import Poem
from photopoem.press.sheet import AUTHOR, SetPoem, SetRow, Sheet, letter_of, said, set_poem
from photopoem.press.strokes import Point, Stroke, load_font
from photopoem.text.clean import clean, left_out
from photopoem.text.fallback import listed

SHEETS = {
    "a6": Sheet(105, 148, 10, 5.2),
    "a5": Sheet(148, 210, 15, 7),
    "a4": Sheet(210, 297, 25, 9.5),
    "receipt": Sheet(80, None, 4, 5),
}
# One pen for the author's own text and one for each layer of memory.
PENS = (AUTHOR, "place", "machine", "people")


class SvgPress:
    """Draws one poem on one sheet.

    `size` is a6, a5, a4 or receipt; `hand` (a number: whose hand) makes each letter a little uneven;
    `pens` puts the author's text and each layer of memory in a layer of its own, for pens of four colors;
    `colophon` writes how the poem was made at the foot.
    """

    name = "svg"
    suffix = ".svg"

    def __init__(
        self, size: str = "a6", hand: int | None = None, pens: bool = False, colophon: bool = True
    ) -> None:
        if size not in SHEETS:
            raise UsageError(f"there is no sheet {size!r}; there are {', '.join(SHEETS)}")
        self.sheet = SHEETS[size]
        self.size = size
        self.hand = hand
        self.pens = pens
        self.colophon = colophon

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """Characters the pen cannot draw, by poem: boxes stand for them."""
        out = []
        for poem in poems:
            text = " ".join(map(str, (poem.title, *poem.lines)))
            told, dropped = said(text), left_out(text)
            if told.missing:
                out.append(
                    f"{_name(poem)}: the pen has no {listed(told.missing)}; an empty box stands for it"
                )
            if told.changed:
                out.append(f"{_name(poem)}: drawn without marks: {listed(told.changed)}")
            if dropped:
                out.append(f"{_name(poem)}: left out: {listed(dropped)}")
        return out

    def press(self, poems: Sequence[Poem], *, photos: Path | None = None) -> bytes:
        """One sheet as SVG. Raises `PressError` for more than one poem, or one that no letter size fits."""
        if len(poems) != 1:
            raise PressError(
                f"a sheet holds one poem, not {len(poems)}: print to a folder, --to dir:FOLDER, a file each"
            )
        (poem,) = poems
        set_ = set_poem(poem, self.sheet, _colophon(poem) if self.colophon else "")
        if set_ is None:
            raise PressError(f"{_name(poem)}: too long for {self.size}; take a larger --size")
        return _document(poem, set_, self._layers(poem, set_.rows)).encode()

    def _layers(self, poem: Poem, rows: Sequence[SetRow]) -> dict[str, list[Stroke]]:
        """The strokes of each pen, in the order they are drawn."""
        hand = None
        if self.hand is not None:
            # The same hand writes the same poem in the same way, on any machine.
            hand = random.Random(f"{self.hand}/{poem.subject.digest}/{poem.seed}")  # noqa: S311 - no secret
        layers: dict[str, list[Stroke]] = {pen: [] for pen in PENS}
        for row in rows:
            for pen, strokes in _drawn(row, hand):
                layers[pen if self.pens else PENS[0]] += strokes
        return {pen: in_short_order(strokes) for pen, strokes in layers.items() if strokes}


def _name(poem: Poem) -> str:
    return clean(Path(poem.subject.path).name)


def _colophon(poem: Poem) -> str:
    from photopoem.poem import colophon

    return colophon(poem)


def _drawn(set_: SetRow, hand: random.Random | None) -> Iterator[tuple[str, list[Stroke]]]:
    """The strokes of each letter of a row in mm, y downwards."""
    scale = set_.em / load_font().em
    pen = set_.x
    for mark in set_.row:
        letter = letter_of(mark)
        uneven = Unevenness.of(hand) if hand else Unevenness()
        yield (
            mark.pen,
            [tuple(uneven.moved(x, y, pen, set_.y, scale) for x, y in stroke) for stroke in letter.strokes],
        )
        pen += letter.advance * scale


@dataclass(frozen=True, slots=True)
class Unevenness:
    """How one letter of a hand differs from the font's: a shift (ems), a slant, a size."""

    right: float = 0.0
    up: float = 0.0
    slant: float = 0.0
    turn: float = 0.0
    size: float = 1.0

    @classmethod
    def of(cls, hand: random.Random) -> Unevenness:
        """The next letter's."""
        return cls(
            hand.gauss(0, 0.012),
            hand.gauss(0, 0.016),
            hand.gauss(0.03, 0.03),
            hand.gauss(0, 0.02),
            hand.gauss(1, 0.03),
        )

    def moved(self, x: float, y: float, pen: float, base: float, scale: float) -> Point:
        """A point of the letter (font units) on the sheet (mm), where its origin is at `pen`, `base`."""
        em = scale * 1000
        x, y = (x + y * self.slant) * self.size, (y + x * self.turn) * self.size
        return pen + x * scale + self.right * em, base - y * scale - self.up * em


def in_short_order(strokes: Sequence[Stroke]) -> list[Stroke]:
    """The strokes in an order, some of them backwards, in which the lifted pen travels less.

    From each end the pen goes to the nearest end of any stroke not yet drawn; then stretches of the way are
    turned round as long as that shortens it (2-opt).
    """
    if len(strokes) < 2:
        return list(strokes)
    out = _turned_round(_nearest_next(strokes))
    return out if travel(out) <= travel(strokes) else list(strokes)


def _nearest_next(strokes: Sequence[Stroke]) -> list[Stroke]:
    import numpy as np

    ends = np.array([[stroke[0], stroke[-1]] for stroke in strokes], dtype=float)
    out: list[Stroke] = []
    here = np.zeros(2)
    for _ in strokes:
        distance = np.hypot(*(ends - here).transpose(2, 0, 1))
        index, backwards = divmod(int(np.argmin(distance)), 2)
        out.append(strokes[index][::-1] if backwards else strokes[index])
        here = np.array(out[-1][-1])
        ends[index] = np.inf
    return out


def _turned_round(strokes: list[Stroke], passes: int = 6) -> list[Stroke]:
    """The way with stretches of it reversed where that is shorter; the work is the square of the strokes."""
    import numpy as np

    if len(strokes) > 1200:
        return strokes
    first = np.array([stroke[0] for stroke in strokes], dtype=float)
    last = np.array([stroke[-1] for stroke in strokes], dtype=float)
    order = [(index, False) for index in range(len(strokes))]
    for _ in range(passes):
        gained = 0.0
        for i in range(len(order) - 1):
            before = last[i - 1] if i else np.zeros(2)
            # Reversing the stretch i..j replaces the ways into i and out of j.
            after = np.vstack([first[i + 1 :], last[-1:]])
            out = np.hypot(*(after - last[i:]).T)
            back = np.hypot(*(after - first[i]).T)
            out[-1] = back[-1] = 0.0  # after the last stroke the pen may rest where it is
            gain = np.hypot(*(first[i] - before)) + out - np.hypot(*(last[i:] - before).T) - back
            best = int(np.argmax(gain))
            if gain[best] > 1e-6:
                j = i + best + 1
                first[i:j], last[i:j] = last[i:j][::-1].copy(), first[i:j][::-1].copy()
                order[i:j] = [(index, not turned) for index, turned in reversed(order[i:j])]
                gained += float(gain[best])
        if gained < 1.0:
            break
    return [strokes[index][::-1] if turned else strokes[index] for index, turned in order]


def travel(strokes: Sequence[Stroke]) -> float:
    """How far the pen goes lifted, from the sheet's corner through all strokes, in mm."""
    from math import dist

    starts = [(0.0, 0.0), *(stroke[-1] for stroke in strokes)]
    return sum(dist(end, stroke[0]) for end, stroke in zip(starts, strokes, strict=False))


def _document(poem: Poem, set_: SetPoem, layers: dict[str, list[Stroke]]) -> str:
    title = escape(clean(str(poem.title)) or "poem")
    groups = "\n".join(_layer(f"{n} {pen}", layers[pen]) for n, pen in enumerate(layers, start=1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"
 width="{set_.width:g}mm" height="{set_.height:.2f}mm" viewBox="0 0 {set_.width:g} {set_.height:.2f}">
<title>{title}</title>
<g fill="none" stroke="#000000" stroke-width="0.3" stroke-linecap="round" stroke-linejoin="round">
{groups}
</g>
</svg>
"""


def _layer(label: str, strokes: Sequence[Stroke]) -> str:
    """A layer of paths. Plotter software picks layers by the number that their names begin with."""
    paths = (f'<path d="M{" L".join(f"{x:.2f} {y:.2f}" for x, y in stroke)}"/>' for stroke in strokes)
    opening = f'<g inkscape:groupmode="layer" inkscape:label={quoteattr(label)}>'
    return "\n".join([opening, *paths, "</g>"])
