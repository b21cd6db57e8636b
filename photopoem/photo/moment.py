"""When and where a photograph was taken, in words: season, part of the day, place. The layer of the place."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from photopoem.photo.facts import clean
from photopoem.photo.reading import Photo

IN_TOWN = 3.0  # km from a town's center within which a photograph counts as taken there
NEAR_TOWN = 15.0  # km within which it counts as taken near the town
_EARTH = 6371.0  # km, the mean radius of the Earth
NO_SEASONS = 10.0
"""Degrees of latitude. Nearer to the equator there is no winter, so no season is named."""

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = tuple(
    "January February March April May June July August September October November December".split()
)
_SEASONS = ("winter", "spring", "summer", "autumn")

_TWILIGHT = -6.0  # degrees of the sun's elevation at which civil twilight begins and ends
_AROUND_NOON = timedelta(minutes=45)


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where; a field is None or empty if it is unknown.

    `taken` is timezone-aware only if the photograph has an offset. `season` is spring, summer, autumn or winter;
    `daypart` dawn, morning, noon, afternoon, dusk, evening, night. `place` is a name; `near` is true from 3 to 15 km
    away. `latitude` and `longitude` are in degrees.
    """

    taken: datetime | None = None
    season: str | None = None
    daypart: str | None = None
    weekday: str | None = None
    month: str | None = None
    year: str | None = None
    place: str | None = None
    near: bool = False
    latitude: float | None = None
    longitude: float | None = None
    keywords: tuple[str, ...] = ()


def read_moment(photo: Photo, *, place: str | None = None, hemisphere: str = "north") -> Moment:
    """When and where a photograph was taken, as far as it is known.

    `place` takes precedence over the photograph's own data: the sidecar's place, the city or location of IPTC and XMP,
    and the nearest town to its position if the extra `photopoem[places]` is installed. `hemisphere` ("north" or
    "south") decides the season if there is no latitude. Never raises.
    """
    said = photo.metadata
    latitude, longitude = said.get("latitude"), said.get("longitude")
    name, near = _place(place, said.get("place"), said.get("city"), said.get("location"), latitude, longitude)
    taken, year, month, weekday = _date(said.get("taken"))
    known = not str(said.get("taken")).endswith("-00:00")  # otherwise the local time is unknown
    return Moment(
        taken=taken,
        season=_season(month, latitude, hemisphere),
        daypart=_daypart(taken, latitude, longitude) if known else None,
        weekday=None if weekday is None else _WEEKDAYS[weekday],
        month=None if month is None else _MONTHS[month - 1],
        year=year,
        place=name,
        near=near,
        latitude=latitude,
        longitude=longitude,
        keywords=said.get("keywords", ()),
    )


def _date(text: str | None) -> tuple[datetime | None, str | None, int | None, int | None]:
    """The complete date and time, the year, the month (1 to 12) and the weekday (0 is Monday), as far as known."""
    match = re.match(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?(T)?", text or "")
    if text is None or match is None:
        return None, None, None, None
    year, month, day, time = match.groups()
    weekday = datetime(int(year), int(month), int(day)).weekday() if day else None
    return (
        datetime.fromisoformat(text) if time else None,
        year,
        int(month) if month else None,
        weekday,
    )


def _season(month: int | None, latitude: float | None, hemisphere: str) -> str | None:
    """The meteorological season of three whole months; in the north, winter starts in December."""
    if month is None or (latitude is not None and abs(latitude) < NO_SEASONS):
        return None
    south = hemisphere == "south" if latitude is None else latitude < 0
    return _SEASONS[(month % 12 // 3 + (2 if south else 0)) % 4]


def _daypart(taken: datetime | None, latitude: float | None, longitude: float | None) -> str | None:
    """The part of the day, by the sun if position and offset are known, otherwise by the clock."""
    if taken is None:
        return None
    if taken.tzinfo is None or latitude is None or longitude is None:
        return _by_clock(taken)
    return _by_sun(taken, latitude, longitude)


def _by_clock(taken: datetime) -> str:
    """The part of the day by the clock; never dawn or dusk, whose times depend on season and place."""
    minutes = taken.hour * 60 + taken.minute
    for until, part in ((5, "night"), (11.5, "morning"), (13.5, "noon"), (18, "afternoon"), (22, "evening")):
        if minutes < until * 60:
            return part
    return "night"


def _by_sun(taken: datetime, latitude: float, longitude: float) -> str:
    """The part of the day by the sun's elevation and whether it is rising; the clock separates evening from night.

    Unlike sunrise and sunset, elevation is defined on polar days and nights too.
    """
    from astral import Observer
    from astral.sun import elevation, noon

    # Astral does not work at the poles themselves.
    observer = Observer(max(-89.9, min(89.9, latitude)), longitude)
    height = elevation(observer, taken)
    rising = elevation(observer, taken + timedelta(minutes=4)) > height
    if height > 0 and _near_noon(taken, noon(observer, taken.date())):
        return "noon"
    if height > 0:
        return "morning" if rising else _falling(taken.hour)
    if height >= _TWILIGHT:
        return "dawn" if rising else "dusk"
    return "evening" if 17 <= taken.hour < 22 else "night"


def _near_noon(taken: datetime, noon: datetime) -> bool:
    # Near the date line, the offset may put solar noon on the day before or after.
    difference = (taken - noon) % timedelta(days=1)
    return min(difference, timedelta(days=1) - difference) <= _AROUND_NOON


def _falling(hour: int) -> str:
    """The name of a bright hour after noon; in a polar summer the sun may still be sinking after midnight."""
    if hour < 6:
        return "night"
    return "afternoon" if hour < 18 else "evening"


def _place(
    given: str | None,
    sidecar: str | None,
    city: str | None,
    location: str | None,
    latitude: float | None,
    longitude: float | None,
) -> tuple[str | None, bool]:
    """The name of the place, and whether it is only near."""
    for name in (given, sidecar, city, location):
        if cleaned := clean(name or ""):
            return cleaned, False
    if latitude is None or longitude is None:
        return None, False
    return nearest_town(latitude, longitude)


@lru_cache(maxsize=4096)
def nearest_town(latitude: float, longitude: float) -> tuple[str | None, bool]:
    """The nearest town's name, and whether it is only near (3 to 15 km away).

    The name is None farther away, or if the extra `photopoem[places]` is not installed.
    """
    try:
        import reverse_geocode
    except ImportError:
        return None, False
    town = reverse_geocode.get((latitude, longitude))
    away = distance(latitude, longitude, town["latitude"], town["longitude"])
    if away > NEAR_TOWN:
        return None, False
    # Some names have a remark in brackets, or the name in a second language after a slash.
    name = re.split(r"\s*\(|\s+/\s+", str(town["city"]))[0]
    return name, away > IN_TOWN


def distance(latitude1: float, longitude1: float, latitude2: float, longitude2: float) -> float:
    """Kilometers between two positions in degrees, along the great circle (the haversine formula)."""
    phi1, phi2 = math.radians(latitude1), math.radians(latitude2)
    half_phi, half_lambda = (phi2 - phi1) / 2, math.radians(longitude2 - longitude1) / 2
    root = math.sin(half_phi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lambda) ** 2
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(root)))
