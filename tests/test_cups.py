"""CUPS printers: which problems are refused at once, and which are waited for."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from photopoem.poem import record
from photopoem.poems.text import read_edited
from photopoem.printing.channels import Retry
from photopoem.printing.queue import Queue
from photopoem.services.publish import PoemSpool, enqueue, open_paper
from tests.command import COMMAND, photopoem
from tests.fake_cups import FakeCups
from tests.making import make_photos
from tests.paper import make_poem

COMMANDS = (
    ("print", "--press", "text", "--to"),
    ("run", "photos", "--labels", "keywords", "--quiet", "--print"),
    ("watch", "photos", "--labels", "keywords", "--print"),
)


@pytest.fixture
def show(tmp_path: Path) -> Path:
    """A folder with two photographs, and two poems in poems/."""
    show = tmp_path / "show"
    make_photos(show / "photos", 2)
    (show / "poems").mkdir()
    poems = [make_poem(f"poem {n}", title="", path=f"{n}.jpg", seed=n) for n in range(2)]
    (show / "poems" / "poems.jsonl").write_text("".join(json.dumps(record(poem)) + "\n" for poem in poems))
    return show


@pytest.fixture
def cups(tmp_path: Path) -> FakeCups:
    """A CUPS with two printers."""
    return FakeCups(tmp_path / "cups", "Hall", "Office")


def files(show: Path) -> list[str]:
    """All there is in a show's folder."""
    return sorted(str(path.relative_to(show)) for path in show.rglob("*"))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("name", "hint"), [("Hal", "did you mean 'Hall'?"), ("nosuch", "lpstat -p shows those that it knows")]
)
def test_a_printer_that_nobody_knows_is_refused(
    show: Path, cups: FakeCups, command: tuple[str, ...], name: str, hint: str
) -> None:
    """A name that CUPS does not know is one line with a next step, before anything is queued, in any language."""
    before = files(show)
    done = photopoem(*command, f"cups:{name}", cwd=show, code=2, PATH=cups.path, LC_ALL="de_DE.UTF-8")
    assert done.stderr == f"photopoem: cups:{name}: CUPS has no printer of that name; {hint}\n"
    assert files(show) == before and cups.printed() == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_without_lp_nothing_is_queued(show: Path, command: tuple[str, ...]) -> None:
    """Where CUPS is not installed, one line says how to get it, and nothing is queued."""
    before = files(show)
    done = photopoem(*command, "cups:Hall", cwd=show, code=2, PATH="/nowhere")
    assert done.stderr.endswith("lp is not installed; install CUPS (apt install cups), or print elsewhere\n")
    assert done.stderr.count("\n") == 1 and files(show) == before


def test_what_lp_refuses_is_not_waited_for(show: Path, cups: FakeCups) -> None:
    """If only lp reports an unknown printer, printing ends with the command that empties the queue."""
    (cups.bin / "lpstat").unlink()
    done = photopoem(*COMMANDS[0], "cups:nosuch", cwd=show, code=2, PATH=str(cups.bin))
    assert done.stderr == (
        "photopoem: cups:nosuch: lp: Error - The printer or class does not exist; "
        "photopoem queue clear poems --to cups:nosuch removes its waiting poems\n"
    )
    told = photopoem("queue", "clear", "poems", "--to", "cups:nosuch", cwd=show).stdout
    assert told == "2 removed from the queue\n"


def test_doctor_finds_what_will_never_be_printed(
    show: Path, cups: FakeCups, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`doctor` marks poems queued for a removed printer as bad, with the command that removes them."""
    monkeypatch.setenv("PATH", cups.path)
    for target in ("cups:Hall", "cups:Office"):
        enqueue(show / "poems", read_edited(show / "poems"), target)
    doctor = ("doctor", "--labels", "keywords")
    assert "ok    queue: 4 queued\n" in photopoem(*doctor, cwd=show).stdout
    (cups.folder / "printers" / "Office").unlink()
    told = photopoem(*doctor, cwd=show, code=1).stdout
    assert [line for line in told.splitlines() if line.startswith("bad")] == [
        "bad   queue: 2 will not be printed: cups:Office: CUPS has no printer of that name; lpstat -p shows those "
        "that it knows; photopoem queue clear poems --to cups:Office removes its waiting poems"
    ]
    photopoem("queue", "clear", "poems", "--to", "cups:Office", cwd=show)
    assert "bad" not in photopoem(*doctor, cwd=show).stdout


@pytest.mark.parametrize("disabled", [False, True])
def test_a_printer_that_cups_knows_gets_the_poems(show: Path, cups: FakeCups, disabled: bool) -> None:
    """CUPS gets the poems also of a printer that is disabled: it keeps them for later."""
    (cups.folder / "printers" / "Hall").write_text("disabled" if disabled else "")
    done = photopoem(*COMMANDS[0], "cups:Hall", cwd=show, PATH=cups.path)
    assert done.stderr == "2 printed\n"
    assert cups.printed() == ["-d Hall -t 0 -- -", "-d Hall -t 1 -- -"]


def test_a_server_that_is_away_is_waited_for(show: Path, cups: FakeCups) -> None:
    """While the server is away nobody knows its printers: that is waited for, and the poems are printed after."""
    cups.go_away()
    program = subprocess.Popen(
        [*COMMAND, *COMMANDS[0], "cups:Hall"],
        cwd=show,
        env={**os.environ, "PATH": cups.path},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert program.stderr is not None
    told = program.stderr.readline()
    assert told.startswith(
        "cups:Hall: lp: Connection refused; waiting; it continues by itself; Ctrl-C is safe"
    )
    cups.come_back()
    assert program.stderr.read() == "it continues\n2 printed\n"
    program.stderr.close()
    assert program.wait(30) == 0


def test_a_show_waits_for_a_printer_that_was_taken_away(
    show: Path, cups: FakeCups, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A show whose printer is removed while it runs waits for it, and says so in one punctuated line."""
    monkeypatch.setenv("PATH", cups.path)
    said: list[str] = []
    retry = Retry(said.append, pauses=(0.02,))
    spool = PoemSpool(show / "poems", open_paper("cups:Hall", "text"), retry=retry, stubborn=True)
    (cups.folder / "printers" / "Hall").unlink()
    with spool:
        spool.add_poem(make_poem("a", path="a.jpg"))
        while not said:
            retry.stop.wait(0.01)
        (cups.folder / "printers" / "Hall").touch()
    assert "The printer or class does not exist; photopoem queue clear" in said[0] and ".;" not in said[0]
    assert said[1:] == ["it continues"]
    with Queue(show / "poems") as queue:
        assert queue.counts()["printed"] == 1
