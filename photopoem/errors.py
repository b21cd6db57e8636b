"""The exceptions of photopoem, in one tree."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from os.path import commonprefix
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path  # `--help` does not wait for it

_COMPARED = 2_000
"""The most names that are compared; a hundred thousand take five seconds. Names with the same start come first."""


TRACEBACK = "PHOTOPOEM_TRACEBACK"
"""The environment variable that makes every process print tracebacks of unforeseen errors."""


def show_where() -> None:
    """Print the traceback of the error that is being handled, if `--traceback` was given."""
    if os.environ.get(TRACEBACK):
        import traceback

        with suppress(OSError, ValueError):  # a log that takes no more must not end the work
            traceback.print_exc()


class PhotopoemError(Exception):
    """An error that photopoem reports in one line: what happened, to which file, and what to do next."""


class PhotoError(PhotopoemError):
    """A photograph that cannot be used, with its path and the cause."""

    def __init__(self, path: str | Path, cause: str) -> None:
        super().__init__(str(path), cause)
        self.path = str(path)
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.path}: {self.cause}"


class LabelError(PhotopoemError):
    """A labeller failed on one photograph."""


class MissingWordsError(PhotopoemError):
    """A grammar needs words that a photograph does not have."""


class LabellerUnavailable(PhotopoemError):
    """A labeller that cannot work at all, and what to do about it."""


class GrammarError(PhotopoemError):
    """A grammar that cannot be found, read or used."""


class StoreError(PhotopoemError):
    """A cache or a poems folder that cannot be read or written."""


class PressError(PhotopoemError):
    """A press cannot render a poem, or a printer does not accept it."""


class UsageError(PhotopoemError):
    """A request that is invalid or names something that does not exist."""


class KeptText(UsageError):
    """A poem is not written, because its text file was edited by hand."""


def did_you_mean(name: str, among: Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest known name; empty if none is near."""
    from photopoem.text.terminal import visible

    near = _nearest(name, among)
    return f"; did you mean '{visible(near)}'?" if near else ""


def did_you_mean_path(path: str | Path, ending: str = "") -> str:
    """The same for a path: its first missing part is compared with the files beside it.

    With an ending, only names with that ending are suggested.
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
    except (OSError, ValueError, StopIteration):  # nothing is missing, nothing is near, or no access
        return ""


def _nearest(name: str, among: Iterable[str]) -> str:
    from difflib import get_close_matches
    from heapq import nlargest

    name = name.casefold()[:255]
    known = {each.casefold(): each for each in among}
    alike = nlargest(_COMPARED, known, key=lambda each: len(commonprefix([name, each])))  # noqa: RUF071 - letters
    return next((known[near] for near in get_close_matches(name, alike, n=1)), "")


class Unsayable(Exception):
    """A symbol has no word and no usable rule here. Another rule may not need the symbol."""

    def __init__(self, symbol: str) -> None:
        super().__init__(symbol)
        self.symbol = symbol


class Misfit(Exception):
    """A line that the form does not allow."""


class Overworked(Exception):
    """An expansion exceeded the limit of steps or text."""
