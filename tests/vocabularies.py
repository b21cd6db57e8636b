"""Vocabularies for tests: small ones made by hand, and many from the words that labellers really use."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from random import Random

from photopoem.color.names import color_names
from photopoem.color.palette import PLACES, Palette, Swatch, Where
from photopoem.labels.labeller import Kind, Label, LabelColor
from photopoem.photo.moment import Moment
from photopoem.vocabulary import Subject, Vocabulary, make_vocabulary

PEOPLE = ("person", "child", "man", "woman", "crowd", "player")
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
    # A generator of its own: what was added later leaves the words of each photograph as they were.
    more = Random(-seed)
    for n in range(count):
        labels = rng.sample(label_words(), rng.randint(least_labels, max(least_labels, 12)))
        scores = sorted((rng.betavariate(2, 1) for _ in labels), reverse=True)
        made = tuple(
            Label(word, score, "test", kind) for (word, kind), score in zip(labels, scores, strict=True)
        )
        tones = tuple(rng.sample(["bright", "dim", "pale", "warm", "hazy", "still"], rng.randint(0, 2)))
        palette = _placed(_palette(rng), more)
        made = tuple(
            sorted((*_colored(made, palette, more), *_said_of(made, more)), key=lambda label: -label.score)
        )
        yield make_vocabulary(
            Subject(f"{n}.jpg", f"{n:064x}", "test", made, palette, _moment(rng), tones, taught_by="tests")
        )


def _placed(palette: Palette, rng: Random) -> Palette:
    """The palette with places for six swatches in ten, as photographs have them."""
    places = [Where(rng.choice(PLACES)) if rng.random() < 0.6 else Where() for _ in palette.swatches]
    placed = (replace(swatch, where=where) for swatch, where in zip(palette.swatches, places, strict=True))
    return replace(palette, swatches=tuple(placed))


def _colored(labels: tuple[Label, ...], palette: Palette, rng: Random) -> list[Label]:
    """The labels, half of the things with a color; some are people or animals."""
    made = []
    for label in labels:
        kind = rng.choice(["person", "thing", "thing", "thing"]) if label.kind == "thing" else label.kind
        text = rng.choice(PEOPLE) if kind == "person" else label.text
        swatch = rng.choice(palette.swatches)
        color = (
            LabelColor(swatch.hex, swatch.name, rng.random())
            if kind == "thing" and rng.random() < 0.5
            else None
        )
        made.append(replace(label, text=text, kind=kind, color=color, low=rng.random()))
    return list({label.text: label for label in made}.values())


def _said_of(labels: tuple[Label, ...], rng: Random) -> list[Label]:
    """An act and a quality for some photographs."""
    if not labels or rng.random() < 0.4:
        return []
    acts = [Label(rng.choice(["running", "standing", "playing"]), rng.random(), "test", "doing")]
    return [*acts, Label(rng.choice(["wooden", "rocky", "wet"]), rng.random(), "test", "quality")]


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
