"""One photograph takes no more memory and time than its header promises, and what promises too much is refused."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photopoem.errors import PhotoError
from photopoem.photo import limits
from photopoem.photo.reading import _identify, read_photo
from tests.badfiles import encoded, picture, png
from tests.formats import READ, REFUSED, striped

LONG = 6.0
"""Seconds of CPU: several times what any of these takes on a machine that has much else to do."""
ROOT = Path(__file__).parent.parent
SIDE = 2000
SLACK = 16_000_000
"""Bytes beyond what is reckoned: a decoder's tables, the small pictures."""
BANDS = 17_000_000
"""Bytes of the bands of rows in which gray of many bits is scaled to 8."""


Spent = Callable[[Path], tuple[int, float, str]]


@contextmanager
def meter() -> Iterator[Spent]:
    """By how many bytes a process grows that reads a photograph, its seconds of CPU, and what it says."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.peak_memory"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    ) as process:  # fmt: skip
        given, told = process.stdin, process.stdout
        assert given is not None and told is not None

        def ask(path: Path) -> tuple[int, float, str]:
            given.write(f"{path}\n")
            grown, seconds, said = told.readline().strip().split(" ", 2)
            return int(grown), float(seconds), said

        yield ask
        given.close()


@pytest.fixture(scope="module")
def spent() -> Iterator[Spent]:
    """One `meter` for all of these tests."""
    with meter() as ask:
        yield ask


@pytest.mark.parametrize("kind", READ)
def test_no_format_takes_more_than_was_reckoned(spent: Spent, tmp_path: Path, kind: str) -> None:
    """Reading a picture of four megapixels takes no more memory than its header and mode were reckoned to need."""
    path = tmp_path / "a.jpg"
    path.write_bytes(READ[kind](SIDE))
    with path.open("rb") as file:
        head = file.read(64)
        jpeg = limits.read_jpeg_header(file) if head.startswith(b"\xff\xd8") else None
        reckoned = limits.memory_to_open(file, head, jpeg)
        with _identify(str(path), file, head) as image:
            reckoned = max(reckoned, limits.memory_to_decode(image, file))
            bands = BANDS if image.mode in ("F", "I", "I;16") else 0
            width, height = image.size
    grown, seconds, said = spent(path)
    assert min(width, height) >= SIDE and said == f"{width} x {height}"
    assert grown < reckoned + SLACK + bands
    assert seconds < LONG / 2


@pytest.mark.parametrize("kind", ["JPEG 2000", "ICO, large"])
def test_a_format_that_is_not_read_is_not_decoded(spent: Spent, tmp_path: Path, kind: str) -> None:
    """A picture of four megapixels in a format that Pillow knows and photopoem does not read costs a line alone."""
    path = tmp_path / "a.jpg"
    path.write_bytes(REFUSED[kind](SIDE))
    grown, seconds, said = spent(path)
    assert said.startswith("not a picture of a known kind")
    assert grown < 5_000_000 and seconds < 0.5


def test_what_a_process_takes_is_seen_from_a_large_one(tmp_path: Path) -> None:
    """The figure of these tests grows with the picture, whatever the process that starts the measuring has taken."""
    held = np.ones(25_000_000)
    path = tmp_path / "a.png"
    path.write_bytes(READ["PNG"](SIDE))
    with meter() as ask:
        grown, _, _ = ask(path)
    assert held[-1] == 1 and grown > 3 * SIDE * SIDE


# -- what promises too much ------------------------------------------------------------------------------


def webp(kind: bytes, payload: bytes) -> bytes:
    """A WebP file of one chunk."""
    chunk = kind + struct.pack("<I", len(payload)) + payload
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def sparse_tiff(mode: str, side: int) -> bytes:
    """The header of a TIFF that claims a picture of that side."""
    data = bytearray(encoded("TIFF", Image.new(mode, (8, 8)), compression="tiff_lzw"))
    count = struct.unpack_from("<H", data, struct.unpack_from("<I", data, 4)[0])[0]
    start = struct.unpack_from("<I", data, 4)[0] + 2
    for entry in range(start, start + 12 * count, 12):
        if struct.unpack_from("<H", data, entry)[0] in (256, 257, 278):
            struct.pack_into("<HII", data, entry + 2, 4, 1, side)
    return bytes(data)


def claiming(data: bytes, width: int, height: int) -> bytes:
    """A JPEG that claims another size."""
    changed = bytearray(data)
    frame = max(changed.find(b"\xff\xc0"), changed.find(b"\xff\xc2"))
    changed[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    return bytes(changed)


def many_scans(count: int) -> bytes:
    """A progressive JPEG of one megapixel whose last scan comes again and again."""
    data = encoded("JPEG", Image.new("L", (1000, 1000), 99), progressive=True)
    last = data.rfind(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]


def commented(gif: bytes, count: int) -> bytes:
    """A GIF with comments before its picture."""
    start = 13 + (3 << (gif[10] & 7) + 1 if gif[10] & 0x80 else 0)
    return gif[:start] + b"!\xfe\x01a\0" * count + gif[start:]


def many_numbers(tag: int) -> bytes:
    """A TIFF of which a tag has three million numbers: where its strips are, or one of EXIF's."""
    entries = [
        (256, 3, 1, 64),
        (257, 3, 1, 48),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (277, 3, 1, 1),
    ]
    many = struct.pack("<HHII", 273, 4, 3_000_000, 400)
    count = struct.pack("<H", len(entries) + 1)
    rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    last = many if tag == 273 else struct.pack("<HHII", tag, 4, 1, 200)
    first = struct.pack("<2sHI", b"II", 42, 8) + count + rows + last + bytes(4)
    return first.ljust(200, b"\0") + struct.pack("<H", 1) + many + bytes(4 + 12_000_400)


def in_pieces(count: int) -> bytes:
    """A PNG with that many empty pieces before its pixels."""
    whole, piece = encoded("PNG"), struct.pack(">I4sI", 0, b"IDAT", zlib.crc32(b"IDAT"))
    start = whole.index(b"IDAT") - 4
    return whole[:start] + piece * count + whole[start:]


def in_runs(side: int) -> bytes:
    """A BMP of runs of one pixel each."""
    return READ["BMP, runs of 8 bits"](96).replace(struct.pack("<ii", 96, 96), struct.pack("<ii", side, side))


SIDES = (16_383).to_bytes(2, "little")
BOMBS = {
    "webp, 34 bytes": webp(b"VP8 ", b"\x10\0\0\x9d\x01\x2a" + SIDES + SIDES + bytes(4)),
    "webp, lossless": webp(b"VP8L", b"\x2f" + (0x3FFF | 0x3FFF << 14).to_bytes(4, "little") + bytes(5)),
    "webp, extended": webp(b"VP8X", bytes(4) + (11_999).to_bytes(3, "little") * 2),
    "float tiff": sparse_tiff("F", 12_000),
    "rgb tiff": sparse_tiff("RGB", 12_000),
    "progressive jpeg": claiming(encoded("JPEG", progressive=True, subsampling=0), 12_000, 12_000),
    "20,000 scans": many_scans(20_000),
    "segments": b"\xff\xd8" + b"\xff\xe1\0\2" * 1_000_000 + encoded("JPEG")[2:],
    "junk": b"\xff\xd8\xff\xe1\0\2" + bytes(10_000_000) + encoded("JPEG")[2:],
    "chunks": png(8, 8, *[(b"juNk", b"")] * 20_000, rows=bytes(16)),
    "exif": png(8, 8, (b"eXIf", bytes(2_000_000)), rows=bytes(16)),
    "comments": commented(encoded("GIF"), 20_000),
    "pieces": in_pieces(500_000),
    "runs": in_runs(12_000),
    "a large chunk": png(8, 8, (b"juNk", bytes(70_000_000)), rows=bytes(16)),
    "strips": many_numbers(273),
    "numbers in EXIF": many_numbers(34665),
    "png": png(12_000, 12_500, rows=zlib.compress(b"")),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_small_file_that_promises_much_is_refused(spent: Spent, tmp_path: Path, kind: str) -> None:
    """A few bytes that claim gigabytes or minutes are refused in one line, for next to no memory and time."""
    path = tmp_path / "bomb.jpg"
    path.write_bytes(BOMBS[kind])
    with pytest.raises(PhotoError, match=r"save it|damaged or cut short"):
        read_photo(path)
    grown, seconds, _ = spent(path)
    assert grown < 250_000_000
    assert seconds < LONG


@pytest.mark.parametrize("kind", ["20,000 scans", "pieces", "runs"])
def test_a_slow_file_is_to_be_saved_again(tmp_path: Path, kind: str) -> None:
    """What would take minutes to decode is refused with one advice, in the same words for each format."""
    path = tmp_path / "slow.jpg"
    path.write_bytes(BOMBS[kind])
    with pytest.raises(PhotoError, match=r"to decode: save it again$"):
        read_photo(path)


def test_a_phones_photographs_are_opened(tmp_path: Path) -> None:
    """What phones and scanners write is within the limits: HEIC of 48 megapixels, JPEG of 200, in ten scans of 140."""

    class Fake:
        """A picture as its decoder tells it."""

        def __init__(self, format: str, mode: str, size: tuple[int, int]) -> None:
            self.format, self.mode, self.size = format, mode, size
            self.info, self.tile = {}, []  # type: ignore[var-annotated]

    nothing = io.BytesIO(bytes(5_000_000))
    for fake in (
        Fake("HEIF", "RGB", (8064, 6048)), Fake("TIFF", "RGB", (12_000, 10_000)), Fake("AVIF", "RGB", (8064, 6048)),
        Fake("TIFF", "I;16", (12_000, 12_000)), Fake("PNG", "RGBA", (9000, 7000)),
    ):  # fmt: skip
        limits.check_image(fake, nothing)  # type: ignore[arg-type]
    plain = claiming(encoded("JPEG"), 16_320, 12_240)
    limits.check_header(io.BytesIO(plain), plain[:64])
    scanned = claiming(encoded("JPEG", progressive=True), 12_000, 11_600)
    limits.check_header(io.BytesIO(scanned), scanned[:64])


def test_a_jpeg_header_is_read_as_pillow_reads_it(tmp_path: Path) -> None:
    """Size, components and the kind of scan come out of the header, also behind a thumbnail, junk and filling bytes."""
    small = encoded("JPEG", picture((64, 48)))
    thumbnail = b"\xff\xe1" + struct.pack(">H", len(small) + 2) + small
    for data in (small, small[:2] + thumbnail + small[2:], small[:2] + b"\xff\xff\xff" + small[3:]):
        header = limits.read_jpeg_header(io.BytesIO(data))
        assert header is not None
        assert (header.width, header.height, header.samples, header.whole) == (64, 48, 1.5, True)
    full = limits.read_jpeg_header(io.BytesIO(encoded("JPEG", subsampling=0, progressive=True)))
    assert full is not None and (full.samples, full.whole) == (3, False)
    assert limits.read_jpeg_header(io.BytesIO(small[:100])) is None


@pytest.mark.parametrize("mode", ["F", "I", "I;16"])
def test_gray_of_many_bits_is_the_same_in_bands(mode: str) -> None:
    """A gray picture that is scaled to 8 bits band by band is the one that is scaled at once."""
    from photopoem.photo.develop import _eight_bit

    image = striped(mode, 2600).crop((0, 0, 2600, 1500))
    values = np.asarray(image, np.float32)
    white = 1.0 if mode == "F" else 65535.0
    assert (np.asarray(_eight_bit(image)) == (values * (255 / white)).round().astype(np.uint8)).all()
