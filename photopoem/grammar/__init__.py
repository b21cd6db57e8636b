"""Tracery grammars for photographs: loads, checks and expands them."""

from __future__ import annotations

from photopoem.grammar.shelf import choose, expand_names, find_grammar, shelf, shelf_folder
from photopoem.grammar.source import Problem
from photopoem.grammar.writer import Grammar, Written, load_grammar

__all__ = [
    "Grammar",
    "Problem",
    "Written",
    "choose",
    "expand_names",
    "find_grammar",
    "load_grammar",
    "shelf",
    "shelf_folder",
]
