"""Collects the metadata of a photograph: EXIF, IPTC, XMP, and sidecar files."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any, TypeVar
from xml.parsers import expat

from photopoem.files import open_regular
from photopoem.photo.facts import (
    FIRST_YEAR,
    Facts,
    decoded,
    exif_datetime,
    keyword_list,
    last_of_path,
    parse_date,
    put,
    put_date,
    put_position,
    split_keyword,
    text_of,
)
from photopoem.photo.iptc import Iptc, known_texts, read_iptc

if TYPE_CHECKING:
    from PIL.Image import Exif, Image

MAX_PACKET = 1024 * 1024  # bytes of a packet inside a photograph
MAX_XMP_FILE = 4 * MAX_PACKET  # bytes of a sidecar; darktable stores masks in it
_MAX_VALUES = 200  # a property
_MAX_TEXT = 1000  # characters a value
_MAX_DEPTH = 64

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
_CONTAINERS = frozenset({_RDF + "Bag", _RDF + "Seq", _RDF + "Alt", _RDF + "li"})

# Expat joins the namespace and the name with a space.
_WANTED = {
    "http://purl.org/dc/elements/1.1/ subject": "subject",
    "http://ns.acdsee.com/iptc/1.0/ keywords": "subject",
    "http://ns.adobe.com/lightroom/1.0/ hierarchicalSubject": "path",
    "http://www.digikam.org/ns/1.0/ TagsList": "path",
    "http://ns.microsoft.com/photo/1.0/ LastKeywordXMP": "path",
    "http://ns.microsoft.com/photo/1.0 LastKeywordXMP": "path",
    "http://ns.iview-multimedia.com/mediapro/1.0/ CatalogSets": "path",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/ PersonInImage": "person",
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
    """The packet contains something that is not allowed in XMP."""


def read_xmp(packet: bytes, most: int = MAX_PACKET) -> Mapping[str, list[str]]:
    """The wanted properties of an XMP packet of at most `most` bytes: name -> its values, as written.

    The names are `subject`, `path` (of keywords), `person`, `city`, `location`, `taken`, `created`, `latitude`,
    `longitude`. Reading stops at a document type (so that no entity is ever expanded) and at broken XML; the values
    before it are kept.
    """
    reader = _XmpReader()
    if len(packet) <= most:
        # The packet is broken, malicious, or in an unknown encoding.
        with suppress(expat.ExpatError, _Refused, ValueError, LookupError):
            reader.parse(packet.strip(b"\0 \r\n\t"))
    return reader.found


class _XmpReader:
    """Reads a packet once without building a tree, so that a deep or long packet needs little memory."""

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
        # The property is the nearest element that is not a container: subject > Bag > li.
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


def read_embedded_xmp(image: Image) -> Facts:
    """The facts in the XMP packet inside a photograph."""
    packet = (
        image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or getattr(image, "tag_v2", {}).get(700)
    )
    return xmp_facts(packet.encode() if isinstance(packet, str) else bytes(packet)) if packet else {}


def xmp_facts(packet: bytes, most: int = MAX_PACKET) -> Facts:
    """The facts in an XMP packet; empty if it has more than `most` bytes."""
    values = read_xmp(packet, most)
    paths = filter(None, map(last_of_path, values.get("path", [])))
    found: Facts = {"keywords": [*values.get("subject", []), *paths, *values.get("person", [])]}
    for key in ("city", "location"):
        put(found, key, next(iter(values.get(key, [])), None))
    put_date(found, parse_date(next(iter([*values.get("taken", []), *values.get("created", [])]), None)))
    latitude, longitude = (_degrees(values.get(key)) for key in ("latitude", "longitude"))
    put_position(found, latitude, longitude)
    return found


def _degrees(values: list[str] | None) -> float:
    """Degrees from XMP's `41,24.5N` or `41,24,30N`."""
    match = re.fullmatch(r"(\d+),(\d+(?:\.\d+)?)(?:,(\d+))?([NSEW])", values[0]) if values else None
    if not match:
        return math.nan
    degrees = float(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600
    return -degrees if match[4] in "SW" else degrees


TEXT = ".txt"
"""The ending of the file with the owner's words: `photo.jpg.txt`."""

MAX_TEXT = 64 * 1024  # bytes of a text with the owner's words
MAX_JSON = 256 * 1024  # bytes
_MAX_PEOPLE = 50
_MOST_WORDS = 4
"""A description of more words is a sentence, too long for a line of a poem."""

_TAKEOUT_NAME = 46
"""Google Takeout cuts the name before `.json` to this many characters."""
_TAKEOUT = ".supplemental-metadata"
_BESIDE_A_TITLE = frozenset({"description", "people", "url", "imageViews"})
_NUMBERED = re.compile(r"(?P<stem>.+)(?P<number>\(\d+\))(?P<ending>\.\w+)")
_EDITED = re.compile(r"(?P<stem>.+)-edited(?P<rest>(\(\d+\))?\.\w+)")


def sidecar_names(name: str) -> Iterator[str]:
    """The possible names of a photograph's sidecars, by falling precedence."""
    yield name + TEXT
    for stem in dict.fromkeys((name, _stem(name))):
        yield from (stem + ".xmp", stem + ".XMP")
    yield from _takeout_names(name)


def _stem(name: str) -> str:
    stem, dot, _ = name.rpartition(".")
    return stem if dot and stem else name


def _takeout_names(name: str) -> Iterator[str]:
    """Takeout's names; it moves the number of a duplicate: `a(1).jpg` goes with `a.jpg(1).json`."""
    edited = _EDITED.fullmatch(name)
    for each in (name, edited["stem"] + edited["rest"]) if edited else (name,):
        numbered = _NUMBERED.fullmatch(each)
        plain = numbered["stem"] + numbered["ending"] if numbered else each
        number = numbered["number"] if numbered else ""
        for told in dict.fromkeys((plain + _TAKEOUT, plain)):
            yield f"{told[:_TAKEOUT_NAME]}{number}.json"


def read_sidecars(path: str, opened: Callable[[str], IO[bytes]] = open_regular) -> list[Facts]:
    """The facts of each sidecar of a photograph; empty for one that cannot be read. `opened` opens a file."""
    folder, name = path[: len(path) - len(_last(path))], _last(path)
    return [facts for each in sidecar_names(name) if (facts := _read(folder + each, opened))]


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _read(path: str, opened: Callable[[str], IO[bytes]]) -> Facts:
    """The facts of one sidecar; empty if it does not exist or is not a sidecar."""
    most, read = _READERS[PurePath(path).suffix.lower()]
    try:
        with opened(path) as file:
            data = file.read(most + 1)
    except (OSError, ValueError):
        return {}
    return read(data)


# -- lines of words ---------------------------------------------------------------------------------------


def read_text(data: bytes) -> Facts:
    """A sidecar's `keywords`, one per line or separated by commas, and its `place: TEXT`."""
    found: Facts = {}
    words: list[str] = []
    for line in _whole_characters(data).splitlines()[:1000]:
        key, colon, value = line.partition(":")
        if colon and key.strip().casefold() == "place":
            put(found, "place", value)
        else:
            words.append(line)
    found["keywords"] = keyword_list(words)
    return found


def _whole_characters(data: bytes) -> str:
    """The text of a sidecar, cut at the last whole line within `MAX_TEXT`."""
    if len(data) > MAX_TEXT:
        data = data[:MAX_TEXT]
        data = data[: data.rfind(b"\n") + 1] or data
    return decoded(data)


# -- Google Takeout ---------------------------------------------------------------------------------------


def read_takeout(data: bytes) -> Facts:
    """The facts in Google Takeout's JSON: a short description and people as `keywords`, `latitude`, `longitude`,
    `instant`.

    `instant` is the time of the photograph in UTC; the local time is unknown.
    """
    try:
        told = json.loads(data) if len(data) <= MAX_JSON else None
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict) or not _is_takeouts(told):
        return {}
    people = told.get("people")
    names = [_text(each, "name") for each in (people if isinstance(people, list) else ())[:_MAX_PEOPLE]]
    found: Facts = {"keywords": keyword_list([*_words_of(told), *names])}
    for key in ("geoData", "geoDataExif"):
        if "latitude" not in found:
            put_position(found, _number(told.get(key), "latitude"), _number(told.get(key), "longitude"))
    if instant := _instant(_text(told.get("photoTakenTime"), "timestamp")):
        found["instant"] = instant
    return found


def _is_takeouts(told: Mapping[str, Any]) -> bool:
    """Whether this is plainly Takeout's: a time or a position, or a title with something else that it writes."""
    titled = isinstance(told.get("title"), str) and not _BESIDE_A_TITLE.isdisjoint(told)
    return titled or not {"photoTakenTime", "geoData"}.isdisjoint(told)


def _words_of(told: Mapping[str, Any]) -> list[str]:
    """The description and the title if they are words, not sentences or file names."""
    title, description = (_text(told, key).strip() for key in ("title", "description"))
    texts = [description] if "." in title or any(c.isdigit() for c in title) else [description, title]
    return [
        part
        for text in texts
        for part in split_keyword(text)
        if len(part.split()) <= _MOST_WORDS and not part.rstrip().endswith((".", "!", "?"))
    ]


def _text(told: object, key: str) -> str:
    value = told.get(key) if isinstance(told, dict) else None
    return value if isinstance(value, str) else ""


def _number(told: object, key: str) -> float:
    value = told.get(key) if isinstance(told, dict) else None
    return float(value) if isinstance(value, int | float) and abs(value) < 1000 else 0.0


def _instant(timestamp: str) -> str:
    """Seconds since 1970 as ISO 8601 in UTC; empty if invalid or before the first photograph."""
    if not re.fullmatch(r"-?\d{1,10}", timestamp):
        return ""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(timestamp))
    return moment.isoformat() if moment.year >= FIRST_YEAR else ""


_READERS: Mapping[str, tuple[int, Callable[[bytes], Facts]]] = {
    ".txt": (MAX_TEXT, read_text),
    ".xmp": (MAX_XMP_FILE, lambda data: xmp_facts(data, MAX_XMP_FILE) | {"xmp": True}),
    ".json": (MAX_JSON, read_takeout),
}
"""For each ending of a sidecar, the most bytes that are read, and its reader."""


Read = TypeVar("Read")

_JOINED_APART = ("keywords", "instant", "xmp", "taken")


def read_metadata(image: Image, beside: Sequence[Facts] = ()) -> Facts:
    """The metadata of a photograph, in the layout that `photopoem.photo.reading.Photo` describes.

    `beside` has the facts of its sidecars, which take precedence over embedded ones, because the owner wrote them
    last. Never raises: damaged sources are skipped.
    """
    exif = _safely(lambda: _read_exif(image), Facts())
    xmp = _safely(lambda: read_embedded_xmp(image), Facts())
    iptc = _safely(lambda: read_iptc(image, known_texts([*beside, xmp])), Iptc({}))
    inside = [iptc.facts, xmp] if iptc.changed and not iptc.guessed else [xmp, iptc.facts]
    sources = [*beside, exif, *inside]
    found: Facts = {}
    if keywords := keyword_list([*_words(beside), *_embedded_words(beside, inside, iptc), *_words([exif])]):
        found["keywords"] = keywords
    for source in sources:
        for key in source.keys() - set(_JOINED_APART):
            found.setdefault(key, source[key])
    put_date(found, _date(sources, found.get("longitude")))
    return found


def _safely(read: Callable[[], Read], nothing: Read) -> Read:
    try:
        return read()
    except Exception:  # damaged metadata can raise almost any exception, and the picture is still good
        return nothing


def _words(sources: Sequence[Facts]) -> list[str]:
    return [word for source in sources for word in source.get("keywords", ())]


def _embedded_words(beside: Sequence[Facts], inside: Sequence[Facts], iptc: Iptc) -> list[str]:
    """The keywords of XMP, or of IPTC if XMP has none. The two are copies; if they differ, one is outdated.

    If the record's encoding was guessed, XMP takes precedence.
    """
    if iptc.guessed and any(source.get("xmp") and source.get("keywords") for source in beside):
        inside = [source for source in inside if source is not iptc.facts]
    return next((words for source in inside if (words := _words([source]))), [])


def _date(sources: Sequence[Facts], longitude: float | None) -> str | None:
    """The date of the first source that has one, with the precision of the most precise source that agrees.

    If a service gives only the instant, its offset is added to a date that agrees with it. A date that does not agree
    was corrected by the owner.
    """
    dates = [source["taken"] for source in sources if "taken" in source]
    precise = max((date for date in dates if date.startswith(dates[0])), key=len, default=None)
    instants = [source["instant"] for source in sources if "instant" in source]
    first = next((n for n, source in enumerate(sources) if "instant" in source), 0)
    written = any("taken" in source for source in sources[:first])
    if not instants or written:
        return precise
    instant = datetime.fromisoformat(instants[0])
    if precise and _agrees(precise, instant):
        return _with_offset(precise, instant)
    if longitude is None:
        return instant.isoformat().replace("+00:00", "-00:00")  # RFC 3339: the local time is unknown
    # Solar time is within an hour or two of clock time.
    return (instant + timedelta(hours=(hours := round(longitude / 15)))).isoformat()[:19] + _shown(hours * 4)


def _agrees(date: str, instant: datetime) -> bool:
    """Whether a date could be the local time somewhere at an instant."""
    shown = [instant + timedelta(hours=hours) for hours in (-14, 0, 14)]
    if len(date) < 19:
        return any(each.isoformat().startswith(date) for each in shown)
    return shown[0] <= datetime.fromisoformat(date[:19]).replace(tzinfo=UTC) <= shown[2]


def _with_offset(taken: str, instant: datetime) -> str:
    """A local time with the offset that an instant implies, except 0: services take local time for UTC."""
    if len(taken) != 19:
        return taken
    quarters = _quarters(datetime.fromisoformat(taken) - instant.replace(tzinfo=None))
    return taken + _shown(quarters) if quarters else taken


# -- EXIF -----------------------------------------------------------------------------------------------


def _read_exif(image: Image) -> Facts:
    from PIL.ExifTags import IFD, Base

    exif = image.getexif()
    if not exif:
        return {}
    inner, gps = exif.get_ifd(IFD.Exif), exif.get_ifd(IFD.GPSInfo)
    found: Facts = {"keywords": _windows_keywords(exif)}
    taken = parse_date(inner.get(Base.DateTimeOriginal), inner.get(Base.OffsetTimeOriginal))
    put_date(found, _with_offset_from_gps(taken, gps))
    put_position(found, _gps_degrees(gps, 1, "NS"), _gps_degrees(gps, 3, "EW"))
    return found


def _windows_keywords(exif: Exif) -> list[str]:
    """The keywords that Windows writes: UTF-16, separated by semicolons."""
    from PIL.ExifTags import Base

    value = exif.get(Base.XPKeywords, b"")
    data = bytes(value) if isinstance(value, (bytes, tuple)) else b""
    return data.decode("utf-16-le", "ignore").split("\0")[0].split(";")


def _gps_degrees(gps: Mapping[int, Any], tag: int, sides: str) -> float:
    """Degrees from the three rationals at `tag + 1` and the hemisphere at `tag`; NaN unless all are valid."""
    side = text_of(gps.get(tag)).strip().upper()
    if side not in tuple(sides):
        return math.nan
    degrees, minutes, seconds = ([float(part) for part in gps[tag + 1]] + [0.0, 0.0])[:3]
    total = degrees + minutes / 60 + seconds / 3600
    if not (0 <= degrees <= 180 and 0 <= minutes < 60.001 and 0 <= seconds < 60.001):
        return math.nan  # NaN compares false
    return -total if side in "SW" else total


def _with_offset_from_gps(taken: str | None, gps: Mapping[int, Any]) -> str | None:
    """The time with the offset implied by the GPS time, which is UTC; unchanged if it already has an offset.

    Offsets are multiples of a quarter of an hour. The last fix may be minutes old, so a difference that is not within
    three minutes of a multiple is ignored.
    """
    if taken is None or len(taken) != 19:
        return taken
    try:
        clock = ":".join(f"{int(float(part)):02d}" for part in gps[7])
        utc = exif_datetime(f"{text_of(gps[29])} {clock}")
        difference = datetime.fromisoformat(taken) - utc if utc else timedelta(days=9)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return taken
    quarters = _quarters(difference)
    return taken if quarters is None else taken + _shown(quarters)


def _quarters(difference: timedelta) -> int | None:
    """An offset in quarters of an hour; None if the difference is not within three minutes of one."""
    quarters = round(difference / timedelta(minutes=15))
    if abs(quarters) > 56 or abs(difference - quarters * timedelta(minutes=15)) > timedelta(minutes=3):
        return None
    return quarters


def _shown(quarters: int) -> str:
    """An offset in ISO 8601."""
    hours, minutes = divmod(abs(quarters) * 15, 60)
    return f"{'-' if quarters < 0 else '+'}{hours:02d}:{minutes:02d}"
