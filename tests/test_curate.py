"""Keep, drop, undecide, re-roll and list: what a person decides, and that it is remembered."""

from __future__ import annotations

import json
import signal
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from photopoem.cli import photopoem
from photopoem.errors import PhotopoemError
from photopoem.photo.discover import Found
from photopoem.poem import record
from photopoem.poems.folder import PoemsFolder
from photopoem.poems.show import Choice, change_show, read_show, schema
from photopoem.poems.text import as_text, read_edited
from photopoem.printing.queue import Queue
from photopoem.services import curate
from photopoem.services.publish import enqueue, open_paper, print_poems, print_queue
from tests.command import photopoem_forked
from tests.making import make_photo, make_photos, records, texts
from tests.paper import make_poem
from tests.processes import Program
from tests.studio import until
from tests.test_watch import QUICK

RUN = ("run", "photos", "--labels", "keywords", "--jobs", "1")


@pytest.fixture
def show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with three photographs and their poems, and the one we are in."""
    monkeypatch.chdir(tmp_path)
    make_photos(tmp_path / "photos", 3)
    run(*RUN)
    return tmp_path


def run(*arguments: str, stdin: str | None = None) -> Result:
    """A command in process; an error of ours is its output, with code 2."""
    result = CliRunner().invoke(photopoem, arguments, input=stdin)
    if isinstance(result.exception, PhotopoemError):
        return Result(result.runner, b"", b"", str(result.exception).encode(), None, 2, result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def states() -> list[str]:
    """The states of the three photographs, by path."""
    show = read_show("poems")
    return [show.choice(record["path"], record["digest"]).state for record in records(Path("poems"))]


FIRST, SECOND, THIRD = (f"photos/{n}/{n:04}.jpg" for n in range(3))


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["poems/0/0000.jpg.txt"], "k--"),
        ([FIRST], "k--"),
        (["./photos/1/../0/0000.jpg"], "k--"),
        (["photos/1", "poems/2/0002.jpg.txt"], "-kk"),
        (["photos"], "kkk"),
        (["poems"], "kkk"),
        (["poems/poems.jsonl"], "kkk"),
        (["*0001*"], "-k-"),
        (["photos/*/000[12].jpg"], "-kk"),
        (["poems/*.txt"], "kkk"),
        ([SECOND, SECOND, "*0001.jpg"], "-k-"),
    ],
)
def test_what_a_name_means(show: Path, names: list[str], wanted: str) -> None:
    """A text, a photograph, a folder of either and a pattern each name the photographs that a person means."""
    told = run("keep", *names)
    assert told.output == f"{wanted.count('k')} poem{'' if wanted.count('k') == 1 else 's'} kept\n"
    assert ["k" if state == "kept" else "-" for state in states()] == list(wanted)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("photos/0/0009.jpg", "no such poem or photograph in the show; did you mean 'photos/0/0000.jpg'?"),
        ("*.gif", "no such poem or photograph in the show"),
        ("poems/9.txt", "no such poem or photograph in the show"),
        ("elsewhere", "no such poem or photograph in the show"),
    ],
)
def test_a_name_that_means_nothing_decides_nothing(show: Path, name: str, told: str) -> None:
    """If one of the names selects nothing, a message says so and nothing is decided."""
    done = run("keep", FIRST, name)
    assert done.exit_code == 2 and told in done.output and not Path("poems/show.json").exists()


def test_a_list_on_standard_input(show: Path) -> None:
    """`show --paths` gives a list that `-` accepts, so that undecided poems can be dropped."""
    run("keep", SECOND)
    listed = run("show", "--state", "undecided", "--paths").output
    assert listed.splitlines() == [FIRST, THIRD]
    assert run("drop", "-", stdin=listed).output == "2 poems dropped\n"
    assert states() == ["dropped", "kept", "dropped"]
    assert run("undecide", "photos", FIRST).output == "3 poems undecided\n"
    assert run("undecide", FIRST).output == "0 poems undecided; 1 already\n"
    assert states() == ["undecided"] * 3


def test_a_photograph_without_a_poem_can_be_dropped(show: Path) -> None:
    """A photograph that is dropped before it has a poem gets none."""
    make_photo(show / "photos/9.jpg", 9)
    assert run("drop", "photos/9.jpg").output == "1 poem dropped\n"
    assert "poems: 0 written, 3 already there, 1 dropped" in run(*RUN).stderr.splitlines()
    assert len(texts(show / "poems")) == 3


def test_a_run_obeys_the_show(show: Path) -> None:
    """A run with other settings leaves kept poems as they are and dropped ones unwritten, and says how many."""
    before = texts(show / "poems")
    run("keep", FIRST)
    run("drop", SECOND)
    done = run(*RUN, "--grammar", "haiku", "--seed", "3")
    assert "poems: 1 written, 1 kept as the show has it, 1 dropped" in done.stderr.splitlines()
    after = texts(show / "poems")
    assert [before[name] == after[name] for name in sorted(before)] == [True, True, False]
    forced = run(*RUN, "--force")
    assert "1 kept as the show has it, 1 dropped" in forced.stderr
    assert texts(show / "poems")["0/0000.jpg.txt"] == before["0/0000.jpg.txt"]


def test_a_kept_text_that_was_taken_away_comes_back(show: Path) -> None:
    """The text of a kept poem is written again as it was, whatever the settings."""
    text = show / "poems/0/0000.jpg.txt"
    before = text.read_text()
    run("keep", FIRST)
    text.unlink()
    run(*RUN, "--grammar", "haiku")
    assert text.read_text() == before


def test_a_kept_photograph_that_was_moved_keeps_its_poem(show: Path) -> None:
    """A moved photograph keeps its kept poem, whatever the settings."""
    before = records(show / "poems")[0]["text"]
    run("keep", FIRST)
    Path(FIRST).rename("photos/moved.jpg")
    run(*RUN, "--grammar", "haiku")
    (moved,) = [each for each in records(show / "poems") if each["path"] == "photos/moved.jpg"]
    assert moved["text"] == before
    assert run("undecide", "photos/moved.jpg").output == "1 poem undecided\n"


def test_a_rerolled_poem_stays(show: Path) -> None:
    """A re-roll writes the next poem and remembers it: later runs leave it, with whatever seed and grammar."""
    before = texts(show / "poems")
    done = run("reroll", FIRST)
    assert done.exit_code == 0 and done.stderr == f"{FIRST}: i-can-remember, seed 1\n"
    rolled = texts(show / "poems")
    assert (
        rolled["0/0000.jpg.txt"] != before["0/0000.jpg.txt"]
        and done.stdout.strip() in rolled["0/0000.jpg.txt"]
    )
    assert read_show("poems").choices[0] == Choice(
        FIRST, records(show / "poems")[0]["digest"], seed=1, grammar="i-can-remember"
    )
    assert "0 written, 3 already there" in run(*RUN).stderr
    run(*RUN, "--seed", "7", "--grammar", "haiku")
    after = texts(show / "poems")
    assert after["0/0000.jpg.txt"] == rolled["0/0000.jpg.txt"]
    assert after["1/0001.jpg.txt"] != rolled["1/0001.jpg.txt"]
    assert "0 written, 3 already there" in run(*RUN, "--seed", "7", "--grammar", "haiku").stderr


def test_one_photograph_has_another_grammar(show: Path) -> None:
    """A grammar and a seed can be given; one's own is remembered as a file, and noticed when it changes."""
    Path("mine.json").write_text('{"origin": ["one", "two", "three"]}')
    run("reroll", FIRST, "--grammar", "mine.json", "--seed", "5")
    assert records(show / "poems")[0]["grammar"] == "mine" and records(show / "poems")[0]["seed"] == 5
    assert "0 written, 3 already there" in run(*RUN).stderr
    Path("mine.json").write_text('{"origin": ["four", "five"]}')
    assert "1 written, 2 already there" in run(*RUN).stderr
    assert records(show / "poems")[0]["text"] in ("four", "five")


def test_another_run_of_the_poem_forgets_nothing(show: Path) -> None:
    """`run --force` rewrites a re-rolled poem with the chosen seed."""
    run("reroll", FIRST, "--seed", "12")
    before = texts(show / "poems")
    run(*RUN, "--force")
    assert texts(show / "poems") == before


def test_several_are_shown_and_one_is_taken(show: Path) -> None:
    """With -n several poems come with their seeds, all different; the number that is typed is taken, 0 takes none."""
    none = run("reroll", FIRST, "-n", "3", stdin="0\n")
    assert none.exit_code == 1 and "left as it is" in none.stderr and not Path("poems/show.json").exists()
    done = run("reroll", FIRST, "-n", "3", stdin="2\n")
    assert [f"{n}  seed {n}\n" in done.stdout for n in (1, 2, 3)] == [True] * 3
    assert read_show("poems").choices[0].seed == 2 and records(show / "poems")[0]["seed"] == 2
    assert records(show / "poems")[0]["text"] in done.stdout


def test_a_grammar_without_another_poem_says_so(show: Path) -> None:
    """If a grammar has no other poem for a photograph, the poem stays and a line says so."""
    Path("one.json").write_text('{"origin": "the same"}')
    run("reroll", FIRST, "--grammar", "one.json")
    again = run("reroll", FIRST)
    assert again.exit_code == 1 and "one.json has no other poem for it; try another --grammar" in again.output


def test_a_text_changed_by_hand_is_asked_about_and_never_lost(show: Path) -> None:
    """A re-roll asks about a changed text; without a yes it stays, with one it is put aside."""
    text = show / "poems/0/0000.jpg.txt"
    text.write_text("Ours\n\nWe were not asked.\n")
    for stdin in ("n\n", ""):
        refused = run("reroll", FIRST, stdin=stdin)
        assert refused.exit_code != 0 and "was changed by hand" in refused.output
        assert text.read_text() == "Ours\n\nWe were not asked.\n" and not Path("poems/show.json").exists()
    done = run("reroll", FIRST, stdin="y\n")
    assert "your text is in poems/0/0000.jpg.txt.mine1" in done.stderr
    assert (show / "poems/0/0000.jpg.txt.mine1").read_text() == "Ours\n\nWe were not asked.\n"
    assert "not asked" not in text.read_text()
    text.write_text("Ours again\n")
    assert "your text is in poems/0/0000.jpg.txt.mine2" in run("reroll", FIRST, "--force").stderr


def test_a_kept_poem_is_not_rerolled(show: Path) -> None:
    """A kept poem stays; the other named poems are re-rolled."""
    before = texts(show / "poems")
    run("keep", FIRST)
    done = run("reroll", FIRST, SECOND)
    assert done.exit_code == 1 and "kept, so not re-rolled" in done.stderr
    after = texts(show / "poems")
    assert [before[name] == after[name] for name in sorted(before)] == [True, False, True]


def test_a_reroll_needs_no_photograph(show: Path) -> None:
    """A poem is re-rolled from its record, even if its photograph is gone."""
    Path(FIRST).unlink()
    assert run("reroll", "poems/0/0000.jpg.txt").exit_code == 0


def test_the_texts_without_colophon_stay_so(show: Path) -> None:
    """A re-roll writes a text with or without its colophon, as the run did."""
    run(*RUN, "--no-colophon")
    run("reroll", FIRST)
    assert "photopoem 0" not in texts(show / "poems")["0/0000.jpg.txt"]
    assert "0 written" in run(*RUN, "--no-colophon").stderr


def test_the_show_is_listed(show: Path) -> None:
    """The list tells state, grammar, seed and first line of each poem; as JSON, all of it."""
    run("keep", FIRST)
    run("reroll", SECOND, "--grammar", "haiku")
    run("show", "--title", "Dogs", "--author", "Ada")
    out = run("show").output.splitlines()
    assert out[:2] == ["Dogs", "by Ada"]
    first = records(show / "poems")[0]
    assert out[2].startswith(f"kept       i-can-remember    0  {FIRST}  {first['title']}: ")
    assert out[3].startswith("undecided  haiku ")
    assert out[5] == "3 poems: 2 undecided, 1 kept"
    told = json.loads(run("show", "--json").output)
    assert told["title"] == "Dogs" and [each["state"] for each in told["poems"]] == [
        "kept",
        "undecided",
        "undecided",
    ]
    assert told["poems"][0]["text"] == "poems/0/0000.jpg.txt" and told["poems"][0]["first"] in out[2]
    assert run("show", SECOND, "--json").output.count('"path"') == 1
    assert json.loads(run("show", "--schema").output) == json.loads(schema())


def test_a_show_is_ordered(show: Path) -> None:
    """By hand the named poems come first and stay so; a name later goes before those; by path is by path."""
    run("show", THIRD, FIRST, "--order", "hand")
    assert run("show", "--paths").output.splitlines() == [THIRD, FIRST, SECOND]
    run("show", SECOND, "--order", "hand")
    assert run("show", "--paths").output.splitlines() == [SECOND, THIRD, FIRST]
    run("show", "--order", "path")
    assert run("show", "--paths").output.splitlines() == [FIRST, SECOND, THIRD]
    run("show", "--order", "hand")
    assert run("show", "--paths").output.splitlines() == [SECOND, THIRD, FIRST]


def test_a_poem_has_a_title_of_its_own(show: Path) -> None:
    """A title given to one poem is printed in place of the grammar's; an empty one gives that back."""
    run("show", FIRST, "--title", "Nouk")
    run("print", "--to", "file:all.txt")
    assert Path("all.txt").read_text().startswith("Nouk\n\n")
    assert "name one" in run("show", FIRST, SECOND, "--title", "Two").output
    run("show", FIRST, "--title", "")
    assert not read_show("poems").choices


def test_a_preface_is_read_from_a_file_or_standard_input(show: Path) -> None:
    """The preface comes from a file or from standard input; an unreadable one is reported."""
    Path("preface.txt").write_text("They were there.\n\nSo was I.\n")
    run("show", "--preface", "preface.txt")
    assert read_show("poems").preface == "They were there.\n\nSo was I."
    run("show", "--preface", "-", stdin="Short.\n")
    assert read_show("poems").preface == "Short."
    assert "cannot be read" in run("show", "--preface", "nothing.txt").output


def test_dropped_poems_are_printed_nowhere(show: Path) -> None:
    """Dropped poems are in no file and on no paper, said once; those that waited are removed from the queue."""
    run("drop", FIRST)
    for name in ("all.txt", "all.html", "all.pdf", "all.jsonl"):
        done = run("print", "--to", f"file:{name}")
        assert done.exit_code == 0 and done.stderr.splitlines()[0] == "1 dropped"
        assert done.stderr.splitlines()[-1] == f"{name}: 2 poems"
    assert FIRST not in Path("all.jsonl").read_text() and "0000.jpg" not in Path("all.html").read_text()
    run("print", "--to", "dir:paper", "--press", "text")
    assert sorted(path.name for path in Path("paper").iterdir()) == ["0001.txt", "0002.txt"]
    alone = run("print", "poems/0/0000.jpg.txt", "--to", "file:x.txt")
    assert alone.exit_code == 2 and "all of these poems are dropped" in alone.output


def test_a_dropped_poem_that_waits_is_taken_out(show: Path) -> None:
    """A poem that is dropped while it waits for a printer is not printed any more."""
    paper = open_paper("dir:paper", "text")
    enqueue("poems", read_edited("poems"), paper)
    run("drop", SECOND)
    with Queue("poems") as queue:
        assert [job.record["path"] for job in queue.jobs()] == [FIRST, THIRD]


def test_a_poem_that_waits_is_printed_as_it_stands(show: Path) -> None:
    """A poem that is re-rolled, entitled or edited while it waits is printed so, and counts as had by its printer."""
    enqueue("poems", read_edited("poems"), open_paper("dir:paper", "text"))
    run("reroll", FIRST, "--seed", "7")
    run("show", SECOND, "--title", "Another title")
    Path("poems/2/0002.jpg.txt").write_text("Mine\n\nA line of mine.\n")
    print_queue("poems", "dir:paper")
    printed = [Path(f"paper/000{n}.txt").read_text() for n in range(3)]
    assert printed[0] == Path("poems/0/0000.jpg.txt").read_text()
    assert printed[1].startswith("Another title\n")
    assert printed[2].startswith("Mine\n\nA line of mine.\n")
    assert "has had all 3" in run("print", "--to", "dir:paper", "--press", "text").output


def test_a_poem_changed_to_one_that_was_printed_is_not_printed_again(show: Path) -> None:
    """If the final text was printed before, waiting jobs of the photograph are removed."""
    paper, text = open_paper("dir:paper", "text"), Path("poems/0/0000.jpg.txt")
    print_poems("poems", read_edited("poems"), paper)
    written = text.read_text()
    text.write_text("Mine\n\nA line of mine.\n")
    enqueue("poems", read_edited("poems"), paper)
    text.write_text(written)
    assert print_queue("poems", "dir:paper").printed == 0
    with Queue("poems") as queue:
        assert queue.counts()["queued"] == 0


def test_only_kept_poems_are_printed(show: Path) -> None:
    """`--only` prints the poems of one state; if there are none, a message says so."""
    refused = run("print", "--to", "file:x.txt", "--only", "kept")
    assert refused.exit_code == 2 and "none of these poems is kept" in refused.output
    run("keep", SECOND)
    assert run("print", "--to", "file:x.txt", "--only", "kept").stderr == "x.txt: 1 poem\n"
    assert run("print", "--to", "file:y.txt", "--only", "undecided").stderr == "y.txt: 2 poems\n"


def test_several_folders_and_texts_are_printed(show: Path) -> None:
    """Poems of several folders and single texts go into one file, each once; on paper each folder has its queue."""
    run("run", "photos/1", "--labels", "keywords", "--jobs", "1", "--seed", "4", "--out", "other")
    done = run("print", "other", "poems/0/0000.jpg.txt", "poems/0/0000.jpg.txt", "--to", "file:all.jsonl")
    assert done.stderr == "all.jsonl: 2 poems\n"
    assert [json.loads(line)["seed"] for line in Path("all.jsonl").read_text().splitlines()] == [4, 0]
    run("print", "poems", "other", "--to", "dir:paper", "--press", "text")
    assert len(list(Path("paper").iterdir())) == 4


def test_page_and_booklet_have_the_shows_words_and_order(show: Path) -> None:
    """Title, author, preface and order of the show are on the page; an option goes before the show's title."""
    run("show", "--title", "Dogs", "--author", "Ada Byron")
    run("show", THIRD, FIRST, "--order", "hand")
    run("print", "--to", "file:all.html")
    page = Path("all.html").read_text()
    assert "<h1>Dogs</h1>" in page and "Ada Byron" in page
    assert (
        page.index("The photograph 0002.jpg") < page.index("The photograph 0000.jpg") < page.index("0001.jpg")
    )
    run("print", "--to", "file:other.html", "--title", "Cats", "--order", "name")
    page = Path("other.html").read_text()
    assert "<h1>Cats</h1>" in page and page.index("The photograph 0000.jpg") < page.index(
        "The photograph 0002.jpg"
    )
    assert run("print", "--to", "file:booklet.pdf", "--layout", "booklet").exit_code == 0


def test_a_run_that_prints_obeys_the_show(show: Path) -> None:
    """A run with a printer skips dropped poems, and prints kept ones as they are."""
    run("keep", FIRST)
    run("drop", SECOND)
    first = records(show / "poems")[0]["text"]
    run(*RUN, "--seed", "9", "--print", "dir:paper", "--press", "text")
    assert sorted(path.name for path in Path("paper").iterdir()) == ["0000.txt", "0002.txt"]
    assert first in Path("paper/0000.txt").read_text()


def test_merged_folders_join_their_shows(show: Path) -> None:
    """`merge` prefers kept poems, joins the choices, and reports conflicts."""
    run("run", "photos", "--labels", "keywords", "--jobs", "1", "--seed", "4", "--out", "other")
    run("keep", FIRST, "--poems", "other")
    run("drop", SECOND, "--poems", "other")
    run("keep", SECOND)
    done = run("merge", "poems", "other", "--out", "all")
    assert f"{SECOND}: decided differently in several shows; the first one's choice is taken\n" in done.stderr
    show_ = read_show("all")
    made = records(show / "all")
    assert [show_.choice(each["path"], each["digest"]).state for each in made] == [
        "kept",
        "kept",
        "undecided",
    ]
    assert [each["seed"] for each in made] == [4, 0, 0]
    run("merge", "other", "--out", "all", "--force")
    assert [each["seed"] for each in records(show / "all")] == [4, 0, 4]


def test_a_damaged_show_stops_a_run_and_a_print(show: Path) -> None:
    """With a damaged show nothing is written or printed, so that nothing that was kept is lost."""
    before = texts(show / "poems")
    run("keep", FIRST)
    Path("poems/show.json").write_text("{")
    for command in (
        (*RUN, "--seed", "3"),
        ("print", "--to", "file:x.txt"),
        ("keep", SECOND),
        ("reroll", SECOND),
    ):
        done = run(*command)
        assert done.exit_code != 0 and "poems/show.json:1:2: no JSON" in done.output
    assert texts(show / "poems") == before and not Path("x.txt").exists()


def test_a_program_killed_before_the_text_is_written_leaves_it_to_the_next_run(
    show: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A re-roll that ends between the show file and the text is finished by the next run."""

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(PoemsFolder, "add", killed)
        CliRunner().invoke(photopoem, ("reroll", FIRST, "--seed", "6"))
    assert [each["seed"] for each in records(show / "poems")] == [0, 0, 0]
    assert "1 written, 2 already there" in run(*RUN).stderr
    assert [each["seed"] for each in records(show / "poems")] == [6, 0, 0]


def test_a_chosen_grammar_that_is_gone_costs_one_photograph(show: Path) -> None:
    """If the chosen grammar of a photograph is gone, a line says so and the other poems are written."""
    Path("mine.json").write_text('{"origin": ["one", "two"]}')
    run("reroll", FIRST, "--grammar", "mine.json")
    Path("mine.json").unlink()
    done = run(*RUN, "--seed", "3")
    assert done.exit_code == 1 and f"photopoem: {FIRST}: mine.json: no such grammar" in done.stderr
    assert "poems: 2 written, 1 failed" in done.stderr.splitlines()


def test_a_title_from_elsewhere_does_not_act(show: Path) -> None:
    """A title that somebody wrote into the show file with controls and line ends is one harmless line."""
    made = records(show / "poems")[0]
    change_show("poems", lambda show: show.with_choices([Choice(FIRST, made["digest"], title="a\x1b[2J\nb")]))
    run("print", "--to", "file:all.txt")
    assert Path("all.txt").read_text().startswith("a[2J b\n\n")
    assert "\x1b" not in run("show").output


def test_a_reroll_waits_for_a_watch_and_not_for_a_run(show: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A briefly locked folder is waited for; one that stays locked is reported, and nothing changes."""
    monkeypatch.setattr(curate, "PATIENCE", 0.2)
    with PoemsFolder("poems"):
        refused = run("reroll", FIRST)
    assert refused.exit_code == 1 and "another run is writing here" in refused.output
    assert not Path("poems/show.json").exists()
    holder = PoemsFolder("poems")
    holder.__enter__()
    monkeypatch.setattr(curate, "PATIENCE", 20.0)
    threading.Timer(0.5, holder.__exit__, (None, None, None)).start()
    assert run("reroll", FIRST).exit_code == 0


def test_new_words_of_the_house_are_obeyed_by_a_reroll(show: Path) -> None:
    """A re-roll says no color that was forbidden since, and `explain` finds the words with which it was written."""
    name = records(show / "poems")[0]["palette"][0]["name"]
    Path("poems/words.toml").write_text(f'never_colors = ["{name}"]\n')
    for _ in range(5):
        assert run("reroll", FIRST, "--grammar", "palette").exit_code == 0
        made = records(show / "poems")[0]
        assert name not in [swatch["name"] for swatch in made["palette"]] and len(made["palette"]) > 1
    assert "palette, seed" in run("explain", "poems/0/0000.jpg.txt").output


def test_nothing_changes_without_a_show(show: Path) -> None:
    """Without decisions there is no show file, and the same run has nothing to do."""
    assert "0 written, 3 already there" in run(*RUN).stderr
    run("show")
    run("print", "--to", "file:x.txt")
    left = {path.name for path in Path("poems").iterdir()}
    assert left == {"0", "1", "2", "poems.jsonl", ".lock"}


def test_large_show_is_not_sorted_for_one_poem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finished lazily, a large folder keeps old records until a quarter is old; readers find the last of each path."""
    monkeypatch.setattr("photopoem.poems.folder.SOON_SORTED", 0)
    poems, paths = tmp_path / "poems", [f"{n:02}.jpg" for n in range(12)]

    def write(path: str, text: str, *, lazily: bool) -> int:
        with PoemsFolder(poems, force=True) as folder:
            poem = make_poem(text, path=path)
            folder.add(record(poem), Found(path, path, "1-1"), "settings", as_text(poem))
            folder.finish(lazily=lazily)
        return len((poems / "poems.jsonl").read_bytes().splitlines())

    assert [write(path, "first", lazily=False) for path in paths] == list(range(1, 13))
    assert [write(path, "again", lazily=True) for path in paths[4::-1]] == [13, 14, 12, 13, 14]
    found = read_edited(poems)
    assert [each.subject.path for each in found] == paths
    assert [each.text for each in found] == ["again"] * 5 + ["first"] * 7
    assert not any(each.by_hand for each in found)
    assert write(paths[0], "and again", lazily=False) == 12


def test_folder_of_poems_names_its_show(show: Path) -> None:
    """A title that is given with a folder of poems is the show's; with a poem it is that poem's."""
    assert run("show", "poems", "--title", "All of them").exit_code == 0
    assert run("show", "poems/0/0000.jpg.txt", "--title", "One").exit_code == 0
    found = read_show("poems")
    assert (found.title, [each.title for each in found.choices]) == ("All of them", ["One"])
    assert run("show", "photos", "--title", "x").exit_code == 2


def test_programs_obey_what_was_decided(show: Path) -> None:
    """A run, a print and a watch, each a process of its own, obey the choices that were made before."""
    run("keep", FIRST)
    run("drop", SECOND)
    before = texts(show / "poems")
    told = photopoem_forked(*RUN, "--seed", "5", cwd=show).stderr
    assert "1 written, 1 kept as the show has it, 1 dropped" in told
    after = texts(show / "poems")
    assert after["0/0000.jpg.txt"] == before["0/0000.jpg.txt"]
    assert after["2/0002.jpg.txt"] != before["2/0002.jpg.txt"]
    assert "1 dropped" in photopoem_forked("print", "--to", "file:all.csv", cwd=show).stderr
    listed = Path("all.csv").read_text()
    assert "0000.jpg" in listed
    assert "0001.jpg" not in listed
    command = (
        "watch",
        "photos",
        "--existing",
        "--labels",
        "keywords",
        "--print",
        "dir:paper",
        "--press",
        "text",
    )
    watch = Program(*command, cwd=show, before=QUICK)
    try:
        until(lambda: len(list(Path("paper").glob("*.txt"))) == 2, 60)
        time.sleep(0.5)
        watch.send_signal(signal.SIGTERM)
        assert watch.wait() == 0
    finally:
        watch.kill()
    assert sorted(each.name for each in Path("paper").glob("*.txt")) == ["0000.txt", "0002.txt"]
    assert texts(show / "poems")["0/0000.jpg.txt"] == before["0/0000.jpg.txt"]
