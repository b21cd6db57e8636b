"""Opens labellers by name: built-in ones, those of other packages, and several combined."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from photopoem.errors import LabelError, LabellerUnavailable, PhotopoemError, UsageError, did_you_mean
from photopoem.labels.labeller import Labeller, Labels, LabelSettings, ask, close_labeller, owner_first
from photopoem.labels.vision.credentials import available
from photopoem.plugins import Plugins

if TYPE_CHECKING:
    from photopoem.photo.reading import Photo

BUILT_IN = {"local": "local.labeller", "keywords": "keywords", "vision": "vision.labeller", "onnx": "onnx"}
"""The built-in labellers and their modules."""
PLUGINS = Plugins("labeller", "photopoem.labellers", Labeller, LabellerUnavailable)


def open_labeller(spec: str, settings: LabelSettings | None = None) -> Labeller:
    """The labeller for `spec`: a name, `NAME:ARGUMENT`, several separated by commas, or `auto`.

    Raises `UsageError` for an unknown name and `LabellerUnavailable` for a labeller that cannot work.
    """
    settings = settings or LabelSettings()
    parts = _split(spec)
    if parts == ["auto"]:
        return _auto(settings)
    opened = [_open_one(part, settings) for part in parts]
    return opened[0] if len(opened) == 1 else Together(opened)


def sayable_words() -> frozenset[str]:
    """The known words of labellers here: the built-in, the taught, and those listed for Vision.

    Plugins, Vision and a photograph's owner may use others. Taught words that cannot be read are skipped.
    """
    from photopoem.labels.local.classes import wider_words
    from photopoem.labels.local.labeller import words
    from photopoem.labels.local.training import read_taught, taught_names
    from photopoem.labels.vision.words import words as of_vision

    found = {*words(), *of_vision()}
    found.update(word for wider in wider_words().values() for word in wider)
    for name in taught_names():
        with suppress(PhotopoemError):
            found.update(read_taught(name).words)
    return frozenset(found)


def _split(spec: str) -> list[str]:
    """The parts of a list; the two files after `onnx:` keep their comma."""
    parts: list[str] = []
    for piece in spec.split(","):
        if parts and parts[-1].startswith("onnx:") and "," not in parts[-1]:
            parts[-1] += "," + piece
        elif piece.strip():
            parts.append(piece.strip())
    if not parts:
        raise UsageError("no labeller named: use auto, local, keywords, vision or onnx:MODEL,LABELS")
    return parts


def _open_one(part: str, settings: LabelSettings) -> Labeller:
    name, _, argument = part.partition(":")
    if name == "auto":
        return _auto(settings)
    if name in BUILT_IN:
        module = import_module(f"photopoem.labels.{BUILT_IN[name]}")
        labeller: Labeller = module.open_labeller(argument, settings)
        return labeller
    make = PLUGINS.load(name)
    if make is None:
        known = labeller_names()
        near = did_you_mean(name, known) or f"; there are {', '.join(known)}"
        raise UsageError(f"no labeller is called {name!r}{near}")
    started: Labeller = PLUGINS.start(name, lambda: make(argument, settings))
    return started


def labeller_names() -> list[str]:
    """The names of labellers: `auto`, the built-in names, and those of other packages."""
    return ["auto", *BUILT_IN, *(name for name in PLUGINS.names() if name not in BUILT_IN)]


def _auto(settings: LabelSettings) -> Labeller:
    """Vision if its credentials are set, otherwise the built-in labeller."""
    if available(os.environ) is True:
        try:
            return HandOver(
                _open_one("vision", settings), lambda: _open_one("local", settings), settings.note
            )
        except LabellerUnavailable as error:
            settings.note(f"{error}; using the built-in labeller instead")
    return _open_one("local", settings)


class Together:
    """Several labellers combined: the owner's words, then the surest label of each other word."""

    def __init__(self, labellers: Sequence[Labeller]) -> None:
        self.labellers = labellers
        self.name = "+".join(each.name for each in labellers)
        self.version = "+".join(each.version for each in labellers)
        self.network = any(each.network for each in labellers)
        self.parameters = "+".join(each.parameters for each in labellers)
        self.colophon = "; ".join(each.colophon for each in labellers)

    def label(self, photos: Sequence[Photo]) -> list[Labels | LabelError]:
        """The labels of all, or an error if every labeller failed on the photo."""
        answers = [ask(each, photos) for each in self.labellers]
        return [_joined(column) for column in zip(*answers, strict=True)]

    def place(self, digest: str) -> str | None:
        """The landmark that one of them recognized."""
        tells = [each.place for each in self.labellers if hasattr(each, "place")]
        return next((place for tell in tells if (place := tell(digest))), None)

    def close(self) -> None:
        """Cancel the requests of all of them."""
        for each in self.labellers:
            close_labeller(each)


def _joined(answers: Sequence[Labels | LabelError]) -> Labels | LabelError:
    given = [answer for answer in answers if not isinstance(answer, LabelError)]
    if not given:
        return next(answer for answer in answers if isinstance(answer, LabelError))
    return owner_first(label for labels in given for label in labels)


class HandOver:
    """A labeller that may become unavailable, with a second one that then takes over for the rest of the run."""

    def __init__(self, first: Labeller, second: Callable[[], Labeller], note: Callable[[str], None]) -> None:
        self._current, self._second, self._note = first, second, note
        self._handed = False
        self._mirror()

    def _mirror(self) -> None:
        speaker = self._current
        self.name = f"{speaker.name} (for vision)" if self._handed else speaker.name
        self.version, self.network = speaker.version, speaker.network
        self.parameters, self.colophon = speaker.parameters, speaker.colophon

    def label(self, photos: Sequence[Photo]) -> list[Labels | LabelError]:
        """Labels of the current labeller; a batch in which it becomes unavailable is labelled by the second."""
        try:
            return self._current.label(photos)
        except LabellerUnavailable as error:
            if self._handed:
                raise
            self._note(f"{error}; using the built-in labeller for the rest of this run")
            self._current, self._handed = self._second(), True
            self._mirror()
            return self._current.label(photos)

    def place(self, digest: str) -> str | None:
        """The landmark that the current labeller recognized."""
        return self._current.place(digest) if hasattr(self._current, "place") else None

    def close(self) -> None:
        """Cancel pending requests; the second labeller no longer takes over."""
        self._handed = True
        close_labeller(self._current)
