"""Runs that print as they write: a real socket stands for the printer."""

from __future__ import annotations

import signal
import socket
from pathlib import Path

import pytest

from photopoem.printing.queue import NewJob, Queue
from tests.command import photopoem
from tests.making import make_photo, make_photos, records
from tests.processes import Program
from tests.studio import until


def test_run_prints_each_poem_once(tmp_path: Path) -> None:
    """Run --print puts every poem on paper once; a second run prints only what is new."""
    make_photos(tmp_path / "photos", 4)
    target = ("--print", "dir:paper", "--press", "text")
    done = photopoem("run", "photos", "--labels", "local", *target, cwd=tmp_path)
    assert "4 printed" in done.stderr
    assert len([p for p in (tmp_path / "paper").rglob("*") if p.is_file()]) == 4
    make_photo(tmp_path / "photos/new.jpg", 77)
    again = photopoem("run", "photos", "--labels", "local", *target, cwd=tmp_path)
    assert "1 printed" in again.stderr


def test_poem_that_was_written_but_not_queued(tmp_path: Path) -> None:
    """Poems that an earlier run wrote without printing are printed by the next run with a printer."""
    make_photos(tmp_path / "photos", 3)
    photopoem("run", "photos", "--labels", "local", cwd=tmp_path)
    done = photopoem(
        "run", "photos", "--labels", "local", "--print", "dir:paper", "--press", "text", cwd=tmp_path
    )
    assert "3 printed" in done.stderr


def test_target_that_does_not_exist(tmp_path: Path) -> None:
    """An invalid target is refused in one line before any photograph is opened."""
    make_photos(tmp_path / "photos", 1)
    done = photopoem(
        "run", "photos", "--labels", "local", "--print", "fax:1", "--quiet", cwd=tmp_path, code=2
    )
    assert "fax:1" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("there", [False, True])
def test_no_poem_leaves_no_queue(tmp_path: Path, there: bool) -> None:
    """Where no photograph gives a poem nothing is left, no queue and no folder; what was there stays."""
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.jpg").write_bytes(b"no photograph")
    if there:
        (tmp_path / "poems").mkdir()
        (tmp_path / "poems" / "note.txt").touch()
    before = sorted(tmp_path.rglob("*"))
    target = ("--print", "tcp://127.0.0.1:9")
    done = photopoem("run", "bad", "--labels", "keywords", *target, cwd=tmp_path, code=2)
    assert "tcp://127.0.0.1:9: 0 printed" in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_what_waits_from_before_is_printed_though_no_poem_comes(tmp_path: Path) -> None:
    """A run that writes nothing new prints what an earlier one left in the queue."""
    make_photos(tmp_path / "photos", 1)
    photopoem("run", "photos", "--labels", "keywords", cwd=tmp_path)
    with Queue(tmp_path / "poems") as queue:
        queue.add(f"dir:{tmp_path}/paper", [NewJob(records(tmp_path / "poems")[0], "text")])
    (tmp_path / "photos" / "0" / "0000.jpg").write_bytes(b"no photograph")
    target = ("--print", "dir:paper", "--press", "text")
    done = photopoem("run", "photos", "--labels", "keywords", "--force", *target, cwd=tmp_path, code=1)
    assert "1 printed" in done.stderr and (tmp_path / "paper" / "0000.txt").exists()


def test_ctrl_c_while_waiting_for_a_printer(tmp_path: Path) -> None:
    """Ctrl-C while a printer is waited for ends the run, and what is left stays queued."""
    make_photos(tmp_path / "photos", 2)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        target = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        said = tmp_path / "errors"
        run = Program("run", "photos", "--labels", "local", "--print", target, cwd=tmp_path, err=said)
        until(lambda: len(list((tmp_path / "poems").rglob("*.txt"))) == 2, 60)
        until(lambda: "Ctrl-C is safe" in said.read_text(), 60)
        run.send_signal(signal.SIGINT)
        ended = run.wait()
    assert ended == 130, said.read_text()[-3000:]
    errors = said.read_text()
    assert (
        f"photopoem queue clear poems --to {target} removes it" in errors or "continues from here" in errors
    )
    assert "Traceback" not in errors
    queue = photopoem("queue", "list", "poems", cwd=tmp_path, code=None)
    assert queue.stdout.count("queued") >= 2
