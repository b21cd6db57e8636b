"""Makes the built-in labeller's head from embeddings and labels, reproducibly.

    python tools/train_eye.py embed PHOTOS OWN.npz             photographs and their words.csv -> embeddings
    python tools/train_eye.py train EVERYDAY STUDY OWN.npz     embeddings and labels -> photopoem/data/eye-head.npz
    python tools/train_eye.py classes OWN.npz                  its last step alone: words that only the classes know

EVERYDAY is a folder with `everyday.npz` (embedding, target and weight in hundredths, source), `words.csv`
(word, photographs), `judged.csv` (set, row, word, right) and `judged2.npz` (embedding). STUDY is a folder with
`embeddings.npz` (embedding, labels, truth, known, train, source) and `textures.npz` (embedding). PHOTOS is a folder
with photographs and `words.csv` (photo, words: all true words of the built-in eye, with spaces between, a blank
inside a word written as _). See docs/labels.md.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from photopoem.labels.local.classes import everyday_words, evidence, kinds, wider_words
from photopoem.labels.local.classifier import Head, log_odds, read_head, shares
from photopoem.labels.local.network import VERSION, Network, views
from photopoem.photo.reading import read_photo

Floats = npt.NDArray[np.float32]
Truths = npt.NDArray[np.bool_]
DATA = Path(__file__).parent.parent / "photopoem" / "data"
HEAD = "eye-head.npz"
PLAIN, MIDDLE = 0, 2  # of the views that `embed` writes: the two that the eye takes of a photograph
SEED = 2020
FOLDS = 4
RIDGE = 0.02  # on the weights
TRUST = 4.0  # what the coefficient of a word's own classes is drawn to
TRUST_RIDGE = 2e-3
STEPS = 70
KEEP_OF_LARGEST = 0.25  # of the 9,540 alike photographs of the largest source
STUDY_WEIGHT, OWN_WEIGHT = 0.7, 4.0
ENOUGH, ENOUGH_WITHOUT_CLASSES = 20, 12  # photographs, below which the head does not say a word
PLATT = 0.05  # holds the last calibration back: of 198 photographs few have a name that is sure
LEAST_LIKELY = -4.5  # log odds below which a class says nothing of a word
LEAST_ODDS, OWN_JUDGED = -2.0, 0.25  # of a pair of OWN: the log odds from which it is judged, and its weight
OFTEN = 8  # times a word was judged by eye, from which it is calibrated by itself
BACKGROUND = 160

# The weight of a word's absence in the study, by group; for others it is 0, because absence says nothing there.
SILENCE = {
    "animal": 0.05, "vehicle": 0.05, "sport": 0.05, "nature": 0.05, "food": 0.05, "people": 0.08, "act": 0.06,
    "house": 0.04, "clothes": 0.1, "adj": 0.02, "built": 0.04, "event": 0.1, "room": 0.05,
}  # fmt: skip
# Scenes, flowers and plates show none of these, or little: there, silence says more.
SCENES = ["intel", "scene15", "weather", "daynight"]
SILENCE_IN_SCENES = {"animal": 0.3, "food": 0.3, "sport": 0.2, "clothes": 0.2, "event": 0.2, "act": 0.1}
PEOPLE = ("person", "man", "woman", "child", "boy", "girl", "baby")
ROOMS = ("bedroom", "kitchen", "bathroom", "living room")
NOT_AMONG_FLOWERS = ("people", "vehicle", "food", "clothes", "sport")
NOT_AMONG_FOOD = ("people", "vehicle", "animal", "clothes", "sport", "act")
PLANTS = ("tree", "grass", "flower", "forest")
# Words that the study seldom labelled although they were visible.
UNLABELLED = ("plant", "leaf", "stone", "wood", "field", "rock")
UNLABELLED_WEIGHT = 0.03
TEXTURE_WEIGHT = 0.3
# Words that a close-up of a surface may truly show, which do not count against the head.
TEXTURE_SILENT = (
    "plant", "leaf", "stone", "rock", "wood", "wooden", "field", "grass", "rope", "striped", "plaid", "brick",
    "wall", "fence", "water", "food", "bread", "carpet", "floor", "hair", "colorful", "mud", "dirt", "sand",
)  # fmt: skip


@dataclass(frozen=True)
class Examples:
    """Photographs as embeddings (n, 1280), targets (n, words) in 0..1, and weights (n, words)."""

    embedding: Floats
    target: Floats
    weight: Floats

    def __add__(self, other: Examples) -> Examples:
        parts = zip(vars(self).values(), vars(other).values(), strict=True)
        return Examples(*(np.concatenate(pair) for pair in parts))

    def __getitem__(self, use: Any) -> Examples:
        return Examples(self.embedding[use], self.target[use], self.weight[use])


@dataclass(frozen=True)
class Own:
    """Photographs labelled whole: views (n, v, 1280), the first the plain one, and all true words of each."""

    views: Floats
    truth: list[set[str]]


class Words:
    """The words that are trained, in the order of EVERYDAY, with their columns and groups."""

    def __init__(self, everyday: Path) -> None:
        with (everyday / "words.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        self.all = [row["word"] for row in rows]
        self.photographs = [int(row["photographs"]) for row in rows]
        self.column = {word: column for column, word in enumerate(self.all)}
        self.group = np.array([everyday_words()[word].group for word in self.all])

    def columns(self, words: Any) -> list[int]:
        """The columns of those of the words that are trained."""
        return [self.column[word] for word in words if word in self.column]

    def of(self, *groups: str) -> npt.NDArray[np.intp]:
        """The columns of whole groups."""
        return np.flatnonzero(np.isin(self.group, groups))


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


def read_everyday(folder: Path) -> Examples:
    """The everyday photographs, with what their captions and boxes say of each word and how much that counts."""
    data = np.load(folder / "everyday.npz")
    target, weight = (data[name] / np.float32(100) for name in ("target", "weight"))
    return Examples(data["embedding"].astype(np.float32), target, weight)


def read_own(path: Path) -> Own:
    """What `embed` wrote; a word's wider words are true with it."""
    data = np.load(path)
    truth = []
    for line in data["words"].tolist():
        words = {word.replace("_", " ") for word in line.split()}
        truth.append(words | {wide for word in words for wide in wider_words().get(word, ())})
    return Own(data["embedding"].astype(np.float32), truth)


def read_study(folder: Path, words: Words) -> Examples:
    """The earlier study's photographs set aside for training; of its largest source, which is alike, a quarter."""
    data = np.load(folder / "embeddings.npz")
    source = data["source"]
    few = np.random.default_rng(SEED).random(len(source)) < KEEP_OF_LARGEST
    use = data["train"] & ((source != "intel") | few)
    weight = _silence(source[use], words)
    target = np.zeros_like(weight)
    for number, label in enumerate(data["labels"].tolist()):
        for column in words.columns(["room" if label == "indoor" else label]):
            target[:, column] = data["truth"][use][:, number]
            weight[:, column] = np.where(data["known"][use][:, number], 1.0, weight[:, column])
    _correct(target, weight, source[use], words)
    return Examples(data["embedding"][use].astype(np.float32), target, weight * np.float32(STUDY_WEIGHT))


def _silence(source: Any, words: Words) -> Floats:
    """The weights (photographs, words) of words that the study does not name."""
    weight = np.zeros((len(source), len(words.all)), np.float32)
    for group, value in SILENCE.items():
        weight[:, words.of(group)] = value
    scene = np.isin(source, SCENES)
    for group, value in SILENCE_IN_SCENES.items():
        weight[np.ix_(scene, words.of(group))] = value
    weight[np.ix_(scene, words.columns(PEOPLE))] = 0.15
    no_room = np.isin(source, ["intel", "weather", "daynight", "flowers"])
    weight[np.ix_(no_room, words.columns(ROOMS))] = 0.5
    weight[np.ix_(source == "flowers", words.of(*NOT_AMONG_FLOWERS))] = 0.3
    weight[np.ix_(source == "food", words.of(*NOT_AMONG_FOOD))] = 0.2
    weight[source == "caltech101"] *= 1.5
    return weight


def _correct(target: Floats, weight: Floats, source: Any, words: Words) -> None:
    """A tree is a plant, a face somebody's; and a single thing photographed indoors is not a view of a room."""
    for word in PLANTS:
        _imply(target, weight, words, word, "plant")
    single = np.isin(source, ["caltech101", "food"])
    for column in words.columns(["room"]):
        target[single, column] = 0
        weight[single, column] = 0.02
    for column in words.columns(UNLABELLED):
        silent = np.minimum(weight[:, column], UNLABELLED_WEIGHT)
        weight[:, column] = np.where(target[:, column] > 0, weight[:, column], silent)
    _imply(target, weight, words, "face", "person")


def _imply(target: Floats, weight: Floats, words: Words, word: str, wider: str) -> None:
    for narrow in words.columns([word]):
        rows = target[:, narrow] > 0
        for column in words.columns([wider]):
            target[rows, column] = weight[rows, column] = 1


def read_textures(folder: Path, words: Words) -> Examples:
    """Close-ups of surfaces as negative examples, except for words that surfaces may show."""
    embedding = np.load(folder / "textures.npz")["embedding"].astype(np.float32)
    weight = np.full((len(embedding), len(words.all)), TEXTURE_WEIGHT, np.float32)
    weight[:, words.columns(TEXTURE_SILENT)] = UNLABELLED_WEIGHT
    return Examples(embedding, np.zeros_like(weight), weight)


def own_targets(own: Own, words: Words) -> Examples:
    """The plain view of each photograph of OWN, with what was looked for known and the rest left open."""
    target = np.zeros((len(own.truth), len(words.all)), np.float32)
    weight = np.full_like(target, 0.02)
    looked_for = words.columns(LOOKED_FOR)
    for row, truth in enumerate(own.truth):
        weight[row, looked_for] = 1
        there = words.columns(truth)
        target[row, there] = weight[row, there] = 1
        _rule_out(target[row], weight[row], truth, words)
    return Examples(own.views[:, 0], target, weight * np.float32(OWN_WEIGHT))


# The words that were checked in every photograph of OWN.
LOOKED_FOR = """sky cloud sunset night rain snow mountain sea water forest tree plant leaf grass field stone wood flower
building street tower windmill monument tool car motorcycle airplane boat person face dog bird elephant fish insect
butterfly animal food fruit vegetable meat dessert bread pizza drink coffee room bedroom kitchen furniture chair lamp
computer clock guitar piano umbrella ball camera steam rope""".split()


def _rule_out(target: Floats, weight: Floats, truth: set[str], words: Words) -> None:
    """Without a person, animal or room, the words for their parts are false too."""
    if "person" not in truth:
        theirs = [column for column in words.of("people", "clothes") if words.all[column] != "person"]
        target[theirs], weight[theirs] = 0, 0.5
    for word, group, value in (("animal", "animal", 0.7), ("room", "room", 0.5)):
        if word not in truth:
            target[words.of(group)], weight[words.of(group)] = 0, value
    if "stone" in truth:
        for column in words.columns(["rock"]):
            target[column], weight[column] = 1, 0.5


class Classes:
    """The network's last layer: what an embedding says of each word through ImageNet's classes."""

    def __init__(self, words: list[str]) -> None:
        self._weight, self._bias = Network().classifier()
        self._matrix = evidence(words)
        self.has = self._matrix.sum(axis=1) > 0

    def __call__(self, embedding: Floats) -> Floats:
        """Log odds (n, words) of embeddings (n, 1280); 0 for words that no class speaks for."""
        parts = np.array_split(embedding, max(1, len(embedding) // 4096))
        odds = [log_odds(shares(part @ self._weight.T + self._bias) @ self._matrix.T) for part in parts]
        return np.concatenate(odds) * self.has


@dataclass(frozen=True)
class Fit:
    """weights (1280, words), own and bias (words,)."""

    weights: Floats
    own: Floats
    bias: Floats

    def __call__(self, embedding: Floats, seen: Floats) -> Floats:
        """Log odds (n, words)."""
        odds: Floats = embedding @ self.weights + self.own * seen + self.bias
        return odds


def fit(rows: Examples, seen: Floats, has: Truths, steps: int) -> Fit:
    """Weighted logistic regression, a word a column, with ridges on the weights and on leaving `TRUST`.

    `seen` (n, words) are the classes' log odds, `has` (words,) tells which words have classes.
    """
    middle, spread = rows.embedding.mean(axis=0), rows.embedding.std(axis=0) + 0.05
    z = ((rows.embedding - middle) / spread).astype(np.float32)
    count, words = rows.target.shape
    near = (seen / 6).astype(np.float32)

    def loss(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        p = flat.reshape(-1, words).astype(np.float32)
        weights, bias, own = p[:-2], p[-2], p[-1]
        odds = z @ weights + bias + near * own
        slip = rows.weight * (1 / (1 + np.exp(-odds)) - rows.target) / count
        left = (own - TRUST) * has
        value = (rows.weight * (np.logaddexp(0, odds) - rows.target * odds)).sum(dtype=np.float64) / count
        value += RIDGE * (weights**2).sum() / 2 + TRUST_RIDGE * (left**2).sum() / 2
        parts = [
            z.T @ slip + RIDGE * weights,
            slip.sum(axis=0)[None],
            ((slip * near).sum(axis=0) + TRUST_RIDGE * left)[None],
        ]
        return float(value), np.concatenate(parts).astype(np.float64).ravel()

    start = np.zeros((z.shape[1] + 2, words))
    start[-2], start[-1] = -3.0, TRUST * has
    options = {"maxiter": steps, "maxcor": 8}
    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    p = found.x.reshape(-1, words).astype(np.float32)
    weights = p[:-2] / spread[:, None]
    return Fit(weights, p[-1] / 6, p[-2] - middle @ weights)


class School:
    """All training data, and heads that were trained on a part of it."""

    def __init__(self, everyday: Path, study: Path, own: Path, steps: int) -> None:
        self.words = Words(everyday)
        self.everyday, self.own = read_everyday(everyday), read_own(own)
        self._rest = read_study(study, self.words) + read_textures(study, self.words)
        self._targets = own_targets(self.own, self.words)
        self.classes, self._steps = Classes(self.words.all), steps

    def head(self, everyday: Truths, own: Truths) -> Fit:
        """A head that has seen these of the everyday photographs and these of OWN, every view of them."""
        count = self.own.views.shape[1]
        mine = self._targets[own]
        views = Examples(
            self.own.views[own].reshape(-1, self.own.views.shape[2]),
            np.repeat(mine.target, count, axis=0),
            np.repeat(mine.weight, count, axis=0),
        )
        rows = self.everyday[everyday] + self._rest + views
        return fit(rows, self.classes(rows.embedding), self.classes.has, self._steps)

    def odds(self, head: Fit, embedding: Floats) -> Floats:
        """The log odds (n, words) that a head gives embeddings (n, 1280)."""
        return head(embedding, self.classes(embedding))


@dataclass(frozen=True)
class Judged:
    """Pairs of a photograph and a word, judged by eye: log odds (n,) of a head that had not seen it, column, right.

    `weight` (n,) is how much each pair counts.
    """

    odds: Floats
    column: npt.NDArray[np.intp]
    right: Truths
    weight: Floats

    def __add__(self, other: Judged) -> Judged:
        parts = zip(vars(self).values(), vars(other).values(), strict=True)
        return Judged(*(np.concatenate(pair) for pair in parts))


def read_judged(folder: Path, school: School, final: Fit) -> Judged:
    """The judged pairs: those of set 1 are everyday photographs, answered by a head that was taught without them."""
    with (folder / "judged.csv").open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["word"] in school.words.column]
    number = np.array([int(row["row"]) for row in rows])
    column = np.array([school.words.column[row["word"]] for row in rows])
    first = np.array([row["set"] == "1" for row in rows])
    unseen = np.ones(len(school.everyday.embedding), bool)
    unseen[number[first]] = False
    blind = school.head(unseen, np.ones(len(school.own.truth), bool))
    odds = np.zeros(len(rows), np.float32)
    others = np.load(folder / "judged2.npz")["embedding"].astype(np.float32)
    odds[first] = school.odds(blind, school.everyday.embedding[number[first]])[
        range(first.sum()), column[first]
    ]
    odds[~first] = school.odds(final, others[number[~first]])[range((~first).sum()), column[~first]]
    return Judged(
        odds, column, np.array([row["right"] == "1" for row in rows]), np.ones(len(rows), np.float32)
    )


def judged_own(school: School, odds: Floats) -> Judged:
    """The words that were looked for in every photograph of OWN, where a head that had not seen it has them likely.

    Captions are of people's snapshots; OWN is of wallpapers, museums and close-ups, where the same odds are right
    less often: without these, `grass` at .6 was right three times in ten there. Of people and animals snapshots are
    the better measure.
    """
    around = {school.words.all[column] for column in school.words.of("nature", "built", "room")}
    columns = np.array(school.words.columns(word for word in LOOKED_FOR if word in around))
    rows, which = np.nonzero(odds[:, columns] > LEAST_ODDS)
    column = columns[which]
    right = np.array([school.words.all[c] in school.own.truth[r] for r, c in zip(rows, column, strict=True)])
    return Judged(odds[rows, column], column, right, np.full(len(rows), OWN_JUDGED, np.float32))


def calibrate(judged: Judged, words: Words) -> tuple[float, Floats]:
    """A slope for all words and an offset a word that make log odds mean what they say (J. Platt, 1999).

    The offsets are a group's; a word that was judged `OFTEN` times adds its own. A ridge holds all of them back.
    """
    from sklearn.linear_model import LogisticRegression

    groups = sorted(set(words.group.tolist()))
    times = np.bincount(judged.column, minlength=len(words.all))
    often = np.flatnonzero(times >= OFTEN)
    columns = np.arange(len(words.all))
    in_group = (words.group[:, None] == np.array(groups)).astype(float)
    features = np.concatenate([in_group, 0.7 * (columns[:, None] == often)], axis=1)
    both = np.concatenate([judged.odds[:, None], features[judged.column]], axis=1)
    found = LogisticRegression(C=0.3, max_iter=5000).fit(both, judged.right, sample_weight=judged.weight)
    offsets = features @ found.coef_[0, 1:] + found.intercept_[0]
    return float(found.coef_[0, 0]), offsets.astype(np.float32)


def unseen_odds(school: School) -> Floats:
    """Log odds (photographs of OWN, words) by heads that had seen neither them nor a quarter of the rest."""
    odds = np.zeros((len(school.own.truth), len(school.words.all)), np.float32)
    fold, own_fold = np.arange(len(school.everyday.embedding)) % FOLDS, np.arange(len(odds)) % FOLDS
    for turn in range(FOLDS):
        head = school.head(fold != turn, own_fold != turn)
        odds[own_fold == turn] = school.odds(head, school.own.views[own_fold == turn, 0])
    return odds


def calibrate_classes(head: Head, own: Own) -> list[float]:
    """`Head.classes`, for words that only the classes know, of the two views that the eye takes.

    Left out is what the classes all but rule out, and every word that no class speaks for: its odds of 0 would pass for
    a class in two minds. The wider word's odds are the head's own, though it was taught with these photographs.
    """
    sight = (own.views[:, PLAIN] + own.views[:, MIDDLE]) / 2
    wider, column = wider_words(), {word: number for number, word in enumerate(head.words)}
    others = [word for word in kinds() if word not in column]
    near = [next((column[wide] for wide in wider[word] if wide in column), None) for word in others]
    known, classes = Classes(list(head.words)), Classes(others)
    odds = sight @ head.weights.T + head.own * known(sight) + head.bias
    wide, under = odds[:, [each or 0 for each in near]], np.array([each is not None for each in near])
    seen = classes(sight)
    truth = np.array([[word in true for word in others] for true in own.truth])
    likely = (seen > LEAST_LIKELY) & classes.has
    with_wide, alone = likely & under, likely & ~under
    (slope, share), offset = platt(np.stack([seen[with_wide], wide[with_wide]], axis=1), truth[with_wide])
    (slope_alone,), offset_alone = platt(seen[alone][:, None], truth[alone])
    return [round(each, 3) for each in (slope, share, offset, slope_alone, offset_alone)]


def write_classes(folder: Path, own: Own) -> list[float]:
    """Write `Head.classes` of the eye-head.npz in a folder anew."""
    head = read_head(folder / HEAD)
    classes = calibrate_classes(head, own)
    (folder / HEAD).write_bytes(replace(head, classes=np.array(classes, np.float32)).to_bytes())
    return classes


def platt(odds: Floats, truth: Truths) -> tuple[list[float], float]:
    """Slopes (k) and offset that make log odds (n, k) mean what they say (J. Platt, 1999)."""
    from sklearn.linear_model import LogisticRegression

    if truth.all() or not truth.any():  # nothing to go by: the first odds are left as they are
        return [1.0] + [0.0] * (odds.shape[1] - 1), 0.0
    found = LogisticRegression(C=PLATT).fit(odds, truth)
    return found.coef_[0].tolist(), float(found.intercept_[0])


def kept_words(school: School) -> list[str]:
    """The words that had photographs enough; fewer do where no class of ImageNet speaks for the word."""
    words = school.words
    enough = np.where(school.classes.has, ENOUGH, ENOUGH_WITHOUT_CLASSES)
    return [word for word, n, least in zip(words.all, words.photographs, enough, strict=True) if n >= least]


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


def train(everyday: Path, study: Path, own: Path, out: Path, steps: int) -> None:
    """Write eye-head.npz and eye-background.npz into `out`."""
    school = School(everyday, study, own, steps)
    everything = np.ones(len(school.everyday.embedding), bool), np.ones(len(school.own.truth), bool)
    final = school.head(*everything)
    unseen = unseen_odds(school)
    judged = read_judged(everyday, school, final) + judged_own(school, unseen)
    slope, offset = calibrate(judged, school.words)
    kept = kept_words(school)
    columns = school.words.columns(kept)
    head = Head(
        tuple(kept),
        final.weights.T[columns] * slope,
        final.own[columns] * slope,
        final.bias[columns] * slope + offset[columns],
        np.zeros(5, np.float32),
        VERSION,
    )
    (out / HEAD).write_bytes(head.to_bytes())
    classes = write_classes(out, school.own)
    np.savez(out / "eye-background.npz", embedding=background(study))
    print(f"{len(kept)} of {len(school.words.all)} words; slope {slope:.3f}; classes {classes}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    commands = parser.add_subparsers(required=True, dest="what")
    first = commands.add_parser("embed", help="photographs and words.csv -> embeddings")
    first.add_argument("photos", type=Path)
    first.add_argument("out", type=Path)
    second = commands.add_parser("train", help="embeddings and labels -> the shipped head")
    second.add_argument("everyday", type=Path)
    second.add_argument("study", type=Path)
    second.add_argument("own", type=Path)
    second.add_argument("--out", type=Path, default=DATA)
    second.add_argument("--steps", type=int, default=STEPS)
    third = commands.add_parser("classes", help="the last step alone, for the head that is shipped")
    third.add_argument("own", type=Path)
    third.add_argument("--out", type=Path, default=DATA)
    chosen = parser.parse_args()
    with threadpool_limits(1):  # sums in one order: the same bytes each time
        if chosen.what == "embed":
            embed(chosen.photos, chosen.out)
        elif chosen.what == "classes":
            print("classes", *write_classes(chosen.out, read_own(chosen.own)))
        else:
            train(chosen.everyday, chosen.study, chosen.own, chosen.out, chosen.steps)


if __name__ == "__main__":
    sys.exit(main())
