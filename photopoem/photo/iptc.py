"""Reads the IPTC record of a photograph, whose encoding has to be found out first."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from photopoem.photo.facts import Facts, clean, parse_date, put, put_date

if TYPE_CHECKING:
    from PIL.Image import Image

# Datasets of record 2 and the most bytes that each may have (IPTC-NAA Information Interchange Model 4.2, chapter 6).
_KEYWORDS, _DATE, _TIME, _CITY, _SUBLOCATION = 25, 55, 60, 90, 92
_LIMITS = {_KEYWORDS: 64, _CITY: 32, _SUBLOCATION: 32}
_TEXTS = frozenset({5, 15, 20, 25, 26, 40, 80, 85, 90, 92, 95, 101, 103, 105, 110, 115, 116, 120, 122})
_ENCODING = (1, 90)

# ISO 2022's escapes that announce a character set, as dataset 1:90 holds them.
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
"""The encodings that programs wrote without saying so, Windows' and the Macintosh's, western ones first."""

_RECORD, _DIGEST = 0x0404, 0x0425  # resources of Photoshop's segment


@dataclass(frozen=True, slots=True)
class Iptc:
    """What a record says. `changed` tells that a program which knows no XMP has written it last.

    `guessed` says that nothing tells its encoding, and that some of its texts are not ASCII.
    """

    facts: Facts
    changed: bool = False
    guessed: bool = False


def read_iptc(image: Image, known: Collection[str] = ()) -> Iptc:
    """What the IPTC record of a photograph says. `known` are texts that its XMP says, which tell its code page."""
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
    """Whether the record is another than the one that the writer of the XMP took the digest of (MWG 2.0, chapter 3)."""
    resources = image.info.get("photoshop") or {}
    record, digest = resources.get(_RECORD), resources.get(_DIGEST)
    if not record or not isinstance(digest, bytes) or len(digest) != 16 or not any(digest):
        return False
    return hashlib.md5(record, usedforsecurity=False).digest() != digest


def _encoding(
    announced: Any, fields: Mapping[int, list[bytes]], known: Collection[str]
) -> tuple[str | None, bool]:
    """The encoding of all texts of a record, and whether it was guessed; None where what XMP says shows it garbled.

    What the record announces counts first, unless its texts cannot be that; then UTF-8, if all of it is; then the
    code page in which it says a word that its XMP says too; then Windows-1252.
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
    """Whether a text may be of an encoding. UTF-8 at the limit may have been cut within its last character."""
    try:
        value.decode(encoding)
    except UnicodeDecodeError as error:
        cut = 0 < limit <= len(value) and error.reason == "unexpected end of data"
        return encoding == "utf-8" and cut
    return True


def _text(value: bytes, encoding: str, limit: int = 0) -> str:
    """A text in the record's encoding up to its first NUL. What is UTF-8 in another encoding's record is read so."""
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
    """Every text that sources in a known encoding say."""
    return {
        text
        for source in sources
        for text in (*source.get("keywords", ()), source.get("city"), source.get("location"))
        if text
    }
