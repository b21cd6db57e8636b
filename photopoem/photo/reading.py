"""Reads a photograph from any image file: upright sRGB pixels of at most 640 px, and the file's metadata."""

from __future__ import annotations

import ctypes
import hashlib
import io
import logging
import os
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from itertools import cycle
from pathlib import Path
from random import Random
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from photopoem.errors import PhotoError
from photopoem.files import NotRegularError, open_regular
from photopoem.photo.develop import colors_of, develop, orientation_of, pixels_of
from photopoem.photo.filetypes import heif_format, is_heic, is_picture, is_raw, other_kind
from photopoem.photo.limits import TooMuchError, check_header, check_image, check_size
from photopoem.photo.metadata import read_metadata, read_sidecars
from photopoem.photo.thumbnail import large_thumbnail, thumbnail_of

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

# -- JPEG -------------------------------------------------------------------------------------------------

_END = b"\xff\xd9"
_RESTARTS = b"\xff\xdd\0\4"
_FILLED, _LEAST_FILLER = 16, 1 << 14  # the part of the file's length, and the minimum in bytes
_MARKERS = range(0xD0, 0xD8)
_DIFFERENT = 24  # of 255
_MOST_DIFFERENT = 0.005
"""The share of the picture that may be missing, in the last blocks of the last row."""


def without_end(data: bytes, decode: Callable[[bytes], Image]) -> Image | None:
    """The picture of a JPEG that lacks its end marker; None if it also lacks rows.

    `decode` decodes a whole file, inventing missing data. Appending two kinds of filler shows whether data was
    missing: the filler changes a picture with gaps, and is ignored after a complete one.
    """
    data = data.rstrip(b"\xff\0")
    picture = decode(data + _END)
    other = decode(data + _filler(data) + _END)
    gaps = np.abs(np.asarray(picture, np.int16) - np.asarray(other, np.int16)) > _DIFFERENT
    return picture if np.count_nonzero(gaps) <= _MOST_DIFFERENT * gaps.size else None


def _filler(data: bytes) -> bytes:
    """Filler data, with the markers at which decoders restart if needed (ITU T.81, F.2.2.5)."""
    size = len(data) // _FILLED + _LEAST_FILLER
    filler = Random(1).randbytes(size).replace(b"\xff", b"\x7f")  # noqa: S311 - any data will do
    if _RESTARTS not in data:
        return filler
    apart = len(data) // (1 + sum(data.count(bytes([0xFF, marker])) for marker in _MARKERS))
    starts = range(0, size, max(1, apart))
    return b"".join(
        filler[at : at + apart] + bytes([0xFF, marker])
        for at, marker in zip(starts, cycle(_MARKERS), strict=False)
    )


# -- PNG --------------------------------------------------------------------------------------------------

_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_MOST_TEXT = 1 << 20
"""The most bytes of one text; program notes of megabytes say nothing about the photograph."""
_MOST_TEXTS = 4 * _MOST_TEXT
MOST_PROFILE = 1 << 24
"""The most bytes of a color profile; those of printers have one or two million."""


def without_long_texts(data: bytes) -> tuple[bytes, bytes | None]:
    """A PNG without its overlong texts and without its color profile, and that profile."""
    kept, profile, room = [data[:8]], None, _MOST_TEXTS
    for kind, chunk, body in _chunks(data):
        if kind == b"iCCP":
            profile = _inflated(body.partition(b"\0")[2][1:], MOST_PROFILE)
            continue
        if kind in _TEXTS:
            size = _size_of_text(kind, body)
            if size > min(room, _MOST_TEXT):
                continue
            room -= size
        kept.append(chunk)
    return b"".join(kept), profile


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """The kind, all bytes, and the body of each chunk of a PNG."""
    at = 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at:end], data[at + 8 : end - 4]
        at = end


def _size_of_text(kind: bytes, body: bytes) -> int:
    """The length of a text when it is unpacked."""
    rest = body.partition(b"\0")[2]
    if kind == b"iTXt" and rest[:1] == b"\1":
        rest = b"\0" + rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    elif kind != b"zTXt":
        return len(body)
    text = _inflated(rest[1:], _MOST_TEXT)
    return _MOST_TEXT + 1 if text is None else len(text)


def _inflated(packed: bytes, most: int) -> bytes | None:
    """The data that zlib has packed; None if it has more than `most` bytes or is invalid."""
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(packed, most)
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail else data


Pixels = npt.NDArray[np.uint8]

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "DIB", "HEIF", "AVIF")
"""The formats that are opened. Pillow has forty more, some of which start other programs."""

MAX_JPEG_PIXELS = 250_000_000
"""The most pixels of a JPEG, which is decoded at a fraction of its size; phones take pictures of 200 megapixels."""

MAX_PIXELS = 150_000_000
"""The most pixels of any other format, which is decoded whole: 600 MB, and more in some formats (see `limits`).
"""

DRAFT_SIDE = 480
"""A JPEG is decoded at the smallest eighth, quarter or half whose longest side is at least this.

An eighth of 12 megapixels is 500 to 530 px and costs 15% less than a quarter. The palettes of both are within 1
CIEDE2000 of the whole picture's, which is the noise of k-means itself.
"""

_JPEG_BLOCK = 256 * 1024
"""The block size for the JPEG decoder in bytes. It is slow at the end of a block; Pillow's 64 KB cost 1% more."""

RAW_CAUSE = "camera raw: export a JPEG, or install photopoem[raw]"
NO_SUCH_FILE = "no such file"
UNKNOWN = "not a picture of a known kind (JPEG, PNG, WebP, TIFF, HEIC...)"
AS_JPEG = "too large to be decoded whole, with no thumbnail in it: export a JPEG, which is read at this size"
SMALLER = "too large to be decoded, with no thumbnail in it: save it smaller"
NO_HEIC = "HEIC, which cannot be opened here: pip install pi-heif"
CUT_SHORT = "damaged or cut short: copy it again from its source"


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A photograph ready to be read.

    `path` is the path as it was given (text; undecodable bytes are surrogate-escaped). `pixels` is uint8 of shape (h,
    w, 3): sRGB, upright, alpha composited on white, scaled to a longest side of at most 640 px. Labellers see it.
    `sample` is uint8 of shape (h, w, 3) with a longest side of at most 256 px, *decimated* (nearest neighbour, no
    averaging) from the decoded image. The palette is read from it. `digest` is the hex SHA-256 of shape and bytes of
    `pixels`, the photograph's identity.
    `size` is (width, height) of the original, upright, in pixels. `metadata` has the facts in the file and its
    sidecars, as cleaned text and numbers; unknown keys are missing:

    - `format`: "JPEG", "PNG", "HEIF"... (always present; "RAW" for camera raw)
    - `taken`: ISO 8601, local time, as precise as it is known: `2018`, `2018-10`, `2018-10-04`, `2018-10-04T17:31:12`,
      `2018-10-04T17:31:12+02:00` (the offset only if the photograph has it)
    - `latitude`, `longitude`: degrees, floats, always both
    - `place`: the sidecar's `place: TEXT`; `city`, `location`: from XMP or IPTC
    - `keywords`: tuple of the owner's words, each once: sidecars, XMP or IPTC, EXIF
    - `quick`: True if `pixels` (and so `digest`) come from the camera's thumbnail
    """

    path: str
    pixels: Pixels
    sample: Pixels
    digest: str
    size: tuple[int, int]
    metadata: Mapping[str, Any] = field(default_factory=dict)


Opener = Callable[[str], IO[bytes]]
"""Opens the file of a photograph or of a sidecar. Raises `OSError`."""


class FetchError(OSError):
    """A file could not be fetched from an address; the text gives the reason."""


def read_photo(path: str | Path, *, quick: bool = False, opened: Opener = open_regular) -> Photo:
    """Read a photograph: JPEG, PNG, WebP, GIF, TIFF, BMP, HEIC, AVIF.

    `quick` uses the camera's embedded thumbnail if it agrees with the picture. Sidecars are read too; `opened` opens
    both. Raises `PhotoError`, with the cause, if the photograph cannot be used.
    """
    path = os.fsdecode(path)
    with _opened(path, opened) as file:
        return _read(path, file, quick, opened)


def read_pixels(path: str | Path, side: int) -> Pixels:
    """A photograph's pixels for display: uint8 of shape (h, w, 3), sRGB, upright, longest side at most `side`.

    Camera raw gives at most 640 px. Raises `PhotoError` as `read_photo` does.
    """
    path = os.fsdecode(path)
    with _opened(path) as file:
        head = file.read(64)
        _check_head(path, file, head)
        if is_raw(path, file, head):
            return _read_raw(path, file).pixels
        with _identify(path, file, head) as image:
            picture: Image | None = _instead(path, image, file)
            if picture is None:
                _draft(image, side)
                picture = _loaded(image, file, side)
            return pixels_of(picture, colors_of(picture, file), orientation_of(image), side)


@contextmanager
def _opened(path: str, opened: Opener = open_regular) -> Iterator[IO[bytes]]:
    """The open file of a photograph. Any exception inside the block becomes a `PhotoError`."""
    try:
        with warnings_ignored(), opened(path) as file:
            yield file
    except PhotoError:
        raise
    except TooMuchError as error:
        raise PhotoError(path, str(error)) from error
    except MemoryError as error:
        raise PhotoError(path, "too large for this machine's memory: save it smaller") from error
    except Exception as error:
        # Pillow and its plugins raise many kinds of exceptions for damaged files.
        raise PhotoError(path, _cause(error)) from error


def _cause(error: Exception) -> str:
    """The cause of an error, in words for the photograph's owner."""
    match error:
        case FetchError():
            return str(error)
        case FileNotFoundError():
            return NO_SUCH_FILE
        case IsADirectoryError():
            return "a folder, not a photograph"
        case NotRegularError(strerror=str(reason)):
            return reason
        case PermissionError():
            return "may not be read: change its permissions"
        case OSError(errno=int(), strerror=str(reason)):
            return f"cannot be read: {reason}"
        case ImportError():
            return f"cannot be read: {error}"
        case _:
            return CUT_SHORT


def _read(path: str, file: IO[bytes], quick: bool, opened: Opener) -> Photo:
    head = file.read(64)
    _check_head(path, file, head)
    if is_raw(path, file, head):
        return _read_raw(path, file, opened)
    with _identify(path, file, head) as image:
        width, height = image.size
        thumbnail = _instead(path, image, file) or (thumbnail_of(image) if quick else None)
        averaged = thumbnail is None and _draft(image)
        picture = thumbnail or _loaded(image, file)
        orientation = orientation_of(image)  # after loading, when TIFF and HEIC are already upright
        colors = colors_of(image if thumbnail else picture, file)
        pixels, sample = develop(picture, colors, orientation, averaged=averaged)
        metadata = {"format": image.format, **read_metadata(image, read_sidecars(path, opened))}
    if orientation >= 5:
        width, height = height, width
    if thumbnail is not None:
        metadata["quick"] = True
    return Photo(path, pixels, sample, digest_of(pixels), (width, height), metadata)


def _read_raw(path: str, file: IO[bytes], opened: Opener = open_regular) -> Photo:
    """Read camera raw. Raises `PhotoError` if rawpy is not installed."""
    from PIL import Image

    from photopoem.photo.develop import can_develop_raw, develop, develop_raw

    if not can_develop_raw():
        raise PhotoError(path, RAW_CAUSE)
    check_size(file)
    image, size = develop_raw(file)
    pixels, sample = develop(image, None, 1)
    file.seek(0)
    try:
        said = read_metadata(Image.open(file, formats=["TIFF"]), read_sidecars(path, opened))
    except Exception:  # many raw formats are not TIFF: only their sidecar can be read
        said = read_metadata(image, read_sidecars(path, opened))
    return Photo(path, pixels, sample, digest_of(pixels), size, {"format": "RAW", **said})


def digest_of(pixels: Pixels) -> str:
    """The hex SHA-256 of shape and bytes of `pixels`: the same for the same picture, whatever its path."""
    digest = hashlib.sha256("{}x{}x{}:".format(*pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def _check_head(path: str, file: IO[bytes], head: bytes) -> None:
    """Raise `PhotoError` for a file that is empty or of another kind, before a decoder opens it.

    Raises `TooMuchError` for a file that would take too much memory or time to open.
    """
    if not head:
        raise PhotoError(path, "an empty file: copy it again from its source")
    if kind := other_kind(head):
        raise PhotoError(path, f"not a photograph but {kind}")
    check_header(file, head)


# -- format checks and safe decoding -------------------------------------------------------------------


def _identify(path: str, file: IO[bytes], head: bytes) -> ImageFile:
    """Open the picture with Pillow by its content, not its name. Nothing is decoded yet."""
    from PIL import Image, UnidentifiedImageError
    from PIL.JpegImagePlugin import jpeg_factory

    formats = _register_formats()
    file.seek(0)
    if head.startswith(b"\xff\xd8\xff"):
        # As Image.open does, but without its limit on pixels, because JPEGs have their own limit here.
        image = jpeg_factory(file, "")
        image.decodermaxblock = _JPEG_BLOCK
        return image
    try:
        if (kind := heif_format(head)) in formats:
            # The same here: a picture that is too large may have a thumbnail.
            return Image.OPEN[kind][0](file, "")
        return Image.open(file, formats=formats)
    except SyntaxError as error:
        raise PhotoError(path, CUT_SHORT) from error
    except ValueError:
        # Pillow refuses a PNG with long texts, so it is tried once more without them.
        if not head.startswith(b"\x89PNG"):
            raise
        return _with_less_text(file)
    except UnidentifiedImageError as error:
        if "HEIF" not in formats and is_heic(head):
            raise PhotoError(path, NO_HEIC) from error
        raise PhotoError(path, CUT_SHORT if is_picture(head) else UNKNOWN) from error
    except Image.DecompressionBombError as error:
        raise PhotoError(path, "too many pixels to be opened safely: save it smaller") from error


@cache
def _register_formats() -> tuple[str, ...]:
    """The formats that this Pillow can open; their plugins are loaded once per process."""
    from PIL import Image

    for plugin in ("Jpeg", "Png", "WebP", "Gif", "Tiff", "Bmp", "Avif"):
        with suppress(ImportError):
            import_module(f"PIL.{plugin}ImagePlugin")
    with suppress(ImportError):
        from pi_heif import register_heif_opener

        register_heif_opener()
    return tuple(name for name in FORMATS if name in Image.OPEN)


def _checked_size(path: str, image: ImageFile, file: IO[bytes]) -> tuple[int, int]:
    """The picture's size as stored. Raises `PhotoError` for too many pixels, before decoding."""
    width, height = image.size
    if width < 1 or height < 1:
        raise PhotoError(path, CUT_SHORT)
    most = MAX_JPEG_PIXELS if _is_jpeg(image) else MAX_PIXELS
    if width * height > most:
        millions = most // 1_000_000
        raise PhotoError(path, f"{width} x {height} pixels, more than {millions} million: save it smaller")
    check_image(image, file)
    return width, height


def _instead(path: str, image: ImageFile, file: IO[bytes]) -> ImageFile | None:
    """The thumbnail in a HEIC or AVIF whose picture is too large to decode; None for all other pictures.

    Raises `PhotoError` or `TooMuchError` for a picture that is too large and has no thumbnail.
    """
    try:
        _checked_size(path, image, file)
    except (PhotoError, TooMuchError) as error:
        if image.format not in ("HEIF", "AVIF"):
            raise
        check_size(file)
        if thumbnail := large_thumbnail(image, file):
            return thumbnail
        width, height = image.size
        cure = AS_JPEG if width * height <= MAX_JPEG_PIXELS else SMALLER
        raise PhotoError(path, f"{image.format} of {width} x {height} pixels, {cure}") from error
    return None


def _draft(image: ImageFile, least: int = DRAFT_SIDE) -> bool:
    """Request decoding of a JPEG at a fraction of its size, which saves most work; returns whether it is granted."""
    if not _is_jpeg(image):
        return False
    width, height = image.size
    for scale in (8, 4, 2):
        if max(width, height) // scale >= least:
            return image.draft(None, (max(1, width // scale), max(1, height // scale))) is not None
    return False


def _loaded(image: ImageFile, file: IO[bytes], least: int = DRAFT_SIDE) -> Image:
    """Decode the picture, even if a decoder refuses it for an error that affects no pixel."""
    try:
        image.load()
        return image
    except OSError:
        picture = without_end(_all_of(file), lambda data: _decoded(data, least)) if _is_jpeg(image) else None
        if picture is None:
            raise
        return picture
    except ValueError:
        if image.format != "PNG":
            raise
        picture = _with_less_text(file)
        picture.load()
        return picture


def _is_jpeg(image: ImageFile) -> bool:
    return image.format in ("JPEG", "MPO")


def _decoded(data: bytes, least: int) -> Image:
    """A JPEG's picture, at the fraction of its size that `_draft` requests."""
    from PIL.JpegImagePlugin import JpegImageFile

    image = JpegImageFile(io.BytesIO(data))
    _draft(image, least)
    image.load()
    return image


def _with_less_text(file: IO[bytes]) -> ImageFile:
    """Open a PNG without the texts that are too long for Pillow, but with a color profile of any length."""
    from PIL.PngImagePlugin import PngImageFile

    data, profile = without_long_texts(_all_of(file))
    image = PngImageFile(io.BytesIO(data))
    if profile:
        image.info["icc_profile"] = profile
    return image


def _all_of(file: IO[bytes]) -> bytes:
    check_size(file)
    file.seek(0)
    return file.read()


# -- libraries that write to the terminal ---------------------------------------------------------------

_lock = threading.Lock()
_inside = 0
_catcher: AbstractContextManager[object] | None = None


@contextmanager
def warnings_ignored() -> Iterator[None]:
    """Ignore Pillow's warnings inside the block. Threads may overlap: the last to leave restores the filters."""
    global _inside, _catcher
    _hush_libraries()
    with _lock:
        _inside += 1
        if _inside == 1:
            _catcher = warnings.catch_warnings()
            _catcher.__enter__()
            warnings.filterwarnings("ignore", module=r"(PIL|pi_heif)\b")
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _catcher is not None:
                _catcher.__exit__(None, None, None)
                _catcher = None


@cache
def _hush_libraries() -> None:
    """Keep Pillow's log and libtiff's messages off standard error. Called once per process."""
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    from PIL import _imaging

    try:
        # libtiff prints its errors; Pillow raises an exception for them anyway.
        ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler(None)
    except (AttributeError, OSError):
        return  # Pillow has no libtiff, or it cannot be reached, so its messages stay
