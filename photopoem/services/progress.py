"""Shows the progress of a run: poems on standard output, a bar on standard error if that is a terminal."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Any, Self

from photopoem.errors import KeptText
from photopoem.labels.labeller import LEFT
from photopoem.services.pipeline import Done, Failed
from photopoem.text.terminal import say, visible


class Progress:
    """Counts what is written, kept and failed, and shows it. Use it as a context manager.

    Without a terminal on standard error there is no bar; `quiet` shows nothing but failures.
    """

    def __init__(self, total: int, *, quiet: bool = False) -> None:
        self.written = 0
        self.kept = 0
        self.failed = 0
        self.left = 0
        self._total = total
        self._quiet = quiet
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if self._total > 1 and not self._quiet and sys.stderr.isatty():
            self._bar = _bar()
            self._task = self._bar.add_task("poems", total=self._total)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def done(self, outcome: Done, text: str) -> None:
        """A poem was written: show it under the name of its photograph."""
        self.written += 1
        if not self._quiet:
            show(f"{visible(outcome.found.path)}\n\n{text}\n\n")
        self._advance()

    def keep(self, why: KeptText) -> None:
        """A person's text stands where a poem would: one line says which."""
        self.kept += 1
        say(f"photopoem: {why}")
        self._advance()

    def fail(self, outcome: Failed) -> None:
        """A photograph gave no poem: one line says which and why. Those left for next time are only counted."""
        if outcome.cause == LEFT:
            self.left += 1
        else:
            self.failed += 1
            say_failed(outcome)
        self._advance()

    def summary(self, skipped: int, kept: int = 0, dropped: int = 0) -> str:
        """How many poems were written, and how many not and why.

        `skipped` were there already; `kept` and `dropped` are so in the show.
        """
        counts = (
            (skipped, "already there"),
            (self.kept, "kept as changed by hand"),
            (kept, "kept as the show has it"),
            (dropped, "dropped"),
            (self.failed, "failed"),
            (self.left, "left for the next run by --max-requests"),
        )
        return ", ".join([f"{self.written} written", *(f"{count} {what}" for count, what in counts if count)])

    def _advance(self) -> None:
        if self._bar is not None:
            self._bar.advance(self._task)


def say_failed(outcome: Failed) -> None:
    """One line on standard error: the photograph and the cause."""
    say(f"photopoem: {outcome.found.path}: {outcome.cause}")


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    # Poems on the same terminal must appear above the bar; poems that go to a file do not meet it.
    shared = sys.stdout.isatty()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Bar(*columns, console=Console(stderr=True), transient=True, redirect_stdout=shared)


def show(text: str) -> None:
    """Write to standard output; a reader that went away is no failure."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # As after `| head`: the files are written all the same.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
