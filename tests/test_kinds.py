"""Kinds of labels: which symbols of a grammar each kind fills."""

from __future__ import annotations

import numpy as np
import pytest

from photopoem.english.lexicon import load_lexicon
from photopoem.errors import LabelError
from photopoem.labels.keywords import open_labeller
from photopoem.labels.labeller import Kind, Label, LabelSettings
from photopoem.labels.local.classes import kind_of
from photopoem.labels.vision.words import say
from photopoem.photo.reading import Photo
from tests.vocabularies import vocabulary

SEEN = [
    Label("dog", 0.9, "test", "thing"),
    Label("running", 0.85, "test", "doing"),
    Label("child", 0.8, "test", "person"),
    Label("wooden", 0.6, "test", "quality"),
    Label("sand", 0.5, "test", "stuff"),
    Label("beach", 0.48, "test", "scene"),
]


def texts(symbol: str) -> list[str]:
    return [word.text for word in vocabulary(SEEN).words[symbol]]


def test_acts_and_qualities_are_no_nouns() -> None:
    """An act or a quality is in its own symbol only: not in label, sure, doubt, nor among the numbered labels."""
    assert texts("doing") == ["running"]
    assert texts("quality") == ["wooden"]
    assert texts("label") == ["dog", "child", "sand", "beach"]
    assert texts("sure") == ["dog", "child"]
    assert texts("doubt") == ["sand", "beach"]
    assert [texts(f"label{n}") for n in range(1, 6)] == [["dog"], ["child"], ["sand"], ["beach"], []]


def test_a_person_is_a_thing_to_a_grammar() -> None:
    """A label of a person is in person and in thing, and in neither stuff nor scene."""
    assert texts("person") == ["child"]
    assert texts("thing") == ["dog", "child"]
    assert (texts("stuff"), texts("scene")) == (["sand"], ["beach"])


def test_the_lexicon_tells_of_a_person_what_it_tells_of_a_thing() -> None:
    """A person's word finds its row in the lexicon, whichever of the two a labeller calls it."""
    lexicon = load_lexicon()
    for field in ("does", "part", "feels"):
        assert lexicon["child", "person", field] == lexicon["child", "thing", field]


def test_vision_tells_persons_and_acts() -> None:
    """Vision's labels for people and acts have these kinds, even alone."""
    assert say("Child").kind == "person"
    assert say("Running").kind == say("Sitting").kind == "doing"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("woman", "person"), ("Young women", "person"), ("sitting", "doing"), ("wooden", "quality"),
        ("beach", "scene"), ("grass", "stuff"), ("espresso", "stuff"), ("dog", "thing"), ("Lisbon", "thing"),
        ("wooden fence", "thing"), ("running shoe", "thing"),
    ],
)  # fmt: skip
def test_words_without_a_kind_get_one_from_the_tables(word: str, kind: Kind) -> None:
    """A keyword, and a word new from Vision or a user's model, has the kind of the whole or of the noun it is about."""
    assert kind_of(word) == kind


def test_the_owner_keywords_have_all_six_kinds() -> None:
    """The owner's own child, running and wooden are a person, an act and a quality."""
    blank = np.zeros((8, 8, 3), np.uint8)
    words = {"child": "person", "running": "doing", "wooden": "quality", "sand": "stuff", "beach": "scene"}
    photo = Photo("a.jpg", blank, blank, "0" * 64, (8, 8), metadata={"keywords": list(words)})
    (labels,) = open_labeller("", LabelSettings()).label([photo])
    assert not isinstance(labels, LabelError)
    assert {label.text: label.kind for label in labels} == words
