"""The grammars that the studio offers: those of the shelf, and a person's own beside the poems."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from photopoem.errors import GrammarError, UsageError
from photopoem.files import read_regular, write_atomically
from photopoem.grammar import find_grammar, load_grammar, shelf
from photopoem.studio.wall import Unsure
from photopoem.text.clean import one_line

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,60}")

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


@dataclass(frozen=True, slots=True)
class Desk:
    """Where grammars are opened and saved: the files beside the poems, the shelf, and one file that was named."""

    poems: Path
    named: Path | None = None

    def own(self) -> list[Path]:
        """The person's own grammars, the named one first."""
        others = own_grammars(self.poems)
        return (
            others if self.named is None else [self.named, *(each for each in others if each != self.named)]
        )

    def listed(self) -> list[dict[str, Any]]:
        """What can be opened: a person's own files, with or without faults, and the shelf to copy from."""
        files = [{"id": str(each), "name": one_line(each.name), "own": True} for each in self.own()]
        return files + [{"id": name, "name": name, "own": False} for name in shelf()]

    def stamps(self) -> list[tuple[str, int, int]]:
        """Time and size of each own file: they differ where one was changed."""
        found = []
        for each in self.own():
            with suppress(OSError):
                status = each.stat()
                found.append((str(each), status.st_mtime_ns, status.st_size))
        return found

    def text(self, id_: str) -> str:
        """The text of a grammar that is listed. Raises `UsageError` for any other, `GrammarError`."""
        if id_ not in (each["id"] for each in self.listed()):
            raise UsageError("there is no such grammar here any more")
        path = next((each for each in self.own() if str(each) == id_), None) or find_grammar(id_)
        try:
            return read_regular(path).decode("utf-8-sig", "replace")
        except OSError as error:
            raise GrammarError(f"{path}: cannot be read: {error.strerror or error}") from error

    def save(self, name: str, text: str, before: str | None, *, sure: bool = False) -> Path:
        """Write a grammar's text into a file of the person's own, and return it.

        `name` is that of an own file, or a new one beside the poems. `before` is the text that was opened from there;
        where another stands there, `Unsure` is raised unless the person is `sure`. Raises `UsageError`, `StoreError`.
        """
        path = next((each for each in self.own() if str(each) == name), None)
        if path is None:
            if not _PLAIN.fullmatch(name):
                raise UsageError("a grammar's name has letters, digits, - and _, such as my-haiku")
            path = Path(os.path.normpath(self.poems.parent / f"{name}.json"))
        there = read_regular(path).decode("utf-8-sig", "replace") if path.is_file() else None
        if there not in (None, before, text) and not sure:
            raise Unsure(f"Another text stands in {path.name} by now. Write yours over it?")
        write_atomically(path, text)
        return path


def checked_name(poems: Path, name: str) -> str:
    """A grammar's name that a page sent, where it is offered. Raises `UsageError`: no other file is opened."""
    if name and name not in (each["id"] for each in offered(poems)):
        raise UsageError("there is no such grammar here any more")
    return name
