"""Outputs that cannot show every character get plain replacements."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.command import photopoem
from tests.conftest import SAMPLES

# As where no locale is set, and Python is told not to help itself.
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photograph whose name is no ASCII, its poem, and a grammar of signs and letters."""
    made = tmp_path_factory.mktemp("plain")
    shutil.copy(SAMPLES / "two-dogs.jpg", made / "Hündin.jpg")
    photopoem("run", ".", "--place", "Köln", cwd=made)
    (made / "mine.json").write_text('{"origin": "“œuvre” — Łódź, 東京 e\u0301"}', "utf-8")
    return made


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize(
    "line",
    [
        "look Hündin.jpg --place Köln",
        "run Hündin.jpg --place Köln",
        "run . --place Köln --force",
        "explain poems/Hündin.jpg.txt",
        "grammar preview mine.json -n 1",
        "grammar show mine.json",
        "grammar list",
        "help labels",
        "doctor",
        "explain Köln.txt",
        "run Hündin.jpg -g haikü",
    ],
)
def test_no_output_lacks_a_letter(folder: Path, line: str, encoding: str) -> None:
    """Whatever an output can show, every command says the same in it, and none ends in a traceback."""
    done = photopoem(*line.split(), cwd=folder, code=None, **ASCII | {"PYTHONIOENCODING": encoding})
    said = done.stdout + done.stderr
    assert done.returncode in (0, 1, 2)
    assert "Traceback" not in said
    assert "\\x" not in said
    if encoding == "ascii":
        assert said.isascii()


def test_letters_lose_their_marks_and_signs_are_plain(folder: Path) -> None:
    """An accent is left out, a dash becomes a hyphen, and what has no plain form is a question mark."""
    said = photopoem("grammar", "preview", "mine.json", "-n", "1", cwd=folder, **ASCII).stdout
    assert '"oeuvre" - Lodz, ?? e' in said


def test_bars_are_drawn_plainly(folder: Path) -> None:
    """A page of what the machine sees has its bars and its place in ASCII too."""
    said = photopoem("look", "Hündin.jpg", "--place", "Köln", cwd=folder, **ASCII).stdout
    assert "Hundin.jpg" in said
    assert "moment      Koln" in said
    surest = json.loads(photopoem("look", "Hündin.jpg", "--json", cwd=folder).stdout)["labels"][0]
    assert re.search(rf"^{surest['text']} +####", said, re.MULTILINE)


def test_what_is_given_in_no_locale_is_kept_whole(folder: Path) -> None:
    """A place given where the locale knows ASCII alone is written into the poems as it was given."""
    photopoem("run", ".", "--place", "Köln", "--force", "--out", "kept", cwd=folder, **ASCII)
    assert "Place: Köln." in (folder / "kept" / "Hündin.jpg.txt").read_text("utf-8")


def test_json_is_json_everywhere(folder: Path) -> None:
    """JSON on an output of ASCII is the same JSON."""
    ask = ("grammar", "list", "--json")
    assert photopoem(*ask, cwd=folder, **ASCII).stdout == photopoem(*ask, cwd=folder).stdout
