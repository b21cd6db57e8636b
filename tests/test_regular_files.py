"""Only regular files are read: a pipe, a socket or a device with a file's name costs one line, and no waiting."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from photopoem.errors import PhotoError
from photopoem.files import MOST_BYTES, NotRegularError, open_regular, read_regular, read_regular_text
from photopoem.photo.reading import read_photo
from photopoem.services.arrivals import looks_whole
from tests.command import photopoem
from tests.making import make_photo

REFUSED = "not a file but a pipe, socket or device"
pytestmark = pytest.mark.timeout(60)  # a reader that waits for a pipe would wait for ever


@contextmanager
def bound(path: Path) -> Iterator[None]:
    """A socket in the file system; its path is too short for some folders, so it is bound from inside."""
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(path.parent)
        try:
            made.bind(path.name)
        finally:
            os.chdir(here)
        yield


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def terminal(path: Path) -> None:
    path.symlink_to("/dev/tty")


KINDS = pytest.mark.parametrize("make", [pipe, endless, terminal], ids=lambda make: make.__name__)


@KINDS
def test_what_is_no_file_is_not_opened(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A pipe, an endless device and a terminal are refused at once by all that opens files."""
    make(tmp_path / "a.jpg")
    for read in (open_regular, read_regular, read_regular_text):
        with pytest.raises(NotRegularError, match=REFUSED):
            read(tmp_path / "a.jpg")
    with pytest.raises(PhotoError, match=REFUSED):
        read_photo(tmp_path / "a.jpg")
    assert not looks_whole(str(tmp_path / "a.jpg"))


def test_a_socket_is_not_opened(tmp_path: Path) -> None:
    """A socket is refused in the same words as a pipe."""
    with bound(tmp_path / "a.jpg"), pytest.raises(PhotoError, match=REFUSED):
        read_photo(tmp_path / "a.jpg")


def test_what_takes_a_files_place_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe that takes the place of a file after it was looked at is refused too, and does not wait for a writer."""
    path, real = tmp_path / "a.txt", os.open
    path.write_text("a")

    def swap(name: str, flags: int) -> int:
        path.unlink()
        os.mkfifo(path)
        return real(name, flags)

    monkeypatch.setattr(os, "open", swap)
    with pytest.raises(NotRegularError):
        open_regular(path)


def test_regular_files_are_read_whole_and_no_further(tmp_path: Path) -> None:
    """A file's bytes and text come as they are; one that is larger than allowed is refused."""
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\n")
    assert read_regular_text(tmp_path / "a.txt") == "one\ntwo\n"
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(OSError, match="larger than 16 MB"):
        read_regular(tmp_path / "large.txt")
    assert len(read_regular(tmp_path / "large.txt", MOST_BYTES + 1)) == MOST_BYTES + 1


def test_a_run_goes_on_past_what_is_no_file(tmp_path: Path) -> None:
    """Pipes and devices among the photographs cost one line each; the photographs beside them get their poems."""
    folder = tmp_path / "photos"
    make_photo(folder / "b.jpg", 1)
    pipe(folder / "a.jpg")
    endless(folder / "c.jpg")
    pipe(folder / "b.jpg.txt")
    done = photopoem("run", "photos", "--labels", "keywords", cwd=tmp_path, code=1)
    assert done.stderr.count(REFUSED) == 2
    assert [path.name for path in (tmp_path / "poems").glob("*.txt")] == ["b.jpg.txt"]


DOORS = {
    "lexicon": ["run", "a.jpg", "--lexicon", "door.csv"],
    "words of a house": ["run", "a.jpg", "--lexicon", "door.toml"],
    "color names": ["run", "a.jpg", "--color-names", "door.csv"],
    "grammar": ["run", "a.jpg", "--grammar", "./door.json"],
    "grammar check": ["grammar", "check", "./door.json"],
    "grammar show": ["grammar", "show", "./door.json"],
    "word list": ["run", "a.jpg", "--grammar", "./listed.json"],
    "model": ["run", "a.jpg", "--labels", "onnx:door.onnx,labels.txt"],
    "labels of a model": ["run", "a.jpg", "--labels", "onnx:model.onnx,door.txt"],
    "lessons": ["eye", "teach", "lessons", "--as", "mine"],
    "poems": ["print", "door.jsonl", "--to", "file:out.html"],
    "vocabulary": ["grammar", "preview", "haiku", "--vocabulary", "door.json"],
}


@pytest.mark.parametrize("door", DOORS)
def test_no_door_waits_for_a_pipe(tmp_path: Path, samples: list[Path], door: str) -> None:
    """Whatever file a command takes, a pipe in its place is refused in one line that names it."""
    shutil.copy(samples[0], tmp_path / "a.jpg")
    (tmp_path / "lessons").mkdir()
    (tmp_path / "listed.json").write_text(
        '{"origin": ["#one#"], "_words": {"one": "door.txt"}}', encoding="utf-8"
    )
    for name in ("labels.txt", "model.onnx"):
        (tmp_path / name).write_text("a\n")
    for ending in ("csv", "toml", "json", "onnx", "txt", "jsonl"):
        pipe(tmp_path / f"door.{ending}")
    pipe(tmp_path / "lessons" / "words.csv")
    done = photopoem(*DOORS[door], cwd=tmp_path, code=None)
    assert done.returncode != 0
    told = (REFUSED, "no such grammar", "is not a file", "needs a subfolder")
    assert any(each in done.stderr.lower() for each in told), done.stderr
    assert "door" in done.stderr or "lessons" in done.stderr
    assert "Traceback" not in done.stderr
