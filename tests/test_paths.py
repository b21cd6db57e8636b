"""Finding photographs: order and names."""

from __future__ import annotations

from pathlib import Path

import pytest

from photopoem.errors import UsageError
from photopoem.photo.discover import find_photos
from photopoem.poems.records import text_file
from tests.making import make_photo


def test_found_in_the_order_of_paths(tmp_path: Path) -> None:
    """Photographs come sorted by path, each once, and other files are passed over."""
    for name in ["b/2.JPG", "a.jpg", "b/1.jpeg", "z.png"]:
        make_photo(tmp_path / name, 1)
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "._a.jpg").write_text("x")
    found = find_photos([str(tmp_path), str(tmp_path / "a.jpg")])
    assert [Path(each.path).relative_to(tmp_path).as_posix() for each in found] == [
        "a.jpg",
        "b/1.jpeg",
        "b/2.JPG",
        "z.png",
    ]


def test_names_are_unique(tmp_path: Path) -> None:
    """Photographs of the same name in folders of the same name get names of their own."""
    make_photo(tmp_path / "x/photos/a.jpg", 1)
    make_photo(tmp_path / "y/photos/a.jpg", 2)
    names = [each.name for each in find_photos([str(tmp_path / "x/photos"), str(tmp_path / "y/photos")])]
    assert len(set(names)) == 2


def test_nothing_there() -> None:
    """A path that does not exist is named."""
    with pytest.raises(UsageError, match="nowhere"):
        find_photos(["nowhere"])


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a/../../b.jpg", "x" * 255])
def test_texts_stay_inside_the_folder(name: str) -> None:
    """The text of a photograph lands inside the poems folder whatever the photograph is called."""
    file = Path(text_file(name))
    assert not file.is_absolute()
    assert ".." not in file.parts
    assert len(file.name.encode()) <= 255
