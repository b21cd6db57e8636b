"""The types of options and arguments: what a value may be, and what a shell offers for it.

Nothing here loads more than names, for a shell asks at every press of the Tab key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

import click

from photopoem.errors import UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from photopoem.services.hours import QuietHours

TARGETS = ("tcp://", "usb:", "serial:", "cups:", "dir:", "file:")
"""How the addresses of printers begin."""
LISTS = ("xkcd", "css", "nbs")
"""The lists of color names, written here because the module that knows them loads numpy."""
SIZES = ("a6", "a5", "a4", "receipt")
"""Sizes of sheets, written here because the presses that know them load what draws on them."""
LAYOUTS = ("card", "cards4", "poem", "booklet")
"""The layouts of a PDF."""


class Name(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases alone
    """A text for which a shell offers names; with `path` "file" or "dir" also paths of that kind.

    With `several`, names are offered after each comma too.
    """

    name = "text"

    def __init__(
        self, names: Callable[[], Iterable[str]] = tuple, *, path: str = "", several: bool = False
    ) -> None:
        self.names, self.path, self.several = names, path, several

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The paths and the names that begin as the person began."""
        from click.shell_completion import CompletionItem

        before, comma, last = incomplete.rpartition(",") if self.several else ("", "", incomplete)
        items = [CompletionItem(incomplete, type=self.path)] if self.path and not comma else []
        names = (name for name in self.names() if name.startswith(last))
        return items + [CompletionItem(before + comma + name) for name in names]


class Colors(Name):
    """A number of colors from 2 to 20, or `auto`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number, or `auto`. Raises `UsageError`."""
        if value == "auto" or isinstance(value, int):
            return value
        if not value.isdecimal() or not 2 <= int(value) <= 20:
            raise UsageError(f"--colors takes a number from 2 to 20 or auto, not {value!r}")
        return int(value)


class Shard(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases alone
    """One part of several, I/N."""

    name = "shard"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """The part's number, from 1, and how many parts there are. Raises `UsageError`."""
        first, _, last = value.partition("/")
        if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
            raise UsageError(f"--shard takes I/N with I from 1 to N, such as 1/4, not {value!r}")
        return int(first), int(last)


class Hours(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases alone
    """Quiet hours, HH:MM-HH:MM."""

    name = "hours"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> QuietHours:
        """The hours. Raises `UsageError`."""
        from photopoem.services.hours import QuietHours

        return QuietHours.parse(value)


def _grammars() -> list[str]:
    from photopoem.grammar.shelf import shelf

    return shelf()


def _labellers() -> list[str]:
    from photopoem.labels.registry import BUILT_IN

    return ["auto", *BUILT_IN]


def _presses() -> Iterable[str]:
    from photopoem.press import PRESSES

    return PRESSES


NumberOfColors = int | Literal["auto"]
A_FILE = Name(path="file")
A_FOLDER = Name(path="dir")
A_GRAMMAR = Name(_grammars, path="file")
GRAMMARS = Name(lambda: [*_grammars(), "all"], path="file", several=True)
LABELLERS = Name(_labellers, several=True)
A_PRESS = Name(_presses)
A_TARGET = Name(lambda: TARGETS)
COLORS = Colors(lambda: ["auto"])
COLOR_LISTS = Name(lambda: LISTS, path="file")
A_SIZE = Name(lambda: SIZES)
A_LAYOUT = Name(lambda: LAYOUTS)
SHARD = Shard()
HOURS = Hours()
