"""A labeller that tells day from night by how bright a photograph is."""

from __future__ import annotations

from collections.abc import Sequence

from photopoem import Label, LabelSettings, Photo


class Daylight:
    """One scene a photograph: day where its mean value is 0.5 or more, else night.

    The score grows with the distance from the middle, from 0.5 to 1. In the mode "strict" those scored below 0.7
    have no label.
    """

    name = "daylight"
    version = "1"
    network = False
    colophon = "nobody: it measures how bright a picture is"

    def __init__(self, mode: str = "") -> None:
        # Everything else that changes the answers; another mode gives new poems.
        self.parameters = mode

    def label(self, photos: Sequence[Photo]) -> list[tuple[Label, ...]]:
        """The labels of each photo, in the same order."""
        return [self._labels_of(float(photo.pixels.mean()) / 255) for photo in photos]

    def _labels_of(self, brightness: float) -> tuple[Label, ...]:
        word, score = "day" if brightness >= 0.5 else "night", round(0.5 + abs(brightness - 0.5), 2)
        unsure = self.parameters == "strict" and score < 0.7
        return () if unsure else (Label(word, score, self.name, kind="scene"),)


def open_labeller(argument: str, settings: LabelSettings) -> Daylight:
    """What the entry point names; `argument` is what follows the colon in `--labels daylight:...`."""
    return Daylight(argument)
