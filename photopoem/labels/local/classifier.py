"""photopoem's own classifier head: evidence for each word, and from it a photograph's words and scores."""

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
"""The most bytes of a file, packed and unpacked. A thousand taught words are 3 MB."""


def load_npz(path: Path, most: int = MOST_BYTES) -> Any:
    """The arrays of an .npz file by name, as from `numpy.load`, in a `with` block.

    numpy allocates the size in an array's header before it reads the array, so a small file could claim all memory.
    Raises `ValueError` for a file that unpacks to more than `most` bytes, claims more than it has, or is not .npz, and
    `OSError` for one that cannot be read.
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
        raise ValueError(f"not an .npz file ({error})") from error
    # Pickles are not loaded, because an array of objects could run any code.
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
FLOOR = 2e-3  # the least probability in a logarithm


def shares(logits: Floats) -> Floats:
    """The classes' probabilities, float32 of the same shape: softmax over the last axis."""
    odds: Floats = np.exp(logits - logits.max(axis=-1, keepdims=True))
    total: Floats = odds.sum(axis=-1, keepdims=True)
    return np.divide(odds, total, dtype=np.float32)


def log_odds(chance: Floats) -> Floats:
    """ln(p / (1 - p)), clamped to about -6..6."""
    clipped = np.clip(chance, 0.0, 1.0)
    found: Floats = np.log((clipped + FLOOR) / (1.0 - clipped + FLOOR))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """The head: a word's log odds are `weights @ embedding + own * (log odds from the classes) + bias`.

    `words` (n), `weights` float32 (n, 1280), `own` and `bias` float32 (n,). `classes` float32 (5,) are for words that
    only the classes have: slope, weight of the head's log odds of the wider word, and offset, if the head has a wider
    word; otherwise slope and offset. `network` names the network whose embeddings it was trained on; it does not work
    with others.
    """

    words: tuple[str, ...]
    weights: Floats
    own: Floats
    bias: Floats
    classes: Floats
    network: str = ""

    def logits(self, embedding: Floats, seen: Floats) -> Floats:
        """The log odds of each word; `seen` (n,) are its log odds from the classes alone."""
        # einsum, because BLAS would wake its threads, which takes longer than the sum.
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
    """Read a head from a file that `to_bytes` wrote. Raises `ValueError` or `OSError` for anything else."""
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
# A photograph always gets three words, even below LEAST_SCORE.
FEWEST, LEAST_AT_ALL = 3, 0.005
# Category words; a dog is better called "dog".
CATEGORIES = frozenset({"animal", "plant", "furniture", "food", "vehicle", "clothes", "tool", "wild cat"})
# From this score, a narrower word replaces its wider words; categories are replaced sooner.
SURE_OF_NARROWER, SURE_OF_MEMBER = 0.6, 0.45
# From this score, a word that tells the sex or the age replaces "person"; below, a poem would ask "a man?" of somebody
# who is plainly there.
SURE_OF_WHO = 0.7
# From this score, a name that only the classes have (castle, fire engine, parrot) replaces its everyday word. Breeds
# and species need more, because people say "dog" even where they know the breed; of birds they say the species, and
# nobody calls a bison a cow.
SURE_OF_NAME, SURE_OF_SPECIES = 0.7, 0.95
SURE_OF_SPECIES_OF = {"bird": 0.8, "cow": 0.7}
LIVING = frozenset({"animal", "plant"})
# From this score, a name is kept among the narrower words of its everyday word. It is a guess: 17 of 28 were right.
NAMED = 0.45
# Below this probability, words that tell the sex are replaced by person or child.
SURE_OF_SEX = 0.75
GROWN = {"man": "boy", "woman": "girl"}
SEXES = frozenset({*GROWN, *GROWN.values()})
# A wider word must be surer than the narrower one by this much to be used in its place.
NOTICEABLE = 0.02
# Less likely words cannot displace a word of LEAST_SCORE, so the hundreds of them are skipped if there are enough
# others.
NEARLY = LEAST_SCORE - 2 * NOTICEABLE
# Measured precision -> the score that is shown: unchanged below 0.4, cautious above, because words with 0.5 or more
# should be right nine times in ten.
MEASURED = (0.0, 0.4, 0.82, 1.0)
SHOWN = (0.0, 0.4, 0.5, 1.0)
# The same for words that are right more often than their probability says: from .55 on, a person is right nine times in
# ten, and a face or hair were 48 times of 50, but below hardly every second.
MEASURED_OF_PERSON = (0.0, 0.4, 0.54, 0.55, 1.0)
_SHOWN_OF_FACE = (0.0, 0.4, 0.49, 0.7, 1.0)
SHOWN_OF_PERSON = {"person": (0.0, 0.4, 0.49, 0.5, 1.0), "face": _SHOWN_OF_FACE, "hair": _SHOWN_OF_FACE}
# And for the surest animal, which was right 44 times of 48 where its probability was .61 to .82.
MEASURED_OF_ANIMAL, SHOWN_OF_ANIMAL = (0.0, 0.4, 0.6, 0.61, 1.0), (0.0, 0.4, 0.49, 0.6, 1.0)
# Below these log odds, the classes give no evidence for a word that only they have.
HARDLY = -5.5
# How much less likely clothes are without a person, and acts without a person or an animal.
NOBODY_WEARS, NOBODY_ACTS = 1.3, 1.5
WORN_BY_ANIMALS = "collar"
ANIMALS = ("animal", "dog", "cat", "horse", "bird", "cow", "sheep")

Chances = dict[str, float]
Rows = npt.NDArray[np.intp]
Pairs = tuple[Rows, Rows, Floats]


@cache
def _class_words() -> tuple[tuple[str, ...], Pairs]:
    """Every word, and the sparse (word, class, weight) entries where a class counts for a word."""
    words = tuple(kinds())
    matrix = evidence(words)
    rows, columns = np.nonzero(matrix)
    return words, (rows, columns, matrix[rows, columns])


@cache
def _row_of() -> dict[str, int]:
    return {word: row for row, word in enumerate(_class_words()[0])}


def class_chances(logits: Floats) -> tuple[tuple[str, ...], Floats]:
    """Every word, and its log odds from the classes alone; a wider word sums up its narrower ones."""
    words, (rows, columns, much) = _class_words()
    # Not a matrix product, because BLAS would wake its threads, which takes longer than the sum.
    sums = np.bincount(rows, much * shares(logits)[columns], len(words))
    return words, log_odds(sums.astype(np.float32))


@cache
def _seen_by_classes() -> npt.NDArray[np.bool_]:
    """The words for which any class counts."""
    words, (rows, _, _) = _class_words()
    return np.bincount(rows, minlength=len(words)) > 0


@cache
def _under(known: tuple[str, ...]) -> tuple[Rows, Rows]:
    """The rows of words with a wider word among `known`, and the rows of the nearest such wider words."""
    pairs = []
    for word, row in _row_of().items():
        near = [wide for wide in wider_words()[word] if wide in known]
        if near and word not in known:
            pairs.append((row, _row_of()[near[0]]))
    both = np.array(pairs, np.intp).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def chances(head: Head, embedding: Floats, logits: Floats) -> Chances:
    """The probability of each word, in 0..1: from the head if it has the word, otherwise from the classes.

    A word of the classes is likelier if the head also sees its wider word: a finch, if it sees a bird.
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


def chance_of_person(head: Head, embedding: Floats, logits: Floats) -> float:
    """The probability of a person, as in `chances`, in a fraction of its time; 0 if the head lacks the word."""
    if "person" not in head.words:
        return 0.0
    row, known = head.words.index("person"), _row_of()["person"]
    seen = float(class_chances(logits)[1][known]) if _seen_by_classes()[known] else 0.0
    own = float(np.einsum("j,j->", head.weights[row], embedding))
    return _chance(own + float(head.own[row]) * seen + float(head.bias[row]))


@cache
def _of_group(group: str, without: str) -> Rows:
    members = [word for word, each in everyday_words().items() if each.group == group and word != without]
    return np.array([_row_of()[word] for word in members], np.intp)


def _gate(odds: Floats) -> None:
    """Make clothes unlikely without a person, acts without an actor, and a face at most as sure as a person."""
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
    """The scores to show for these probabilities; a wider word is never less sure than a narrower one.

    Scores below `LEAST_AT_ALL` are left out, and so are words for an unsure sex. Young women are often seen as girls as
    well, so where both are sure, the child's word is left out.
    """
    likely = {
        word: chance
        for word, chance in measured.items()
        if chance >= (SURE_OF_SEX if word in SEXES else LEAST_AT_ALL)
    }
    for grown, young in GROWN.items():
        if grown in likely:
            likely.pop(young, None)
    shown = dict(zip(likely, np.interp(list(likely.values()), MEASURED, SHOWN).tolist(), strict=True))
    for word in likely.keys() & SHOWN_OF_PERSON:
        shown[word] = float(np.interp(likely[word], MEASURED_OF_PERSON, SHOWN_OF_PERSON[word]))
    if animal := _surest_animal(likely):
        shown[animal] = float(np.interp(likely[animal], MEASURED_OF_ANIMAL, SHOWN_OF_ANIMAL))
    for word, score in list(shown.items()):
        for wide in wider_words().get(word, ()):
            if wide not in SEXES:
                shown[wide] = max(score, shown.get(wide, 0.0))
    return shown


@cache
def _animals() -> frozenset[str]:
    """The everyday words for animals, such as dog or tiger."""
    return frozenset(
        w
        for w, wider in wider_words().items()
        if "animal" in wider and basic_word(w) == w and w not in CATEGORIES
    )


def _surest_animal(likely: Mapping[str, float]) -> str:
    """The likeliest of them; "" without any."""
    return max(likely.keys() & _animals(), key=lambda word: (likely[word], word), default="")


@cache
def basic_word(word: str) -> str:
    """The everyday word for a name (spaniel: dog); the word itself if it is an everyday word."""
    if word in everyday_words():
        return word
    return next((w for w in wider_words()[word] if w in everyday_words() and w not in CATEGORIES), word)


def _is_sure_of_name(name: str, score: float) -> bool:
    living = not LIVING.isdisjoint(wider_words()[name])
    return score >= SURE_OF_SPECIES_OF.get(basic_word(name), SURE_OF_SPECIES if living else SURE_OF_NAME)


def _floor(word: str) -> float:
    everyday = everyday_words().get(word)
    return (everyday and everyday.floor) or LEAST_AT_ALL


def choose(scores: Mapping[str, float], labeller: str) -> Labels:
    """Up to ten labels, best first; of a word and its wider words only one.

    The narrowest word that is sure enough represents its chain; if there is none, the surest does. An unsure name
    becomes one of the `narrower` words of its everyday word.
    """
    said = _chosen(scores, NEARLY, labeller)
    if len(said) >= FEWEST and said[FEWEST - 1].score >= LEAST_SCORE:
        return said
    return _chosen(scores, LEAST_AT_ALL, labeller)


def _chosen(scores: Mapping[str, float], least: float, labeller: str) -> Labels:
    """The labels of the words that have a score of `least` or more."""
    likely = {word: score for word, score in scores.items() if score >= least}
    names = [
        word
        for word, score in likely.items()
        if basic_word(word) != word and not _is_sure_of_name(word, score)
    ]
    kept = _narrowest({word: score for word, score in likely.items() if word not in names})
    shown = _after_nouns({word: kept[word] for word in kept if kept[word] >= _floor(word)})
    # At the same score nouns come first, because other words describe them.
    best = sorted(shown, key=lambda word: (-round(shown[word], 4), not _is_noun(word), word))[:MOST]
    said = [word for place, word in enumerate(best) if place < FEWEST or shown[word] >= LEAST_SCORE]
    named = _narrowest_names({name: likely[name] for name in names if likely[name] >= NAMED})
    return tuple(
        label(word, shown[word], labeller, narrower=tuple(n for n in named if basic_word(n) == word))
        for word in said
    )


def _narrowest_names(likely: Mapping[str, float]) -> list[str]:
    """The names without those that are wider than another one (beetle beside ladybird), likeliest first."""
    wide = {wider for name in likely for wider in wider_words()[name]}
    return sorted(set(likely) - wide, key=lambda each: (-likely[each], each))


def _after_nouns(scores: Mapping[str, float]) -> Chances:
    """The scores with acts and qualities capped at the surest noun, which they describe."""
    surest = max((score for word, score in scores.items() if _is_noun(word)), default=0.0)
    return {word: score if _is_noun(word) else min(score, surest) for word, score in scores.items()}


def _is_noun(word: str) -> bool:
    return kinds().get(word, "thing") in NOUNS


def _narrowest(likely: Mapping[str, float]) -> Chances:
    """The word that represents each chain of a word and its wider words."""
    wider = wider_words()
    kept: Chances = {}
    under: dict[str, list[str]] = {}
    for word in sorted(likely, key=lambda each: (-len(wider.get(each, ())), -likely[each], each)):
        score = likely[word]
        narrower = [other for other in under.get(word, ()) if other in kept]
        surest = max((kept[other] for other in narrower), default=-1.0)
        silenced_from = _silenced_from(word)
        if surest >= silenced_from or score <= surest + NOTICEABLE:
            continue
        for other in narrower:
            del kept[other]
        kept[word] = score
        for wide in wider.get(word, ()):
            under.setdefault(wide, []).append(word)
    return kept


def _silenced_from(word: str) -> float:
    """The score of a narrower word from which it is used in place of this one."""
    if word in CATEGORIES:
        return SURE_OF_MEMBER
    return SURE_OF_WHO if "person" in (word, *wider_words().get(word, ())) else SURE_OF_NARROWER


def label(word: str, score: float, labeller: str, narrower: tuple[str, ...] = ()) -> Label:
    """A label for a word of the built-in labeller, with its kind and wider words from the tables."""
    kind: Kind = kinds().get(word, "thing")
    return Label(word, round(score, 4), labeller, kind, wider_words().get(word, ()), narrower=narrower)
