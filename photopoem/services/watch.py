"""Watches a folder: prints a poem for each photograph that arrives."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from datetime import time as clock_time
from pathlib import Path
from typing import Any

from photopoem.errors import LabellerUnavailable, PhotopoemError, StoreError, UsageError
from photopoem.files import write_atomically
from photopoem.photo.discover import Found
from photopoem.poems.folder import PoemsFolder
from photopoem.poems.records import RECORDS
from photopoem.poems.show import Show, read_show
from photopoem.poems.text import read_edited
from photopoem.printing.channels import Retry, Stopped
from photopoem.services.arrivals import Arrivals, FolderEvents, Tries
from photopoem.services.curate import displayed_poems
from photopoem.services.executors import Inline
from photopoem.services.pipeline import Done, Series, Settings
from photopoem.services.publish import Paper, PoemSpool, publish
from photopoem.text.terminal import counted, say


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of day to another in local time; past midnight if the second is earlier."""

    begin: clock_time
    end: clock_time

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """From `22:00-08:00`. Raises `UsageError`."""
        match = re.fullmatch(r"(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)", text.strip())
        try:
            if not match:
                raise ValueError
            first, minute, last, other = (int(part) for part in match.groups())
            return cls(_clock(first, minute), _clock(last, other))
        except ValueError:
            raise UsageError(f"quiet hours are written 22:00-08:00, not {text!r}") from None

    def now(self, at: datetime | None = None) -> bool:
        """Whether quiet hours apply (now, or at a local time)."""
        clock = (at or datetime.now()).time()  # the clock on the wall
        if self.begin <= self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end


def _clock(hour: int, minute: int) -> clock_time:
    # People write midnight as 24:00 too.
    return clock_time(0 if (hour, minute) == (24, 0) else hour, minute)


TRIES = (1.0, 5.0, 30.0, 120.0)
"""Seconds until a photograph without a poem is retried with the next seed; after the last one it is given up."""
HEARTBEAT = 10.0
"""The status file is written at least this often, in seconds."""
PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds between checks for a missing folder, disk or network."""
REMEMBERED = 500
"""How many poems of earlier sessions a series considers."""
LITTLE_ROOM = 100
"""Megabytes below which the disk counts as nearly full."""


@dataclass
class Watch:
    """Watches `folder`, writes a poem for each photograph that arrives and prints it on `paper`.

    Poems are stored in the folder `poems`. The queue in it records which poems were printed and which photographs were
    seen, so that a watch continues after any interruption. With `existing`, photographs that are there at the very
    first start are included. `status` is a file with one JSON object for monitoring. `begun` is called when the watch
    is ready.
    """

    folder: Path
    paper: Paper
    settings: Settings
    poems: Path = Path("poems")
    colophon: bool = True
    existing: bool = False
    quiet_hours: QuietHours | None = None
    pace: float = 0.0
    status: Path | None = None
    say: Callable[[str], None] = say
    stop: threading.Event = field(default_factory=threading.Event)
    begun: Callable[[], None] = field(default=lambda: None)
    look_again: float = 1.0
    """Seconds between checks of the folder if the system reports no changes."""

    def __post_init__(self) -> None:
        self.arrivals = Arrivals(self.folder, say=self.say)  # as the user wrote it, for messages
        self.folder = self.folder.absolute()
        printing = Retry(self.say, self.stop)
        self.spool = PoemSpool(
            self.poems, self.paper, retry=printing, pace=self.pace, may_print=self._may_print, stubborn=True
        )
        self.retry = Retry(self.say, self.stop, PAUSES, told=printing.told)
        self.series = Series() if self.settings.series else None
        self.written = self.failed = 0
        self.last: dict[str, str] = {}
        self.since = _now()
        self._tries: dict[str, tuple[int, float]] = {}
        self._unended = Tries(self.poems)
        self._last_show = Show()
        self._damage = ""
        self.watching = threading.Event()
        self._happened = threading.Event()
        self._reported = float("-inf")
        self._told: object = None

    def run(self) -> None:
        """Watch until `stop` is set. Raises `PhotopoemError` only for errors at the start."""
        from photopoem.services.pipeline import labeller_for, load_grammars

        load_grammars(self.settings)
        self._last_show = read_show(self.poems)
        labeller_for(self.settings)
        events = FolderEvents(self.folder, self._happened, self.stop)
        with suppress(Stopped):
            self._until_it_works(self._begin)
            self.spool.start()
            self.watching.set()
            self.begun()
            self._report()
            while not self.stop.is_set():
                self._round()
        self.stop.set()
        self.spool.stop()
        events.join()
        self._report("stopped")

    def _begin(self) -> None:
        """Load the photographs seen before; at the very first start, record existing ones."""
        queue = self.spool.queue
        known = queue.photographs()
        first = str(self.folder) not in known
        if first:
            before = [] if self.existing else self.arrivals.all_present()
            queue.note_photographs([*before, (str(self.folder), "watched")], "before")
            known.update(before)
            if before:
                self.say(f"ignored: {counted(len(before), 'photograph')} there already (see --existing)")
        self.arrivals.note_known(known)
        if queue.has_lost() and (self.poems / RECORDS).exists():
            # Their jobs were lost with a damaged queue, so they are queued again as doubtful.
            for poem in displayed_poems(read_edited(self.poems), self._last_show).poems:
                self.spool.add_poem(poem)
        if self.series and (self.poems / RECORDS).exists():
            for poem in read_edited(self.poems)[-REMEMBERED:]:
                self.series.add(poem)

    def _round(self) -> None:
        """Check once, process what is ready, wait for more."""
        self._happened.clear()
        ready, took = self._until_it_works(self._look)
        for found in ready:
            if self.stop.is_set():
                return
            if self._tries.get(found.path, (0, 0.0))[1] <= time.monotonic():
                self._process(found)
                self._report()
        if self._told != self._printing() or time.monotonic() - self._reported > HEARTBEAT:
            self._report()
        # Checking a very large folder is slow, so spend at most a tenth of the time on it.
        soon = self.arrivals.settle / 2 if self.arrivals.growing.keys() - self._tries else self.look_again
        self._happened.wait(max(soon, 10 * took))

    def _look(self) -> tuple[list[Found], float]:
        """The photographs that are ready, and the seconds that the check took."""
        started = time.monotonic()
        return self.arrivals.ready(), time.monotonic() - started

    def _until_it_works(self, act: Callable[[], Any]) -> Any:
        """Call `act`, and retry while a folder or the network is missing or a disk is full; returns its result."""
        while True:
            try:
                done = act()
            except (StoreError, LabellerUnavailable, UsageError) as error:
                self._report(str(error))
                self.retry.wait(str(error))
            else:
                self.retry.over()
                return done

    def _process(self, found: Found) -> None:
        if self._unended.are_over(found):
            self._give_up(
                found, "it crashed the program each time", f"given up after two tries: {found.name}"
            )
            self._until_it_works(lambda: self._unended.forget(found))
            return
        try:
            outcome = self._until_it_works(lambda: self._write(found))
        except Stopped:
            raise
        except Exception as error:  # no photograph may stop the show
            self._give_up_or_wait(found, f"{type(error).__name__}: {error}")
            return
        if not isinstance(outcome, Done):
            self._give_up_or_wait(found, outcome.cause)
            return
        self._until_it_works(lambda: self._publish(outcome))
        self.arrivals.done(found)
        self._tries.pop(found.path, None)

    def _write(self, found: Found) -> Any:
        from photopoem.services.pipeline import labeller_for, write_poems

        # A retry may help: a service may be busy, or another seed may draw words that fit the form.
        tries, _ = self._tries.get(found.path, (0, 0.0))
        settings = replace(self.settings, seed=self.settings.seed + tries).with_show(self._show())
        labeller = labeller_for(self.settings)
        # Only reading can crash the program. A kill from outside mostly comes at other times and does not count.
        around = self._unended.trying
        try:
            (outcome,) = write_poems([found], settings, labeller, Inline(), series=self.series, around=around)
        except (LabellerUnavailable, StoreError):
            labeller_for.cache_clear()  # it was closed or gave up, so the next try opens a new one
            raise
        return outcome

    def _show(self) -> Show:
        """The current show, or the last valid one if its file is damaged."""
        try:
            self._last_show = read_show(self.poems)
            self._damage = ""
        except StoreError as error:
            if self._damage != str(error):
                self.say(f"{error}; until then the last valid show is used")
            self._damage = str(error)
        return self._last_show

    def _publish(self, done: Done) -> None:
        photograph = (done.found.path, done.found.stamp)
        try:
            with PoemsFolder(self.poems) as folder:
                published = publish(
                    done, folder, self.spool, show=self._show(), lexicon_files=self.settings.lexicon_files,
                    colophon=self.colophon, photograph=photograph,
                )  # fmt: skip
        except OSError as error:
            raise StoreError(
                f"{self.poems}: {error.strerror}; check that the disk is there and has room"
            ) from error
        if published.dropped:
            self.say(f"{done.found.name}: dropped from the show")
            self.spool.queue.note_photographs([photograph], "dropped")
            return
        if published.kept:
            self.say(str(published.kept))
        self.written += published.queued and not published.kept
        if not published.queued:
            self.say(f"{done.found.name}: the same photograph was printed before")
        self.last = {"photo": done.found.name, "title": str(published.poem.title), "time": _now()}

    def _give_up_or_wait(self, found: Found, cause: str) -> None:
        tries, _ = self._tries.get(found.path, (0, 0.0))
        if tries < len(TRIES):
            self._tries[found.path] = (tries + 1, time.monotonic() + TRIES[tries])
            if tries == 0:
                self.say(f"{found.name}: {cause}; trying again")
            return
        del self._tries[found.path]
        self._give_up(found, cause, f"{found.name}: {cause}; given up")

    def _give_up(self, found: Found, cause: str, told: str) -> None:
        self.failed += 1
        self.say(told)
        self.arrivals.done(found)
        self._until_it_works(lambda: self.spool.queue.note_photographs([(found.path, found.stamp)], cause))

    # -- health ------------------------------------------------------------------------------------------

    def _may_print(self) -> bool:
        return self.quiet_hours is None or not self.quiet_hours.now()

    def _report(self, trouble: str = "") -> None:
        """Write the status file; failing to write it must not stop the show."""
        self._reported, self._told = time.monotonic(), self._printing()
        if self.status is None:
            return
        with suppress(PhotopoemError, OSError):
            write_atomically(self.status, json.dumps(self.health(trouble)) + "\n")

    def _printing(self) -> object:
        """The state of the printing thread; a change is reported."""
        tally = self.spool.worker.tally
        return tally.printed, tally.doubtful, self.spool.worker.retry.trouble, self._may_print()

    def health(self, trouble: str = "") -> dict[str, Any]:
        """The state of the watch, for the status file."""
        try:
            counts: Mapping[Any, int] = self.spool.queue.counts(self.spool.target)
        except StoreError as error:
            counts, trouble = {}, trouble or str(error)
        free = _free_mb(self.poems)
        if free is not None and free < LITTLE_ROOM:
            trouble = trouble or f"the disk is nearly full: {free} MB left"
        waiting = self.spool.worker.retry.trouble
        printing = waiting or ("printing" if self._may_print() else "quiet hours")
        return {
            "time": _now(), "since": self.since, "pid": os.getpid(), "ok": not (trouble or waiting),
            "trouble": trouble, "printer": printing, "folder": str(self.folder), "target": self.spool.target,
            "poems": self.written, "failed": self.failed, "arriving": len(self.arrivals.growing), **counts,
            "last": self.last, "memory_mb": _memory_mb(), "free_mb": free,
        }  # fmt: skip


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")


def _memory_mb() -> float | None:
    """Memory used by this process, if /proc has it."""
    with suppress(OSError, IndexError, ValueError):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
    return None


def _free_mb(folder: Path) -> int | None:
    with suppress(OSError):
        return shutil.disk_usage(folder).free // 1_000_000
    return None
