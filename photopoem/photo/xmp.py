"""Reads XMP, the packet of properties that programs write into a photograph or into a file beside it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING
from xml.parsers import expat

from photopoem.photo.facts import Facts, parse_date, put, put_date, put_position
from photopoem.photo.keywords import last_of_path

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PACKET = 1024 * 1024  # bytes inside a photograph
MAX_FILE = 4 * MAX_PACKET  # darktable writes the masks of its edits into its file
_MAX_VALUES = 200  # a property
_MAX_TEXT = 1000  # characters a value
_MAX_DEPTH = 64

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns# "
_CONTAINERS = frozenset({_RDF + "Bag", _RDF + "Seq", _RDF + "Alt", _RDF + "li"})

# Expat joins namespace and name with a space.
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
    """The packet holds something that no XMP packet holds."""


def read_xmp(packet: bytes, most: int = MAX_PACKET) -> Mapping[str, list[str]]:
    """The wanted properties of an XMP packet of at most `most` bytes: name -> its values, as written.

    The names are `subject`, `path` (of keywords), `person`, `city`, `location`, `taken`, `created`, `latitude`,
    `longitude`. Reading stops at a document type (so no entity is ever expanded) and at broken XML; what came before
    is kept.
    """
    reader = _XmpReader()
    if len(packet) <= most:
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


def read_embedded_xmp(image: Image) -> Facts:
    """What the packet inside a photograph says."""
    packet = (
        image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or getattr(image, "tag_v2", {}).get(700)
    )
    return xmp_facts(packet.encode() if isinstance(packet, str) else bytes(packet)) if packet else {}


def xmp_facts(packet: bytes, most: int = MAX_PACKET) -> Facts:
    """What a packet says of its photograph; nothing where it has more than `most` bytes."""
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
    """XMP writes `41,24.5N` or `41,24,30N`."""
    match = re.fullmatch(r"(\d+),(\d+(?:\.\d+)?)(?:,(\d+))?([NSEW])", values[0]) if values else None
    if not match:
        return math.nan
    degrees = float(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600
    return -degrees if match[4] in "SW" else degrees
