"""The receipt press: poems as an ESC/POS job for a receipt printer."""

from __future__ import annotations

import gzip
import logging
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from photopoem.errors import PhotoError, PressError, UsageError
from photopoem.photo.reading import read_photo
from photopoem.poem import Poem, colophon
from photopoem.press.pictures import find_photo, photo_name
from photopoem.text.clean import Shown, clean, is_blank, listed, show
from photopoem.text.wrap import balance_columns, columns_of, width_of, wrap_columns

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFont import FreeTypeFont


# Code pages that printers agree on and whose first half is ASCII. Right-to-left and joined scripts are left out,
# and Japanese ones, in which a backslash is a yen sign.
CODE_PAGES = frozenset(
    "CP437 CP737 CP775 CP850 CP852 CP857 CP858 CP860 CP863 CP865 CP866 CP1250 CP1251 CP1252 CP1253 CP1254 "
    "CP1257 ISO_8859-1 ISO_8859-2 ISO_8859-7 ISO_8859-15".split()
)
# Thirty-two columns fit on any paper; the default profile does not know the printer.
SAFE_COLUMNS = 32
DOTS_PER_MM = 8  # of most receipt printers: 203 dpi
HIGHEST = 160  # the most paper for a photograph, in mm
_FEED, _FEED_TO_CUT = (
    4,
    6,
)  # empty rows after a poem without a cut, and those that python-escpos feeds before a cut
_STRIP = 120  # rows of dots sent at once, because a small printer's memory holds no more


class ReceiptPress:
    """Makes one job of all poems, with a cut after each.

    `profile` is a printer's name among python-escpos's profiles; `columns` (32, 42 or 48) overrides the profile's;
    `photo` prints the photograph above, in dots; `cut` cuts the paper; `colophon` says how it was made. A poem with
    characters that the profile's code pages lack is printed as an image of its letters.
    """

    name = "receipt"
    suffix = ".bin"

    def __init__(
        self,
        profile: str = "default",
        columns: int | None = None,
        photo: bool = False,
        cut: bool = True,
        colophon: bool = True,
    ) -> None:
        self.profile = _profile(profile)
        self._chosen = columns is not None or profile != "default"
        self.columns = columns or (SAFE_COLUMNS if profile == "default" else self.profile.get_columns("a"))
        if not 16 <= self.columns <= 96:
            raise UsageError(f"{self.columns} columns: a receipt has 32, 42 or 48")
        self.dots = _dots(self.profile, self.columns)
        self._encoder = _encoder(self.profile)
        self._can_print: dict[str, bool] = {}
        self.photo = photo
        self.cut = cut
        self.colophon = colophon

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """Characters that are printed as an image, as a box or not at all, by poem."""
        remarks = [f"{photo_name(poem)}: {what}" for poem in poems for what in self._remarks(poem)]
        gone = [poem for poem in poems if self.photo and find_photo(poem, photos) is None]
        return remarks + [
            f"{photo_name(poem)}: the photograph is not there; printed without it" for poem in gone
        ]

    def press(self, poems: Sequence[Poem], *, photos: Path | None = None) -> bytes:
        """One job. Raises `PressError` if an image is needed and the profile's printer cannot print any."""
        return b"".join(self._job(poem, photos) for poem in poems)

    def _remarks(self, poem: Poem) -> list[str]:
        shown = self._shown("".join(self._texts(poem)))
        lost = without_glyph(shown.missing)
        boxes = [f"nothing prints {listed(lost)}; it becomes an empty box"] if lost else []
        return boxes + list(
            replace(shown, missing=shown.missing - lost).remarks(
                "the printer lacks {}; the poem is printed as an image", "printed without accents: {}"
            )
        )

    def advice(self, poems: Sequence[Poem]) -> list[str]:
        """A hint that wider paper would keep lines whole, unless the width was set."""
        lines = [clean(str(line)) for poem in poems for line in poem.lines]
        wide = sum(width_of(line) > self.columns for line in lines)
        if self._chosen or not wide:
            return []
        return [
            f"{wide} of {len(lines)} lines are wider than {self.columns} columns and go on in the next row; "
            "paper of 80 mm has room for --columns 42 or 48"
        ]

    def _texts(self, poem: Poem) -> list[str]:
        """Title, lines and colophon, as they were written."""
        foot = colophon(poem) if self.colophon else ""
        return [str(poem.title), *map(str, poem.lines), foot]

    def _shown(self, text: str) -> Shown:
        # Only signs are replaced, because accents matter more than the printer's own font.
        return show(text, self._can_show, letters=False)

    def _can_show(self, char: str) -> bool:
        if char not in self._can_print:
            # No-break and wide spaces have other codes, or none, on each printer.
            known = any(self._encoder.can_encode(page, char) for page in self._encoder.codepages)
            self._can_print[char] = char == " " or (known and not is_blank(char))
        return self._can_print[char]

    def _job(self, poem: Poem, photos: Path | None) -> bytes:
        printer = _printer(self.profile)
        printer.hw("INIT")
        # FS . ends the two-byte mode of printers for China and Japan, in which é and ö are half a character.
        printer._raw(b"\x1c.")
        if self.photo and (picture := self._picture_of(poem, photos)):
            self._print_picture(printer, picture)
            printer.text("\n")
        blocks, drawn = self._set(poem)
        if drawn:
            self._print_picture(printer, draw_lines(_with_gaps(blocks), self.dots))
        else:
            _print_text(printer, blocks, bold_first=bool(str(poem.title).strip()))
        if self.cut:
            printer.cut()
        else:
            printer.print_and_feed(_FEED)
        return bytes(printer.output)

    def _set(self, poem: Poem) -> tuple[list[list[str]], bool]:
        """The rows of title, lines and colophon, and whether they must be printed as an image of their letters."""
        title, *lines, foot = [self._shown(text) for text in self._texts(poem)]
        blocks = [wrap_columns(title.text, self.columns, blanks=True)] if title.text.strip() else []
        rows = (balance_columns(line.text, self.columns, "  ", blanks=True) for line in lines)
        blocks += [[row for some in rows for row in some]]
        blocks += [wrap_columns(foot.text, self.columns)] if foot.text else []
        return blocks, any(shown.missing for shown in (title, *lines, foot))

    def length(self, poems: Sequence[Poem], *, photos: Path | None = None) -> float:
        """The length of the paper in centimetres, with dots of an eighth of a millimetre (203 dpi)."""
        return sum(self._dots_high(poem, photos) for poem in poems) / DOTS_PER_MM / 10

    def _dots_high(self, poem: Poem, photos: Path | None) -> int:
        picture = self._picture_of(poem, photos) if self.photo else None
        rows = len(_with_gaps(self._set(poem)[0])) + (_FEED_TO_CUT if self.cut else _FEED)
        return rows * LINE + (picture.height + LINE if picture else 0)

    def preview(self, poem: Poem, photos: Path | None = None) -> Image:
        """The paper as a picture, one pixel per dot, in the bitmap fonts rather than the printer's own."""
        from PIL import Image

        above = self._picture_of(poem, photos) if self.photo else None
        parts = [*([above] if above else []), draw_lines(_with_gaps(self._set(poem)[0]), self.dots)]
        high = sum(part.height for part in parts) + LINE * (len(parts) + 1)
        strip, y = Image.new("1", (self.dots + 2 * LINE, high), 1), LINE
        for part in parts:
            strip.paste(part, (LINE, y))
            y += part.height + LINE
        return strip

    def _picture_of(self, poem: Poem, photos: Path | None) -> Image | None:
        path = find_photo(poem, photos)
        return dithered(path, self.dots) if path else None

    def _print_picture(self, printer: Any, picture: Image) -> None:
        ways = [way for way in ("bitImageRaster", "graphics", "bitImageColumn") if self.profile.supports(way)]
        if not ways:
            raise PressError("this printer profile prints no pictures, and a poem needs one: choose another")
        printer.image(picture, impl=ways[0], fragment_height=_STRIP)


def _with_gaps(blocks: Sequence[Sequence[str]]) -> list[str]:
    """The rows of all blocks, separated by an empty row."""
    rows = [row for block in blocks for row in (*block, "")]
    return rows[:-1]


def _print_text(printer: Any, blocks: Sequence[Sequence[str]], *, bold_first: bool) -> None:
    for number, block in enumerate(blocks):
        printer.set(bold=bold_first and number == 0)
        for row in block:
            printer.text(row + "\n")
        if number < len(blocks) - 1:
            printer.text("\n")


def dithered(path: Path, width: int) -> Image | None:
    """The photograph as black dots, `width` wide; None if it is gone or cannot be read.

    It takes at most `HIGHEST` millimetres of paper. A taller picture is made narrower, with white at its sides; one
    that would be narrower than half the paper is cropped to its middle.
    """
    from PIL import Image, ImageOps

    try:
        photo = read_photo(path)
    except PhotoError:
        return None
    gray = ImageOps.autocontrast(Image.fromarray(photo.pixels).convert("L"), cutoff=1)
    highest = round(HIGHEST * DOTS_PER_MM)
    room = max(1, gray.width * highest // (width // 2))
    if gray.height > room:
        top = (gray.height - room) // 2
        gray = gray.crop((0, top, gray.width, top + room))
    high = min(highest, max(1, round(width * gray.height / gray.width)))
    wide = min(width, max(1, round(high * gray.width / gray.height)))
    # Dots on thermal paper run together, so gray must be sent lighter.
    lighter = gray.resize((wide, high), Image.Resampling.LANCZOS).point(
        lambda v: round(255 * (v / 255) ** 0.75)
    )
    paper = Image.new("1", (width, high), 1)
    paper.paste(lighter.convert("1"), ((width - wide) // 2, 0))
    return paper


# -- python-escpos --------------------------------------------------------------------------------------


def _escpos() -> Any:
    """python-escpos's capabilities, without the side effects of its import: a log handler, a folder."""
    if "escpos.capabilities" in sys.modules:
        return sys.modules["escpos.capabilities"]
    before = logging.root.handlers[:]
    from escpos import capabilities

    logging.root.handlers[:] = before
    if Path(capabilities.pickle_dir).name.startswith("tmp"):
        shutil.rmtree(capabilities.pickle_dir, ignore_errors=True)
    return capabilities


def profiles() -> list[str]:
    """The names of all printer profiles."""
    return sorted(_escpos().CAPABILITIES["profiles"])


def _profile(name: str) -> Any:
    capabilities = _escpos()
    if name not in capabilities.CAPABILITIES["profiles"]:
        raise UsageError(f"there is no printer profile {name!r}; there are {', '.join(profiles())}")
    return capabilities.get_profile(name)


def _dots(profile: Any, columns: int) -> int:
    """The width of an image in dots: a multiple of 8, at most that of the columns and of the profile."""
    dots = columns * COLUMN
    known = profile.profile_data["media"]["width"].get("pixels")
    if isinstance(known, int):
        dots = min(dots, known)
    return dots - dots % 8


def _encoder(profile: Any) -> Any:
    from escpos.magicencode import Encoder

    slots = sorted((int(slot), name) for slot, name in profile.codePages.items() if name in CODE_PAGES)
    # A clone most likely has the lowest slot of a code page; ASCII is the same in all.
    pages = {name: slot for slot, name in reversed(slots)} or {"CP437": 0}
    return Encoder(pages)


def _printer(profile: Any) -> Any:
    from escpos.printer import Dummy

    printer = Dummy(magic_encode_args={"encoder": _encoder(profile)})
    # Our images already have the right width; for a profile of unknown width, `image` prints a warning.
    data = {**profile.profile_data, "media": {"width": {}}}
    printer.profile = type("Known", (type(profile),), {"profile_data": data})()
    return printer


# -- letters as dots ------------------------------------------------------------------------------------

COLUMN, ROW = 12, 24  # dots of one letter, as in font A of nearly every receipt printer
LINE = 30  # dots from line to line, the usual default
_FIRST = "ter-u24b_unicode.pcf.gz"  # Latin, Greek, Cyrillic
_REST = "unifont_jp.hex.gz"  # 16 dots high, the whole basic plane


def has_glyph(char: str) -> bool:
    """Whether the bitmap fonts have this character."""
    return char == " " or _first_has(char) or _hex_of(char) is not None


def draw_lines(lines: Sequence[str], width: int) -> Image:
    """The lines, black on white, `width` dots wide, 30 dots per line. Missing glyphs are empty boxes."""
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
    """One character as a mask of its ink: 12 or 24 dots wide, 24 high."""
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
    # 16 dots become 24; the threshold keeps strokes of one dot at one or two.
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
    # U+FFFF is not a character, so a font draws its glyph for missing characters.
    return _first_glyph(char).tobytes() != _first_glyph("\uffff").tobytes()


@cache
def _all_hex() -> bytes:
    return b"\n" + gzip.decompress((files("photopoem") / "data" / "fonts" / _REST).read_bytes())


def _hex_of(char: str) -> str | None:
    """A character's bits in the second font: 16 rows of 8 or 16 dots, as hexadecimal digits."""
    key = f"\n{ord(char):04X}:".encode()
    data = _all_hex()
    start = data.find(key)
    if start < 0:
        return None
    start += len(key)
    return data[start : data.index(b"\n", start)].decode()


def without_glyph(text: Iterable[str]) -> frozenset[str]:
    """The characters that the bitmap fonts lack."""
    return frozenset(char for char in text if not has_glyph(char))
