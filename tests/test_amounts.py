"""Shares and scores in words."""

from __future__ import annotations

import math

import pytest

from photopoem.english.inflection import SHARES, SURENESS, share_in_words, sureness_in_words

PARTS = {"half": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fifth": 5, "fifths": 5, "sixth": 6,
         "sixths": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "tenths": 10, "eleventh": 11,
         "twelfth": 12, "fourteenth": 14, "sixteenth": 16, "twentieth": 20, "twenty-fifth": 25}  # fmt: skip
COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7, "nine": 9,
          "nineteen": 19, "six": 6, "eight": 8, "ten": 10, "twelve": 12, "twenty": 20, "thirty": 30,
          "forty": 40, "fifty": 50, "hundred": 100}  # fmt: skip


def fraction_said(phrase: str) -> float:
    """What a phrase such as "over two thirds" or "nine times in ten" says, as a number."""
    words = [word for word in phrase.split() if word not in ("over", "nearly")]
    if "in" in words:
        return COUNTS[words[0]] / COUNTS[words[-1]]
    if words == ["the", "whole"]:
        return 1.0
    return (COUNTS[words[0]] if len(words) > 1 else 1) / PARTS[words[-1]]


def test_a_share_is_never_said_bigger_than_it_is():
    """Over 10,001 shares the fraction said is at most the share, and more than the share only after "nearly"."""
    for step in range(10_001):
        share = step / 10_000
        phrase = share_in_words(share)
        if phrase in ("hardly any", "a little"):
            assert share < 0.04
        elif phrase.startswith("nearly"):
            assert fraction_said(phrase) * 0.92 <= share < fraction_said(phrase) + 1e-9
        elif phrase.startswith("over"):
            assert share > fraction_said(phrase)
        else:
            assert fraction_said(phrase) <= share + 1e-9


def test_a_score_is_never_said_more_surely_than_it_is():
    """Over 10,001 scores the odds said are at most the score."""
    least = {"hardly ever": 0.0, "rather less often than not": 0.0, "as likely as not": 0.5,
             "more likely than not": 0.5, "almost certainly": 0.95}  # fmt: skip
    for step in range(10_001):
        score = step / 10_000
        phrase = sureness_in_words(score)
        assert least.get(phrase, -1.0) <= score
        if phrase not in least:
            assert fraction_said(phrase) <= score + 1e-9


@pytest.mark.parametrize("table", [SHARES, SURENESS])
def test_tables_rise(table: tuple[tuple[float, str], ...]):
    """The numbers rise strictly, and each phrase stands for one of them."""
    figures = [figure for figure, _ in table]
    assert figures == sorted(set(figures))
    assert len({phrase for _, phrase in table}) == len(table)


def test_shares_of_a_usual_palette_are_told_apart():
    """Between a twentieth and a third, where most colors of a palette lie, there are twenty phrases."""
    assert len({share_in_words(step / 1000) for step in range(50, 334)}) >= 20


def test_figures_at_the_edges():
    """Exact fractions count as reached; figures beyond 0..1 are taken for the end; not a number is refused."""
    assert share_in_words(1 / 3) == share_in_words(0.33333333333) == "a third"
    assert share_in_words(0.25) == "a quarter"
    assert share_in_words(1.0) == share_in_words(1.5) == "the whole"
    assert share_in_words(0.9999) == "nearly the whole"
    assert share_in_words(-0.1) == "hardly any"
    assert sureness_in_words(0.9) == "nine times in ten"
    assert sureness_in_words(2.0) == "almost certainly"
    with pytest.raises(ValueError, match="not a number"):
        share_in_words(math.nan)


def test_phrases_are_short():
    """Every phrase fits on a receipt beside a word."""
    assert max(len(phrase) for _, phrase in SHARES + SURENESS) <= 26
