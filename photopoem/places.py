"""Names the town a position lies in or near, offline, where the extra `photopoem[places]` is installed."""

from __future__ import annotations

import math
import re
from functools import lru_cache

IN_TOWN = 3.0  # km from a town's center within which a photograph was taken there
NEAR_TOWN = 15.0  # km within which it was taken near it
_EARTH = 6371.0  # km, mean radius


@lru_cache(maxsize=4096)
def nearest_town(latitude: float, longitude: float) -> tuple[str | None, bool]:
    """The nearest town's name and whether it is only near (3 to 15 km); no name beyond, or without the extra."""
    try:
        import reverse_geocode
    except ImportError:
        return None, False
    town = reverse_geocode.get((latitude, longitude))
    away = distance(latitude, longitude, town["latitude"], town["longitude"])
    if away > NEAR_TOWN:
        return None, False
    # Some towns bear a remark in brackets, or a second language's name after a stroke.
    name = re.split(r"\s*\(|\s+/\s+", str(town["city"]))[0]
    return name, away > IN_TOWN


def distance(latitude1: float, longitude1: float, latitude2: float, longitude2: float) -> float:
    """Kilometers between two positions in degrees, along the great circle (the haversine formula)."""
    phi1, phi2 = math.radians(latitude1), math.radians(latitude2)
    half_phi, half_lambda = (phi2 - phi1) / 2, math.radians(longitude2 - longitude1) / 2
    root = math.sin(half_phi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lambda) ** 2
    return 2 * _EARTH * math.asin(min(1.0, math.sqrt(root)))
