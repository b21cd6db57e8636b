"""A thousand poems of the six samples contain no forbidden text."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from photopoem.grammar import Written, load_grammar
from photopoem.photo.discover import find_photos
from photopoem.services.describe import describe
from photopoem.services.pipeline import Settings, labeller_for
from photopoem.vocabulary import FIXED_SYMBOLS, SYMBOLS, Vocabulary, make_vocabulary
from tests.poem_checks import never_found, wrong_articles

SAMPLES = Path(__file__).parent.parent / "samples"
SEEDS = 1000


@cache
def vocabularies() -> list[Vocabulary]:
    settings = Settings(labels="local")
    labeller = labeller_for(settings)
    return [
        make_vocabulary(describe(found, settings, labeller).subject) for found in find_photos([str(SAMPLES)])
    ]


@cache
def poems(name: str) -> list[Written]:
    grammar = load_grammar(name)
    words = vocabularies()
    assert len(words) == 6
    return [grammar.write_fully(words[seed % 6], seed) for seed in range(SEEDS)]


@pytest.mark.parametrize("name", ["i-can-remember", "inventory"])
def test_a_thousand_poems(name: str) -> None:
    """No unexpanded text, empty line, doubled word, wrong article or line over 42 columns in a thousand poems."""
    for made in poems(name):
        assert never_found(made.poem) is None, never_found(made.poem)
        assert not wrong_articles(made.poem), made.poem.text
        assert all(len(str(line)) <= 42 for line in made.poem.lines), made.poem.text


@pytest.mark.parametrize("name", ["i-can-remember", "inventory"])
def test_no_word_by_accident_twice(name: str) -> None:
    """No label or color is dealt twice in a poem while the photograph has others: repetition is a refrain's."""
    for made in poems(name):
        dealt = []
        for event in made.events:
            if event.symbol.startswith("title") and event.depth == 1:
                break
            if event.symbol in SYMBOLS - FIXED_SYMBOLS:
                dealt.append(event.text.casefold())
        assert len(dealt) == len(set(dealt)), made.poem.text


def test_samples_do_not_open_alike() -> None:
    """Of the six samples no more than two open with the same words beside those of the photograph."""
    grammar = load_grammar("i-can-remember")
    openings = []
    for words in vocabularies():
        first = grammar.write(words, 0).lines[0]
        openings.append("".join("_" if span.source else span.text for span in first.spans))
    assert max(openings.count(opening) for opening in openings) <= 2, openings


def test_refrain_and_length() -> None:
    """Every poem of the piece says "I can remember" and has 4 to 14 lines."""
    for made in poems("i-can-remember"):
        text = " ".join(made.poem.text.split())
        assert "I can remember" in text, text
        assert 4 <= len(made.poem.lines) <= 14, text
