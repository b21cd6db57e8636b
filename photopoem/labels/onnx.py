"""A user's own image classifier: `onnx:MODEL.onnx,LABELS.txt`."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from photopoem.errors import LabelError, LabellerUnavailable, UsageError
from photopoem.files import open_regular
from photopoem.labels.labeller import Label, Labels, LabelSettings
from photopoem.labels.local.classes import KINDS_VERSION, kind_of
from photopoem.labels.local.network import import_onnxruntime, open_session
from photopoem.photo.reading import Photo, Pixels

MOST, LEAST_SCORE, USUAL_SIZE = 10, 0.05, 224
MOST_SIDE = 2048
"""The most pixels per side of a model's input. Classifiers take 224 to 600."""
MOST_SECONDS = 60.0
"""The most seconds that a model may take for one photograph."""
MAX_LABELS_BYTES = 4_000_000
# The usual normalization: torch's ImageNet mean and std for channels first, -1..1 for channels last.
USUAL = {"nchw": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)), "nhwc": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))}
SETTINGS = frozenset({"activation", "mean", "std"})
ACTIVATIONS = frozenset({"softmax", "sigmoid", "none"})

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WordList:
    """A labels file: one word per line, in the model's order, and `# name: value` lines with settings.

    Other lines that begin with `# ` are comments.
    """

    words: tuple[str, ...]
    settings: dict[str, str]


def read_words(path: Path) -> WordList:
    """Read the labels in a text file. Raises `LabellerUnavailable` if it cannot be read."""
    lines = _lines(path)
    notes = [line[1:].partition(":") for line in lines if line.startswith("# ")]
    settings = {name.strip().lower(): value.strip() for name, _, value in notes}
    words = tuple(line.strip() for line in lines if line.strip() and not line.startswith("# "))
    return WordList(words, {name: value for name, value in settings.items() if name in SETTINGS})


def _lines(path: Path) -> list[str]:
    try:
        with open_regular(path) as stream:
            data = stream.read(MAX_LABELS_BYTES + 1)
        lines = data.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LabellerUnavailable(
            f"{path}: the labels cannot be read ({error}); write them as UTF-8"
        ) from error
    if len(data) > MAX_LABELS_BYTES:
        raise LabellerUnavailable(f"{path}: too large for a list of labels")
    return lines


def _three(text: str, path: Path) -> tuple[float, float, float]:
    try:
        red, green, blue = (float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"{path}: {text!r} should be three numbers with commas between") from error
    return red, green, blue


@dataclass(frozen=True, slots=True)
class Intake:
    """A model's input: its name, layout, (height, width), and whether it takes raw bytes."""

    name: str
    layout: str
    size: tuple[int, int]
    raw: bool


def read_intake(session: Any, path: Path) -> Intake:
    """Read the model's input. Raises `LabellerUnavailable` if it is not a picture."""
    inputs = session.get_inputs()
    shape = list(inputs[0].shape) if inputs else []
    if len(inputs) != 1 or len(shape) != 4 or inputs[0].type not in {"tensor(float)", "tensor(uint8)"}:
        raise LabellerUnavailable(
            f"{path}: not an image classifier: it should take one float or uint8 picture"
        )
    if shape[1] == 3:
        layout, sides = "nchw", shape[2:]
    elif shape[3] == 3:
        layout, sides = "nhwc", shape[1:3]
    else:
        raise LabellerUnavailable(f"{path}: its input does not have three colors: {shape}")
    height, width = (side if isinstance(side, int) and side > 0 else USUAL_SIZE for side in sides)
    if max(height, width) > MOST_SIDE:
        raise LabellerUnavailable(
            f"{path}: it takes pictures of {width} x {height}; {MOST_SIDE} px per side is the limit"
        )
    return Intake(inputs[0].name, layout, (height, width), inputs[0].type == "tensor(uint8)")


class Onnx:
    """The user's own image classifier, with the words of the user's list."""

    name = "onnx"
    network = False

    def __init__(self, model: Path, labels: Path) -> None:
        self._path = model
        listed = read_words(labels)
        self._words, notes = listed.words, listed.settings
        digest = _digest(model)
        self._session = _session(model)
        self._intake = read_intake(self._session, model)
        mean, spread = USUAL[self._intake.layout]
        self._mean = np.array(_three(notes["mean"], labels) if "mean" in notes else mean, np.float32)
        self._spread = np.array(_three(notes["std"], labels) if "std" in notes else spread, np.float32)
        if not (self._spread > 0).all():
            raise UsageError(f"{labels}: the numbers of std should be greater than 0")
        self._activation = notes.get("activation", "")
        if self._activation and self._activation not in ACTIVATIONS:
            raise UsageError(f"{labels}: activation is softmax, sigmoid or none, not {self._activation!r}")
        self.version = digest[:12]
        self.parameters = hashlib.sha256(f"{listed!r} {KINDS_VERSION}".encode()).hexdigest()[:12]
        self.colophon = f"whoever trained {model.name} and wrote {labels.name}"

    def label(self, photos: Sequence[Photo]) -> list[Labels | LabelError]:
        """Up to ten labels per photo, best first."""
        return [self._label(photo) for photo in photos]

    def _label(self, photo: Photo) -> Labels | LabelError:
        try:
            answer = self._answer(self._prepare(photo.pixels))
        except TimeoutError as error:
            return LabelError(f"{photo.path}: {self._path.name} {error}")
        except Exception as error:
            # onnxruntime raises its own exceptions; a failure must affect only its photograph.
            return LabelError(f"{photo.path}: {self._path.name} cannot read it ({error})")
        values = np.asarray(answer, np.float32).reshape(-1)
        if len(values) != len(self._words):
            raise LabellerUnavailable(
                f"{self._path}: it knows {len(values)} labels and the list has {len(self._words)}: one a line"
            )
        return self._best(scores(values, self._activation))

    def _answer(self, prepared: npt.NDArray[Any]) -> Any:
        """The model's first output. Raises `TimeoutError` if it takes too long, because a model may loop forever."""
        limit = import_onnxruntime().RunOptions()
        timer = threading.Timer(MOST_SECONDS, setattr, (limit, "terminate", True))
        timer.daemon = True
        timer.start()
        try:
            return self._session.run(None, {self._intake.name: prepared}, limit)[0]
        except Exception as error:
            if limit.terminate:
                raise TimeoutError(f"takes longer than {MOST_SECONDS:g} seconds for it") from error
            raise
        finally:
            timer.cancel()

    def _prepare(self, pixels: Pixels) -> npt.NDArray[Any]:
        from PIL import Image

        height, width = self._intake.size
        small = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)
        values: npt.NDArray[Any] = np.asarray(small)
        if not self._intake.raw:
            values = (values.astype(np.float32) / 255.0 - self._mean) / self._spread
        if self._intake.layout == "nchw":
            values = values.transpose(2, 0, 1)
        return np.ascontiguousarray(values[None])

    def _best(self, found: Floats) -> Labels:
        best: dict[str, float] = {}
        for place in np.argsort(-found, kind="stable"):
            if found[place] < LEAST_SCORE or len(best) == MOST:
                break
            best.setdefault(self._words[place], round(float(found[place]), 4))
        return tuple(Label(word, score, self.name, kind_of(word)) for word, score in best.items())


def scores(values: Floats, activation: str = "") -> Floats:
    """A model's outputs (n,) as scores in 0..1.

    Without an `activation`, outputs that all lie in 0..1 (a softmax, or sigmoids) stay as they are, and others go
    through softmax.
    """
    finite = np.nan_to_num(values, nan=0.0, posinf=1e6, neginf=-1e6)
    if not activation:
        activation = "none" if (finite >= 0).all() and (finite <= 1).all() else "softmax"
    if activation == "sigmoid":
        return np.asarray(1 / (1 + np.exp(-np.clip(finite, -60, 60))), np.float32)
    if activation == "softmax":
        odds = np.exp(finite - finite.max(initial=0.0))
        return np.asarray(odds / max(float(odds.sum()), 1e-30), np.float32)
    return np.clip(finite, 0, 1)


def _digest(path: Path) -> str:
    try:
        with open_regular(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LabellerUnavailable(f"{path}: the model cannot be read ({error.strerror})") from error


def _session(path: Path) -> Any:
    try:
        return open_session(str(path))
    except Exception as error:
        # onnxruntime raises various exceptions for broken models; all of them mean the same here.
        first = str(error).splitlines()[0]
        raise LabellerUnavailable(f"{path}: onnxruntime cannot open it ({first})") from error


def open_labeller(argument: str, settings: LabelSettings) -> Onnx:
    """The classifier that `MODEL.onnx,LABELS.txt` names.

    Raises `UsageError` if it does not name two files, `LabellerUnavailable` if they cannot be used.
    """
    model, comma, labels = argument.rpartition(",")
    if not (comma and model and labels):
        raise UsageError("onnx needs two files: --labels onnx:MODEL.onnx,LABELS.txt")
    return Onnx(Path(model), Path(labels))
