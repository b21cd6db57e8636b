"""Collects what a file says of its photograph, beside its pixels: when, where, and its owner's words.

There are four sources: the sidecar `photo.jpg.txt`, and XMP, IPTC and EXIF inside the file. Each is read into the same
keys; `read_metadata` joins them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from photopoem.text.clean import one_line

if TYPE_CHECKING:
    from PIL.Image import Exif, Image

MAX_KEYWORDS = 64
MAX_LENGTH = 40  # characters: more is a caption, and no line of a poem holds it

Facts = dict[str, Any]
"""What one source says: any of `keywords`, `taken`, `latitude`, `longitude`, `place`, `city`, `location`."""


def read_metadata(image: Image, sidecar: bytes = b"") -> Facts:
    """What the sources say of a photograph, in the layout that `photopoem.photo.reading.Photo` describes.

    Never raises: a source that is damaged is passed over.
    """
    sources = [
        read_sidecar(sidecar),
        _safely(_read_xmp, image),
        _safely(_read_iptc, image),
        _safely(_read_exif, image),
    ]
    keywords = keyword_list(word for source in sources for word in source.pop("keywords", ()))
    found: Facts = {"keywords": keywords} if keywords else {}
    # The camera knows time and place best; what its owner wrote by hand counts for the rest.
    for source in reversed(sources):
        for key, value in source.items():
            found.setdefault(key, value)
    return found


def _safely(read: Callable[[Image], Facts], image: Image) -> Facts:
    try:
        return read(image)
    except Exception:  # damaged metadata raises almost anything, and the picture is sound
        return {}


# -- values of any source -------------------------------------------------------------------------------


def clean(text: str) -> str:
    """A text from a file as one line without characters that act; the joiners that scripts and emoji need stay."""
    return one_line(text[:10_000], joiners=True)


def keyword_list(words: Iterable[str]) -> tuple[str, ...]:
    """At most 64 keywords, cleaned, each once whatever its case. Those of more than 40 characters are left out."""
    found: dict[str, str] = {}
    for word in words:
        word = clean(word)
        if len(found) == MAX_KEYWORDS:
            break
        if len(word) <= MAX_LENGTH and any(c.isalnum() for c in word):
            found.setdefault(word.casefold(), word)
    return tuple(found.values())


def _put(found: Facts, key: str, value: object) -> None:
    """Keep a text, cleaned, unless there is none or it is too long for a name."""
    text = clean(_text(value))
    if text and len(text) <= 2 * MAX_LENGTH:
        found.setdefault(key, text)


def _put_date(found: Facts, date: str | None) -> None:
    if date:
        found["taken"] = date


def _put_position(found: Facts, latitude: float, longitude: float) -> None:
    """Keep a position on Earth; 0, 0 is what a receiver without a fix writes."""
    if abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude or longitude):
        found["latitude"], found["longitude"] = latitude, longitude


def _text(value: object) -> str:
    """The text in a tag of any type, up to the first NUL; empty for what is no text."""
    if isinstance(value, bytes):
        return _decoded(value).split("\0")[0]
    return value.split("\0")[0] if isinstance(value, str) else ""


def _decoded(data: bytes) -> str:
    """Text of unknown encoding: by its byte order mark, else UTF-8, else Windows-1252."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "ignore")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start >= len(data) - 3:  # cut within a character
            return data[: error.start].decode("utf-8-sig")
        return data.decode("cp1252", "ignore")


_FIRST_YEAR = 1826  # of the oldest photograph that survives

_DATE = re.compile(
    r"(?P<year>\d{4})(?:[:/-]?(?P<month>\d\d)(?:[:/-]?(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:\.\d+)?)?\s*"
    r"(?P<offset>Z|[+-]\d\d:?\d\d)?)?)?)?"
)


def parse_date(text: object, offset: object = None) -> str | None:
    """A date as EXIF, XMP or IPTC writes it, as ISO 8601 cut to what is known; None for nonsense.

    `offset` is a UTC offset from another field. A month or day of 00 is unknown; a year before the first
    photograph, or 0000, is nonsense.
    """
    match = _DATE.match(_text(text).strip())
    if not match or int(match["year"]) < _FIRST_YEAR:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    if not month:
        return match["year"]
    if not day:
        return f"{match['year']}-{match['month']}" if month <= 12 else None
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59))
    except ValueError:
        return None
    if match["hour"] is None:
        return moment.date().isoformat()
    return moment.isoformat() + (_offset(match["offset"]) or _offset(offset))


def exif_datetime(value: object) -> datetime | None:
    """An EXIF date and time, without offset; None where it is not whole."""
    date = parse_date(value)
    return datetime.fromisoformat(date[:19]) if date and len(date) >= 19 else None


def _offset(value: object) -> str:
    """A UTC offset as `+HH:MM`, or nothing."""
    text = _text(value).strip()
    if text == "Z":
        return "+00:00"
    match = re.fullmatch(r"([+-])(\d\d):?(\d\d)", text)
    if not match or int(match[2]) > 14 or int(match[3]) > 59:
        return ""
    return f"{match[1]}{match[2]}:{match[3]}"


# -- the sidecar: lines of words that the owner wrote beside the file -----------------------------------


def read_sidecar(data: bytes) -> Facts:
    """A sidecar's `keywords`, one a line or separated by commas, and its `place: TEXT`."""
    found: Facts = {}
    words: list[str] = []
    for line in _decoded(data).splitlines()[:1000]:
        key, colon, value = line.partition(":")
        if colon and key.strip().casefold() == "place":
            _put(found, "place", value)
        else:
            words.extend(line.split(","))
    found["keywords"] = keyword_list(words)
    return found


# -- XMP ------------------------------------------------------------------------------------------------

_MAX_XMP = 1024 * 1024
_MAX_VALUES = 200  # a property
_MAX_TEXT = 1000  # characters a value
_MAX_DEPTH = 64

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
_CONTAINERS = frozenset({_RDF + "Bag", _RDF + "Seq", _RDF + "Alt", _RDF + "li"})

# Expat joins namespace and name with a space.
_WANTED = {
    "http://purl.org/dc/elements/1.1/ subject": "subject",
    "http://ns.adobe.com/photoshop/1.0/ City": "city",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/ Location": "location",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/ City": "city",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/ Sublocation": "location",
    "http://ns.adobe.com/exif/1.0/ DateTimeOriginal": "taken",
    "http://ns.adobe.com/photoshop/1.0/ DateCreated": "created",
    "http://ns.adobe.com/exif/1.0/ GPSLatitude": "latitude",
    "http://ns.adobe.com/exif/1.0/ GPSLongitude": "longitude",
}


class _Refused(Exception):
    """The packet holds something that no XMP packet holds."""


def read_xmp(packet: bytes) -> Mapping[str, list[str]]:
    """The wanted properties of an XMP packet: name -> its values, as written.

    The names are `subject`, `city`, `location`, `taken`, `created`, `latitude`, `longitude`. Reading stops at a
    document type (so no entity is ever expanded) and at broken XML; what came before is kept.
    """
    reader = _XmpReader()
    if len(packet) <= _MAX_XMP:
        # Broken, hostile, or in an encoding that does not exist.
        with suppress(expat.ExpatError, _Refused, ValueError, LookupError):
            reader.parse(packet.strip(b"\0 \r\n\t"))
    return reader.found


class _XmpReader:
    """Walks a packet once and builds no tree, so that a deep or long packet costs little memory."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {}
        self._path: list[str] = []
        self._text = ""

    def parse(self, packet: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.Parse(packet, True)

    def _refuse(self, *_: object) -> None:
        raise _Refused

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= _MAX_DEPTH:
            raise _Refused
        self._path.append(name)
        self._text = ""
        for key, value in attributes.items():
            self._keep(key, value)

    def _characters(self, text: str) -> None:
        if len(self._text) < _MAX_TEXT:
            self._text += text

    def _end(self, _name: str) -> None:
        # The property is the nearest element that is no container: subject > Bag > li.
        self._keep(next((name for name in reversed(self._path) if name not in _CONTAINERS), ""), self._text)
        self._path.pop()
        self._text = ""

    def _keep(self, name: str, text: str) -> None:
        key = _WANTED.get(name)
        if key is None or not text.strip():
            return
        values = self.found.setdefault(key, [])
        if len(values) < _MAX_VALUES:
            values.append(text.strip()[:_MAX_TEXT])


def _read_xmp(image: Image) -> Facts:
    packet = (
        image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or getattr(image, "tag_v2", {}).get(700)
    )
    return _xmp_facts(packet.encode() if isinstance(packet, str) else bytes(packet)) if packet else {}


def _xmp_facts(packet: bytes) -> Facts:
    values = read_xmp(packet)
    found: Facts = {"keywords": values.get("subject", [])}
    for key in ("city", "location"):
        _put(found, key, next(iter(values.get(key, [])), None))
    _put_date(found, parse_date(next(iter([*values.get("taken", []), *values.get("created", [])]), None)))
    latitude, longitude = (_xmp_degrees(values.get(key)) for key in ("latitude", "longitude"))
    _put_position(found, latitude, longitude)
    return found


def _xmp_degrees(values: list[str] | None) -> float:
    """XMP writes `41,24.5N` or `41,24,30N`."""
    match = re.fullmatch(r"(\d+),(\d+(?:\.\d+)?)(?:,(\d+))?([NSEW])", values[0]) if values else None
    if not match:
        return math.nan
    degrees = float(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600
    return -degrees if match[4] in "SW" else degrees


# -- IPTC -----------------------------------------------------------------------------------------------


def _read_iptc(image: Image) -> Facts:
    from PIL.IptcImagePlugin import getiptcinfo

    if "photoshop" not in image.info and 33723 not in getattr(image, "tag_v2", {}):
        return {}
    info: Mapping[tuple[int, int], Any] = getiptcinfo(image) or {}  # type: ignore[arg-type]  # it asks what image is

    def values(number: int) -> list[bytes]:
        value = info.get((2, number)) or []
        return value if isinstance(value, list) else [value]

    found: Facts = {"keywords": [_text(word) for word in values(25) if word]}
    for key, number in (("city", 90), ("location", 92)):
        _put(found, key, next(iter(values(number)), None))
    date, time = (_text(next(iter(values(number)), None)) for number in (55, 60))
    _put_date(found, parse_date(f"{date}T{time}") or parse_date(date))
    return found


# -- EXIF -----------------------------------------------------------------------------------------------


def _read_exif(image: Image) -> Facts:
    from PIL.ExifTags import IFD, Base

    exif = image.getexif()
    if not exif:
        return {}
    inner, gps = exif.get_ifd(IFD.Exif), exif.get_ifd(IFD.GPSInfo)
    found: Facts = {"keywords": _windows_keywords(exif)}
    taken = parse_date(inner.get(Base.DateTimeOriginal), inner.get(Base.OffsetTimeOriginal))
    _put_date(found, _with_offset_from_gps(taken, gps))
    _put_position(found, _gps_degrees(gps, 1, "NS"), _gps_degrees(gps, 3, "EW"))
    return found


def _windows_keywords(exif: Exif) -> list[str]:
    """The tags that Windows writes, in UTF-16, separated by semicolons."""
    from PIL.ExifTags import Base

    value = exif.get(Base.XPKeywords, b"")
    data = bytes(value) if isinstance(value, (bytes, tuple)) else b""
    return data.decode("utf-16-le", "ignore").split("\0")[0].split(";")


def _gps_degrees(gps: Mapping[int, Any], tag: int, sides: str) -> float:
    """Degrees from the three rationals at `tag + 1` and the hemisphere at `tag`; NaN unless all are sound."""
    side = _text(gps.get(tag)).strip().upper()
    if side not in tuple(sides):
        return math.nan
    degrees, minutes, seconds = ([float(part) for part in gps[tag + 1]] + [0.0, 0.0])[:3]
    total = degrees + minutes / 60 + seconds / 3600
    if not (0 <= degrees <= 180 and 0 <= minutes < 60.001 and 0 <= seconds < 60.001):
        return math.nan  # NaN compares false
    return -total if side in "SW" else total


def _with_offset_from_gps(taken: str | None, gps: Mapping[int, Any]) -> str | None:
    """The time with the offset that the GPS time, which is UTC, implies; the time itself where it has one already.

    Offsets are whole quarters of an hour. The last fix may be minutes old, so a difference that is not within three
    minutes of a quarter implies nothing.
    """
    if taken is None or len(taken) != 19:
        return taken
    try:
        clock = ":".join(f"{int(float(part)):02d}" for part in gps[7])
        utc = exif_datetime(f"{_text(gps[29])} {clock}")
        difference = datetime.fromisoformat(taken) - utc if utc else timedelta(days=9)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return taken
    quarters = round(difference / timedelta(minutes=15))
    if abs(quarters) > 56 or abs(difference - quarters * timedelta(minutes=15)) > timedelta(minutes=3):
        return taken
    hours, minutes = divmod(abs(quarters) * 15, 60)
    return f"{taken}{'-' if quarters < 0 else '+'}{hours:02d}:{minutes:02d}"
