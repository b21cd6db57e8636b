"""What is said to a person who mistyped a name: the nearest that exists."""

from __future__ import annotations

from pathlib import Path

import pytest

from photopoem.errors import did_you_mean, did_you_mean_path
from tests.making import make_photo, photopoem


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A photograph, a grammar and the poems of a run."""
    make_photo(tmp_path / "dog.jpg", 1)
    (tmp_path / "mine.json").write_text('{"origin": "x"}', "utf-8")
    (tmp_path / "poems").mkdir()
    (tmp_path / "poems" / "dog.jpg.txt").write_text("x", "utf-8")
    (tmp_path / "poems" / "poems.jsonl").write_text("", "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("rn dog.jpg", "run"),
        ("grammar shwo haiku", "show"),
        ("cache inof", "info"),
        ("help gramars", "grammars"),
        ("help grammar chek", "check"),
        ("run dog.jpg -g hiaku", "haiku"),
        ("run dog.jpg -g Haiku", "haiku"),
        ("run dog.jpg -g main.json", "mine.json"),
        ("grammar check mine.jsn", "mine.json"),
        ("run dog.jpg -l vison", "vision"),
        ("watch . --press recipt --print dir:out", "receipt"),
        ("run dgo.jpg", "dog.jpg"),
        ("explain poems/dog.txt", "poems/dog.jpg.txt"),
        ("explain poem/dog.jpg.txt", "poems/dog.jpg.txt"),
        ("explain pems", "poems"),
        ("print pomes --to dir:out --press text", "poems"),
    ],
)
def test_the_nearest_name_is_offered(folder: Path, typed: str, meant: str) -> None:
    """A mistyped command, topic, grammar, labeller, press or path ends in one line with the one that was meant."""
    said = photopoem(*typed.split(), cwd=folder, code=2).stderr.splitlines()[-1]
    assert f"; did you mean '{meant}'?" in said


def test_far_names_are_not_offered(folder: Path) -> None:
    """Where nothing is near, the message names what there is instead."""
    assert photopoem("run", "dog.jpg", "-g", "xylophone", cwd=folder, code=2).stderr.endswith(
        "of a JSON file\n"
    )
    assert "there are auto, local" in photopoem("run", "dog.jpg", "-l", "qqq", cwd=folder, code=2).stderr
    assert did_you_mean_path(folder / "qqq") == did_you_mean_path(folder) == did_you_mean_path("a\0b") == ""


def test_names_of_strangers_do_not_act(tmp_path: Path) -> None:
    """A file's name that would act on a terminal is offered with escapes."""
    (tmp_path / "do\x1b[31mg.jpg").touch()
    assert did_you_mean_path(tmp_path / "do[31mg.jpg") == rf"; did you mean '{tmp_path}/do\x1b[31mg.jpg'?"


def test_one_of_very_many_is_found_soon() -> None:
    """Among the names of an archive the nearest is found, whatever their order."""
    names = [f"IMG_{number:06}.jpg.txt" for number in range(100_000)]
    assert did_you_mean("IMG_098765.txt", names) == "; did you mean 'IMG_098765.jpg.txt'?"
