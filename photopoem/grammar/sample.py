"""Vocabularies without a photograph: the shipped sample, or one kept in a file."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from photopoem.errors import UsageError
from photopoem.poem import subject_from_record
from photopoem.vocabulary import Vocabulary, make_vocabulary


def sample_vocabulary() -> Vocabulary:
    """The vocabulary by which grammars are tried where no photograph is given."""
    text = files("photopoem").joinpath("data/sample-vocabulary.json").read_text("utf-8")
    return vocabulary_of(json.loads(text))


def read_vocabulary(path: Path) -> Vocabulary:
    """The vocabulary kept in a file: what `photopoem look --json` prints, or a line of poems.jsonl.

    Raises `UsageError` where it is neither.
    """
    try:
        return vocabulary_of(json.loads(path.read_text("utf-8").splitlines()[0]))
    except (KeyError, IndexError, json.JSONDecodeError):
        pass
    try:
        return vocabulary_of(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path}: no vocabulary ({error}); photopoem look PHOTO --json prints one"
        ) from error


def vocabulary_of(record: Any) -> Vocabulary:
    """The vocabulary of a record with labels, palette and moment."""
    return make_vocabulary(subject_from_record(record))
