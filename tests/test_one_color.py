"""A picture that one color covers: shares of all of it read like any other share."""

from __future__ import annotations

import pytest

from photopoem.english.inflection import share_in_words
from photopoem.grammar import load_grammar, shelf
from tests.vocabularies import vocabulary


@pytest.mark.parametrize("share", [0.95, 0.999, 1.0])
def test_a_share_of_all_reads_before_of(share: float) -> None:
    """Shares fit before "of it all" and "of everything"."""
    assert share_in_words(share).endswith("the whole")


@pytest.mark.parametrize("grammar", shelf())
def test_no_grammar_says_all_of_it_all(grammar: str) -> None:
    """Where one color covers the picture, no poem of any grammar says it twice."""
    for labels in ("", "dog"):
        for seed in range(25):
            text = load_grammar(grammar).write(vocabulary(labels, "white"), seed).text.casefold()
            assert "all of it all" not in " ".join(text.split())
            assert "all of all" not in " ".join(text.split())
