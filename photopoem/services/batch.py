"""Carries out a run: finds the work to do, writes the poems, reports progress and summarizes."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import takewhile
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from photopoem.english.lexicon import read_house_words
from photopoem.errors import GrammarError, KeptText, UsageError
from photopoem.files import what_failed
from photopoem.grammar import check_loaded
from photopoem.labels.labeller import LEFT, OWNER, Labeller
from photopoem.labels.vision.credentials import available
from photopoem.photo.discover import Found, is_url, left_out_lines, only_closed
from photopoem.photo.metadata import TEXT
from photopoem.poems.folder import PoemsFolder
from photopoem.poems.records import text_file
from photopoem.poems.show import Show, read_show
from photopoem.poems.text import as_text
from photopoem.printing.channels import Retry
from photopoem.services.curate import displayed_poems
from photopoem.services.describe import LabelledBy, remarks_on
from photopoem.services.executors import Inline, jobs_for, open_executor
from photopoem.services.pipeline import (
    Done,
    Failed,
    Series,
    Settings,
    chosen_settings,
    fingerprint,
    labeller_for,
    load_grammars,
    read_digests,
    write_poems,
)
from photopoem.services.publish import Paper, PoemSpool, Published, publish, text_settings
from photopoem.text.terminal import counted, say, visible

if TYPE_CHECKING:
    from photopoem.grammar import Grammar
    from photopoem.labels.vision.labeller import Cost


class Progress:
    """Counts and shows written, kept and failed poems. Use it as a context manager.

    Without a terminal on standard error there is no progress bar; `quiet` shows only failures.
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
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            with suppress(OSError):  # the terminal was closed
                self._bar.stop()

    def done(self, outcome: Done, text: str) -> None:
        """Count a written poem, and show it under the name of its photograph."""
        self.written += 1
        if not self._quiet:
            show(f"{visible(outcome.found.path)}\n\n{text}\n\n")
        self._advance()

    def keep(self, why: KeptText) -> None:
        """Report an edited text that was kept, in one line."""
        self.kept += 1
        say(f"photopoem: {why}")
        self._advance()

    def fail(self, outcome: Failed) -> None:
        """Report a photograph without a poem, in one line. Those left for the next run are only counted."""
        if outcome.cause == LEFT:
            self.left += 1
        else:
            self.failed += 1
            say_failed(outcome)
        self._advance()

    def summary(self, skipped: int, kept: int = 0, dropped: int = 0) -> str:
        """A summary of written poems, and of the others with reasons.

        `skipped` existed already; `kept` and `dropped` have these states in the show.
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

    # Poems on the same terminal must appear above the bar.
    shared = sys.stdout.isatty()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Bar(*columns, console=Console(stderr=True), transient=True, redirect_stdout=shared)


def show(text: str) -> bool:
    """Write to standard output; returns False if that fails. A reader that closed the pipe is not an error."""
    if sys.stdout is None:
        return False
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        # As with `| head`: the files are still written, but nothing more is shown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            say(f"standard output: {what_failed(error)}")
            return False
    return True


ASK_ABOVE = 1000
"""A run that bills more photographs than this asks first."""
HOLD = 1.0
"""Seconds for which poems are held back, so that their texts are synced together before they are printed."""
ALL_WRITTEN, SOME_FAILED, NOTHING_DONE, INTERRUPTED = 0, 1, 2, 130


def uses_vision(spec: str) -> bool:
    """Whether a run with these labels uses Vision."""
    names = labellers_of(spec)
    return "vision" in names or ("auto" in names and available() is True)


def asks_for_objects(spec: str) -> bool:
    """Whether a run with these labels uses Vision's object detection, which is billed in addition."""
    parts = [part.strip().partition(":") for part in spec.split(",")]
    return any(name == "vision" and "objects" in argument.split("+") for name, _, argument in parts)


def labellers_of(spec: str) -> set[str]:
    """The names of the labellers in a list of them."""
    return {part.strip().partition(":")[0] for part in spec.split(",")}


def anchored(settings: Settings) -> Settings:
    """The settings with absolute file paths, for processes in another folder."""

    def here(name: str) -> str:
        return str(Path(name).resolve()) if Path(name).is_file() else name

    grammars, lexicon = (tuple(map(here, names)) for names in (settings.grammars, settings.lexicon))
    return replace(
        settings,
        base=str(Path.cwd()),
        grammars=grammars,
        lexicon=lexicon,
        words=here(settings.words),
        color_names=here(settings.color_names),
    )


@dataclass
class Run:
    """A run over `found`: `one` for a single photograph, `all` into a folder. Both return the exit code."""

    found: list[Found]
    settings: Settings
    jobs: str = "auto"
    dask: str | None = None
    force: bool = False
    paper: Paper | None = None
    """The paper on which poems are printed as they are written."""
    colophon: bool = True
    quiet: bool = False
    left_out: Mapping[str, Counter[str]] = field(default_factory=dict)
    """For each folder among the paths, the number of files that are not photographs, by ending."""
    _stopped: bool = field(default=False, init=False)
    _waiting: bool = field(default=False, init=False)
    """Whether the poems are written and a printer is waited for."""
    _kept: int = field(default=0, init=False)
    """How many kept poems these settings would write differently."""
    _dropped: int = field(default=0, init=False)
    _apart: list[str] = field(default_factory=list, init=False)
    """Messages about texts with longer names, because another photograph has the plain name."""
    _without_keywords: int = field(default=0, init=False)
    """The number of photographs with a poem but without keywords."""

    def __post_init__(self) -> None:
        jobs_for(self.jobs, len(self.found))
        if self.dask is not None:
            self.settings = anchored(self.settings)

    def labeller(self) -> Labeller:
        """Check the grammars, then open the labeller of this run and name it."""
        self._say_problems(load_grammars(self.settings))
        self._say_words()
        labeller = labeller_for(self.settings)
        if not self.quiet:
            say(f"labels: {labeller.name}, taught by {labeller.colophon}")
        return labeller

    def _say_problems(self, grammars: list[Grammar]) -> None:
        """Report the number of problems in the user's own grammars, because poems do not show them."""
        for name, grammar in zip(self.settings.grammars, grammars, strict=True) if not self.quiet else ():
            if grammar.path == Path(name) and (found := Counter(each.kind for each in check_loaded(grammar))):
                told = ", ".join(counted(number, kind) for kind, number in sorted(found.items()))
                say(f"{name}: {told}; photopoem grammar check {name}")

    def _say_words(self) -> None:
        """Name the file with the words of the house, and warn about unknown words in it."""
        words = read_house_words(self.settings.words)
        if self.quiet or not words.fingerprint:
            return
        say(f"words: {self.settings.words}")
        for remark in remarks_on(words, self.settings.color_names):
            say(remark)

    def plan(self) -> str:
        """What the run would do and cost, in a few lines. Uses no service and writes nothing."""
        count = f"photographs: {len(self.found)}"
        if not uses_vision(self.settings.labels):
            return (
                f"{count}\nlabels: {self.settings.labels}; nothing is asked of a service, nothing is billed"
            )
        cost = self._cost()
        lines = [count, f"labels: vision; {cost.cached} in the cache, {cost.uncached} to ask about"]
        if cost.photos < len(self.found):
            lines.append(f"not readable: {len(self.found) - cost.photos}")
        twice = ", labels and objects each" if asks_for_objects(self.settings.labels) else ""
        lines.append(f"requests: {cost.requests}; billable units: {cost.units}{twice}")
        if cost.left:
            lines.append(f"left for next time by --max-requests: {cost.left}")
        return "\n".join(lines)

    def _cost(self) -> Cost:
        from photopoem.labels.vision import labeller as vision

        with open_executor(jobs_for(self.jobs, len(self.found)), self.dask) as (executor, window):
            digests = list(read_digests(self.found, self.settings, executor, window))
        objects = asks_for_objects(self.settings.labels)
        return vision.cost_of(digests, self.settings.label_settings, objects=objects)

    def many_paid(self) -> str | None:
        """The question before a run that bills very many photographs; None for any other run."""
        if len(self.found) <= ASK_ABOVE or not uses_vision(self.settings.labels):
            return None
        say(
            f"counting which of {len(self.found)} photographs Vision has not labelled yet (--yes does not ask)"
        )
        cost = self._cost()
        if cost.uncached <= ASK_ABOVE:
            return None
        twice = ", labels and objects each," if asks_for_objects(self.settings.labels) else ""
        return f"Vision will bill {cost.units} units{twice} for {cost.uncached} photographs. Go on?"

    def one(self) -> int:
        """Write the poem of one photograph to standard output."""
        (outcome,) = write_poems(self.found, self.settings, self.labeller(), Inline())
        if isinstance(outcome, Failed):
            say_failed(outcome)
            return NOTHING_DONE
        shown = show(as_text(outcome.poem, with_colophon=self.colophon))
        if sys.stdout is None:
            say("standard output is closed: the poem was not shown; name a folder with --out")
        return ALL_WRITTEN if shown else NOTHING_DONE

    def all(self, out: Path, given: tuple[Executor, int] | None = None) -> int:
        """Write the poem of each photograph to a folder, and show the poems as they are written.

        The work is done according to `jobs` and `dask`, or on `given`, an executor and its window.
        """
        self._spare_sidecars(out)
        labeller = self.labeller()
        self._say_left_out()
        if sys.stdout is None:
            say(f"standard output is closed: the poems go into {out} alone")
        with PoemsFolder(out, force=self.force) as folder, self._spool(out) or nullcontext() as spool:
            show = read_show(out)
            self.settings = self.settings.with_show(show)
            plain = self.settings.without_show()
            done_as = text_settings(fingerprint(plain, LabelledBy.of(labeller)), self.colophon)
            todo = [each for each in self.found if not self._is_done(each, folder, show, done_as)]
            there = len(self.found) - len(todo) - self._dropped - self._kept
            with self._stopping():
                with Progress(len(todo), quiet=self.quiet) as progress:
                    self._write(todo, labeller, folder, show, progress, spool, given)
                folder.finish()
                self._sum_up(folder, progress, there)
                doubtful = self._print_the_rest(folder, show, spool)
        if self._stopped:
            return INTERRUPTED
        if progress.failed or progress.left or doubtful:
            return SOME_FAILED if len(folder) else NOTHING_DONE
        return ALL_WRITTEN

    def _is_done(self, found: Found, folder: PoemsFolder, show: Show, settings: str) -> bool:
        """Whether a photograph needs no work: its poem is current, kept or dropped."""
        choice = show.choice(found.path)
        if choice.is_empty:
            return folder.is_done(found, settings)
        try:
            chosen = chosen_settings(settings, choice, self.settings.lexicon_files)
        except GrammarError:
            chosen = ""  # its grammar is gone, which is reported when it is written
        if choice.state == "dropped" and folder.is_unchanged(found):
            self._dropped += 1
            return True
        if choice.state == "kept" and found.path in folder:
            folder.restore(found.path)
            self._kept += not folder.is_done(found, chosen)
            return True
        return folder.is_done(found, chosen)

    def _say_left_out(self) -> None:
        closed = {folder: only_closed(endings) for folder, endings in self.left_out.items()}
        for line in left_out_lines(closed if self.quiet else self.left_out):
            say(line)

    def _spool(self, out: Path) -> PoemSpool | None:
        """The spool of this run, if it prints; it prints while poems are written."""
        return PoemSpool(out, self.paper, retry=Retry(say), hold=HOLD) if self.paper else None

    def _print_the_rest(self, folder: PoemsFolder, show: Show, spool: PoemSpool | None) -> bool:
        """Wait until every poem of this run is on paper; returns whether any is doubtful.

        Poems of earlier runs are queued too, including edited ones. The queue prints none twice, and a run that was
        killed between writing and queueing loses none.
        """
        if spool is None:
            return False
        try:
            self._waiting = True
            spool.release(folder)
            for each in self.found if not self._stopped else []:
                poem = folder.poem(each.path) if each.path in folder else None
                if poem and (displayed := displayed_poems([poem], show).poems):
                    spool.add_poem(displayed[0])
            if not self._stopped:
                done = spool.finish()
        except KeyboardInterrupt:
            self._stopped = True
        if self._stopped:
            done = spool.stop()
            say(
                f"{spool.target}: stopped; what is left is queued: photopoem print {folder.path} --to {spool.target} "
                f"continues, {spool.queue.clearing(spool.target)} removes it"
            )
        if not self.quiet:
            say(f"{spool.target}: {done.printed} printed")
        return bool(done.doubtful)

    def _spare_sidecars(self, out: Path) -> None:
        """Refuse to write poems beside their photographs, where the next run would read them as keywords."""
        there = os.path.abspath(out)  # noqa: PTH100 - text is faster, for a hundred thousand paths
        here = cache(os.path.abspath)
        for each in self.found:
            folder, file = os.path.split(each.path)
            if f"{there}/{text_file(each.name)}" == f"{here(folder)}/{file}{TEXT}":
                raise UsageError(
                    f"{out}: poems beside their photographs would be read as keywords; use another --out"
                )

    def _write(
        self,
        todo: list[Found],
        labeller: Labeller,
        folder: PoemsFolder,
        show: Show,
        progress: Progress,
        spool: PoemSpool | None,
        given: tuple[Executor, int] | None,
    ) -> None:
        opened = open_executor(jobs_for(self.jobs, len(todo)), self.dask)
        with suppress(KeyboardInterrupt), nullcontext(given) if given else opened as (executor, window):
            feed = takewhile(lambda _: not self._stopped, todo)
            series = self._series(todo, folder, show) if self.settings.series else None
            for outcome in write_poems(feed, self.settings, labeller, executor, window=window, series=series):
                if isinstance(outcome, Failed):
                    progress.fail(outcome)
                else:
                    done = publish(
                        outcome,
                        folder,
                        spool,
                        show=show,
                        lexicon_files=self.settings.lexicon_files,
                        colophon=self.colophon,
                    )
                    self._show(outcome, done, folder, progress)

    def _series(self, todo: list[Found], folder: PoemsFolder, show: Show) -> Series:
        """The series of the poems to write, including existing poems between them."""
        new = {each.path for each in todo}
        earlier: dict[str, list[str]] = {}
        existing: list[str] = []
        for each in self.found:
            if each.path in new:
                earlier[each.path], existing = existing, []
            elif each.path in folder and show.choice(each.path).state != "dropped":
                existing.append(each.path)
        return Series(lambda path: map(folder.poem, earlier.get(path, ())))

    def _show(self, done: Done, published: Published, folder: PoemsFolder, progress: Progress) -> None:
        if published.dropped:
            self._dropped += 1
            return
        if published.kept:
            progress.keep(published.kept)
            return
        progress.done(done, published.text)
        self._without_keywords += not any(label.labeller == OWNER for label in done.poem.subject.labels)
        if folder.named_apart(done.found.path):
            self._apart.append(done.found.path)

    @contextmanager
    def _stopping(self) -> Iterator[None]:
        """On the first Ctrl-C or SIGTERM finish the current work; on the second, or at the printer, stop at once."""

        def stop(number: int, frame: FrameType | None) -> None:
            if self._stopped or self._waiting:
                raise KeyboardInterrupt
            self._stopped = True
            say("stopping when the current photographs are done (again to stop at once)")

        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread may handle signals
            return
        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _sum_up(self, folder: PoemsFolder, progress: Progress, skipped: int) -> None:
        if self.quiet:
            return
        say(f"{folder.path}: {progress.summary(skipped, self._kept, self._dropped)}")
        if self._without_keywords and OWNER in labellers_of(self.settings.labels):
            had = "photograph had" if self._without_keywords == 1 else "photographs had"
            say(f"{folder.path}: {self._without_keywords} {had} no keywords")
        if self._apart:
            more = f"; {len(self._apart) - 1} more are named so" if len(self._apart) > 1 else ""
            say(f"{folder.path}: {folder.named_apart(self._apart[0])}{more}")
        self._say_gone(folder)
        if self._stopped:
            done = skipped + progress.written + progress.kept + progress.failed + self._kept + self._dropped
            left = len(self.found) - done
            say(f"stopped with {counted(left, 'photograph')} left; the same command continues from here")

    def _say_gone(self, folder: PoemsFolder) -> None:
        """Report photographs that have a poem here but no longer exist."""
        gone = [path for path in folder.gone(self.found) if not is_url(path) and not Path(path).exists()]
        if len(gone) == 1:
            say(f"{folder.path}: 1 photograph is gone ({gone[0]}); its poem is kept")
        elif gone:
            say(f"{folder.path}: {len(gone)} photographs are gone ({gone[0]}, ...); their poems are kept")
