"""Develops a decoded picture of any mode, or camera raw, into upright sRGB pixels."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from photopoem.photo.encoding import Encoding, to_srgb

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageCms import ImageCmsTransform

SIDE = 640
SAMPLE_SIDE = 256


def develop(
    image: Image, profile: bytes | Encoding | None, orientation: int, *, averaged: bool = False
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """`pixels` (longest side at most 640 px, antialiased) and `sample` (at most 256 px, nearest neighbour).

    Both are uint8 of shape (h, w, 3). The picture is made small first and corrected then: color, alpha and
    turning cost by the pixel, and do not depend on the order. `averaged` says that a decoder has made it smaller
    already: of up to a quarter too many rows and columns some are then left out, and none averaged once more.
    """
    from PIL.Image import Resampling

    frame = _plain(image)
    # HAMMING takes half the time of LANCZOS (5 ms of 10, for 24 megapixels decoded at an eighth), and leaving out 0.2;
    # the built-in labeller's surest words of 54 photographs are the same with all three.
    thinned = averaged and max(frame.size) < SIDE * 1.25
    pixels = _resized(frame, SIDE, Resampling.NEAREST if thinned else Resampling.HAMMING)
    sample = _resized(frame, SAMPLE_SIDE, Resampling.NEAREST)
    return _finish(pixels, profile, orientation), _finish(sample, profile, orientation)


def pixels_of(
    image: Image, profile: bytes | Encoding | None, orientation: int, side: int
) -> npt.NDArray[np.uint8]:
    """Pixels as those of `develop`, with the longest side at most `side`, where no sample is needed."""
    from PIL.Image import Resampling

    return _finish(_resized(_plain(image), side, Resampling.LANCZOS), profile, orientation)


def orientation_of(image: Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where there is none or it makes no sense."""
    from PIL.ExifTags import Base

    try:
        orientation = int(image.getexif().get(Base.Orientation, 1))
    except Exception:  # damaged EXIF raises almost anything, and a sound picture needs none
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def _resized(frame: Image, side: int, how: int) -> Image:
    """The frame with its longest side at most `side`; smaller ones stay as they are."""
    from PIL.Image import Resampling

    longest = max(frame.size)
    if longest <= side:
        return frame
    width, height = (max(1, round(length * side / longest)) for length in frame.size)
    return frame.resize((width, height), Resampling(how), reducing_gap=2.0)


def _plain(image: Image) -> Image:
    """The picture in one of the modes that can be scaled and corrected: L, LA, RGB, RGBA, CMYK."""
    if image.mode.startswith(("I", "F")):
        return _eight_bit(image)
    if image.mode == "LAB":
        return _from_lab(image)
    if "transparency" in image.info or image.mode in ("PA", "RGBa"):
        return image.convert("RGBA")
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK"):
        return image
    return image.convert({"1": "L", "La": "LA"}.get(image.mode, "RGB"))


def _eight_bit(image: Image) -> Image:
    """Gray of 16 or 32 bits or floating point, scaled to 8 bits; Pillow's own conversion cuts off at 255."""
    from PIL.Image import fromarray

    top = max(float(values.max(initial=0)) for _, values in _bands(image))
    if image.mode == "F":
        white = next((white for white in (1.0, 255.0, 65535.0) if top <= white), top)
    else:
        white = 65535.0 if top > 255 or image.mode.startswith("I;16") else 255.0
        white = max(white, top)
    gray = np.empty((image.height, image.width), np.uint8)
    for rows, values in _bands(image):
        gray[rows] = (values.clip(0, white) * (255 / white)).round()
    return fromarray(gray)


def _bands(image: Image) -> Iterator[tuple[slice, npt.NDArray[np.float32]]]:
    """The rows of a gray picture as finite float32 numbers, about a million at a time: the whole would take 17 B/px."""
    step = max(1, 1_000_000 // image.width)
    for start in range(0, image.height, step):
        stop = min(image.height, start + step)
        band = np.asarray(image.crop((0, start, image.width, stop)), dtype=np.float32)
        yield slice(start, stop), np.nan_to_num(band, nan=0, posinf=0, neginf=0)


def _from_lab(image: Image) -> Image:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return _applied(ImageCms.buildTransform(lab, srgb, "LAB", "RGB"), image)


def _applied(transform: ImageCmsTransform, image: Image) -> Image:
    from PIL.ImageCms import applyTransform

    return cast("Image", applyTransform(image, transform))  # it is None only when converting in place


def _finish(frame: Image, profile: bytes | Encoding | None, orientation: int) -> npt.NDArray[np.uint8]:
    """Color-correct, composite on white, turn upright."""
    from PIL import Image

    alpha = frame.getchannel("A") if frame.mode.endswith("A") else None
    rgb = _to_srgb(frame.convert(frame.mode[:-1]) if alpha else frame, profile)
    if alpha:
        white = Image.new("RGB", rgb.size, "white")
        white.paste(rgb, mask=alpha)
        rgb = white
    if orientation > 1:
        # EXIF numbers the ways to turn from 2; its "rotate" is clockwise, Pillow's is not.
        turn = Image.Transpose
        ways = (
            turn.FLIP_LEFT_RIGHT,
            turn.ROTATE_180,
            turn.FLIP_TOP_BOTTOM,
            turn.TRANSPOSE,
            turn.ROTATE_270,
            turn.TRANSVERSE,
            turn.ROTATE_90,
        )
        rgb = rgb.transpose(ways[orientation - 2])
    return np.asarray(rgb)


def _to_srgb(image: Image, profile: Any) -> Image:
    """The picture in sRGB, by its encoding, or by its ICC profile where it has a sound one that fits its mode."""
    if isinstance(profile, Encoding):
        from PIL.Image import fromarray

        return fromarray(to_srgb(np.asarray(image.convert("RGB")), profile))
    transform = _transform(profile, image.mode) if isinstance(profile, bytes) and profile else None
    if transform is None:
        # Pillow would copy even what is RGB already.
        return image if image.mode == "RGB" else image.convert("RGB")
    return _applied(transform, image)


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCmsTransform | None:
    """From a profile to sRGB; None where there is nothing to do. An archive's photographs share profiles."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None  # a broken profile, or one of another mode
    return None if mode == "RGB" and _changes_nothing(transform) else transform


def _changes_nothing(transform: ImageCmsTransform) -> bool:
    """Whether a transform leaves every color where it is, as the profiles that are sRGB themselves do."""
    from PIL.Image import fromarray

    steps = np.arange(0, 256, 17, dtype=np.uint8)
    colors = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 16, 3)
    changed = _applied(transform, fromarray(colors))
    return int(np.abs(np.asarray(changed).astype(int) - colors).max()) <= 2


def can_develop_raw() -> bool:
    """Whether rawpy is installed."""
    from importlib.util import find_spec

    return find_spec("rawpy") is not None


def develop_raw(file: IO[bytes]) -> tuple[Image, tuple[int, int]]:
    """A raw file's picture at half its size, upright, in sRGB, and its full size upright.

    Raises whatever rawpy raises on damaged files.
    """
    import rawpy  # type: ignore[import-not-found, unused-ignore]  # an extra: there or not
    from PIL.Image import fromarray

    file.seek(0)
    with rawpy.imread(io.BytesIO(file.read())) as raw:
        size = (raw.sizes.width, raw.sizes.height)  # as long as nothing is halved
        turned = raw.sizes.flip in (5, 6)
        rgb = raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8)
    return fromarray(rgb), size[::-1] if turned else size
