"""Knows files by their first bytes: pictures, and what people mistake for photographs."""

from __future__ import annotations

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
    """Whether a file begins like a picture that can be opened."""
    riff = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    return head.startswith(_PICTURES) or riff or _brand(head) in _IMAGE_BRANDS


def is_heic(head: bytes) -> bool:
    """Whether a file begins like HEIC."""
    return _brand(head) in _HEIC_BRANDS


def other_kind(head: bytes) -> str | None:
    """What a file is that begins like something else than a picture; None where that is not plain."""
    for magic, kind in _OTHERS:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"WAVE"):
        return "a video or sound"
    brand = _brand(head)
    if brand and brand not in _IMAGE_BRANDS and brand != b"crx ":
        return "a video"
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "a web page"
    if start.startswith((b"<svg", b"<?xml")):
        return "an SVG drawing or XML document"
    return "text" if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    """Whether bytes are plain ASCII text. BMP files begin with two letters too, but zeros follow."""
    return all(byte in b"\t\n\r\f" or 32 <= byte < 127 for byte in head)
