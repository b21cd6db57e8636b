"""`photopoem cache`, as the command that people run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from photopoem.labels.cache import Answer, Key, LabelCache

KEY = Key("vision", "v1", "labels=20;jpeg=90")
A, B = "a" * 64, "b" * 64


def run(*args: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "photopoem", "cache", *map(str, args)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, encoding="utf-8", timeout=60)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A cache with two answers."""
    cache = LabelCache(tmp_path / "cache")
    cache.put(
        KEY,
        {
            A: Answer((("Dog", 0.9),), "2026-11-01T10:00:00+00:00"),
            B: Answer((("Café", 0.5),), "2026-11-22T10:00:00+00:00"),
        },
    )
    cache.close()
    return tmp_path / "cache"


def test_info_says_where_how_many_whose_and_when(folder: Path) -> None:
    """Info names the file, the number of answers, the labeller and the days of asking."""
    result = run("--cache", folder, "info")
    assert result.returncode == 0
    head, line = result.stdout.splitlines()
    assert head.startswith(f"{folder / 'labels.sqlite'}: 2 answers, ")
    assert line.split() == "2 vision v1, labels=20;jpeg=90, asked 2026-11-01 to 2026-11-22".split()


def test_info_of_nothing_makes_nothing(tmp_path: Path) -> None:
    """Commands on a missing cache do not create it."""
    result = run("--cache", tmp_path / "none", "info")
    assert result.stdout.endswith("nothing kept yet\n")
    assert not (tmp_path / "none").exists()


def test_a_show_travels(folder: Path, tmp_path: Path) -> None:
    """Labels that are exported and imported elsewhere are the same, and stderr reports their number."""
    file = tmp_path / "labels.jsonl"
    assert run("--cache", folder, "export", file).stderr == f"{file}: 2 answers\n"
    assert [json.loads(line)["digest"] for line in file.read_text("utf-8").splitlines()] == [A, B]
    result = run("--cache", tmp_path / "there", "import", file)
    assert result.returncode == 0
    assert result.stderr.endswith("2 answers imported, 0 there already\n")
    assert (
        run("--cache", folder, "export", "-").stdout
        == run("--cache", tmp_path / "there", "export", "-").stdout
    )


def test_import_reads_standard_input(folder: Path, tmp_path: Path) -> None:
    """A dash is standard input, so that a cache can go through a pipe."""
    lines = run("--cache", folder, "export", "-").stdout
    assert run("--cache", tmp_path / "there", "import", "-", stdin=lines).returncode == 0
    assert LabelCache(tmp_path / "there").get(KEY, [B])[B].words == (("Café", 0.5),)


def test_export_does_not_write_over_a_file(folder: Path, tmp_path: Path) -> None:
    """A file that is there stays as it was, unless --force says otherwise."""
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    result = run("--cache", folder, "export", file)
    assert result.returncode == 2
    assert "--force" in result.stderr
    assert file.read_text() == "mine"
    assert run("--cache", folder, "export", "--force", file).returncode == 0
    assert file.read_text() != "mine"


@pytest.mark.parametrize("content", [b"{}\n", b"\xff\xfe\n", None])
def test_a_wrong_file_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    """A file that is missing, not text or not labels ends in exit code 2 and one line naming it."""
    file = tmp_path / "labels.jsonl"
    if content is not None:
        file.write_bytes(content)
    result = run("--cache", tmp_path / "cache", "import", file)
    assert result.returncode == 2
    assert result.stderr.startswith(f"photopoem: {file}: ")
    assert result.stderr.count("\n") == 1


def test_clear_asks_somebody(folder: Path) -> None:
    """Without a terminal and without --yes, nothing is deleted."""
    result = run("--cache", folder, "clear")
    assert result.returncode == 2
    assert "--yes" in result.stderr
    assert LabelCache(folder).has_any(KEY)
    assert run("--cache", folder, "clear", "--yes").stderr.endswith("2 answers deleted\n")
    assert not LabelCache(folder).has_any(KEY)
