"""From what the network and the head say to the words of a photograph, and how sure of each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import numpy.typing as npt

from photopoem.labels.labeller import Kind, Label, Labels
from photopoem.labels.local.classes import evidence, kinds, wider_words
from photopoem.labels.local.classifier import Head, log_odds, shares

MOST = 10
LEAST_SCORE = 0.04
# A photograph always gets three words to doubt, if need be below LEAST_SCORE.
FEWEST, LEAST_AT_ALL = 3, 0.005
# From this score on, the narrower word speaks and its wider words are silent.
SURE_OF_NARROWER = 0.6
# A wider word must be surer than the narrower by this much to be said in its place.
NOTICEABLE = 0.02
# Of words counted right p times in a hundred, the score that is shown: a plain reading below 0.4, then a
# cautious one. What is said at 0.5 or more carries statements, and must be right nearly nine times in ten.
MEASURED = (0.0, 0.4, 0.75, 1.0)
SHOWN = (0.0, 0.4, 0.5, 1.0)

Chances = dict[str, float]
Floats = npt.NDArray[np.float32]
Pairs = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats]


@cache
def _class_words() -> tuple[tuple[str, ...], Pairs]:
    """Every word, and the (word, class, how much) of the few places where a class says something of a word."""
    words = tuple(kinds())
    matrix = evidence(words)
    rows, columns = np.nonzero(matrix)
    return words, (rows, columns, matrix[rows, columns])


@cache
def _row_of() -> dict[str, int]:
    return {word: row for row, word in enumerate(_class_words()[0])}


def class_chances(logits: Floats) -> tuple[tuple[str, ...], Floats]:
    """Every word, and its log odds from the classes alone; a wider word has what its narrower ones have together."""
    words, (rows, columns, much) = _class_words()
    # Not as a product of matrices: BLAS would wake its threads, which costs more than the sum.
    sums = np.bincount(rows, much * shares(logits)[columns], len(words))
    return words, log_odds(sums.astype(np.float32))


@cache
def _under(known: tuple[str, ...]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """The rows of words that have a wider word among `known`, and the rows of the nearest of those."""
    pairs = []
    for word, row in _row_of().items():
        near = [wide for wide in wider_words()[word] if wide in known]
        if near and word not in known:
            pairs.append((row, _row_of()[near[0]]))
    both = np.array(pairs, np.intp).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def chances(head: Head, embedding: Floats, logits: Floats) -> Chances:
    """How likely each word is right, 0..1: the head's answer where it knows the word, else the classes'.

    A word of the classes' is likelier where the head sees its wider word too: a finch, where it sees a bird.
    """
    words, seen = class_chances(logits)
    slope, share, offset, slope_alone, offset_alone = head.classes
    odds = slope_alone * seen + offset_alone
    known = [_row_of()[word] for word in head.words]
    odds[known] = head.logits(embedding, seen[known])
    narrow, wide = _under(head.words)
    odds[narrow] = slope * seen[narrow] + share * odds[wide] + offset
    return dict(zip(words, (1 / (1 + np.exp(-odds))).tolist(), strict=True))


def claims(measured: Mapping[str, float]) -> Chances:
    """The scores that are shown for these chances; a wider word is never less sure than a narrower one.

    Below `LEAST_AT_ALL` they are left out.
    """
    likely = {word: chance for word, chance in measured.items() if chance >= LEAST_AT_ALL}
    shown = dict(zip(likely, np.interp(list(likely.values()), MEASURED, SHOWN).tolist(), strict=True))
    for word, score in list(shown.items()):
        for wide in wider_words().get(word, ()):
            shown[wide] = max(score, shown.get(wide, 0.0))
    return shown


def choose(scores: Mapping[str, float], labeller: str) -> Labels:
    """Up to ten labels, best first; of a word and its wider words only one.

    The narrowest word of at least `SURE_OF_NARROWER` speaks for its chain; where none is that sure,
    the surest of the chain does.
    """
    wider = wider_words()
    kept: Chances = {}
    under: dict[str, list[str]] = {}
    likely = [word for word, score in scores.items() if score >= LEAST_AT_ALL]
    for word in sorted(likely, key=lambda each: (-len(wider.get(each, ())), -scores[each], each)):
        score = scores[word]
        narrower = [other for other in under.get(word, ()) if other in kept]
        surest = max((kept[other] for other in narrower), default=-1.0)
        if surest >= SURE_OF_NARROWER or score <= surest + NOTICEABLE:
            continue
        for other in narrower:
            del kept[other]
        kept[word] = score
        for wide in wider.get(word, ()):
            under.setdefault(wide, []).append(word)
    best = sorted(kept, key=lambda each: (-kept[each], each))[:MOST]
    said = [word for place, word in enumerate(best) if place < FEWEST or kept[word] >= LEAST_SCORE]
    return tuple(label(word, kept[word], labeller) for word in said)


def label(word: str, score: float, labeller: str, kind: Kind | None = None) -> Label:
    """A label of one of the eye's words, with the kind and the wider words that it has in the tables."""
    return Label(
        word, round(score, 4), labeller, kind or kinds().get(word, "thing"), wider_words().get(word, ())
    )
