"""The project file photopoem.toml: found, applied, overridden, checked, and never more than its defaults."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from photopoem.cli import photopoem
from photopoem.errors import PhotopoemError
from tests.making import make_photos, texts

QUICK = 'labels = "keywords"\njobs = 1\n'


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three photographs, and the one we are in."""
    monkeypatch.chdir(tmp_path)
    make_photos(tmp_path / "photos", 3)
    return tmp_path


def run(*arguments: str, toml: str | None = None) -> Result:
    """A command in process, after the project file was written; an error of ours is its output, with code 2."""
    if toml is not None:
        Path("photopoem.toml").write_text(toml, "utf-8")
    result = CliRunner().invoke(photopoem, arguments)
    if isinstance(result.exception, PhotopoemError):
        return Result(result.runner, b"", b"", str(result.exception).encode(), None, 2, result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_a_run_without_arguments_takes_the_folder(show: Path) -> None:
    """In the folder of a project file, `run` alone writes the poems of that folder, as the file says."""
    done = run("run", toml=f'[run]\n{QUICK}grammar = "haiku"\nout = "hung"\n')
    assert "photopoem.toml: grammar, jobs, labels, out\n" in done.stderr and "hung: 3 written" in done.stderr
    assert all("Grammar: haiku," in " ".join(text.split()) for text in texts(show / "hung").values())
    assert sorted(texts(show / "hung")) == [f"photos/{n}/{n:04}.jpg.txt" for n in range(3)]


def test_the_poems_are_where_the_projects_runs_write(show: Path) -> None:
    """`out` of the runs is the folder of poems of every command that is given none."""
    run("run", toml=f'[run]\n{QUICK}out = "hung"\n')
    assert run("keep", "photos/0").output == "1 poem kept\n"
    assert run("show", "--paths", "--state", "kept").output == "photos/0/0000.jpg\n"
    assert run("print", "--to", "file:all.txt", "--only", "kept").stderr == "all.txt: 1 poem\n"
    assert Path("hung/show.json").exists() and not Path("poems").exists()


def test_photographs_are_named_in_the_file(show: Path) -> None:
    """`photos` is used only if the command line names no photographs."""
    toml = f'[run]\n{QUICK}photos = ["photos/0", "photos/1"]\n'
    assert "poems: 2 written" in run("run", toml=toml).stderr
    assert "other: 1 written" in run("run", "photos/2", "--out", "other").stderr


def test_what_the_command_line_says_goes_before(show: Path) -> None:
    """An option that is given goes before the file, and the line on the file leaves it out."""
    done = run("run", "photos", "--labels", "keywords", toml='[run]\nlabels = "none-such"\njobs = 1\n')
    assert done.exit_code == 0 and "photopoem.toml: jobs\n" in done.stderr
    quiet = run("run", "photos", "-q", "--labels", "keywords", "--force")
    assert quiet.exit_code == 0 and quiet.stderr == ""


def test_options_are_told_by_their_names_in_the_file(show: Path) -> None:
    """The line that says what the file sets calls each option as the file does."""
    run("run", "photos", toml=f"[run]\n{QUICK}")
    done = run("print", toml='[print]\nto = "file:all.txt"\norder = "name"\n')
    assert done.stderr.splitlines()[0] == "photopoem.toml: order, to"


def test_without_a_file_nothing_is_asked_of_it(show: Path) -> None:
    """Without a project file, `run` without arguments is refused."""
    assert "name photographs or a folder of them" in run("run").output


def test_it_is_found_above_the_photographs(show: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file above the photographs is taken from wherever the command is called, and its paths start from it."""
    (show / "mine.json").write_text('{"origin": "mine"}')
    Path("photopoem.toml").write_text(
        f'[run]\n{QUICK}grammar = "mine.json,haiku"\nout = "hung"\nlexicon = "w.csv"\n'
    )
    (show / "w.csv").write_text("word,kind,does,part,feels\ndog,thing,sits,,\n")
    (elsewhere := show / "else/where").mkdir(parents=True)
    monkeypatch.chdir(elsewhere)
    done = run("run", "../../photos/1", "--grammar", "../../mine.json")
    assert done.exit_code == 0 and "../../photopoem.toml: jobs, labels, lexicon, out\n" in done.stderr
    assert list(texts(show / "hung")) == ["0001.jpg.txt"]
    monkeypatch.chdir(show)
    (show / "else/photopoem.toml").write_text("")
    monkeypatch.chdir(elsewhere)
    assert "name photographs or a folder" in run("run").output


def test_nested_commands_and_flags(show: Path) -> None:
    """A command of a group has a table of its own, and a flag is true or false."""
    toml = "[grammar.preview]\nn = 2\n[print]\nquiet = true\ncolophon = false\n"
    done = run("grammar", "preview", "haiku", "--seed", "3", toml=toml)
    assert done.exit_code == 0 and "photopoem.toml:" in done.output


@pytest.mark.parametrize(
    ("toml", "told"),
    [
        ("[run]\ngrammer = 'haiku'", "photopoem.toml:2:1: photopoem run has no option --grammer; did you mean"),
        ("\n[rum]\nlabels = 'local'", "photopoem.toml:2:2: there is no key 'rum' here; did you mean 'run'?"),
        ("[run]\nlabels = [1", "photopoem.toml:2:12: not valid TOML"),
        ("run = 3", "photopoem.toml:1:1: run is a command: [run] is a table"),
        ("[run]\nforce = true", "photopoem.toml:2:1: --force is given on the command line alone"),
        ("[run]\nyes = true", "photopoem.toml:2:1: --yes is given on the command line alone"),
        ("[run]\nquiet = 'a'", "photopoem.toml:2:1: quiet is true or false, not 'a'"),
        ("[run]\nseed = [1, 2]", "photopoem.toml:2:1: seed takes one value, not a list"),
        ("[run]\nseed = true", "photopoem.toml:2:1: seed takes a text or a number, not true"),
        ("[run]\nplace = 1979-05-27", "photopoem.toml:2:1: place takes a text or a number"),
        ("[run]\n\nseed = 'x'", "photopoem.toml:3:1: seed: 'x' is not a valid integer"),
        ("[run]\nhemisphere = 'east'", "photopoem.toml:2:1: hemisphere: 'east' is not one of"),
    ],
)  # fmt: skip
def test_faults_are_told_with_their_place(show: Path, toml: str, told: str) -> None:
    """An error in the file is one line with the file, the line and the column, and nothing is done."""
    done = run("run", "photos", toml=toml)
    assert done.exit_code == 2 and done.output.startswith(told) and "\n" not in done.output
    assert not Path("poems").exists()


def test_a_strangers_file_gives_no_options_by_its_photographs(show: Path) -> None:
    """A name among the photographs that looks like an option is a name."""
    done = run("run", toml=f'[run]\n{QUICK}photos = ["--force"]\n')
    assert done.exit_code == 2 and "--force: there is no such file" in done.output


def test_doctor_shows_the_file_and_its_faults(show: Path) -> None:
    """`doctor` shows the file's settings for each command, and all its errors."""
    toml = '[run]\nlabels = "local"\ncolors = 5\n[print]\nto = "dir:paper"\n[grammar.preview]\nn = 3\n'
    told = run("doctor", "--labels", "keywords", toml=toml).output
    assert "ok    project: photopoem.toml: run: labels = 'local', colors = 5\n" in told
    assert "print: to = 'dir:paper'\n" in told and "grammar preview: n = 3\n" in told
    bad = run("doctor", "--labels", "keywords", toml=toml + "[watch]\npce = 3\n[queue.lst]\nx = 1\n[rum]\n")
    assert bad.exit_code == 1
    assert (
        "bad   project: photopoem.toml:9:1: photopoem watch has no option --pce; did you mean 'pace'?"
        in bad.output
    )
    assert "photopoem.toml:10:2: there is no key 'lst' here; did you mean 'list'?" in bad.output
    assert "photopoem.toml:12:2: there is no key 'rum' here; did you mean 'run'?" in bad.output
    assert (
        "bad   project: photopoem.toml:1:4: not valid TOML"
        in run("doctor", "--labels", "keywords", toml="a =").output
    )
    assert "project" not in run("doctor", "--labels", "keywords", toml="").output


def every_option() -> list[tuple[list[str], click.Option]]:
    """Every option of every command that a project file may set, with the command's words."""
    from tests.manual import options

    return [(list(path), option) for path, option in options() if path and option.name != "help"]


def test_every_option_has_a_key(show: Path) -> None:
    """For every command each option is a key of its table, but those that are given on the command line alone."""
    from photopoem.commands.project import ON_THE_COMMAND_LINE, find_project, key_param
    from photopoem.commands.project import _defaults as defaults
    from tests.manual import commands

    found = {path: context.command for path, context in commands()}
    for path, option in every_option():
        key = option.opts[-1].lstrip("-")
        if key in ON_THE_COMMAND_LINE:
            continue
        assert key_param(found[tuple(path)], key) is option
        value = "true" if option.is_flag else "3"
        Path("photopoem.toml").write_text(f"[{'.'.join(path)}]\n{key} = {value}\n")
        project = find_project()
        assert project and option.name in defaults(project, path, found[tuple(path)])
