"""Collects what a file says of its photograph, beside its pixels: when, where, and its owner's words.

The sources are the files beside it (see `sidecars`), and XMP, IPTC and EXIF inside it. Each is read into the same
keys; `read_metadata` joins them as the Metadata Working Group's guidelines (2.0) tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from photopoem.photo.facts import (
    Facts,
    exif_datetime,
    keyword_list,
    parse_date,
    put_date,
    put_position,
    text_of,
)
from photopoem.photo.iptc import Iptc, known_texts, read_iptc
from photopoem.photo.xmp import read_embedded_xmp

if TYPE_CHECKING:
    from PIL.Image import Exif, Image

Read = TypeVar("Read")

_JOINED_APART = ("keywords", "instant", "xmp", "taken")


def read_metadata(image: Image, beside: Sequence[Facts] = ()) -> Facts:
    """What the sources say of a photograph, in the layout that `photopoem.photo.reading.Photo` describes.

    `beside` is what its sidecars say: they go before what is embedded, because their owner wrote them last.
    Never raises: a source that is damaged is passed over.
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
    except Exception:  # damaged metadata raises almost anything, and the picture is sound
        return nothing


def _words(sources: Sequence[Facts]) -> list[str]:
    return [word for source in sources for word in source.get("keywords", ())]


def _embedded_words(beside: Sequence[Facts], inside: Sequence[Facts], iptc: Iptc) -> list[str]:
    """The keywords of XMP, or of IPTC where it has none: the two are copies, and of two that differ one is old.

    A record whose encoding was guessed says nothing beside XMP that does.
    """
    if iptc.guessed and any(source.get("xmp") and source.get("keywords") for source in beside):
        inside = [source for source in inside if source is not iptc.facts]
    return next((words for source in inside if (words := _words([source]))), [])


def _date(sources: Sequence[Facts], longitude: float | None) -> str | None:
    """The date of the first source that has one, by whichever source says the same date most precisely.

    A service that tells the instant alone gives its offset to a date that agrees with it; one that does not agree was
    corrected by its owner.
    """
    dates = [source["taken"] for source in sources if "taken" in source]
    precise = max((date for date in dates if date.startswith(dates[0])), key=len, default=None)
    instants = [source["instant"] for source in sources if "instant" in source]
    written = any("taken" in source for source in sources[: _first(sources, "instant")])
    if not instants or written:
        return precise
    instant = datetime.fromisoformat(instants[0])
    if precise and _agrees(precise, instant):
        return _with_offset(precise, instant)
    if longitude is None:
        return instant.isoformat().replace("+00:00", "-00:00")  # RFC 3339: the local time is not known
    # The sun's time is within an hour or two of the clocks'.
    return (instant + timedelta(hours=(hours := round(longitude / 15)))).isoformat()[:19] + _shown(hours * 4)


def _first(sources: Sequence[Facts], key: str) -> int:
    return next((n for n, source in enumerate(sources) if key in source), 0)


def _agrees(date: str, instant: datetime) -> bool:
    """Whether a date may be what clocks somewhere showed at an instant."""
    shown = [instant + timedelta(hours=hours) for hours in (-14, 0, 14)]
    if len(date) < 19:
        return any(each.isoformat().startswith(date) for each in shown)
    return shown[0] <= datetime.fromisoformat(date[:19]).replace(tzinfo=UTC) <= shown[2]


def _with_offset(taken: str, instant: datetime) -> str:
    """A local time with the offset that an instant implies. None implies nothing: services take clocks for UTC."""
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
    """The tags that Windows writes, in UTF-16, separated by semicolons."""
    from PIL.ExifTags import Base

    value = exif.get(Base.XPKeywords, b"")
    data = bytes(value) if isinstance(value, (bytes, tuple)) else b""
    return data.decode("utf-16-le", "ignore").split("\0")[0].split(";")


def _gps_degrees(gps: Mapping[int, Any], tag: int, sides: str) -> float:
    """Degrees from the three rationals at `tag + 1` and the hemisphere at `tag`; NaN unless all are sound."""
    side = text_of(gps.get(tag)).strip().upper()
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
        utc = exif_datetime(f"{text_of(gps[29])} {clock}")
        difference = datetime.fromisoformat(taken) - utc if utc else timedelta(days=9)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError):
        return taken
    quarters = _quarters(difference)
    return taken if quarters is None else taken + _shown(quarters)


def _quarters(difference: timedelta) -> int | None:
    """An offset in quarters of an hour; None where the difference is none within three minutes."""
    quarters = round(difference / timedelta(minutes=15))
    if abs(quarters) > 56 or abs(difference - quarters * timedelta(minutes=15)) > timedelta(minutes=3):
        return None
    return quarters


def _shown(quarters: int) -> str:
    """An offset as ISO 8601 writes it."""
    hours, minutes = divmod(abs(quarters) * 15, 60)
    return f"{'-' if quarters < 0 else '+'}{hours:02d}:{minutes:02d}"
