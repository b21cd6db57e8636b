"""Puts shares and scores into words that never claim more than the figure.

The rule of both tables: a phrase is used from its own figure up to the next, so the figure is always
at least what the words say. "Nearly" and "hardly" claim less than the figure they stand beside.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from functools import lru_cache

# Smallest share -> a noun phrase that reads in "silver, a third of everything".
SHARES: tuple[tuple[float, str], ...] = (
    (0.0, "hardly any"),
    (0.02, "a little"),
    (1 / 25, "a twenty-fifth"),
    (1 / 20, "a twentieth"),
    (1 / 16, "a sixteenth"),
    (1 / 14, "a fourteenth"),
    (1 / 12, "a twelfth"),
    (1 / 11, "an eleventh"),
    (0.095, "nearly a tenth"),
    (1 / 10, "a tenth"),
    (1 / 9, "a ninth"),
    (0.118, "nearly an eighth"),
    (1 / 8, "an eighth"),
    (0.134, "nearly a seventh"),
    (1 / 7, "a seventh"),
    (0.156, "nearly a sixth"),
    (1 / 6, "a sixth"),
    (0.177, "over a sixth"),
    (0.188, "nearly a fifth"),
    (1 / 5, "a fifth"),
    (0.215, "over a fifth"),
    (0.24, "nearly a quarter"),
    (1 / 4, "a quarter"),
    (0.275, "over a quarter"),
    (0.31, "nearly a third"),
    (1 / 3, "a third"),
    (0.36, "over a third"),
    (2 / 5, "two fifths"),
    (0.46, "nearly half"),
    (1 / 2, "half"),
    (0.53, "over half"),
    (3 / 5, "three fifths"),
    (0.635, "nearly two thirds"),
    (2 / 3, "two thirds"),
    (0.7, "over two thirds"),
    (3 / 4, "three quarters"),
    (4 / 5, "four fifths"),
    (5 / 6, "five sixths"),
    (9 / 10, "nine tenths"),
    # Not "all": a grammar that goes on "of it all" would say "all of it all".
    (0.95, "nearly the whole"),
    (1.0, "the whole"),
)

# Smallest score -> an adverbial phrase that reads after a comma: "a dog, nine times in ten".
SURENESS: tuple[tuple[float, str], ...] = (
    (0.0, "hardly ever"),
    (1 / 100, "one time in a hundred"),
    (1 / 50, "one time in fifty"),
    (1 / 40, "one time in forty"),
    (1 / 30, "one time in thirty"),
    (1 / 20, "one time in twenty"),
    (1 / 12, "one time in twelve"),
    (1 / 10, "one time in ten"),
    (1 / 9, "one time in nine"),
    (1 / 8, "one time in eight"),
    (1 / 7, "one time in seven"),
    (1 / 6, "one time in six"),
    (1 / 5, "one time in five"),
    (1 / 4, "one time in four"),
    (3 / 10, "three times in ten"),
    (1 / 3, "one time in three"),
    (2 / 5, "two times in five"),
    (3 / 7, "three times in seven"),
    (9 / 20, "rather less often than not"),
    (1 / 2, "as likely as not"),
    (0.53, "more likely than not"),
    (3 / 5, "three times in five"),
    (2 / 3, "two times in three"),
    (7 / 10, "seven times in ten"),
    (3 / 4, "three times in four"),
    (4 / 5, "four times in five"),
    (5 / 6, "five times in six"),
    (7 / 8, "seven times in eight"),
    (9 / 10, "nine times in ten"),
    (19 / 20, "nineteen times in twenty"),
    (0.98, "almost certainly"),
)

# A share of 1/3 may arrive as 0.3333333333: figures this close count as reached.
_TOLERANCE = 1e-9


def _phrase(table: tuple[tuple[float, str], ...], figure: float) -> str:
    if math.isnan(figure):
        raise ValueError("not a number cannot be said in words")
    reached = min(max(figure, 0.0), 1.0) + _TOLERANCE
    return table[bisect_right(table, reached, key=lambda row: row[0]) - 1][1]


@lru_cache(maxsize=4096)
def share_in_words(share: float) -> str:
    """A share of a picture (0..1) as a noun phrase: "a third", "nearly half", "hardly any".

    Rounds down: the largest phrase of `SHARES` whose figure the share reaches, so a color is
    never said to cover more than it does. Shares beyond 0..1 are taken for the nearer end.
    """
    return _phrase(SHARES, share)


@lru_cache(maxsize=4096)
def sureness_in_words(score: float) -> str:
    """A score (0..1) as an adverbial phrase: "nine times in ten", "more likely than not".

    Rounds down: the surest phrase of `SURENESS` whose figure the score reaches, so nothing is
    ever said more surely than it was scored. Scores beyond 0..1 are taken for the nearer end.
    """
    return _phrase(SURENESS, score)
