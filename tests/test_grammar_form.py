"""Forms: what `_form` asks of lines is met, or plainly refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from photopoem.english.syllables import syllables
from photopoem.errors import GrammarError, MissingWordsError
from photopoem.grammar import Grammar
from tests.vocabularies import many, vocabulary

LINES = [
    "#label.a#", "#label.a# and #color#", "#color#, only #color#", "nobody but #label.a#",
    "somebody wrote #color# down", "what was left of #label.the#", "#label.s# in the rain", "was it #doubt.a#?",
    "all of it #color#", "no #label# at all", "the light had gone out", "then nothing at all", "nothing after that",
    "one after another", "the road went on without them", "I was told of #label.a#", "and the far side of the road",
]  # fmt: skip


def poems(form: dict[str, object], origin: str, count: int = 60, **more: object) -> list[list[str]]:
    grammar = Grammar.from_rules({"_form": form, "origin": origin, "line": LINES, **more})
    return [[str(line) for line in grammar.write(words).lines] for words in many(count, least_labels=3)]


def test_syllables() -> None:
    """Every line has its count of syllables, in as many lines as are counted."""
    for lines in poems({"syllables": [5, 7, 5]}, "#line#\n#line#\n#line#"):
        assert [syllables(line) for line in lines] == [5, 7, 5]


def test_words_and_width() -> None:
    """Every line has the required number of words and fits the width."""
    for lines in poems({"words": [3, 5, 3], "width": 30}, "#line#\n#line#\n#line#"):
        assert [len(line.split()) for line in lines] == [3, 5, 3]
        assert max(map(len, lines)) <= 30


def test_a_number_of_lines() -> None:
    """A poem has at least and at most so many lines."""
    origin, more = "#lines#", {"lines": ["#line#", "#line#\n#lines#"]}
    counts = {len(lines) for lines in poems({"lines": [4, 7]}, origin, **more)}
    assert counts <= {4, 5, 6, 7}
    assert len(counts) > 1


def test_soft_breaks() -> None:
    """With `break`, a line that is too wide continues in an indented line, and nothing is lost."""
    form = {"width": 20, "break": True, "indent": 3}
    grammar = Grammar.from_rules({"_form": form, "origin": "somebody wrote #color1# in a book\nshort"})
    poem = grammar.write(vocabulary(colors="light_blue_grey"))
    lines = [str(line) for line in poem.lines]
    assert lines == ["somebody wrote light", "   blue grey in a", "   book", "short"]
    assert {span.source.of for line in poem.lines for span in line.spans if span.source} == {
        "light blue grey"
    }


def test_acrostics() -> None:
    """The lines begin with the letters of the surest label, whatever its accents and spaces, or of the next symbol."""
    form = {"acrostic": ["label1", "color1"], "width": 42}
    letters = [
        f"{letter}{rest}"
        for letter in "abcdefghijklmnopqrstuvwxyz"
        for rest in (" word", "ll of #color#", "")
    ]
    grammar = Grammar.from_rules({"_form": form, "origin": "-", "line": letters})
    for labels, initials in (("café_owl", "cafeowl"), ("小狗", "silver"), ("", "silver")):
        poem = grammar.write(vocabulary(labels, "silver charcoal"))
        assert "".join(str(line)[0] for line in poem.lines) == initials


def test_the_last_line_of_an_acrostic() -> None:
    """The last line of an acrostic is made from the symbol `last` of the form, if it has one."""
    form = {"acrostic": "label1", "last": "end"}
    grammar = Grammar.from_rules(
        {"_form": form, "origin": "-", "line": ["do", "once more"], "end": ["got it", "night"]}
    )
    assert grammar.write(vocabulary("dog")).text == "do\nonce more\ngot it"
    with pytest.raises(GrammarError, match="_form last: there is no 'ending'; did you mean 'end'"):
        Grammar.from_rules({"_form": form | {"last": "ending"}, "origin": "-", "line": "x", "end": "y"})


def test_a_form_that_cannot_be_met_says_so() -> None:
    """A form that the words do not fit is refused with the grammar, the reason and the tries."""
    grammar = Grammar.from_rules({"_form": {"syllables": [2]}, "origin": "#label1#"}, "couplet")
    assert grammar.write(vocabulary("window")).text == "window"
    with pytest.raises(MissingWordsError, match=r"couplet: another number of syllables in \d+ tries"):
        grammar.write(vocabulary("dog"))


def test_a_line_that_is_too_wide_is_shown() -> None:
    """If lines are too wide, the error shows one, truncated, and the setting that breaks them."""
    rules = {
        "_form": {"width": 30},
        "origin": "Short.\nLet #label1.the# rest. It #label1.does# as it is read.",
    }
    grammar = Grammar.from_rules(rules, "recipe")
    with pytest.raises(MissingWordsError) as refused:
        grammar.write(vocabulary("hamburger"))
    told = re.fullmatch(
        r"the photograph's words do not fit the form of the grammar recipe: a line wider than 30 in \d+ tries, "
        r"such as '(Let the hamburger rest\. .*)'; \"break\": true in its _form breaks such lines",
        str(refused.value),
    )
    assert told and 30 < len(told[1]) <= 60


def test_words_said_in_two_ways_are_not_counted() -> None:
    """Counted lines avoid words with two syllable counts: fire, every, camera."""
    rules = {"_form": {"syllables": [3]}, "origin": ["#label#", "no #label#", "a dog waits"]}
    for word in ("fire", "camera", "every_fire"):
        assert Grammar.from_rules(rules).write(vocabulary(word)).text == "a dog waits"


@pytest.mark.parametrize(
    ("form", "line", "says"),
    [
        ({"width": 18}, "#it.the#, #it.feels#.", "the dog, warm.|the dog, old now."),
        ({"width": 18}, "#it.feels.capitalize#: #it.the#.", "Warm: the dog.|Old now: the dog."),
        ({"words": [4]}, "#it.the# #it.does#", "the dog turns twice"),
        ({"words": [4]}, "#it.the# #it.does#.", "the dog turns twice."),
        ({"syllables": [4]}, "#it.part.the#, #it#", "the wet nose, dog"),
        ({"syllables": [5]}, "#it.does.ing#, #it.a#", "turning twice, a dog"),
    ],
)
def test_the_last_phrase_of_a_line_is_one_that_fits(
    form: dict[str, object], line: str, says: str, tmp_path: Path
) -> None:
    """What the lexicon says last in a line is chosen among the phrases for which there is room, without a search."""
    (tmp_path / "mine.csv").write_text(
        "word,kind,does,part,feels\n"
        "dog,thing,waits; turns twice; shakes off the rain at the gate,nose; wet nose; ring of mud about the eye,"
        "warm; old now; good so everybody in the village says\n"
    )
    rules = {"_form": form, "origin": f"[it:#label#]{line}"}
    grammar = Grammar.from_rules(rules, lexicon=[str(tmp_path / "mine.csv")])
    for seed in range(20):
        written = grammar.write_fully(vocabulary("dog"), seed)
        assert written.poem.text in says.split("|")
        assert written.tries == 1


def test_a_rule_that_runs_others_is_not_judged_by_what_was_bound_before() -> None:
    """Whether a line fits depends on the new binding of its rule, not on the longer old one."""
    rules = {
        "_form": {"width": 20},
        "origin": "[hero:somebody with a name]so\n#line#",
        "line": "[#setHero#]#hero# went home",
        "setHero": "[hero:Mo]",
    }
    assert Grammar.from_rules(rules).write(vocabulary()).text == "so\nMo went home"


def test_the_search_is_the_same_each_time() -> None:
    """The tries of a search are counted and the same for the same photograph, grammar and seed."""
    rules = {"_form": {"syllables": [5, 7, 5]}, "origin": "#line#\n#line#\n#line#", "line": LINES}
    first, again = Grammar.from_rules(rules), Grammar.from_rules(rules)
    for words in many(10, least_labels=3):
        assert first.write_fully(words, 4) == again.write_fully(words, 4)
        assert first.write_fully(words).tries >= 3
