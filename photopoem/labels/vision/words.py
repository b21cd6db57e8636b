"""Turns Vision's labels into words for poems."""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import cast

from photopoem.errors import UsageError
from photopoem.files import read_regular_text
from photopoem.labels.cache import Answer
from photopoem.labels.labeller import Kind, Label, Labels, surest
from photopoem.labels.local.classes import KINDS_VERSION, kind_of
from photopoem.labels.region import low_by_box, region_of_box

STOPLIST_VARIABLE = "PHOTOPOEM_VISION_STOPLIST"

# First words that keep their capital. Vision capitalizes every label, so that "German shepherd", which begins with
# a name, looks like "Golden retriever", which does not. Later words have capitals only if they are names.
NAMES = frozenset(
    """
    african afghan airedale akita alaskan albanian alsatian american amsterdam anatolian andean angus antarctic
    appaloosa arabian arctic argentine asian atlantic australian austrian aztec baltic barbary basque bavarian
    belgian bengal berlin bernese bible birman bohemian bollywood bordeaux boston brazilian breton british buddha
    buddhist bulgarian burmese byzantine cairn california cambodian canadian canada cantonese caribbean
    carolina catalan catholic caucasian celtic chihuahua chinese christ christian christmas colombian cornish
    creole croatian cuban czech dalmatian danish doric dutch easter egyptian english ethiopian
    eurasian european filipino finnish florida flemish french friesian galician georgian german gothic greek
    greenland halloween hanukkah hawaiian himalayan hindu holstein hungarian icelandic indian indonesian iranian
    irish islamic israeli italian jamaican japanese javanese jeep jersey jewish jordanian
    korean labrador latin lebanese lego lent london maine malayan maltese manx maori mayan mediterranean mexican
    mongolian moorish moroccan native neapolitan nepalese newfoundland nigerian nordic norfolk norman
    norwegian norwich olympic ottoman pacific pakistani palestinian paris pembroke pekingese persian peruvian
    polish pomeranian portuguese punjabi pyrenean ramadan renaissance rhodesian roman romanesque romanian
    rottweiler russian saint samoyed santa saturn scandinavian scots scottish serbian shetland siamese
    siberian singapore slavic spanish staffordshire swedish swiss syrian taiwanese tasmanian texas thai
    thanksgiving tibetan tudor turkish ukrainian valencia venetian venus victorian vietnamese virginia viking
    weimaraner welsh yorkshire york zulu
    """.split()
)


@dataclass(frozen=True, slots=True)
class VisionWord:
    """photopoem's word for a Vision label. `text` is empty for labels on the stoplist."""

    text: str
    kind: Kind
    wider: tuple[str, ...] = ()


NOTHING = VisionWord("", "thing")


def tidy(raw: Iterable[tuple[str, float]], asked: str = "") -> Labels:
    """Labels by falling score, at most one per text, from Vision's (description, score) pairs. `asked` is the time of
    the request, ISO 8601; every label gets its date.
    """
    return surest(
        Label(word.text, min(max(score, 0.0), 1.0), "vision", word.kind, word.wider, asked[:10])
        for word, score in ((say(description), score) for description, score in raw)
        if word.text
    )


def with_objects(labels: Labels, objects: Answer) -> Labels:
    """Labels with the boxes of Vision's objects, the surest of each; objects without a label are added."""
    found = {label.text: label for label in labels}
    placed: set[str] = set()
    for (description, score), box in zip(objects.words, objects.boxes, strict=True):
        known, region = say(description), region_of_box(*box)
        if not known.text or known.text in placed or region is None:
            continue
        placed.add(known.text)
        label = found.get(known.text) or Label(
            known.text, score, "vision", known.kind, known.wider, objects.asked[:10]
        )
        found[known.text] = replace(label, region=region, low=low_by_box(region))
    return tuple(sorted(found.values(), key=lambda label: (-label.score, label.text)))


def say(description: str) -> VisionWord:
    """Photopoem's word for a Vision label; a `VisionWord` without text if it is on the stoplist."""
    text = " ".join(description.split())
    folded = text.casefold()
    stopped = stoplist(os.environ.get(STOPLIST_VARIABLE, ""))
    if folded in stopped:
        return NOTHING
    if known := _words().get(folded):
        return known
    if f"* {folded.rpartition(' ')[2]}" in stopped:
        return NOTHING
    spoken = lower(text)
    return VisionWord(spoken, kind_of(spoken))


def lower(text: str) -> str:
    """Lower case except for names: "Golden retriever" loses its capital, "German shepherd" keeps it."""
    first, _, rest = text.partition(" ")
    keeps = _is_name(first) or any(word[:1].isupper() for word in rest.split())
    return text if keeps else first.lower() + text[len(first) :]


def _is_name(word: str) -> bool:
    """Whether a word is a name in the list, or has unusual capitals: LEGO, T-shirt, SUV, iPhone."""
    stem = re.sub(r"['\N{RIGHT SINGLE QUOTATION MARK}]s$", "", word)
    # A single capital begins the label. Several, or one before a hyphen or a digit, belong to the word.
    lettered = sum(c.isupper() for c in word) > 1 or re.match(r"[A-Z]([-0-9]|$)", word)
    return stem.casefold() in NAMES or bool(lettered)


@lru_cache(maxsize=1)
def _words() -> Mapping[str, VisionWord]:
    text = _data("vision-words.csv")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["label"].casefold(): _known(row) for row in rows}


def words() -> frozenset[str]:
    """The words listed for Vision, which may give others too."""
    return frozenset(known.text for known in _words().values() if known.text)


def _known(row: Mapping[str, str]) -> VisionWord:
    wider = tuple(word for word in (row["wider"] or "").split(";") if word)
    return VisionWord(row["text"] or lower(row["label"]), cast(Kind, row["kind"]), wider)


@lru_cache(maxsize=4)
def stoplist(own: str = "") -> frozenset[str]:
    """The stoplist, case folded: the built-in list, changed by the file `own` if given.

    A line is `Label: reason`, or `* word: reason` for all labels that end in the word; `#` begins a comment. In the
    file `own`, `!Label` takes a label off the list. Raises `UsageError` if the file cannot be read.
    """
    stopped = set(_lines(_data("vision-stoplist.txt")))
    if own:
        try:
            lines = _lines(read_regular_text(own))
        except (OSError, ValueError) as error:
            raise UsageError(f"{STOPLIST_VARIABLE} names {own}, which cannot be read as text") from error
        for line in lines:
            if line.startswith("!"):
                stopped.discard(line[1:].strip())
            else:
                stopped.add(line)
    return frozenset(stopped)


def _lines(text: str) -> list[str]:
    """The labels of a stoplist, case folded, without reasons."""
    lines = (line.split("#", 1)[0].partition(":")[0].strip() for line in text.splitlines())
    return [" ".join(line.split()).casefold() for line in lines if line]


def fingerprint() -> str:
    """A hash of words and stoplist; if it changes, the same answer may give other labels."""
    own = sorted(stoplist(os.environ.get(STOPLIST_VARIABLE, "")))
    return hashlib.sha256((_data("vision-words.csv") + KINDS_VERSION + "\n".join(own)).encode()).hexdigest()[
        :8
    ]


def _data(name: str) -> str:
    return (files("photopoem") / "data" / name).read_text(encoding="utf-8")
