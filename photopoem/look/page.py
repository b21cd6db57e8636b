"""Draws a look: as text on a terminal, and as a palette card (A5 portrait, SVG or PNG)."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import numpy as np

from photopoem.color.palette import Swatch
from photopoem.look import Look, words_of
from photopoem.photo.reading import Pixels
from photopoem.text.terminal import visible
from photopoem.text.wrap import wrap_columns
from photopoem.vocabulary import CERTAIN

if TYPE_CHECKING:
    from PIL import ImageFont
    from rich.console import Console
    from rich.text import Text

WIDEST = 100
"""The most columns of a page, however wide the terminal."""
NARROWEST = 20
"""The least columns of a page; a narrower terminal breaks its lines."""
_ROWS = 20  # of the picture, so that it fits a terminal of 50 rows with the text below
_BAR = 20
_EIGHTHS = " ▏▎▍▌▋▊▉"


def draw(look: Look, console: Console) -> None:
    """Draw one look. Without color, the picture and the strip are left out."""
    width = max(NARROWEST, min(console.width, WIDEST))
    for text in _page(look, width, colored=console.color_system is not None):
        console.print(text, soft_wrap=False, no_wrap=False, highlight=False)


def _page(look: Look, width: int, *, colored: bool) -> Iterator[Text]:
    yield _head(look)
    yield _plain()
    if colored:
        yield _picture(look.photo.pixels, width)
        yield _plain()
        yield _strip(look, width)
        yield _plain()
    yield from _swatches(look, width)
    yield _plain()
    yield from _labels(look, width)
    yield _plain()
    for title, told in _facts(look).items():
        if told:
            yield _hanging(title, told, width)
    yield _plain()
    yield _plain("A poem may say", "bold")
    for symbol, words in words_of(look).items():
        yield _hanging(symbol, ", ".join(visible(word) for word in words), width)


def _plain(text: str = "", style: str = "") -> Text:
    from rich.text import Text

    return Text(text, style=style)


def _head(look: Look) -> Text:
    text = _plain(visible(look.subject.path), "bold")
    wide, high = look.photo.size
    return text.append(f"  {wide} x {high}", "dim not bold")


def _picture(pixels: Pixels, width: int) -> Text:
    """The picture as upper half blocks with two pixels per character: foreground above, background below."""
    from PIL import Image
    from rich.color import Color
    from rich.style import Style

    high, wide = pixels.shape[:2]
    columns = max(1, min(width, round(_ROWS * 2 * wide / high)))
    rows = max(1, min(_ROWS, round(columns * high / wide / 2)))
    small = np.asarray(Image.fromarray(pixels).resize((columns, rows * 2), Image.Resampling.BOX))
    text = _plain()
    for row in range(rows):
        for above, below in zip(small[row * 2].tolist(), small[row * 2 + 1].tolist(), strict=True):
            text.append("▀", Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below)))
        if row < rows - 1:
            text.append("\n")
    return text


def columns_of(shares: list[float], width: int) -> list[int]:
    """How many of `width` columns each share gets: exactly `width` in total, and at least one each.

    Largest remainder method (A. Hamilton, 1792). Shares add up to 1; there are at most `width` of them.
    """
    exact = [share * (width - len(shares)) for share in shares]
    columns = [1 + int(part) for part in exact]
    by_rest = sorted(range(len(shares)), key=lambda index: int(exact[index]) - exact[index])
    for index in by_rest[: width - sum(columns)]:
        columns[index] += 1
    return columns


def _strip(look: Look, width: int) -> Text:
    """Two rows of the swatches' colors, each as wide as its share."""
    swatches = look.subject.palette.swatches[:width]
    columns = columns_of([swatch.share for swatch in swatches], width)
    text = _plain()
    for row in range(2):
        for swatch, wide in zip(swatches, columns, strict=True):
            text.append(" " * wide, f"on {swatch.hex}")
        if not row:
            text.append("\n")
    return text


def _swatches(look: Look, width: int) -> Iterator[Text]:
    """A row for each swatch: color, name, share, hex, distance, basic term, place and other near names."""
    swatches = look.subject.palette.swatches
    names = max(len(visible(swatch.name)) for swatch in swatches)
    placed = max(len(swatch.where.place) for swatch in swatches)
    for swatch in swatches:
        name = visible(swatch.name)
        text = _plain().append("██", swatch.hex).append(f" {name:<{names}}", "bold")
        text.append(f" {swatch.share:>4.0%}  {swatch.hex}  ±{swatch.distance:<4.1f} {swatch.hue:<6}")
        text.append(f" {swatch.where.place:<{placed}}")
        others = [visible(other) for other in swatch.names if other != swatch.name]
        if others:
            text.append(f"  within {swatch.reach:.0f}: {', '.join(others)}", "dim")
        if text.cell_len > width:
            text.truncate(width, overflow="ellipsis")
        yield text
    yield _plain(f"named by {visible(look.subject.palette.named_by)}", "dim")


def _labels(look: Look, width: int) -> Iterator[Text]:
    """A row for each label: word, score as a bar and a number, kind, color and the color's certainty."""
    subject = look.subject
    if look.no_labels:
        yield _plain(f"no labels: {visible(look.no_labels)}")
    wide = max(4, min(_BAR, width - 30))
    room = max(8, width - wide - 20)
    longest = min(max((len(visible(label.text)) for label in subject.labels), default=0), room)
    for label in subject.labels:
        text = _plain(f"{visible(label.text):<{longest}.{longest}} ")
        text.append(bar(label.score, wide), "cyan").append(f" {label.score:.2f} ").append(
            f"{label.kind:<7}", "dim"
        )
        if label.color:
            text.append(f" {visible(label.color.name)} {label.color.certainty:.2f}")
        if label.low >= CERTAIN:
            text.append(" low in the picture", "dim")
        text.rstrip()
        yield text
    yield _plain(
        visible(f"labelled by {subject.labeller} {subject.labeller_version}; {subject.taught_by}"), "dim"
    )


def bar(score: float, width: int = _BAR) -> str:
    """A score in 0..1 as a bar of `width` columns, to an eighth of a column."""
    eighths = round(min(max(score, 0.0), 1.0) * width * 8)
    filled = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
    return filled.ljust(width)


def _facts(look: Look) -> dict[str, str]:
    """Other facts about the picture, by heading."""
    moment, average = look.subject.moment, look.statistics["average"]
    taken = moment.taken.isoformat(sep=" ", timespec="minutes") if moment.taken else ""
    words = [moment.daypart, moment.weekday, moment.month, moment.year, moment.season]
    place = f"{'near ' if moment.near else ''}{moment.place}" if moment.place else ""
    when = ", ".join(part for part in (taken, *words, place) if part)
    return {
        "moment": visible(when) or "the photograph does not say",
        "owner": visible(", ".join(moment.keywords)),
        "tone": ", ".join(look.subject.tone),
        "on average": visible(f"{average['name']} {average['hex']}"),
        "in words": look.statistics["words"],
    }


def _hanging(title: str, told: str, width: int) -> Text:
    """A heading and its text with a hanging indent."""
    lines = wrap_columns(told, max(20, width - 12))
    return _plain(f"{title:<12}", "dim").append(("\n" + " " * 12).join(lines), "not dim")


# In tenths of a millimeter, which are also the pixels of the PNG at 254 dpi.
WIDE, HIGH = 1480, 2100
_MARGIN = 90
_FIELDS = 1120  # the height of the color fields
_TOP = _FIELDS + _MARGIN  # of photograph and names
_PHOTO = 640  # its longer side: the 640 pixels of a Photo, one to one
_NAMES = _MARGIN + _PHOTO + 70  # where the names begin
_BOTTOM = HIGH - 170  # where the names end
_LINE, _WORD = 2, 20  # line width of a frame on the photograph, and size of its word
_LIKELY = 0.5  # the least score of a label with a frame
_FRAMES, _TELLING = 2, 0.6  # the most frames, and the largest share of the photograph in one
_INK, _GREY = "#222222", "#777777"
_FAMILY = "Aileron, 'Helvetica Neue', Helvetica, Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class _Box:
    """A filled rectangle."""

    x: float
    y: float
    wide: float
    high: float
    fill: str


@dataclass(frozen=True, slots=True)
class _Text:
    """One line of text; `y` is its baseline, `x` its left end, or with `right` its right end."""

    x: float
    y: float
    size: float
    fill: str
    text: str
    right: bool = False


@dataclass(frozen=True, slots=True)
class _Frame:
    """A thin frame on the photograph around a label's region, with its word in the upper left corner."""

    x: float
    y: float
    wide: float
    high: float
    word: str


@dataclass(frozen=True, slots=True)
class _Card:
    """Everything on the card; the photograph is at `photo` (x, y, width, height), with `frames` on it."""

    boxes: list[_Box]
    texts: list[_Text]
    photo: tuple[float, float, float, float]
    frames: list[_Frame]


def svg_card(look: Look) -> str:
    """The card as SVG, 148 x 210 mm, with the photograph inside it."""
    from PIL import Image

    card = _laid_out(look)
    jpeg = io.BytesIO()
    Image.fromarray(look.photo.pixels).save(jpeg, "JPEG", quality=92, subsampling=0)
    x, y, wide, high = card.photo
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="148mm" height="210mm" viewBox="0 0 {WIDE} {HIGH}">',
        f'<rect width="{WIDE}" height="{HIGH}" fill="#ffffff"/>',
        *(
            f'<rect x="{b.x:.2f}" y="{b.y:.2f}" width="{b.wide:.2f}" height="{b.high:.2f}" fill="{b.fill}"/>'
            for b in card.boxes
        ),
        f'<image x="{x}" y="{y}" width="{wide:.2f}" height="{high:.2f}" '
        f'href="data:image/jpeg;base64,{base64.b64encode(jpeg.getvalue()).decode()}"/>',
        f'<g font-family="{_FAMILY}">',
        *(_svg_text(text) for text in card.texts),
        *(_svg_frame(frame) for frame in card.frames),
        "</g>",
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _svg_text(text: _Text) -> str:
    anchor = ' text-anchor="end"' if text.right else ""
    return (
        f'<text x="{text.x:.1f}" y="{text.y:.1f}" font-size="{text.size:.1f}" fill="{text.fill}"{anchor}>'
        f"{escape(text.text)}</text>"
    )


def _svg_frame(frame: _Frame) -> str:
    return (
        f'<rect x="{frame.x:.1f}" y="{frame.y:.1f}" width="{frame.wide:.1f}" height="{frame.high:.1f}" '
        f'fill="none" stroke="#ffffff" stroke-width="{_LINE}"/>'
        f'<text x="{frame.x + 8:.1f}" y="{frame.y + _WORD + 4:.1f}" font-size="{_WORD}" fill="#ffffff" '
        f'stroke="{_INK}" stroke-width="3" paint-order="stroke">{escape(frame.word)}</text>'
    )


def png_card(look: Look) -> bytes:
    """The card as PNG, 1480 x 2100 pixels at 254 dpi."""
    from PIL import Image, ImageDraw

    card = _laid_out(look)
    image = Image.new("RGB", (WIDE, HIGH), "#ffffff")
    draw = ImageDraw.Draw(image)
    for box in card.boxes:
        edges = (round(box.x), round(box.y), round(box.x + box.wide) - 1, round(box.y + box.high) - 1)
        if edges[2] >= edges[0]:
            draw.rectangle(edges, fill=box.fill)
    x, y, wide, high = (round(edge) for edge in card.photo)
    image.paste(Image.fromarray(look.photo.pixels).resize((max(1, wide), max(1, high))), (x, y))
    for frame in card.frames:
        edges = (round(frame.x), round(frame.y), round(frame.x + frame.wide), round(frame.y + frame.high))
        draw.rectangle(edges, outline="#ffffff", width=_LINE)
        at = (frame.x + 8, frame.y + _WORD + 4)
        draw.text(at, frame.word, "#ffffff", _font(_WORD), "ls", stroke_width=2, stroke_fill=_INK)
    for text in card.texts:
        draw.text(
            (text.x, text.y),
            text.text,
            fill=text.fill,
            font=_font(text.size),
            anchor="rs" if text.right else "ls",
        )
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(254, 254))
    return out.getvalue()


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's built-in font, Aileron, at a size in pixels."""
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _laid_out(look: Look) -> _Card:
    swatches = look.subject.palette.swatches
    boxes, left = [], 0.0
    for swatch in swatches:
        boxes.append(_Box(left, 0, swatch.share * WIDE, _FIELDS, swatch.hex))
        left += swatch.share * WIDE
    pixels_high, pixels_wide = look.photo.pixels.shape[:2]
    scale = _PHOTO / max(pixels_high, pixels_wide)
    photo = (_MARGIN, _TOP, pixels_wide * scale, pixels_high * scale)
    texts: list[_Text] = []
    row = min(104.0, (_BOTTOM - _TOP) / len(swatches))
    for number, swatch in enumerate(swatches):
        _add_row(boxes, texts, swatch, _TOP + number * row, row)
    name = PurePath(look.subject.path).name
    texts.append(_fitted(_MARGIN, HIGH - 84, 26, _INK, visible(name), WIDE - 2 * _MARGIN))
    named = f"Colors named by {look.subject.palette.named_by}"
    texts.append(_fitted(_MARGIN, HIGH - 46, 22, _GREY, visible(named), WIDE - 2 * _MARGIN))
    return _Card(boxes, texts, photo, _frames(look, photo))


def _frames(look: Look, photo: tuple[float, float, float, float]) -> list[_Frame]:
    """Frames around the surest things and persons, except for those around nearly the whole picture."""
    x, y, wide, high = photo
    found: list[_Frame] = []
    for label in look.subject.labels:
        region = label.region
        if not region or label.kind not in ("thing", "person") or label.score < _LIKELY:
            continue
        across, down = region.right - region.left, region.bottom - region.top
        if across * down <= _TELLING and len(found) < _FRAMES:
            corner = (x + region.left * wide, y + region.top * high)
            found.append(_Frame(*corner, across * wide, down * high, visible(label.text)))
    return found


def _add_row(boxes: list[_Box], texts: list[_Text], swatch: Swatch, y: float, high: float) -> None:
    """One swatch: a chip, its name, its color and its share, in two lines if there is room."""
    chip = min(high * 0.8, 76)
    boxes.append(_Box(_NAMES, y, chip, chip, swatch.hex))
    if swatch.rgb[0] > 235 and min(swatch.rgb) > 235:  # a white chip needs an edge
        boxes += _edge(_NAMES, y, chip)
    left, right = _NAMES + chip + 26, WIDE - _MARGIN
    share = f"{swatch.share:.0%}" if swatch.share >= 0.01 else "<1%"
    two = high >= 70
    size = 40 if two else min(30.0, high * 0.62)
    base = y + (34 if two else chip * 0.5 + size * 0.36)
    texts.append(_fitted(left, base, size, _INK, visible(swatch.name), right - left - (0 if two else 270)))
    if two:
        texts += [_Text(left, y + 72, 26, _GREY, swatch.hex), _Text(left + 130, y + 72, 26, _GREY, share)]
    else:
        texts.append(_Text(right - 80, base, size * 0.8, _GREY, swatch.hex, right=True))
        texts.append(_Text(right, base, size * 0.8, _GREY, share, right=True))


def _edge(x: float, y: float, side: float) -> list[_Box]:
    """A thin grey line round a chip."""
    line, grey = 2, "#cccccc"
    return [
        _Box(x, y, side, line, grey),
        _Box(x, y + side - line, side, line, grey),
        _Box(x, y, line, side, grey),
        _Box(x + side - line, y, line, side, grey),
    ]


def _fitted(x: float, y: float, size: float, fill: str, text: str, room: float) -> _Text:
    """A line of text, made smaller and finally truncated to fit the room."""
    while _font(size).getlength(text) > room and size > 18:
        size -= 2
    if _font(size).getlength(text) > room:
        while text and _font(size).getlength(text + "...") > room:
            text = text[:-1]
        text += "..."
    return _Text(x, y, size, fill, text)
