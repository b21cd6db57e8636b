"""Recognises camera raw, and develops it where the extra `photopoem[raw]` is installed."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

RAW_SUFFIXES = frozenset(
    ".dng .cr2 .cr3 .crw .nef .nrw .arw .srf .sr2 .raf .orf .rw2 .pef .srw .3fr .iiq".split()
)

# Beginnings of camera raw that is not TIFF: Fujifilm, Olympus (three), Panasonic, Sigma, Minolta; and of CR2.
_MAGIC = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM", b"II*\0\x10\0\0\0CR")
_TIFF = (b"II*\0", b"MM\0*")

_DNG_VERSION = 50706
_NEW_SUBFILE_TYPE, _COMPRESSION, _PHOTOMETRIC, _SUB_IFDS = 254, 259, 262, 330
_RAW_COMPRESSIONS = frozenset({32767, 32769, 34713, 65000, 65535})  # Sony, packed, Nikon, Kodak, Pentax
_RAW_PHOTOMETRICS = frozenset({32803, 34892})  # color filter array, linear raw


def is_raw(path: str, file: IO[bytes], head: bytes) -> bool:
    """Whether a file is camera raw, by its first bytes, by its tags if it begins like TIFF, else by its name.

    Of what begins like TIFF, Pillow would show a thumbnail of a few pixels or nothing. Tags tell it under any
    name: DNG's version, the sensor's own compressions and color filters, a first picture that calls itself a
    reduced copy of another.
    """
    if head.startswith(_MAGIC) or head[4:12] == b"ftypcrx ":
        return True
    if not head.startswith(_TIFF):
        return False
    return PurePath(path).suffix.lower() in RAW_SUFFIXES or _has_raw_tags(_first_tags(file, head))


def _first_tags(file: IO[bytes], head: bytes) -> Mapping[int, Any]:
    """The tags of a TIFF's first directory; none where it is damaged."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    try:
        tags = ImageFileDirectory_v2(head[:8])
        file.seek(tags.next or 0)
        tags.load(file)
        return dict(tags)
    except Exception:  # damaged tags raise almost anything; whoever opens the picture will say so
        return {}


def _has_raw_tags(tags: Mapping[int, Any]) -> bool:
    return (
        _DNG_VERSION in tags
        or tags.get(_COMPRESSION) in _RAW_COMPRESSIONS
        or tags.get(_PHOTOMETRIC) in _RAW_PHOTOMETRICS
        or (tags.get(_NEW_SUBFILE_TYPE) == 1 and _SUB_IFDS in tags)
    )


def can_develop() -> bool:
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
