"""Executors: in this process, in a pool of processes that may die, or on a Dask cluster."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context, parent_process
from typing import Any, TypeVar

from photopoem.errors import UsageError
from photopoem.threads import one_thread_each

Given = TypeVar("Given")
Result = TypeVar("Result")

MAX_BREAKS = 3
"""How often an item may crash its process before it is given up."""
PHOTOS_A_JOB = 24
"""The least photographs that justify another process, whose start takes about a second of imports."""


class Inline(Executor):
    """Runs work at once, in the calling thread."""

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Run the work now; the returned future is done."""
        future: Future[Result] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # a future carries any exception
            future.set_exception(error)
        return future


class Pool(Executor):
    """A process pool that is restarted when the system kills one of its processes."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool = _processes(jobs)

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Submit work to a process. If a process dies, pending work fails with `BrokenProcessPool`."""
        try:
            return self._pool.submit(fn, *args, **kwargs)
        except BrokenProcessPool:
            self._pool.shutdown(wait=False)
            self._pool = _processes(self._jobs)
            return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes."""
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)


def _processes(jobs: int) -> ProcessPoolExecutor:
    one_thread_each()
    # Spawned, not forked, because the libraries have threads, and a fork would copy their locks.
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=begin_worker)


def begin_worker() -> None:
    """Ignore Ctrl-C, which the parent process handles, and exit when the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Exit with the parent, because the workers of a killed run would wait forever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def cores() -> int:
    """The number of cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def jobs_for(jobs: str, photographs: int) -> int:
    """The number of processes for `--jobs`; `auto` is one per core, and fewer for few photographs.

    Raises `UsageError` for anything but `auto` or a whole number from 1.
    """
    if jobs == "auto":
        return max(1, min(cores(), photographs // PHOTOS_A_JOB))
    if not jobs.isdecimal() or int(jobs) < 1:
        raise UsageError(f"--jobs takes auto or a number from 1, not {jobs!r}")
    return int(jobs)


@contextmanager
def open_executor(jobs: int, dask: str | None = None) -> Iterator[tuple[Executor, int]]:
    """An executor and the number of batches to keep in flight on it.

    Raises `UsageError` if the Dask cluster cannot be reached or the extra is not installed.
    """
    if dask is not None:
        with _dask(dask) as (executor, workers):
            yield executor, workers * 3
    elif jobs == 1:
        yield Inline(), 1
    else:
        with Pool(jobs) as pool:
            yield pool, jobs * 3


@contextmanager
def _dask(address: str) -> Iterator[tuple[Executor, int]]:
    try:
        from distributed import Client
    except ImportError as error:
        raise UsageError("--dask needs another package: pip install 'photopoem[dask]'") from error
    try:
        client: Any = Client(address, timeout="10s")  # type: ignore[no-untyped-call]  # it publishes half its types
    except (OSError, ValueError) as error:
        raise UsageError(f"--dask {address}: no scheduler answers there ({error})") from error
    with client:
        yield client.get_executor(), max(1, len(client.scheduler_info()["workers"]))


def batches(items: Iterable[Given], size: int) -> Iterator[tuple[Given, ...]]:
    """The items in lazy batches of `size`."""
    rest = iter(items)
    while batch := tuple(islice(rest, size)):
        yield batch


def evenly_ended(whole: Iterable[tuple[Given, ...]], parts: int) -> Iterator[tuple[Given, ...]]:
    """The batches with the last one split into `parts`; a shorter last batch is first joined to the previous one.

    Otherwise the last batch would keep one worker busy while the others wait.
    """
    last: tuple[Given, ...] = ()
    for batch in whole:
        if len(batch) < len(last):
            last += batch
            break
        if last:
            yield last
        last = batch
    yield from batches(last, max(1, -(-len(last) // parts)))


def in_order(
    executor: Executor,
    work: Callable[[Sequence[Given]], list[Result]],
    items: Iterable[Sequence[Given]],
    window: int,
    give_up: Callable[[Given], Result],
) -> Iterator[list[Result]]:
    """The result of `work` on each batch, in order, with at most `window` batches in flight.

    If a process dies, each item of its batch is retried alone, `MAX_BREAKS` times; then `give_up` gives its result.
    """
    pending: deque[tuple[Sequence[Given], Future[list[Result]]]] = deque()
    for batch in items:
        pending.append((batch, executor.submit(work, batch)))
        if len(pending) >= window:
            yield _settled(executor, work, *pending.popleft(), give_up)
    while pending:
        yield _settled(executor, work, *pending.popleft(), give_up)


def _settled(
    executor: Executor,
    work: Callable[[Sequence[Given]], list[Result]],
    batch: Sequence[Given],
    future: Future[list[Result]],
    give_up: Callable[[Given], Result],
) -> list[Result]:
    try:
        return future.result()
    except BrokenExecutor:
        return [each for item in batch for each in _alone(executor, work, item, give_up)]


def _alone(
    executor: Executor,
    work: Callable[[Sequence[Given]], list[Result]],
    item: Given,
    give_up: Callable[[Given], Result],
) -> list[Result]:
    for _ in range(MAX_BREAKS):
        try:
            return executor.submit(work, (item,)).result()
        except BrokenExecutor:
            continue
    return [give_up(item)]


def ahead(
    executor: Executor, items: Iterable[Given], work: Callable[[Given], Result]
) -> Iterator[tuple[Given, Result]]:
    """Each item with its result; the next item's work runs while the caller uses this one."""
    before: tuple[Given, Future[Result]] | None = None
    for item in items:
        current = (item, executor.submit(work, item))
        if before is not None:
            yield before[0], before[1].result()
        before = current
    if before is not None:
        yield before[0], before[1].result()
