"""A show outlives its terminal and its log, and what could not be looked into is told."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from photopoem.photo.discover import files_left_out, find_photos
from photopoem.services.arrivals import Arrivals
from tests.command import photopoem
from tests.making import make_photo, without_roots_rights
from tests.processes import Program

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
    (inbox / "bad.jpg").write_bytes(b"no photograph")
    make_photo(inbox / "a.jpg", 1)
    full, environ = Path("/dev/full"), {"PHOTOPOEM_TRACEBACK": "1"}
    program = Program(*WATCH, "--existing", cwd=here, out=full, err=full, environ=environ)
    until((here / "paper/a.txt").exists)
    assert program.poll() is None
    program.send_signal(signal.SIGTERM)
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


def test_look_tells_what_it_left_out(open_folder: Path) -> None:
    """`look` names closed and linked folders, and what is no photograph, in the words of `run`."""
    make_photo(open_folder / "in/sub/a.jpg", 1)
    make_photo(open_folder / "in/shut/b.jpg", 2)
    (open_folder / "in/films").mkdir()
    (open_folder / "in/films/film.mov").write_bytes(b"")
    (open_folder / "in/again").symlink_to("sub")
    (open_folder / "in/shut").chmod(0)
    try:
        photopoem(
            "look", "in/sub", "--labels", "keywords", cwd=open_folder
        )  # imports what root alone may read
        with without_roots_rights():
            looked = photopoem("look", "in", "--labels", "keywords", "--json", cwd=open_folder)
            empty = photopoem("look", "in/films", cwd=open_folder, code=2)
    finally:
        (open_folder / "in/shut").chmod(0o755)
    line = "1 file that is not a photograph left out (.mov 1)"
    folders = "2 folders left out (again/ is a link, shut/ may not be read)"
    assert looked.stderr.splitlines() == [f"in: {line}, {folders}"]
    assert looked.stdout.count("\n") == 1
    assert empty.stderr.splitlines()[0] == f"in/films: {line}"


def test_a_watch_tells_a_folder_left_out_once(open_folder: Path) -> None:
    """The folders that a watch does not search are named once, and a new one when it comes; files are not."""
    said: list[str] = []
    make_photo(open_folder / "in/sub/a.jpg", 1)
    make_photo(open_folder / "in/shut/b.jpg", 2)
    (open_folder / "in/film.mov").write_bytes(b"")
    arrivals = Arrivals(open_folder / "in", say=said.append)
    (open_folder / "in/shut").chmod(0)
    try:
        with without_roots_rights():
            arrivals.all_present()
            arrivals.ready()
        (open_folder / "in/again").symlink_to("sub")
        with without_roots_rights():
            arrivals.ready()
            arrivals.ready()
    finally:
        (open_folder / "in/shut").chmod(0o755)
    folder = open_folder / "in"
    assert said == [
        f"{folder}: 1 folder left out (shut/ may not be read)",
        f"{folder}: 1 folder left out (again/ is a link)",
    ]


def test_a_running_watch_tells_a_linked_folder(inbox: Path) -> None:
    """`photopoem watch` says on standard error, as the user wrote its folder, which linked folder it left out."""
    (inbox / "sub").mkdir()
    (inbox / "again").symlink_to("sub")
    log = inbox.parent / "log"
    with log.open("w") as file:
        program = subprocess.Popen(
            [sys.executable, "-m", "photopoem", *WATCH], cwd=inbox.parent, stderr=file, stdout=file
        )
        try:
            until(lambda: "watching inbox" in log.read_text())
            time.sleep(2.5)  # it searches its folder every second
        finally:
            program.terminate()
            program.wait(60)
    assert log.read_text().count("inbox: 1 folder left out (again/ is a link)") == 1


def test_a_folder_removed_meanwhile_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is gone by the time it is searched is not said to be closed."""
    make_photo(tmp_path / "in/sub/a.jpg", 1)
    make_photo(tmp_path / "in/b.jpg", 2)
    left: dict[str, Counter[str]] = {}
    real = os.scandir

    def scandir(path: str) -> object:
        if str(path).endswith("sub"):
            shutil.rmtree(path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = find_photos([str(tmp_path / "in")], left_out=left)
    assert [each.name for each in found] == ["b.jpg"]
    assert left == {}


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
