"""Facts about words: where a color lies, which thing has it, the subject's act and quality."""

from __future__ import annotations

from dataclasses import replace

import pytest

from photopoem.color.palette import Palette, Swatch, Where
from photopoem.errors import MissingWordsError
from photopoem.grammar import Grammar
from photopoem.labels.labeller import Label, LabelColor, Region
from photopoem.photo.moment import Moment
from photopoem.poem import from_record, record
from photopoem.vocabulary import PLACES, SYMBOLS, Subject, make_vocabulary

RED = Swatch((200, 10, 10), 0.6, "red", 1.0, ("red",), "red", where=Where("at the foot"))
GREY = Swatch((128, 128, 128), 0.4, "grey", 1.0, ("grey",), "gray")


def subject(*labels: Label, swatches: tuple[Swatch, ...] = (RED, GREY)) -> Subject:
    return Subject("a.jpg", "0" * 64, "local", labels, Palette(swatches, "people"), Moment())


def label(text: str, score: float, kind: str = "thing", **more: object) -> Label:
    return Label(text, score, "local", kind=kind, **more)  # type: ignore[arg-type]


def said(rule: str, *labels: Label, seed: int = 0) -> str:
    grammar = Grammar.from_rules({"origin": rule})
    return grammar.write(make_vocabulary(subject(*labels)), seed).text


def chosen(*labels: Label) -> str:
    words = make_vocabulary(subject(*labels)).words["subject"]
    return words[0].text if words else ""


@pytest.mark.parametrize(
    ("labels", "about"),
    [
        ([label("fence", 0.67), label("dog", 0.47, wider=("animal",))], "dog"),
        ([label("sky", 0.95, "stuff"), label("child", 0.7, "person")], "child"),
        ([label("tree", 0.96), label("river", 0.92, "stuff")], "river"),
        ([label("dog", 0.9, wider=("animal",)), replace(label("Nouk", 0.5), labeller="keywords")], "Nouk"),
        ([label("suit", 0.86), label("man", 0.62, "person")], "man"),
        ([label("boat", 0.5), label("person", 0.49, "person")], "boat"),
        ([label("girl", 0.91, "person"), label("woman", 0.86, "person")], "woman"),
        ([label("running", 0.99, "doing"), label("wooden", 0.99, "quality")], ""),
    ],
)
def test_the_subject(labels: list[Label], about: str) -> None:
    """The subject is the owner's word, else a living being, else the most prominent noun; never an act or a quality."""
    assert chosen(*labels) == about


def test_sure_and_doubtful_subject() -> None:
    """From 0.6 the subject is in `sure_subject`, below in `doubt_subject`."""
    sure = make_vocabulary(subject(label("dog", 0.8))).words
    doubt = make_vocabulary(subject(label("dog", 0.59))).words
    assert [bool(sure[name]) for name in ("sure_subject", "doubt_subject")] == [True, False]
    assert [bool(doubt[name]) for name in ("sure_subject", "doubt_subject")] == [False, True]
    assert {"sure_doing", "doubt_quality", "sure_person"} <= SYMBOLS


def test_where_a_color_lies() -> None:
    """`.where` of a color gives one of the phrases for its measured place."""
    lines = {said("[c:#color1#]#c#, #c.where#", seed=seed) for seed in range(30)}
    assert lines == {f"red, {place}" for place in PLACES["at the foot"]}


def test_a_color_without_a_place_prunes_the_rule() -> None:
    """If a color has no place, another rule is used."""
    grammar = Grammar.from_rules({"origin": "[c:#color2#]#line#", "line": ["#c#, #c.where#", "only #c#"]})
    assert {grammar.write(make_vocabulary(subject()), seed).text for seed in range(20)} == {"only grey"}


def test_what_belongs_together() -> None:
    """A likely color is a guess in both directions; only a certain one may be stated."""
    guess = label("fig", 0.9, color=LabelColor(RED.hex, "red", 0.6))
    assert said("[c:#color1#]#c# may be #c.of.the.possessive#", guess) == "red may be the fig's"
    assert said("#subject.color_guess#?", guess) == "red?"
    with pytest.raises(MissingWordsError):
        said("#subject.color#", guess)
    certain = replace(guess, color=LabelColor(RED.hex, "red", 0.95))
    assert said("#subject.color#", certain) == "red"
    with pytest.raises(MissingWordsError):
        said("#subject.color_guess#", certain)


@pytest.mark.parametrize(
    ("box", "phrases"),
    [
        ((0.0, 0.1, 0.4, 0.9), {"on the left", "to the left"}),
        ((0.55, 0.1, 1.0, 0.9), {"on the right", "to the right"}),
        ((0.3, 0.0, 0.7, 0.45), {"high up", "in the upper half"}),
        ((0.3, 0.55, 0.7, 0.9), {"low in the picture", "in the lower half", "low down"}),
        ((0.45, 0.45, 0.6, 0.6), {"small in the picture", "small in the frame"}),
        ((0.05, 0.05, 0.95, 0.95), {"over most of the picture", "over most of the frame"}),
        ((0.3, 0.3, 0.7, 0.7), set()),
    ],
)
def test_a_box_says_where_a_thing_lies(box: tuple[float, float, float, float], phrases: set[str]) -> None:
    """A detector's box says left, right, above, low, small or filling, and nothing that does not hold for all of it."""
    dog = label("dog", 0.9, region=Region(*box, exact=True))
    words = make_vocabulary(subject(dog)).words["subject"]
    assert {word.text for word in words[0].related.get("where", ())} == phrases
    mapped = label("dog", 0.9, low=0.5, region=Region(*box))
    assert "where" not in make_vocabulary(subject(mapped)).words["subject"][0].related


def test_acts_are_the_subjects() -> None:
    """An act belongs to a person or animal that is the subject, and is stated only if it is sure."""
    dog = label("dog", 0.9, wider=("animal",))
    assert said("#subject#, #subject.doing#", dog, label("running", 0.8, "doing")) == "dog, running"
    assert said("#subject.doing_guess#?", dog, label("running", 0.5, "doing")) == "running?"
    with pytest.raises(MissingWordsError):
        said("#subject.doing#", dog, label("running", 0.5, "doing"))
    with pytest.raises(MissingWordsError):
        said("#subject.doing#", label("fence", 0.9), label("running", 0.9, "doing"))


def test_qualities_are_said_of_what_can_have_them() -> None:
    """A quality belongs to the surest noun that can have it: a table may be wooden, a fruit not."""
    labels = [label("fruit", 0.9), label("table", 0.8), label("wooden", 0.9, "quality")]
    assert said("[x:#label2#]#x.quality# #x#", *labels) == "wooden table"
    with pytest.raises(MissingWordsError):
        said("[x:#label1#]#x.quality#", *labels)


def test_clothes_are_a_persons() -> None:
    """What is worn is said of a person who is the subject, stated where it is sure, and of nobody else."""
    hat = label("hat", 0.9)
    assert said("#subject# in #subject.wearing.a#", label("child", 0.8, "person"), hat) == "child in a hat"
    coat = label("coat", 0.5)
    assert said("#subject.wearing_guess.a#?", label("child", 0.8, "person"), coat) == "a coat?"
    with pytest.raises(MissingWordsError):
        said("#subject.wearing#", label("dog", 0.95, wider=("animal",)), hat)


def test_a_narrower_name_is_a_guess() -> None:
    """A likely narrower name can be asked about, and is left out where there is none."""
    fruit = replace(label("fruit", 0.9, "stuff"), narrower=("pineapple", "melon"))
    assert said("#subject#: #subject.name_guess.a#?", fruit) == "fruit: a pineapple?"
    with pytest.raises(MissingWordsError):
        said("#subject.name_guess#", label("fruit", 0.9, "stuff"))


def test_what_hardly_stands_out_is_no_subject() -> None:
    """Where no noun is likely there is no subject, but an unlikely word of the owner's is one."""
    assert chosen(label("room", 0.35, "scene")) == ""
    assert chosen(replace(label("room", 0.35, "scene"), labeller="keywords")) == "room"


def test_the_sky_is_behind_the_house() -> None:
    """What stands before the sky is the subject, though the sky is surer."""
    assert chosen(label("sky", 0.97, "stuff"), label("building", 0.92)) == "building"
    assert chosen(label("sky", 0.97, "stuff")) == "sky"


def test_unlikely_doubts_are_not_asked() -> None:
    """A guess that is seldom right is not among the doubts, even where there is no other."""
    words = make_vocabulary(subject(label("dog", 0.9), label("sky", 0.3, "stuff"))).words
    assert not words["doubt"]
    words = make_vocabulary(subject(label("dog", 0.9), label("fence", 0.5))).words
    assert [word.text for word in words["doubt"]] == ["fence"]


def test_a_scattered_color_has_no_place() -> None:
    """A color at the foot is placed; one that is scattered or a speck is not, because nobody would find it there."""
    strewn = replace(RED, name="pink", hue="pink", rgb=(250, 180, 200), where=Where("scattered"))
    speck = replace(RED, name="blue", hue="blue", rgb=(0, 0, 250), share=0.01)
    words = make_vocabulary(subject(swatches=(RED, GREY, strewn, speck))).words
    assert [word.text for word in words["placed"]] == ["red"]
    assert [word.text for word in words["color"]] == ["red", "grey", "pink", "blue"]


def placed(*swatches: Swatch, labels: tuple[Label, ...] = ()) -> list[str]:
    return [word.text for word in make_vocabulary(subject(*labels, swatches=swatches)).words["placed"]]


def test_a_vivid_color_is_found_where_it_is_scattered() -> None:
    """A scattered color has a place if it is vivid: here and there."""
    strewn = replace(RED, where=Where("scattered"))
    words = make_vocabulary(subject(swatches=(strewn, GREY))).words
    assert [word.text for word in words["placed"][0].related["where"]] == ["here and there", "in places"]


def test_a_rough_place_is_used_where_there_is_no_better_one() -> None:
    """A color mostly in a half is placed only beside fewer than two exact ones, and a grey one only alone."""
    rough = replace(RED, name="olive", rgb=(120, 120, 40), where=Where("mostly on the right"))
    dull = replace(GREY, name="silver", where=Where("mostly in the upper half"))
    top = replace(RED, name="blue", rgb=(20, 40, 200), where=Where("along the top"))
    assert placed(RED, top, rough, dull) == ["red", "blue"]
    assert placed(RED, rough, dull) == ["red", "olive"]
    assert placed(dull) == ["silver"]


def test_placed_colors_lie_apart() -> None:
    """Of two colors on one side of the picture only the likelier is placed, so that two of them show its layout."""
    pink = replace(RED, name="pink", rgb=(250, 180, 200), share=0.1, where=Where("in the lower half"))
    top = replace(RED, name="blue", rgb=(20, 40, 200), where=Where("along the top"))
    assert placed(pink, RED, top) == ["red", "blue"]


def test_no_line_points_at_skin() -> None:
    """Where a face is sure, a color like skin and a color in the middle have no place; elsewhere they have."""
    brown = replace(RED, name="cocoa", rgb=(140, 95, 70), where=Where("on the left"))
    middle = replace(RED, name="blue", rgb=(20, 40, 200), where=Where("in the middle"))
    face = label("face", 0.8)
    assert placed(RED, brown, middle, labels=(face,)) == ["red"]
    assert placed(RED, brown, middle) == ["red", "cocoa", "blue"]


def test_a_color_named_like_a_thing_is_not_pointed_at() -> None:
    """Desert in a place sounds as if a desert were there; such a name is placed only if no other color is."""
    sandy = replace(RED, name="desert", rgb=(204, 173, 96), where=Where("on the right"))
    assert placed(RED, sandy) == ["red"]
    assert placed(sandy, GREY) == ["desert"]


def test_little_is_asked_where_much_is_sure() -> None:
    """There are at most two doubts, and where two nouns are sure, only likelier ones."""
    doubts = (label("fence", 0.49), label("rock", 0.45), label("pole", 0.46))
    little = make_vocabulary(subject(label("dog", 0.9), *doubts)).words
    much = make_vocabulary(subject(label("dog", 0.9), label("grass", 0.8, "stuff"), *doubts)).words
    assert [word.text for word in little["doubt"]] == ["fence", "pole"]
    assert [word.text for word in much["doubt"]] == ["fence"]


def test_the_owners_hat_is_worn() -> None:
    """A garment that no labeller knows, or one with a word before it, is worn as well, and the surest comes first."""
    owner = [replace(label(text, 1.0), labeller="keywords") for text in ("straw hat", "fez")]
    man = replace(label("man", 1.0, "person"), labeller="keywords")
    words = make_vocabulary(subject(man, *owner, label("jacket", 0.7))).words
    assert not words["beside"]
    assert {said("#subject#, #subject.wearing.by#", man, *owner, seed=n) for n in range(9)} == {
        "man, in a straw hat"
    }


def test_the_word_beside_the_subject_tells_most() -> None:
    """Beside a person stands a thing, not another person, a face, a shirt or a surer sky; it may be a doubt."""
    around = (
        label("sky", 0.9, "stuff"),
        label("shirt", 0.8),
        label("face", 0.95),
        label("woman", 0.75, "person"),
    )
    words = make_vocabulary(subject(label("man", 0.98, "person"), *around, label("guitar", 0.55))).words
    assert [word.text for word in words["subject"]] == ["man"]
    assert [word.text for word in words["beside"]] == ["guitar"]
    assert [word.text for word in words["doubt_beside"]] == ["guitar"]
    assert words["sure_beside"] == ()


def test_a_view_is_by_nothing() -> None:
    """A dog is on the grass; a city is not in a street, nor a crowd on the stage that it looks at."""
    rules = {"origin": ["#line#"], "line": ["#subject.a# #beside.by#", "#subject.a#, #beside#"]}
    grammar = Grammar.from_rules({**rules, "_in_order": ["line"]})

    def line(*labels: Label) -> str:
        return grammar.write(make_vocabulary(subject(*labels))).text

    grass, stage = label("grass", 0.9, "stuff"), label("stage", 0.9)
    assert line(label("dog", 0.95, wider=("animal",)), grass) == "a dog on the grass"
    assert line(label("city", 0.95, "scene"), label("street", 0.7, "scene")) == "a city, street"
    assert line(label("mountain", 0.95), grass) == "a mountain, grass"
    assert line(label("crowd", 0.95, "person"), stage) == "a crowd, stage"
    assert line(label("person", 0.95, "person"), stage) == "somebody on the stage"


def test_what_a_person_wears_is_not_a_thing_beside_them() -> None:
    """A person's clothes are said by `.wearing` alone; on nobody they are things like others."""
    somebody, dress, chair = label("person", 0.95, "person"), label("dress", 0.9), label("chair", 0.8)
    words = make_vocabulary(subject(somebody, dress)).words
    assert words["beside"] == () and [word.text for word in words["sure"]] == ["person"]
    assert said("#subject.wearing.by#", somebody, dress) == "in a dress"
    assert [word.text for word in make_vocabulary(subject(chair, dress)).words["sure"]] == ["dress", "chair"]


def test_a_face_and_hair_are_parts_of_the_person() -> None:
    """`.part` of a person is the face or the hair if they are sure, then the lexicon's; they are no things beside."""
    somebody, tree = label("person", 0.95, "person"), label("tree", 0.8)
    seen = (label("face", 0.8), label("hair", 0.75, "stuff"))
    words = make_vocabulary(subject(somebody, tree, *seen)).words
    assert [[word.text for word in words[symbol]] for symbol in ("beside", "sure")] == [
        ["tree"],
        ["person", "tree"],
    ]
    parts = said("#subject.part#, #subject.part#, #subject.part#", somebody, tree, *seen).split(", ")
    assert sorted(parts[:2]) == ["face", "hair"] and parts[2] not in ("face", "hair")
    assert said("#subject.part#", somebody, tree, label("hair", 0.5, "stuff")) != "hair"


def test_hair_is_beside_a_face() -> None:
    """Sure hair is the noun beside a face of which nothing else is known."""
    seen = (label("person", 0.95, "person"), label("face", 0.8), label("hair", 0.75, "stuff"))
    words = make_vocabulary(subject(*seen)).words
    assert [[word.text for word in words[symbol]] for symbol in ("subject", "beside")] == [["face"], ["hair"]]


def test_nothing_unlikely_stands_beside_the_subject() -> None:
    """A noun that is not worth asking about is not beside the subject."""
    words = make_vocabulary(subject(label("dog", 0.9), label("fence", 0.4))).words
    assert words["beside"] == ()


def test_doubtful_clothes_are_only_worn() -> None:
    """Clothes are neither asked about nor beside a person; they are only said of who wears them."""
    words = make_vocabulary(
        subject(label("man", 0.9, "person"), label("shirt", 0.55), label("lamp", 0.5))
    ).words
    assert [word.text for word in words["doubt"]] == ["lamp"]
    assert [word.text for word in words["beside"]] == ["lamp"]
    assert [word.text for word in words["subject"][0].related["wearing_guess"]] == ["shirt"]


def test_a_face_says_more_than_person() -> None:
    """A sure face is the subject instead of a bare person, and smiles; a man or woman remains the subject."""
    face = label("face", 0.97)
    acts = (label("smiling", 0.8, "doing"), label("standing", 0.8, "doing"))
    words = make_vocabulary(subject(label("person", 0.98, "person"), face, *acts)).words
    assert [word.text for word in words["subject"]] == ["face"]
    assert [word.text for word in words["subject"][0].related["doing"]] == ["smiling"]
    for symbol in ("sure", "thing", "person"):
        assert [word.text for word in words[symbol]] == ["face"], symbol
    assert chosen(label("man", 0.8, "person"), face) == "man"
    somebody, likely = label("person", 0.9, "person"), label("face", 0.8)
    assert chosen(somebody, likely, label("tree", 0.5)) == "face"
    assert chosen(somebody, likely, label("tree", 0.8)) == "person"
    assert chosen(somebody, label("face", 0.59)) == "person"


def test_facts_survive_the_record() -> None:
    """A poem read back from its record knows the places and colors that were measured."""
    labels = (label("fig", 0.9, color=LabelColor(RED.hex, "red", 0.6), low=0.92),)
    grammar = Grammar.from_rules({"origin": "[c:#color1#]#c#, #c.where#"})
    poem = grammar.write(make_vocabulary(subject(*labels)))
    again = from_record(record(poem))
    assert again == poem
    assert again.lines[0].spans[-1].source is not None
    assert again.lines[0].spans[-1].source.what == "where"
