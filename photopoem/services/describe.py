"""Describes a photograph: opens, measures, labels and locates it, as a `Subject` for poems and looks.

Every use case uses this, so that they agree. `describe` handles one photograph; a run reads in its workers
(`open_photo`, `measure`) and labels whole batches (`label`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from photopoem.color.names import ColorNames, color_names
from photopoem.color.palette import Palette, Swatch, read_palette
from photopoem.color.statistics import read_tone
from photopoem.english.lexicon import HouseWords, is_house_file, load_lexicon, read_house_words
from photopoem.errors import LabelError, PhotoError, did_you_mean_path
from photopoem.labels.labeller import Label, Labeller, Labels, ask, in_house_words, place_of
from photopoem.labels.region import in_colors
from photopoem.labels.registry import sayable_words
from photopoem.photo.discover import Found, is_url, read_remote
from photopoem.photo.moment import Moment, read_moment
from photopoem.photo.reading import NO_SUCH_FILE, Photo, read_photo
from photopoem.vocabulary import Subject, Vocabulary, make_vocabulary

if TYPE_CHECKING:
    from photopoem.services.pipeline import Settings


@dataclass(frozen=True, slots=True)
class Reading:
    """The facts from the pixels and the file of one photograph, before labelling."""

    found: Found
    photo: Photo
    palette: Palette
    tone: tuple[str, ...]
    moment: Moment


@dataclass(frozen=True, slots=True)
class LabelledBy:
    """The labeller's name, version and colophon when it answered."""

    name: str
    version: str
    parameters: str
    colophon: str

    @classmethod
    def of(cls, labeller: Labeller) -> LabelledBy:
        """The current values of a labeller."""
        return cls(labeller.name, labeller.version, labeller.parameters, labeller.colophon)


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """A photograph and its subject. `no_labels` is the labeller's error if it gave no labels."""

    found: Found
    photo: Photo
    subject: Subject
    labelled_by: LabelledBy
    no_labels: LabelError | None = None

    def without_pixels(self) -> Described:
        """The same with an empty picture, which is cheap to send to another process."""
        photo = replace(self.photo, pixels=self.photo.pixels[:0], sample=self.photo.sample[:0])
        return replace(self, photo=photo)


def describe(found: Found, settings: Settings, labeller: Labeller) -> Described:
    """Read, label and locate one photograph.

    A photograph that cannot be labelled is described without labels. Raises `PhotoError`, `UsageError`, and
    `LabellerUnavailable` if the labeller cannot work at all.
    """
    return label([measure(found, open_photo(found, settings), settings)], labeller)[0]


def with_house_words(subject: Subject, words: HouseWords) -> Subject:
    """A subject with the words of the house applied: without banned words, and with replaced labels.

    A color with a banned name gets the next nearest name, otherwise its basic term.
    """
    if not words.fingerprint:
        return subject
    keywords = tuple(word for word in subject.moment.keywords if not words.is_silent(word))
    spoken_swatches = (_renamed_swatch(swatch, words) for swatch in subject.palette.swatches)
    swatches = tuple(each for each in spoken_swatches if each.name)
    names = {swatch.hex: swatch.name for swatch in swatches}
    return replace(
        subject,
        labels=tuple(_colored(label, names) for label in in_house_words(subject.labels, words)),
        palette=replace(subject.palette, swatches=swatches),
        moment=replace(subject.moment, keywords=keywords),
    )


def vocabulary_in(subject: Subject, lexicon_files: Iterable[str] = ()) -> Vocabulary:
    """The vocabulary of a subject, with the words of the house in `lexicon_files`, if any.

    Raises `UsageError` if that file cannot be read.
    """
    return make_vocabulary(
        with_house_words(subject, read_house_words(next(filter(is_house_file, lexicon_files), "")))
    )


def remarks_on(words: HouseWords, color_list: str = "xkcd") -> list[str]:
    """A warning for each word of the house that no labeller, color list or lexicon here has."""
    if not words.fingerprint:
        return []
    entries = load_lexicon().entries
    phrases = (text for cells in entries.values() for texts in cells.values() for text in texts)
    rows = (word for word, _ in entries)
    return words.remarks([*sayable_words(), *color_names(color_list).names, *rows, *phrases])


def _colored(label: Label, names: Mapping[str, str]) -> Label:
    """A label whose color is named like its swatch; without a color if that has no name any more."""
    if label.color is None or names.get(label.color.hex) == label.color.name:
        return label
    name = names.get(label.color.hex)
    return replace(label, color=replace(label.color, name=name) if name else None)


def _renamed_swatch(swatch: Swatch, words: HouseWords) -> Swatch:
    names = tuple(name for name in swatch.names if not words.is_silent_color(name))
    hue = "" if words.is_silent_color(swatch.hue) else swatch.hue
    name = swatch.name if not words.is_silent_color(swatch.name) else next(iter(names), hue)
    return replace(swatch, name=name, names=names, hue=hue)


def open_photo(found: Found, settings: Settings) -> Photo:
    """The pixels and metadata of a photograph, from a file or an address. Raises `PhotoError`."""
    if is_url(found.path):
        return read_remote(found.address or found.path, quick=settings.quick)
    path = Path(settings.base, found.path)
    try:
        photo = read_photo(path, quick=settings.quick)
    except PhotoError as error:
        if error.cause != NO_SUCH_FILE:
            raise
        raise PhotoError(found.path, f"{NO_SUCH_FILE}{_why_not_there(path, found)}") from error
    return replace(photo, path=found.path) if settings.base else photo


def _why_not_there(path: Path, found: Found) -> str:
    """The reason why a file may be missing; only a photograph found in a folder has a stamp."""
    if found.stamp:
        return ": it may have been moved or deleted since it was listed"
    return ": it is a link to one that is not there" if path.is_symlink() else did_you_mean_path(path)


def measure(found: Found, photo: Photo, settings: Settings) -> Reading:
    """The colors, tone and moment of an opened photograph. Raises `UsageError` for an unknown list of color names."""
    names = color_names(settings.color_names)
    if settings.words:
        names = _allowed_names(settings.color_names, read_house_words(settings.words))
    palette = read_palette(photo, settings.colors, names)
    moment = read_moment(photo, place=settings.place, hemisphere=settings.hemisphere)
    return Reading(found, photo, palette, read_tone(photo), moment)


@lru_cache(maxsize=4)
def _allowed_names(which: str, words: HouseWords) -> ColorNames:
    """A list of color names without banned ones. Raises `UsageError` if none is left."""
    return color_names(which).without(words.is_silent_color)


def label(readings: Sequence[Reading], labeller: Labeller) -> list[Described]:
    """Label a batch of readings, in order. Raises `LabellerUnavailable` if the labeller cannot work at all."""
    if not readings:
        return []
    answers = ask(labeller, [reading.photo for reading in readings])
    by = LabelledBy.of(labeller)
    return [
        _described(_placed(reading, place_of(labeller, reading.photo)), answer, by)
        for reading, answer in zip(readings, answers, strict=True)
    ]


def _placed(reading: Reading, place: str | None) -> Reading:
    """The reading with the place that the labeller recognized, unless the photograph names its own.

    A landmark takes precedence over a place that is only near the photograph's coordinates.
    """
    if place is None or (reading.moment.place and not reading.moment.near):
        return reading
    return replace(reading, moment=replace(reading.moment, place=place, near=False))


def _described(reading: Reading, answer: Labels | LabelError, by: LabelledBy) -> Described:
    labels, no_labels = ((), answer) if isinstance(answer, LabelError) else (answer, None)
    labels = in_colors(labels, reading.photo.sample, reading.palette)
    subject = Subject(
        path=reading.found.path,
        digest=reading.photo.digest,
        labeller=by.name,
        labels=labels,
        palette=reading.palette,
        moment=reading.moment,
        tone=reading.tone,
        labeller_version=by.version,
        taught_by=by.colophon,
        asked=next((each.asked for each in labels if each.asked), ""),
        quick=bool(reading.photo.metadata.get("quick")),
    )
    return Described(reading.found, reading.photo, subject, by, no_labels)
