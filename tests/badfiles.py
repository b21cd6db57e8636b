"""Makes the thirty kinds of bad files that a folder of photographs may hold, each with the expected cause in the
message.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from functools import cache
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

DAMAGED = "damaged or cut short"
FAST = {"preset": "ultrafast"}
"""For the encoder of HEIC, which by default takes ten times as long."""
RAW = "camera raw: export a JPEG, or install photopoem[raw]"


def picture(size: tuple[int, int] = (96, 64), seed: int = 0) -> Image.Image:
    """A small picture with something in it: two gradients and some grain."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    grain = np.random.default_rng(seed).integers(0, 24, (height, width))
    bands = (x * 230 // max(width - 1, 1), y * 230 // max(height - 1, 1), (x + y) * 115 // (width + height))
    return Image.fromarray(
        np.stack([(band + grain).clip(0, 255) for band in bands], axis=-1).astype(np.uint8)
    )


def encoded(format: str, image: Image.Image | None = None, **options: object) -> bytes:
    """A picture as a file's bytes."""
    out = io.BytesIO()
    if format == "HEIF":  # photopoem reads with pi-heif, which cannot write
        pillow_heif.from_pillow(image or picture()).save(out, enc_params=FAST, **options)
        return out.getvalue()
    (image or picture()).save(out, format, **options)
    return out.getvalue()


def half(data: bytes) -> bytes:
    """The first half of a file."""
    return data[: len(data) // 2]


def png(width: int, height: int, *chunks: tuple[bytes, bytes], rows: bytes = b"") -> bytes:
    """A PNG of one bit a pixel with a true header and whatever follows."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    all_chunks = ((b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in all_chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def png_bomb() -> bytes:
    """A whole, valid PNG of 196 million pixels in 25 kilobytes."""
    side = 14_000
    return png(side, side, rows=bytes((1 + (side + 7) // 8) * side))


def jpeg_bomb() -> bytes:
    """A JPEG that says it is 65,000 pixels wide and high."""
    data = bytearray(encoded("JPEG"))
    start = data.index(b"\xff\xc0")
    data[start + 5 : start + 9] = struct.pack(">HH", 65_000, 65_000)
    return bytes(data)


def text_bomb() -> bytes:
    """A small PNG whose comment unpacks to 80 MB, and whose rows are missing."""
    return png(8, 8, (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(80_000_000), 9)))


def tiff(tags: dict[int, int | bytes | tuple[int, ...]], **options: object) -> bytes:
    """A TIFF of 64 x 48 pixels with more tags: what camera raw looks like to a reader of TIFF."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    directory = ImageFileDirectory_v2()
    for tag, value in tags.items():
        directory[tag] = value
    return encoded("TIFF", picture((64, 48)), tiffinfo=directory, **options)


def scrambled(data: bytes, start: int, length: int) -> bytes:
    """A file with a stretch of nonsense in it."""
    return data[:start] + b"\xff\x07" * (length // 2) + data[start + length // 2 * 2 :]


def dng() -> bytes:
    """The thumbnail that Pillow would show of a DNG."""
    return tiff({50706: b"\x01\x04\0\0", 254: 1})


@cache
def bad_files() -> dict[str, tuple[bytes, str]]:
    """Name -> content and expected cause, for files that are recognized by their content."""
    jpeg, whole_tiff = encoded("JPEG"), encoded("TIFF")
    lzw = encoded("TIFF", compression="tiff_lzw")
    heic, avif = encoded("HEIF"), encoded("AVIF")
    return {
        "empty.jpg": (b"", "empty"),
        "one-byte.jpg": (b"\xff", "not a picture"),
        "random.jpg": (np.random.default_rng(3).bytes(5000), "not a picture"),
        "half.jpg": (half(jpeg), DAMAGED),
        "header.jpg": (jpeg[:100], DAMAGED),
        "scrambled.jpg": (jpeg[:20] + bytes(2000), DAMAGED),
        "half.png": (half(encoded("PNG")), DAMAGED),
        "checksum.png": (scrambled(encoded("PNG"), 60, 400), DAMAGED),
        "no-pixels.png": (png(0, 0), DAMAGED),
        "half.webp": (half(encoded("WEBP")), DAMAGED),
        "half.gif": (half(encoded("GIF")), DAMAGED),
        "half.bmp": (half(encoded("BMP")), DAMAGED),
        "half.tif": (whole_tiff[:-3000], DAMAGED),
        "scrambled-lzw.tif": (scrambled(lzw, 40, 600), DAMAGED),
        "half.heic": (half(heic), DAMAGED),
        "half.avif": (half(avif), DAMAGED),
        "bomb.png": (png_bomb(), "save it smaller"),
        "bomb.jpg": (jpeg_bomb(), "save it smaller"),
        "comment-bomb.png": (text_bomb(), DAMAGED),
        "letter.jpg": (b"Dear all, the photographs are in the mail.\n", "text"),
        "page.jpg": (b"<!DOCTYPE html><title>404</title>", "a web page"),
        "document.jpg": (b"%PDF-1.7\n" + bytes(200), "a PDF document"),
        "office.png": (b"PK\x03\x04" + bytes(200), "a ZIP archive"),
        "film.heic": (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(200), "a video"),
        "raw.dng": (dng(), RAW),
        "raw.nef": (tiff({}), RAW),
        "raw-called.tif": (dng(), RAW),
        "raw.raf": (b"FUJIFILMCCD-RAW 0201FF383501" + bytes(500), RAW),
    }


def make_bad_files(folder: Path) -> dict[Path, str]:
    """Thirty bad files in `folder`: path -> the expected cause in its message.

    The last two are a photograph that was deleted after it was listed, and a pipe, on which a careless reader waits
    forever. Some names are as bad as their files.
    """
    made: dict[Path, str] = {}
    folder.mkdir(parents=True, exist_ok=True)
    names = {"one-byte.jpg": "one\nbyte \x1b[31m.jpg", "random.jpg": os.fsdecode(b"random \xff\xfe.jpg")}
    for name, (data, cause) in bad_files().items():
        path = folder / names.get(name, name)
        path.write_bytes(data)
        made[path] = cause
    gone, pipe = folder / "vanished.jpg", folder / "pipe.jpg"
    gone.symlink_to(folder / "not-there.jpg")
    os.mkfifo(pipe)
    return made | {gone: "no such file", pipe: "a pipe"}
