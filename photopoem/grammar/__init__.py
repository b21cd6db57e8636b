"""Tracery grammars for photographs: finds, loads, checks and expands them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from photopoem.errors import GrammarError, UsageError, did_you_mean, did_you_mean_path

if TYPE_CHECKING:
    from photopoem.grammar.grammar import Grammar, Written, load_grammar
    from photopoem.grammar.loader import Problem

_PACKAGE = Path(__file__).resolve().parent.parent


@lru_cache(maxsize=1)
def shelf_folder() -> Path:
    """The folder of the built-in grammars: inside the wheel, or at the top of a checkout."""
    inside = _PACKAGE / "grammars"
    return inside if inside.is_dir() else _PACKAGE.parent / "grammars"


def shelf() -> list[str]:
    """The names of the built-in grammars, sorted."""
    return sorted(path.stem for path in shelf_folder().glob("*.json"))


def is_on_shelf(name: str) -> bool:
    """Whether this is the name of a built-in grammar."""
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
    except (OSError, ValueError):  # too long, or with NUL: not a file name
        pass
    near = did_you_mean(name_or_path, shelf()) or did_you_mean_path(name_or_path, ".json")
    there = f"; there are {', '.join(shelf()) or 'none'}, or give the path of a JSON file"
    raise GrammarError(f"{clean_name(name_or_path)}: no such grammar{near or there}")


def clean_name(name: str) -> str:
    """A name that is safe to display."""
    from photopoem.grammar.text import clean

    return clean(name, 200)


def expand_names(names: str | Iterable[str]) -> tuple[str, ...]:
    """The grammars in `a,b.json,c` or `all`, each once. Raises `UsageError` if there is none.

    A comma in the name of an existing file does not split it.
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
    """The names between commas; an existing file's name may contain commas."""
    parts = names.split(",")
    while parts:
        ends = (end for end in range(len(parts), 1, -1) if _is_file(",".join(parts[:end]).strip()))
        end = next(ends, 1)
        yield ",".join(parts[:end])
        del parts[:end]


def _is_file(name: str) -> bool:
    return name.endswith(".json") and os.path.isfile(name)  # noqa: PTH113 - a Path raises for a name too long


def choose(names: str | Sequence[str], digest: str, seed: int) -> str:
    """One of several grammars for a photograph, by its digest and the seed alone.

    Each name is hashed with the photograph, and the highest hash wins (Thaler and Ravishankar 1998). So a grammar
    added to the list takes only its share of photographs, and the others keep their poems.
    """
    wanted = expand_names(names)

    def height(name: str) -> bytes:
        stem = Path(name).stem
        return hashlib.sha256(f"{stem}\0{digest}\0{seed}".encode("utf-8", "surrogateescape")).digest()

    return wanted[0] if len(wanted) == 1 else max(wanted, key=height)


__all__ = [
    "Grammar",
    "Problem",
    "Written",
    "check_grammar",
    "check_loaded",
    "choose",
    "expand_names",
    "find_grammar",
    "load_grammar",
    "shelf",
    "shelf_folder",
]


def check_grammar(path: Path) -> list[Problem]:
    """Every problem of a grammar's file, in file order. Raises `GrammarError` if the file cannot be read.

    A grammar without errors fails in a run only if a photograph lacks words that it needs.
    """
    from photopoem.grammar.check import problems_of
    from photopoem.grammar.loader import read_parts
    from photopoem.grammar.preview import tried_problems

    parts = read_parts(path)
    problems = problems_of(parts)
    if any(problem.error for problem in problems):
        return problems
    return problems + tried_problems(path.stem, parts)


def check_loaded(grammar: Grammar) -> list[Problem]:
    """The result of `check_grammar` for a grammar that is loaded already, without reading its file again."""
    from photopoem.grammar.check import noted_problems
    from photopoem.grammar.preview import tried_problems

    return noted_problems(grammar.parts) + tried_problems(grammar.name, grammar.parts)


# These are imported on first use, so that shell completion of grammar names is fast.
_HOME_OF = {"Problem": "loader", "Grammar": "grammar", "Written": "grammar", "load_grammar": "grammar"}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'photopoem.grammar' has no attribute {name!r}")
    return getattr(import_module(f"photopoem.grammar.{_HOME_OF[name]}"), name)
