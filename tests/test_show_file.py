"""The show file: what it keeps, what it refuses, and that neither two writers nor a kill lose a choice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from photopoem.color.palette import Palette
from photopoem.errors import StoreError, UsageError
from photopoem.photo.moment import Moment
from photopoem.poem import Poem
from photopoem.poems import show as shows
from photopoem.poems.show import (
    Choice,
    Show,
    as_dict,
    change_show,
    checked_text,
    in_order,
    merged,
    read_show,
    schema,
)
from tests.paper import make_poem

FULL = Show("Dogs", "Ada", "They were there.\n\nSo was I.", "hand", (
    Choice("photos/a.jpg", "aa", "kept", 3, "haiku", 1, "Nouk"), Choice("photos/b.jpg", "bb", "dropped"),
))  # fmt: skip
WRITER = """
import sys
from photopoem.poems.show import Choice, change_show
name, count = sys.argv[2], int(sys.argv[3])
for n in range(count):
    change_show(sys.argv[1], lambda show: show.with_choices([Choice(f"{name}{n:04}", f"{name}{n}", "kept", n)]))
    print(n, flush=True)
"""


def writing(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    """A process that keeps `count` photographs, one at a time, and prints the number of each that is kept."""
    command = [sys.executable, "-c", WRITER, str(folder), name, str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A show comes back as it was written, and its file holds to the shipped schema."""
    assert read_show(tmp_path) == Show() and Show().is_empty
    assert change_show(tmp_path, lambda _: FULL) == FULL == read_show(tmp_path)
    made = json.loads((tmp_path / "show.json").read_text())
    Draft202012Validator.check_schema(json.loads(schema()))
    Draft202012Validator(json.loads(schema())).validate(made)
    assert made["version"] == 1
    assert made["choices"][1] == {"path": "photos/b.jpg", "digest": "bb", "state": "dropped"}


def test_a_change_that_changes_nothing_writes_nothing(tmp_path: Path) -> None:
    """Where nothing was chosen there is no show file afterwards."""
    change_show(tmp_path, lambda show: show.with_choices([Choice("a.jpg", "aa")]))
    assert not (tmp_path / "show.json").exists()


def test_paths_that_are_no_utf8_are_kept(tmp_path: Path) -> None:
    """A photograph whose name is no UTF-8 keeps its choice."""
    path = os.fsdecode(b"photos/caf\xe9.jpg")
    change_show(tmp_path, lambda show: show.with_choices([Choice(path, "cc", "kept")]))
    assert read_show(tmp_path).choice(path, "cc").state == "kept"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", ":1:2: no JSON"),
        ('{"version": 1,\n "titel": "x"}', "unknown key 'titel'; did you mean 'title'?"),
        ('{"version": 2}', "its version is 2, of a newer photopoem"),
        ("{}", "its version is None, not 1"),
        ("[]", "the show is not an object"),
        ('{"version": 1, "order": "colour"}', "order of the show is 'colour', none of hand, date, color, path"),
        ('{"version": 1, "choices": {}}', "choices is not a list"),
        ('{"version": 1, "choices": [{}]}', "choice 1 has no path"),
        ('{"version": 1, "choices": [{"path": "a", "state": "liked"}]}', "none of undecided, kept, dropped"),
        ('{"version": 1, "choices": [{"path": "a", "seed": true}]}', "seed of choice 1 is not a whole number"),
        ('{"version": 1, "choices": [{"path": "a", "seed": 1e400}]}', "seed of choice 1 is not a whole number"),
        ('{"version": 1, "choices": [{"path": 7}]}', "path of choice 1 is not a text"),
        ('{"version": 1, "choices": [{"path": "a", "title": ' + json.dumps("x" * 501) + "}]}", "at most 500"),
        ("[" * 100_000, "nested too deeply"),
    ],
)  # fmt: skip
def test_a_damaged_show_is_told_in_one_line_and_left(tmp_path: Path, text: str, told: str) -> None:
    """An invalid show file is refused in one line that says how to start again; it is neither used nor changed."""
    file = tmp_path / "show.json"
    file.write_text(text)
    for act in (lambda: read_show(tmp_path), lambda: change_show(tmp_path, lambda _: FULL)):
        with pytest.raises(StoreError) as raised:
            act()
        line = str(raised.value)
        assert (
            told in line and "\n" not in line and "show.damaged.json" in line and line.startswith(str(file))
        )
    assert file.read_text() == text


def test_a_show_file_without_an_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is larger than any show is refused before it is parsed."""
    monkeypatch.setattr(shows, "MOST_BYTES", 1000)
    (tmp_path / "show.json").write_bytes(b" " * 1001)
    with pytest.raises(StoreError, match="larger than"):
        read_show(tmp_path)


def test_a_moved_photograph_keeps_its_choice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A choice follows a photograph that was moved, and not a copy of it that stands beside it."""
    monkeypatch.chdir(tmp_path)
    show = Show().with_choices([Choice("a.jpg", "aa", "dropped", 4)])
    assert show.choice("b.jpg", "aa") == Choice("b.jpg", "aa", "dropped", 4)
    Path("a.jpg").touch()
    assert show.choice("b.jpg", "aa") == Choice("b.jpg", "aa")
    Path("a.jpg").unlink()
    undone = show.with_choices([Choice("b.jpg", "aa")])
    assert undone.choice("b.jpg", "aa").is_empty and not undone.choices


def test_another_photograph_of_a_dropped_ones_name_is_undecided() -> None:
    """If the pixels of a path change, a dropped poem becomes undecided, and a kept one stays kept."""
    show = Show().with_choices([Choice("a.jpg", "aa", "dropped", 4), Choice("b.jpg", "bb", "kept")])
    assert show.choice("a.jpg", "xx") == Choice("a.jpg", "xx", "undecided", 4)
    assert show.choice("a.jpg").state == "dropped"
    assert show.choice("b.jpg", "xx").state == "kept"


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    """Two processes that write at the same time leave the choices of both."""
    both = [writing(tmp_path, name, 40) for name in "ab"]
    assert [process.communicate(timeout=60) and process.returncode for process in both] == [0, 0]
    found = read_show(tmp_path)
    assert len(found.choices) == 80
    assert all(choice.state == "kept" and choice.seed == int(choice.path[1:]) for choice in found.choices)


def test_a_kill_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    """Killed in the middle of a write, a writer leaves a whole show with all that it said it had written."""
    rng, said = random.Random(5), {}
    for round_ in range(8):
        name = f"k{round_}-"
        process = writing(tmp_path, name, 100_000)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(rng.random() / 8)
        process.send_signal(signal.SIGKILL)
        lines = process.communicate(timeout=30)[0].splitlines()
        said[name] = int(lines[-1]) if lines else 0
        paths = {choice.path for choice in read_show(tmp_path).choices}
        assert all(f"{before}{n:04}" in paths for before, last in said.items() for n in range(last + 1))
    assert sum(said.values()) > 8
    change_show(tmp_path, lambda show: replace(show, title="still"))
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [".show.lock", "show.json"]


def test_shows_are_merged() -> None:
    """Of several shows, the first value wins, and conflicting choices are named."""
    one = Show("", "Ada", "", "", (Choice("a", "aa", "kept"), Choice("b", "bb", "kept")))
    two = Show("Two", "Bob", "Hello", "color", (Choice("b", "bb", "dropped"), Choice("c", "cc", "dropped")))
    joined, clashes = merged([one, two])
    assert (joined.title, joined.author, joined.preface, joined.order) == ("Two", "Ada", "Hello", "color")
    assert [choice.state for choice in joined.choices] == ["kept", "kept", "dropped"] and clashes == ["b"]
    assert merged([]) == (Show(), []) and merged([FULL, FULL]) == (FULL, [])


def poem_of(path: str, colors: list[tuple[str, float]], taken: datetime | None = None) -> Poem:
    """A poem of a photograph of these colors and shares."""
    poem = make_poem("a poem", path=path, seed=ord(path))
    swatch = poem.subject.palette.swatches[0]
    swatches = tuple(replace(swatch, rgb=tuple(bytes.fromhex(color)), share=share) for color, share in colors)
    subject = replace(poem.subject, palette=Palette(swatches, "xkcd"), moment=Moment(taken=taken))
    return replace(poem, subject=subject)


def paths(poems: list[Poem], show: Show) -> str:
    return "".join(poem.subject.path for poem in in_order(poems, show))


def test_poems_in_the_order_of_the_show() -> None:
    """By hand, poems with a place come first; by path and by date they are sorted; without an order they stay."""
    noon = datetime(2026, 5, 1, 12)
    poems = [
        poem_of("c", []), poem_of("a", [], noon), poem_of("b", [], noon.replace(hour=9, tzinfo=UTC))
    ]  # fmt: skip
    first, _, last = (Choice(poem.subject.path, poem.subject.digest, order=n) for n, poem in enumerate(poems))
    by_hand = Show(order="hand").with_choices([first, last])
    assert paths(poems, Show()) == "cab" and paths(poems, Show(order="path")) == "abc"
    assert paths(poems, Show(order="date")) == "bac" and paths(poems, by_hand) == "cba"


def test_poems_in_the_order_of_their_colors() -> None:
    """By color goes by the hue of the swatch with most color in it, round the wheel from red; greys come last."""
    poems = [
        poem_of("g", [("808080", 0.9), ("7f7f80", 0.1)]),
        poem_of("b", [("2040e0", 0.5), ("ffffff", 0.5)]),
        poem_of("y", [("909090", 0.7), ("e0d020", 0.3)]),
        poem_of("r", [("d02020", 0.4), ("202020", 0.6)]),
        poem_of("d", [("101010", 1.0)]),
        poem_of("n", []),
    ]
    assert paths(poems, Show(order="color")) == "rybndg"


def test_texts_of_a_show_have_an_end() -> None:
    """A title stands on one line; one that is too long is refused."""
    assert checked_text("title", " Whose\n memories? ") == "Whose memories?"
    assert checked_text("preface", "One.\n\nTwo.\n") == "One.\n\nTwo."
    with pytest.raises(UsageError, match="at most 500"):
        checked_text("title", "x" * 501)
    assert as_dict(Show()) == {"version": 1, "choices": []}
