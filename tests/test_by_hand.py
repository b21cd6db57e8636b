"""Edited texts are kept, printed, shown and explained as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from photopoem.poem import Poem, colophon, from_record
from photopoem.poems.records import read_records
from photopoem.poems.text import as_text, from_text, read_edited
from photopoem.services.publish import enqueue, open_paper
from tests.command import photopoem
from tests.making import make_photos

LOCAL = ("--labels", "keywords", "--jobs", "1")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder with two photographs and their poems."""
    make_photos(tmp_path / "photos", 2)
    photopoem("run", "photos", *LOCAL, cwd=tmp_path)
    return tmp_path


def texts(poems: Path) -> list[Path]:
    return sorted(poems.rglob("*.txt"))


def first_poem(run: Path) -> Poem:
    return from_record(next(read_records(run / "poems")))


def test_a_text_as_written_is_the_poem(run: Path) -> None:
    """Whatever an editor does to line ends, blanks and the colophon, a text of the same words is the same poem."""
    poem = first_poem(run)
    text = as_text(poem)
    bare = as_text(poem, with_colophon=False)
    for same in (text, text.replace("\n", "\r\n"), "\ufeff" + text, text.replace("\n", "  \n") + "\n\n", bare,
                 text.replace("photopoem 0", "photo poem 0"), ""):  # fmt: skip
        assert from_text(poem, same) == poem


def test_a_stanza_of_ones_own_is_no_colophon(run: Path) -> None:
    """A last stanza that begins with the colophon's first word stays in the poem; the colophon itself does not."""
    poem = first_poem(run)
    assert colophon(poem).startswith("No labels.")
    for ending in ("", "\n" + as_text(poem).rpartition("\n\n")[2]):
        changed = from_text(poem, f"{as_text(poem, with_colophon=False)}\nNo, that was yesterday.\n{ending}")
        assert (
            str(changed.lines[-1]) == "No, that was yesterday." and len(changed.lines) == len(poem.lines) + 2
        )


def test_lines_that_stand_keep_their_sources(run: Path) -> None:
    """Of a changed text the untouched lines know where their words come from, and the others are the person's."""
    poem = first_poem(run)
    title, first, *rest = (poem.title, *poem.lines)
    changed = from_text(poem, f"My title\n\nmy line\n{first}\n\n" + "\n".join(map(str, rest)) + "\n")
    assert [str(changed.title), *map(str, changed.lines)] == [
        "My title",
        "my line",
        str(first),
        "",
        *map(str, rest),
    ]
    assert changed.lines[1] == first and changed.lines[3:] == tuple(rest)
    assert [span.voice for span in (*changed.title.spans, *changed.lines[0].spans)] == ["hand", "hand"]
    assert colophon(changed).endswith(" Changed by hand.") and not colophon(poem).endswith("hand.")
    assert str(title) not in changed.text


def printed(run: Path) -> list[str]:
    """What was printed into the folder `paper`."""
    return [page.read_text() for page in (run / "paper").iterdir()]


def test_a_changed_text_is_printed_once_more(run: Path) -> None:
    """Changed after it was printed, a poem is printed again in the person's words; the other one is not."""
    to = ("--to", "dir:paper", "--press", "text")
    photopoem("print", *to, cwd=run)
    mine = texts(run / "poems")[0]
    mine.write_text(mine.read_text().replace("\n\n", "\n\nWe were not asked.\n", 1))
    again = photopoem("print", *to, cwd=run)
    assert "1 poem as changed by hand: photos/0/0000.jpg\n" in again.stderr
    assert len(printed(run)) == 3
    (changed,) = [page for page in printed(run) if "We were not asked." in page]
    assert changed.startswith(mine.read_text().rstrip()) and changed.endswith("Changed by hand.\n")
    assert "has had all 2" in photopoem("print", *to, cwd=run).stderr


@pytest.mark.parametrize("another", [(), ("--seed", "7")])
def test_a_run_that_prints_prints_what_stands(run: Path, another: tuple[str, ...]) -> None:
    """A run with a printer prints a changed text and not the poem that it would have written there."""
    mine = texts(run / "poems")[0]
    mine.write_text("Ours\n\nWe were not asked.\n")
    photopoem("run", "photos", *LOCAL, *another, "--print", "dir:paper", "--press", "text", cwd=run)
    assert mine.read_text() == "Ours\n\nWe were not asked.\n"
    assert [page.startswith("Ours\n\nWe were not asked.\n") for page in sorted(printed(run))].count(True) == 1
    assert len(printed(run)) == 2


def test_a_changed_text_is_explained(run: Path) -> None:
    """`explain` marks what a hand changed, says so, and shows how the poem was written before."""
    mine = texts(run / "poems")[0]
    first = first_poem(run).lines[0]
    mine.write_text(mine.read_text().replace(str(first), "We were not asked."))
    out = photopoem("explain", str(mine.relative_to(run)), cwd=run).stdout
    assert "We were not asked.\nhh hhhh hhh hhhhhh\n" in out
    assert "h  the hand that changed the text\n" in out
    assert "As it was written, before it was changed:\n" in out and "  origin: " in out


def test_the_gallery_and_the_record_show_it(run: Path) -> None:
    """A press uses the edited text, and the record says that it was edited."""
    mine = texts(run / "poems")[0]
    mine.write_text("Ours\n\n<b>We</b> were\n\nnot asked.\n")
    photopoem("print", "--to", "file:all.html", cwd=run)
    photopoem("print", "--to", "file:all.jsonl", cwd=run)
    assert "&lt;b&gt;We&lt;/b&gt; were" in (run / "all.html").read_text()
    said = [json.loads(line) for line in (run / "all.jsonl").read_text().splitlines()]
    assert [record.get("by_hand", False) for record in said] == [True, False]
    assert from_record(said[0]).by_hand and said[0]["text"] == "<b>We</b> were\n\nnot asked."


def test_one_text_is_printed(run: Path) -> None:
    """A single text of a poems folder can be printed; for any other file, the message says what to give."""
    mine = texts(run / "poems")[1].relative_to(run)
    photopoem("print", str(mine), "--to", "dir:paper", "--press", "text", cwd=run)
    assert printed(run) == [(run / mine).read_text()]
    assert (run / "poems/print-queue.sqlite").exists()
    photo = photopoem("print", "photos/0/0000.jpg", "--to", "file:x.pdf", cwd=run, code=2)
    assert "photopoem run photos/0/0000.jpg" in photo.stderr


def test_an_older_poem_that_waits_is_not_printed(run: Path) -> None:
    """If a poem was edited while the printer was unreachable, only the newer version waits, and a line says so."""
    poems = read_edited(run / "poems")
    enqueue(run / "poems", poems, open_paper(f"dir:{run / 'paper'}", "text"), copies=2)
    mine = texts(run / "poems")[0]
    mine.write_text("Ours\n\nWe were not asked.\n")
    done = photopoem("print", "--to", "dir:paper", "--press", "text", cwd=run)
    assert "2 waiting poems left out: there is another of the photograph now\n3 printed" in done.stderr
    assert sum("We were not asked." in page for page in printed(run)) == 1
    assert not any(poems[0].text in page for page in printed(run))


def test_an_emptied_text_is_written_again(run: Path) -> None:
    """An empty text counts as none: the next run writes it, as it does one that was taken away."""
    before = [text.read_text() for text in texts(run / "poems")]
    texts(run / "poems")[0].write_text("")
    assert "1 written, 1 already there" in photopoem("run", "photos", *LOCAL, cwd=run).stderr
    assert [text.read_text() for text in texts(run / "poems")] == before


def test_a_text_that_is_gone_or_shared_leaves_the_record(run: Path) -> None:
    """A text that was taken away, and one that the record of another photograph wrote, change no poem."""
    written = [from_record(record) for record in read_records(run / "poems")]
    one, other = texts(run / "poems")
    one.unlink()
    assert read_edited(run / "poems") == written
    lines = (run / "poems/poems.jsonl").read_text().splitlines()
    made = [json.loads(line) for line in lines]
    made[0]["made"]["file"] = made[1]["made"]["file"]
    (run / "poems/poems.jsonl").write_text("".join(json.dumps(each) + "\n" for each in made))
    assert other.exists() and read_edited(run / "poems") == written


def test_a_text_older_than_its_record_is_written_again(run: Path) -> None:
    """Killed between a new record and its text, a run leaves no old text behind that would pass for a person's."""
    poems = run / "poems"
    before = [text.read_text() for text in texts(poems)]
    lines = (poems / "poems.jsonl").read_bytes().splitlines(keepends=True)
    photopoem("run", "photos", *LOCAL, "--seed", "3", cwd=run)
    after = [text.read_text() for text in texts(poems)]
    new = (poems / "poems.jsonl").read_bytes().splitlines(keepends=True)
    assert before != after
    (poems / "poems.jsonl").write_bytes(b"".join([*lines, *new]))
    texts(poems)[1].write_text(before[1])
    photopoem("run", "photos", *LOCAL, "--seed", "3", cwd=run)
    assert [text.read_text() for text in texts(poems)] == after
    assert not any(poem.by_hand for poem in read_edited(poems))
