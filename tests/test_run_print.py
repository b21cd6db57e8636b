"""Runs that print as they write: a real socket stands for the printer."""

from __future__ import annotations

import subprocess
import time
from functools import partial
from pathlib import Path

from tests.making import COMMAND, make_photo, make_photos, photopoem


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
    """A target that makes no sense is told in one line before any photograph is opened."""
    make_photos(tmp_path / "photos", 1)
    done = photopoem(
        "run", "photos", "--labels", "local", "--print", "fax:1", "--quiet", cwd=tmp_path, code=2
    )
    assert "fax:1" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_ctrl_c_while_waiting_for_a_printer(tmp_path: Path) -> None:
    """Ctrl-C while a printer is waited for ends the run, and what is left stays queued."""
    import signal
    import socket

    make_photos(tmp_path / "photos", 2)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        target = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        run = subprocess.Popen(
            [*COMMAND, "run", "photos", "--labels", "local", "--print", target],
            cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            # Tests that were started in the background have it ignored, and so would what they start.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and len(list((tmp_path / "poems").rglob("*.txt"))) < 2:
            time.sleep(0.05)
        time.sleep(1)
        run.send_signal(signal.SIGINT)
        _, errors = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "what is left is queued" in errors or "goes on from here" in errors
    assert "Traceback" not in errors
    queue = photopoem("queue", "list", "poems", cwd=tmp_path, code=None)
    assert queue.stdout.count("queued") >= 2
