"""The symbols that photopoem fills, and the words of one photograph for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import hypot
from typing import Literal

from photopoem.color.palette import Palette
from photopoem.english.amounts import share_in_words, sureness_in_words
from photopoem.labels.labeller import NOUNS, Kind, Label, Labels
from photopoem.photo.moment import Moment

Layer = Literal["place", "machine", "people"]

SURE = 0.7
"""Labels with at least this score are `sure`: a poem states them. The others are `doubt`: a poem asks about them."""
NUMBERED = 20
"""`label1` to `label20` and `color1` to `color20` are known symbols."""

DARK, LIGHT, VIVID = 40.0, 70.0, 25.0
"""Limits in CIELAB: the highest lightness of `dark`, the lowest of `light`, the lowest chroma of `vivid`."""

MOMENTS = ("season", "daypart", "weekday", "month", "year", "place")
PLAIN = (
    "label",
    "thing",
    "stuff",
    "scene",
    "person",
    "doing",
    "quality",
    "sure",
    "doubt",
    "color",
    "dark",
    "light",
    "vivid",
    "hue",
    "tone",
)

NUMBERED_WORDS = frozenset(f"{name}{n}" for name in ("label", "color") for n in range(1, NUMBERED + 1))
"""The symbols that stand for one label or color of the photograph, however often they are used."""
NUMBERED_SYMBOLS = NUMBERED_WORDS | {
    f"{name}{n}" for name in ("sureness", "share") for n in range(1, NUMBERED + 1)
}
"""The same, and the symbols that stand for their figures."""
SYMBOLS = NUMBERED_SYMBOLS | {*PLAIN, *MOMENTS, "keyword"}
"""Every symbol that photopoem fills."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a word came from: its layer, what it is, and the figures that go with it.

    layer machine: `what` is "label" (`score`, `labeller`) or "tone" (`labeller` is "pixels");
    layer people: `what` is "color" (`hex`, `share`);
    layer place: `what` is season, daypart, weekday, month, year, place or keyword.
    `of` is the label, color name or moment word itself, unmodified. `said_for` is the labeller's own word where the
    house says another.
    """

    layer: Layer
    what: str
    of: str
    score: float | None = None
    labeller: str | None = None
    hex: str | None = None
    share: float | None = None
    said_for: str | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """A literal word or phrase, its source, its weight (likelihood, > 0), its kind."""

    text: str
    source: Source
    weight: float = 1.0
    kind: Kind | Literal["color", "tone", "moment", "amount"] = "thing"


Words = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a poem is about: the photograph and all that was read from it.

    `labeller` is its name, `labeller_version` its version, `taught_by` its colophon and
    `asked` the ISO date of its answer, where a service gave it. `quick` is true where the camera's thumbnail
    was read instead of the picture.
    """

    path: str
    digest: str
    labeller: str
    labels: Labels
    palette: Palette
    moment: Moment
    tone: tuple[str, ...] = ()
    labeller_version: str = ""
    taught_by: str = ""
    asked: str = ""
    quick: bool = False


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Symbol -> words for one photograph. Every known symbol is a key; absent words are an empty tuple."""

    words: Mapping[str, Words]
    subject: Subject


def make_vocabulary(subject: Subject) -> Vocabulary:
    """The vocabulary of one photograph, from all that was read from it."""
    words: dict[str, Words] = dict.fromkeys(SYMBOLS, ())
    words.update(_label_words(_said_once(subject.labels)))
    words.update(_color_words(subject.palette))
    words.update(_moment_words(subject.moment))
    words["tone"] = tuple(
        Word(tone, Source("machine", "tone", tone, labeller="pixels"), kind="tone") for tone in subject.tone
    )
    return Vocabulary(words, subject)


def _said_once(labels: Iterable[Label]) -> list[Label]:
    """The labels without those that repeat a surer one: its wider word, or a word with the same head noun."""
    kept: list[Label] = []
    for label in sorted(labels, key=lambda label: (-label.score, label.text)):
        head = label.text.rsplit(" ", 1)[-1]
        said = any(
            label.text == other.text
            or (label.said_for or label.text) in other.wider
            or head == other.text.rsplit(" ", 1)[-1]
            for other in kept
        )
        if not said:
            kept.append(label)
    return kept


def _label_word(label: Label) -> Word:
    layer: Layer = "place" if label.labeller == "keywords" else "machine"
    what = "keyword" if layer == "place" else "label"
    source = Source(
        layer, what, label.text, score=label.score, labeller=label.labeller, said_for=label.said_for or None
    )
    return Word(label.text, source, weight=max(label.score, 0.01), kind=label.kind)


def _label_words(labels: list[Label]) -> dict[str, Words]:
    spoken = _of_kinds(labels, *NOUNS)
    doubt = [word for word in spoken if (word.source.score or 0) < SURE]
    return {
        "label": spoken,
        "sure": tuple([word for word in spoken if (word.source.score or 0) >= SURE]),
        # Many doubts are unlikely. The square of the score as weight puts the likelier ones first.
        "doubt": tuple([replace(word, weight=word.weight**2) for word in doubt]),
        # A person can be counted: what a grammar says of a thing it may say of somebody.
        "thing": _of_kinds(labels, "thing", "person"),
        **{kind: _of_kinds(labels, kind) for kind in ("stuff", "scene", "person", "doing", "quality")},
        **_numbered("label", spoken),
        **_numbered(
            "sureness", [_amount(word, sureness_in_words(word.source.score or 0)) for word in spoken]
        ),
    }


def _of_kinds(labels: list[Label], *kinds: Kind) -> Words:
    return tuple([_label_word(label) for label in labels if label.kind in kinds])


def _numbered(name: str, words: Sequence[Word]) -> dict[str, Words]:
    return {f"{name}{n}": (word,) for n, word in enumerate(words[:NUMBERED], start=1)}


def _amount(word: Word, text: str) -> Word:
    return Word(text, word.source, kind="amount")


def _color_word(name: str, hex_code: str, share: float) -> Word:
    source = Source("people", "color", name, hex=hex_code, share=share)
    return Word(name, source, weight=max(share, 0.001), kind="color")


def _color_words(palette: Palette) -> dict[str, Words]:
    hexes = [swatch.hex for swatch in palette.swatches]
    colors = [_color_word(s.name, code, s.share) for s, code in zip(palette.swatches, hexes, strict=True)]
    return {
        "color": tuple(colors),
        "hue": _hue_words(palette, hexes),
        **_extremes(palette, colors),
        **_numbered("color", colors),
        **_numbered("share", [_amount(word, share_in_words(word.source.share or 0)) for word in colors]),
    }


def _extremes(palette: Palette, colors: Sequence[Word]) -> dict[str, Words]:
    """The darkest, the lightest and the most vivid swatch, each only if it is within its limit."""
    import numpy as np

    from photopoem.color.spaces import srgb_to_lab

    if not colors:
        return {}
    lab = srgb_to_lab(np.array([swatch.rgb for swatch in palette.swatches], np.uint8)).tolist()
    light, chroma = [each[0] for each in lab], [hypot(*each[1:]) for each in lab]
    dark, bright, vivid = min(light), max(light), max(chroma)
    return {
        "dark": (colors[light.index(dark)],) if dark <= DARK else (),
        "light": (colors[light.index(bright)],) if bright >= LIGHT else (),
        "vivid": (colors[chroma.index(vivid)],) if vivid >= VIVID else (),
    }


def _hue_words(palette: Palette, hexes: Sequence[str]) -> Words:
    """The basic color terms of the palette, each once, with the share of all its swatches."""
    shares: dict[str, float] = {}
    first: dict[str, str] = {}
    for swatch, code in zip(palette.swatches, hexes, strict=True):
        if not swatch.hue:
            continue
        shares[swatch.hue] = shares.get(swatch.hue, 0.0) + swatch.share
        first.setdefault(swatch.hue, code)
    largest = sorted(shares.items(), key=lambda item: (-item[1], item[0]))
    return tuple([_color_word(hue, first[hue], share) for hue, share in largest])


def _moment_words(moment: Moment) -> dict[str, Words]:
    words: dict[str, Words] = {}
    for what in MOMENTS:
        text = getattr(moment, what)
        if text and not (what == "place" and moment.near):
            words[what] = (Word(text, Source("place", what, text), kind="moment"),)
    if moment.place and moment.near:
        near = f"near {moment.place}"
        words["place"] = (Word(near, Source("place", "place", moment.place), kind="moment"),)
    words["keyword"] = tuple(
        Word(text, Source("place", "keyword", text, labeller="keywords"), kind="thing")
        for text in dict.fromkeys(moment.keywords)
    )
    return words
