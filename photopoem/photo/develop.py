"""Converts a decoded picture of any mode, including HDR and camera raw, to upright sRGB pixels."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageCms import ImageCmsTransform

Floats = npt.NDArray[np.float32]

_BT709, _BT2020, _P3, _ADOBE = 1, 9, 12, -1
# x and y of red, green and blue; the white of all is D65 (ITU-T H.273, table 2; Adobe RGB (1998), 4.3.1.1).
_PRIMARIES = {
    _BT709: ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    _BT2020: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    _P3: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    _ADOBE: ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
}
_D65 = (0.3127, 0.3290)

_SRGB, _PQ, _HLG, _ADOBE_GAMMA = 13, 16, 18, -1
_LIKE_SRGB = frozenset({1, 2, 6, 13, 14, 15})
"""Transfers that viewers of photographs show as sRGB."""
_WHITE = 203.0
"""Luminance of white paper in HDR, in cd/m2 (ITU-R BT.2408, table 1)."""
_HLG_WHITE = 0.265
"""Scene light of the same white in HLG, which has the signal 0.75."""
_KNEE = 0.9
"""Light above this part of white is compressed, so that highlights brighter than white keep their hue."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """Primaries and transfer as code points of ITU-T H.273; -1 means Adobe RGB (1998)."""

    primaries: int
    transfer: int

    @property
    def is_hdr(self) -> bool:
        """Whether the encoding has values brighter than white."""
        return self.transfer in (_PQ, _HLG)


def colors_of(image: Image, file: IO[bytes]) -> bytes | Encoding | None:
    """The color description of an opened picture: an ICC profile or an encoding; None for sRGB.

    Code points of HDR take precedence over a profile, which cannot describe HDR; others do not.
    """
    profile = image.info.get("icc_profile")
    said = _code_points(image, file)
    if said and (said.is_hdr or not profile):
        return said
    if profile:
        return bytes(profile)
    return Encoding(_ADOBE, _ADOBE_GAMMA) if _is_adobe(image) else None


def to_srgb(rgb: npt.NDArray[np.uint8], encoding: Encoding) -> npt.NDArray[np.uint8]:
    """Pixels (..., 3) of an encoding as sRGB, both uint8."""
    light = _light(encoding.transfer)[rgb]
    light = light @ _matrix(encoding.primaries).T
    if encoding.is_hdr:
        light = _below_white(light)
    return _encoded()[(light.clip(0, 1) * (_STEPS - 1) + 0.5).astype(np.int32)]


# -- color information in a file -----------------------------------------------------------------------------------


def _code_points(image: Image, file: IO[bytes]) -> Encoding | None:
    if image.format == "HEIF":
        told = image.info.get("nclx_profile") or {}
        return _known(told.get("color_primaries"), told.get("transfer_characteristics"))
    if image.format == "AVIF":
        return _of_avif(file)
    return _of_png(file) if image.format == "PNG" else None


def _known(primaries: Any, transfer: Any) -> Encoding | None:
    """The encoding of two code points; None if it is sRGB or unknown."""
    transfer = _SRGB if transfer in _LIKE_SRGB else transfer
    primaries = _BT709 if primaries in (1, 2, 5, 6) else primaries
    if primaries not in _PRIMARIES or transfer not in (_SRGB, _PQ, _HLG) or primaries < 0:
        return None
    return None if (primaries, transfer) == (_BT709, _SRGB) else Encoding(primaries, transfer)


_HEADER = 1 << 16  # bytes


def _of_avif(file: IO[bytes]) -> Encoding | None:
    """The first color information (ISO/IEC 14496-12, 12.1.5); in a file with a gain map, that of the SDR base."""
    file.seek(0)
    data = file.read(_HEADER)
    at = data.find(b"colrnclx")
    if at < 0 or b"tmap" in data[: int.from_bytes(data[:4], "big")]:
        return None
    return _known(*(int.from_bytes(data[at + n : at + n + 2], "big") for n in (8, 10)))


def _of_png(file: IO[bytes]) -> Encoding | None:
    """The chunk cICP, which comes before the picture (PNG, third edition, 11.3.2.6)."""
    at = 8
    for _ in range(1000):
        file.seek(at)
        head = file.read(12)
        if len(head) < 12 or head[4:8] in (b"IDAT", b"IEND"):
            return None
        if head[4:8] == b"cICP":
            return _known(head[8], head[9])
        at += 12 + int.from_bytes(head[:4], "big")
    return None


def _is_adobe(image: Image) -> bool:
    """Whether EXIF declares Adobe RGB, by DCF 2.0's index R03 or by color space 2."""
    from PIL.ExifTags import IFD, Base

    try:
        exif = image.getexif()
        inner = exif.get_ifd(IFD.Exif) if exif else {}
        if inner.get(Base.ColorSpace) == 2:
            return True
        index = exif.get_ifd(IFD.Interop).get(1, "") if inner else ""
        return (index if isinstance(index, bytes) else str(index).encode("latin-1", "ignore"))[:3] == b"R03"
    except Exception:  # damaged EXIF can raise almost any exception, and is not needed
        return False


# -- light ------------------------------------------------------------------------------------------------

_STEPS = 4096


@lru_cache(maxsize=8)
def _light(transfer: int) -> Floats:
    """The linear light of each of 256 signals; 1 is white."""
    signal = np.arange(256) / 255
    if transfer == _PQ:
        light = _pq(signal) * 10_000 / _WHITE
    elif transfer == _HLG:
        light = _hlg(signal) / _HLG_WHITE
    elif transfer == _ADOBE_GAMMA:
        light = signal ** (563 / 256)  # Adobe RGB (1998), 4.3.4.2
    else:
        light = np.where(
            signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4
        )  # IEC 61966-2-1
    return light.astype(np.float32)


def _pq(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """SMPTE ST 2084 (ITU-R BT.2100, table 4): the part of 10,000 cd/m2."""
    m1, m2 = 2610 / 16384, 2523 / 4096 * 128
    c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    root = signal ** (1 / m2)
    return (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)


def _hlg(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The scene light of hybrid log-gamma (ITU-R BT.2100, table 5), without a display's own rendering."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)


def _below_white(light: Floats) -> Floats:
    """Light above the knee compressed to below white, by the brightest component."""
    top = light.max(axis=-1, keepdims=True)
    rest = 1 - _KNEE
    drawn = _KNEE + rest * (1 - np.exp(-(top - _KNEE) / rest))
    return np.where(top > _KNEE, light * (drawn / np.maximum(top, 1e-6)), light).astype(np.float32)


@lru_cache(maxsize=1)
def _encoded() -> npt.NDArray[np.uint8]:
    """The sRGB signal of each level of light (IEC 61966-2-1)."""
    light = np.linspace(0, 1, _STEPS)
    signal = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return (signal * 255).round().astype(np.uint8)


@lru_cache(maxsize=8)
def _matrix(primaries: int) -> Floats:
    """The matrix from linear light in some primaries to linear light in sRGB's."""
    return (np.linalg.inv(_to_xyz(_BT709)) @ _to_xyz(primaries)).astype(np.float32)


def _to_xyz(primaries: int) -> npt.NDArray[np.float64]:
    """The matrix from linear light to CIE XYZ, by the chromaticities (SMPTE RP 177)."""

    def xyz(point: tuple[float, float]) -> tuple[float, float, float]:
        x, y = point
        return x / y, 1.0, (1 - x - y) / y

    columns = np.array([xyz(point) for point in _PRIMARIES[primaries]]).T
    return columns * np.linalg.solve(columns, np.array(xyz(_D65)))


SIDE = 640
SAMPLE_SIDE = 256


def develop(
    image: Image, profile: bytes | Encoding | None, orientation: int, *, averaged: bool = False
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """`pixels` (longest side at most 640 px, antialiased) and `sample` (at most 256 px, nearest neighbour).

    Both are uint8 of shape (h, w, 3). The picture is scaled down before color, alpha and orientation are corrected,
    which gives the same result with fewer pixels. `averaged` says that a decoder has scaled it already: up to a
    quarter too many rows and columns are then dropped instead of averaged a second time.
    """
    from PIL.Image import Resampling

    frame = _plain(image)
    # For 24 megapixels decoded at an eighth, LANCZOS takes 10 ms, HAMMING 5 and dropping rows 0.2; the built-in
    # labeller's surest words of 54 photographs are the same with all three.
    thinned = averaged and max(frame.size) < SIDE * 1.25
    pixels = _resized(frame, SIDE, Resampling.NEAREST if thinned else Resampling.HAMMING)
    sample = _resized(frame, SAMPLE_SIDE, Resampling.NEAREST)
    return _finish(pixels, profile, orientation), _finish(sample, profile, orientation)


def pixels_of(
    image: Image, profile: bytes | Encoding | None, orientation: int, side: int
) -> npt.NDArray[np.uint8]:
    """The `pixels` of `develop` with the longest side at most `side`, without a sample."""
    from PIL.Image import Resampling

    return _finish(_resized(_plain(image), side, Resampling.LANCZOS), profile, orientation)


def orientation_of(image: Image) -> int:
    """The EXIF orientation, 1 to 8; 1 if it is missing or invalid."""
    from PIL.ExifTags import Base

    try:
        orientation = int(image.getexif().get(Base.Orientation, 1))
    except Exception:  # damaged EXIF can raise almost any exception, and is not needed
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def _resized(frame: Image, side: int, how: int) -> Image:
    """The frame scaled to a longest side of at most `side`; smaller ones stay as they are."""
    from PIL.Image import Resampling

    longest = max(frame.size)
    if longest <= side:
        return frame
    width, height = (max(1, round(length * side / longest)) for length in frame.size)
    return frame.resize((width, height), Resampling(how), reducing_gap=2.0)


def _plain(image: Image) -> Image:
    """The picture in a mode that can be scaled and corrected: L, LA, RGB, RGBA, CMYK."""
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
    """Gray of 16 or 32 bits or floating point, scaled to 8 bits; Pillow's own conversion clips at 255."""
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
    """The rows of a gray picture as finite float32 numbers, a million at a time: all would take 17 bytes per pixel."""
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

    return cast("Image", applyTransform(image, transform))  # None is returned only when converting in place


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
        # EXIF numbers the transformations from 2; it rotates clockwise, Pillow counterclockwise.
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
    """The picture in sRGB, by its encoding or by its ICC profile, if that is valid for its mode."""
    if isinstance(profile, Encoding):
        from PIL.Image import fromarray

        return fromarray(to_srgb(np.asarray(image.convert("RGB")), profile))
    transform = _transform(profile, image.mode) if isinstance(profile, bytes) and profile else None
    if transform is None:
        # Pillow would copy even an RGB picture.
        return image if image.mode == "RGB" else image.convert("RGB")
    return _applied(transform, image)


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCmsTransform | None:
    """The transform from a profile to sRGB, or None if there is nothing to do. Cached: photographs share profiles."""
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None  # an invalid profile, or one for another mode
    return None if mode == "RGB" and _changes_nothing(transform) else transform


def _changes_nothing(transform: ImageCmsTransform) -> bool:
    """Whether a transform changes no color, as with sRGB profiles."""
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
    """A raw file's picture at half its size, upright and in sRGB, and its full upright size.

    Raises any exception of rawpy for damaged files.
    """
    import rawpy  # type: ignore[import-not-found, unused-ignore]  # an extra: there or not
    from PIL.Image import fromarray

    file.seek(0)
    with rawpy.imread(io.BytesIO(file.read())) as raw:
        size = (raw.sizes.width, raw.sizes.height)  # before the picture is halved
        turned = raw.sizes.flip in (5, 6)
        rgb = raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8)
    return fromarray(rgb), size[::-1] if turned else size
