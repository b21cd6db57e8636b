"""Sends jobs from the queue to the printer, one at a time, so that each is printed once or marked as doubtful.

`Worker` prints the queue of one target. `Spool` runs a worker in its own thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from photopoem.errors import PhotopoemError, StoreError, show_where
from photopoem.printing.channels import Doubtful, NotReady, Refused, Retry, Stopped
from photopoem.printing.queue import Job, NewJob, Queue, State
from photopoem.printing.targets import Delivery, Target
from photopoem.text.terminal import counted


@dataclass
class Printed:
    """The counts of one run of the worker."""

    printed: int = 0
    doubtful: int = 0


@dataclass
class Worker:
    """Prints the queue of one target.

    `render` makes a job's bytes, and may raise `PhotopoemError`. `current` gives the current record of a waiting job,
    whose poem may have been edited since it was queued. `pace` is the minimum time between poems, in seconds.
    `may_print` can forbid printing for a while (quiet hours). `idle` is called, and may wait, if there is nothing to
    print; if it returns False, the worker ends. A `stubborn` worker also waits for problems that end others, for an
    unattended show.
    """

    queue: Queue
    target: Target
    render: Callable[[Job], Delivery]
    retry: Retry = field(default_factory=Retry)
    pace: float = 0.0
    may_print: Callable[[], bool] = lambda: True
    idle: Callable[[], bool] = lambda: False
    stubborn: bool = False
    current: Callable[[Job], Mapping[str, Any]] = lambda job: job.record
    tally: Printed = field(default_factory=Printed)
    _last: float = float("-inf")

    def run(self) -> Printed:
        """Print until nothing is left or the program stops.

        Raises `PhotopoemError` for a target or a queue that cannot be used, which waiting does not solve.
        """
        try:
            with self._held():
                self._recover()
                while not self.retry.stop.is_set() and self._step():
                    pass
        except Stopped:
            pass
        return self.tally

    def _step(self) -> bool:
        """Print a poem or wait for one; returns False at the end."""
        try:
            return self._once() or self.idle()
        except Stopped:
            raise
        except Exception as error:
            if not self.stubborn:
                raise
            self.retry.wait(str(error) or type(error).__name__)
            return True

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Lock the target. If another program has it, a stubborn worker waits; others leave their jobs to it."""
        tried = False
        while True:
            try:
                lock = self.queue.hold(self.target.address)
            except StoreError as error:
                self.retry.wait(str(error))
            else:
                if lock:
                    break
                if self.stubborn:
                    self.retry.wait("another photopoem is printing from here")
                else:
                    self._leave_or_wait(tried)
                tried = True
        self.retry.over()
        with lock:
            yield

    def _leave_or_wait(self, tried: bool) -> None:
        """Wait a moment, because the other program may be ending, then leave the jobs to it. Raises `Stopped`."""
        if tried:
            self.retry.say("another photopoem is printing from here; it prints what is queued now too")
        if tried or self.retry.stop.wait(1.0):
            raise Stopped

    def _recover(self) -> None:
        left = self._stored(
            lambda: self.queue.recover(self.target.address, repeatable=self.target.repeatable)
        )
        if left and not self.target.repeatable:
            self.retry.say(
                f"{counted(left, 'poem')} may or may not be on paper: "
                f"photopoem queue list {self.queue.folder}, then retry or skip"
            )

    def _once(self) -> bool:
        """Print the next poem; returns False if there is none."""
        if not self.may_print():
            return False
        job = self._stored(lambda: self.queue.next(self.target.address))
        if job is None:
            return False
        self._keep_pace()
        record = self.current(job)
        job = self._stored(lambda: self.queue.renew(job, record))
        if job is None:
            return True
        try:
            delivery = self.render(job)
        except PhotopoemError as error:
            show_where()
            self._settle(job, "doubtful", f"nothing was sent: {error}")
            return True
        self._deliver(job, delivery)
        return True

    def _keep_pace(self) -> None:
        left = self._last + self.pace - time.monotonic()
        if left > 0 and self.retry.stop.wait(left):
            raise Stopped
        self._last = time.monotonic()

    def _deliver(self, job: Job, delivery: Delivery) -> None:
        """Deliver once, and record the result."""
        begun = False

        def begin() -> None:
            nonlocal begun
            # On disk before the first byte is sent, so that after any failure the poem is known to be doubtful.
            self.queue.mark(job.id, "sending")
            begun = True

        try:
            talks = self.queue.talks(self.target.address)
            answered = self.target.deliver(delivery, begin, self.retry, talks=talks)
        except (NotReady, StoreError) as error:
            if begun:
                self._settle(job, "queued", "")
            self.retry.wait(str(error))
        except Refused as error:
            self._settle(job, "queued", "")
            take_out = self.queue.clearing(self.target.address)
            raise Refused(f"{str(error).rstrip('. ')}; {take_out} removes its waiting poems") from error
        except Doubtful as error:
            self._settle(job, "doubtful", str(error))
            self.retry.over()
            look = f"photopoem queue list {self.queue.folder}"
            self.retry.say(f"{job.name}: {error}: it may or may not be on paper ({look})")
        except BaseException as error:
            if begun:
                self._settle(job, "doubtful", f"interrupted: {type(error).__name__}")
            raise
        else:
            if answered and not talks:
                self._stored(lambda: self.queue.note_talks(self.target.address))
            self._settle(job, "printed", "")

    def _settle(self, job: Job, state: State, note: str) -> None:
        self._stored(lambda: self.queue.mark(job.id, state, note))
        if state == "printed":
            self.tally.printed += 1
        elif state == "doubtful":
            self.tally.doubtful += 1

    def _stored(self, act: Callable[[], Any]) -> Any:
        """Use the queue; if the disk is full or gone, wait until it is back."""
        waited = False
        while True:
            try:
                done = act()
            except StoreError as error:
                self.retry.wait(str(error))
                waited = True
            else:
                if waited:
                    self.retry.over()
                return done


class Spool:
    """Runs a worker in a thread, so that jobs are printed while more are added. Use it as a context manager.

    Leaving the block waits until all is printed, except on an error or Ctrl-C, when the rest stays queued. It also
    raises the error that ended the printing.
    """

    def __init__(self, worker: Worker) -> None:
        self.worker, self.queue, self.target = worker, worker.queue, worker.target.address
        worker.idle = self._idle
        self._more = threading.Event()
        self._starting = threading.Lock()
        self._started = self._closing = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="photopoem-printing", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self.stop()

    def start(self) -> None:
        """Start printing at once if there is a queue, otherwise with the first job, to avoid an empty queue."""
        self._started = True
        if self.queue.path.exists():
            self._begin()

    def _begin(self) -> None:
        with self._starting:
            if self._thread.ident is None:
                self._thread.start()

    def add(self, jobs: Sequence[NewJob], photograph: tuple[str, str] | None = None) -> bool:
        """Queue jobs; returns False if all are printed or queued already. Raises `StoreError`.

        In the same transaction, `photograph` (path, stamp) is recorded as processed.
        """
        if not jobs:
            return False
        added = self.queue.add(self.target, jobs, photograph=photograph)
        self._more.set()
        if self._started:
            self._begin()
        return bool(added)

    def finish(self) -> Printed:
        """Wait until all is printed; returns how many."""
        self._closing = True
        self._more.set()
        # In steps, because on some systems Ctrl-C does not interrupt an endless wait.
        while self._thread.is_alive():
            self._thread.join(0.2)
        return self._ended()

    def stop(self) -> Printed:
        """Stop soon: the current job is finished if the printer accepts it; the others stay queued."""
        self.worker.retry.stop.set()
        self._more.set()
        if self._thread.is_alive():
            self._thread.join(30)
        return self._ended()

    def _ended(self) -> Printed:
        self.queue.close()
        if self._failure is not None:
            raise self._failure
        return self.worker.tally

    def _idle(self) -> bool:
        if self._closing:
            return False
        self._more.wait(1.0)
        self._more.clear()
        return True

    def _work(self) -> None:
        try:
            self.worker.run()
        except BaseException as error:
            self._failure = error
