"""Bounds the memory and the time of one photograph, by what its header says, before anything is decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MOST_MEMORY = 600_000_000
"""Bytes that opening one photograph may take. With the labeller a process then stays below one gigabyte."""

MOST_SCANNED = 2_000_000_000
"""Pixels that the scans of a JPEG may go over, all scans together: ten scans of 200 megapixels.

A scan may be a few bytes long, and the decoder goes over the whole picture for it: 20,000 of them took minutes.
"""

MOST_SEGMENTS = 10_000
"""Segments before the picture of a JPEG, each of up to 64 KB."""

MOST_CHUNKS = 10_000
"""Chunks of a PNG beside its pixels, and blocks of a GIF before its picture: each is kept as an object."""

MOST_CHUNK = 1 << 26
"""Bytes of a chunk of a PNG that is not pixels: a color profile, words."""

MOST_NUMBERS = 500_000
"""Numbers in the tags of a TIFF. Each becomes an object, and a file of zeros of any size takes no room on the disk."""

MOST_EXIF = 1 << 20
"""Bytes of EXIF that are looked at; cameras write up to 64 KB."""

MOST_JUNK = 1 << 16
"""Bytes between the segments of a JPEG that belong to none."""

_STANDALONE = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_SCAN, _END = 0xDA, 0xD9
_COEFFICIENT = 2  # bytes

DAMAGED = "damaged or cut short: copy it again from where it came"

# Bytes a pixel, as measured on pictures of 20 megapixels. Pillow keeps RGB in four bytes.
_KEPT = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}
_KEPT_ELSE = 4
_TO_GRAY = 1  # a gray picture of more than 8 bits or of floating point is copied to 8 bits
_TO_COLOR = 4  # a palette or LAB is copied to RGB
_TO_PREMULTIPLIED = 4  # alpha is multiplied in before a picture is made smaller
_DECODER = {"AVIF": 8, "HEIF": 5, "WEBP": 13}  # planes, canvases and copies beside what Pillow keeps


class TooMuchError(Exception):
    """A photograph would take too much memory or time; the message says how much."""


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """What a JPEG says before its first scan.

    `width` and `height` are in pixels, `samples` is how many there are a pixel, over all components. `whole` says
    whether one scan holds all components. `start` is where its bytes begin in the file.
    """

    width: int
    height: int
    samples: float
    whole: bool
    start: int


def check_header(file: IO[bytes], head: bytes) -> None:
    """Look at a file before a decoder opens it, for opening alone can cost much.

    Raises `TooMuchError`. A header that makes no sense is left to the decoder, which refuses it.
    """
    for magic, check in _CHECKS:
        if head.startswith(magic):
            check(file)
    jpeg = read_jpeg_header(file) if head.startswith(b"\xff\xd8\xff") else None
    _check_memory(memory_to_open(file, head, jpeg))
    if jpeg is not None and not jpeg.whole:
        _check_scans(file, jpeg)


def check_image(image: ImageFile, file: IO[bytes]) -> None:
    """Whether a picture that has been opened may be decoded, by its format and mode. Raises `TooMuchError`.

    EXIF that is larger than any camera's is forgotten.
    """
    if len(image.info.get("exif") or b"") > MOST_EXIF:
        del image.info["exif"]
    _check_memory(memory_to_decode(image, file))


def memory_to_open(file: IO[bytes], head: bytes, jpeg: JpegHeader | None) -> int:
    """The most bytes that a JPEG or WebP takes, by its header; 0 for what only its decoder can tell."""
    if head.startswith(b"\xff\xd8\xff"):
        # Of a JPEG in one scan a few rows are held, of any other all coefficients until the last scan; and what
        # comes before the picture is kept as well.
        held = jpeg.width * jpeg.height * jpeg.samples * _COEFFICIENT if jpeg and not jpeg.whole else 0
        return int(held) + _size_of(file)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        width, height = _webp_size(head)
        return width * height * (_KEPT_ELSE + _DECODER["WEBP"]) + _size_of(file)
    return 0


def memory_to_decode(image: ImageFile, file: IO[bytes]) -> int:
    """The most bytes that a picture takes until it is small, by its format and mode; 0 for JPEG, see above."""
    if image.format in ("JPEG", "MPO"):
        return 0
    needed = image.size[0] * image.size[1] * (_bytes_a_pixel(image) + _DECODER.get(image.format or "", 0))
    if image.format in _DECODER:
        needed += _size_of(file)  # read at once
    return needed + (_tiff_chunk(image) if image.format == "TIFF" else 0)


def check_size(file: IO[bytes]) -> None:
    """Whether a file may be read at once. Raises `TooMuchError`."""
    _check_memory(_size_of(file))


def _bytes_a_pixel(image: ImageFile) -> int:
    """What Pillow keeps of a pixel, and the copies that `develop` makes of the whole picture."""
    mode, kept = image.mode, _KEPT.get(image.mode, _KEPT_ELSE)
    if mode.startswith(("I", "F")):
        return kept + _TO_GRAY
    if "transparency" in image.info or mode in ("PA", "RGBa", "La"):
        return kept + _TO_COLOR + _TO_PREMULTIPLIED
    if mode in ("RGBA", "LA"):
        return kept + _TO_PREMULTIPLIED
    return kept if mode in ("L", "RGB", "CMYK") else kept + _TO_COLOR


def _tiff_chunk(image: ImageFile) -> int:
    """Bytes of the largest strip or tile, which libtiff unpacks beside the picture."""
    tags = getattr(image, "tag_v2", {})
    if tags.get(259, 1) == 1:
        return 0  # not compressed: read in small pieces
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
    """Width and height that the first chunk of a WebP file claims; zeros where it makes no sense."""
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
        raise TooMuchError(f"a JPEG of {scans:,} scans, which would take minutes to decode: save it anew")


def read_jpeg_header(file: IO[bytes]) -> JpegHeader | None:
    """What a JPEG says before its first scan; None where it has no scan or no frame.

    Raises `TooMuchError` for more segments, or more between them, than any program writes.
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
    """The next marker, -1 at the end of the file, and how many bytes before it belong to nothing."""
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
    """ITU T.81, B.2.2 and B.2.3: a frame's size and sampling factors, and how many components a scan has."""
    count = frame[5] if len(frame) > 5 else 0
    factors = [(each >> 4, each & 15) for each in frame[7 : 6 + 3 * count : 3]]
    if not scan or not factors or len(factors) < count or not all(all(pair) for pair in factors):
        return None
    largest = max(across for across, _ in factors) * max(down for _, down in factors)
    samples = sum(across * down for across, down in factors) / largest
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    return JpegHeader(width, height, samples, not progressive and scan[0] == count, start)


def _count_scans(file: IO[bytes], start: int) -> int:
    """How many scans a JPEG has: 0xFF inside one is followed by a zero, so that every marker is one."""
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


# -- PNG, GIF, TIFF --------------------------------------------------------------------------------------


def _check_png(file: IO[bytes]) -> None:
    """Count the chunks that are not pixels, and look for EXIF of unlikely size."""
    file.seek(8)
    chunks = 0
    while len(heading := file.read(8)) == 8:
        size, kind = int.from_bytes(heading[:4], "big"), heading[4:]
        chunks += kind != b"IDAT"
        most = {b"IDAT": size, b"eXIf": MOST_EXIF}.get(kind, MOST_CHUNK)
        if chunks > MOST_CHUNKS or size > most:
            raise TooMuchError(DAMAGED)
        file.seek(size + 4, 1)


def _check_gif(file: IO[bytes]) -> None:
    """Count the blocks before the first picture."""
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


# TIFF 6.0 and BigTIFF: where the first directory is, its count, an entry, a number of its own kind.
_CLASSIC, _BIG = (4, 2, 12, 4), (8, 8, 20, 8)
_BYTES = frozenset({1, 2, 6, 7})  # types whose values stay bytes
_DIRECTORIES = frozenset({34665, 34853, 40965})  # EXIF, GPS, interoperability


def _check_tiff(file: IO[bytes]) -> None:
    """Count the numbers in the tags of the first directory and of those of EXIF in it."""
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
    """Tag, type, count and value (or where that is) of the entries of a directory."""
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
