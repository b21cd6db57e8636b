"""A labeller that tells day from night by how bright a photograph is."""

from __future__ import annotations

from collections.abc import Sequence

from photopoem import Label, LabelSettings, Photo


class Daylight:
    """One scene a photograph: day where its mean value is 0.5 or more, else night.

    The score grows with the distance from the middle, from 0.5 to 1.
    """

    name = "daylight"
    version = "1"
    network = False
    parameters = ""
    colophon = "nobody: it measures how bright a picture is"

    def label(self, photos: Sequence[Photo]) -> list[tuple[Label, ...]]:
        """A label for each photo, in the same order."""
        return [(self._one(float(photo.pixels.mean()) / 255),) for photo in photos]

    def _one(self, brightness: float) -> Label:
        word = "day" if brightness >= 0.5 else "night"
        return Label(word, round(0.5 + abs(brightness - 0.5), 2), self.name, kind="scene")


def open_labeller(argument: str, settings: LabelSettings) -> Daylight:
    """What the entry point names; `argument` is what follows the colon in `--labels daylight:...`."""
    return Daylight()
