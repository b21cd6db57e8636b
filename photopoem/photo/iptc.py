"""Reads the IPTC record of a photograph, whose encoding must be detected first."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from photopoem.photo.facts import Facts, clean, parse_date, put, put_date

if TYPE_CHECKING:
    from PIL.Image import Image

# Datasets of record 2 and their maximum lengths in bytes (IPTC-NAA Information Interchange Model 4.2, chapter 6).
_KEYWORDS, _DATE, _TIME, _CITY, _SUBLOCATION = 25, 55, 60, 90, 92
_LIMITS = {_KEYWORDS: 64, _CITY: 32, _SUBLOCATION: 32}
_TEXTS = frozenset({5, 15, 20, 25, 26, 40, 80, 85, 90, 92, 95, 101, 103, 105, 110, 115, 116, 120, 122})
_ENCODING = (1, 90)

# ISO 2022 escapes that declare a character set, as in dataset 1:90.
_ANNOUNCED = {
    b"\x1b%G": "utf-8", b"\x1b%/I": "utf-8",
    b"\x1b.A": "cp1252", b"\x1b-A": "cp1252", b"\x1b.B": "iso8859-2", b"\x1b-B": "iso8859-2",
    b"\x1b.F": "iso8859-7", b"\x1b-F": "iso8859-7", b"\x1b-L": "iso8859-5", b"\x1b-M": "iso8859-9",
    b"\x1b-b": "iso8859-15", b"\x1b.b": "iso8859-15",
}  # fmt: skip
_CODE_PAGES = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "mac-roman", "mac-latin2", "mac-cyrillic",
    "cp1255", "cp1256", "cp1258", "koi8-r", "cp932", "gb18030", "big5", "cp949", "cp874",
)  # fmt: skip
"""Encodings that programs used without declaring them: those of Windows and the Macintosh, western ones first."""

_RECORD, _DIGEST = 0x0404, 0x0425  # resources of Photoshop's segment


@dataclass(frozen=True, slots=True)
class Iptc:
    """The content of a record. `changed` means that a program without XMP support wrote it last.

    `guessed` means that its encoding is not declared and that some of its texts are not ASCII.
    """

    facts: Facts
    changed: bool = False
    guessed: bool = False


def read_iptc(image: Image, known: Collection[str] = ()) -> Iptc:
    """Read the IPTC record of a photograph. `known` are texts of its XMP, which help to detect the code page."""
    from PIL.IptcImagePlugin import getiptcinfo

    if "photoshop" not in image.info and 33723 not in getattr(image, "tag_v2", {}):
        return Iptc({})
    info: Mapping[tuple[int, int], Any] = getiptcinfo(image) or {}  # type: ignore[arg-type]  # it asks what image is
    fields = {key[1]: _values(value) for key, value in info.items() if key[0] == 2}
    encoding, guessed = _encoding(info.get(_ENCODING), fields, known)
    if encoding is None:
        return Iptc({}, guessed=True)

    def texts(number: int) -> list[str]:
        return [_text(value, encoding, _LIMITS.get(number, 0)) for value in fields.get(number, ())]

    found: Facts = {"keywords": texts(_KEYWORDS)}
    for key, number in (("city", _CITY), ("location", _SUBLOCATION)):
        put(found, key, next(iter(texts(number)), None))
    date, time = (next(iter(texts(number)), None) for number in (_DATE, _TIME))
    put_date(found, parse_date(f"{date}T{time}") or parse_date(date))
    return Iptc(found, _was_changed(image), guessed)


def _values(value: Any) -> list[bytes]:
    return [bytes(each) for each in (value if isinstance(value, list) else [value]) if each]


def _was_changed(image: Image) -> bool:
    """Whether the record differs from the one whose digest the writer of the XMP stored (MWG 2.0, chapter 3)."""
    resources = image.info.get("photoshop") or {}
    record, digest = resources.get(_RECORD), resources.get(_DIGEST)
    if not record or not isinstance(digest, bytes) or len(digest) != 16 or not any(digest):
        return False
    return hashlib.md5(record, usedforsecurity=False).digest() != digest


def _encoding(
    announced: Any, fields: Mapping[int, list[bytes]], known: Collection[str]
) -> tuple[str | None, bool]:
    """The encoding of all texts of a record, and whether it was guessed; None if XMP shows that the texts are garbled.

    In this order: the declared encoding, unless the texts are invalid in it; UTF-8, if all texts are valid; a code
    page in which a text agrees with the XMP; Windows-1252.
    """
    texts = [(value, _LIMITS.get(number, 0)) for number in _TEXTS for value in fields.get(number, ())]
    said = _ANNOUNCED.get(bytes(announced) if isinstance(announced, bytes) else b"", "utf-8")
    if all(_is(value, said, limit) for value, limit in texts):
        return said, False
    foreign = [value for value, _ in texts if not value.isascii()]
    spelled = {clean(text).casefold() for text in known}
    for page in _CODE_PAGES:
        if any(_is(value, page) and clean(_text(value, page)).casefold() in spelled for value in foreign):
            return page, False
    return None if any(not _is_western(text) for text in spelled) else "cp1252", True


def _is(value: bytes, encoding: str, limit: int = 0) -> bool:
    """Whether a text is valid in an encoding. UTF-8 at the length limit may be cut within its last character."""
    try:
        value.decode(encoding)
    except UnicodeDecodeError as error:
        cut = 0 < limit <= len(value) and error.reason == "unexpected end of data"
        return encoding == "utf-8" and cut
    return True


def _text(value: bytes, encoding: str, limit: int = 0) -> str:
    """A text in the record's encoding, up to its first NUL. Valid UTF-8 is read as UTF-8 in any record."""
    if _is(value, "utf-8", limit):
        encoding = "utf-8"
    return value.decode(encoding, "ignore").split("\0")[0]


def _is_western(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def known_texts(sources: Iterable[Facts]) -> set[str]:
    """Every text from sources with a known encoding."""
    return {
        text
        for source in sources
        for text in (*source.get("keywords", ()), source.get("city"), source.get("location"))
        if text
    }
