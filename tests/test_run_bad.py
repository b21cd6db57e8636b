"""Bad files and hostile words, by the command: one line each, and nothing acts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from photopoem.text.terminal import visible
from tests.badfiles import make_bad_files
from tests.command import photopoem
from tests.making import make_photo, make_photos, records
from tests.processes import Program

HOSTILE = "#origin# [x:y] \u001b[31m<script>"
WITHOUT_RIGHTS = """
import ctypes, os
if os.geteuid() == 0:
    none, version_3 = (ctypes.c_uint32 * 6)(), 0x20080522
    assert ctypes.CDLL(None).capset((ctypes.c_uint32 * 2)(version_3, 0), none) == 0
"""
"""Takes from the superuser on Linux the right to read everything, as `setpriv` does."""
ACTING = ("\x1b", "\x07", "\u202e", "\u2066")


def test_thirty_bad_files_and_a_good_one(tmp_path: Path) -> None:
    """Thirty bad files and one good one give one poem, thirty single lines with file and cause, and exit 1."""
    bad = make_bad_files(tmp_path / "photos")
    assert len(bad) == 30
    make_photo(tmp_path / "photos/good.jpg", 1)
    done = photopoem("run", "photos", "--labels", "local", cwd=tmp_path, code=1)
    assert "Traceback" not in done.stderr
    failures = [line for line in done.stderr.splitlines() if line.startswith("photopoem: ")]
    assert len(failures) == 30
    for path in bad:
        name = visible(str(Path(path).relative_to(tmp_path)))
        assert sum(line.startswith(f"photopoem: {name}: ") for line in failures) == 1, name
    assert [p.name for p in (tmp_path / "poems").rglob("*.txt")] == ["good.jpg.txt"]


@pytest.mark.parametrize("labels", ["keywords", "local", "keywords,local"])
@pytest.mark.parametrize("grammar", ["i-can-remember", "inventory"])
def test_hostile_keyword_stays_text(samples: list[Path], tmp_path: Path, labels: str, grammar: str) -> None:
    """A keyword made of Tracery syntax, escapes and markup comes out as those characters or without them."""
    shutil.copy(samples[0], tmp_path / "photo.jpg")
    (tmp_path / "photo.jpg.txt").write_text(f"{HOSTILE}\nplace: \u202e{HOSTILE}\u0007\n")
    for seed in range(5):
        done = photopoem(
            "run", "photo.jpg", "--labels", labels, "-g", grammar, "--seed", str(seed), cwd=tmp_path
        )
        assert not any(acting in done.stdout + done.stderr for acting in ACTING)
        assert "((" not in done.stdout


def test_hostile_file_names_do_not_act(tmp_path: Path) -> None:
    """A file name with escape characters reaches the terminal as visible text."""
    make_photo(tmp_path / "photos" / "\x1b[31mred\u202e.jpg", 1)
    (tmp_path / "photos" / "\x1b]0;title\x07.jpg").write_text("no picture")
    done = photopoem("run", "photos", "--labels", "local", cwd=tmp_path, code=1)
    assert not any(acting in done.stdout + done.stderr for acting in ACTING)
    assert "\\x1b[31mred\\u202e.jpg" in done.stdout


@pytest.mark.parametrize("out", ["poems", "new/deep", "there"])
def test_a_run_without_a_poem_leaves_nothing(tmp_path: Path, out: str) -> None:
    """If no photograph gave a poem, the run leaves no new files, and existing ones stay."""
    (tmp_path / "there").mkdir()
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.jpg").write_text("no picture")
    before = set(tmp_path.rglob("*"))
    photopoem("run", "photos", "--labels", "keywords", "--out", out, cwd=tmp_path, code=2)
    assert set(tmp_path.rglob("*")) == before
    make_photo(tmp_path / "photos/b.jpg", 1)
    photopoem("run", "photos", "--labels", "keywords", "--out", out, cwd=tmp_path, code=1)
    (tmp_path / "photos/b.jpg").unlink()
    photopoem("run", "photos", "--labels", "keywords", "--out", out, cwd=tmp_path, code=1)
    assert len(records(tmp_path / out)) == 1


def test_what_may_not_be_read_is_one_line_everywhere(tmp_path: Path) -> None:
    """A photograph without permission gives the same line named alone, in a folder or in a closed one."""
    open_, closed = tmp_path / "open", tmp_path / "closed"
    for path in (open_, closed):
        make_photo(path / "a.jpg", 1)
    (open_ / "a.jpg").chmod(0)
    closed.chmod(0)
    said = {}
    for path in ("open", "open/a.jpg", "closed", "closed/a.jpg"):
        errors = tmp_path / f"{path.replace('/', ' ')}.errors"
        run = Program("run", path, "--labels", "keywords", cwd=tmp_path, err=errors, before=WITHOUT_RIGHTS)
        assert run.wait() == 2
        said[path] = [line for line in errors.read_text().splitlines() if line.startswith("photopoem: ")]
    closed.chmod(0o700)
    may_not = "may not be read: change its permissions"
    assert said["open"] == said["open/a.jpg"] == [f"photopoem: open/a.jpg: {may_not}"]
    assert said["closed"] == [f"photopoem: closed: {may_not}"]
    assert said["closed/a.jpg"] == [f"photopoem: closed/a.jpg: {may_not}"]


def test_files_that_are_no_photographs_are_counted(tmp_path: Path) -> None:
    """One line says of a folder which files were no photographs; notes, sidecars and hidden files need none."""
    make_photos(tmp_path / "photos", 1)
    for name in ("a.mov", "b.MOV", "none", "Dr. Who in Paris", "c.\x1b[31m"):
        (tmp_path / "photos/0" / name).touch()
    for name in ("0000.jpg.txt", "0000.xmp", "Thumbs.db", ".hidden", "notes.md", "list.csv"):
        (tmp_path / "photos" / name).touch()
    done = photopoem("run", "photos/", "--labels", "keywords", cwd=tmp_path)
    told = "photos/: 5 files that are not photographs left out ("
    (line,) = (line for line in done.stderr.splitlines() if "left out" in line)
    assert line.startswith(told)
    assert set(line.removeprefix(told).removesuffix(")").split(", ")) == {
        ".mov 2", "no ending 2", r".\x1b[31m 1"
    }  # fmt: skip
    assert photopoem("run", "photos/", "--labels", "keywords", "--quiet", cwd=tmp_path).stderr == ""
