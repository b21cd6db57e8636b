"""The project's own head: evidence for each word, from it the words of a photograph and how sure each is."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from photopoem.files import read_regular
from photopoem.labels.labeller import NOUNS, Kind, Label, Labels
from photopoem.labels.local.classes import everyday_words, evidence, kinds, wider_words

MOST_BYTES = 32 << 20
"""What a file may hold, packed and unpacked. A thousand taught words are 3 MB."""


def load_npz(path: Path, most: int = MOST_BYTES) -> Any:
    """The arrays of an .npz file, by name, as `numpy.load` gives them; used in a `with` block.

    numpy makes room for what an array's heading claims before it reads the array: a file of a few kilobytes could
    claim all memory. Raises `ValueError` for a file that unpacks to more than `most` bytes, that claims more than it
    holds or that is no .npz, `OSError` for one that cannot be read.
    """
    import numpy as np

    data = read_regular(path, most)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > most:
                raise ValueError(f"it unpacks to more than {most >> 20} MB")
            for member in archive.infolist():
                _be_as_large_as_it_says(archive, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"no .npz file ({error})") from error
    # Pickles stay shut: an array of objects could run anything.
    return np.load(io.BytesIO(data), allow_pickle=False)


def _be_as_large_as_it_says(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    from numpy.lib import format as npy

    with archive.open(member) as stream:
        version = npy.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"{member.filename} is of an unknown version")
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, kind = read(stream)
        if math.prod(shape) * kind.itemsize > member.file_size:
            raise ValueError(f"{member.filename} claims more numbers than it holds")


Floats = npt.NDArray[np.float32]
EMBEDDING = 1280
FLOOR = 2e-3  # of a probability, before its log is taken


def shares(logits: Floats) -> Floats:
    """The classes' probabilities, float32 of the same shape: softmax over the last axis."""
    odds: Floats = np.exp(logits - logits.max(axis=-1, keepdims=True))
    total: Floats = odds.sum(axis=-1, keepdims=True)
    return np.divide(odds, total, dtype=np.float32)


def log_odds(chance: Floats) -> Floats:
    """ln(p / (1 - p)), held within about 6 either way."""
    clipped = np.clip(chance, 0.0, 1.0)
    found: Floats = np.log((clipped + FLOOR) / (1.0 - clipped + FLOOR))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """A word's log odds are `weights @ embedding + own * (log odds from the classes) + bias`.

    `words` (n), `weights` float32 (n, 1280), `own` and `bias` float32 (n,). `classes` float32 (5,) are for
    words that only the classes know: slope, weight of the head's log odds of the wider word, and offset,
    where the head knows a wider word; slope and offset where it does not. `network` names the network
    whose embeddings it was taught with: to another's it would only misread them.
    """

    words: tuple[str, ...]
    weights: Floats
    own: Floats
    bias: Floats
    classes: Floats
    network: str = ""

    def logits(self, embedding: Floats, seen: Floats) -> Floats:
        """The log odds of each word; `seen` (n,) are its log odds from the classes alone."""
        # einsum, for BLAS would wake its threads, which costs more than the sum.
        found: Floats = np.einsum("ij,j->i", self.weights, embedding) + self.own * seen + self.bias
        return found

    def to_bytes(self) -> bytes:
        """The head as an .npz file, weights as float16; the same head gives the same bytes."""
        stream = io.BytesIO()
        np.savez(
            stream,
            words=np.array(self.words),
            weights=self.weights.astype(np.float16),
            own=self.own.astype(np.float32),
            bias=self.bias.astype(np.float32),
            classes=self.classes.astype(np.float32),
            network=np.array(self.network),
        )
        return stream.getvalue()


def read_head(path: Path) -> Head:
    """The head in a file that `to_bytes` wrote. Raises ValueError or OSError for anything else."""
    with load_npz(path) as data:
        try:
            words, weights, own, bias, classes = (
                data[name] for name in ("words", "weights", "own", "bias", "classes")
            )
        except KeyError as error:
            raise ValueError(f"it has no {error}") from error
        network = str(data["network"]) if "network" in data else ""
    count = len(words) if words.ndim == 1 else -1
    if (weights.shape, own.shape, bias.shape, classes.shape) != (
        (count, EMBEDDING),
        (count,),
        (count,),
        (5,),
    ):
        raise ValueError("its parts do not fit together")
    numbers = [part.astype(np.float32) for part in (weights, own, bias, classes)]
    if not all(np.isfinite(part).all() for part in numbers):
        raise ValueError("not all of its numbers are finite")
    weights, own, bias, classes = numbers
    return Head(tuple(str(word) for word in words), weights, own, bias, classes, network)


MOST = 10
LEAST_SCORE = 0.35
# A photograph always gets three words to doubt, if need be below LEAST_SCORE.
FEWEST, LEAST_AT_ALL = 3, 0.005
# Words for many sorts of things: what anyone would say of a dog is "dog".
CATEGORIES = frozenset({"animal", "plant", "furniture", "food", "vehicle", "clothes", "tool"})
# From this score on, the narrower word speaks and its wider words are silent; categories are silent sooner.
SURE_OF_NARROWER, SURE_OF_MEMBER = 0.6, 0.45
# A name that only the classes know (a breed of dog) speaks in place of its everyday word from here on.
SURE_OF_NAME = 0.95
# A name is kept beside its everyday word, for whoever asks, from here on.
NAMED = 0.5
# Below this chance nobody's sex is told: somebody is a person or a child.
SURE_OF_SEX = 0.75
SEXES = frozenset({"man", "woman", "boy", "girl"})
# A wider word must be surer than the narrower by this much to be said in its place.
NOTICEABLE = 0.02
# Of words counted right p times in a hundred, the score that is shown: a plain reading below 0.4, then a
# cautious one. What is said at 0.5 or more carries statements, and must be right nine times in ten.
MEASURED = (0.0, 0.4, 0.8, 1.0)
SHOWN = (0.0, 0.4, 0.5, 1.0)
# Log odds from the classes below which they say nothing of a word that only they know.
HARDLY = -5.5
# How much less likely clothes are where nobody is seen, and acts where neither person nor animal is.
NOBODY_WEARS, NOBODY_ACTS = 1.3, 1.5
WORN_BY_ANIMALS = "collar"
ANIMALS = ("animal", "dog", "cat", "horse", "bird", "cow", "sheep")

Chances = dict[str, float]
Rows = npt.NDArray[np.intp]
Pairs = tuple[Rows, Rows, Floats]


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
def _seen_by_classes() -> npt.NDArray[np.bool_]:
    """Which words any class speaks for."""
    words, (rows, _, _) = _class_words()
    return np.bincount(rows, minlength=len(words)) > 0


@cache
def _under(known: tuple[str, ...]) -> tuple[Rows, Rows]:
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
    odds[known] = head.logits(embedding, np.where(_seen_by_classes(), seen, 0)[known])
    narrow, wide = _under(head.words)
    odds[narrow] = slope * seen[narrow] + share * odds[wide] + offset
    likely = seen >= HARDLY
    likely[known] = True
    _gate(odds)
    found = 1 / (1 + np.exp(-odds))
    return {word: chance for word, chance, said in zip(words, found.tolist(), likely, strict=True) if said}


@cache
def _of_group(group: str, without: str) -> Rows:
    members = [word for word, each in everyday_words().items() if each.group == group and word != without]
    return np.array([_row_of()[word] for word in members], np.intp)


def _gate(odds: Floats) -> None:
    """No clothes without a person, no acts without somebody who acts; nobody's face is surer than a person."""
    person = float(odds[_row_of()["person"]])
    somebody = _chance(person)
    alive = max(somebody, *(_chance(float(odds[_row_of()[word]])) for word in ANIMALS))
    odds[_of_group("clothes", WORN_BY_ANIMALS)] -= NOBODY_WEARS * (1 - somebody)
    odds[_of_group("act", "")] -= NOBODY_ACTS * (1 - alive)
    people = _of_group("people", "person")
    odds[people] = np.minimum(odds[people], person)


def _chance(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))


def claims(measured: Mapping[str, float]) -> Chances:
    """The scores that are shown for these chances; a wider word is never less sure than a narrower one.

    Below `LEAST_AT_ALL` they are left out, and so is a sex that is not sure.
    """
    likely = {
        word: chance
        for word, chance in measured.items()
        if chance >= (SURE_OF_SEX if word in SEXES else LEAST_AT_ALL)
    }
    shown = dict(zip(likely, np.interp(list(likely.values()), MEASURED, SHOWN).tolist(), strict=True))
    if "person" in likely:
        # Shown as it is: nearly all persons are much surer, and of those from 0.5 on nine in ten are right.
        shown["person"] = likely["person"]
    for word, score in list(shown.items()):
        for wide in wider_words().get(word, ()):
            if wide not in SEXES:
                shown[wide] = max(score, shown.get(wide, 0.0))
    return shown


@cache
def basic_word(word: str) -> str:
    """The everyday word for what a name names (dog, of a spaniel): the word itself where that is everyday."""
    if word in everyday_words():
        return word
    return next((w for w in wider_words()[word] if w in everyday_words() and w not in CATEGORIES), word)


def _floor(word: str) -> float:
    everyday = everyday_words().get(word)
    return (everyday and everyday.floor) or LEAST_AT_ALL


def choose(scores: Mapping[str, float], labeller: str) -> Labels:
    """Up to ten labels, best first; of a word and its wider words only one.

    The narrowest word that is sure enough speaks for its chain; where none is, the surest of the chain does.
    A name that is not sure stands among the `narrower` words of its everyday word.
    """
    likely = {word: score for word, score in scores.items() if score >= LEAST_AT_ALL}
    names = [word for word, score in likely.items() if basic_word(word) != word and score < SURE_OF_NAME]
    kept = _narrowest({word: score for word, score in likely.items() if word not in names})
    shown = _after_nouns({word: kept[word] for word in kept if kept[word] >= _floor(word)})
    best = sorted(shown, key=lambda each: _rank(each, shown[each]))[:MOST]
    said = [word for place, word in enumerate(best) if place < FEWEST or shown[word] >= LEAST_SCORE]
    named = sorted((name for name in names if likely[name] >= NAMED), key=lambda each: (-likely[each], each))
    return tuple(
        label(word, shown[word], labeller, narrower=tuple(n for n in named if basic_word(n) == word))
        for word in said
    )


def _after_nouns(scores: Mapping[str, float]) -> Chances:
    """The scores, where no act or quality is surer than the surest noun: it is said of something that is there."""
    surest = max((score for word, score in scores.items() if _is_noun(word)), default=0.0)
    return {word: score if _is_noun(word) else min(score, surest) for word, score in scores.items()}


def _is_noun(word: str) -> bool:
    return kinds().get(word, "thing") in NOUNS


def _rank(word: str, score: float) -> tuple[float, bool, str]:
    """The place of a word: by falling score; of the same score nouns go first, for the others are said of them."""
    return -round(score, 4), not _is_noun(word), word


def _narrowest(likely: Mapping[str, float]) -> Chances:
    """Of every word and its wider words, the one that speaks."""
    wider = wider_words()
    kept: Chances = {}
    under: dict[str, list[str]] = {}
    for word in sorted(likely, key=lambda each: (-len(wider.get(each, ())), -likely[each], each)):
        score = likely[word]
        narrower = [other for other in under.get(word, ()) if other in kept]
        surest = max((kept[other] for other in narrower), default=-1.0)
        silenced_from = SURE_OF_MEMBER if word in CATEGORIES else SURE_OF_NARROWER
        if surest >= silenced_from or score <= surest + NOTICEABLE:
            continue
        for other in narrower:
            del kept[other]
        kept[word] = score
        for wide in wider.get(word, ()):
            under.setdefault(wide, []).append(word)
    return kept


def label(word: str, score: float, labeller: str, narrower: tuple[str, ...] = ()) -> Label:
    """A label of one of the eye's words, with the kind and the wider words that it has in the tables."""
    kind: Kind = kinds().get(word, "thing")
    return Label(word, round(score, 4), labeller, kind, wider_words().get(word, ()), narrower=narrower)
