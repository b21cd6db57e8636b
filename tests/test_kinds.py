"""Kinds of labels: which symbols of a grammar each kind fills."""

from __future__ import annotations

from photopoem.english.lexicon import load_lexicon
from photopoem.labels.labeller import Label
from photopoem.labels.vision.words import say
from tests.vocabularies import vocabulary

SEEN = [
    Label("dog", 0.9, "test", "thing"),
    Label("running", 0.85, "test", "doing"),
    Label("child", 0.8, "test", "person"),
    Label("wooden", 0.6, "test", "quality"),
    Label("sand", 0.5, "test", "stuff"),
    Label("beach", 0.4, "test", "scene"),
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
    """What Vision calls a child or running is a person or an act, also where it is seen alone."""
    assert say("Child").kind == "person"
    assert say("Running").kind == say("Sitting").kind == "doing"
