"""Photographs of one name in one poems folder: each text has one owner, whoever wrote first."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.command import photopoem
from tests.making import make_photo, records, texts

QUICK = ("--labels", "keywords")


@pytest.fixture
def twins(tmp_path: Path) -> Path:
    """A folder with two photographs of one name, a/p.jpg and b/p.jpg."""
    make_photo(tmp_path / "a/p.jpg", 1)
    make_photo(tmp_path / "b/p.jpg", 2)
    return tmp_path


def test_two_runs_with_one_file_name(twins: Path) -> None:
    """The second photograph of a name has a text of its own, both are known again, and --force spares the other's."""
    first = photopoem("run", "a", *QUICK, cwd=twins).stdout.split("\n\n", 1)[1].rstrip()
    second = photopoem("run", "b", *QUICK, cwd=twins).stdout.split("\n\n", 1)[1].rstrip()
    before = texts(twins / "poems")
    assert [text.rstrip() for text in before.values()] in ([first, second], [second, first])
    assert (twins / "poems/p.jpg.txt").read_text().rstrip() == first
    assert {r["made"]["file"] for r in records(twins / "poems")} == set(before)
    for folder in ("a", "b"):
        assert "0 written, 1 already there" in photopoem("run", folder, *QUICK, cwd=twins).stderr
    photopoem("run", "b", *QUICK, "--force", "--seed", "3", cwd=twins)
    assert (twins / "poems/p.jpg.txt").read_text().rstrip() == first
    assert set(texts(twins / "poems")) == set(before)


def test_a_persons_change_is_kept_under_either_name(twins: Path) -> None:
    """Of two photographs of one name a text that a person changed is kept, and said."""
    for folder in ("a", "b"):
        photopoem("run", folder, *QUICK, cwd=twins)
    for file in texts(twins / "poems"):
        (twins / "poems" / file).write_text("mine\n")
    for folder in ("a", "b"):
        again = photopoem("run", folder, *QUICK, "--seed", "3", cwd=twins)
        assert "poems: 0 written, 1 kept as changed by hand" in again.stderr
    assert set(texts(twins / "poems").values()) == {"mine\n"}


def test_merge_of_two_folders_with_one_file_name(twins: Path) -> None:
    """Merged, both photographs of a name keep their poems, as two runs into one folder would have written them."""
    for folder in ("a", "b"):
        photopoem("run", folder, *QUICK, cwd=twins)
        photopoem("run", folder, *QUICK, "--out", f"only-{folder}", cwd=twins)
    for _ in range(2):
        photopoem("merge", "only-a", "only-b", "--out", "both", cwd=twins)
        assert texts(twins / "both") == texts(twins / "poems")
        assert (twins / "both/poems.jsonl").read_bytes() == (twins / "poems/poems.jsonl").read_bytes()


def test_merge_into_one_of_the_folders(twins: Path) -> None:
    """Merged into one of themselves, folders are refused with what to do; one that is named twice is joined once."""
    photopoem("run", "a", *QUICK, "--out", "only-a", cwd=twins)
    refused = photopoem("merge", "only-a", "b", "--out", "./only-a/", cwd=twins, code=2)
    assert refused.stderr.endswith("only-a: one of the folders to be joined; name another with --out\n")
    photopoem("merge", "only-a", "only-a/", "--out", "both", cwd=twins)
    assert texts(twins / "both") == texts(twins / "only-a")


def test_merge_keeps_a_persons_change(twins: Path) -> None:
    """A text in the merged folder that a person changed is kept, a line says so, and the others are joined."""
    for folder in ("a", "b"):
        photopoem("run", folder, *QUICK, "--out", f"only-{folder}", cwd=twins)
    photopoem("merge", "only-a", "--out", "both", cwd=twins)
    (twins / "both/p.jpg.txt").write_text("mine\n")
    done = photopoem("merge", "only-a", "only-b", "--out", "both", cwd=twins)
    assert done.stderr.count("both/p.jpg.txt: changed by hand") == 1
    assert (twins / "both/p.jpg.txt").read_text() == "mine\n"
    assert len(texts(twins / "both")) == len(records(twins / "both")) == 2


def test_photographs_that_were_moved_keep_their_texts(twins: Path) -> None:
    """A folder of photographs under another name, or named from the root, gives no second text for each."""
    photopoem("run", "a", *QUICK, cwd=twins)
    photopoem("run", twins / "a", *QUICK, cwd=twins)
    (twins / "a").rename(twins / "c")
    photopoem("run", "c", *QUICK, cwd=twins)
    assert set(texts(twins / "poems")) == {"p.jpg.txt"}


def test_a_photograph_of_two_paths_is_nobodys_change(twins: Path) -> None:
    """A photograph under a relative and an absolute path counts as the same, and is not taken for edited."""
    for seed, path in enumerate(("a", twins / "a", twins / "a", "a")):
        again = photopoem("run", path, *QUICK, "--seed", str(max(1, seed)), cwd=twins)
        assert "poems: 1 written\n" in again.stderr
    assert set(texts(twins / "poems")) == {"p.jpg.txt"}


def test_copies_of_one_photograph_have_a_text_each(twins: Path) -> None:
    """The same photograph in two places has two texts: words given to one of them later do not change the other's."""
    shutil.copy(twins / "a/p.jpg", twins / "b/p.jpg")
    for folder in ("a", "b"):
        photopoem("run", folder, *QUICK, cwd=twins)
    assert len(texts(twins / "poems")) == 2


@pytest.mark.parametrize("file", ["../secret.txt", "", ".txt", "/.txt", "../.txt"])
def test_a_record_names_no_file_outside(twins: Path, file: str) -> None:
    """If a record's text path is outside the poems folder or empty, nothing is touched there."""
    photopoem("run", "a", *QUICK, cwd=twins)
    (twins / "secret.txt").write_text("secret")
    path = twins / "poems/poems.jsonl"
    path.write_text(path.read_text().replace('"file": "p.jpg.txt"', f'"file": "{file}"'))
    photopoem("merge", "poems", "--out", "merged", cwd=twins)
    photopoem("run", "a", *QUICK, "--force", cwd=twins)
    assert (twins / "secret.txt").read_text() == "secret"
    assert "secret" not in "".join(texts(twins / "merged").values())


def test_a_run_says_where_the_second_of_a_name_is(twins: Path) -> None:
    """A text whose name is taken is reported once, with the owner of the name; several are counted."""

    def told(*paths: str) -> list[str]:
        lines = photopoem("run", *paths, *QUICK, cwd=twins).stderr.splitlines()
        return [line for line in lines if " is in " in line]

    assert told("a") == []
    (line,) = told("b")
    (file,) = set(texts(twins / "poems")) - {"p.jpg.txt"}
    assert line == f"poems: b/p.jpg is in poems/{file}, for a/p.jpg has p.jpg.txt"
    assert (twins / "poems" / file).exists() and told("b") == []
    shutil.rmtree(twins / "poems")
    for number, folder in enumerate("cd", 3):
        make_photo(twins / folder / "p.jpg", number)
    (line,) = told(*(f"{folder}/p.jpg" for folder in "dcba"))
    assert line.startswith("poems: b/p.jpg is in poems/p.jpg.") and line.endswith(
        ", for a/p.jpg has p.jpg.txt; 2 more are named so"
    )
