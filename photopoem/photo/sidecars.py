"""Finds and reads the files that lie beside a photograph and say something of it.

- `photo.jpg.txt`: words that the owner wrote, one a line or with commas between, and `place: TEXT`;
- `photo.jpg.xmp` (darktable, digiKam, PhotoPrism) and `photo.xmp` (Lightroom);
- `photo.jpg.json` and `photo.jpg.supplemental-metadata.json` (Google Takeout).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import Any

from photopoem.files import open_regular
from photopoem.photo.facts import FIRST_YEAR, Facts, decoded, keyword_list, put, put_position
from photopoem.photo.keywords import split_keyword
from photopoem.photo.xmp import MAX_FILE as MAX_XMP
from photopoem.photo.xmp import xmp_facts

TEXT = ".txt"
"""What the owner's words for `photo.jpg` are called by: `photo.jpg.txt`."""

MAX_TEXT = 64 * 1024  # bytes: nobody writes more words about one photograph
MAX_JSON = 256 * 1024  # bytes
_MAX_PEOPLE = 50
_MOST_WORDS = 4
"""A description of more words is a sentence, and no line of a poem holds one."""

_TAKEOUT_NAME = 46
"""Google Takeout cuts what stands before `.json` to so many characters."""
_TAKEOUT = ".supplemental-metadata"
_NUMBERED = re.compile(r"(?P<stem>.+)(?P<number>\(\d+\))(?P<ending>\.\w+)")
_EDITED = re.compile(r"(?P<stem>.+)-edited(?P<rest>(\(\d+\))?\.\w+)")


def sidecar_names(name: str) -> Iterator[str]:
    """The names that the sidecars of a photograph may have, those first whose words count first."""
    yield name + TEXT
    for stem in dict.fromkeys((name, _stem(name))):
        yield from (stem + ".xmp", stem + ".XMP")
    yield from _takeout_names(name)


def _stem(name: str) -> str:
    stem, dot, _ = name.rpartition(".")
    return stem if dot and stem else name


def _takeout_names(name: str) -> Iterator[str]:
    """Takeout moves the number of a second file of one name: `a(1).jpg` goes with `a.jpg(1).json`."""
    edited = _EDITED.fullmatch(name)
    for each in (name, edited["stem"] + edited["rest"]) if edited else (name,):
        numbered = _NUMBERED.fullmatch(each)
        plain = numbered["stem"] + numbered["ending"] if numbered else each
        number = numbered["number"] if numbered else ""
        for told in dict.fromkeys((plain + _TAKEOUT, plain)):
            yield f"{told[:_TAKEOUT_NAME]}{number}.json"


def read_sidecars(path: str) -> list[Facts]:
    """What each sidecar of a photograph says; one that cannot be read says nothing."""
    folder, name = path[: len(path) - len(_last(path))], _last(path)
    return [facts for each in sidecar_names(name) if (facts := _read(folder + each))]


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _read(path: str) -> Facts:
    """What one sidecar says; nothing where there is none, and where it is no sidecar after all."""
    most, read = _READERS[PurePath(path).suffix.lower()]
    try:
        with open_regular(path) as file:
            data = file.read(most + 1)
    except (OSError, ValueError):
        return {}
    return read(data)


# -- lines of words ---------------------------------------------------------------------------------------


def read_text(data: bytes) -> Facts:
    """A sidecar's `keywords`, one a line or separated by commas, and its `place: TEXT`."""
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
    """The text of a sidecar. What goes beyond `MAX_TEXT` is left out, with the line that it begins in."""
    if len(data) > MAX_TEXT:
        data = data[:MAX_TEXT]
        data = data[: data.rfind(b"\n") + 1] or data
    return decoded(data)


# -- Google Takeout ---------------------------------------------------------------------------------------


def read_takeout(data: bytes) -> Facts:
    """What Google Takeout says: a short description and people as `keywords`, `latitude`, `longitude`, `instant`.

    `instant` is the time of the photograph in UTC; nothing tells what the clocks showed there.
    """
    try:
        told = json.loads(data) if len(data) <= MAX_JSON else None
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict) or not {"photoTakenTime", "geoData"} & told.keys():
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


def _words_of(told: Mapping[str, Any]) -> list[str]:
    """The description and the title as far as they are words: no sentences and no names of files."""
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
    """Seconds since 1970 as ISO 8601 in UTC; empty for what is no time since the first photograph."""
    if not re.fullmatch(r"-?\d{1,10}", timestamp):
        return ""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(timestamp))
    return moment.isoformat() if moment.year >= FIRST_YEAR else ""


_READERS: Mapping[str, tuple[int, Callable[[bytes], Facts]]] = {
    ".txt": (MAX_TEXT, read_text),
    ".xmp": (MAX_XMP, lambda data: xmp_facts(data, MAX_XMP) | {"xmp": True}),
    ".json": (MAX_JSON, read_takeout),
}
"""By the ending of a sidecar: the most bytes that are read, and what reads it."""
