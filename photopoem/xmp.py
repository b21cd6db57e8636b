"""Reads the few things photopoem wants to know from an XMP packet, without trusting it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from xml.parsers import expat

MAX_BYTES = 1024 * 1024
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
    """The packet does what no XMP packet does."""


def read_xmp(packet: bytes) -> Mapping[str, list[str]]:
    """The wanted properties of an XMP packet: name -> its values, as written.

    The names are `subject`, `city`, `location`, `taken`, `created`, `latitude`, `longitude`. A document type, and
    so any entity, ends the reading, as does broken XML: what came before it counts.
    """
    reader = _Reader()
    if len(packet) <= MAX_BYTES:
        # Broken, hostile, or in an encoding that does not exist.
        with suppress(expat.ExpatError, _Refused, ValueError, LookupError):
            reader.parse(packet.strip(b"\0 \r\n\t"))
    return reader.found


class _Reader:
    """Walks a packet once; builds no tree, so a deep or long one costs nothing."""

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
