"""Makes the head that the built-in eye ships with, from embeddings and labels; the same input gives the same bytes.

    python tools/train_eye.py embed PHOTOS OWN.npz     photographs and their words.csv -> embeddings
    python tools/train_eye.py train STUDY OWN.npz      embeddings and labels -> photopoem/data/eye-head.npz

STUDY is a folder with `embeddings.npz` (embedding, labels, truth, known, train, source) and
`textures.npz` (embedding, filename). PHOTOS is a folder with photographs and `words.csv` (photo, words: all
true words of the built-in eye, with spaces between, a blank inside a word written as _). See docs/labels.md.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from photopoem.labels.local.classes import evidence, kinds, scene_entries, wider_words
from photopoem.labels.local.classifier import Head, log_odds, shares
from photopoem.labels.local.network import Network, read_weights, views, weights_path
from photopoem.labels.local.weights import read_tensors
from photopoem.photo.reading import read_photo

Floats = npt.NDArray[np.float32]
DATA = Path(__file__).parent.parent / "photopoem" / "data"
SEED = 2020
FOLDS = 4
RIDGE = 0.1  # on the weights; chosen by cross-validation on the photographs of OWN
TRUST = 1.0  # how far a word's own coefficient on the classes may leave 1
TRUST_RIDGE = 1e-3
UNKNOWN = 0.05  # weight of a label that nobody gave: it counts, a little, as "not there"
# Words that the study never labelled: there, silence says next to nothing.
UNLABELLED = ("plant", "leaf", "stone", "wood", "field")
UNLABELLED_WEIGHT = 0.03
RENAMED = {"indoor": "room", "rock": "stone"}
PLANTS = ("tree", "grass", "flower", "forest")
KEEP_OF_LARGEST = 0.25  # of the 9,540 alike photographs of the largest source
TEXTURE_WEIGHT = 0.3
# What a close-up of a surface may truly show: not held against the head.
TEXTURE_SILENT = ("plant", "leaf", "stone", "wood", "field", "grass", "tool", "rope")
OWN_WEIGHT = 10.0  # of each view of a photograph that was labelled whole
LEAST_ODDS = 9.0
LEAST_LIKELY = -4.5  # log odds below which a class says nothing of a word
BACKGROUND = 160


@dataclass(frozen=True)
class Rows:
    """Photographs as embeddings (n, 1280), targets (n, words) of 0 or 1, and weights (n, words)."""

    embedding: Floats
    target: Floats
    weight: Floats

    def __add__(self, other: Rows) -> Rows:
        parts = zip(vars(self).values(), vars(other).values(), strict=True)
        return Rows(*(np.concatenate(pair) for pair in parts))


@dataclass(frozen=True)
class Own:
    """Photographs labelled whole: views (n, v, 1280), the first the plain one, and all true words of each."""

    views: Floats
    truth: list[set[str]]


def embed(folder: Path, out: Path) -> None:
    """Write the embeddings of a folder's photographs with the words of its words.csv."""
    network = Network()
    with (folder / "words.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    seen = [
        [network.see_prepared(view).embedding for view in views(read_photo(folder / row["photo"]).pixels)]
        for row in rows
    ]
    names, words = np.array([row["photo"] for row in rows]), np.array([row["words"] for row in rows])
    np.savez(out, embedding=np.array(seen, np.float16), filename=names, words=words)


def read_own(path: Path) -> Own:
    """What `embed` wrote; a word's wider words are true with it."""
    data = np.load(path)
    truth = []
    for line in data["words"].tolist():
        words = {word.replace("_", " ") for word in line.split()}
        truth.append(words | {wide for word in words for wide in wider_words().get(word, ())})
    return Own(data["embedding"].astype(np.float32), truth)


def read_study(folder: Path, words: list[str]) -> Rows:
    """The study's photographs set aside for training."""
    data = np.load(folder / "embeddings.npz")
    source = data["source"]
    few = np.random.default_rng(SEED).random(len(source)) < KEEP_OF_LARGEST
    use = data["train"] & ((source != "intel") | few)
    target = np.zeros((len(source), len(words)), np.float32)
    known = np.zeros(target.shape, bool)
    for column, label in enumerate(data["labels"].tolist()):
        word = RENAMED.get(label, label)
        if word in words:
            target[:, words.index(word)] = data["truth"][:, column]
            known[:, words.index(word)] = data["known"][:, column]
    _correct(target, known, source, words)
    weight = np.where(known, 1.0, UNKNOWN * (1 + 0.5 * (source == "caltech101"))[:, None]).astype(np.float32)
    for word in UNLABELLED:
        column = words.index(word)
        weight[:, column] = np.where(known[:, column], weight[:, column], UNLABELLED_WEIGHT)
    weight[np.isin(source, ["caltech101", "food"]), words.index("room")] = 0.02
    return Rows(data["embedding"][use].astype(np.float32), target[use], weight[use])


def _correct(target: Floats, known: npt.NDArray[np.bool_], source: Any, words: list[str]) -> None:
    """A tree is a plant; and a single thing photographed indoors is not a view of a room."""
    for word in PLANTS:
        rows = target[:, words.index(word)] > 0
        target[rows, words.index("plant")] = 1
        known[rows, words.index("plant")] = True
    single = np.isin(source, ["caltech101", "food"])
    target[single, words.index("room")] = 0
    known[single, words.index("room")] = False


def read_textures(folder: Path, words: list[str]) -> Rows:
    """Close-ups of surfaces: none of the words, as far as surfaces can tell."""
    data = np.load(folder / "textures.npz")
    embedding = data["embedding"].astype(np.float32)
    kind = np.array([name.split("/")[0] for name in data["filename"].tolist()])
    weight = np.full((len(kind), len(words)), TEXTURE_WEIGHT, np.float32)
    for word in TEXTURE_SILENT:
        weight[:, words.index(word)] = UNLABELLED_WEIGHT
    for kinds_of, word in (
        ("bubbly bumpy crystalline", "food"),
        ("bubbly cracked", "water"),
        ("braided", "bread"),
    ):
        weight[np.isin(kind, kinds_of.split()), words.index(word)] = 0.05
    return Rows(embedding, np.zeros_like(weight), weight)


def own_rows(own: Own, words: list[str], use: npt.NDArray[np.bool_]) -> Rows:
    """Every view of the chosen photographs of OWN, with all words known."""
    target = np.array([[float(word in truth) for word in words] for truth in own.truth], np.float32)[use]
    count = own.views.shape[1]
    repeated = np.repeat(target, count, axis=0)
    return Rows(
        own.views[use].reshape(-1, own.views.shape[2]),
        repeated,
        np.full(repeated.shape, OWN_WEIGHT, np.float32),
    )


class Classes:
    """The network's last layer: what an embedding says of each word through ImageNet's classes."""

    def __init__(self, words: list[str]) -> None:
        tensors = read_tensors(read_weights(weights_path()))
        self._weight, self._bias = np.ascontiguousarray(tensors["_fc.weight"]), tensors["_fc.bias"]
        self._matrix = evidence(words)

    def __call__(self, embedding: Floats) -> Floats:
        """Log odds (n, words) of embeddings (n, 1280)."""
        return log_odds(shares(embedding @ self._weight.T + self._bias) @ self._matrix.T)


@dataclass(frozen=True)
class Fit:
    """weights (1280, words), own and bias (words,)."""

    weights: Floats
    own: Floats
    bias: Floats

    def __call__(self, embedding: Floats, seen: Floats) -> Floats:
        """Log odds (n, words), held within `LEAST_ODDS`."""
        return np.clip(embedding @ self.weights + self.own * seen + self.bias, -LEAST_ODDS, LEAST_ODDS)


def fit(rows: Rows, seen: Floats, steps: int) -> Fit:
    """Weighted logistic regression, a word a column, with ridges on the weights and on leaving `TRUST`."""
    middle, spread = rows.embedding.mean(axis=0), rows.embedding.std(axis=0) + 0.05
    z = (rows.embedding - middle) / spread
    count, words = rows.target.shape
    near = seen / 6

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        p = flat.reshape(-1, words).astype(np.float32)
        weights, bias, own = p[:-2], p[-2], p[-1]
        odds = z @ weights + bias + near * own
        slip = rows.weight * (1 / (1 + np.exp(-odds)) - rows.target) / count
        value = (rows.weight * (np.logaddexp(0, odds) - rows.target * odds)).sum() / count
        value += RIDGE * (weights**2).sum() / 2 + TRUST_RIDGE * ((own - TRUST) ** 2).sum() / 2
        parts = [
            z.T @ slip + RIDGE * weights,
            slip.sum(axis=0)[None],
            ((slip * near).sum(axis=0) + TRUST_RIDGE * (own - TRUST))[None],
        ]
        return float(value), np.concatenate(parts).astype(np.float64).ravel()

    start = np.zeros((z.shape[1] + 2, words))
    start[-2], start[-1] = -3.0, TRUST
    options = {"maxiter": steps, "maxcor": 8}
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    p = found.x.reshape(-1, words).astype(np.float32)
    weights = p[:-2] / spread[:, None]
    return Fit(weights, p[-1] / 6, p[-2] - middle @ weights)


def platt(odds: Floats, truth: npt.NDArray[np.bool_]) -> tuple[list[float], float]:
    """Slopes (k) and offset that make log odds (n, k) mean what they say (J. Platt, 1999)."""
    from sklearn.linear_model import LogisticRegression

    if truth.all() or not truth.any():  # nothing to go by: the first odds are left as they are
        return [1.0] + [0.0] * (odds.shape[1] - 1), 0.0
    found = LogisticRegression(C=10.0).fit(odds, truth)
    return found.coef_[0].tolist(), float(found.intercept_[0])


def unseen_odds(base: Rows, own: Own, words: list[str], classes: Classes, steps: int) -> Floats:
    """Log odds (photographs, words) of the photographs of OWN by heads that had not seen them."""
    fold = np.random.default_rng(SEED).integers(0, FOLDS, len(own.truth))
    odds = np.zeros((len(own.truth), len(words)), np.float32)
    for turn in range(FOLDS):
        rows = base + own_rows(own, words, fold != turn)
        plain = own.views[fold == turn, 0]
        odds[fold == turn] = fit(rows, classes(rows.embedding), steps)(plain, classes(plain))
    return odds


def truth_of(own: Own, words: list[str]) -> npt.NDArray[np.bool_]:
    """Whether each word (columns) is true of each photograph (rows)."""
    return np.array([[word in true for word in words] for true in own.truth])


def calibrate_classes(own: Own, words: list[str], odds: Floats) -> list[float]:
    """`Head.classes`; what the classes all but rule out is left out."""
    wider = wider_words()
    others = [word for word in kinds() if word not in words]
    near = [[words.index(wide) for wide in wider[word] if wide in words][:1] for word in others]
    under = np.array([bool(each) for each in near])
    wide = odds[:, [each[0] if each else 0 for each in near]]
    seen, truth = Classes(others)(own.views[:, 0]), truth_of(own, others)
    likely = seen > LEAST_LIKELY
    with_wide, alone = likely & under, likely & ~under
    (slope, share), offset = platt(np.stack([seen[with_wide], wide[with_wide]], axis=1), truth[with_wide])
    (slope_alone,), offset_alone = platt(seen[alone][:, None], truth[alone])
    return [slope, share, offset, slope_alone, offset_alone]


def background(folder: Path) -> npt.NDArray[np.float16]:
    """Embeddings of openly licensed photographs, far from each other: what a word of an artist's is not."""
    from sklearn.cluster import KMeans

    data = np.load(folder / "embeddings.npz")
    free = np.char.find(data["licence"], "unclear") < 0
    pool = data["embedding"][free & data["train"] & (data["source"] != "daynight")].astype(np.float32)
    pool = pool[np.random.default_rng(SEED).permutation(len(pool))[:4000]]
    centers = KMeans(min(BACKGROUND, len(pool)), n_init=1, random_state=SEED).fit(pool).cluster_centers_
    nearest = [int(((pool - center) ** 2).sum(axis=1).argmin()) for center in centers]
    return pool[sorted(set(nearest))].astype(np.float16)


def train(study: Path, own_path: Path, out: Path, steps: int) -> None:
    """Write eye-head.npz and eye-background.npz into `out`."""
    words = list(scene_entries())
    own, classes = read_own(own_path), Classes(words)
    base = read_study(study, words) + read_textures(study, words)
    rows = base + own_rows(own, words, np.ones(len(own.truth), bool))
    found = fit(rows, classes(rows.embedding), steps)
    unseen = unseen_odds(base, own, words, classes, steps)
    (slope,), offset = platt(unseen.reshape(-1, 1), truth_of(own, words).ravel())
    other = np.array(calibrate_classes(own, words, slope * unseen + offset), np.float32)
    head = Head(
        tuple(words),
        found.weights.T * slope,
        found.own * slope,
        found.bias * slope + offset,
        other,
    )
    (out / "eye-head.npz").write_bytes(head.to_bytes())
    np.savez(out / "eye-background.npz", embedding=background(study))
    print(f"{len(words)} words from {len(rows.target)} rows; head {slope:.3f} {offset:+.3f}; classes {other}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(required=True, dest="what")
    first = commands.add_parser("embed", help="photographs and words.csv -> embeddings")
    first.add_argument("photos", type=Path)
    first.add_argument("out", type=Path)
    second = commands.add_parser("train", help="embeddings and labels -> the shipped head")
    second.add_argument("study", type=Path)
    second.add_argument("own", type=Path)
    second.add_argument("--out", type=Path, default=DATA)
    second.add_argument("--steps", type=int, default=60)
    chosen = parser.parse_args()
    with threadpool_limits(1):  # sums in one order: the same bytes each time
        if chosen.what == "embed":
            embed(chosen.photos, chosen.out)
        else:
            train(chosen.study, chosen.own, chosen.out, chosen.steps)


if __name__ == "__main__":
    sys.exit(main())
