"""The grammars that the studio offers: those of the shelf, and a person's own beside the poems."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from photopoem.errors import GrammarError, UsageError
from photopoem.grammar import load_grammar, shelf
from photopoem.text.clean import one_line

MOST_FILES = 200
"""Files of a folder that are looked at for grammars."""


def own_grammars(poems: Path) -> list[Path]:
    """The JSON files that may be a person's grammars: here, and beside the folder of poems."""
    folders = dict.fromkeys((Path(), poems.parent if poems.resolve().parent != Path.cwd() else Path()))
    found = (each for folder in folders for each in sorted(folder.glob("*.json"))[:MOST_FILES])
    return [each for each in found if each.is_file()]


def offered(poems: Path) -> list[dict[str, str]]:
    """The grammars that can be written with: what to ask for each by, its name, and what it says of itself."""
    return [*_loaded(map(str, own_grammars(poems)), "a file here"), *_loaded(shelf(), "")]


def _loaded(names: Any, about: str) -> Iterator[dict[str, str]]:
    for name in names:
        try:
            grammar = load_grammar(name)
        except GrammarError:
            continue  # no grammar, or one with faults: the grammar view tells of those
        said = one_line(grammar.about) or about
        yield {"id": name, "name": one_line(os.path.splitext(os.path.basename(name))[0]), "about": said}  # noqa: PTH119, PTH122


def checked_name(poems: Path, name: str) -> str:
    """A grammar's name that a page sent, where it is offered. Raises `UsageError`: no other file is opened."""
    if name and name not in (each["id"] for each in offered(poems)):
        raise UsageError("there is no such grammar here any more")
    return name
