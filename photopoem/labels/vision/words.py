"""Makes words that a poem can use out of the labels that Vision gives."""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import cast

from photopoem.errors import UsageError
from photopoem.files import read_regular_text
from photopoem.labels.labeller import Kind, Label, Labels

STOPLIST_VARIABLE = "PHOTOPOEM_VISION_STOPLIST"

# First words that keep their capital: Vision writes labels like sentences, so "German shepherd" begins
# with a name and "Golden retriever" does not. Words later in a label say it by themselves.
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
class Known:
    """A label of Vision's as photopoem says it. `text` is empty where nothing is said."""

    text: str
    kind: Kind
    wider: tuple[str, ...] = ()


NOTHING = Known("", "thing")


def tidy(raw: Iterable[tuple[str, float]], asked: str = "") -> Labels:
    """Labels by falling score, at most one for each text, from (description, score) as Vision gave them.

    `asked` is the time of asking, ISO 8601; its date goes with every label.
    """
    best: dict[str, Label] = {}
    for description, score in raw:
        known = say(description)
        if not known.text:
            continue
        label = Label(known.text, min(max(score, 0.0), 1.0), "vision", known.kind, known.wider, asked[:10])
        if known.text not in best or best[known.text].score < label.score:
            best[known.text] = label
    return tuple(sorted(best.values(), key=lambda label: (-label.score, label.text)))


def say(description: str) -> Known:
    """What photopoem says for a label of Vision's: nothing for what is on the stoplist."""
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
    return Known(spoken, _kind(spoken))


def _kind(text: str) -> Kind:
    from photopoem.english.inflection import is_mass

    return "stuff" if is_mass(text) else "thing"


def lower(text: str) -> str:
    """Lower case but for names: "Golden retriever" loses its capital, "German shepherd" keeps it."""
    first, _, rest = text.partition(" ")
    keeps = _is_name(first) or any(word[:1].isupper() for word in rest.split())
    return text if keeps else first.lower() + text[len(first) :]


def _is_name(word: str) -> bool:
    """A name by the list, or letters that stand for themselves: LEGO, T-shirt, SUV, iPhone."""
    stem = re.sub(r"['\N{RIGHT SINGLE QUOTATION MARK}]s$", "", word)
    # One capital alone is a sentence's; more, or one before a hyphen or a figure, are letters' own.
    lettered = sum(c.isupper() for c in word) > 1 or re.match(r"[A-Z]([-0-9]|$)", word)
    return stem.casefold() in NAMES or bool(lettered)


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Known]:
    text = _data("vision-words.csv")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["label"].casefold(): _known(row) for row in rows}


def _known(row: Mapping[str, str]) -> Known:
    wider = tuple(word for word in (row["wider"] or "").split(";") if word)
    return Known(row["text"] or lower(row["label"]), cast(Kind, row["kind"]), wider)


@lru_cache(maxsize=4)
def stoplist(own: str = "") -> frozenset[str]:
    """Labels that are not said, case folded: the shipped list, changed by the file `own` where it is given.

    A line is `Label: reason`, or `* word: reason` for all labels that end in the word; `#` begins a note; in
    a file of one's own `!Label` takes a label off the list.
    Raises `UsageError` where the file cannot be read.
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
    """Changes with the words and the stoplist: the same answer may then be said in other words."""
    own = sorted(stoplist(os.environ.get(STOPLIST_VARIABLE, "")))
    return hashlib.sha256((_data("vision-words.csv") + "\n".join(own)).encode()).hexdigest()[:8]


def _data(name: str) -> str:
    return (files("photopoem") / "data" / name).read_text(encoding="utf-8")
