"""Finds thumbnails inside photographs: the camera's own, and those of HEIC and AVIF files too large to decode."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from photopoem.photo.facts import exif_datetime

if TYPE_CHECKING:
    from PIL.Image import Exif, Image
    from PIL.ImageFile import ImageFile

_SHORTEST, _LONGEST = 96, 640  # px of a thumbnail's longest side
_SAME_ASPECT = 0.02
_DARK = 40  # of 255: the bars above and below are black, except for JPEG artifacts at the edge
_FRESH = timedelta(minutes=2)  # seconds, because a camera may need time to write a night shot or a panorama


def thumbnail_of(image: ImageFile) -> Image | None:
    """The embedded thumbnail, loaded, if it agrees with the picture; otherwise None.

    It agrees if it has the picture's aspect ratio (after cutting off black bars) and is fresh: according to its dates
    and sizes, the picture was not edited later.
    """
    try:
        if image.format == "HEIF":
            return None  # pi-heif cannot load the thumbnail without the picture
        exif = image.getexif()
        if not _is_fresh(exif, image.size):
            return None
        thumbnail = _embedded(exif, image.info.get("exif", b""))
        return None if thumbnail is None else _without_bars(thumbnail, image.size)
    except Exception:  # a thumbnail is optional, so any error is ignored
        return None


def _embedded(exif: Exif, data: bytes) -> Image | None:
    """The JPEG in EXIF's second directory."""
    from PIL import Image
    from PIL.ExifTags import IFD, Base

    second = exif.get_ifd(IFD.IFD1)
    start, length = second.get(Base.JpegIFOffset), second.get(Base.JpegIFByteCount)
    if not start or not length:
        return None
    jpeg = data.removeprefix(b"Exif\0\0")[start : start + length]
    thumbnail = Image.open(io.BytesIO(jpeg), formats=["JPEG"])
    if not _SHORTEST <= max(thumbnail.size) <= _LONGEST:
        return None
    thumbnail.load()
    return thumbnail


def _is_fresh(exif: Exif, size: tuple[int, int]) -> bool:
    """Whether dates or sizes show that the thumbnail is as new as the picture, and none contradicts."""
    from PIL.ExifTags import IFD, Base

    inner = exif.get_ifd(IFD.Exif)
    taken, changed = exif_datetime(inner.get(Base.DateTimeOriginal)), exif_datetime(exif.get(Base.DateTime))
    taken_at = (_whole(inner.get(Base.ExifImageWidth)), _whole(inner.get(Base.ExifImageHeight)))
    signs = []
    if taken and changed:
        signs.append(abs(changed - taken) <= _FRESH)
    if all(taken_at):
        signs.append(taken_at == size)
    return bool(signs) and all(signs)


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _without_bars(thumbnail: Image, size: tuple[int, int]) -> Image | None:
    """The thumbnail cut to the picture's aspect ratio, if the cut-off parts are black; otherwise None."""
    width, height = thumbnail.size
    aspect = size[0] / size[1]
    if abs(width / height / aspect - 1) <= _SAME_ASPECT:
        return thumbnail
    inner_width = min(width, round(height * aspect))
    inner_height = min(height, round(width / aspect))
    left, top = (width - inner_width + 1) // 2, (height - inner_height + 1) // 2
    gray = np.asarray(thumbnail.convert("L"))
    if any(bar.size and bar.max() > _DARK for bar in (*_bars(gray, top), *_bars(gray.T, left))):
        return None
    edge_x, edge_y = (left + 1 if left else 0), (top + 1 if top else 0)
    return thumbnail.crop((edge_x, edge_y, width - edge_x, height - edge_y))


def _bars(gray: npt.NDArray[np.uint8], thick: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """The first and last `thick` rows, without those nearest to the picture, which bleeds into them."""
    sure = max(thick - 1, 1) if thick else 0
    return gray[:sure], gray[len(gray) - sure :]


_MOST_DESCRIPTION = 1 << 24  # bytes of the box that describes all items
_SHORTEST, _MOST_PIXELS = 96, 20_000_000


def large_thumbnail(image: ImageFile, file: IO[bytes]) -> ImageFile | None:
    """The largest thumbnail that the file has of its picture, loaded; None if it has none.

    The thumbnail is a separate picture in the file (ISO/IEC 23008-12, 6.4.4). A decoder shows it if the file names it
    as the primary item.
    """
    file.seek(0)
    data = file.read()
    found = [_opened(image, each) for each in _with_other_primary(data)]
    sound = [each for each in found if each is not None]
    if not sound:
        return None
    largest = max(sound, key=lambda each: each.size[0] * each.size[1])
    largest.load()
    return largest


def _opened(image: ImageFile, data: bytes) -> ImageFile | None:
    try:
        thumbnail = type(image)(io.BytesIO(data))
    except Exception:  # the file may call anything a thumbnail
        return None
    width, height = thumbnail.size
    if max(width, height) < _SHORTEST or width * height > _MOST_PIXELS:
        return None
    return thumbnail


def _with_other_primary(data: bytes) -> Iterator[bytes]:
    """Copies of the file, one for each thumbnail of its primary picture, with that thumbnail as the primary item."""
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind == b"meta" and end - start <= _MOST_DESCRIPTION:
            inside = {name: (at, to) for name, at, to in _boxes(data, start + 4, end)}
            if b"pitm" in inside and b"iref" in inside:
                yield from _renamed(data, inside[b"pitm"][0], *inside[b"iref"])
            return


def _renamed(data: bytes, named: int, start: int, end: int) -> Iterator[bytes]:
    """The file with another item number in the box `pitm`, whose body begins at `named`."""
    size = 4 if data[named] else 2
    at = named + 4
    primary = int.from_bytes(data[at : at + size], "big")
    for thumbnail in _thumbnails(data, start, end, primary):
        if thumbnail < 1 << 8 * size:
            yield data[:at] + thumbnail.to_bytes(size, "big") + data[at + size :]


def _thumbnails(data: bytes, start: int, end: int, primary: int) -> Iterator[int]:
    """The items that are thumbnails of the primary item, by the references in the box `iref` (14496-12, 8.11.12)."""
    size = 4 if data[start] else 2
    for kind, at, to in _boxes(data, start + 4, end):
        numbers = [int.from_bytes(data[n : n + size], "big") for n in range(at + size + 2, to, size)]
        if kind == b"thmb" and primary in numbers:
            yield int.from_bytes(data[at : at + size], "big")


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """The kind of each box, and where its body begins and ends (ISO/IEC 14496-12, 4.2)."""
    while start + 8 <= end:
        length, body = int.from_bytes(data[start : start + 4], "big"), start + 8
        if length == 1:
            length, body = int.from_bytes(data[start + 8 : start + 16], "big"), start + 16
        elif length == 0:
            length = end - start
        if length < body - start or start + length > end:
            return
        yield data[start + 4 : start + 8], body, start + length
        start += length
