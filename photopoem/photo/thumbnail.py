"""Finds the camera's own thumbnail inside a photograph and tells whether it shows the same picture."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from photopoem.photo.facts import exif_datetime

if TYPE_CHECKING:
    from PIL.Image import Exif, Image
    from PIL.ImageFile import ImageFile

_SHORTEST, _LONGEST = 96, 640  # px of a thumbnail's longest side
_SAME_ASPECT = 0.02
_DARK = 40  # of 255: bars above and below are black but for what JPEG makes of the edge
_FRESH = timedelta(minutes=2)  # a camera may take its time to write a night or a panorama


def thumbnail_of(image: ImageFile) -> Image | None:
    """The embedded thumbnail, loaded, where it agrees with the picture; else None.

    It agrees when it has the picture's aspect (black bars are cut off first) and is fresh: the file was not
    changed after it was taken, as far as its dates and the size it was taken at tell.
    """
    try:
        if image.format == "HEIF":
            return None  # pi-heif makes no thumbnail without the picture
        exif = image.getexif()
        if not _is_fresh(exif, image.size):
            return None
        thumbnail = _embedded(exif, image.info.get("exif", b""))
        return None if thumbnail is None else _without_bars(thumbnail, image.size)
    except Exception:  # whatever is wrong with a thumbnail, there is still the picture
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
    """Whether dates or sizes show that the thumbnail is as new as the picture, and none shows otherwise."""
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
    """The thumbnail cut to the picture's aspect, if what is cut off is black; None if the two differ."""
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
    """The first and last `thick` rows without those nearest to the picture, which bleeds into them."""
    sure = max(thick - 1, 1) if thick else 0
    return gray[:sure], gray[len(gray) - sure :]
