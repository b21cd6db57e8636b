"""Finds grammars by path or by the name of a shipped one, and chooses one of several for a photograph."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from photopoem.errors import GrammarError, UsageError, did_you_mean, did_you_mean_path

_PACKAGE = Path(__file__).resolve().parent.parent


@lru_cache(maxsize=1)
def shelf_folder() -> Path:
    """The folder of the shipped grammars: inside the wheel, or at the top of a checkout."""
    inside = _PACKAGE / "grammars"
    return inside if inside.is_dir() else _PACKAGE.parent / "grammars"


def shelf() -> list[str]:
    """The names of the shipped grammars, sorted."""
    return sorted(path.stem for path in shelf_folder().glob("*.json"))


def is_on_shelf(name: str) -> bool:
    """Whether this is the name of a shipped grammar."""
    plain = name.replace("-", "").replace("_", "")
    return plain.isalnum() and len(name) < 100 and (shelf_folder() / f"{name}.json").is_file()


def find_grammar(name_or_path: str) -> Path:
    """The file of a grammar. Raises `GrammarError` if there is none."""
    if is_on_shelf(name_or_path):
        return shelf_folder() / f"{name_or_path}.json"
    path = Path(name_or_path)
    try:
        if path.is_file():
            return path
    except (OSError, ValueError):  # a name too long, or with NUL in it, is no file
        pass
    near = did_you_mean(name_or_path, shelf()) or did_you_mean_path(name_or_path, ".json")
    there = f"; there are {', '.join(shelf()) or 'none'}, or give the path of a JSON file"
    raise GrammarError(f"{clean_name(name_or_path)}: no such grammar{near or there}")


def clean_name(name: str) -> str:
    """A name that is safe to show."""
    from photopoem.grammar.text import clean

    return clean(name, 200)


def expand_names(names: str | Iterable[str]) -> tuple[str, ...]:
    """The grammars named by `a,b.json,c` or `all`, each once. Raises `UsageError` if there is none.

    A comma in the name of a file that is there does not divide it.
    """
    given = [names] if isinstance(names, str) else list(names)
    found: list[str] = []
    for each in given:
        for name in _split(each):
            found.extend(shelf() if name.strip() == "all" else [name.strip()])
    wanted = tuple(dict.fromkeys(name for name in found if name))
    if not wanted:
        raise UsageError("no grammar was named; photopoem grammar list shows them")
    return wanted


def _split(names: str) -> Iterator[str]:
    """What stands between the commas; parts that name a file together stay together."""
    parts = names.split(",")
    while parts:
        ends = (end for end in range(len(parts), 1, -1) if _is_file(",".join(parts[:end]).strip()))
        end = next(ends, 1)
        yield ",".join(parts[:end])
        del parts[:end]


def _is_file(name: str) -> bool:
    return name.endswith(".json") and os.path.isfile(name)  # noqa: PTH113 - a Path raises for a name too long


def choose(names: str | Sequence[str], digest: str, seed: int) -> str:
    """One of several grammars for a photograph: by its digest and the seed alone.

    Each name is hashed with the photograph and the highest wins (Thaler and Ravishankar 1998), so a grammar
    added to the list takes only its own share of photographs and the others keep their poems.
    """
    wanted = expand_names(names)

    def height(name: str) -> bytes:
        stem = Path(name).stem
        return hashlib.sha256(f"{stem}\0{digest}\0{seed}".encode("utf-8", "surrogateescape")).digest()

    return wanted[0] if len(wanted) == 1 else max(wanted, key=height)
