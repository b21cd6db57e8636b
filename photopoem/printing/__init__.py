"""Poems onto paper: a queue that neither loses nor doubles one, and the printers behind it.

from photopoem.printing import print_poems
print_poems("poems", poems, "tcp://192.168.1.50:9100")
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from photopoem.errors import UsageError
from photopoem.poem import Poem
from photopoem.printing.queue import NewJob, Queue
from photopoem.printing.retry import Retry
from photopoem.printing.targets import OneFile, Target, open_target
from photopoem.printing.worker import Printed, Worker

__all__ = [
    "Printed",
    "Queue",
    "Retry",
    "Worker",
    "enqueue",
    "open_target",
    "ordered",
    "print_poems",
    "print_queue",
]

Order = Literal["shuffle", "taken", "name"]


def queue_target(address: str) -> Target:
    """A target that has a queue. Raises `UsageError` for one that has none, does not exist or will never print."""
    target = open_target(address)
    if isinstance(target, OneFile):
        raise UsageError(f"{address}: a file has no queue; print into a folder with dir:FOLDER")
    if why := target.refusal():
        raise UsageError(f"{target.address}: {why}")
    return target


def press_for(target: Target | OneFile, asked: str | None) -> str:
    """The press for a target: the one asked for, else the one that suits it. Raises `UsageError`."""
    press = asked or target.press
    if press is None:
        from photopoem.press import press_names

        raise UsageError(f"{target.address}: say which --press: {', '.join(press_names())}")
    return press


def ordered(poems: Iterable[Poem], order: Order | None, seed: int | None = None) -> list[Poem]:
    """The poems in an order: shuffled (`seed` repeats one), by the time taken (unknown last), by name, or as given."""
    found = list(poems)
    if order == "shuffle":
        random.Random(seed).shuffle(found)  # noqa: S311 - a deck of cards, no secret
    elif order == "taken":
        found.sort(key=_taken)
    elif order == "name":
        found.sort(key=lambda poem: (Path(poem.subject.path).name, poem.subject.path))
    return found


def _taken(poem: Poem) -> tuple[datetime, str]:
    taken = poem.subject.moment.taken
    # Cameras without a zone tell the time of the place, as those with one do: compare the clocks.
    return (taken.replace(tzinfo=None) if taken else datetime.max, poem.subject.path)


def enqueue(
    folder: str | Path | Queue,
    poems: Iterable[Poem],
    target: str,
    *,
    press: str | None = None,
    options: Mapping[str, Any] | None = None,
    photos: str | Path | None = None,
    copies: int = 1,
    again: bool = False,
) -> int:
    """Put poems into the queue of the poems folder `folder`; returns how many were new.

    A poem that the target has had, or that waits for it already, is not put in a second time, so asking twice
    prints once; `again` prints it once more all the same. `press` with its `options` follows from the target where
    it is plain. `photos` is the folder that relative paths of photographs start from (default: this one).
    Raises `UsageError`, `StoreError`.
    """
    from photopoem.poem import record

    where = queue_target(target)
    name = press_for(where, press)
    base = str(Path(photos or "").absolute())
    jobs = [NewJob(record(poem), name, dict(options or {}), base) for poem in poems]
    with _opened(folder) as queue:
        return queue.add(where.address, jobs, copies=copies, again=again)


def print_queue(
    folder: str | Path | Queue, target: str, *, pace: float = 0.0, retry: Retry | None = None
) -> Printed:
    """Print what is queued for a target; returns when nothing is left, or `retry.stop` is set.

    Waits for a printer that is off, stalled or out of paper, and goes on by itself. Raises `UsageError`, `StoreError`,
    `PressError`.
    """
    with _opened(folder) as queue:
        return Worker(queue, queue_target(target), retry or Retry(), pace).run()


@contextmanager
def _opened(folder: str | Path | Queue) -> Iterator[Queue]:
    """A queue that is given as it is, or a folder's, which is closed afterwards."""
    if isinstance(folder, Queue):
        yield folder
    else:
        with Queue(folder) as queue:
            yield queue


def print_poems(
    folder: str | Path,
    poems: Sequence[Poem],
    target: str,
    *,
    press: str | None = None,
    options: Mapping[str, Any] | None = None,
    photos: str | Path | None = None,
    copies: int = 1,
    again: bool = False,
    pace: float = 0.0,
    retry: Retry | None = None,
) -> Printed:
    """`enqueue` and `print_queue`."""
    enqueue(folder, poems, target, press=press, options=options, photos=photos, copies=copies, again=again)
    return print_queue(folder, target, pace=pace, retry=retry)
