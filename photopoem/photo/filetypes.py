"""Recognizes files by their first bytes: pictures, and other files that people take for photographs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import IO, Any

_PICTURES = (b"\xff\xd8", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"BM")

_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"8BPS", "a Photoshop document: export a JPEG"),
    (b"gimp xcf", "a GIMP document: export a JPEG"),
    (b"%!PS", "a PostScript document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"ID3", "a sound"),
    (b"OggS", "a sound or video"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"SQLite format", "a database"),
    (b"version https://git-lfs", "a pointer of Git LFS: fetch the file itself"),
)

_HEIC_BRANDS = frozenset(b"heic heix heim heis hevc hevx hevm hevs mif1 msf1".split())
_IMAGE_BRANDS = _HEIC_BRANDS | {b"avif", b"avis"}


def _brand(head: bytes) -> bytes:
    """The major brand of an ISO media file, or nothing."""
    return head[8:12] if head[4:8] == b"ftyp" else b""


def is_picture(head: bytes) -> bool:
    """Whether a file starts like a picture that can be opened."""
    riff = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    return head.startswith(_PICTURES) or riff or _brand(head) in _IMAGE_BRANDS


def is_heic(head: bytes) -> bool:
    """Whether a file starts like HEIC."""
    return _brand(head) in _HEIC_BRANDS


def heif_format(head: bytes) -> str:
    """Pillow's format name for a file that starts like HEIC or AVIF; empty for any other.

    The brand mif1 does not tell the codec, so Pillow decides.
    """
    if _brand(head) in (b"avif", b"avis"):
        return "AVIF"
    return "HEIF" if _brand(head) in _HEIC_BRANDS - {b"mif1", b"msf1"} else ""


def other_kind(head: bytes) -> str | None:
    """The kind of a file that is not a picture, by its first bytes; None if it is unknown."""
    known = next((kind for magic, kind in _OTHERS if head.startswith(magic)), None)
    return known or _media_kind(head) or _markup_kind(head) or ("text" if _is_text(head) else None)


def _media_kind(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"WAVE"):
        return "a video or sound"
    brand = _brand(head)
    return "a video" if brand and brand not in _IMAGE_BRANDS and brand != b"crx " else None


def _markup_kind(head: bytes) -> str | None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    return "an SVG drawing or XML document" if start.startswith((b"<svg", b"<?xml")) else None


def _is_text(head: bytes) -> bool:
    """Whether bytes are plain ASCII text. BMP files start with two letters too, but zeros follow."""
    return all(byte in b"\t\n\r\f" or 32 <= byte < 127 for byte in head)


# -- camera raw -----------------------------------------------------------------------------------------

RAW_SUFFIXES = frozenset(
    ".dng .cr2 .cr3 .crw .nef .nrw .arw .srf .sr2 .raf .orf .rw2 .pef .srw .3fr .iiq".split()
)

# First bytes of camera raw that is not TIFF: Fujifilm, Olympus (three), Panasonic, Sigma, Minolta; and of CR2.
_MAGIC = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM", b"II*\0\x10\0\0\0CR")
_TIFF = (b"II*\0", b"MM\0*")

_DNG_VERSION = 50706
_NEW_SUBFILE_TYPE, _COMPRESSION, _PHOTOMETRIC, _SUB_IFDS = 254, 259, 262, 330
_RAW_COMPRESSIONS = frozenset({32767, 32769, 34713, 65000, 65535})  # Sony, packed, Nikon, Kodak, Pentax
_RAW_PHOTOMETRICS = frozenset({32803, 34892})  # color filter array, linear raw


def is_raw(path: str, file: IO[bytes], head: bytes) -> bool:
    """Whether a file is camera raw, by its first bytes, by its tags if it begins like TIFF, else by its name.

    Pillow would take raw that starts like TIFF for a thumbnail of a few pixels. Its tags identify it under any name:
    DNG's version, a compression or color filter that only sensors use, or a first picture that is a reduced copy.
    """
    if head.startswith(_MAGIC) or head[4:12] == b"ftypcrx ":
        return True
    if not head.startswith(_TIFF):
        return False
    return PurePath(path).suffix.lower() in RAW_SUFFIXES or _has_raw_tags(_first_tags(file, head))


def _first_tags(file: IO[bytes], head: bytes) -> Mapping[int, Any]:
    """The tags of a TIFF's first directory; empty if it is damaged."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    try:
        tags = ImageFileDirectory_v2(head[:8])
        file.seek(tags.next or 0)
        tags.load(file)
        return dict(tags)
    except Exception:  # damaged tags can raise almost any exception; opening the picture reports them
        return {}


def _has_raw_tags(tags: Mapping[int, Any]) -> bool:
    return (
        _DNG_VERSION in tags
        or tags.get(_COMPRESSION) in _RAW_COMPRESSIONS
        or tags.get(_PHOTOMETRIC) in _RAW_PHOTOMETRICS
        or (tags.get(_NEW_SUBFILE_TYPE) == 1 and _SUB_IFDS in tags)
    )
