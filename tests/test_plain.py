"""Outputs that cannot show every character get plain replacements."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
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


LINES = (
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
)
EACH_IN_A_FORK = """
import os, sys
from photopoem.threads import one_thread_each
one_thread_each()
import photopoem.commands.grammar, photopoem.commands.look, photopoem.commands.run, sklearn.cluster
from photopoem.cli import main
from photopoem.grammar import load_grammar, shelf
from photopoem.labels.local.network import import_onnxruntime
import_onnxruntime()
for name in shelf():
    load_grammar(name).lexicon
for encoding in ("ascii", "cp1252"):
    for number, line in enumerate(sys.argv[1:]):
        if not os.fork():
            for at, stream in ((1, sys.stdout), (2, sys.stderr)):
                os.dup2(os.open(f"{encoding} {number}", os.O_WRONLY | os.O_CREAT | os.O_APPEND), at)
                stream.reconfigure(encoding=encoding)
            sys.argv = ["photopoem", *line.split(" ")]
            main()
        print(encoding, number, os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""
"""Does each command line in a fork of an interpreter that was started in no locale, into a file."""


def test_no_output_lacks_a_letter(folder: Path) -> None:
    """Whatever an output can show, every command says the same in it, and none ends in a traceback."""
    started = [sys.executable, "-c", EACH_IN_A_FORK, *LINES]
    done = subprocess.run(
        started, cwd=folder, env={**os.environ, **ASCII}, capture_output=True, text=True, timeout=240
    )
    ended = [line.split() for line in done.stdout.splitlines()]
    assert len(ended) == 2 * len(LINES), done.stderr
    for encoding, number, code in ended:
        file, line = folder / f"{encoding} {number}", LINES[int(number)]
        said = file.read_bytes()
        file.unlink()
        assert code in ("0", "1", "2"), line
        assert said and b"Traceback" not in said, line
        assert b"\\x" not in said, line
        if encoding == "ascii":
            assert said.isascii(), line


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
