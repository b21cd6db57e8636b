"""What has the name of a text already, or cannot have it: one line says so, and every poem is written."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from photopoem.errors import StoreError
from photopoem.files import write_atomically
from photopoem.poems.records import short_text_file
from tests.command import photopoem
from tests.making import make_photo, records, texts

QUICK = ("--labels", "keywords", "--out", "poems")


def folder_with_a_file(name: Path) -> None:
    name.mkdir()
    (name / "mine").write_text("mine\n")


def pipe(name: Path) -> None:
    os.mkfifo(name)


def link_to_a_device(name: Path) -> None:
    name.symlink_to("/dev/null")


def link_to_nothing(name: Path) -> None:
    name.symlink_to("gone/away.txt")


@pytest.mark.skipif(os.name == "nt", reason="makes pipes and links: run it on Linux or macOS")
@pytest.mark.parametrize(
    "put", [folder_with_a_file, pipe, link_to_a_device, link_to_nothing], ids=lambda put: put.__name__
)
def test_what_is_no_text_stays(tmp_path: Path, put: Callable[[Path], None]) -> None:
    """A folder, pipe or link that has the name of a text stays as it is; the poem gets a short name, and keeps it."""
    make_photo(tmp_path / "in/a.jpg", 1)
    make_photo(tmp_path / "in/b.jpg", 2)
    (tmp_path / "poems").mkdir()
    way = tmp_path / "poems/a.jpg.txt"
    put(way)
    before = way.lstat()
    first = photopoem("run", "in", *QUICK, cwd=tmp_path)
    assert way.lstat().st_mode == before.st_mode
    assert way.lstat().st_ino == before.st_ino
    instead = tmp_path / "poems" / short_text_file("a.jpg")
    assert instead.read_text()
    assert (tmp_path / "poems/b.jpg.txt").read_text()
    assert f"in/a.jpg is in poems/{instead.name}, for its own name is too long or taken" in first.stderr
    assert "0 written, 2 already there" in photopoem("run", "in", *QUICK, cwd=tmp_path).stderr
    assert "poem 1 of" not in photopoem("explain", instead, cwd=tmp_path).stdout


def test_photographs_in_folders_called_like_files(tmp_path: Path) -> None:
    """Folders of photographs called like a text, the records or the queue take neither's place."""
    inside = ("a.jpg", "a.jpg.txt/b.jpg", "poems.jsonl/c.jpg", "print-queue.sqlite/d.jpg", "show.json/e.jpg")
    for number, name in enumerate(inside):
        make_photo(tmp_path / "in" / name, number)
    photopoem("run", "in", *QUICK, "--print", "dir:paper", "--press", "text", cwd=tmp_path)
    assert {row["path"] for row in records(tmp_path / "poems")} == {f"in/{name}" for name in inside}
    assert len(texts(tmp_path / "poems")) == len(inside)
    assert sorted(path.stem for path in (tmp_path / "paper").iterdir()) == ["a", "b", "c", "d", "e"]
    photopoem("keep", "in/a.jpg", cwd=tmp_path)
    assert "0 written, 4 already there" not in photopoem("run", "in", *QUICK, cwd=tmp_path).stderr


def test_a_path_too_long_for_the_disk(tmp_path: Path) -> None:
    """A text whose path the file system refuses gets a short name beside the records, the others their own."""
    deep = "/".join(["d" * 200] * 19)
    make_photo(tmp_path / "in/b.jpg", 2)
    here = Path.cwd()
    os.chdir(tmp_path / "in")
    try:
        for part in deep.split("/"):
            Path(part).mkdir()
            os.chdir(part)
        make_photo(Path("a.jpg"), 1)
        os.chdir(tmp_path)
        # From where the run starts the photograph's path is short enough, but that of its text is not.
        out = "o" * 200
        done = photopoem("run", "in", "--labels", "keywords", "--out", f"{out}/{out}", cwd=tmp_path)
    finally:
        os.chdir(here)
    assert ": 2 written" in done.stderr
    names = {row["made"]["file"] for row in records(tmp_path / out / out)}
    assert names == {"b.jpg.txt", short_text_file(f"{deep}/a.jpg")}


def test_a_text_that_becomes_a_folder_is_written_again(tmp_path: Path) -> None:
    """A folder that took the place of a written text is no poem: the next run writes the text elsewhere."""
    make_photo(tmp_path / "in/a.jpg", 1)
    photopoem("run", "in", *QUICK, cwd=tmp_path)
    text = (tmp_path / "poems/a.jpg.txt").read_text()
    (tmp_path / "poems/a.jpg.txt").unlink()
    folder_with_a_file(tmp_path / "poems/a.jpg.txt")
    assert "1 written" in photopoem("run", "in", *QUICK, cwd=tmp_path).stderr
    assert (tmp_path / "poems" / short_text_file("a.jpg")).read_text() == text


def test_a_folder_called_as_the_records(tmp_path: Path) -> None:
    """A folder that has the name of the records is told in one line, and nothing in it is touched."""
    make_photo(tmp_path / "in/a.jpg", 1)
    (tmp_path / "poems").mkdir()
    folder_with_a_file(tmp_path / "poems/poems.jsonl")
    done = photopoem("run", "in", *QUICK, "-q", cwd=tmp_path, code=2)
    told = f"photopoem: poems/poems.jsonl: {os.strerror(errno.EISDIR)}, so no poems can be written here"
    assert done.stderr == f"{told}; name another folder with --out\n"
    assert (tmp_path / "poems/poems.jsonl/mine").read_text() == "mine\n"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A folder on another disk than the test's own."""
    disk = Path("/dev/shm")  # noqa: S108 - another disk, and not what lies there
    if not disk.is_dir() or disk.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second disk that anybody may write to, such as /dev/shm on Linux")
    with tempfile.TemporaryDirectory(dir=disk) as folder:
        yield Path(folder)


def test_a_subfolder_on_another_disk(tmp_path: Path, elsewhere: Path) -> None:
    """Texts are written whole into a subfolder that lies on another disk, and nothing unfinished is left."""
    make_photo(tmp_path / "in/sub/a.jpg", 1)
    make_photo(tmp_path / "in/b.jpg", 2)
    (tmp_path / "poems").mkdir()
    (tmp_path / "poems/sub").symlink_to(elsewhere)
    photopoem("run", "in", *QUICK, cwd=tmp_path)
    assert [path.name for path in elsewhere.iterdir()] == ["a.jpg.txt"]
    assert (elsewhere / "a.jpg.txt").read_text()
    assert not list((tmp_path / "poems").glob(".*.tmp"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such devices: run it on Linux or macOS")
def test_no_device_is_replaced(tmp_path: Path) -> None:
    """Nothing that is no regular file is replaced by what writes files, also behind a link."""
    device = Path(os.ttyname(os.openpty()[1]))
    (tmp_path / "link").symlink_to(device)
    for name in (device, tmp_path / "link"):
        with pytest.raises(StoreError, match="not a file but a pipe, socket or device"):
            write_atomically(name, "words")
    assert stat.S_ISCHR(device.stat().st_mode)
