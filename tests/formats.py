"""A picture in every kind of file that photopoem reads, and in some that it does not, at any size."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

from tests.badfiles import FAST, encoded

FIELD = Path(__file__).parent / "data" / "field"
Make = Callable[[int], bytes]
"""From the side of a square picture in pixels to a file."""


def striped(mode: str, side: int, shift: int = 0) -> Image.Image:
    """A square picture of a few dozen stripes; `shift` gives another one."""
    down, across = ((np.arange(side) * count // side * 5).astype(np.uint8) for count in (20, 30))
    stripes = np.add.outer(down, across + np.uint8(40 * shift))
    if mode == "F":
        return Image.fromarray(stripes / np.float32(stripes.max()))
    if mode in ("I;16", "I"):
        return Image.fromarray(stripes * (np.uint16(200) if mode == "I;16" else np.int32(200)))
    gray = Image.fromarray(stripes)
    if mode == "P":
        gray.putpalette(bytes(range(256)) * 3)
        return gray
    if mode in ("RGBA", "LA"):
        color = gray.convert(mode[:-1])
        color.putalpha(gray)
        return color
    return gray.convert("RGB").convert(mode)


def _made(format: str, mode: str, **options: object) -> Make:
    return lambda side: encoded(format, striped(mode, side), **options)


def _lzw(mode: str) -> Make:
    """A TIFF whose only strip is the whole picture."""
    return _made("TIFF", mode, compression="tiff_lzw", strip_size=1 << 30)


def _frames(format: str, mode: str, count: int, **options: object) -> Make:
    """A file of several pictures: an animation, or the views of a camera with two lenses."""

    def make(side: int) -> bytes:
        more = [striped(mode, side, shift) for shift in range(1, count)]
        return encoded(format, striped(mode, side), save_all=True, append_images=more, **options)

    return make


def _ten_bits(side: int) -> bytes:
    """A HEIC of ten bits a channel."""
    values = np.asarray(striped("RGB", side)).astype(np.uint16) * 257
    out = io.BytesIO()
    pillow_heif.from_bytes("RGB;16", (side, side), values.tobytes()).save(out, quality=30, enc_params=FAST)
    return out.getvalue()


def _png(side: int, bits: int, kind: int, rows: bytes, interlaced: bool = False) -> bytes:
    """A PNG of a depth and a kind of color that Pillow does not write."""
    header = struct.pack(">IIBBBBB", side, side, bits, kind, 0, 0, interlaced)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def _deep_png(mode: str) -> Make:
    """A PNG of 16 bits in each channel."""

    def make(side: int) -> bytes:
        values = np.asarray(striped(mode, side)).astype(">u2") * 257
        rows = np.zeros((side, 1 + values[0].nbytes), np.uint8)  # each begins with its filter, none
        rows[:, 1:] = values.reshape(side, -1).view(np.uint8)
        return _png(side, 16, 6 if mode == "RGBA" else 2, rows.tobytes())

    return make


def _interlaced_png(side: int) -> bytes:
    """A PNG in Adam7's seven passes."""
    values = np.asarray(striped("RGB", side))
    passes = (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    )
    rows = [
        b"\0" + row.tobytes() for top, left, down, right in passes for row in values[top::down, left::right]
    ]
    return _png(side, 8, 2, b"".join(rows), interlaced=True)


def _bmp(side: int, bits: int, compression: int, data: bytes) -> bytes:
    """A BMP of 16 grays."""
    palette = b"".join(bytes((gray, gray, gray, 0)) for gray in range(0, 256, 17))
    start = 54 + len(palette)
    info = struct.pack("<IiiHHIIiiII", 40, side, side, 1, bits, compression, len(data), 0, 0, 16, 0)
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + info + palette + data


def _rle8(side: int) -> bytes:
    """A BMP in runs of a few pixels."""
    long = max(1, side // 96)
    row = b"".join(bytes((long, across % 16)) for across in range(side // long)) + b"\0\0"
    return _bmp(side, 8, 1, row * side + b"\0\1")


def _rle4(side: int) -> bytes:
    long = max(2, side // 48 & ~1)
    row = bytes((long, 0x5A)) * (side // long) + b"\0\0"
    return _bmp(side, 4, 2, row * side + b"\0\1")


def _kept(name: str) -> Make:
    """A file that no library here can write; it has one size."""
    return lambda _side: (FIELD / name).read_bytes()


READ: dict[str, Make] = {
    "JPEG": _made("JPEG", "RGB"),
    "JPEG, gray": _made("JPEG", "L"),
    "JPEG, CMYK": _made("JPEG", "CMYK"),
    "progressive JPEG": _made("JPEG", "RGB", progressive=True),
    "progressive JPEG, full color": _made("JPEG", "RGB", progressive=True, subsampling=0),
    "progressive JPEG, CMYK": _made("JPEG", "CMYK", progressive=True),
    "arithmetic JPEG": _kept("arithmetic.jpg"),
    "arithmetic progressive JPEG": _kept("arithmetic-progressive.jpg"),
    "MPO": _frames("MPO", "RGB", 3),
    "PNG": _made("PNG", "RGB", compress_level=1),
    "PNG, alpha": _made("PNG", "RGBA", compress_level=1),
    "PNG, gray and alpha": _made("PNG", "LA", compress_level=1),
    "PNG, 16 bits": _made("PNG", "I;16", compress_level=1),
    "PNG, 16 bits, color": _deep_png("RGB"),
    "PNG, 16 bits, color and alpha": _deep_png("RGBA"),
    "PNG, interlaced": _interlaced_png,
    "PNG, palette": _made("PNG", "P", compress_level=1),
    "PNG, transparent palette": _made("PNG", "P", compress_level=1, transparency=3),
    "PNG, black and white": _made("PNG", "1"),
    "APNG": _frames("PNG", "RGB", 3, compress_level=1),
    "TIFF": _made("TIFF", "RGB"),
    "TIFF, float": _made("TIFF", "F"),
    "TIFF, 32 bits": _made("TIFF", "I"),
    "TIFF, 16 bits": _made("TIFF", "I;16"),
    "TIFF, LAB": _made("TIFF", "LAB"),
    "TIFF, CMYK": _made("TIFF", "CMYK"),
    "TIFF, alpha": _made("TIFF", "RGBA", compression="tiff_deflate"),
    "TIFF, JPEG inside": _made("TIFF", "RGB", compression="jpeg"),
    "TIFF, fax": _made("TIFF", "1", compression="group4"),
    "TIFF, one strip": _lzw("RGB"),
    "TIFF, one strip of floats": _lzw("F"),
    "TIFF, pages": _frames("TIFF", "RGB", 3, compression="tiff_lzw"),
    "GIF": _made("GIF", "P"),
    "GIF, transparent": _made("GIF", "P", transparency=3),
    "GIF, animated": _frames("GIF", "P", 3),
    "BMP": _made("BMP", "RGB"),
    "BMP, runs of 8 bits": _rle8,
    "BMP, runs of 4 bits": _rle4,
    "DIB": _made("DIB", "RGB"),
    "WebP": _made("WEBP", "RGB", method=0),
    "WebP, lossless": _made("WEBP", "RGB", method=0, lossless=True, quality=0),
    "WebP, lossless, alpha": _made("WEBP", "RGBA", method=0, lossless=True, quality=0),
    "WebP, animated": _frames("WEBP", "RGB", 3, method=0),
    "AVIF": _made("AVIF", "RGB", speed=10),
    "AVIF, alpha, full color": _made("AVIF", "RGBA", speed=10, subsampling="4:4:4"),
    "AVIF, animated": _frames("AVIF", "RGB", 3, speed=10),
    "HEIC": _made("HEIF", "RGB", quality=30),
    "HEIC, alpha": _made("HEIF", "RGBA", quality=30),
    "HEIC, ten bits": _ten_bits,
}  # fmt: skip
"""What photopoem reads."""

REFUSED: dict[str, Make] = {
    "JPEG 2000": _made("JPEG2000", "RGB"),
    "ICO": lambda side: encoded("ICO", striped("RGB", side), sizes=[(min(side, 256), min(side, 256))]),
    "ICO, large": lambda side: _icon(_made("PNG", "RGB", compress_level=1)(side)),
    "PPM": _made("PPM", "RGB"),
    "TGA": _made("TGA", "RGB"),
    "PCX": _made("PCX", "RGB"),
    "ICNS": lambda side: encoded("ICNS", striped("RGB", min(side, 512))),
    "PDF": _made("PDF", "RGB"),
    "EPS": _made("EPS", "RGB"),
}
"""What Pillow could read, and photopoem does not."""


def _icon(png: bytes) -> bytes:
    """An icon that holds a PNG of any size and says nothing of that."""
    return struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(png), 22) + png
