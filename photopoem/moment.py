"""Reads the first layer, the place: when and where a photograph was taken, and its owner's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where; every field is None or empty when the photograph does not say.

    `taken` is aware only where the photograph gives its offset. `season` is spring, summer, autumn or
    winter; `daypart` dawn, morning, noon, afternoon, dusk, evening, night. `place` is a name, with `near` true
    where the photograph was taken within 15 km of it but not within 3. `latitude` and `longitude` in degrees.
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
