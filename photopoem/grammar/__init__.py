"""Tracery grammars for photographs: loads, checks and expands them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from photopoem.grammar.shelf import choose, expand_names, find_grammar, shelf, shelf_folder

if TYPE_CHECKING:
    from pathlib import Path

    from photopoem.grammar.grammar import Grammar, Written, load_grammar
    from photopoem.grammar.loader import Problem

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
    """Every problem of a grammar's file, in its order. Raises `GrammarError` if the file cannot be read.

    A grammar without errors fails in a run only if a photograph lacks words that it needs.
    """
    from photopoem.grammar.check import problems_of, tried_problems
    from photopoem.grammar.loader import read_parts

    parts = read_parts(path)
    problems = problems_of(parts)
    if any(problem.error for problem in problems):
        return problems
    return problems + tried_problems(path.stem, parts)


def check_loaded(grammar: Grammar) -> list[Problem]:
    """The result of `check_grammar` for a grammar that is loaded already, without reading its file again."""
    from photopoem.grammar.check import noted_problems, tried_problems

    return noted_problems(grammar.parts) + tried_problems(grammar.name, grammar.parts)


# These are imported on first use, because a shell that completes the name of a grammar must not wait for them.
_HOME_OF = {"Problem": "loader", "Grammar": "grammar", "Written": "grammar", "load_grammar": "grammar"}


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'photopoem.grammar' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"photopoem.grammar.{_HOME_OF[name]}"), name)
