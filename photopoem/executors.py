"""Where the work is done: in place, in processes of which one may be lost, or on a Dask cluster."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from photopoem.errors import UsageError

Result = TypeVar("Result")

PHOTOS_A_JOB = 24
"""Fewer photographs than this do not repay the start of another process (about a second of imports)."""


class Inline(Executor):
    """Does the work where it stands: one job starts no pool."""

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Do it now; the future is settled when it is handed out."""
        future: Future[Result] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # a future carries whatever its work raised
            future.set_exception(error)
        return future


class Pool(Executor):
    """Processes that take work; when the system ends one of them, new ones take their place."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool = _processes(jobs)

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Hand work to a process. What was in flight when one died settles with `BrokenProcessPool`."""
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
    from multiprocessing import get_context

    # Each process has one core: libraries that would start threads for all cores only get in each other's way.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # Spawned and not forked: the libraries that decode and look hold threads, and a fork would copy their locks.
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=_begin)


def _begin() -> None:
    """Leave Ctrl-C to the process that began the run, and end when that is gone."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed run must leave no workers behind: they would wait for work forever."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def cores() -> int:
    """The cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def jobs_for(jobs: str, photographs: int) -> int:
    """How many processes `--jobs` comes to: `auto` is one a core, where there is enough to do.

    Raises `UsageError` for anything but `auto` or a whole number from 1.
    """
    if jobs == "auto":
        return max(1, min(cores(), photographs // PHOTOS_A_JOB))
    if not jobs.isdecimal() or int(jobs) < 1:
        raise UsageError(f"--jobs takes auto or a number from 1, not {jobs!r}")
    return int(jobs)


@contextmanager
def open_executor(jobs: int, dask: str | None = None) -> Iterator[tuple[Executor, int]]:
    """An executor and how many batches to keep in flight on it.

    Raises `UsageError` where the Dask cluster cannot be reached or the extra is not installed.
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
    except OSError as error:
        raise UsageError(f"--dask {address}: no scheduler answers there ({error})") from error
    with client:
        yield client.get_executor(), max(1, len(client.scheduler_info()["workers"]))
