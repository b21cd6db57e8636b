"""Vocabularies for tests: small ones made by hand, and many from the words that labellers really use."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from random import Random

from photopoem.color.names import color_names
from photopoem.color.palette import Palette, Swatch
from photopoem.labels.labeller import Kind, Label
from photopoem.photo.moment import Moment
from photopoem.vocabulary import Subject, Vocabulary, make_vocabulary

NAMED_BY = "222,500 sessions of the xkcd color survey, 2010"


def vocabulary(
    labels: str | list[Label] = "dog grass/stuff valley/scene tree",
    colors: str = "silver charcoal",
    *,
    moment: Moment | None = None,
    tone: tuple[str, ...] = (),
    path: str = "photo.jpg",
    digest: str = "00ff",
) -> Vocabulary:
    """A vocabulary by hand: labels as `text/kind@score` (or as labels), colors in equal shares."""
    made = labels if isinstance(labels, list) else [_label(n, text) for n, text in enumerate(labels.split())]
    names = colors.split()
    swatches = tuple(
        Swatch((30 * n, 100, 200 - 20 * n), 1 / len(names), name.replace("_", " "), 1.0, (name,), "gray")
        for n, name in enumerate(names)
    )
    subject = Subject(
        path,
        digest,
        "test",
        tuple(made),
        Palette(swatches, NAMED_BY),
        moment or Moment(),
        tone,
        taught_by="tests",
    )
    return make_vocabulary(subject)


def _label(n: int, text: str) -> Label:
    name, _, score = text.partition("@")
    name, _, kind = name.partition("/")
    kinds: dict[str, Kind] = {"stuff": "stuff", "scene": "scene"}
    return Label(
        name.replace("_", " "), float(score) if score else 0.9 - n * 0.05, "test", kinds.get(kind, "thing")
    )


@cache
def label_words() -> list[tuple[str, Kind]]:
    """The words that labellers use, with their kinds: the built-in labeller's, Vision's, the lexicon's."""
    words: dict[str, Kind] = {}
    for name, column in (("eye-words", "word"), ("vision-words", "text"), ("lexicon", "word")):
        text = files("photopoem").joinpath(f"data/{name}.csv").read_text("utf-8")
        for row in csv.DictReader(line for line in text.splitlines() if not line.startswith("#")):
            if row[column] and row[column][0] != "*" and row["kind"] in ("thing", "stuff", "scene"):
                words.setdefault(row[column], row["kind"])  # type: ignore[arg-type] - checked in the line above
    return sorted(words.items())


def many(count: int, *, least_labels: int = 0, seed: int = 1) -> Iterator[Vocabulary]:
    """Vocabularies as photographs give them: some rich, some with next to nothing."""
    rng = Random(seed)
    for n in range(count):
        labels = rng.sample(label_words(), rng.randint(least_labels, max(least_labels, 12)))
        scores = sorted((rng.betavariate(2, 1) for _ in labels), reverse=True)
        made = tuple(
            Label(word, score, "test", kind) for (word, kind), score in zip(labels, scores, strict=True)
        )
        tones = tuple(rng.sample(["bright", "dim", "pale", "warm", "hazy", "still"], rng.randint(0, 2)))
        yield make_vocabulary(
            Subject(
                f"{n}.jpg", f"{n:064x}", "test", made, _palette(rng), _moment(rng), tones, taught_by="tests"
            )
        )


def _palette(rng: Random) -> Palette:
    names = color_names()
    chosen = rng.sample(range(len(names.names)), rng.randint(1, 7))
    seen = dict.fromkeys(names.names[n] for n in chosen)
    parts = sorted((rng.random() + 0.05 for _ in seen), reverse=True)
    swatches = []
    for part, name in zip(parts, seen, strict=True):
        red, green, blue = (int(value) for value in names.rgb[names.names.index(name)])
        hue = rng.choice(["green", "gray", "brown", "blue", "black"])
        swatches.append(Swatch((red, green, blue), part / sum(parts), name, 1.0, (name,), hue))
    return Palette(tuple(swatches), NAMED_BY)


def _moment(rng: Random) -> Moment:
    if rng.random() < 0.3:
        return Moment()
    taken = datetime(2015, 1, 1, 12) + timedelta(hours=rng.randrange(90_000))
    return Moment(
        taken=taken,
        season=rng.choice(["spring", "summer", "autumn", "winter"]),
        daypart=rng.choice(["dawn", "morning", "noon", "afternoon", "dusk", "evening", "night"]),
        weekday=f"{taken:%A}",
        month=f"{taken:%B}",
        year=f"{taken:%Y}",
        place=rng.choice([None, "Les Salles", "Oulu", "Zürich"]),
        near=rng.random() < 0.2,
    )
