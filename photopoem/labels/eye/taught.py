"""Where the words that people teach the eye are kept, and how they are read back."""

from __future__ import annotations

import os
import re
from pathlib import Path

from photopoem.errors import LabellerUnavailable, UsageError, did_you_mean
from photopoem.labels.eye.head import Head, read_head

VARIABLE = "PHOTOPOEM_EYE_DIR"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def taught_folder() -> Path:
    """PHOTOPOEM_EYE_DIR where it is set, else a folder `eye` among the user's data."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen)
    from platformdirs import user_data_path

    return user_data_path("photopoem", appauthor=False) / "eye"


def taught_path(name: str) -> Path:
    """The file of what was taught under `name`. Raises `UsageError` for a name that is no plain word."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a head: small letters, digits, - and _, 64 at most")
    return taught_folder() / f"{name}.npz"


def taught_names() -> list[str]:
    """The names under which something has been taught, in order."""
    return sorted(path.stem for path in taught_folder().glob("*.npz") if _NAME.fullmatch(path.stem))


def read_taught(name: str) -> Head:
    """What was taught as `name`. Raises `UsageError` where nothing was, `LabellerUnavailable` where it is broken."""
    path = taught_path(name)
    if not path.is_file():
        known = ", ".join(taught_names()) or "none yet"
        near = did_you_mean(name, taught_names()) or f"; photopoem eye teach FOLDER --as {name}"
        raise UsageError(f"nothing has been taught as {name!r} ({known}){near}")
    try:
        return read_head(path)
    except Exception as error:
        # zip, numpy and our own checks each raise their own; to a person all mean the same.
        raise LabellerUnavailable(f"{path}: no head can be read from it ({error}); teach it again") from error
