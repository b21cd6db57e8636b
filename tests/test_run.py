"""The main job, by the command as a person runs it."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.command import photopoem
from tests.conftest import Rounds, small_disk
from tests.making import make_photo, make_photos, records, texts
from tests.processes import FORKED_WORKERS, Program

LOCAL = ("--labels", "local")


def test_samples_give_a_poem_each(samples: list[Path], tmp_path: Path) -> None:
    """The six samples give six different poems on standard output, in text files and in poems.jsonl."""
    done = photopoem("run", samples[0].parent, *LOCAL, cwd=tmp_path)
    written = texts(tmp_path / "poems")
    assert set(written) == {f"{s.name}.txt" for s in samples}
    assert len(set(written.values())) == 6
    for text in written.values():
        assert text in done.stdout
    assert [Path(r["path"]).name for r in records(tmp_path / "poems")] == [s.name for s in samples]


def test_one_photograph_speaks_on_standard_output(samples: list[Path], tmp_path: Path) -> None:
    """A single photograph's poem is on standard output alone, and nothing is written."""
    done = photopoem("run", samples[0], *LOCAL, cwd=tmp_path)
    assert "I can remember" in " ".join(done.stdout.split())
    assert list(tmp_path.iterdir()) == []


def test_record_has_the_documented_shape(samples: list[Path], tmp_path: Path) -> None:
    """Every record has the documented keys, and its lines joined are its text."""
    photopoem("run", samples[0].parent, *LOCAL, cwd=tmp_path)
    for record in records(tmp_path / "poems"):
        wanted = "path digest title text lines grammar seed labeller labels palette moment colophon version"
        assert set(wanted.split()) <= set(record)
        assert "\n".join("".join(s["text"] for s in line) for line in record["lines"]) == record["text"]
        layers = {s["source"]["layer"] for line in record["lines"] for s in line if s["source"]}
        assert layers <= {"place", "machine", "people"}
        scores = [label["score"] for label in record["labels"]]
        assert scores == sorted(scores, reverse=True)
        assert sum(swatch["share"] for swatch in record["palette"]) == pytest.approx(1, abs=1e-3)


def test_same_photo_same_poem(samples: list[Path], tmp_path: Path) -> None:
    """A photograph's poem is the same byte for byte under another name, in other company and with two jobs."""
    alone = photopoem("run", samples[2], *LOCAL, cwd=tmp_path).stdout
    folder = tmp_path / "others"
    make_photos(folder, 6)
    (folder / "deep").mkdir()
    shutil.copy(samples[2], folder / "deep" / "zzz é.jpg")
    for jobs in ("1", "2"):
        run = ("run", str(folder), *LOCAL, "--jobs", jobs, "--out", f"out{jobs}")
        assert Program(*run, cwd=tmp_path, before=FORKED_WORKERS).wait() == 0
        assert (tmp_path / f"out{jobs}" / "deep" / "zzz é.jpg.txt").read_text() == alone
    assert texts(tmp_path / "out1") == texts(tmp_path / "out2")
    assert (tmp_path / "out1/poems.jsonl").read_bytes() == (tmp_path / "out2/poems.jsonl").read_bytes()


def test_second_run_writes_only_what_is_new(tmp_path: Path) -> None:
    """A second run keeps existing poems, writes new and changed ones, and names photographs that are gone."""
    photos = make_photos(tmp_path / "photos", 5)
    photopoem("run", "photos", *LOCAL, cwd=tmp_path)
    before = (tmp_path / "poems/poems.jsonl").read_bytes()
    again = photopoem("run", "photos", *LOCAL, cwd=tmp_path)
    assert "0 written, 5 already there" in again.stderr
    assert (tmp_path / "poems/poems.jsonl").read_bytes() == before
    make_photo(photos[1], 99)
    make_photo(tmp_path / "photos/0/aaa.jpg", 100)
    photos[2].unlink()
    third = photopoem("run", "photos", *LOCAL, cwd=tmp_path)
    assert "2 written, 3 already there" in third.stderr
    assert "poems: 1 photograph is gone (photos/2/0002.jpg); its poem is kept\n" in third.stderr
    paths = [r["path"] for r in records(tmp_path / "poems")]
    assert paths == sorted(paths) and len(paths) == len(set(paths)) == 6


@pytest.mark.parametrize(
    "change", [["--seed", "7"], ["--grammar", "inventory"], ["--colors", "3"], ["--force"]]
)
def test_other_settings_write_anew(tmp_path: Path, change: list[str]) -> None:
    """Another seed, grammar or palette, or --force, writes every poem anew."""
    make_photos(tmp_path / "photos", 3)
    photopoem("run", "photos", *LOCAL, cwd=tmp_path)
    again = photopoem("run", "photos", *LOCAL, *change, cwd=tmp_path)
    assert "3 written" in again.stderr
    assert len(records(tmp_path / "poems")) == 3


def test_a_run_without_colophons_writes_anew(tmp_path: Path) -> None:
    """Switching between --colophon and --no-colophon rewrites the texts, and prints none twice."""
    make_photos(tmp_path / "photos", 3)
    run = ("run", "photos", *LOCAL, "--print", "dir:paper", "--press", "text")
    photopoem(*run, cwd=tmp_path)
    before = texts(tmp_path / "poems")
    changed = tmp_path / "poems/0/0000.jpg.txt"
    changed.write_text("Ours\n")
    without = photopoem(*run, "--no-colophon", cwd=tmp_path)
    assert "2 written, 1 kept as changed by hand" in without.stderr
    assert "2 already there" in photopoem(*run, "--no-colophon", cwd=tmp_path).stderr
    bare = texts(tmp_path / "poems")
    assert changed.read_text() == "Ours\n"
    assert all(
        before[name].startswith(bare[name].rstrip()) and before[name] != bare[name]
        for name in bare
        if name[0] != "0"
    )
    photopoem("merge", "poems", "-o", "all", cwd=tmp_path)
    assert texts(tmp_path / "all") == bare
    changed.unlink()
    assert "3 written" in photopoem(*run, cwd=tmp_path).stderr
    assert texts(tmp_path / "poems") == before
    assert len(list((tmp_path / "paper").iterdir())) == 4  # the changed one twice, once in each hand


def test_a_persons_change_is_kept(tmp_path: Path) -> None:
    """A text changed by hand is not overwritten without --force; one line says so, and it is no failure."""
    make_photos(tmp_path / "photos", 3)
    photopoem("run", "photos", *LOCAL, cwd=tmp_path)
    mine = tmp_path / "poems/0/0000.jpg.txt"
    mine.write_text("my own poem\n")
    again = photopoem("run", "photos", *LOCAL, "--seed", "2", cwd=tmp_path)
    assert mine.read_text() == "my own poem\n"
    assert "poems/0/0000.jpg.txt: changed by hand" in again.stderr
    assert "poems: 2 written, 1 kept as changed by hand\n" in again.stderr
    photopoem("run", "photos", *LOCAL, "--seed", "2", "--force", cwd=tmp_path)
    assert mine.read_text() != "my own poem\n"


def test_torn_last_line_is_mended(tmp_path: Path) -> None:
    """A poems.jsonl whose last line was torn off is completed by the next run."""
    make_photos(tmp_path / "photos", 4)
    photopoem("run", "photos", *LOCAL, cwd=tmp_path)
    whole = (tmp_path / "poems/poems.jsonl").read_bytes()
    (tmp_path / "poems/poems.jsonl").write_bytes(whole[:-500])
    photopoem("run", "photos", *LOCAL, cwd=tmp_path)
    assert (tmp_path / "poems/poems.jsonl").read_bytes() == whole


@pytest.mark.campaign
def test_killed_run_goes_on_where_it_stopped(tmp_path: Path, rounds: Rounds) -> None:
    """Killed in the middle and started again, every photograph has its poem once and no file is half."""
    photos = rounds(24, 200)
    workers = (FORKED_WORKERS, "")[rounds(0, 1)]
    make_photos(tmp_path / "photos", photos)
    photopoem("run", "photos", *LOCAL, "--jobs", "1", "--out", "whole", "--quiet", cwd=tmp_path)
    rng = random.Random(5)
    for _ in range(3):
        run = Program("run", "photos", *LOCAL, "--jobs", "2", "--quiet", cwd=tmp_path, before=workers)
        started = time.monotonic()
        while run.poll() is None and time.monotonic() - started < 60:
            count = (
                (tmp_path / "poems/poems.jsonl").read_bytes().count(b"\n")
                if (tmp_path / "poems/poems.jsonl").exists()
                else 0
            )
            if count > rng.randrange(5, photos * 3 // 4):
                break
            time.sleep(0.01)
        run.kill()
        run.wait()
    photopoem("run", "photos", *LOCAL, "--jobs", "1", "--quiet", cwd=tmp_path)
    assert texts(tmp_path / "poems") == texts(tmp_path / "whole")
    assert (tmp_path / "poems/poems.jsonl").read_bytes() == (tmp_path / "whole/poems.jsonl").read_bytes()
    assert not list((tmp_path / "poems").rglob("*.tmp"))


def test_interrupted_run_finishes_what_is_in_hand(tmp_path: Path) -> None:
    """Ctrl-C ends the run after the photographs in hand, says how to go on, and leaves whole records."""
    make_photos(tmp_path / "photos", 200)
    command = ("run", "photos", "--labels", "keywords", "--jobs", "2")
    run = Program(*command, cwd=tmp_path, err=tmp_path / "errors", before=FORKED_WORKERS)
    while (
        not (tmp_path / "poems/poems.jsonl").exists() or not (tmp_path / "poems/poems.jsonl").stat().st_size
    ):
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    assert run.wait() == 130
    errors = (tmp_path / "errors").read_text()
    assert "the same command continues from here" in errors
    assert "Traceback" not in errors
    count = len(records(tmp_path / "poems"))
    assert 0 < count < 200
    assert len(texts(tmp_path / "poems")) == count


@pytest.mark.parametrize("made", [{"text": "zzz"}, {"text": ""}, {"settings": 5, "file": None, "stamp": []}])
def test_a_record_that_somebody_changed_stops_nothing(tmp_path: Path, made: dict[str, object]) -> None:
    """If a record has an invalid `made` part, its poem is rewritten once, and the run continues."""
    make_photos(tmp_path / "photos", 2)
    photopoem("run", "photos", "--labels", "keywords", cwd=tmp_path)
    path = tmp_path / "poems" / "poems.jsonl"
    first, second = path.read_text().splitlines()
    record = json.loads(first)
    record["made"] |= {"stamp": "other"} | made
    path.write_text(json.dumps(record) + "\n" + second + "\n")
    done = photopoem("run", "photos", "--labels", "keywords", "--force", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(path.read_text().splitlines()) == 2


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    """A second run into the same folder is refused with one line while the first is at work."""
    from photopoem.poems.folder import PoemsFolder

    make_photos(tmp_path / "photos", 2)
    with PoemsFolder(tmp_path / "poems"):
        done = photopoem("run", "photos", *LOCAL, cwd=tmp_path, code=2)
    assert "another run is writing here" in done.stderr
    assert "Traceback" not in done.stderr


def test_paths_from_standard_input(tmp_path: Path) -> None:
    """With - the paths come from standard input, a line each or with NUL between, odd names included."""
    odd = tmp_path / "a\nb.jpg"
    make_photo(odd, 1)
    make_photo(tmp_path / "c.jpg", 2)
    photopoem("run", "-", *LOCAL, cwd=tmp_path, stdin=b"a\nb.jpg\0c.jpg\0")
    assert set(texts(tmp_path / "poems")) == {"a\nb.jpg.txt", "c.jpg.txt"}
    assert len(records(tmp_path / "poems")) == 2


def test_names_that_are_no_text(tmp_path: Path) -> None:
    """A file name with bytes that are no UTF-8 and one of 255 bytes get poems like any other."""
    (tmp_path / "photos").mkdir()
    make_photo(tmp_path / "plain.jpg", 3)
    (tmp_path / "plain.jpg").rename(os.fsdecode(os.fsencode(tmp_path) + b"/photos/\xff\xfe.jpg"))
    make_photo(tmp_path / "photos" / ("n" * 251 + ".jpg"), 4)
    done = photopoem("run", "photos", *LOCAL, cwd=tmp_path)
    assert len(list((tmp_path / "poems").glob("*.txt"))) == 2
    assert "2 written" in done.stderr
    again = photopoem("run", "photos", *LOCAL, cwd=tmp_path)
    assert "0 written, 2 already there" in again.stderr


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["nowhere"], "nowhere: there is no such file or folder"),
        (["."], "no photographs"),
        (["photos", "--grammar", "no-such"], "no-such"),
        (["photos", "--labels", "nobody"], "no labeller is called 'nobody'"),
        (["photos", "--colors", "1"], "--colors takes a number from 2 to 20"),
        (["photos", "--jobs", "0"], "--jobs takes auto or a number from 1"),
        (["photos", "--shard", "3/2"], "--shard takes I/N"),
        (
            ["photos", "--out", "photos/0/0000.jpg"],
            "0000.jpg: is a file, and poems go into a folder",
        ),
        (
            ["photos", "--out", "x.txt"],
            "x.txt: --out names a folder, and this is a file's name; for a file: "
            "photopoem run photo.jpg > x.txt",
        ),
        (["photos", "--out", "new/x.PDF"], "for a file: photopoem print --to file:new/x.PDF"),
    ],
)
def test_nothing_can_be_done(tmp_path: Path, args: list[str], told: str) -> None:
    """An impossible request gives one line and exit code 2 before a photograph is opened, and leaves no files."""
    if args[0] == "photos":
        make_photos(tmp_path / "photos", 1)
    before = set(tmp_path.rglob("*"))
    done = photopoem("run", *args, cwd=tmp_path, code=2)
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert set(tmp_path.rglob("*")) == before


def test_a_folder_called_like_a_file_is_used(tmp_path: Path) -> None:
    """A folder that exists takes poems whatever its name; a file called poems is in nobody's way for one photograph."""
    make_photos(tmp_path / "photos", 1)
    (tmp_path / "my.txt").mkdir()
    photopoem("run", "photos", *LOCAL, "--out", "my.txt", cwd=tmp_path)
    assert len(records(tmp_path / "my.txt")) == 1
    (tmp_path / "poems").write_text("")
    assert photopoem("run", "photos/0/0000.jpg", *LOCAL, cwd=tmp_path).stdout


def test_labeller_is_named_once(tmp_path: Path) -> None:
    """The labeller is named once on standard error and in every record."""
    make_photos(tmp_path / "photos", 3)
    done = photopoem("run", "photos", "--labels", "auto", cwd=tmp_path)
    assert done.stderr.count("labels: local") == 1
    assert {r["labeller"] for r in records(tmp_path / "poems")} == {"local"}


def test_no_terminal_no_bar_no_color(tmp_path: Path) -> None:
    """Away from a terminal there is no bar and no color."""
    make_photos(tmp_path / "photos", 3)
    done = photopoem("run", "photos", *LOCAL, cwd=tmp_path)
    assert "\x1b" not in done.stdout + done.stderr
    assert "\r" not in done.stderr


def test_quiet_says_nothing(tmp_path: Path) -> None:
    """--quiet says nothing when all goes well."""
    make_photos(tmp_path / "photos", 2)
    done = photopoem("run", "photos", *LOCAL, "--quiet", cwd=tmp_path)
    assert done.stdout == done.stderr == ""


def test_folder_without_going_deeper(tmp_path: Path) -> None:
    """--no-recurse takes only the photographs of the folder itself; hidden files are never taken."""
    make_photo(tmp_path / "photos/a.jpg", 1)
    make_photo(tmp_path / "photos/deep/b.jpg", 2)
    make_photo(tmp_path / "photos/.hidden.jpg", 3)
    photopoem("run", "photos", *LOCAL, "--no-recurse", cwd=tmp_path)
    assert set(texts(tmp_path / "poems")) == {"a.jpg.txt"}


def test_full_disk_is_one_line(tmp_path: Path) -> None:
    """On a full disk the run ends with one line, and the next run with room completes it."""
    make_photos(tmp_path / "photos", 16)
    with small_disk(tmp_path / "small", "64k") as small:
        done = photopoem("run", "photos", *LOCAL, "--quiet", "--out", small / "poems", cwd=tmp_path, code=2)
        assert "full" in done.stderr or "space" in done.stderr.lower()
        assert len(done.stderr.strip().splitlines()) == 1
        subprocess.run(["mount", "-o", "remount,size=16m", small], check=True)
        photopoem("run", "photos", *LOCAL, "--quiet", "--out", small / "poems", cwd=tmp_path)
        assert len(records(small / "poems")) == len(texts(small / "poems")) == 16


def test_a_grammar_of_ones_own_that_has_problems(tmp_path: Path) -> None:
    """A run with a grammar of which the check tells something says in a line how much; a quiet one does not."""
    make_photos(tmp_path / "photos", 1)
    formless = '{"_form": {"lines": 3, "syllables": [5, 7, 5]}, "origin": "#color#", "dark": "never said"}'
    (tmp_path / "formless.json").write_text(formless)
    (tmp_path / "mine.json").write_text('{"origin": "#color# and grey", "dark": "never said"}')
    told = photopoem("run", "photos", *LOCAL, "--grammar", "mine.json", cwd=tmp_path).stderr
    assert "mine.json: 1 warning; photopoem grammar check mine.json\n" in told
    told = photopoem("run", "photos", *LOCAL, "--grammar", "formless.json", cwd=tmp_path, code=None).stderr
    assert "formless.json: 1 error, 1 warning; photopoem grammar check formless.json\n" in told
    told = photopoem("run", "photos", *LOCAL, "-q", "--grammar", "mine.json", cwd=tmp_path).stderr
    assert "grammar check" not in told
