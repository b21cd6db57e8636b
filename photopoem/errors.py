"""The exceptions that photopoem raises on purpose, in one tree."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_COMPARED = 2_000
"""The most names that are compared: a hundred thousand take five seconds. Names that begin alike come first."""


TRACEBACK = "PHOTOPOEM_TRACEBACK"
"""The environment variable that makes every process print tracebacks of unforeseen errors."""


def show_where() -> None:
    """Print the traceback of the error that is being handled, if a person asked for it with `--traceback`."""
    if os.environ.get(TRACEBACK):
        import traceback

        traceback.print_exc()


class PhotopoemError(Exception):
    """Anything that photopoem reports in one line: what happened, to what, what to do next."""


class PhotoError(PhotopoemError):
    """One photograph that cannot be used, with its path and the cause."""

    def __init__(self, path: str | Path, cause: str) -> None:
        super().__init__(str(path), cause)
        self.path = str(path)
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.path}: {self.cause}"


class LabelError(PhotopoemError):
    """A labeller's failure on one photograph."""


class MissingWordsError(PhotopoemError):
    """A grammar needs words that one photograph does not give."""


class LabellerUnavailable(PhotopoemError):
    """A labeller that cannot work at all, and what to do about it."""


class GrammarError(PhotopoemError):
    """A grammar that cannot be found, read or used."""


class StoreError(PhotopoemError):
    """A cache or a poems folder that cannot be read or written."""


class PressError(PhotopoemError):
    """A poem that cannot be put into a form, or a printer that does not take it."""


class UsageError(PhotopoemError):
    """A request that does not make sense or names nothing that exists."""


class KeptText(UsageError):
    """A poem that is not written, because a person changed the text file that it would replace."""


def did_you_mean(name: str, among: Iterable[str]) -> str:
    """The end of a message on a name that does not exist: the nearest that does; empty where none is near."""
    from photopoem.text.terminal import visible

    near = _nearest(name, among)
    return f"; did you mean '{visible(near)}'?" if near else ""


def did_you_mean_path(path: str | Path, ending: str = "") -> str:
    """The same for a path: the first part of it that is not there is compared with what lies beside.

    With an ending, only what ends so is offered.
    """
    from pathlib import Path

    from photopoem.text.terminal import visible

    whole = Path(path)
    try:
        missing = next(part for part in [*reversed(whole.parents), whole] if not part.exists())
        beside = (each.name for each in missing.parent.iterdir())
        found = missing.with_name(
            _nearest(missing.name, (name for name in beside if missing != whole or name.endswith(ending)))
        )
        inside = found / whole.relative_to(missing)
        meant = str(inside if inside.exists() else found)
        return f"; did you mean '{visible(meant)}'?" if meant.endswith(ending) else ""
    except (OSError, ValueError, StopIteration):  # all is there, nothing is near, or nobody may look
        return ""


def _nearest(name: str, among: Iterable[str]) -> str:
    from difflib import get_close_matches
    from heapq import nlargest
    from os.path import commonprefix

    name = name.casefold()[:255]
    known = {each.casefold(): each for each in among}
    alike = nlargest(_COMPARED, known, key=lambda each: len(commonprefix([name, each])))  # noqa: RUF071 - letters
    return next((known[near] for near in get_close_matches(name, alike, n=1)), "")


class Unsayable(Exception):
    """A symbol has no word, or no rule that can be used here. Another rule may do without the symbol."""

    def __init__(self, symbol: str) -> None:
        super().__init__(symbol)
        self.symbol = symbol


class Misfit(Exception):
    """A line that the form does not allow."""


class Overworked(Exception):
    """An expansion took more steps or more text than any poem needs."""
