"""One poem as the page shows it: whose each word is, the palette, the labels, and pictures of the photograph."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path
from typing import Any

from photopoem.color.spaces import Rgb, hex_of, readable, rgb_of
from photopoem.errors import UsageError
from photopoem.files import write_atomically
from photopoem.labels.labeller import Label
from photopoem.poem import Line, Poem, Span, colophon
from photopoem.press.pictures import encoded, open_picture, photo_name
from photopoem.press.sources import LAYERS, traced
from photopoem.services.curate import titled, wording
from photopoem.studio.wall import Wall
from photopoem.text.clean import clean

PAPER: Rgb = (250, 249, 246)
NIGHT: Rgb = (20, 19, 18)
"""The page's background by day and by night, as in studio.css: words are tinted to be read on them."""
SIDES = (480, 1280)
"""The longest sides of pictures in px: on the wall, and of one poem or on a screen."""
PICTURES = ".studio"
"""The folder of pictures, in the folder of poems: each is made once. It may be deleted at any time."""
_QUALITY = 76


def leaf(wall: Wall, id_: str) -> dict[str, Any]:
    """One poem with everything that is known of it. Raises `UsageError`."""
    row, pick = wall.row(id_), wall.pick(id_)
    written = pick.poem()
    poem = titled(written, row.choice)
    subject = poem.subject
    return row.told | {
        "path": clean(subject.path),
        "title": pieces(poem.title, poem),
        "lines": [pieces(line, poem) for line in poem.lines],
        "seen": [_label(each) for each in subject.labels],
        "palette": [
            {"hex": each.hex, "name": clean(each.name), "share": each.share}
            for each in subject.palette.swatches
        ],
        "colophon": clean(colophon(poem)),
        "wording": wording(written),
        "alt": alt(poem),
    }


def alt(poem: Poem) -> str:
    """What a screen reader says for the photograph."""
    labels = ", ".join(clean(label.text) for label in poem.subject.labels[:4])
    return f"The photograph {photo_name(poem)}" + (f"; labels: {labels}" if labels else "")


def _label(label: Label) -> dict[str, Any]:
    """A label, and where the labeller looked where it tells."""
    region = label.region
    box = [region.left, region.top, region.right, region.bottom] if region is not None else None
    return {
        "text": clean(label.text),
        "score": round(label.score, 3),
        "by": clean(label.labeller),
        "box": box,
    }


def pieces(line: Line, poem: Poem) -> list[dict[str, Any]]:
    """A line as pieces of text, each with its source and what can be done about it."""
    spans = [span for span in line.spans if clean(span.text)]
    return [
        {"text": piece.text} | (_source(span, asdict(piece.note)) if piece.note else {})
        for span, piece in zip(spans, traced(line, poem), strict=True)
    ]


def _source(span: Span, note: dict[str, Any]) -> dict[str, Any]:
    rgb = rgb_of(note["hex"])
    source = span.source
    what = source.what if source else "phrase"
    made = {
        "layer": note["layer"],
        "whose": LAYERS[note["layer"]],
        "told": f"{note['verb']} \u201c{note['of']}\u201d",
        "figures": note["figures"],
        "what": what if what in ("label", "color", "keyword", "phrase") else "moment",
        "of": ((source.said_for or source.of) if source else span.text).strip(),
    }
    if rgb:
        made |= {
            "hex": hex_of(rgb),
            "day": hex_of(readable(rgb, PAPER)),
            "night": hex_of(readable(rgb, NIGHT)),
        }
    return made


def picture(wall: Wall, id_: str, side: int) -> bytes:
    """The photograph of a poem as WebP of pixels alone, its longest side at most `side` px; made once.

    Raises `UsageError` where it is gone or cannot be read, and `StoreError`.
    """
    if side not in SIDES:
        raise UsageError(f"pictures are {SIDES[0]} or {SIDES[1]} px")
    poem = wall.pick(id_).poem()
    mark = hashlib.sha256(f"{poem.subject.path}\0{poem.subject.digest}".encode("utf-8", "surrogateescape"))
    file = wall.folder / PICTURES / f"{mark.hexdigest()[:32]}-{side}.webp"
    if file.is_file():
        return file.read_bytes()
    found = open_picture(poem, wall.photos, side)
    if found is None:
        raise UsageError(f"{photo_name(poem)}: the photograph is not there, or cannot be read")
    data = encoded(found, "WEBP", _QUALITY)
    _keep(file, data)
    return data


def _keep(file: Path, data: bytes) -> None:
    file.parent.mkdir(exist_ok=True)
    write_atomically(file, data)
