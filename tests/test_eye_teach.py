"""Teaching the built-in labeller: words from folders or a list, used as `local:NAME`, stored in the user's data
folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image
from threadpoolctl import threadpool_limits

from photopoem.errors import LabelError, LabellerUnavailable, UsageError
from photopoem.labels.labeller import LabelSettings
from photopoem.labels.local.labeller import open_labeller, shipped_head
from photopoem.labels.local.training import (
    read_lessons,
    read_taught,
    taught_folder,
    taught_names,
    taught_path,
)
from photopoem.photo.reading import read_photo
from tests.command import photopoem, photopoem_forked

SIDE = 96


def stripes(chance: np.random.Generator) -> np.ndarray:
    """A picture of upright stripes of a random width and two random colors."""
    width = int(chance.integers(4, 12))
    colors = chance.integers(0, 256, (2, 3))
    return np.tile(colors[np.arange(SIDE) // width % 2][None], (SIDE, 1, 1)).astype(np.uint8)


def disc(chance: np.random.Generator) -> np.ndarray:
    """A picture of a disc of a random size and place, in two random colors."""
    y, x = np.mgrid[:SIDE, :SIDE] - chance.integers(30, 66, 2)[:, None, None]
    colors = chance.integers(0, 256, (2, 3))
    return colors[(x**2 + y**2 < chance.integers(15, 28) ** 2).astype(int)].astype(np.uint8)


DRAW = {"stripes": stripes, "round things": disc}


def draw_lessons(folder: Path, count: int = 20, seed: int = 1) -> Path:
    """A folder with a subfolder of `count` pictures for each of two words."""
    chance = np.random.default_rng(seed)
    for word, draw in DRAW.items():
        place = folder / word.replace(" ", "_")
        place.mkdir(parents=True)
        for number in range(count):
            Image.fromarray(draw(chance)).save(place / f"{number:02}.png")
    return folder


def eye_command(*arguments: str | Path, eye: Path, code: int = 0) -> CompletedProcess[str]:
    """`photopoem eye`, with heads kept in `eye`; in this process with one thread, as in one of its own."""
    with patch.dict(os.environ, PHOTOPOEM_EYE_DIR=str(eye)), threadpool_limits(1):
        return photopoem("eye", *arguments, code=code)


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CompletedProcess[str]]:
    """A folder with what was taught as `shapes` by the command, and what the command said."""
    where = tmp_path_factory.mktemp("school")
    lessons = draw_lessons(where / "lessons")
    (lessons / "stripes" / "broken.jpg").write_bytes(b"not a picture")
    return where / "eye", eye_command("teach", lessons, "--as", "shapes", eye=where / "eye")


def test_twenty_pictures_teach_a_word(
    school: tuple[Path, CompletedProcess[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of pictures it has never seen, nearly all get the taught word at 0.5 or more, and few get the other's."""
    eye, _ = school
    monkeypatch.setenv("PHOTOPOEM_EYE_DIR", str(eye))
    labeller = open_labeller("shapes", LabelSettings())
    unseen = draw_lessons(tmp_path / "unseen", 10, seed=99)
    right = wrong = 0
    for word, other in (("stripes", "round things"), ("round things", "stripes")):
        photos = [read_photo(path) for path in sorted((unseen / word.replace(" ", "_")).iterdir())]
        for labels in labeller.label(photos):
            assert not isinstance(labels, LabelError)
            scores = {label.text: label.score for label in labels}
            right += scores.get(word, 0) >= 0.5
            wrong += scores.get(other, 0) >= 0.5
    assert right >= 17
    assert wrong <= 2


def test_a_taught_word_knows_its_teacher(
    school: tuple[Path, CompletedProcess[str]],
    samples: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Taught words bear `local:NAME`, the colophon names it, and words of the eye's own stay as they were."""
    monkeypatch.setenv("PHOTOPOEM_EYE_DIR", str(school[0]))
    taught, plain = open_labeller("shapes", LabelSettings()), open_labeller("", LabelSettings())
    assert taught.parameters != plain.parameters
    assert "shapes" in taught.colophon
    for path in samples[:2]:
        photo = read_photo(path)
        (mine,), (theirs,) = taught.label([photo]), plain.label([photo])
        assert not isinstance(mine, LabelError)
        assert not isinstance(theirs, LabelError)
        assert {label.labeller for label in mine if label.text in DRAW} <= {"local:shapes"}
        own = [label for label in mine if label.text not in DRAW]
        assert own == [label for label in theirs if label in own]


def test_the_command_tells_how_each_word_went(school: tuple[Path, CompletedProcess[str]]) -> None:
    """The command says of each word how many unseen pictures it knew, and names the photo that it left out."""
    eye, ran = school
    assert "stripes: knew " in ran.stdout
    assert "--labels local:shapes" in ran.stdout
    assert "broken.jpg" in ran.stderr
    listed = eye_command("taught", eye=eye)
    assert listed.stdout.strip() == "shapes: round things, stripes"


def test_a_word_that_cannot_be_told_is_named(tmp_path: Path) -> None:
    """If no picture of a word was recognized, a line says what the word needs."""
    lessons = draw_lessons(tmp_path / "lessons", 6)
    (lessons / "odd").mkdir()
    for number in range(6):
        picture = list(DRAW.values())[number % 2](np.random.default_rng(number))
        Image.fromarray(picture).save(lessons / "odd" / f"{number}.png")
    told = eye_command("teach", lessons, "--as", "mixed", eye=tmp_path).stdout.splitlines()
    assert told[0].startswith("odd: knew 0 of 6 ")
    assert told[3] == "too early to tell: odd: give more photographs, or more similar ones"
    assert told[4].startswith("taught: --labels local:mixed")


def test_what_was_taught_is_not_overwritten(school: tuple[Path, CompletedProcess[str]]) -> None:
    """A name that is taken is refused without --force, and the head stays as it was."""
    eye, _ = school
    before = (eye / "shapes.npz").read_bytes()
    ran = eye_command("teach", eye.parent / "lessons", "--as", "shapes", eye=eye, code=2)
    assert "--force" in ran.stderr
    assert (eye / "shapes.npz").read_bytes() == before


def test_teaching_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """The same pictures teach the same head, byte by byte, in another process too."""
    lessons = draw_lessons(tmp_path / "lessons", 6)
    eye_command("teach", lessons, "--as", "one", eye=tmp_path)
    photopoem_forked("eye", "teach", lessons, "--as", "two", PHOTOPOEM_EYE_DIR=str(tmp_path))
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_a_list_can_teach(tmp_path: Path) -> None:
    """words.csv gives each photograph its words, several with | between, and spaces for underscores."""
    rows = "".join(f"{number}.jpg,moss|old_wall\n" for number in range(5))
    (tmp_path / "words.csv").write_text("photo,words\n" + rows + "5.jpg,moss\n")
    lessons = read_lessons(tmp_path)
    assert {word: len(photos) for word, photos in lessons.items()} == {"moss": 6, "old wall": 5}
    assert lessons["moss"][0] == tmp_path / "0.jpg"


@pytest.mark.parametrize(
    "listed",
    ["", "photo,words\n", "picture,word\na.jpg,moss\n", "photo,words\na.jpg,moss\n", "photo,words\n,moss\n"],
)
def test_lists_that_teach_nothing_are_refused(tmp_path: Path, listed: str) -> None:
    """A list without its columns, without words, or with too few photographs is refused."""
    (tmp_path / "words.csv").write_text(listed)
    with pytest.raises(UsageError):
        read_lessons(tmp_path)


def test_a_folder_that_teaches_nothing_is_refused(tmp_path: Path) -> None:
    """A folder that is not there, or has no subfolders of photographs, is refused."""
    for folder in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(UsageError):
            read_lessons(folder)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../up", "a/b", "A", "-x", "x" * 65, "con\n", "a.npz", "a\0"]
)
def test_names_cannot_leave_the_folder(name: str) -> None:
    """Only plain names are names: none that could point elsewhere."""
    with pytest.raises(UsageError):
        taught_path(name)


def test_the_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """PHOTOPOEM_EYE_DIR says where heads are kept; without it they are with the user's data."""
    monkeypatch.setenv("PHOTOPOEM_EYE_DIR", str(tmp_path))
    assert taught_folder() == tmp_path
    assert taught_names() == []
    monkeypatch.delenv("PHOTOPOEM_EYE_DIR")
    assert taught_folder().parts[-2:] == ("photopoem", "eye")


def test_a_broken_head_is_said_to_be_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invalid head makes its labeller unavailable, with the file's name and what to do."""
    monkeypatch.setenv("PHOTOPOEM_EYE_DIR", str(tmp_path))
    (tmp_path / "mine.npz").write_bytes(b"PK\x03\x04 no zip after all")
    with pytest.raises(LabellerUnavailable, match=r"mine\.npz.*teach it again"):
        read_taught("mine")


def test_what_was_taught_to_another_network_is_not_misread(
    school: tuple[Path, CompletedProcess[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lessons of another network, or of none named, are refused with the command that teaches them again."""
    parts = dict(np.load(school[0] / "shapes.npz"))
    np.savez(tmp_path / "other.npz", **parts | {"network": np.array("0123456789ab")})
    np.savez(tmp_path / "old.npz", **{name: part for name, part in parts.items() if name != "network"})
    monkeypatch.setenv("PHOTOPOEM_EYE_DIR", str(tmp_path))
    for name in ("other", "old"):
        with pytest.raises(LabellerUnavailable, match=f"eye teach FOLDER --as {name} --force"):
            read_taught(name)
    listed = eye_command("taught", eye=tmp_path)
    assert listed.stdout.count("teach it again") == 2


def test_one_bad_lesson_does_not_hide_the_others(tmp_path: Path) -> None:
    """`eye taught` lists every head, reports broken ones, and ignores folders and pipes."""
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04")
    (tmp_path / "worse.npz").mkdir()
    os.mkfifo(tmp_path / "pipe.npz")
    (tmp_path / "good.npz").write_bytes(shipped_head().to_bytes())
    done = eye_command("taught", eye=tmp_path)
    listed = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert sorted(listed) == ["bad", "good"]
    assert "not a file of taught words" in listed["bad"]
