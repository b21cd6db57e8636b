"""Which photographs of a folder are taken: folders of systems, links, patterns; and lists of paths."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from photopoem.photo.discover import files_left_out, find_photos
from tests.command import photopoem, photopoem_forked
from tests.making import make_photo, texts
from tests.processes import Program
from tests.studio import until

ROOT = Path(__file__).parent.parent
KEYWORDS = ("--labels", "keywords", "--quiet")


def names(folder: Path, **options: object) -> list[str]:
    """The names of the photographs found in a folder."""
    return [each.name for each in find_photos([str(folder)], **options)]  # type: ignore[arg-type]


def test_folders_of_systems_are_left_out_and_named(tmp_path: Path) -> None:
    """Thumbnails, bins and the copies in a library of Apple's are left out, and the line names their folders."""
    system = [
        "@eaDir/a.jpg",
        "#recycle",
        "$RECYCLE.BIN/x",
        "Thumbs",
        "x/__MACOSX",
        "My.photoslibrary/resources",
        "x/@__thumb",
        "RECYCLER/S-1",
        "Catalog Previews.lrdata/1",
    ]
    for n, folder in enumerate([*system, "My.photoslibrary/originals/1", "resources", "."]):
        make_photo(tmp_path / "photos" / folder / "a.jpg", n)
    left_out: dict[str, Counter[str]] = {}
    found = names(tmp_path / "photos", left_out=left_out)
    assert found == ["My.photoslibrary/originals/1/a.jpg", "a.jpg", "resources/a.jpg"]
    (line,) = map(files_left_out, left_out.values())
    assert (
        line
        == "9 folders left out (#recycle/, $RECYCLE.BIN/, @__thumb/, @eaDir/, Catalog Previews.lrdata/, ...)"
    )
    assert names(tmp_path / "photos/Thumbs") == ["a.jpg"], "a folder that is named outright is taken"


def test_patterns_leave_out_files_and_folders(tmp_path: Path) -> None:
    """--exclude takes patterns of names and of paths, several times, of files and folders."""
    for n, name in enumerate(["a.jpg", "b.png", "old/c.jpg", "x/old/d.jpg", "x/e.jpg"]):
        make_photo(tmp_path / "photos" / name, n)
    assert names(tmp_path / "photos", exclude=["old"]) == ["a.jpg", "b.png", "x/e.jpg"]
    assert names(tmp_path / "photos", exclude=["x/old/", "*.png"]) == ["a.jpg", "old/c.jpg", "x/e.jpg"]
    photopoem("run", "photos", *KEYWORDS, "--exclude", "old", "--exclude", "*.png", cwd=tmp_path)
    assert set(texts(tmp_path / "poems")) == {"a.jpg.txt", "x/e.jpg.txt"}


def test_linked_folders_are_followed_once(tmp_path: Path) -> None:
    """A photograph behind a link is found once, whatever loops and second links there are."""
    make_photo(tmp_path / "photos/in/a.jpg", 1)
    make_photo(tmp_path / "elsewhere/deep/b.jpg", 2)
    links = {
        "link": "elsewhere",
        "again": "elsewhere/deep",
        "loop": "photos",
        "up": ".",
        "inside": "photos/in",
    }
    for link, target in links.items():
        (tmp_path / "photos" / link).symlink_to(tmp_path / target)
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "photos")
    found = find_photos([str(tmp_path / "photos")])
    assert sorted(Path(each.path).name for each in found) == ["a.jpg", "b.jpg"]


@pytest.mark.parametrize(
    "listed",
    [b"a.jpg\r\nb.jpg\r\n", b"\xef\xbb\xbfa.jpg\nb.jpg", b"\xef\xbb\xbfa.jpg\r\nb.jpg", b"a.jpg\0b.jpg\0"],
)
def test_lists_from_windows(tmp_path: Path, listed: bytes) -> None:
    """Carriage returns at the ends of lines and a byte order mark are no part of a path."""
    make_photo(tmp_path / "a.jpg", 1)
    make_photo(tmp_path / "b.jpg", 2)
    photopoem("run", "-", *KEYWORDS, cwd=tmp_path, stdin=listed)
    assert set(texts(tmp_path / "poems")) == {"a.jpg.txt", "b.jpg.txt"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_list_in_utf16_is_refused(tmp_path: Path, encoding: str) -> None:
    """A list in UTF-16 is refused with a sentence that says what to do."""
    done = photopoem("run", "-", *KEYWORDS, cwd=tmp_path, stdin="a.jpg\nb.jpg\n".encode(encoding), code=2)
    assert "the list on standard input is UTF-16; save it as UTF-8" in done.stderr


def test_a_name_that_ends_in_a_carriage_return(tmp_path: Path) -> None:
    """A file whose name really ends so is found."""
    make_photo(tmp_path / "a.jpg", 1)
    shutil.move(tmp_path / "a.jpg", tmp_path / "a.jpg\r")
    photopoem("run", "-", *KEYWORDS, cwd=tmp_path, stdin=b"a.jpg\r\n")
    assert set(texts(tmp_path / "poems")) == {"a.jpg\r.txt"}


@pytest.mark.parametrize("columns", ["100", "34", "30", "20", "5"])
def test_a_look_on_a_narrow_terminal(tmp_path: Path, columns: str) -> None:
    """A look is drawn on a terminal of any width."""
    make_photo(tmp_path / "a.jpg", 1)
    looked = photopoem("look", "a.jpg", "--labels", "local", "--colors", "20", cwd=tmp_path, COLUMNS=columns)
    assert "A poem may say" in " ".join(looked.stdout.split())


def test_a_full_standard_output(tmp_path: Path) -> None:
    """If standard output is full, the poems are still written, and one line says so."""
    make_photo(tmp_path / "photos/a.jpg", 1)
    run, errors = ("run", "photos", "--force", "-l", "keywords"), tmp_path / "errors"
    full = Program(*run, cwd=tmp_path, out=Path("/dev/full"), err=errors)
    ended = {"the disk is full": (full.wait(), errors.read_text())}
    for shell, told in ((">&-", "standard output is closed"), ("<&-", "")):
        command = f'"{sys.executable}" -m photopoem {" ".join(run)} --out "out {shell}" {shell}'
        done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True)
        ended[told] = (done.returncode, done.stderr)
    for told, (code, said) in ended.items():
        assert code == 0, said
        assert said.count("standard output") == bool(told) and told in said
        assert "Traceback" not in said and "Exception" not in said
    for out in ("poems", "out >&-", "out <&-"):
        assert len(texts(tmp_path / out)) == 1


def no_word_of_it(said: str) -> bool:
    """Whether nothing was said of a reader that left."""
    return "Traceback" not in said and "Exception" not in said and "rror" not in said


def test_a_reader_that_leaves_early(tmp_path: Path) -> None:
    """Where what reads the output has had enough, as `head -n 1` has, a run says nothing of it and writes all poems."""
    for n in range(3):
        make_photo(tmp_path / f"photos/{n}.jpg", n)
    # It leaves before the first word: `head` might have read all of so little.
    command = f'"{sys.executable}" -u -m photopoem run photos -l keywords | :'
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert no_word_of_it(done.stderr), done.stderr
    assert len(texts(tmp_path / "poems")) == 3


@pytest.mark.parametrize(
    "line",
    [
        "look photos/0.jpg -l keywords",
        "explain poems/0.jpg.txt",
        "grammar preview haiku -n 40",
        "grammar show haiku",
        "help labels",
    ],
)
def test_a_reader_of_any_command_may_leave(tmp_path: Path, line: str) -> None:
    """A command whose output nobody reads any more ends without a word of that."""
    make_photo(tmp_path / "photos/0.jpg", 0)
    photopoem("run", "photos", *KEYWORDS, cwd=tmp_path)
    reader, writer = os.pipe()
    left, errors = tmp_path / "left", tmp_path / "errors"
    wait = (
        f"import os, sys, time\nsys.stdout.reconfigure(write_through=True)\nopen({str(tmp_path / 'here')!r}, 'w')"
        f"\nwhile not os.path.exists({str(left)!r}): time.sleep(0.005)"
    )
    program = Program(*line.split(), cwd=tmp_path, out=writer, err=errors, before=wait)
    until(lambda: (tmp_path / "here").exists())
    os.close(writer)
    os.close(reader)
    left.touch()
    assert program.wait() in (0, 1)
    assert no_word_of_it(errors.read_text()), errors.read_text()


HOMELESS = """
import os, pwd
def nobody(*_): raise KeyError("no such user")
pwd.getpwuid = pwd.getpwnam = nobody
for name in os.environ.keys() - {"PATH", "PYTHONPATH"}: del os.environ[name]
"""
MAIN = """
from photopoem.cli import main
main()
"""


def test_a_user_without_a_home(tmp_path: Path) -> None:
    """As a number without a name in a container has none: poems are written, and what needs a home names the cure."""
    make_photo(tmp_path / "a.jpg", 1)
    # The first, with an interpreter of its own, imports everything without a home.
    done = subprocess.run(
        [sys.executable, "-c", HOMELESS + MAIN, "run", "a.jpg", "-q"], cwd=tmp_path, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert "Grammar: i-can-remember" in done.stdout.replace("\n", " "), done.stderr
    told = tmp_path / "told"
    Program("doctor", cwd=tmp_path, out=told, before=HOMELESS).wait()
    assert "label cache: you have no home folder" in told.read_text()
    for command, variable in ((("cache", "info"), "CACHE"), (("eye", "taught"), "EYE")):
        refused = tmp_path / variable
        assert Program(*command, cwd=tmp_path, err=refused, before=HOMELESS).wait() == 2
        assert refused.read_text().count("\n") == 1
        assert f"you have no home folder here; set PHOTOPOEM_{variable}_DIR" in refused.read_text()


def test_as_many_color_names_as_the_largest_list_has(tmp_path: Path) -> None:
    """A list of 31,913 names is taken."""
    make_photo(tmp_path / "a.jpg", 1)
    rows = (f"no {n},#{n * 523 % 16777216:06x}\n" for n in range(31913))
    (tmp_path / "many.csv").write_text("name,hex\n" + "".join(rows))
    looked = photopoem_forked("look", "a.jpg", "-l", "keywords", "--color-names", "many.csv", cwd=tmp_path)
    assert "named by the list many.csv" in looked.stdout
