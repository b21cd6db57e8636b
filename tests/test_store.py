"""Files that appear whole, and the cache of labels that were paid for."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from photopoem.errors import StoreError
from photopoem.files import open_atomically, write_atomically
from photopoem.labels.cache import Answer, Key, LabelCache, cache_folder
from tests.conftest import small_disk

VISION = Key("vision", "v1", "labels=20")
OTHER = Key("vision", "v1", "landmarks=20")
DOG = Answer((("Dog", 0.98), ("Carnivore", 0.7)), "2026-11-22T10:00:00+00:00")
A, B, C = "a" * 64, "b" * 64, "c" * 64


def run_python(code: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


# -- files


def test_write_atomically_writes_text_and_bytes(tmp_path: Path) -> None:
    """Text arrives as UTF-8 and bytes as they are, and nothing else is left in the folder."""
    write_atomically(tmp_path / "poem.txt", "é\n")
    write_atomically(tmp_path / "poem.pdf", b"\x00\xff", sync=True)
    assert (tmp_path / "poem.txt").read_bytes() == b"\xc3\xa9\n"
    assert (tmp_path / "poem.pdf").read_bytes() == b"\x00\xff"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["poem.pdf", "poem.txt"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """When the writer fails halfway the old file is untouched and no temporary file stays."""
    target = tmp_path / "poems.html"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), open_atomically(target) as file:
        file.write(b"new")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_killed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """A process killed in the middle of a write leaves the old file, whole."""
    target = tmp_path / "poems.html"
    target.write_text("old")
    code = (
        "import sys\nfrom photopoem.files import open_atomically\n"
        "with open_atomically(sys.argv[1]) as file:\n"
        "    file.write(b'n' * 1000000)\n    file.flush()\n"
        "    print('half', flush=True)\n    sys.stdin.read()\n"
    )
    with run_python(code, str(target)) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert target.read_text() == "old"


def test_the_umask_and_the_old_mode_decide_who_may_read(tmp_path: Path) -> None:
    """A new file gets the mode a plain open would give it, a replaced one keeps its own."""
    old = os.umask(0o022)
    try:
        write_atomically(tmp_path / "new", "x")
        (tmp_path / "private").write_text("x")
        (tmp_path / "private").chmod(0o600)
        write_atomically(tmp_path / "private", "y")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o644
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o600


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """Writing to a symbolic link replaces the file it points to, not the link."""
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_atomically(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_name_as_long_as_names_can_be_is_written(tmp_path: Path) -> None:
    """The temporary file's name does not grow with the target's."""
    write_atomically(tmp_path / ("n" * 255), "x")
    assert (tmp_path / ("n" * 255)).read_text() == "x"


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    """A path that cannot be written is a StoreError that names it."""
    with pytest.raises(StoreError, match=r"no/such/poem\.txt: not written") as caught:
        write_atomically(tmp_path / "no/such/poem.txt", "x")
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_told_and_the_old_file_stays(tmp_path: Path) -> None:
    """When there is no room for the file the message says so, and the old file is there, whole."""
    with small_disk(tmp_path / "small", "64k") as small:
        (small / "poems").write_text("old")
        with pytest.raises(StoreError, match="the disk is full"):
            write_atomically(small / "poems", b"n" * 1_000_000)
        assert [each.name for each in small.iterdir()] == ["poems"]
        assert (small / "poems").read_text() == "old"
        with pytest.raises(StoreError, match="the disk is full"):
            cache = LabelCache(small / "cache")
            cache.put(VISION, {f"{n:064x}": DOG for n in range(5000)})


# -- the cache


def test_an_answer_comes_back_as_it_was(tmp_path: Path) -> None:
    """Stored answers can be read, also by another cache on the same folder, and only with the same key."""
    cache = LabelCache(tmp_path)
    assert cache.put(VISION, {A: DOG, B: Answer(())}) == 2
    again = LabelCache(tmp_path)
    assert again.get(VISION, [A, B, C, A]) == {A: DOG, B: Answer(())}
    assert again.get(OTHER, [A]) == {}
    assert again.has_any(VISION)
    assert not again.has_any(OTHER)


def test_the_folder_is_the_one_given_else_the_variable_else_the_users(tmp_path: Path) -> None:
    """A folder given wins over PHOTOPOEM_CACHE_DIR, which wins over the user's cache folder."""
    environ = {"PHOTOPOEM_CACHE_DIR": str(tmp_path / "b")}
    assert cache_folder(tmp_path / "a", environ) == tmp_path / "a"
    assert cache_folder(None, environ) == tmp_path / "b"
    assert cache_folder(None, {}).name == "photopoem"


@pytest.mark.parametrize("damage", [b"not a database, but long enough to be looked at" * 10, None])
def test_a_damaged_file_is_set_aside_and_begun_anew(tmp_path: Path, damage: bytes | None) -> None:
    """A damaged cache, or a file that is not a database, is renamed, and one line says so."""
    cache = LabelCache(tmp_path)
    cache.put(VISION, {f"{n:064x}": DOG for n in range(500)})
    cache.close()
    if damage is None:
        content = bytearray(cache.path.read_bytes())
        content[4096:] = b"\x5a" * (len(content) - 4096)
        damage = bytes(content)
    cache.path.write_bytes(damage)
    said: list[str] = []
    again = LabelCache(tmp_path, note=said.append)
    assert again.get(VISION, [f"{7:064x}"]) == {}
    assert again.put(VISION, {A: DOG}) == 1
    assert LabelCache(tmp_path).get(VISION, [A]) == {A: DOG}
    (aside,) = tmp_path.glob("labels-damaged-*.sqlite")
    assert aside.read_bytes() == damage
    (line,) = said
    assert "damaged" in line
    assert aside.name in line


def test_two_that_find_it_damaged_set_it_aside_once(tmp_path: Path) -> None:
    """A sound cache that another run has begun in place of a damaged one is not set aside too."""
    (tmp_path / "labels.sqlite").write_bytes(b"rubbish" * 200)
    first = LabelCache(tmp_path)
    first.put(VISION, {A: DOG})
    second = LabelCache(tmp_path)
    second._set_aside()  # as a run would that saw the damage a moment ago
    assert second.get(VISION, [A]) == {A: DOG}
    assert len(list(tmp_path.glob("labels-damaged-*.sqlite"))) == 1


def test_a_row_that_cannot_be_read_counts_as_absent(tmp_path: Path) -> None:
    """One unreadable answer costs one question more, not the run."""
    cache = LabelCache(tmp_path)
    cache.put(VISION, {A: DOG, B: DOG})
    with sqlite3.connect(cache.path) as db:
        db.execute("UPDATE answers SET answer='{\"words\": 7}' WHERE digest=?", (A,))
    db.close()
    assert cache.get(VISION, [A, B]) == {B: DOG}
    assert len(list(cache.export_lines())) == 1


def test_a_cache_of_a_later_photopoem_is_left_alone(tmp_path: Path) -> None:
    """A file with another layout is neither read nor set aside: the message says what to do."""
    cache = LabelCache(tmp_path)
    cache.close()
    with sqlite3.connect(cache.path) as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(StoreError, match="another version of photopoem"):
        LabelCache(tmp_path)
    assert not list(tmp_path.glob("*damaged*"))


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """A cache folder below a file is a StoreError that offers --no-cache."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="--no-cache"):
        LabelCache(tmp_path / "file" / "cache")


def test_runs_at_once_lose_nothing(tmp_path: Path) -> None:
    """Three processes, each with four threads, open the cache and write at once: every answer is there."""
    code = (
        "import sys, threading\nfrom photopoem.labels.cache import Answer, Key\n"
        "from photopoem.labels.cache import LabelCache\n"
        "sys.stdin.readline()\n"
        "cache = LabelCache(sys.argv[1])\nkey = Key('vision', 'v1', '')\n"
        "def write(thread):\n"
        "    for n in range(20):\n"
        "        cache.put(key, {f'{sys.argv[2]}{thread}{n:062x}': Answer((('Dog', 0.5),))})\n"
        "threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]\n"
        "[each.start() for each in threads]\n[each.join() for each in threads]\n"
    )
    processes = [run_python(code, str(tmp_path), str(n)) for n in range(3)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=120)
    assert [process.returncode for process in processes] == [0, 0, 0]
    (summary,) = LabelCache(tmp_path).summary()
    assert summary.answers == 3 * 4 * 20


def test_waiting_for_another_run_ends(tmp_path: Path) -> None:
    """A lock that is never let go is a StoreError after the busy time, not a hang."""
    cache = LabelCache(tmp_path, busy=0.2)
    holder = sqlite3.connect(cache.path)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another run"):
        cache.put(VISION, {A: DOG})
    holder.rollback()
    holder.close()
    assert cache.put(VISION, {A: DOG}) == 1


def test_threads_share_a_cache(tmp_path: Path) -> None:
    """One cache serves many threads."""
    cache = LabelCache(tmp_path)
    failed: list[BaseException] = []

    def work(first: int) -> None:
        try:
            for n in range(first, first + 25):
                cache.put(VISION, {f"{n:064x}": DOG})
                assert cache.get(VISION, [f"{n:064x}"])
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(n * 25,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert cache.summary()[0].answers == 100


def test_export_and_import_carry_everything(tmp_path: Path) -> None:
    """What is exported and imported elsewhere is the same, and exporting it again gives the same bytes."""
    here = LabelCache(tmp_path / "here")
    here.put(VISION, {B: Answer((("Café terrace\x1b[31m", 1),)), A: DOG})
    here.put(OTHER, {A: DOG})
    lines = list(here.export_lines())
    there = LabelCache(tmp_path / "there")
    assert there.import_lines(lines) == (3, 0)
    assert list(there.export_lines()) == lines
    assert there.get(VISION, [A, B]) == here.get(VISION, [A, B])


def test_import_keeps_what_is_there_unless_told(tmp_path: Path) -> None:
    """An answer that is there already stays, and is replaced only on demand."""
    cache = LabelCache(tmp_path / "a")
    cache.put(VISION, {A: Answer((("Cat", 0.5),))})
    other = LabelCache(tmp_path / "b")
    other.put(VISION, {A: DOG, B: DOG})
    lines = list(other.export_lines())
    assert cache.import_lines(lines) == (1, 1)
    assert cache.get(VISION, [A])[A].words == (("Cat", 0.5),)
    assert cache.import_lines(lines, replace=True) == (2, 0)
    assert cache.get(VISION, [A])[A] == DOG


def line(**changes: object) -> str:
    whole = {
        "digest": A,
        "labeller": "v",
        "version": "1",
        "parameters": "",
        "asked": "",
        "answer": {"words": []},
    }
    return json.dumps(whole | changes)


@pytest.mark.parametrize(
    "bad",
    [
        "not json",
        "[]",
        "[" * 100_000,
        line(digest="x"),
        line(labeller=1),
        line(asked="\ud800"),
        line(answer=[]),
        line(answer={"words": [["Dog", 7]]}),
        line(answer={"words": [["Dog", float("nan")]]}),
        line(answer={"words": [["Dog" * 100, 0.5]]}),
        line(answer={"words": [["\ud800", 0.5]]}),
    ],
)
def test_a_wrong_line_takes_nothing_in(tmp_path: Path, bad: str) -> None:
    """A file with one wrong line is refused whole, and the message names the line."""
    source = LabelCache(tmp_path / "a")
    source.put(VISION, {A: DOG})
    cache = LabelCache(tmp_path / "b")
    with pytest.raises(StoreError, match="line 2 "):
        cache.import_lines([*source.export_lines(), bad])
    assert cache.summary() == []


def test_clear_forgets_everything(tmp_path: Path) -> None:
    """After clear there is nothing, and it says how much there was."""
    cache = LabelCache(tmp_path)
    cache.put(VISION, {A: DOG, B: DOG})
    assert cache.clear() == 2
    assert cache.summary() == []
