"""What the machine sees in a photograph: everything that was read from it, and its words for poems."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from photopoem.color.names import color_names
from photopoem.color.statistics import statistics
from photopoem.labels.labeller import Labeller
from photopoem.photo.reading import Photo
from photopoem.poem import label_record, moment_record, path_bytes_of, swatch_record
from photopoem.vocabulary import MOMENTS, PLAIN, Subject

if TYPE_CHECKING:
    from photopoem.photo.discover import Found
    from photopoem.services.pipeline import Settings


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A photograph, everything that was read from it, and its statistics; `no_labels` says why there are no labels.

    `house` is the file with the words of the house, if any.
    """

    photo: Photo
    subject: Subject
    statistics: dict[str, Any]
    no_labels: str = ""
    house: str = ""


def look_at(found: Found, settings: Settings, labeller: Labeller) -> Look:
    """Read everything about one photograph.

    Works without labels if the photograph cannot be labelled. Raises `PhotoError`, `UsageError`, and
    `LabellerUnavailable` if the labeller cannot continue.
    """
    from photopoem.services.describe import describe

    described = describe(found, settings, labeller)
    told = statistics(described.photo, color_names(settings.color_names))
    return Look(described.photo, described.subject, told, str(described.no_labels or ""), settings.words)


def words_of(look: Look) -> dict[str, list[str]]:
    """The words for poems by symbol, in the words of the house, without empty symbols. Raises `UsageError`."""
    from photopoem.services.describe import vocabulary_in

    words = vocabulary_in(look.subject, filter(None, [look.house])).words
    symbols = (*PLAIN, *MOMENTS, "keyword")
    return {symbol: [word.text for word in words[symbol]] for symbol in symbols if words.get(symbol)}


def record(look: Look) -> dict[str, Any]:
    """The look as one JSON object according to `schema`."""
    subject = look.subject
    return {
        "path": subject.path,
        **path_bytes_of(subject.path),
        "digest": subject.digest,
        "size": list(look.photo.size),
        "moment": moment_record(subject.moment),
        "labels": [label_record(label) for label in subject.labels],
        "labeller": subject.labeller,
        "labeller_version": subject.labeller_version,
        "taught_by": subject.taught_by,
        "asked": subject.asked,
        "no_labels": look.no_labels,
        "palette": [swatch_record(swatch) for swatch in subject.palette.swatches],
        "named_by": subject.palette.named_by,
        "tone": list(subject.tone),
        "statistics": look.statistics,
        "words": words_of(look),
    }


def schema() -> str:
    """The JSON Schema (draft 2020-12) of `record`, as text."""
    return (files("photopoem") / "data" / "look.schema.json").read_text(encoding="utf-8")


def line(look: Look) -> str:
    """The record as one line of JSON; bytes of a file name that are not UTF-8 are escaped."""
    return json.dumps(record(look))
