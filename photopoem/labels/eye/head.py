"""A head: one linear classifier a word, on the network's embedding."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """`words` (n), `weights` float32 (n, 1280), `bias` float32 (n,)."""

    words: tuple[str, ...]
    weights: Floats
    bias: Floats

    def logits(self, embedding: Floats) -> Floats:
        """The log odds of each word, float32 (n,)."""
        found: Floats = self.weights @ embedding + self.bias
        return found

    def to_bytes(self) -> bytes:
        """The head as an .npz file, weights as float16; the same head gives the same bytes."""
        stream = io.BytesIO()
        half = self.weights.astype(np.float16)
        np.savez(stream, words=np.array(self.words), weights=half, bias=self.bias.astype(np.float32))
        return stream.getvalue()


def read_head(path: Path) -> Head:
    """The head in a file that `to_bytes` wrote. Raises ValueError or OSError for anything else."""
    with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as data:
        try:
            words, weights, bias = data["words"], data["weights"], data["bias"]
        except KeyError as error:
            raise ValueError(f"no {error} in it") from error
    if weights.shape != (len(words), 1280) or bias.shape != (len(words),):
        raise ValueError("its shapes do not fit together")
    return Head(tuple(str(word) for word in words), weights.astype(np.float32), bias.astype(np.float32))
