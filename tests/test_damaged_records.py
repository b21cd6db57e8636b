"""Records that a person or another program damaged, or wrote twice: one line says so, and no reader shows one twice."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from photopoem.errors import KeptText, StoreError
from photopoem.photo.discover import Found
from photopoem.poem import from_record, record
from photopoem.poems.folder import PoemsFolder
from photopoem.poems.text import read_edited
from photopoem.press import open_press
from photopoem.printing.queue import FILE_NAME
from photopoem.services.publish import enqueue, open_paper
from photopoem.studio.server import Json
from photopoem.studio.wall import Wall
from tests.command import photopoem
from tests.making import make_photo, records, without_roots_rights
from tests.paper import make_poem
from tests.processes import Program

WRONG = (None, 5, "x", [], {}, [1], float("-inf"), True, "\ud800")
Place = tuple[str | int, ...]


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """The paths of all values in a record; of a list, only the first item."""
    yield at
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*at, key))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*at, 0))


def with_wrong(made: dict[str, Any], at: Place, wrong: Any) -> dict[str, Any]:
    """A copy of a record that has something else in one place."""
    copy: Any = deepcopy(made)
    inner = copy
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = wrong
    whole: dict[str, Any] = copy
    return whole


@pytest.fixture
def poems(tmp_path: Path) -> Path:
    """A folder of poems of two photographs, in `in`."""
    for number, name in enumerate("ab"):
        make_photo(tmp_path / f"in/{name}.jpg", number)
    photopoem("run", "in", "--labels", "keywords", "-q", cwd=tmp_path)
    return tmp_path / "poems"


def test_a_value_of_another_kind_is_refused(poems: Path) -> None:
    """With any value of a record replaced by another, it can be shown, or one line says what is wrong."""
    made = [made for made in (records(poems)[0], record(make_poem())) if made.pop("made", True)]
    press, refused = open_press("html", thumbnail=16), 0
    for each in made:
        for at in places(each):
            for wrong in WRONG if at else ():
                try:
                    poem = from_record(with_wrong(each, at, wrong))
                except StoreError as error:
                    refused += 1
                    assert str(error).startswith("not a record of a poem: ")
                    assert "\n" not in str(error)
                else:
                    json.dumps(record(poem), allow_nan=False)
                    press.press([poem], photos=poems)
    assert refused > 300


@pytest.mark.parametrize(
    "line",
    [b"[" * 100_000, b"{}", b"nonsense", b'{"path": 5, "lines": []}', b'{"path": "in/c.jpg", "lines": [7]}'],
    ids=["deep", "empty", "nonsense", "path", "lines"],
)
@pytest.mark.parametrize(
    "command", ["print poems --to file:all.txt", "explain poems", "show poems", "merge poems --out both"]
)
def test_every_command_tells_a_damaged_record_in_one_line(poems: Path, line: bytes, command: str) -> None:
    """A line of the records without a poem ends a command with one line that locates it, or is skipped."""
    (poems / "poems.jsonl").write_bytes(line + b"\n" + (poems / "poems.jsonl").read_bytes())
    done = photopoem(*command.split(), cwd=poems.parent, code=None)
    assert "unforeseen" not in done.stderr
    assert done.returncode in (0, 2)
    if done.returncode:
        assert done.stderr.startswith("photopoem: poems/poems.jsonl:")
        assert done.stderr.endswith("; remove that line, and photopoem run rewrites the poem\n")
        assert done.stderr.count("\n") == 1


def twice(poems: Path) -> None:
    """Duplicate the first record, as after a run that was killed while rewriting a poem."""
    first, *_ = rows = (poems / "poems.jsonl").read_bytes().splitlines(keepends=True)
    (poems / "poems.jsonl").write_bytes(b"".join([*rows, first]))


def test_a_record_that_stands_twice_is_one(poems: Path) -> None:
    """print, explain, show, the studio and the page have a photograph once even if it has two records."""
    twice(poems)
    here = poems.parent
    assert "all.jsonl: 2 poems" in photopoem("print", "--to", "file:all.jsonl", cwd=here).stderr
    assert "poem 1 of 2" in photopoem("explain", "poems", cwd=here).stdout
    assert (
        "has no poem number 3, but 2 poems"
        in photopoem("explain", "--nth", "3", "poems", cwd=here, code=2).stderr
    )
    assert "2 poems: 2 undecided" in photopoem("show", "poems", cwd=here).stdout
    photopoem("print", "--to", "dir:paper", "--press", "text", cwd=here)
    assert len(list((here / "paper").iterdir())) == 2
    wall = Wall(poems, "")
    wall.look()
    assert len(wall.ids()) == 2


def test_the_last_of_two_records_stands(poems: Path) -> None:
    """Of two records of a photograph, the last one counts, even if the text is still that of the first."""
    first = records(poems)[0]
    newer = first | {"seed": 7, "made": first["made"] | {"text": "0" * 16}}
    with (poems / "poems.jsonl").open("a") as file:
        file.write(json.dumps(newer))  # without a line feed, as an editor may leave it
    said = photopoem("show", "poems", cwd=poems.parent).stdout
    assert said.count("in/a.jpg") == 1
    assert " 7  in/a.jpg" in said
    wall = Wall(poems, "")
    wall.look()
    assert json.loads(wall.row(wall.ids()[0]).line)["seed"] == 7
    assert not wall.poems(wall.ids())[0].by_hand


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes of files: run it on Linux or macOS")
def test_a_text_that_may_not_be_read_is_kept(open_folder: Path) -> None:
    """An unreadable text is kept and reported in one line; the poem of the record is used for its photograph."""
    poem, found = make_poem("words"), Found("photos/autumn-hills.jpg", "a.jpg", "1")
    with PoemsFolder(open_folder) as folder:
        folder.add(record(poem), found, "settings", "words\n")
        (open_folder / "a.jpg.txt").chmod(0)
        newer = make_poem("other words")
        with without_roots_rights():
            with pytest.raises(
                KeptText, match=r"a\.jpg\.txt: may not be read, so kept; --force overwrites it"
            ):
                folder.add(record(newer), found, "settings", "other words\n")
            assert folder.kept(newer, "a.jpg").text == "words"
            elsewhere = replace(newer, subject=replace(newer.subject, path="b.jpg"))
            assert folder.kept(elsewhere, "a.jpg").text == "other words"
    assert (open_folder / "a.jpg.txt").read_text() == "words\n"


@pytest.mark.parametrize("column", ["record", "options"])
@pytest.mark.parametrize(
    "damage",
    ["'{\"path\"'", "'7'", "x'ff'", "'" + "[" * 10_000 + "'"],
    ids=["cut", "number", "bytes", "deep"],
)
def test_a_damaged_job_is_in_doubt(poems: Path, column: str, damage: str) -> None:
    """A job that somebody damaged costs one line, and the next one is printed."""
    enqueue(poems, read_edited(poems), open_paper(f"dir:{poems.parent / 'paper'}", "text"))
    with closing(sqlite3.connect(poems / FILE_NAME)) as db, db:
        db.execute(f"UPDATE jobs SET {column} = {damage} WHERE id = 1")  # noqa: S608 - the test's own words
    done = photopoem("print", "--to", "dir:paper", "--press", "text", cwd=poems.parent, code=None)
    assert "unforeseen" not in done.stderr
    assert "1 printed" in done.stderr or "2 printed" in done.stderr
    assert (poems.parent / "paper/b.txt").read_text()
    listed = photopoem("queue", "list", "--all", cwd=poems.parent).stdout
    assert ("nothing was sent: a: its record in the queue is damaged" in listed) == (column == "record")


def test_names_that_are_no_utf8(poems: Path) -> None:
    """With folder names that are not UTF-8, print and run print each poem once."""
    here = poems.parent / os.fsdecode(b"cam\xff")
    poems.parent.joinpath("in").rename(poems.parent / "moved")
    here.mkdir()
    shutil.move(poems, here)
    shutil.move(poems.parent / "moved", here / "in")
    to = b"dir:pap\xfe"
    told = photopoem("print", "--to", to, "--press", "text", cwd=here).stderr
    assert "2 printed" in told
    again = photopoem("print", "--to", to, "--press", "text", cwd=here).stderr
    assert "has had all 2 of these" in again
    assert len(list((here / os.fsdecode(b"pap\xfe")).iterdir())) == 2
    run = photopoem(
        "run", "in", "--labels", "keywords", "--seed", "3", "--print", to, "--press", "text", cwd=here
    )
    assert "2 printed" in run.stderr
    assert photopoem("queue", "list", "--all", "--to", to, cwd=here).stdout.endswith("4 printed\n")
    assert (
        photopoem("queue", "clear", "--history", "--to", to, cwd=here).stdout == "4 removed from the queue\n"
    )


@pytest.mark.parametrize("most", [12, 16])
def test_few_open_files_are_enough(poems: Path, most: int) -> None:
    """A run that may open a dozen files writes and prints all."""
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({most}, {most}))"
    run = "run in --labels keywords -q -j 1 --seed 3 --print dir:paper --press text"
    told = poems.parent / "told"
    ended = Program(*run.split(), cwd=poems.parent, err=told, before=limit).wait()
    assert (ended, told.read_text()) == (0, "")
    assert len(list((poems.parent / "paper").iterdir())) == 2


def test_the_studio_tells_names_that_are_no_utf8() -> None:
    """What the studio sends can hold a target whose name is no UTF-8, and the page can send it back."""
    target = os.fsdecode(b"dir:pap\xfe")
    assert json.loads(Json({"target": target}).body) == {"target": target}
