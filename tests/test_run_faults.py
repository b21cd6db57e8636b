"""Runs that are killed, lose a process or a photograph: the next one completes, nothing twice, nothing half."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.command import photopoem
from tests.conftest import Rounds
from tests.making import make_photos, texts
from tests.processes import FORKED_WORKERS, Program

PALETTE = (
    "--labels",
    "keywords",
    "--grammar",
    "inventory",
    "--quiet",
)  # quick to start: no network is loaded


def started(folder: Path, *args: str, before: str = "") -> Program:
    """A run over `photos` with two jobs, in a process group of its own."""
    return Program(
        "run", "photos", *PALETTE, "--jobs", "2", *args, cwd=folder, err=folder / "errors", before=before
    )


def wait_for_records(run: Program, file: Path, count: int) -> None:
    """Until that many records are written or the run is over."""
    while run.poll() is None and (not file.exists() or file.read_bytes().count(b"\n") < count):
        time.sleep(0.01)


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_kills_at_random_moments(tmp_path: Path, rounds: Rounds) -> None:
    """Killed at random moments, with and without its workers, every run is completed by the next."""
    kills, count = rounds(6, 50), rounds(36, 120)
    workers = (FORKED_WORKERS, "")[rounds(0, 1)]
    make_photos(tmp_path / "photos", count)
    photopoem("run", "photos", *PALETTE, "--jobs", "1", "--out", "whole", cwd=tmp_path)
    whole, records = texts(tmp_path / "whole"), (tmp_path / "whole/poems.jsonl").read_bytes()
    rng = random.Random(8)
    out = 0
    for kill in range(kills):
        folder = tmp_path / f"out{out}"
        run = started(tmp_path, "--out", folder.name, before=workers)
        moments = (0, 1, count // 6, count // 2, count * 3 // 4, count - 1)
        wait_for_records(run, folder / "poems.jsonl", rng.choice(moments))
        time.sleep(rng.random() * count / 1200)
        if kill % 2:
            os.killpg(run.pid, signal.SIGKILL)
        else:
            run.kill()
        run.wait()
        for text in folder.rglob("*.txt") if folder.exists() else []:
            assert text.read_text() == whole[str(text.relative_to(folder))]
        if (folder / "poems.jsonl").exists() and (folder / "poems.jsonl").read_bytes().count(
            b"\n"
        ) > count * 5 // 6:
            photopoem("run", "photos", *PALETTE, "--jobs", "1", "--out", folder.name, cwd=tmp_path)
            assert texts(folder) == whole
            assert (folder / "poems.jsonl").read_bytes() == records
            out += 1
    assert out >= kills // 16
    photopoem("run", "photos", *PALETTE, "--jobs", "1", "--out", f"out{out}", cwd=tmp_path)
    assert texts(tmp_path / f"out{out}") == whole
    assert not list(tmp_path.rglob("*.tmp"))


def test_killed_run_leaves_no_processes(tmp_path: Path) -> None:
    """The workers of a run that is killed end by themselves."""
    make_photos(tmp_path / "photos", 30)
    run = started(tmp_path)
    wait_for_records(run, tmp_path / "poems/poems.jsonl", 5)
    workers = psutil.Process(run.pid).children(recursive=True)
    run.kill()
    run.wait()
    assert workers
    _, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive


def test_worker_killed_by_the_system(tmp_path: Path) -> None:
    """A worker that the system kills is replaced, and every photograph gets its poem in the same run."""
    make_photos(tmp_path / "photos", 60)
    run = started(tmp_path, before=FORKED_WORKERS)
    wait_for_records(run, tmp_path / "poems/poems.jsonl", 5)
    workers = psutil.Process(run.pid).children()
    assert len(workers) == 2
    workers[0].kill()
    assert run.wait(120) == 0, (tmp_path / "errors").read_text()
    assert len(texts(tmp_path / "poems")) == 60


def test_photograph_that_vanishes(tmp_path: Path) -> None:
    """A photograph that is gone between listing and reading costs one line, and the rest is written."""
    photos = sorted(make_photos(tmp_path / "photos", 50))
    run = Program("run", "photos", *PALETTE, "--jobs", "1", cwd=tmp_path, err=tmp_path / "errors")
    records = tmp_path / "poems/poems.jsonl"
    while run.poll() is None and not (records.exists() and records.stat().st_size):
        time.sleep(0.005)
    photos[-1].unlink()
    assert run.wait(120) == 1
    errors = (tmp_path / "errors").read_text()
    assert len(errors.splitlines()) == 1
    assert f"{photos[-1].name}: no such file: it may have been moved or deleted since it was listed" in errors
    written = [json.loads(line)["path"] for line in records.read_text().splitlines()]
    assert len(written) == 49
