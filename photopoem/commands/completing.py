"""What a shell may offer for the value of an option or argument; nothing here loads more than the names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

    Offer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

TARGETS = ("tcp://", "usb:", "serial:", "cups:", "dir:", "file:")
"""How the addresses of printers begin."""
LISTS = ("xkcd", "css", "nbs")
"""Lists of color names; the room that knows them loads numpy."""
SIZES = ("a6", "a5", "a4", "receipt")
"""Sizes of sheets; the presses that know them load what draws on them."""
LAYOUTS = ("card", "cards4", "poem", "booklet")
"""Ways to lay out a PDF."""


def offer(names: Callable[[], Iterable[str]], *, path: str = "", several: bool = False) -> Offer:
    """Offers names; with `path` "file" or "dir" also those, and with `several` names after a comma too."""

    def complete(_context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        before, comma, last = begun.rpartition(",") if several else ("", "", begun)
        items = [CompletionItem(begun, type=path)] if path and not comma else []
        return items + [CompletionItem(before + comma + name) for name in names() if name.startswith(last)]

    return complete


def _grammars() -> list[str]:
    from photopoem.grammar.shelf import shelf

    return shelf()


def _labellers() -> list[str]:
    from photopoem.labels.registry import BUILT_IN

    return ["auto", *BUILT_IN]


def _presses() -> Iterable[str]:
    from photopoem.press import PRESSES

    return PRESSES


A_FILE = offer(tuple, path="file")
A_FOLDER = offer(tuple, path="dir")
A_GRAMMAR = offer(_grammars, path="file")
GRAMMARS = offer(lambda: [*_grammars(), "all"], path="file", several=True)
LABELLERS = offer(_labellers, several=True)
A_PRESS = offer(_presses)
A_TARGET = offer(lambda: TARGETS)
COLOR_LISTS = offer(lambda: LISTS, path="file")
A_SIZE = offer(lambda: SIZES)
A_LAYOUT = offer(lambda: LAYOUTS)
