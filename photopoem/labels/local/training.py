"""Teaches the built-in labeller new words, from twenty photographs per word."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from photopoem.errors import LabellerUnavailable, PhotoError, UsageError, did_you_mean
from photopoem.files import read_regular
from photopoem.labels.local.classifier import Head, read_head
from photopoem.labels.local.network import VERSION, Network, as_one, views
from photopoem.photo.discover import SUFFIXES
from photopoem.photo.reading import read_photo
from photopoem.text.terminal import counted

VARIABLE = "PHOTOPOEM_EYE_DIR"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def taught_folder() -> Path:
    """PHOTOPOEM_EYE_DIR if it is set, otherwise the folder `eye` in the user's data folder.

    Raises `UsageError` if the user has no home folder.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen)
    from platformdirs import user_data_path

    try:
        return user_data_path("photopoem", appauthor=False) / "eye"
    except RuntimeError:
        raise UsageError(
            f"you have no home folder here; set {VARIABLE} to a folder for what is taught"
        ) from None


def taught_path(name: str) -> Path:
    """The file of the words taught under `name`. Raises `UsageError` for an invalid name."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is not a valid name: use lower-case letters, digits, - and _, at most 64")
    return taught_folder() / f"{name}.npz"


def taught_names() -> list[str]:
    """The names under which words have been taught, sorted."""
    return sorted(
        path.stem for path in taught_folder().glob("*.npz") if _NAME.fullmatch(path.stem) and path.is_file()
    )


def read_taught(name: str) -> Head:
    """The head taught as `name`.

    Raises `UsageError` if there is none, `LabellerUnavailable` if it is broken or belongs to another network.
    """
    path = taught_path(name)
    if not path.is_file():
        known = ", ".join(taught_names()) or "none yet"
        near = did_you_mean(name, taught_names()) or f"; photopoem eye teach FOLDER --as {name}"
        raise UsageError(f"nothing has been taught as {name!r} ({known}){near}")
    try:
        head = read_head(path)
    except Exception as error:
        # zipfile, numpy and our own checks raise different exceptions with the same meaning here.
        raise LabellerUnavailable(f"{path}: not a file of taught words ({error}); teach it again") from error
    if head.network != VERSION:
        again = f"photopoem eye teach FOLDER --as {name} --force"
        raise LabellerUnavailable(
            f"{path}: taught by another version, with another network; teach it again: {again}"
        )
    return head


LIST = "words.csv"
ENOUGH = 20  # photographs per word; fewer cause a warning
FEWEST = 5  # the least photographs per word for learning and testing
MOST_WORDS, LONGEST_WORD = 200, 60
FOLDS = 5
SEED = 2020
# Regularization that avoids overfitting on twenty photographs in 1,280 dimensions.
PENALTY = 0.003

Floats = npt.NDArray[np.float32]
Lessons = Mapping[str, Sequence[Path]]


@dataclass(frozen=True, slots=True)
class Report:
    """The test of a word: its photographs, how many of them were recognized unseen (at 0.5), and false alarms.
    `others` is the number of photographs without the word, `alarms` how many of them were mistaken for it.
    """

    word: str
    photos: int
    found: int
    others: int
    alarms: int


def read_lessons(folder: Path) -> dict[str, list[Path]]:
    """The photographs of each word, from `words.csv` (photo, words) if it exists, otherwise from subfolders.

    In the list, `|` separates several words of a photograph. Raises `UsageError` for a folder without words, or with
    too few photographs for a word.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder}: not a folder of photographs to teach from")
    found = _from_list(folder) if (folder / LIST).is_file() else _from_subfolders(folder)
    if not found or len(found) > MOST_WORDS:
        raise UsageError(
            f"{folder}: needs a subfolder for each word, or {LIST} with the columns photo and words"
        )
    for word, photos in found.items():
        if len(photos) < FEWEST:
            raise UsageError(
                f"{folder}: {word!r} has {counted(len(photos), 'photograph')}; it takes {FEWEST}, better {ENOUGH}"
            )
    return found


def _from_subfolders(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for place in sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith(".")):
        photos = sorted(each for each in place.iterdir() if each.suffix.lower() in SUFFIXES)
        if photos:
            found[_word(place.name)] = photos
    return found


def _from_list(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    try:
        text = read_regular(folder / LIST).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{folder / LIST}: cannot be read ({error}); write it as UTF-8") from error
    for row in rows:
        photo, words = row.get("photo"), row.get("words")
        if not photo or words is None:
            raise UsageError(f"{folder / LIST}: needs the columns photo and words")
        for word in words.split("|"):
            if word.strip():
                found.setdefault(_word(word), []).append(folder / photo)
    return found


def _word(text: str) -> str:
    """A word as poems use it: underscores become spaces, and its ends are stripped."""
    word = " ".join(text.replace("_", " ").split())
    if not word or len(word) > LONGEST_WORD:
        raise UsageError(f"{text!r} is not a valid word: 1 to {LONGEST_WORD} characters")
    return word


def teach(
    lessons: Lessons, network: Network, note: Callable[[str], None], step: Callable[[int, int], None]
) -> tuple[Head, list[Report]]:
    """A head for the words of `lessons`, and the cross-validated report of each word.

    `note` is called for photographs that cannot be read, `step` after each photograph with (done, total). Raises
    `UsageError` if too few photographs of a word can be read.
    """
    photos = sorted({photo for listed in lessons.values() for photo in listed})
    seen: dict[Path, Floats] = {}
    for number, path in enumerate(photos, 1):
        try:
            pixels = read_photo(path).pixels
        except PhotoError as error:
            note(f"{error}; left out")
        else:
            whole, middle = (view.sight for view in network.views(pixels))
            mirrored = network.see_prepared(views(pixels)[1])
            seen[path] = np.stack([each.embedding for each in (as_one(whole, middle), mirrored, middle)])
        step(number, len(photos))
    learned = [_learn(word, listed, seen) for word, listed in lessons.items()]
    weights, bias, reports = zip(*learned, strict=True)
    count = len(reports)
    words = tuple(report.word for report in reports)
    nothing = np.zeros(count, np.float32)
    none = np.zeros(5, np.float32)
    head = Head(words, np.stack(weights), nothing, np.array(bias, np.float32), none, VERSION)
    return head, list(reports)


def _background() -> Floats:
    """Embeddings (n, 1280) of openly licensed photographs, as negative examples for new words."""
    with as_file(files("photopoem") / "data" / "eye-background.npz") as path, np.load(path) as data:
        found: Floats = data["embedding"].astype(np.float32)
    return found


def _learn(word: str, listed: Sequence[Path], seen: Mapping[Path, Floats]) -> tuple[Floats, float, Report]:
    """One word's weights (1280,) and bias, calibrated by cross-validation."""
    mine = sorted({path for path in listed if path in seen})
    if len(mine) < FEWEST:
        raise UsageError(
            f"{word!r} has {counted(len(mine), 'photograph')} that can be read; it takes {FEWEST}"
        )
    others = [seen[path] for path in seen if path not in set(mine)]
    groups = [seen[path] for path in mine] + others + [row[None] for row in _background()]
    truth = np.arange(len(groups)) < len(mine)
    odds = _unseen_odds(groups, truth)
    slope, offset = _platt(odds, truth)
    weights, bias = _fit(groups, truth)
    said = slope * odds + offset > 0
    report = Report(word, len(mine), int(said[truth].sum()), int((~truth).sum()), int((said & ~truth).sum()))
    return (weights * slope).astype(np.float32), float(bias * slope + offset), report


def _fit(groups: Sequence[Floats], truth: npt.NDArray[np.bool_]) -> tuple[Floats, float]:
    """Weights (1280,) and bias of a class-balanced logistic regression over all views."""
    from sklearn.linear_model import LogisticRegression

    rows = np.concatenate(groups)
    target = np.repeat(truth, [len(group) for group in groups])
    middle, spread = rows.mean(axis=0), rows.std(axis=0) + 0.05
    model = LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=1000)
    model.fit((rows - middle) / spread, target)
    weights: Floats = (model.coef_[0] / spread).astype(np.float32)
    return weights, float(model.intercept_[0] - middle @ weights)


def _unseen_odds(groups: Sequence[Floats], truth: npt.NDArray[np.bool_]) -> Floats:
    """For each photograph's whole view, the log odds of a head that was trained without that photograph."""
    from sklearn.model_selection import StratifiedKFold

    odds = np.zeros(len(groups), np.float32)
    folds = StratifiedKFold(min(FOLDS, int(truth.sum())), shuffle=True, random_state=SEED)
    for rest, out in folds.split(odds, truth):
        weights, bias = _fit([groups[each] for each in rest], truth[rest])
        odds[out] = np.stack([groups[each][0] for each in out]) @ weights + bias
    return odds


def _platt(odds: Floats, truth: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of Platt's calibration (J. Platt, 1999), regularized for few examples."""
    from sklearn.linear_model import LogisticRegression

    scale = float(odds.std()) or 1.0
    model = LogisticRegression(C=1.0).fit(odds[:, None] / scale, truth)
    return max(float(model.coef_[0, 0]), 0.0) / scale, float(model.intercept_[0])
