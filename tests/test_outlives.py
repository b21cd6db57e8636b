"""A show outlives its terminal and its log, and what could not be looked into is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from photopoem.photo.discover import files_left_out, find_photos
from tests.command import photopoem
from tests.making import make_photo, without_roots_rights

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="has no terminals to hang up: run it on Linux or macOS"
)
WATCH = (
    "watch",
    "inbox",
    "--print",
    "dir:paper",
    "--press",
    "text",
    "--labels",
    "keywords",
    "--status",
    "health.json",
)


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def on_a_terminal(folder: Path) -> tuple[int, int]:
    """Start a watch that owns a terminal of its own: its process and our end of the terminal."""
    import pty

    process, ours = pty.fork()
    if process == 0:
        try:
            os.chdir(folder)
            os.execv(sys.executable, [sys.executable, "-m", "photopoem", *WATCH])  # noqa: S606 - no shell is needed
        finally:
            os._exit(1)
    return process, ours


def ended(process: int) -> bool:
    return os.waitpid(process, os.WNOHANG)[0] != 0


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """The folder that photographs arrive in."""
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def test_a_show_outlives_its_terminal(inbox: Path) -> None:
    """A watch whose terminal is closed goes on: it prints what comes, also where there is something to say of it."""
    here = inbox.parent
    process, ours = on_a_terminal(here)
    try:
        until((here / "health.json").exists)
        os.close(ours)
        time.sleep(0.5)
        (inbox / "bad.jpg").write_bytes(b"no photograph")
        make_photo(inbox / "a.jpg", 1)
        until((here / "paper/a.txt").exists)
        time.sleep(0.5)
        assert not ended(process)
    finally:
        os.kill(process, signal.SIGTERM)
        until(lambda: ended(process))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="writes to /dev/full: run it on Linux")
def test_a_show_outlives_its_log(inbox: Path) -> None:
    """A watch whose log is on a full disk prints all the same, and ends when it is told to."""
    here = inbox.parent
    with Path("/dev/full").open("w") as full:
        program = subprocess.Popen(
            [sys.executable, "-m", "photopoem", *WATCH, "--existing"], cwd=here, stderr=full, stdout=full,
            env={**os.environ, "PHOTOPOEM_TRACEBACK": "1"},
        )  # fmt: skip
        try:
            (inbox / "bad.jpg").write_bytes(b"no photograph")
            make_photo(inbox / "a.jpg", 1)
            until((here / "paper/a.txt").exists)
            assert program.poll() is None
        finally:
            program.terminate()
            program.wait(60)


def test_a_closed_folder_is_told(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder among the photographs that nobody may look into is counted, with its name and why."""
    for name in ("a.jpg", "sub/deep/b.jpg", "sub/c.jpg"):
        make_photo(open_folder / name, 1)
    closed = open_folder / "sub/deep"
    closed.chmod(0)
    monkeypatch.chdir(open_folder)
    left: dict[str, Counter[str]] = {}
    try:
        with without_roots_rights():
            found = [each.path for each in find_photos(["."], left_out=left)]
    finally:
        closed.chmod(0o755)
    assert found == ["a.jpg", "sub/c.jpg"]
    assert files_left_out(left["."]) == "1 folder left out (sub/deep/ may not be read)"


def test_a_linked_folder_is_told(tmp_path: Path) -> None:
    """A link to a folder that is looked into anyway is left out, and a line says so; others are followed."""
    make_photo(tmp_path / "in/sub/a.jpg", 1)
    make_photo(tmp_path / "elsewhere/b.jpg", 2)
    (tmp_path / "in/again").symlink_to("sub")
    (tmp_path / "in/more").symlink_to("../elsewhere")
    done = photopoem("run", "in", "--labels", "keywords", cwd=tmp_path)
    assert "in: 1 folder left out (again/ is a link)" in done.stderr
    assert "poems: 2 written" in done.stderr


def test_copies_into_a_folder_are_told(tmp_path: Path) -> None:
    """A folder gets each poem once; that --copies makes no more files of it is said, and what is counted is true."""
    make_photo(tmp_path / "in/a.jpg", 1)
    make_photo(tmp_path / "in/b.jpg", 2)
    photopoem("run", "in", "--labels", "keywords", "-q", cwd=tmp_path)
    done = photopoem("print", "--copies", "3", "--to", "dir:paper", "--press", "text", cwd=tmp_path)
    assert (
        "dir:" in done.stderr
        and "a folder has each poem once, so --copies 3 makes no more files" in done.stderr
    )
    assert done.stderr.endswith("2 printed\n")
    assert len(list((tmp_path / "paper").iterdir())) == 2
    assert photopoem("queue", "list", "--all", cwd=tmp_path).stdout.endswith("2 printed\n")
