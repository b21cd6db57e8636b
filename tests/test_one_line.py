"""Whatever goes wrong, foreseen or not, a command ends in one line, and `--traceback` shows where."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from photopoem.cli import main, unforeseen
from photopoem.errors import TRACEBACK
from photopoem.poems.records import read_records
from photopoem.services import batch
from tests.command import photopoem
from tests.making import make_photos, records


@pytest.fixture
def poems(tmp_path: Path) -> Path:
    """A folder of three poems."""
    make_photos(tmp_path / "photos", 3)
    photopoem("run", "photos", "--labels", "keywords", "-q", cwd=tmp_path)
    return tmp_path / "poems"


def one_line(said: str) -> str:
    """The only line that begins with the program's name, without a traceback."""
    assert "Traceback" not in said
    (line,) = (each for each in said.splitlines() if each.startswith("photopoem: "))
    return line


def test_an_error_that_nobody_foresaw_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unforeseen error ends the command with exit 2 and one line that says how to see more."""
    make_photos(tmp_path / "photos", 1)

    def broken(*_: object) -> None:
        raise ZeroDivisionError("first\nsecond \x1b[31m")

    monkeypatch.setattr(batch, "jobs_for", broken)
    done = photopoem("run", "photos", "--labels", "keywords", cwd=tmp_path, code=2)
    assert one_line(done.stderr) == (
        "photopoem: unexpected error (ZeroDivisionError: first second \\x1b[31m); "
        "run it again with --traceback to see where"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(TRACEBACK, "")  # and taken back after the test
    monkeypatch.setattr(sys, "argv", ["photopoem", "--traceback", "run", "photos", "--labels", "keywords"])
    with pytest.raises(ZeroDivisionError):
        main()


def test_an_unforeseen_errors_words_are_cut() -> None:
    """An error without a message shows its type; a long message is truncated."""
    assert unforeseen(KeyError()).startswith("unexpected error (KeyError); ")
    assert len(unforeseen(ValueError("a" * 10_000))) < 500


@pytest.mark.parametrize(
    "line", [b'{"path": 5, "lines": []}', b'{"path": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"]
)
@pytest.mark.parametrize("command", ["print", "explain", "merge"])
def test_what_is_no_record_is_told_with_its_line(tmp_path: Path, line: bytes, command: str) -> None:
    """A line of poems.jsonl with a number for a path, or nested without end, is refused with file and line."""
    (tmp_path / "poems").mkdir()
    (tmp_path / "poems" / "poems.jsonl").write_bytes(line + b"\n")
    ends = {"print": ["--to", "file:out.html"], "merge": ["--out", "merged"]}
    done = photopoem(command, "poems", *ends.get(command, []), cwd=tmp_path, code=None)
    assert "unforeseen" not in done.stderr and "Traceback" not in done.stderr
    if command == "print":
        assert "poems.jsonl:1: not a record of a poem" in one_line(done.stderr)


@pytest.mark.parametrize("host", ["192.168.1..50", "a" * 80])
def test_an_impossible_host_is_refused_before_anything_is_queued(
    tmp_path: Path, poems: Path, host: str
) -> None:
    """An impossible host name is refused at once, and nothing is queued for it."""
    done = photopoem("print", poems, "--to", f"tcp://{host}", cwd=tmp_path, code=2)
    assert "is not a host name or address" in one_line(done.stderr)
    assert not (poems / "print-queue.sqlite").exists()


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1:9/a.jpg", "zip://a.jpg::http://127.0.0.1:9/x.zip", "nothing://a"]
)
def test_an_address_that_does_not_answer_is_one_line(tmp_path: Path, url: str) -> None:
    """An address of any protocol that cannot be reached is told with the address."""
    done = photopoem("run", url, "--labels", "keywords", cwd=tmp_path, code=2)
    assert url in one_line(done.stderr)
    assert "unforeseen" not in done.stderr


def test_no_address_of_a_cluster_is_one_line(tmp_path: Path) -> None:
    """`--dask` without an address is refused."""
    make_photos(tmp_path / "photos", 1)
    done = photopoem("run", "photos", "--labels", "keywords", "--dask", "", cwd=tmp_path, code=2)
    assert "no scheduler answers there" in one_line(done.stderr)


# -- the last line of poems.jsonl ------------------------------------------------------------------------


def test_a_last_line_without_a_line_feed_is_a_record(tmp_path: Path, poems: Path) -> None:
    """A whole record at the end that an editor left without a line feed is read, and kept by the next run."""
    file = poems / "poems.jsonl"
    before = [each["path"] for each in records(poems)]
    file.write_bytes(file.read_bytes().rstrip(b"\n"))
    assert [each["path"] for each in read_records(poems)] == before
    photopoem("print", poems, "--to", "file:out.html", cwd=tmp_path)
    assert (tmp_path / "out.html").read_text().count('class="poem') == len(before)
    done = photopoem("run", "photos", "--labels", "keywords", cwd=tmp_path)
    assert "0 written, 3 already there" in done.stderr
    assert [each["path"] for each in records(poems)] == before
    assert file.read_bytes().endswith(b"}\n")


def test_a_torn_last_line_is_still_cut_off(tmp_path: Path, poems: Path) -> None:
    """A torn last record, or JSON that is not a record, is not a poem; the next run rewrites it."""
    file = poems / "poems.jsonl"
    whole = file.read_bytes().splitlines(keepends=True)
    for torn in (whole[2][:-20], json.dumps({"path": "x"}).encode()):
        file.write_bytes(b"".join(whole[:2]) + torn)
        assert len(list(read_records(poems))) == 2
        photopoem("run", "photos", "--labels", "keywords", cwd=tmp_path)
        assert file.read_bytes() == b"".join(whole)


def test_a_merge_takes_a_last_line_without_a_line_feed(tmp_path: Path, poems: Path) -> None:
    """Merging folders whose last line lacks its line feed gives one line for each poem."""
    shutil.copytree(poems, tmp_path / "other")
    for folder in (poems, tmp_path / "other"):
        file = folder / "poems.jsonl"
        file.write_bytes(file.read_bytes().rstrip(b"\n"))
    photopoem("merge", "poems", "other", "--out", "merged", cwd=tmp_path)
    assert len(records(tmp_path / "merged")) == 3
