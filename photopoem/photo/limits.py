"""Limits the memory and time for one photograph by its header, before anything is decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MOST_MEMORY = 600_000_000
"""The most bytes of memory for opening one photograph. With the labeller, a process then stays below one gigabyte."""

MOST_SCANNED = 2_000_000_000
"""The most pixels that all scans of a JPEG may cover together: ten scans of 200 megapixels.

For a scan of a few bytes the decoder goes over the whole picture; 20,000 scans took minutes.
"""

MOST_SEGMENTS = 10_000
"""The most segments before the picture of a JPEG, each of up to 64 KB."""

MOST_CHUNKS = 10_000
"""The most chunks of a PNG besides its pixels, and blocks of a GIF before its picture; each becomes an object."""

MOST_PIECES = 200_000
"""The most chunks of pixels of a PNG. Each takes some microseconds even when it is empty."""

MOST_IN_RUNS = 10_000_000
"""The most pixels and bytes of a BMP in runs (RLE). Pillow decodes these in Python, a few million per second."""

MOST_CHUNK = 1 << 26
"""The most bytes of a PNG chunk other than pixels, such as a color profile or text."""

MOST_NUMBERS = 500_000
"""The most numbers in the tags of a TIFF. Each becomes an object, and a sparse file can claim any number."""

MOST_EXIF = 1 << 20
"""The most bytes of EXIF that are read; cameras write up to 64 KB."""

MOST_JUNK = 1 << 16
"""The most bytes between the segments of a JPEG."""

_STANDALONE = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_SCAN, _END = 0xDA, 0xD9
_COEFFICIENT = 2  # bytes

DAMAGED = "damaged or cut short: copy it again from its source"

# Bytes per pixel, measured on pictures of 20 megapixels. Pillow stores RGB in four bytes.
_KEPT = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
_KEPT_ELSE = 4
_TO_GRAY = 1  # gray of more than 8 bits or floating point is copied to 8 bits
_TO_COLOR = 4  # a palette or LAB is copied to RGB
_TO_PREMULTIPLIED = 4  # alpha is premultiplied before a picture is scaled
_DECODER = {"AVIF": 8, "HEIF": 5, "WEBP": 13}  # planes, canvases and copies in addition to Pillow's image


class TooMuchError(Exception):
    """A photograph would need too much memory or time; the message says how much."""


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """The header of a JPEG, up to its first scan.

    `width` and `height` are in pixels, `samples` is the number of samples per pixel over all components. `whole` says
    whether one scan holds all components. `start` is the offset of its bytes in the file.
    """

    width: int
    height: int
    samples: float
    whole: bool
    start: int


def check_header(file: IO[bytes], head: bytes) -> None:
    """Check a file before a decoder opens it, because opening alone can be expensive.

    Raises `TooMuchError`. An invalid header is left to the decoder, which refuses it.
    """
    for magic, check in _CHECKS:
        if head.startswith(magic):
            check(file)
    jpeg = read_jpeg_header(file) if head.startswith(b"\xff\xd8\xff") else None
    _check_memory(memory_to_open(file, head, jpeg))
    if jpeg is not None and not jpeg.whole:
        _check_scans(file, jpeg)


def check_image(image: ImageFile, file: IO[bytes]) -> None:
    """Check whether an opened picture may be decoded, by its format and mode. Raises `TooMuchError`.

    EXIF that is larger than any camera's is dropped.
    """
    if any(tile[0] == "bmp_rle" for tile in image.tile):
        _check_runs(image.size[0] * image.size[1] + _size_of(file))
    if len(image.info.get("exif") or b"") > MOST_EXIF:
        del image.info["exif"]
    _check_memory(memory_to_decode(image, file))


def memory_to_open(file: IO[bytes], head: bytes, jpeg: JpegHeader | None) -> int:
    """The most bytes that a JPEG or WebP takes, by its header; 0 if only the decoder can know."""
    if head.startswith(b"\xff\xd8\xff"):
        # A decoder holds a few rows of a JPEG with one scan, and all coefficients of any other; everything before
        # the picture is kept as well.
        held = jpeg.width * jpeg.height * jpeg.samples * _COEFFICIENT if jpeg and not jpeg.whole else 0
        return int(held) + _size_of(file)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        width, height = _webp_size(head)
        return width * height * (_KEPT_ELSE + _DECODER["WEBP"]) + _size_of(file)
    return 0


def memory_to_decode(image: ImageFile, file: IO[bytes]) -> int:
    """The most bytes that a picture takes until it is scaled down, by its format and mode; 0 for JPEG, see above."""
    if image.format in ("JPEG", "MPO"):
        return 0
    needed = image.size[0] * image.size[1] * (_bytes_a_pixel(image) + _DECODER.get(image.format or "", 0))
    if image.format in _DECODER:
        needed += _size_of(file)  # it is it is read at once
    return needed + (_tiff_chunk(image) if image.format == "TIFF" else 0)


def check_size(file: IO[bytes]) -> None:
    """Check whether a file may be read at once. Raises `TooMuchError`."""
    _check_memory(_size_of(file))


def _bytes_a_pixel(image: ImageFile) -> int:
    """Bytes per pixel in Pillow and in the copies that `develop` makes of the whole picture."""
    mode, kept = image.mode, _KEPT.get(image.mode, _KEPT_ELSE)
    if mode.startswith(("I", "F")):
        return kept + _TO_GRAY
    if "transparency" in image.info or mode in ("PA", "RGBa", "La"):
        return kept + _TO_COLOR + _TO_PREMULTIPLIED
    if mode in ("RGBA", "LA"):
        return kept + _TO_PREMULTIPLIED
    return kept if mode in ("L", "RGB", "CMYK") else kept + _TO_COLOR


def _tiff_chunk(image: ImageFile) -> int:
    """Bytes of the largest strip or tile, which libtiff unpacks in addition to the picture."""
    tags = getattr(image, "tag_v2", {})
    if tags.get(259, 1) == 1:
        return 0  # uncompressed: it is read in small pieces
    bits = tags.get(258, (8,))
    depth = max(4.0, sum(bits if isinstance(bits, tuple) else (bits,)) / 8)
    across, down = _number(tags.get(322)), _number(tags.get(323))
    if not across or not down:
        across, down = image.size[0], min(_number(tags.get(278)) or image.size[1], image.size[1])
    return int(across * down * depth)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _size_of(file: IO[bytes]) -> int:
    position = file.tell()
    size = file.seek(0, 2)
    file.seek(position)
    return size


def _check_memory(needed: float) -> None:
    if needed > MOST_MEMORY:
        raise TooMuchError(
            f"it would take {needed / 1e6:,.0f} MB of memory, more than {MOST_MEMORY // 1_000_000}: save it smaller"
        )


def _webp_size(head: bytes) -> tuple[int, int]:
    """Width and height in the first chunk of a WebP file; zeros if it is invalid."""
    kind, data = head[12:16], head[20:30]
    if len(data) < 10:
        return 0, 0
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[4:7], "little"), 1 + int.from_bytes(data[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF


# -- JPEG ------------------------------------------------------------------------------------------------


def _check_scans(file: IO[bytes], jpeg: JpegHeader) -> None:
    scans = _count_scans(file, jpeg.start)
    if scans * jpeg.width * jpeg.height > MOST_SCANNED:
        raise TooMuchError(f"a JPEG of {scans:,} scans, which would take minutes to decode: save it again")


def read_jpeg_header(file: IO[bytes]) -> JpegHeader | None:
    """The header of a JPEG; None if it has no scan or no frame.

    Raises `TooMuchError` for more segments, or more bytes between them, than any program writes.
    """
    frame, progressive, junk = b"", False, 0
    file.seek(0)
    for _ in range(MOST_SEGMENTS):
        marker, skipped = _next_marker(file, MOST_JUNK - junk)
        junk += skipped
        if marker in _STANDALONE:
            continue
        size = int.from_bytes(file.read(2), "big") - 2
        if marker < 0 or marker == _END or size < 0:
            return None
        if marker == _SCAN:
            return _header(frame, progressive, file.read(size), file.tell())
        if marker in _FRAMES:
            frame, progressive = file.read(size), marker in _PROGRESSIVE
        else:
            file.seek(size, 1)
    raise TooMuchError(DAMAGED)


def _next_marker(file: IO[bytes], most: int) -> tuple[int, int]:
    """The next marker (-1 at the end of the file), and the number of stray bytes before it."""
    for skipped in range(most + 1):
        byte = file.read(1)
        while byte == b"\xff":
            byte = file.read(1)
            if byte not in (b"\xff", b"\0", b""):
                return byte[0], skipped
        if not byte:
            return -1, skipped
    raise TooMuchError(DAMAGED)


def _header(frame: bytes, progressive: bool, scan: bytes, start: int) -> JpegHeader | None:
    """Parse a frame's size and sampling factors, and a scan's number of components (ITU T.81, B.2.2 and B.2.3)."""
    count = frame[5] if len(frame) > 5 else 0
    factors = [(each >> 4, each & 15) for each in frame[7 : 6 + 3 * count : 3]]
    if not scan or not factors or len(factors) < count or not all(all(pair) for pair in factors):
        return None
    largest = max(across for across, _ in factors) * max(down for _, down in factors)
    samples = sum(across * down for across, down in factors) / largest
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    return JpegHeader(width, height, samples, not progressive and scan[0] == count, start)


def _count_scans(file: IO[bytes], start: int) -> int:
    """The number of scans of a JPEG. Inside a scan, 0xFF is followed by a zero, so every marker found is real."""
    scans, last = 1, b""
    file.seek(start)
    while block := file.read(1 << 20):
        piece = last + block
        end = piece.find(b"\xff\xd9")
        scans += piece.count(b"\xff\xda", 0, end if end >= 0 else len(piece))
        if end >= 0:
            break
        last = block[-1:]
    return scans


# -- PNG, BMP, GIF, TIFF --------------------------------------------------------------------------------------


def _check_png(file: IO[bytes]) -> None:
    """Check the number of chunks, those of pixels and others, and the size of EXIF."""
    file.seek(8)
    chunks = pieces = 0
    file.seek(8)
    chunks = pieces = 0
    while len(heading := file.read(8)) == 8:
        size, kind = int.from_bytes(heading[:4], "big"), heading[4:]
        pieces += kind == b"IDAT"
        chunks += kind != b"IDAT"
        most = {b"IDAT": size, b"eXIf": MOST_EXIF}.get(kind, MOST_CHUNK)
        if chunks > MOST_CHUNKS or size > most:
            raise TooMuchError(DAMAGED)
        if pieces > MOST_PIECES:
            raise TooMuchError("a PNG in very many pieces, which would take long to decode: save it again")
        file.seek(size + 4, 1)


def _check_runs(size: int) -> None:
    if size > MOST_IN_RUNS:
        raise TooMuchError("a large BMP in runs (RLE), which would take minutes to decode: save it again")


def _check_gif(file: IO[bytes]) -> None:
    """Check the number of blocks before the first picture."""
    file.seek(0)
    head = file.read(13)
    if len(head) == 13 and head[10] & 0x80:
        file.seek(3 << (head[10] & 7) + 1, 1)
    for _ in range(MOST_CHUNKS):
        if file.read(1) != b"!":
            return
        file.read(1)
        while size := int.from_bytes(file.read(1)):
            file.seek(size, 1)
    raise TooMuchError(DAMAGED)


# TIFF 6.0 and BigTIFF layouts: offset of the first directory, entry count, an entry, an offset.
_CLASSIC, _BIG = (4, 2, 12, 4), (8, 8, 20, 8)
_BYTES = frozenset({1, 2, 6, 7})  # types whose values are stored as bytes
_DIRECTORIES = frozenset({34665, 34853, 40965})  # EXIF, GPS, interoperability


def _check_tiff(file: IO[bytes]) -> None:
    """Check how many numbers the tags of the first directory and of its EXIF directories have."""
    file.seek(0)
    head = file.read(16)
    order: Literal["little", "big"] = "little" if head[:2] == b"II" else "big"
    layout = _BIG if int.from_bytes(head[2:4], order) == 43 else _CLASSIC
    at, width = layout[0], layout[3]
    todo, seen, numbers = [int.from_bytes(head[at : at + width], order)], set[int](), 0
    while todo and (start := todo.pop()) not in seen:
        seen.add(start)
        for tag, kind, count, value in _tiff_entries(file, start, layout, order):
            if kind in _BYTES:
                _check_memory(min(count, _size_of(file)))
            else:
                numbers += count
            if tag in _DIRECTORIES:
                todo.append(value)
        if numbers > MOST_NUMBERS:
            raise TooMuchError(DAMAGED)


def _tiff_entries(
    file: IO[bytes], start: int, layout: tuple[int, int, int, int], order: Literal["little", "big"]
) -> Iterator[tuple[int, int, int, int]]:
    """Tag, type, count and value (or its offset) of the entries of a directory."""
    _, counted, length, width = layout
    if start >= _size_of(file):
        return
    file.seek(start)
    entries = file.read(min(int.from_bytes(file.read(counted), order), MOST_NUMBERS) * length)
    for place in range(0, len(entries) - length + 1, length):
        entry = entries[place : place + length]
        yield (
            int.from_bytes(entry[:2], order),
            int.from_bytes(entry[2:4], order),
            int.from_bytes(entry[4 : 4 + width], order),
            int.from_bytes(entry[4 + width :], order),
        )


_CHECKS: tuple[tuple[bytes | tuple[bytes, ...], Callable[[IO[bytes]], None]], ...] = (
    (b"\x89PNG", _check_png),
    (b"GIF8", _check_gif),
    ((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), _check_tiff),
)
