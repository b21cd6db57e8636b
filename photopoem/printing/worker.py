"""Takes poems from the queue to the printer, one at a time, so that each is printed once or known to be in doubt."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from photopoem.errors import PhotopoemError, StoreError, show_where
from photopoem.press import Press, open_press
from photopoem.printing.queue import Job, Queue, State
from photopoem.printing.retry import Doubtful, NotReady, Refused, Retry, Stopped
from photopoem.printing.targets import Delivery, Target
from photopoem.text.terminal import counted


@dataclass
class Printed:
    """What one go at the queue came to."""

    printed: int = 0
    doubtful: int = 0


@dataclass
class Worker:
    """Prints the queue of one target.

    `pace` is the least time from one poem to the next, in seconds; `may_print` can forbid it for a while
    (quiet hours); `idle` is called, and may wait, when there is nothing to print: False ends the work.
    A `stubborn` worker also waits for what would end another: it serves a show that nobody looks after.
    """

    queue: Queue
    target: Target
    retry: Retry = field(default_factory=Retry)
    pace: float = 0.0
    may_print: Callable[[], bool] = lambda: True
    idle: Callable[[], bool] = lambda: False
    stubborn: bool = False
    tally: Printed = field(default_factory=Printed)
    _presses: dict[str, Press] = field(default_factory=dict)
    _last: float = float("-inf")

    def run(self) -> Printed:
        """Print until there is nothing left or the program is to stop.

        Raises `PhotopoemError` for what waiting does not mend: a target or a queue that cannot be used.
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
        """Print a poem or wait for one; False at the end."""
        try:
            return self._once() or self.idle()
        except Stopped:
            raise
        except Exception as error:
            if not self.stubborn:
                raise
            self.retry.wait(str(error) or type(error).__name__)
            return True

    def _held(self) -> _Held:
        return _Held(self.queue, self.target.address, self.retry)

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
        """Print the next poem; False where there is none."""
        if not self.may_print():
            return False
        job = self._stored(lambda: self.queue.next(self.target.address))
        if job is None:
            return False
        self._keep_pace()
        try:
            delivery = self._pressed(job)
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

    def _pressed(self, job: Job) -> Delivery:
        from photopoem.poem import from_record

        key = f"{job.press} {sorted(job.options.items())}"
        if key not in self._presses:
            self._presses[key] = open_press(job.press, **job.options)
        press = self._presses[key]
        data = press.press([from_record(job.record)], photos=Path(job.photos) if job.photos else None)
        return Delivery(data, job.press, press.suffix, job.name)

    def _deliver(self, job: Job, delivery: Delivery) -> None:
        """Deliver once, and write down what became of it."""
        begun = False

        def begin() -> None:
            nonlocal begun
            # On the disk before the first byte goes out: whatever happens now, the poem is known to be in doubt.
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
            raise Refused(f"{str(error).rstrip('. ')}; {take_out} takes out what waits for it") from error
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
        """Do something with the queue; where the disk is full or gone, wait until it is back."""
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


class _Held:
    """The target to oneself; waits while another program has it."""

    def __init__(self, queue: Queue, address: str, retry: Retry) -> None:
        self.queue, self.address, self.retry = queue, address, retry
        self.holding: Any = None

    def __enter__(self) -> None:
        while True:
            holding = self.queue.held(self.address)
            try:
                if holding.__enter__():
                    self.holding = holding
                    break
                holding.__exit__(None, None, None)
                self.retry.wait("another photopoem is printing from here")
            except StoreError as error:
                self.retry.wait(str(error))
        self.retry.over()

    def __exit__(self, *_: object) -> None:
        self.holding.__exit__(None, None, None)
