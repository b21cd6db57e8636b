"""What `print --to file:` replaces, and what the text press lets through."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from photopoem.cli import photopoem
from photopoem.errors import UsageError
from photopoem.photo.discover import Found
from photopoem.poem import record
from photopoem.poems.folder import PoemsFolder
from photopoem.press import open_press
from tests.paper import make_poem


@pytest.mark.skipif(os.name == "nt", reason="makes a pipe with mkfifo: run it on Linux or macOS")
@pytest.mark.parametrize("kind", ["pipe", "device", "link to a device", "folder"])
def test_only_files_are_replaced(tmp_path: Path, kind: str) -> None:
    """A pipe, a device or a folder is neither replaced nor waited for, also with --force."""
    poem = make_poem("words")
    with PoemsFolder(tmp_path / "poems") as folder:
        folder.add(record(poem), Found(poem.subject.path, "a.jpg", "1"), "settings", "words\n")
    # A terminal of the test's own: a fault would not cost the machine a device.
    device = Path(os.ttyname(os.openpty()[1]))
    target = device if kind == "device" else tmp_path / "paper.txt"
    if kind == "pipe":
        os.mkfifo(target)
    elif kind == "folder":
        target.mkdir()
    elif kind == "link to a device":
        target.symlink_to(device)
    before = stat.S_IFMT(target.lstat().st_mode)
    command = ["print", str(tmp_path / "poems"), "--to", f"file:{target}", "--press", "text", "--force"]
    ended = CliRunner().invoke(photopoem, command)
    assert isinstance(ended.exception, UsageError)
    assert "is a folder, device or pipe" in str(ended.exception)
    assert stat.S_IFMT(target.lstat().st_mode) == before
    assert stat.S_ISCHR(device.stat().st_mode)


def test_the_text_press_passes_no_control_characters() -> None:
    """Escape sequences, direction marks and undecodable bytes in a text do not reach a terminal or a printer."""
    poem = make_poem("red \x1b[31m\x1b@ and\x07 \u202egreen \udcff é", title="a\x00b")
    text = open_press("text").press([poem]).decode()
    assert text.startswith("ab\n\nred [31m@ and green  é\n")
    assert all(char == "\n" or char.isprintable() for char in text)
