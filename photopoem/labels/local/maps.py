"""Where in a picture the eye's evidence for a word lies: class activation maps of the network's last features.

B. Zhou and others, "Learning Deep Features for Discriminative Localization", CVPR 2016. A word's log odds are linear in
the averaged features but for the classes, of whose log odds the gradient is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from photopoem.labels.local.classes import evidence
from photopoem.labels.local.classifier import Head, shares
from photopoem.labels.local.network import NEARER, View

GRID = 28
_CLASSES = 24  # the likeliest classes, which are nearly all of a view's classes
_QUIET = 1e-6  # keeps impossible classes quiet

Floats = npt.NDArray[np.float32]


def evidence_maps(head: Head, last_layer: Floats, words: Sequence[str], views: Sequence[View]) -> Floats:
    """The maps (words, 28, 28) of words over the whole picture, of two views: the whole and its middle.

    `last_layer` (1000, 1280) are the network's weights from embedding to classes.
    """
    whole, middle = (_word_maps(head, last_layer, words, view) for view in views)
    return _with_middle(_grown(whole, GRID, GRID), middle, views[1].size)


def _word_maps(head: Head, last_layer: Floats, words: Sequence[str], view: View) -> Floats:
    """The maps (words, h, w) of one view."""
    chance = shares(view.sight.logits)
    likely = np.argsort(-chance, kind="stable")[:_CLASSES]
    matrix = _evidence(tuple(words))
    total = np.einsum("ij,j->i", matrix, chance)
    own, weights = _of_head(head, words)
    pull = matrix[:, likely] * chance[likely] / (total[:, None] + _QUIET) - chance[likely]
    pull *= (own * (matrix.any(axis=1)))[:, None]
    # einsum, for BLAS would wake its threads, which costs more than the sums.
    direct = weights + np.einsum("ik,kj->ij", pull, last_layer[likely])
    count, height, width = view.features.shape
    cells = np.ascontiguousarray(view.features.reshape(count, -1).T)
    found: Floats = np.einsum("ij,kj->ik", direct, cells).reshape(len(words), height, width)
    return found


@cache
def _evidence(words: tuple[str, ...]) -> Floats:
    return evidence(words)


def _of_head(head: Head, words: Sequence[str]) -> tuple[Floats, Floats]:
    """What the head holds of words: how much their classes count (n,), and weights (n, 1280); else 1 and 0."""
    own, weights = np.ones(len(words), np.float32), np.zeros((len(words), head.weights.shape[1]), np.float32)
    rows = {word: row for row, word in enumerate(head.words)}
    for number, word in enumerate(words):
        if word in rows:
            own[number], weights[number] = head.own[rows[word]], head.weights[rows[word]]
    return own, weights


@cache
def _cubic(wanted: int, given: int) -> Floats:
    """(wanted, given): resampling of `given` cells, Catmull-Rom, cells' centers at halves."""
    at = (np.arange(wanted) + 0.5) * given / wanted - 0.5
    apart = np.abs(at[:, None] - np.arange(given))
    near = 1.5 * apart**3 - 2.5 * apart**2 + 1
    far = -0.5 * apart**3 + 2.5 * apart**2 - 4 * apart + 2
    kernel = np.where(apart < 1, near, np.where(apart < 2, far, 0))
    return np.asarray(kernel / kernel.sum(axis=1, keepdims=True), np.float32)


def _grown(maps: Floats, height: int, width: int) -> Floats:
    down, across = _cubic(height, maps.shape[1]), _cubic(width, maps.shape[2])
    found: Floats = np.einsum("naw,bw->nab", np.einsum("ah,nhw->naw", down, maps), across)
    return found


def _with_middle(whole: Floats, middle: Floats, size: tuple[int, int]) -> Floats:
    """The whole picture's maps, averaged with those of its middle where that lies; `size` is the picture's."""
    width, height = size
    half = min(width, height) * NEARER / 2
    left, top, right, bottom = (
        0.5 - half / width,
        0.5 - half / height,
        0.5 + half / width,
        0.5 + half / height,
    )
    at = (np.arange(GRID) + 0.5) / GRID
    fine = _grown(middle, 2 * GRID, 2 * GRID)
    rows = ((at - top) / (bottom - top) * 2 * GRID).astype(int).clip(0, 2 * GRID - 1)
    columns = ((at - left) / (right - left) * 2 * GRID).astype(int).clip(0, 2 * GRID - 1)
    inside = np.outer((at > top) & (at < bottom), (at > left) & (at < right))
    found: Floats = np.where(inside, (whole + fine[:, rows][:, :, columns]) / 2, whole)
    return found
