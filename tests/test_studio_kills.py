"""A studio that is killed in the middle of any of its own writes: nothing is lost, and the next studio goes on."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from photopoem.english.lexicon import read_house_words
from photopoem.poems.show import read_show
from photopoem.studio.server import ACTS
from photopoem.studio.wall import Wall
from tests.command import photopoem
from tests.conftest import Rounds
from tests.processes import Program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks, and kills with SIGKILL")

KILLED, MOST = 9, 60
MINE = "Mine\n\nNot a word of it.\n"
YOURS = "Yours\n\nAnother word of it."
HOUSE = '# of this house\nnever = ["gun"]\n'

Ask = Callable[[Path, list[tuple[str, dict[str, Any]]], int], int]


@pytest.fixture(scope="module")
def child() -> Iterator[Ask]:
    """Does acts on a folder of poems and is killed at a change to a file; returns how it ended."""
    ours, theirs = socket.socketpair()
    with ours, ours.makefile("rw") as line:
        main = "from tests.studio_child import main; main()"
        program = Program(cwd=Path.cwd(), given=theirs.fileno(), out=theirs.fileno(), before=main)
        theirs.close()

        def ask(folder: Path, acts: list[tuple[str, dict[str, Any]]], fatal: int) -> int:
            line.write(json.dumps([str(folder), acts, fatal]) + "\n")
            line.flush()
            return int(line.readline())

        yield ask
        program.kill()


@pytest.fixture(scope="module")
def show(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A show with a kept poem, a dropped one, one in a person's words, and words of the house."""
    folder = Path(shutil.copytree(written, tmp_path_factory.mktemp("show") / "poems"))
    photopoem("keep", folder / "sunset.jpg.txt")
    photopoem("drop", folder / "stream.jpg.txt")
    (folder / "fig.jpg.txt").write_text(MINE)
    (folder / "words.toml").write_text(HOUSE)
    return folder


def opened(folder: Path) -> Wall:
    """A studio's wall on a folder, as the next studio sees it."""
    wall = Wall(folder, str(folder / "words.toml"))
    wall.look()
    return wall


def id_of(wall: Wall, name: str) -> str:
    """The id of a photograph."""
    return next(each for each in wall.ids() if wall.row(each).told["name"] == name)


def asked(name: str, wall: Wall) -> list[tuple[str, dict[str, Any]]]:
    """An act by its name, with what has to be done before it."""
    fig, flower, dog = (id_of(wall, f"{each}.jpg") for each in ("fig", "dandelions", "two-dogs"))
    edit = ("edit", {"id": dog, "text": YOURS, "before": _wording(wall, dog)})
    reroll = ("reroll", {"id": flower})
    mine = ("reroll", {"id": fig, "sure": True})
    never = ("never", {"word": "dog"})
    acts: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "drop": [("decide", {"ids": [flower, dog], "state": "dropped"})],
        "reroll": [reroll],
        "reroll a person's text": [mine],
        "another grammar": [("reroll", {"id": flower, "grammar": "haiku"})],
        "edit": [edit],
        "never": [never],
        "say": [("say", {"label": "dog", "instead": "Nouk"})],
        "undo a reroll": [reroll, ("undo", {})],
        "undo the reroll of a person's text": [mine, ("undo", {})],
        "undo an edit": [edit, ("undo", {})],
        "undo never": [never, ("undo", {})],
    }
    return acts[name]


def _wording(wall: Wall, id_: str) -> str:
    from photopoem.services.curate import wording

    return wording(wall.pick(id_).poem())


@pytest.mark.parametrize(
    "name",
    [
        "drop", "reroll", "reroll a person's text", "another grammar", "edit", "never", "say", "undo a reroll",
        "undo the reroll of a person's text", "undo an edit", "undo never",
    ],
)  # fmt: skip
@pytest.mark.campaign
def test_a_kill_at_any_change_loses_nothing(
    name: str, show: Path, tmp_path: Path, child: Ask, rounds: Rounds
) -> None:
    """Killed before any change that an act makes to a file, a studio leaves all that a person decided and wrote."""
    acts = asked(name, opened(show))
    fatal, status, step = 0, KILLED, rounds(3, 1)
    while status == KILLED and fatal < MOST:
        # Always in the same place, where a grammar with the words of this house need not be read again.
        folder = Path(shutil.copytree(show, tmp_path / "poems"))
        status = child(folder, acts, fatal)
        assert status in (0, KILLED)
        nothing_is_lost(folder)
        the_next_studio_goes_on(folder, acts)
        shutil.rmtree(folder)
        fatal += step
    assert status == 0
    assert fatal > 2, "the act is killed in the middle"


def nothing_is_lost(folder: Path) -> None:
    """What a person decided stands, and what a person wrote stands in the text or in the copy beside it."""
    wall = opened(folder)
    assert wall.trouble == ""
    assert len(wall.ids()) == 6
    choices = {Path(each.path).name: each.state for each in read_show(folder).choices}
    assert (choices["sunset.jpg"], choices["stream.jpg"]) == ("kept", "dropped")
    texts = {path.name: path.read_text() for path in folder.glob("*.txt*")}
    assert all(texts.values())
    assert MINE in (texts["fig.jpg.txt"], texts.get("fig.jpg.txt.mine1"))
    assert (folder / "words.toml").read_text().startswith("# of this house\n")
    assert "gun" in read_house_words(folder / "words.toml").never
    # A text that nobody changed is not taken for a person's.
    by_hand = [wall.row(each).told["name"] for each in wall.ids() if wall.row(each).told["hand"]]
    assert set(by_hand) <= {"fig.jpg", "two-dogs.jpg"}
    assert ("two-dogs.jpg" in by_hand) == texts["two-dogs.jpg.txt"].startswith(YOURS)


def the_next_studio_goes_on(folder: Path, acts: list[tuple[str, dict[str, Any]]]) -> None:
    """Another studio, on the folder as it was left, keeps a poem and writes another one."""
    wall = opened(folder)
    hills, flower = (id_of(wall, f"{each}.jpg") for each in ("autumn-hills", "dandelions"))
    ACTS["decide"](wall, {"ids": [hills, flower], "state": "undecided"})
    before = _wording(wall, flower)
    ACTS["reroll"](wall, {"id": flower})
    assert _wording(wall, flower) != before
    assert not list(folder.glob(".unfinished*"))
