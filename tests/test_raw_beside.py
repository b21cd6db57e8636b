"""Camera raw beside a developed picture of the same name is one photograph with it."""

from __future__ import annotations

from pathlib import Path

from photopoem.photo.discover import find_photos
from tests.badfiles import encoded
from tests.command import photopoem


def names(*paths: Path) -> list[str]:
    return [found.name for found in find_photos(list(map(str, paths)))]


def test_raw_beside_its_picture_is_the_same_photograph(tmp_path: Path) -> None:
    """Whatever the capitals and the format of the picture; raw alone, or in another folder, stays."""
    for name in ("a.CR2", "a.JPG", "b.nef", "b.heic", "C.DNG", "c.tif", "d.arw", "e.cr3", "e.png", "f.jpg"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "f.cr2").write_bytes(b"x")
    assert names(tmp_path) == ["a.JPG", "b.heic", "c.tif", "d.arw", "e.cr3", "e.png", "f.jpg", "raw/f.cr2"]
    assert names(tmp_path / "a.CR2", tmp_path / "a.JPG") == ["a.JPG"]
    assert names(tmp_path / "a.CR2") == ["a.CR2"]


def test_a_run_writes_one_poem_of_both(tmp_path: Path) -> None:
    """Raw that cannot be read here fails no run whose picture lies beside it."""
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "IMG_1.JPG").write_bytes(encoded("JPEG"))
    (photos / "IMG_1.CR2").write_bytes(b"II*\0\x10\0\0\0CR\2\0" + b"\0" * 4000)
    done = photopoem("run", photos, "--labels", "keywords", "--jobs", "1", "--out", tmp_path / "poems")
    assert "1 written" in done.stderr
    assert len((tmp_path / "poems" / "poems.jsonl").read_text("utf-8").splitlines()) == 1
