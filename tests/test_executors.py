"""Executors: a pool that loses a process, and the order of results."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from photopoem.errors import UsageError
from photopoem.labels.registry import open_labeller
from photopoem.photo.discover import Found
from photopoem.services.executors import Inline, batches, evenly_ended, in_order, jobs_for, open_executor
from photopoem.services.pipeline import Done, Settings, write_poems
from tests.command import photopoem
from tests.executor_child import work
from tests.making import make_photos


def test_killed_worker_costs_nothing_but_its_photograph(tmp_path: Path) -> None:
    """A process that the system kills is replaced; only a photograph that kills each time is given up."""
    names = [f"{n}.jpg" for n in range(20)]
    names[6], names[13] = "dies.jpg", "sick.jpg"
    paths = [tmp_path / name for name in names]
    with open_executor(2) as (pool, window):
        results = in_order(pool, work, batches(paths, 4), window, lambda path: f"given up: {path.name}")
        outcome = [each for batch in results for each in batch]
    assert outcome == [f"given up: {name}" if name == "dies.jpg" else name for name in names]


def test_threads_serve_as_well(tmp_path: Path) -> None:
    """Any executor gives the same poems in the same order, a thread pool and none at all."""
    make_photos(tmp_path, 12)
    found = sorted(Found(str(path), path.name, "") for path in tmp_path.rglob("*.jpg"))
    settings = Settings(labels="local")
    labeller = open_labeller("local")
    with ThreadPoolExecutor(2) as threads:
        many = list(write_poems(found, settings, labeller, threads, window=3))
    one = list(write_poems(found, settings, labeller, Inline()))
    assert all(isinstance(each, Done) for each in many)
    assert many == one
    assert [each.found for each in many] == found


def test_at_most_a_window_is_in_flight() -> None:
    """At most a window of batches is drawn ahead of the returned results."""
    drawn = 0

    def drawn_batches():
        nonlocal drawn
        for n in range(50):
            drawn += 1
            yield (Path(f"{n}.jpg"),)

    with ThreadPoolExecutor(2) as threads:
        results = in_order(threads, work, drawn_batches(), 3, str)
        for n, _ in enumerate(results, start=1):
            assert drawn <= n + 3


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (3, [1, 1, 1]), (16, [8, 2, 2, 2, 2]), (100, [8] * 11 + [3] * 4)]
)
def test_the_end_is_shared(count: int, sizes: list[int]) -> None:
    """The last batch and the remainder are split among all workers, in order."""
    parts = list(evenly_ended(batches(range(count), 8), 4))
    assert [len(part) for part in parts] == sizes
    assert [each for part in parts for each in part] == list(range(count))


def test_jobs() -> None:
    """--jobs auto starts no second process for a handful; anything but a number is refused."""
    assert jobs_for("auto", 6) == 1
    assert jobs_for("3", 1) == 3
    with pytest.raises(UsageError):
        jobs_for("many", 1)


@pytest.mark.filterwarnings("default")  # the cluster's own libraries warn as they please
def test_dask_cluster_gives_the_same_poems(tmp_path: Path) -> None:
    """A Dask cluster gives byte for byte the poems of a single run."""
    from distributed import LocalCluster

    make_photos(tmp_path / "photos", 18)
    photopoem("run", "photos", "--labels", "local", "--jobs", "1", "--out", "one", cwd=tmp_path)
    # Two threads of one process, because each process imports for five seconds.
    with LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None) as cluster:
        run = ("run", "photos", "--labels", "local", "--dask", cluster.scheduler_address, "--out", "two")
        photopoem(*run, cwd=tmp_path)
    assert (tmp_path / "one/poems.jsonl").read_bytes() == (tmp_path / "two/poems.jsonl").read_bytes()
    assert len((tmp_path / "two/poems.jsonl").read_text().splitlines()) == 18
