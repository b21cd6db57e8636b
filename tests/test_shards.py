"""Shards: several machines divide the same photographs in the same way, and `merge` tells what is missing."""

from __future__ import annotations

import shutil
import unicodedata
from pathlib import Path

import pytest

from photopoem.photo.discover import Found, find_photos, in_shard, listing_digest, shard_of
from tests.command import photopoem
from tests.making import make_photo, make_photos, texts

LOCAL = ("--labels", "local", "--quiet")
KEYWORDS = ("--labels", "keywords", "--quiet")


def run_shard(shard: str, where: Path, out: Path, photos: str = "photos") -> None:
    """Write the poems of one shard of a folder as a machine would where the folder lies in `where`."""
    photopoem("run", photos, *KEYWORDS, "--shard", shard, "--out", out, cwd=where)


def test_shards_are_a_partition() -> None:
    """Every path belongs to exactly one shard, by the path alone."""
    shards = [shard_of(f"photos/{n}.jpg", 4) for n in range(1000)]
    assert set(shards) == {1, 2, 3, 4}
    assert min(shards.count(n) for n in (1, 2, 3, 4)) > 180


def test_shards_merge_to_the_whole(tmp_path: Path) -> None:
    """Two shards merged give byte for byte the poems of a single run."""
    make_photos(tmp_path / "photos", 21)
    photopoem("run", "photos", *LOCAL, cwd=tmp_path)
    for n in (1, 2):
        photopoem("run", "photos", *LOCAL, "--shard", f"{n}/2", "--out", f"part{n}", cwd=tmp_path)
    photopoem("merge", "part1", "part2", "--out", "merged", cwd=tmp_path)
    assert texts(tmp_path / "merged") == texts(tmp_path / "poems")
    assert (tmp_path / "merged/poems.jsonl").read_bytes() == (tmp_path / "poems/poems.jsonl").read_bytes()
    assert all(len(texts(tmp_path / f"part{n}")) >= 5 for n in (1, 2))


@pytest.mark.parametrize("named", ["folder", "folder/", "files", "two folders"])
def test_machines_with_other_mount_points_divide_alike(tmp_path: Path, named: str) -> None:
    """Each photograph is in exactly one of two shards that were made where the folder lies elsewhere."""
    make_photos(tmp_path / "a/photos", 40)
    shutil.copytree(tmp_path / "a/photos", tmp_path / "mnt/deep/er/pictures")

    def listed(folder: Path) -> list[Found]:
        given = {
            "folder": [str(folder)],
            "folder/": [f"{folder}/"],
            "files": [str(path) for path in folder.rglob("*.jpg")],
            "two folders": [str(folder / "1"), str(folder / "2"), str(folder / "0")],
        }
        return find_photos(given[named])

    one, other = listed(tmp_path / "a/photos"), listed(tmp_path / "mnt/deep/er/pictures")
    assert len(one) == len(other) == 40
    assert listing_digest(one) == listing_digest(other)
    halves = [Path(each.path).name for each in (*in_shard(one, (1, 2)), *in_shard(other, (2, 2)))]
    assert sorted(halves) == [f"{n:04}.jpg" for n in range(40)]


def test_a_name_in_other_code_points_is_in_the_same_shard() -> None:
    """MacOS writes é as e and an accent: a file named so is in the shard of the same file elsewhere."""
    names = [f"été {n}/Köln.jpg" for n in range(50)]
    for name in names:
        assert shard_of(unicodedata.normalize("NFD", name), 7) == shard_of(name, 7)


def test_merge_is_silent_where_the_shards_cover_the_list(tmp_path: Path) -> None:
    """Shards from machines with other mount points are joined without a line about them, and again afterwards."""
    for where in ("one", "two"):
        make_photos(tmp_path / where / "photos", 6)
        make_photo(tmp_path / "both/photos/x.jpg", 1)
    for n, where in enumerate(("one", "two"), start=1):
        run_shard(f"{n}/2", tmp_path, tmp_path / f"part{n}", f"{where}/photos")
    done = photopoem("merge", "part1", "part2", "--out", "whole", cwd=tmp_path)
    assert done.stderr == "whole: 6 poems\n"
    assert photopoem("merge", "whole", "--out", "again", cwd=tmp_path).stderr == "again: 6 poems\n"


def test_merge_tells_which_shard_is_missing(tmp_path: Path) -> None:
    """A missing shard is named with the number of its photographs, and the exit code is 1."""
    make_photos(tmp_path / "photos", 12)
    for n in (1, 3):
        run_shard(f"{n}/3", tmp_path, tmp_path / f"part{n}")
    left = len(in_shard(find_photos([str(tmp_path / "photos")]), (2, 3)))
    done = photopoem("merge", "part1", "part3", "--out", "whole", cwd=tmp_path, code=1)
    assert f"shard 2/3 is missing, with {left} photographs" in done.stderr


def test_merge_tells_which_shard_is_there_twice(tmp_path: Path) -> None:
    """Two folders of the same shard are named."""
    make_photos(tmp_path / "photos", 12)
    for out in ("a", "b"):
        run_shard("1/2", tmp_path, tmp_path / out)
    done = photopoem("merge", "a", "b", "--out", "whole", cwd=tmp_path, code=1)
    assert "a and b both hold shard 1/2" in done.stderr
    assert "shard 2/2 is missing" in done.stderr


def test_merge_tells_that_the_runs_listed_different_photographs(tmp_path: Path) -> None:
    """Shards from different lists are reported with the number of photographs in each list."""
    make_photos(tmp_path / "photos", 12)
    run_shard("1/2", tmp_path, tmp_path / "a")
    make_photo(tmp_path / "photos/late.jpg", 99)
    run_shard("2/2", tmp_path, tmp_path / "b")
    done = photopoem("merge", "a", "b", "--out", "whole", cwd=tmp_path, code=1)
    assert "the runs listed different photographs (a 12, b 13)" in done.stderr


def test_merge_tells_that_the_divisions_differ(tmp_path: Path) -> None:
    """Shards of different divisions are named."""
    make_photos(tmp_path / "photos", 12)
    run_shard("1/2", tmp_path, tmp_path / "a")
    run_shard("2/3", tmp_path, tmp_path / "b")
    done = photopoem("merge", "a", "b", "--out", "whole", cwd=tmp_path, code=1)
    assert "the shards 1/2, 2/3 are parts of different divisions" in done.stderr


def test_several_shards_in_one_folder_are_all_counted(tmp_path: Path) -> None:
    """A machine may take two shards into one folder; the third completes them."""
    make_photos(tmp_path / "photos", 12)
    run_shard("1/3", tmp_path, tmp_path / "a")
    run_shard("2/3", tmp_path, tmp_path / "a")
    run_shard("3/3", tmp_path, tmp_path / "b")
    assert photopoem("merge", "a", "b", "--out", "whole", cwd=tmp_path).stderr == "whole: 12 poems\n"


def test_an_empty_shard_is_said(tmp_path: Path) -> None:
    """A shard of more parts than there are photographs may be empty; a line says so, and merge misses nothing."""
    make_photo(tmp_path / "photos/a.jpg", 1)
    full = shard_of("a.jpg", 2)
    done = photopoem(
        "run", "photos", *KEYWORDS, "--shard", f"{3 - full}/2", "--out", "none", cwd=tmp_path, code=2
    )
    assert f"shard {3 - full}/2 holds none of 1 photograph" in done.stderr
    run_shard(f"{full}/2", tmp_path, tmp_path / "a")
    assert photopoem("merge", "a", "--out", "whole", cwd=tmp_path).stderr == "whole: 1 poem\n"
