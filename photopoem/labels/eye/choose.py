"""From what the network and the head say to the words of a photograph, and how sure of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from photopoem.labels import Label, Labels
from photopoem.labels.eye.words import class_entries, kinds, wider_words

MOST = 10
LEAST_SCORE = 0.05
SURE_OF_SPECIFIC = 0.5


def class_scores(logits: npt.NDArray[np.float32]) -> dict[str, float]:
    """Each word's share of the class probabilities: a wider word has what its narrower ones have together."""
    odds = np.exp(logits - logits.max())
    odds /= odds.sum()
    found: dict[str, float] = {}
    for entry, share in zip(class_entries(), odds.tolist(), strict=True):
        for word in set(entry.chain):
            found[word] = found.get(word, 0.0) + share
    return found


def joined(*sides: Mapping[str, float]) -> dict[str, float]:
    """For each word the highest of its scores."""
    found: dict[str, float] = {}
    for side in sides:
        for word, score in side.items():
            found[word] = max(score, found.get(word, 0.0))
    return found


def choose(scores: Mapping[str, float], labeller: str, wider: Mapping[str, tuple[str, ...]]) -> Labels:
    """Up to ten labels, best first: of a word and its wider words only one.

    The most specific word that is at least `SURE_OF_SPECIFIC` sure speaks for its chain; where none
    is, the surest of the chain does.
    """
    ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    ranked = [(word, score) for word, score in ranked if score >= LEAST_SCORE]
    kept: dict[str, float] = {}
    # The specific words first, so that a sure one silences its wider words.
    for word, score in sorted(ranked, key=lambda item: (-len(wider.get(item[0], ())), -item[1], item[0])):
        narrower = [other for other in kept if word in wider.get(other, ())]
        if any(kept[other] >= SURE_OF_SPECIFIC for other in narrower):
            continue
        if narrower and score <= max(kept[other] for other in narrower):
            continue
        for other in narrower:
            del kept[other]
        kept[word] = score
    return _labels(kept.items(), labeller, wider)


def _labels(
    scores: Iterable[tuple[str, float]], labeller: str, wider: Mapping[str, tuple[str, ...]]
) -> Labels:
    best = sorted(scores, key=lambda item: (-item[1], item[0]))[:MOST]
    return tuple(
        Label(word, round(min(score, 1.0), 4), labeller, kinds().get(word, "thing"), wider.get(word, ()))
        for word, score in best
    )


def known_wider() -> Mapping[str, tuple[str, ...]]:
    """The wider words of every word the built-in eye can say."""
    return wider_words()
