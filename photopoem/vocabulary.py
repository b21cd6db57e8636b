"""The symbols that photopoem fills, and the words of one photograph for each of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from photopoem.color.palette import Palette, Swatch
from photopoem.color.spaces import srgb_to_lab
from photopoem.english.inflection import share_in_words, split_head, sureness_in_words
from photopoem.labels.labeller import NOUNS, OWNER, Kind, Label, Labels, Region
from photopoem.photo.moment import Moment

Layer = Literal["place", "machine", "people"]

SURE = 0.6
"""Labels with at least this score are `sure`: a poem states them. The others are `doubt`: a poem asks about them.

In 271 test photographs .93 of the built-in labeller's words from this score on were right.
"""
NUMBERED = 20
"""The highest number in symbols such as `label20` and `color20`."""

DARK, LIGHT, VIVID = 40.0, 70.0, 25.0
"""Limits in CIELAB: the highest lightness of `dark`, the lowest of `light`, the lowest chroma of `vivid`."""

WORTH_ASKING, ACTS_WORTH_ASKING = 0.45, 0.5
"""Doubts below this are not used: fewer than half of them are right, which visitors notice. Acts and clothes need more,
because a visitor sees at once that nobody runs or wears a dress."""
FEW_DOUBTS, ENOUGH, SURER_DOUBT = 2, 2, 0.47
"""The most doubts of a photograph, and their least score if it has enough sure nouns: where a poem has much to say, a
wrong guess spoils more than a right one adds."""
LIKELIER_FIRST = 4
"""The power of a doubt's score that is its weight, so that a likely doubt is drawn well before an unlikely one."""
LEAST_SUBJECT = 0.4
"""If every noun is less prominent than this, the photograph has no subject, and its poem is about its colors."""
STRONG = 30.0
"""The chroma that makes a color three times as likely to be named as a grey of the same share."""
CERTAIN, LEAST_GUESS = 0.85, 0.35
"""The least certainties of a fact that is stated and of one that is guessed.

In 632 photographs, 19 of the 20 colors with .85 or more were right, and .92 of what was said to be low.
"""
RELATED = (
    "where", "of", "color", "color_guess", "doing", "doing_guess", "quality", "quality_guess", "wearing",
    "wearing_guess", "name_guess",
)  # fmt: skip
"""The modifiers that replace a word by another word of the photograph that belongs to it."""

PLACES: Mapping[str, tuple[str, ...]] = {
    "along the top": ("along the top", "across the top", "at the top"),
    "at the foot": ("at the foot", "low down", "at the bottom", "along the bottom"),
    "on the left": ("on the left", "to the left", "at the left"),
    "on the right": ("on the right", "to the right", "at the right"),
    "in the middle": ("in the middle", "at the center", "in the center"),
    "around the edge": ("around the edge", "at the edges", "along the edges"),
    "in the upper half": ("in the upper half", "high up", "in the top half"),
    "in the lower half": ("in the lower half", "lower down"),
    "in the left half": ("in the left half", "left of center"),
    "in the right half": ("in the right half", "right of center"),
    "at the upper left": ("at the upper left", "high on the left"),
    "at the upper right": ("at the upper right", "high on the right"),
    "at the lower left": ("at the lower left", "low on the left"),
    "at the lower right": ("at the lower right", "low on the right"),
    "across the middle": ("across the middle", "halfway up"),
    "mostly in the upper half": ("mostly high up", "mostly in the upper half"),
    "mostly in the lower half": ("mostly low down", "mostly in the lower half"),
    "mostly on the left": ("mostly on the left", "mostly to the left"),
    "mostly on the right": ("mostly on the right", "mostly to the right"),
    "mostly in the middle": ("mostly in the middle", "mostly near the center"),
    "scattered": ("here and there", "in places"),
}
"""Phrases for each place in the frame where a color may lie. A scattered color has one only if it is vivid: nobody
finds a grey that is here and there."""
LEAST_PLACED = 0.02
"""The share from which a color has a place. A visitor does not find a smaller patch."""
ROUGHLY = 0.4
"""How often a color that only lies in a half of the frame, or mostly there, is drawn as a placed one."""
AMBIGUOUS = frozenset(
    "apple banana berry brick camel desert dirt dusk dust earth forest grass ice leaf lemon midnight mud mushroom "
    "night pumpkin sand sea sky squash stone strawberry twilight".split()
)
SELDOM = 0.2
"""Names of colors that sound as if the thing itself were there (desert, in places), and how often they are drawn."""
ROUGH = frozenset(place for place in PLACES if "half" in place or "mostly" in place)
SIDES: Mapping[str, str] = {
    "along the top": "above", "in the upper half": "above", "mostly in the upper half": "above",
    "at the foot": "below", "in the lower half": "below", "mostly in the lower half": "below",
    "on the left": "left", "in the left half": "left", "mostly on the left": "left",
    "on the right": "right", "in the right half": "right", "mostly on the right": "right",
    "in the middle": "middle", "across the middle": "middle", "mostly in the middle": "middle",
}  # fmt: skip
"""The side of the picture of each place; other places are a side of their own."""
SKIN = (25.0, 85.0), (8.0, 65.0), 20.0
"""Hues in degrees, chroma, and the least lightness in CIELAB, of skin. Where a face or hair is sure, such a color is
not pointed at, nor is one in the middle: its name was not made for a face."""
GREY = 12.0
"""The chroma up to which a color is grey, and hard to find if it lies mostly somewhere."""
LOW = ("low in the picture", "in the lower half", "low down")
BOXED: Mapping[str, tuple[str, ...]] = {
    "left": ("on the left", "to the left"),
    "right": ("on the right", "to the right"),
    "above": ("high up", "in the upper half"),
    "low": LOW,
    "small": ("small in the picture", "small in the frame"),
    "filling": ("over most of the picture", "over most of the frame"),
}
"""Phrases for where a detector's box is, and how large."""
SMALL, FILLING = 0.03, 0.6
"""The share of the picture up to which a box is small, and from which it fills the picture."""

GROUND_QUALITIES = frozenset("wet snowy rocky muddy empty crowded dark".split())
WORN = frozenset(
    "apron beret bikini blouse bonnet boots cap cardigan cloak coat costume dress fez glasses gloves goggles gown hat "
    "headdress headscarf helmet hoodie jacket jeans jersey kimono mask poncho robe sandals sari scarf shirt shorts "
    "skirt suit sunglasses sweater swimsuit tie trousers turban tuxedo uniform veil vest wig".split()
)
"""Clothes that a person may wear. Doubtful ones are only said of the person, as `.wearing_guess`.

A visitor sees at once whether somebody wears a shirt, so the question whether that is a shirt is not worth asking.
"""
THING_QUALITIES = frozenset("wooden colorful striped plaid".split())
GROUNDS = frozenset(
    "mountain hill field road path street sidewalk beach yard lawn grass valley river track cliff".split()
)
"""Ground to walk on. Like a scene, it may be wet or snowy."""
NATURAL = frozenset(
    "plant food fruit vegetable animal tree flower leaf bush rock cloud water person face hand".split()
)
"""Natural things, which cannot be wooden or striped in the usual sense."""

OWNED = 8
"""How much more often an owner's word is drawn than a machine's word of the same score."""
ALIVE, BACKDROP, SKIES, CLOTHES, UNSURE, YOUNG = 1.6, 0.75, 0.6, 0.6, 0.8, 0.9
"""How the score of a living being, a backdrop, the sky, clothes, a doubt and a child counts when the subject is chosen.

Young women are often seen as girls as well, and are better called women.
"""
SCENES, STUFFS = 0.8, 0.7
"""How the score of a scene and of stuff counts for the word beside the subject."""
ABOVE = ("sky", "cloud")
CHILDREN = frozenset("child boy girl baby".split())
BODY = frozenset("face hair hand arm leg foot skin beard".split())
"""Parts of a person, which say nothing about where the person is."""
A_FACE = 0.96
"""From this score, a face is the subject instead of a bare person even if other words are sure."""
PARTS = ("face", "hair")
"""Parts of a person that, if sure, replace the lexicon's."""
DONE_BY_FACES = frozenset({"smiling", "laughing", "talking", "singing", "sleeping"})
NEVER_ASKED = BODY | {"clothes", "swimsuit", "shirtless"}
"""Nobody needs to ask whether a person has a face, a hand or clothes, and of little clothing a poem asks nothing."""
BACKDROPS = frozenset(
    "tree grass leaf wall floor roof window door fence road path sidewalk ground dirt wood bush plant "
    "branch curtain water rock stone building shadow reflection forest field lawn yard".split()
)

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
    "subject",
    "beside",
    "ground",
    "color",
    "placed",
    "owned",
    "dark",
    "light",
    "vivid",
    "hue",
    "tone",
)

SAID_OF = ("doing", "quality")
"""Kinds of labels that describe a noun."""
BY_SURENESS = ("subject", "beside", "thing", "stuff", "scene", "person", "doing", "quality")
"""Symbols that also have a `sure_` form (words scored at least `SURE`) and a `doubt_` form (the others)."""

FIXED_WORDS = frozenset(f"{name}{n}" for name in ("label", "color") for n in range(1, NUMBERED + 1)) | {
    "ground", *(f"{how}{name}" for how in ("", "sure_", "doubt_") for name in ("subject", "beside")),
}  # fmt: skip
"""The symbols that always give the same word of the photograph."""
FIXED_SYMBOLS = FIXED_WORDS | {f"{name}{n}" for name in ("sureness", "share") for n in range(1, NUMBERED + 1)}
"""The same, and the symbols for their scores and shares."""
SYMBOLS = FIXED_SYMBOLS | {
    *PLAIN, *MOMENTS, "keyword", *(f"{how}_{name}" for how in ("sure", "doubt") for name in BY_SURENESS),
}  # fmt: skip
"""Every symbol that photopoem fills."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a word came from: its layer, what it is, and its figures.

    layer machine: `what` is "label" (`score`, `labeller`), "tone" (`labeller` is "pixels") or "where", the place in
    the frame (of a color, measured: `hex`, `labeller` is "pixels"; of a label: `score`, its certainty); layer people:
    `what` is "color" (`hex`, `share`);
    layer place: `what` is season, daypart, weekday, month, year, place or keyword. `of` is the label, color name or
    moment word itself, unmodified. `said_for` is the labeller's word if words.toml replaced it.
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
    """A literal word or phrase with its source, its weight (likelihood, > 0) and its kind."""

    text: str
    source: Source
    weight: float = 1.0
    kind: Kind | Literal["color", "tone", "moment", "amount", "where"] = "thing"
    related: Mapping[str, tuple[Word, ...]] = field(default_factory=dict, compare=False, repr=False)
    """Other words of the photograph that belong to this word, by modifier: one of `RELATED`, or `part`."""
    apart: bool = False
    """Whether the subject is not in, on or by this, so that `.by` is not said of it."""


Words = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """The photograph that a poem is about, and all that was read from it.

    `labeller`, `labeller_version` and `taught_by` are the labeller's name, version and colophon; `asked` is the ISO
    date of a service's answer. `quick` is true if the camera's thumbnail was read instead of the picture.
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
    """Symbol -> words for one photograph. Every known symbol is a key; a symbol without words has an empty tuple."""

    words: Mapping[str, Words]
    subject: Subject


def make_vocabulary(subject: Subject) -> Vocabulary:
    """The vocabulary of one photograph, from all that was read from it."""
    words: dict[str, Words] = dict.fromkeys(SYMBOLS, ())
    labels = _said_once(subject.labels)
    words.update(_label_words(labels))
    words.update(_color_words(subject.palette, labels))
    words.update(_moment_words(subject.moment))
    words["tone"] = tuple(
        Word(tone, Source("machine", "tone", tone, labeller="pixels"), kind="tone") for tone in subject.tone
    )
    return Vocabulary(words, subject)


def _said_once(labels: Iterable[Label]) -> list[Label]:
    """The labels without those that repeat a surer label: its wider words, and words with the same head noun.

    The owner's words come first, in their own order.
    """
    kept: list[Label] = []
    for label in sorted(labels, key=_owner_first):
        head = label.text.rsplit(" ", 1)[-1]
        said = any(
            label.text == other.text
            or (label.said_for or label.text) in other.wider
            or head == other.text.rsplit(" ", 1)[-1]
            for other in kept
        )
        if not said:
            kept.append(label)
    return _one_person(kept)


def _one_person(labels: list[Label]) -> list[Label]:
    """The labels without doubtful words for people beside a surer one, so that age or sex is not guessed twice."""
    people = [label for label in labels if label.kind == "person"]
    return [label for label in labels if label not in people[1:] or label.score >= SURE]


def _owner_first(label: Label) -> tuple[bool, float, str]:
    own = label.labeller == OWNER
    return not own, -label.score, "" if own else label.text


def _label_word(label: Label) -> Word:
    layer: Layer = "place" if label.labeller == OWNER else "machine"
    what = "keyword" if layer == "place" else "label"
    source = Source(
        layer, what, label.text, score=label.score, labeller=label.labeller, said_for=label.said_for or None
    )
    weight = max(label.score, 0.01) * (OWNED if layer == "place" else 1)
    return Word(label.text, source, weight=weight, kind=label.kind)


def owners_words(vocabulary: Vocabulary) -> Words:
    """The owner's words among the labels, the subject first."""
    words = [word for kind in ("subject", "label", "doing", "quality") for word in vocabulary.words[kind]]
    return tuple({word.text: word for word in words if is_owners(word)}.values())


def is_owners(word: Word) -> bool:
    """Whether a word is one that the photograph's owner gave it."""
    return word.source.labeller == OWNER


def _label_words(labels: list[Label]) -> dict[str, Words]:
    said_of = {kind: [_label_word(label) for label in labels if label.kind == kind] for kind in SAID_OF}
    nouns = [label for label in labels if label.kind in NOUNS]
    subject = choose_subject(nouns)
    said_with = _said_with(said_of, nouns, subject)
    spoken = {
        label.text: replace(
            _label_word(label),
            related=_related(label, said_with.get(label.text, {})),
            apart=_is_apart(subject, label),
        )
        for label in nouns
    }
    words = tuple(spoken.values())
    others = _said_alone(words, subject)
    beside = choose_beside(nouns, subject)
    kinds = {
        **_by_kind(others, subject),
        **{kind: tuple(each) for kind, each in said_of.items()},
        "subject": (spoken[subject.text],) if subject else (),
        "beside": (spoken[beside.text],) if beside else (),
    }
    scores = [word.source.score or 0 for word in words]
    return {
        "label": words,
        "sure": _sure(others),
        "doubt": tuple(map(_asked, _few(_doubtful(others), others))),
        **kinds,
        **{f"sure_{name}": _sure(kinds[name]) for name in BY_SURENESS},
        **{f"doubt_{name}": tuple(map(_asked, _doubtful(kinds[name]))) for name in BY_SURENESS},
        "ground": _ground(kinds),
        **_numbered("label", words),
        **_numbered(
            "sureness",
            [_amount(word, sureness_in_words(score)) for word, score in zip(words, scores, strict=True)],
        ),
    }


def _said_alone(words: Words, subject: Label | None) -> Words:
    """The nouns without what is said of the subject alone: a person's clothes and body, and the person of a face."""
    person = "person" if _is_face(subject) else ""
    return tuple(
        [
            word
            for word in words
            if (subject and word.text == subject.text)
            or not (word.text == person or _is_of_person(word.text, subject))
        ]
    )


def _by_kind(words: Words, subject: Label | None) -> dict[str, Words]:
    """The nouns by kind. A person also counts as a thing, because both can be counted.

    A face that is the subject stands for its person, unless another word for people is there.
    """
    kinds: dict[str, Words] = {kind: tuple([word for word in words if word.kind == kind]) for kind in NOUNS}
    if _is_face(subject) and not kinds["person"]:
        kinds["person"] = tuple([word for word in words if word.text == "face"])
    return {**kinds, "thing": tuple([word for word in words if word.kind in ("thing", "person")])}


def _ground(kinds: Mapping[str, Words]) -> Words:
    """The surest stuff or scene that is sure enough to be stated and is not the subject."""
    others = [word for word in _sure((*kinds["scene"], *kinds["stuff"])) if word not in kinds["subject"]]
    return tuple(sorted(others, key=lambda word: -(word.source.score or 0))[:1])


def _sure(words: Sequence[Word]) -> Words:
    return tuple([word for word in words if _is_sure(word)])


def _doubtful(words: Sequence[Word]) -> list[Word]:
    return [word for word in words if not _is_sure(word)]


def _is_sure(word: Word) -> bool:
    return (word.source.score or 0) >= SURE


def _worth_asking(doubts: Sequence[Word], least: float = WORTH_ASKING) -> list[Word]:
    """The doubts with a reasonable score that a visitor would ask about."""
    return [word for word in doubts if (word.source.score or 0) >= least and word.text not in NEVER_ASKED]


def _few(doubts: Sequence[Word], others: Words) -> Words:
    """The likeliest doubts that are worth asking, which must be likelier where enough is sure."""
    enough = len(_sure(others)) >= ENOUGH
    asked = [
        word
        for word in _worth_asking(doubts, SURER_DOUBT if enough else WORTH_ASKING)
        if not is_worn(word.text)
    ]
    return tuple(asked[:FEW_DOUBTS])


def _asked(word: Word) -> Word:
    """A doubt with the weight that puts likelier ones first."""
    return replace(word, weight=word.weight**LIKELIER_FIRST)


def choose_subject(nouns: Sequence[Label]) -> Label | None:
    """The label that the picture is about: the owner's word, otherwise the most prominent noun.

    Persons and animals are more prominent than their scores say; doubts, and things that are mostly backdrops, less so.
    A face says more than the word person, if it is very sure or nothing else is. There is no subject if every noun is
    less prominent than `LEAST_SUBJECT`.
    """
    own = [label for label in nouns if label.labeller == OWNER]
    if own:
        return own[0]
    first = max(nouns, key=_prominence, default=None)
    if first is None or _standing_out(first) < LEAST_SUBJECT:
        return None
    alone = not any(
        label.score >= SURE and label.kind != "person" and label.text not in BODY for label in nouns
    )
    least = SURE if alone else A_FACE
    face = next((label for label in nouns if label.text == "face" and label.score >= least), None)
    return face if face and first.text == "person" else first


def _prominence(label: Label) -> float:
    return _standing_out(label) * (1.0 if label.score >= SURE else UNSURE)


def _standing_out(label: Label) -> float:
    # Doubtful persons are specks or not there at all.
    if _is_alive(label) and (label.kind != "person" or label.score >= SURE):
        return label.score * ALIVE * (YOUNG if label.text in CHILDREN else 1.0)
    return _noticed(label) * (BACKDROP if label.text in BACKDROPS else 1.0)


def _noticed(label: Label) -> float:
    if is_worn(label.text):
        return label.score * CLOTHES
    return label.score * (SKIES if label.text in ABOVE else 1.0)


def choose_beside(nouns: Sequence[Label], subject: Label | None) -> Label | None:
    """The noun that says most about the picture besides the subject: what a person holds, where an animal stands.

    Things count more than scenes and stuff. Left out are other people, parts of the body, and what a person wears. None
    if no noun is worth asking about.
    """
    others = [
        label
        for label in nouns
        if label != subject
        and label.score >= WORTH_ASKING
        and label.kind != "person"
        and (label.text not in NEVER_ASKED or _is_hair_of(subject, label))
        and not _is_of_person(label.text, subject)
    ]
    return max(others, key=_telling, default=None)


def _is_hair_of(subject: Label | None, label: Label) -> bool:
    """Whether this is the hair around a face, which is the one part of the body that a poem names beside it."""
    return _is_face(subject) and label.text == "hair" and label.score >= SURE


def is_worn(text: str) -> bool:
    """Whether a noun names clothes that a person may wear: hat, straw hat."""
    return split_head(text)[1] in WORN


def _is_of_person(word: str, subject: Label | None) -> bool:
    """Whether a word is for what the person who is the subject wears or is made of.

    A poem says these of the person alone, by `.wearing` and `.part`: a line that does something with a thing, loses it
    or rubs it out, must not do that with what somebody has on.
    """
    if subject is None or not (subject.kind == "person" or _is_face(subject)):
        return False
    return (is_worn(word) or word in BODY) and not (word == "hair" and _is_face(subject))


def _telling(label: Label) -> float:
    view = _is_ground(label)
    stuff = label.kind == "stuff" and label.text not in ABOVE
    return _noticed(label) * (SCENES if view else STUFFS if stuff else 1.0)


def _is_ground(label: Label) -> bool:
    return label.kind == "scene" or label.text in GROUNDS


def _is_apart(subject: Label | None, label: Label) -> bool:
    """Whether nobody would say that the subject is in, on or by what a label names.

    A city, a mountain or the sea is itself what others are in or by, and a crowd mostly stands before a stage.
    """
    if subject is None:
        return False
    view = _is_ground(subject) or subject.kind == "stuff"
    return view or label.text in BODY or (subject.text, label.text) == ("crowd", "stage")


def _said_with(
    said_of: Mapping[str, Sequence[Word]], nouns: Sequence[Label], subject: Label | None
) -> dict[str, dict[str, list[Word]]]:
    """For each noun, the acts and qualities that may describe it.

    An act belongs to the subject, if that is a person or an animal, and clothes to a person. A quality belongs to the
    surest noun that can have it.
    """
    said: dict[str, dict[str, list[Word]]] = {}
    if subject and _is_alive(subject):
        said[subject.text] = {"doing": list(said_of["doing"])}
    if subject and _is_face(subject):
        said[subject.text] = {"doing": [word for word in said_of["doing"] if word.text in DONE_BY_FACES]}
    if subject and subject.kind == "person":
        worn = [label for label in nouns if is_worn(label.text)]
        said[subject.text]["wearing"] = [_label_word(label) for label in worn]
        seen = [label for label in nouns if label.text in PARTS]
        said[subject.text]["part"] = [_label_word(label) for label in seen]
    for word in said_of["quality"]:
        bearer = next((label for label in nouns if _can_be(label, word.source.of)), None)
        if bearer:
            said.setdefault(bearer.text, {}).setdefault("quality", []).append(word)
    return said


def _is_alive(label: Label) -> bool:
    return label.kind == "person" or "animal" in (label.text, *label.wider)


def _is_face(subject: Label | None) -> bool:
    return subject is not None and subject.text == "face"


def _can_be(label: Label, quality: str) -> bool:
    """Whether this noun can have a quality: no fruit is wooden, no chair is snowy."""
    if _is_alive(label):
        return label.kind == "person" and quality == "barefoot"
    if quality in GROUND_QUALITIES:
        return _is_ground(label)
    natural = not NATURAL.isdisjoint((label.text, *label.wider))
    return quality in THING_QUALITIES and label.kind == "thing" and label.text not in GROUNDS and not natural


def _related(label: Label, said_of: Mapping[str, Sequence[Word]]) -> dict[str, Words]:
    """The words that belong to a label: color, place, narrower name, quality, and for the subject act and clothes."""
    related: dict[str, Words] = {}
    if label.narrower:
        source = Source("machine", "label", label.narrower[0], labeller=label.labeller)
        related["name_guess"] = (Word(label.narrower[0], source),)
    if (color := label.color) and color.certainty >= LEAST_GUESS:
        source = Source("people", "color", color.name, score=color.certainty, hex=color.hex)
        kind = "color" if color.certainty >= CERTAIN else "color_guess"
        related[kind] = (Word(color.name, source, kind="color"),)
    if where := _where_of(label):
        related["where"] = where
    for kind, words in said_of.items():
        least = WORTH_ASKING if kind == "quality" else ACTS_WORTH_ASKING
        related[kind] = _sure(words)
        related[f"{kind}_guess"] = tuple(_worth_asking(_doubtful(words), least))
    return related


def _where_of(label: Label) -> Words:
    """Where a label's thing lies: all that its box shows, or that it is low by a map."""
    if label.region and label.region.exact:
        phrases, certainty = _phrases_of(label.region), 1.0
    else:
        phrases, certainty = LOW if label.low >= CERTAIN else (), label.low
    source = Source("machine", "where", label.text, score=certainty, labeller=label.labeller)
    return tuple([Word(text, source, kind="where") for text in phrases])


def _phrases_of(box: Region) -> tuple[str, ...]:
    """The phrases that hold for all of a detector's box."""
    area = (box.right - box.left) * (box.bottom - box.top)
    true = {
        "left": box.right <= 0.5,
        "right": box.left >= 0.5,
        "above": box.bottom <= 0.5,
        "low": box.top >= 0.5,
        "small": area <= SMALL,
        "filling": area >= FILLING,
    }
    return tuple([text for place, holds in true.items() if holds for text in BOXED[place]])


def _numbered(name: str, words: Sequence[Word]) -> dict[str, Words]:
    return {f"{name}{n}": (word,) for n, word in enumerate(words[:NUMBERED], start=1)}


def _amount(word: Word, text: str) -> Word:
    return Word(text, word.source, kind="amount")


def _color_word(name: str, hex_code: str, share: float, related: Mapping[str, Words] | None = None) -> Word:
    source = Source("people", "color", name, hex=hex_code, share=share)
    return Word(name, source, weight=max(share, 0.001), kind="color", related=related or {})


def _of_color(swatch: Swatch, hex_code: str, labels: Iterable[Label], pointed: bool) -> dict[str, Words]:
    """The words that belong to a color: its place if it can be `pointed` at, and the thing that may have it."""
    source = Source("machine", "where", swatch.name, labeller="pixels", hex=hex_code)
    owners = [
        label
        for label in labels
        if label.color and label.color.hex == hex_code and label.color.certainty >= LEAST_GUESS
    ]
    phrases = PLACES.get(swatch.where.place, ()) if pointed else ()
    return {
        "where": tuple([Word(text, source, kind="where") for text in phrases]),
        "of": tuple([_label_word(label) for label in owners]),
    }


def _color_words(palette: Palette, labels: Sequence[Label]) -> dict[str, Words]:
    hexes = [swatch.hex for swatch in palette.swatches]
    tones = _tones(palette)
    face = any(label.text in PARTS and label.score >= SURE for label in labels)
    colors = [
        replace(
            _color_word(
                swatch.name,
                code,
                swatch.share,
                _of_color(swatch, code, labels, _is_pointed_at(swatch, tone, face)),
            ),
            weight=_salience(swatch.share, tone.chroma) * (SELDOM if swatch.name in AMBIGUOUS else 1),
        )
        for swatch, code, tone in zip(palette.swatches, hexes, tones, strict=True)
    ]
    return {
        "color": tuple(colors),
        "placed": _placed(colors, palette, tones),
        "owned": tuple([color for color in colors if color.related["of"]]),
        "hue": _hue_words(palette, hexes),
        **_extremes(colors, tones),
        **_numbered("color", colors),
        **_numbered("share", [_amount(word, share_in_words(word.source.share or 0)) for word in colors]),
    }


def _is_pointed_at(swatch: Swatch, tone: _Tone, face: bool) -> bool:
    """Whether a poem may say where a color is: no scattered grey, and beside a face no color of skin."""
    if swatch.where.place == "scattered" and tone.chroma < STRONG:
        return False
    return not (face and (_may_be_skin(tone) or "middle" in swatch.where.place))


def _may_be_skin(tone: _Tone) -> bool:
    (first, last), (pale, strong), darkest = SKIN
    return first <= tone.hue <= last and pale <= tone.chroma <= strong and tone.lightness >= darkest


def _placed(colors: Sequence[Word], palette: Palette, tones: Sequence[_Tone]) -> Words:
    """The colors with a place; those that lie only mostly somewhere, if few others do and they are no greys."""
    found = [
        (color, swatch.where.place, tone)
        for color, swatch, tone in zip(colors, palette.swatches, tones, strict=True)
        if color.related["where"] and swatch.share >= LEAST_PLACED
    ]
    found = [each for each in found if each[0].text not in AMBIGUOUS] or found
    exact = [each for each in found if "mostly" not in each[1]]
    if len(exact) < 2:
        exact = [each for each in found if "mostly" not in each[1] or each[2].chroma >= GREY] or found
    return _apart([(color, place) for color, place, _ in exact])


def _apart(placed: Iterable[tuple[Word, str]]) -> Words:
    """The likeliest color of each side of the picture, so that two placed colors lie in different parts of it.

    A color with a rough place is less likely.
    """
    kept: dict[str, Word] = {}
    for color, place in placed:
        weighed = replace(color, weight=color.weight * ROUGHLY) if place in ROUGH else color
        side = SIDES.get(place, place)
        if side not in kept or weighed.weight > kept[side].weight:
            kept[side] = weighed
    return tuple(kept.values())


class _Tone(NamedTuple):
    """A color in CIELAB: lightness (0 to 100), chroma and hue in degrees (0 to 360)."""

    lightness: float
    chroma: float
    hue: float


def _tones(palette: Palette) -> list[_Tone]:
    if not palette.swatches:
        return []
    import numpy as np

    lab = srgb_to_lab(np.array([swatch.rgb for swatch in palette.swatches], np.uint8)).tolist()
    return [_Tone(light, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360) for light, a, b in lab]


def _salience(share: float, chroma: float) -> float:
    """The weight of a color: a small vivid one is noticed before a large grey one."""
    return math.sqrt(max(share, 0.001)) * (0.5 + chroma / STRONG)


def _extremes(colors: Sequence[Word], tones: Sequence[_Tone]) -> dict[str, Words]:
    """The darkest, the lightest and the most vivid swatch, each only if it is within its limit."""
    if not colors:
        return {}
    light, chroma = [tone.lightness for tone in tones], [tone.chroma for tone in tones]
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
        Word(text, Source("place", "keyword", text, labeller=OWNER), kind="thing")
        for text in dict.fromkeys(moment.keywords)
    )
    return words
