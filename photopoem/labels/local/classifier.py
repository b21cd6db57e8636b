"""The project's own head: one linear classifier a word, on the network's embedding and its classes."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from photopoem.files import read_regular

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
