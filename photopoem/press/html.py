"""The html press: one self-contained page with photographs, poems, palettes and the source of each word."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from photopoem.color.spaces import Rgb, hex_of, readable, rgb_of
from photopoem.errors import UsageError
from photopoem.poem import Line, Poem, colophon
from photopoem.press.pictures import GONE, encoded, find_photo, open_picture, photo_name
from photopoem.press.sources import LAYERS, Note, percent, poems_in_words, traced
from photopoem.text.clean import clean, left_out, listed, paragraphs

PAPER: Rgb = (250, 249, 246)
NIGHT: Rgb = (20, 19, 18)
"""The page's background in light and dark mode, as in page.css, on which tinted words must be readable."""

SIDES = ((60, 640), (400, 520))
"""(number of poems, longest side of thumbnails in px); with more poems, the side is LEAST."""
LEAST = 400
_QUALITY = 72
_FONTS = {"serif": "EBGaramond12-Regular-page.woff2", "italic": "EBGaramond12-Italic-page.woff2"}


@dataclass(frozen=True, slots=True)
class MarkedText:
    """Text on the page: the number of its source note (from 1; 0 for none), its layer, and its CSS class."""

    text: str
    note: int = 0
    layer: str = ""
    color: str = ""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture as a `data:` URL, with its size in px."""

    address: str
    width: int
    height: int


@dataclass(slots=True)
class PagePoem:
    """One poem for the page's template."""

    number: int
    poem: Poem
    thumbnail: Thumbnail | None
    title: list[MarkedText] = field(default_factory=list)
    lines: list[list[MarkedText]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The photograph's name."""
        return photo_name(self.poem)

    @property
    def alt(self) -> str:
        """The alternative text of the photograph: its labels."""
        labels = ", ".join(clean(label.text) for label in self.poem.subject.labels[:4])
        return f"The photograph {self.name}" + (f"; labels: {labels}" if labels else "")

    @property
    def tall(self) -> bool:
        """Whether the photograph is taller than wide."""
        return self.thumbnail is not None and self.thumbnail.height > self.thumbnail.width

    @property
    def strip(self) -> list[dict[str, Any]]:
        """The palette: the start and width of each swatch, in thousandths, with its color and name."""
        out, at = [], 0.0
        for swatch in self.poem.subject.palette.swatches:
            named = f"{clean(swatch.name)}, {percent(swatch.share)}"
            out.append(
                {"x": round(at, 1), "width": round(swatch.share * 1000, 1), "hex": swatch.hex, "named": named}
            )
            at += swatch.share * 1000
        return out

    @property
    def colophon(self) -> str:
        """How the poem was made."""
        return clean(colophon(self.poem))


class HtmlPress:
    """One self-contained page of all poems, for a browser, a projector (`page.html#show`) or paper.

    The `title` is at the top of the page, with `author` and `preface` below it if given; empty lines separate the
    preface's paragraphs. `thumbnail` is the longest side of its pictures in px (default: 640 up to 60 poems, 520 up to
    400, else 400; use 1200 for a projector); `seconds` is the time per poem in the slide show; `colophon` says under
    each poem how it was made.
    """

    name = "html"
    suffix = ".html"

    def __init__(
        self,
        title: str = "Whose memories?",
        thumbnail: int | None = None,
        seconds: int = 20,
        colophon: bool = True,
        author: str = "",
        preface: str = "",
    ) -> None:
        if thumbnail is not None and not 16 <= thumbnail <= 4096:
            raise UsageError(f"thumbnails of {thumbnail} px: take 16 to 4096")
        if seconds < 1:
            raise UsageError(f"{seconds} seconds a poem: take 1 or more")
        self.title = title
        self.thumbnail = thumbnail
        self.seconds = seconds
        self.colophon = colophon
        self.author = author
        self.preface = preface

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """Missing photographs and dropped control characters, by poem."""
        out = []
        with ThreadPoolExecutor() as pool:  # it looks at each picture, and decoding releases the GIL
            found = list(pool.map(lambda poem: find_photo(poem, photos), poems))
        for poem, photo in zip(poems, found, strict=True):
            if photo is None:
                out.append(f"{photo_name(poem)}: {GONE}")
            if dropped := left_out(f"{poem.title} {' '.join(map(str, poem.lines))}", joiners=True):
                out.append(f"{photo_name(poem)}: left out: {listed(dropped)}")
        return out

    def press(self, poems: Sequence[Poem], *, photos: Path | None = None) -> bytes:
        """The page, in UTF-8."""
        side = self.thumbnail or next((side for most, side in SIDES if len(poems) <= most), LEAST)
        colors: dict[str, str] = {}
        leaves = [
            _leaf(number, poem, thumbnail, colors)
            for number, (poem, thumbnail) in enumerate(
                zip(poems, _thumbnails(poems, photos, side), strict=True), 1
            )
        ]
        css, js = _style(colors), _data("page.js").strip()
        page: str = _template().render(
            title=clean(self.title), leaves=leaves, layers=LAYERS, seconds=self.seconds,
            colophon=self.colophon, side=side, megabytes=_megabytes(leaves), count=poems_in_words(len(leaves)),
            author=clean(self.author), preface=paragraphs(self.preface),
            css=_markup(css), js=_markup(js), css_hash=_hash(css), js_hash=_hash(js),
            paper=hex_of(PAPER), night=hex_of(NIGHT),
        )  # fmt: skip
        return page.encode("utf-8", "replace")


def _thumbnails(poems: Sequence[Poem], photos: Path | None, side: int) -> Iterator[Thumbnail | None]:
    """A thumbnail for each poem, in order; each photograph is read once. Decoding releases the GIL, so threads help."""
    # Of two photographs that had the same name, one after the other, each poem has its own.
    first = {(poem.subject.path, poem.subject.digest): poem for poem in reversed(poems)}
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda poem: _thumbnail(poem, photos, side), first.values())
        made = dict(zip(first, found, strict=True))
    return (made[poem.subject.path, poem.subject.digest] for poem in poems)


def _thumbnail(poem: Poem, photos: Path | None, side: int) -> Thumbnail | None:
    picture = open_picture(poem, photos, side)
    if picture is None:
        return None
    data = base64.b64encode(encoded(picture, "WEBP", _QUALITY)).decode()
    return Thumbnail(f"data:image/webp;base64,{data}", *picture.size)


def _leaf(number: int, poem: Poem, thumbnail: Thumbnail | None, colors: dict[str, str]) -> PagePoem:
    leaf = PagePoem(number, poem, thumbnail)
    leaf.title = _words(poem.title, leaf, colors)
    leaf.lines = [_words(line, leaf, colors) for line in poem.lines]
    return leaf


def _words(line: Line, leaf: PagePoem, colors: dict[str, str]) -> list[MarkedText]:
    """The words of a line; their source notes are added to the leaf's notes without duplicates."""
    out = []
    for piece in traced(line, leaf.poem):
        if piece.note is None:
            out.append(MarkedText(piece.text))
            continue
        if piece.note not in leaf.notes:
            leaf.notes.append(piece.note)
        number = leaf.notes.index(piece.note) + 1
        out.append(MarkedText(piece.text, number, piece.note.layer, _color_class(piece.note, colors)))
    return out


def _color_class(note: Note, colors: dict[str, str]) -> str:
    """The CSS class that tints a word; its rule is added to `colors`."""
    rgb = rgb_of(note.hex)
    if rgb is None:
        return ""
    code = hex_of(rgb)
    if code not in colors:
        day, night = hex_of(readable(rgb, PAPER)), hex_of(readable(rgb, NIGHT))
        colors[code] = f".k{code[1:]}{{--t:{code};--l:{day};--d:{night}}}"
    return f"k{code[1:]}"


def _style(colors: dict[str, str]) -> str:
    """The style sheet: fonts, page, and a rule for each tint."""
    faces = (
        f'@font-face{{font-family:"EB Garamond";font-style:{"normal" if name == "serif" else "italic"};'
        f'src:url(data:font/woff2;base64,{_font(file)}) format("woff2")}}'
        for name, file in _FONTS.items()
    )
    return "\n".join([*faces, _data("page.css").strip(), *colors.values()])


def _font(file: str) -> str:
    return base64.b64encode((files("photopoem") / "data" / "fonts" / file).read_bytes()).decode()


def _data(file: str) -> str:
    return (files("photopoem") / "data" / "html" / file).read_text("utf-8")


@cache
def _template() -> Any:
    """The page's template: compiled once, because that takes longer than a poem's page."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_data("page.html"))


def _markup(text: str) -> Any:
    """Mark our own style and script as safe; from a poem, they contain only hex digits of colors."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - see above


def _hash(text: str) -> str:
    """A hash in the syntax of Content-Security-Policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _megabytes(leaves: Sequence[PagePoem]) -> str:
    total = sum(len(leaf.thumbnail.address) for leaf in leaves if leaf.thumbnail)
    return f"{total / 1e6:.1f}"
