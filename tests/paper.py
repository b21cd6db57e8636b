"""Poems for the tests of paper, made by hand, and photographs that are like no other."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from photopoem.color.palette import Palette, Swatch
from photopoem.labels.labeller import Label
from photopoem.photo.moment import Moment
from photopoem.photo.reading import read_photo
from photopoem.poem import Line, Poem, Span
from photopoem.vocabulary import Source, Subject

LINES = (
    "I can remember a mountain.",
    "I can remember the sky, pale grey,",
    "a sixth of everything.",
    "I can remember military green",
    "and nobody marching.",
    "I can remember mocha, leaf after leaf of it.",
    "I am nearly sure of an alp.",
    "I can remember how still it was.",
    "Somebody named this color camo green.",
    "I can remember it hiding nothing.",
)

WIDE = ("a    b", "\u3000\u3000a", "    a", "a\u2003b", "\u00ab\u00a0a\u202f?")
"""Lines with runs of spaces, wide blanks, an indent, and blanks at which no line breaks."""


def make_poem(
    *lines: str, title: str = "I can remember", path: str = "photos/autumn-hills.jpg", seed: int = 0
) -> Poem:
    """A poem of these lines (or of ten good ones); its second line holds a word of each layer."""
    swatches = (
        Swatch((170, 174, 178), 0.6, "pale grey", 1.2, ("pale grey",), "gray"),
        Swatch((84, 98, 60), 0.4, "military green", 0.9, ("military green",), "green"),
    )
    subject = Subject(
        path,
        f"{seed:064x}",
        "local",
        (Label("mountain", 0.98, "local"), Label("sky", 0.96, "local", "stuff")),
        Palette(swatches, "xkcd"),
        Moment(season="autumn"),
    )
    layers = (
        Source("machine", "label", "sky", score=0.96, labeller="local"),
        Source("people", "color", "pale grey", hex="#aaaeb2", share=0.6),
    )
    made = [Line((Span(line),)) for line in lines or LINES]
    if not lines:
        made[1] = Line(
            (
                Span("I can remember the "),
                Span("sky", layers[0]),
                Span(", "),
                Span("pale grey", layers[1]),
                Span(","),
            )
        )
    return Poem(
        Line((Span(title),)) if title else Line(()), tuple(made), "i-can-remember", seed, subject, "0.1.0"
    )


def poem_of_photo(path: Path, *lines: str, under: str = "", **options: Any) -> Poem:
    """A poem of these lines whose photograph is that file, by the path `under`; the other options are `make_poem`'s."""
    poem = make_poem(*lines, path=under or str(path), **options)
    return replace(poem, subject=replace(poem.subject, digest=read_photo(path).digest))


def photograph(number: int, kind: str = "JPEG", size: tuple[int, int] = (96, 64)) -> bytes:
    """A small photograph unlike any of another number."""
    random_ = np.random.default_rng(number)
    blocks = random_.integers(0, 256, (4, 6, 3), dtype=np.uint8)
    pixels = np.kron(blocks, np.ones((size[1] // 4, size[0] // 6, 1), dtype=np.uint8))
    out = BytesIO()
    Image.fromarray(pixels).save(out, kind)
    return out.getvalue()
