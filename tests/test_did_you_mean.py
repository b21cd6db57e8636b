"""Messages for mistyped names suggest the nearest existing one."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from photopoem.errors import PhotoError, UsageError, did_you_mean, did_you_mean_path
from photopoem.services.pipeline import write_poem
from photopoem.services.publish import open_target
from tests.command import photopoem
from tests.making import make_photo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A photograph, a grammar and the poems of a run."""
    make_photo(tmp_path / "dog.jpg", 1)
    (tmp_path / "mine.json").write_text('{"origin": "x"}', "utf-8")
    (tmp_path / "colors.csv").write_text("name,hex\nink,#000000\n", "utf-8")
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
        ("run dog.jpg --color-names xkdc", "xkcd"),
        ("look dog.jpg --color-names clors.csv", "colors.csv"),
        ("watch . --press recipt --print dir:out", "receipt"),
        ("run dgo.jpg", "dog.jpg"),
        ("look dgo.jpg", "dog.jpg"),
        ("grammar preview mine.json --labels keywords --photo dgo.jpg", "dog.jpg"),
        ("explain poems/dog.txt", "poems/dog.jpg.txt"),
        ("explain poem/dog.jpg.txt", "poems/dog.jpg.txt"),
        ("explain pems", "poems"),
        ("print pomes --to dir:out --press text", "poems"),
    ],
)
def test_the_nearest_name_is_offered(folder: Path, typed: str, meant: str) -> None:
    """For a mistyped command, topic, grammar, labeller, press or path, one line suggests the right one."""
    said = photopoem(*typed.split(), cwd=folder, code=2).stderr.splitlines()[-1]
    assert f"; did you mean '{meant}'?" in said


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("dog.jpg", "dog.jpg"),
        ("./dog.jpg", "./dog.jpg"),
        ("poems", "poems"),
        (".", "."),
        ("my photos", "'my photos'"),
        ("nowhere/IMG_1.HEIC", "nowhere/IMG_1.HEIC"),
        ("watch.jpg", "watch.jpg"),
        ("s3://bucket/photos", "s3://bucket/photos"),
    ],
)
def test_a_photograph_is_no_command(folder: Path, typed: str, meant: str) -> None:
    """For a photograph or a folder in place of a command, the message suggests the command that takes it."""
    (folder / "my photos").mkdir()
    said = photopoem(typed, cwd=folder, code=2).stderr.splitlines()[-1]
    assert said == f"Error: there is no command {typed!r}; did you mean: photopoem run {meant}"


def test_a_mistyped_command_is_no_photograph(folder: Path) -> None:
    """A command is offered before a folder that is called like it, and commands in groups know of no run."""
    (folder / "prnt").mkdir()
    assert photopoem("prnt", cwd=folder, code=2).stderr.endswith("'prnt'; did you mean 'print'?\n")
    assert photopoem("grammar", "dog.jpg", cwd=folder, code=2).stderr.endswith("no command 'dog.jpg'\n")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("watch . --to dir:x", "there is no option --to; here it is called --print"),
        ("run dog.jpg --to=dir:x", "there is no option --to; here it is called --print"),
        ("doctor --to dir:x", "there is no option --to; here it is called --print"),
        ("print --print dir:x", "there is no option --print; here it is called --to"),
        ("queue list --print dir:x", "there is no option --print; here it is called --to"),
    ],
)
def test_where_to_print_is_found_by_either_name(folder: Path, typed: str, told: str) -> None:
    """If --to and --print are confused, the message suggests the right one."""
    assert photopoem(*typed.split(), cwd=folder, code=2).stderr.endswith(f"Error: {told}\n")


def test_an_option_that_is_nowhere_is_guessed(folder: Path) -> None:
    """A mistyped option, and one of another command that has no counterpart here, are answered as ever."""
    mistyped = photopoem("run", "dog.jpg", "--gramar", "x", cwd=folder, code=2).stderr
    assert "Did you mean" in mistyped and "--grammar" in mistyped
    assert "called" not in photopoem("look", "dog.jpg", "--to", "dir:x", cwd=folder, code=2).stderr


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("127.0.0.1", "tcp://127.0.0.1"),
        ("192.168.1.50:9100", "tcp://192.168.1.50:9100"),
        ("printer.local", "tcp://printer.local"),
        ("printer:9100", "tcp://printer:9100"),
        ("localhost", "tcp://localhost"),
        ("[fe80::1]:9100", "tcp://[fe80::1]:9100"),
        ("04b8:0e15", "usb:04b8:0e15"),
        ("/dev/ttyUSB0", "serial:/dev/ttyUSB0"),
        ("/dev/usb/lp0", "serial:/dev/usb/lp0"),
        ("poems.pdf", "file:poems.pdf"),
        ("out/show.HTML", "file:out/show.HTML"),
        ("poems", "dir:poems"),
        ("plots/", "dir:plots/"),
    ],
)
def test_what_is_meant_for_a_target_is_offered_as_one(folder: Path, typed: str, meant: str) -> None:
    """An address, device, file or folder without its kind is answered with the target that it would be."""
    with contextlib.chdir(folder), pytest.raises(UsageError) as caught:
        open_target(typed)
    assert str(caught.value) == f"'{typed}' is not a target; did you mean '{meant}'?"
    open_target(meant)


def test_a_photograph_that_is_not_there_was_not_listed(folder: Path) -> None:
    """For a single named photograph, neither commands nor library mention a list."""
    (folder / "link.jpg").symlink_to("nothing.jpg")
    for name, told in (
        ("dgo.jpg", f"no such file; did you mean '{folder / 'dog.jpg'}'?"),
        ("qqqq.jpg", "no such file"),
        ("link.jpg", "no such file: it is a link to one that is not there"),
    ):
        with pytest.raises(PhotoError) as caught:
            write_poem(folder / name, labels="keywords")
        assert caught.value.cause == told
    said = photopoem("grammar", "preview", "haiku", "--photo", "nope", "-l", "keywords", cwd=folder, code=2)
    assert said.stderr == "photopoem: nope: no such file\n"


def test_only_what_could_be_meant_is_offered(folder: Path) -> None:
    """Folders are not suggested for grammars or color lists, and a bad list gives only one line."""
    (folder / "samples").mkdir()
    for name in ("sample", "poem", "poem/mine.json"):
        refused = photopoem("run", "dog.jpg", "-g", name, cwd=folder, code=2).stderr
        assert refused.startswith(f"photopoem: {name}: no such grammar; there are ")
    said = photopoem("run", "dog.jpg", "--color-names", "poem", cwd=folder, code=2).stderr
    assert said.endswith(
        "of color names (no such file or directory); use xkcd, css, nbs or a CSV file of name,hex\n"
    )
    assert len(said.splitlines()) == 1


def test_far_names_are_not_offered(folder: Path) -> None:
    """If no name is near, the message lists the existing ones."""
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
