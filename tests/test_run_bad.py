"""Bad files and hostile words, by the command: one line each, and nothing acts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from photopoem.terminal import visible
from tests.badfiles import make_bad_files
from tests.making import make_photo, photopoem

HOSTILE = "#origin# [x:y] \u001b[31m<script>"
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
