"""Draws a look on a terminal: picture, palette, labels, moment, and the words that a poem may use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from photopoem.look import Look, words_of
from photopoem.text.terminal import visible
from photopoem.text.wrap import wrap_columns
from photopoem.vocabulary import CERTAIN

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from photopoem.photo.reading import Pixels

WIDEST = 100
"""A page is no wider than this, in columns, however wide the terminal."""
NARROWEST = 20
"""A page is no narrower than this; a narrower terminal breaks its lines."""
_ROWS = 20  # of the picture: with what is said below it fits a terminal of 50 rows
_BAR = 20
_EIGHTHS = " ▏▎▍▌▋▊▉"


def draw(look: Look, console: Console) -> None:
    """Draw one look. Where the terminal has no color the picture and the strip are left out: nothing would be seen."""
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
    """The picture as upper half blocks, two pixels to a character: its own color above, the next row's below."""
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
    """How many of `width` columns each share gets: in all exactly `width`, and none less than one.

    By largest remainders (A. Hamilton, 1792). Shares add to 1; there are at most `width` of them.
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
    """A row for each swatch: color, name, share, hex, distance, basic term, place and the other names near it."""
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
    """A row for each label: the word, its score as a bar, the score, its kind, its color and how certain that is."""
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
    """What else there is to say of the picture, by title."""
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
    """A title and what it says, whose further lines stand under the first."""
    lines = wrap_columns(told, max(20, width - 12))
    return _plain(f"{title:<12}", "dim").append(("\n" + " " * 12).join(lines), "not dim")
