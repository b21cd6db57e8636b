"""Grammars and words that mean harm: refused or bounded within a second, and never obeyed."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

import pytest

from photopoem.english.inflection import plural
from photopoem.errors import GrammarError, MissingWordsError
from photopoem.grammar import Grammar
from photopoem.labels.labeller import Label
from tests.making import slowness
from tests.vocabularies import vocabulary

DEEP = {f"a{n}": f"#a{n + 1}##a{n + 1}#" for n in range(30)}

HOSTILE = {
    "itself": {"origin": "#origin#"},
    "itself, mostly": {"origin": ["#origin# #origin# #origin#"] * 20 + ["end"]},
    "each other": {"origin": "#a#", "a": "#b#", "b": "#a#"},
    "each other, mostly": {"origin": "#a#", "a": "#b# #b#", "b": ["#a# #a#", "end"]},
    "doubling": {"origin": "#a0#", **DEEP, "a30": "x"},
    "doubling, avoidable": {"origin": "#a0#", **{k: [v, ""] for k, v in DEEP.items()}, "a30": "x"},
    "doubling of absent words": {"origin": "#a0#", **{k: [v, "#label9#"] for k, v in DEEP.items()}, "a30": "#label20#"},
    "doubling by bindings": {"origin": "[a:xxxxxxxx]" + "[a:#a##a##a##a##a##a##a##a#]" * 20 + "#a#"},
    "a megabyte": {"origin": "x" * 1_000_000},
    "a megabyte of tags": {"origin": "#label#" * 140_000},
    "a chain of 10,000 symbols": {"origin": "#s0#", **{f"s{n}": f"#s{n + 1}#" for n in range(10_000)}, "s10000": "x"},
    "10,000 symbols": {"origin": [f"#s{n}#" for n in range(10_000)], **{f"s{n}": "#label#" for n in range(10_000)}},
    "4,900 symbols": {"origin": [f"#s{n}#" for n in range(4_900)], **{f"s{n}": "#label#" for n in range(4_900)}},
    "a chain of 4,900": {"origin": "#s0#", **{f"s{n}": f"#s{n + 1}#" for n in range(4_900)}, "s4900": "x"},
    "10,000 unknown symbols": {"origin": [f"#zz{n}#" for n in range(10_000)]},
    "brackets": {"origin": "[" * 3000 + "a:b" + "]" * 3000},
    "pushes in pushes": {"origin": "[a:" * 2000 + "b" + "]" * 2000 + "#a#"},
    "a rule that runs itself": {"origin": "[#origin#]x"},
    "5,000 lines": {"origin": "x #label#\n" * 500},
    "dead ends": {"origin": "#a#", "a": ["#b# #c#"] * 20, "b": ["#d# #e#"] * 20, "c": "#sure##sure##sure#",
                  "d": ["#sure#"] * 20, "e": "#sure#"},
    "a form that cannot be met": {"origin": "#a#\n#a#\n#a#", "a": ["#b#", "#b# #b#"], "b": "dog",
                                  "_form": {"syllables": [5, 7, 5]}},
    "lines that cannot fit": {"origin": "#a#\n#a#\n#a#", "a": "#b#\n#b#\n#b#", "b": "#c#\n#c#",
                              "c": "#label1# #label2# #label3#", "_form": {"width": 8}},
}  # fmt: skip


JOINERS = "\u200c\u200d"
"""They join letters of some scripts and parts of an emoji, and stay only there."""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_grammar_is_bounded(name: str) -> None:
    """A hostile grammar is refused with an error of ours, or writes, within a second of CPU."""
    # One of three is enough: another program on the same core must not decide.
    assert any(within_a_second(cost(HOSTILE[name])) for _ in range(3))


def within_a_second(spent: float) -> bool:
    """Whether that is a second of CPU, or more on a slow processor, which takes a moment to measure."""
    return spent < 1 or spent < slowness()


def cost(rules: dict[str, Any]) -> float:
    """CPU seconds until the grammar is refused or has written."""
    start = time.process_time()
    try:
        poem = Grammar.from_rules(rules).write(vocabulary())
        assert len(poem.text) < 60_000
    except (GrammarError, MissingWordsError) as error:
        assert 0 < len(str(error)) < 4000
    return time.process_time() - start


WORDS = [
    "#origin#", "[x:y]", "#[x:y]origin#", "\\#", "\\", "#", "((x))", "{{label}}", "%s {0} $&", "a\nb\r\nc\u2028d",
    "\x1b[31mred\x1b[0m", "\x00nul", "<script>alert(1)</script>", "\u202egnp.exe\u202c", "zero\u200bwidth\u200d\ufeff",
    "👩\u200d👩\u200d👧", "كلب صغير", "小狗", "dog\U000e0041", "e" + "\u0301" * 500, "x" * 100_000, "word " * 10_000,
    "\ud800", "\ufdd0\ufdd1", "\u00ad", " ", "",
]  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def _slow_import() -> None:
    """Importing inflect for unknown nouns does not count against a grammar."""
    plural("zzyzx")


RULES = {
    "origin": "#label#\n#label.a.capitalize#\n#label.s# [it:#label#]#it#, #it.title#\n#it.part#\n#keep#",
    "keep": ["#label1.upper.possessive#", "-"],
    "x": "acted",
}


@pytest.mark.parametrize("text", WORDS)
def test_a_hostile_word_never_acts(text: str) -> None:
    """A label with syntax, control characters or endless text appears as plain visible characters, or not at all."""
    words = vocabulary([Label(text, 0.9, "test"), *vocabulary("dog hen cow fox").subject.labels])
    start = time.process_time()
    poem = Grammar.from_rules(RULES).write(words)
    assert within_a_second(time.process_time() - start)
    assert 3 <= len(poem.lines) <= 5
    assert all(len(str(line)) < 250 for line in poem.lines)
    assert "acted" not in poem.text
    for char in poem.text.replace("\n", ""):
        assert unicodedata.category(char)[0] != "C" or char in JOINERS
        assert unicodedata.category(char) not in ("Zl", "Zp")


def test_visible_words_are_kept() -> None:
    """Syntax, emoji, Arabic and Chinese in a label appear unchanged."""
    for text in ("#origin# [x:y] <b>", "小狗", "كلب صغير", "🦊 fox", "café"):
        words = vocabulary([Label(text, 0.9, "test")])
        assert Grammar.from_rules({"origin": "#label1#"}).write(words).text == text


def test_author_text_is_made_visible() -> None:
    """Controls in a grammar's own text never reach the poem."""
    poem = Grammar.from_rules({"origin": "a\x1b\\[31m\u202eb\x00\tc\r\nd"}).write(vocabulary())
    assert poem.text == "a[31mb c\nd"
