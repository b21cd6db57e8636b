"""Printing beside other work: poems are added as they are written, a thread of its own prints them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from photopoem.poem import Poem
from photopoem.printing import Printed, Queue, Retry, Worker, press_for, queue_target
from photopoem.printing.queue import NewJob


@dataclass
class Spool:
    """Prints to a target what is added, while the program goes on. Use it as a context manager.

    Leaving the block waits until all is printed, unless an error or Ctrl-C leaves it: then what is left stays
    queued. The arguments are those of `print_poems`. Raises `UsageError`, and on leaving what ended the printing.
    """

    folder: str | Path
    target: str
    press: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    photos: str | Path | None = None
    pace: float = 0.0
    retry: Retry = field(default_factory=Retry)
    may_print: Callable[[], bool] = lambda: True
    stubborn: bool = False

    def __post_init__(self) -> None:
        self.queue = Queue(self.folder)
        target = queue_target(self.target)
        self.target = target.address
        self._press = press_for(target, self.press)
        self.worker = Worker(
            self.queue, target, self.retry, self.pace, self.may_print, self._idle, self.stubborn
        )
        self._more = threading.Event()
        self._starting = threading.Lock()
        self._started = self._closing = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="photopoem-printing", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
        else:
            self.stop()

    def start(self) -> None:
        """Begin to print: what is queued already, else with the first poem, so that none leaves no queue."""
        self._started = True
        if self.queue.path.exists():
            self._begin()

    def _begin(self) -> None:
        with self._starting:
            if self._thread.ident is None:
                self._thread.start()

    def add(self, poem: Poem, photograph: tuple[str, str] | None = None) -> bool:
        """Queue a poem; False where it has been printed or waits already. Raises `StoreError`.

        `photograph` (path, stamp) is noted as dealt with in the same moment.
        """
        from photopoem.poem import record

        job = NewJob(record(poem), self._press, dict(self.options), str(Path(self.photos or "").absolute()))
        added = self.queue.add(self.target, [job], photograph=photograph)
        self._more.set()
        if self._started:
            self._begin()
        return bool(added)

    def finish(self) -> Printed:
        """Wait until all is printed; what that came to."""
        self._closing = True
        self._more.set()
        # In steps: a wait without an end would not hear Ctrl-C on every system.
        while self._thread.is_alive():
            self._thread.join(0.2)
        return self._ended()

    def stop(self) -> Printed:
        """End soon: a poem that is being sent is finished if the printer takes it, the others stay queued."""
        self.retry.stop.set()
        self._more.set()
        if self._thread.is_alive():
            self._thread.join(30)
        return self._ended()

    @property
    def failure(self) -> BaseException | None:
        """What ended the printing, if something did."""
        return self._failure

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
