"""When and where: season, part of day and place, from what a photograph says and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from photopoem.photo.metadata import read_metadata
from photopoem.photo.moment import Moment, distance, nearest_town, read_moment
from photopoem.photo.reading import Photo

LISBON = {"latitude": 38.7139, "longitude": -9.1394}
TROMSO = {"latitude": 69.65, "longitude": 18.96}
PARIS = {"latitude": 48.8566, "longitude": 2.3522}


def photo(**said: Any) -> Photo:
    dot = np.zeros((1, 1, 3), np.uint8)
    return Photo("photo.jpg", dot, dot, "", (1, 1), said)


def test_what_the_photo_does_not_say_stays_empty() -> None:
    """Without metadata every field is empty."""
    assert read_moment(photo()) == Moment()


def test_a_whole_moment() -> None:
    """Time, offset and position together fill every field."""
    moment = read_moment(
        photo(taken="2018-10-04T17:31:12+01:00", keywords=("tram",), city="Lisboa", **LISBON)
    )
    assert moment == Moment(
        taken=datetime(2018, 10, 4, 17, 31, 12, tzinfo=timezone(timedelta(hours=1))),
        season="autumn",
        daypart="afternoon",
        weekday="Thursday",
        month="October",
        year="2018",
        place="Lisboa",
        keywords=("tram",),
        **LISBON,
    )


@pytest.mark.parametrize(
    ("taken", "year", "month", "weekday", "season", "daypart"),
    [
        ("1931", "1931", None, None, None, None),
        ("1931-08", "1931", "August", None, "summer", None),
        ("1931-08-09", "1931", "August", "Sunday", "summer", None),
        ("1931-08-09T15:00:00", "1931", "August", "Sunday", "summer", "afternoon"),
    ],
)
def test_half_a_date_says_half(
    taken: str, year: str, month: str | None, weekday: str | None, season: str | None, daypart: str | None
) -> None:
    """A date cut short fills what it reaches, and `taken` only when it is whole."""
    moment = read_moment(photo(taken=taken))
    assert (moment.year, moment.month, moment.weekday) == (year, month, weekday)
    assert (moment.season, moment.daypart) == (season, daypart)
    assert (moment.taken is not None) == (daypart is not None)


def test_seasons_follow_the_hemisphere() -> None:
    """Latitude decides, else the option; December begins winter in the north; the equator has no seasons."""
    north = [read_moment(photo(taken=f"2020-{month:02d}")).season for month in range(1, 13)]
    assert north == ["winter"] * 2 + ["spring"] * 3 + ["summer"] * 3 + ["autumn"] * 3 + ["winter"]
    south = [
        read_moment(photo(taken=f"2020-{month:02d}"), hemisphere="south").season for month in range(1, 13)
    ]
    assert south == north[6:] + north[:6]
    sydney = photo(taken="2020-01", latitude=-33.9, longitude=151.2)
    assert read_moment(sydney, hemisphere="north").season == "summer"
    oslo = photo(taken="2020-01", latitude=59.9, longitude=10.7)
    assert read_moment(oslo, hemisphere="south").season == "winter"
    assert read_moment(photo(taken="2020-01", latitude=1.3, longitude=103.8)).season is None


@pytest.mark.parametrize(
    ("hour", "part"),
    [
        *(("00:30", "night"), ("05:00", "morning"), ("11:29", "morning"), ("11:30", "noon")),
        *(("13:30", "afternoon"), ("18:00", "evening"), ("22:00", "night")),
    ],
)
def test_the_clock_decides_where_the_sun_is_unknown(hour: str, part: str) -> None:
    """Without offset or position, the clock decides the part of the day, and never dawn or dusk."""
    assert read_moment(photo(taken=f"2020-06-21T{hour}:00")).daypart == part
    assert read_moment(photo(taken=f"2020-06-21T{hour}:00", **PARIS)).daypart == part
    assert read_moment(photo(taken=f"2020-06-21T{hour}:00+02:00")).daypart == part


@pytest.mark.parametrize(
    ("place", "taken", "part"),
    [
        (PARIS, "2024-12-21T08:20:00+01:00", "dawn"),  # the sun rises at 8:41
        (PARIS, "2024-12-21T09:00:00+01:00", "morning"),
        (PARIS, "2024-12-21T12:50:00+01:00", "noon"),
        (PARIS, "2024-12-21T16:30:00+01:00", "afternoon"),
        (PARIS, "2024-12-21T17:10:00+01:00", "dusk"),  # it sets at 16:56
        (PARIS, "2024-12-21T18:30:00+01:00", "evening"),
        (PARIS, "2024-12-21T22:30:00+01:00", "night"),
        (PARIS, "2024-06-21T21:00:00+02:00", "evening"),
        (PARIS, "2024-06-21T22:10:00+02:00", "dusk"),  # it sets at 21:58
        (PARIS, "2024-06-21T13:50:00+02:00", "noon"),  # summer time and longitude make noon 13:52
        (TROMSO, "2024-06-21T02:00:00+02:00", "morning"),  # polar day: the sun is rising already
        (TROMSO, "2024-06-21T23:30:00+02:00", "evening"),
        (TROMSO, "2024-12-21T03:00:00+01:00", "night"),  # polar night
        (TROMSO, "2024-12-21T11:00:00+01:00", "dawn"),
        (TROMSO, "2024-12-21T12:30:00+01:00", "dusk"),
    ],
)
def test_the_sun_decides_where_it_is_known(place: dict[str, float], taken: str, part: str) -> None:
    """With place and offset the part of the day is the sun's, also on polar days and nights."""
    assert read_moment(photo(taken=taken, **place)).daypart == part


def test_the_sun_is_asked_everywhere() -> None:
    """No place on Earth and no hour makes the sun fail, the poles and the date line included."""
    parts = {
        read_moment(
            photo(taken=f"2024-{month}T{hour:02d}:00:00{offset}", latitude=latitude, longitude=longitude)
        ).daypart
        for month in ("03-20", "06-21", "12-21")
        for hour in range(0, 24, 3)
        for offset in ("-12:00", "+00:00", "+14:00")
        for latitude in (-90.0, -66.6, 0.0, 89.99, 90.0)
        for longitude in (-180.0, 0.0, 180.0)
    }
    assert parts <= {"dawn", "morning", "noon", "afternoon", "dusk", "evening", "night"}
    assert len(parts) >= 5


def test_who_names_the_place() -> None:
    """The option goes before the sidecar, that before IPTC's city, that before its location, that before towns."""
    said = {"place": "home", "city": "Lyon", "location": "Croix-Rousse", **LISBON}
    assert read_moment(photo(**said), place="the  sea\x1b[0m").place == "the sea[0m"
    for name in ("home", "Lyon", "Croix-Rousse"):
        assert read_moment(photo(**said), place=" ").place == name
        del said[next(key for key, value in said.items() if value == name)]
    assert set(said) == set(LISBON)


def test_towns_are_named_by_their_distance() -> None:
    """Within 3 km a town is named, within 15 km it is near, beyond it and in mid-ocean there is none."""
    pytest.importorskip(
        "reverse_geocode", reason="the extra places is not installed: pip install '.[places]'"
    )
    import reverse_geocode

    town = reverse_geocode.get((43.8181, 6.0927))
    assert nearest_town(town["latitude"], town["longitude"]) == ("Riez", False)
    assert nearest_town(town["latitude"] + 0.05, town["longitude"]) == ("Riez", True)
    moment = read_moment(photo(latitude=town["latitude"] + 0.05, longitude=town["longitude"]))
    assert (moment.place, moment.near) == ("Riez", True)
    assert nearest_town(0.5, -30.0) == (None, False)


def test_without_the_extra_positions_have_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `photopoem[places]` is not installed a position stays a position."""
    import sys

    nearest_town.cache_clear()
    monkeypatch.setitem(sys.modules, "reverse_geocode", None)
    moment = read_moment(photo(**LISBON))
    nearest_town.cache_clear()
    assert (moment.place, moment.near, moment.latitude) == (None, False, LISBON["latitude"])


def test_distances_are_great_circles() -> None:
    """Paris to London is 344 km, a step over the date line a step, and the antipode half the Earth."""
    assert distance(48.8566, 2.3522, 51.5074, -0.1278) == pytest.approx(344, abs=1)
    assert distance(0, 179.99, 0, -179.99) == pytest.approx(2.2, abs=0.05)
    assert distance(0, 0, 0, 180) == pytest.approx(20015, abs=1)


def test_metadata_never_raise_for_an_image_without_any() -> None:
    """An image made in memory says nothing."""
    from PIL import Image

    assert read_metadata(Image.new("RGB", (4, 4))) == {}
