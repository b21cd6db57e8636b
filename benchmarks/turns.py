"""Times functions in turns, so that other load affects all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def best_of_turns(
    works: Sequence[Callable[[], object]], turns: int, clock: Callable[[], float]
) -> list[float]:
    """The least seconds, by a clock, of each of some works that take turns."""
    rounds = [[_seconds(work, clock) for work in works] for _ in range(turns)]
    return [min(times) for times in zip(*rounds, strict=True)]


def _seconds(work: Callable[[], object], clock: Callable[[], float]) -> float:
    begun = clock()
    work()
    return clock() - begun
