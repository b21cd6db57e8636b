"""Lines of text as bitmaps, in the size of a receipt printer's own letters, for what its code pages lack."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from photopoem.text.wrap import columns_of

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont

COLUMN, ROW = 12, 24  # dots of one letter: those of font A of nearly every receipt printer
LINE = 30  # dots from line to line: their default feed
_FIRST = "ter-u24b_unicode.pcf.gz"  # Latin, Greek, Cyrillic
_REST = "unifont_jp.hex.gz"  # 16 dots high, the whole basic plane


def has_glyph(char: str) -> bool:
    """Whether a bitmap can be made of this character."""
    return char == " " or _first_has(char) or _hex_of(char) is not None


def draw_lines(lines: Sequence[str], width: int) -> Image:
    """The lines, black on white, `width` dots wide, 30 dots a line. What has no glyph is an empty box."""
    from PIL import Image

    picture = Image.new("1", (width, LINE * len(lines)), 1)
    for number, line in enumerate(lines):
        x = 0
        for char in line:
            step = columns_of(char) * COLUMN
            at = (x if step else max(0, x - COLUMN), number * LINE + (LINE - ROW) // 2)
            picture.paste(0, at, glyph(char))
            x += step
    return picture


@cache
def glyph(char: str) -> Image:
    """One character as a mask, set where there is ink: 12 or 24 dots wide, 24 high."""
    from PIL import Image

    size = (COLUMN * max(1, columns_of(char)), ROW)
    if char == " ":
        return Image.new("1", size)
    if _first_has(char):
        return _first_glyph(char)
    digits = _hex_of(char)
    if digits is None:
        return _box(size)
    wide = len(digits) * 4 // 16
    small = Image.frombytes("1", (wide, 16), bytes.fromhex(digits)).convert("L")
    # 16 dots become 24; the threshold keeps strokes of one dot between one and two.
    large = small.resize((wide * 3 // 2, ROW), Image.Resampling.BICUBIC).point(lambda ink: 255 * (ink > 105))
    return large.convert("1", dither=Image.Dither.NONE).crop((0, 0, *size))


def _box(size: tuple[int, int]) -> Image:
    from PIL import Image, ImageDraw

    box = Image.new("1", size)
    ImageDraw.Draw(box).rectangle((1, 3, size[0] - 3, size[1] - 5), outline=1)
    return box


@cache
def _font() -> FreeTypeFont:
    from PIL import ImageFont

    with as_file(files("photopoem") / "data" / "fonts" / _FIRST) as path:
        return ImageFont.truetype(str(path), ROW, layout_engine=ImageFont.Layout.BASIC)


def _first_glyph(char: str) -> Image:
    from PIL import Image, ImageDraw

    mask = Image.new("1", (COLUMN, ROW))
    ImageDraw.Draw(mask).text((0, 0), char, font=_font(), fill=1)
    return mask


@cache
def _first_has(char: str) -> bool:
    if columns_of(char) != 1:
        return False
    # U+FFFF is no character: a font draws for it what it draws for all that it lacks.
    return _first_glyph(char).tobytes() != _first_glyph("\uffff").tobytes()


@cache
def _all_hex() -> bytes:
    return b"\n" + gzip.decompress((files("photopoem") / "data" / "fonts" / _REST).read_bytes())


def _hex_of(char: str) -> str | None:
    """The bits of a character in the second font: 16 rows of 8 or 16 dots, as hexadecimal digits."""
    key = f"\n{ord(char):04X}:".encode()
    data = _all_hex()
    start = data.find(key)
    if start < 0:
        return None
    start += len(key)
    return data[start : data.index(b"\n", start)].decode()


def without_glyph(text: Iterable[str]) -> frozenset[str]:
    """Those characters no bitmap can be made of."""
    return frozenset(char for char in text if not has_glyph(char))
