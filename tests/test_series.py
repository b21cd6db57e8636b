"""A series: the poems of a run written as one show, so that they repeat each other little."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

from photopoem.grammar import load_grammar
from photopoem.poem import Poem, from_record
from photopoem.services.pipeline import MOST_NEAR, NEAR, SEEDS, Series, frame_of, frames_of, phrases_of
from photopoem.vocabulary import Vocabulary
from tests.command import photopoem
from tests.making import make_photo, make_photos, records, texts
from tests.processes import FORKED_WORKERS, Program
from tests.vocabularies import many

GRAMMAR = "i-can-remember"


def written(vocabularies: list[Vocabulary], *, series: bool) -> list[Poem]:
    grammar, show = load_grammar(GRAMMAR), Series()
    return [show.write(each.subject, grammar, 0) if series else grammar.write(each) for each in vocabularies]


def said_again(poems: list[Poem]) -> int:
    """How many phrases of the lexicon were said by an earlier poem."""
    counts = Counter(phrase for poem in poems for phrase in phrases_of(poem))
    return sum(count - 1 for count in counts.values())


def crowded(poems: list[Poem]) -> int:
    """How often a frame stands in more poems of a row than it should."""
    rows = (poems[n : n + NEAR] for n in range(max(1, len(poems) - NEAR + 1)))
    counts = (Counter(frame for poem in row for frame in frames_of(poem)) for row in rows)
    return sum(count > MOST_NEAR for row in counts for count in row.values())


def test_a_series_repeats_less() -> None:
    """Thirty poems of a series say fewer phrases again and crowd fewer frames than the same poems written alone."""
    vocabularies = list(many(30, least_labels=4))
    alone, show = written(vocabularies, series=False), written(vocabularies, series=True)
    assert said_again(show) <= said_again(alone) / 2
    assert crowded(show) <= crowded(alone)
    assert all(0 <= poem.seed < SEEDS for poem in show)


def test_a_frame_is_the_authors_part() -> None:
    """The frame of a line leaves out what the photograph and the lexicon say."""
    grammar = load_grammar(GRAMMAR)
    poems = [grammar.write(vocabulary) for vocabulary in many(5, least_labels=3)]
    for line in (line for poem in poems for line in poem.lines):
        own = [span.text.casefold() for span in line.spans if span.source is None and span.voice == "grammar"]
        assert frame_of(line).replace("_", "") == "".join(own).replace("_", "")


def test_the_same_set_gives_the_same_series(tmp_path: Path) -> None:
    """A series depends on the photographs and their order alone, not on the number of processes."""
    make_photos(tmp_path / "photos", 10)
    run = ("run", "photos", "--series", "--labels", "local", "-q", "--out")
    photopoem(*run, "one", cwd=tmp_path)
    assert Program(*run, "two", "--jobs", "2", cwd=tmp_path, before=FORKED_WORKERS).wait() == 0
    assert len(texts(tmp_path / "one")) == 10
    assert texts(tmp_path / "one") == texts(tmp_path / "two")


def test_a_new_photograph_changes_no_poem(tmp_path: Path) -> None:
    """A photograph added between others gets a poem of its own; those of the others stay as they are."""
    make_photos(tmp_path / "photos", 6)
    run = ("run", "photos", "--series", "--labels", "local", "-q", "--out", "poems")
    photopoem(*run, cwd=tmp_path)
    before = texts(tmp_path / "poems")
    names = sorted(path.name for path in (tmp_path / "photos").iterdir())
    make_photo(tmp_path / "photos" / f"{Path(names[2]).stem}-and.png", 77)
    photopoem(*run, cwd=tmp_path)
    after = texts(tmp_path / "poems")
    assert before.items() <= after.items()
    assert len(after) == len(before) + 1


def test_a_record_has_the_seed_that_was_chosen(tmp_path: Path) -> None:
    """The seed in the record writes the same poem again, outside of the series."""
    make_photos(tmp_path / "photos", 4)
    photopoem("run", "photos", "--series", "--labels", "local", "-q", "--out", "poems", cwd=tmp_path)
    for made in records(tmp_path / "poems"):
        poem = from_record(made)
        shutil.copy(tmp_path / made["path"], tmp_path / "one.png")
        alone = photopoem(
            "run",
            "one.png",
            "-q",
            "--labels",
            "local",
            "--no-colophon",
            "--seed",
            str(poem.seed),
            cwd=tmp_path,
        )
        assert alone.stdout == f"{poem.title}\n\n{poem.text}\n"


def test_a_shard_says_that_it_is_a_series_alone(tmp_path: Path) -> None:
    """A run of one shard says that other shards may repeat its poems."""
    make_photos(tmp_path / "photos", 4)
    done = photopoem(
        "run", "photos", "--series", "--shard", "1/2", "--labels", "local", "--out", "poems", cwd=tmp_path
    )
    assert "other shards may repeat" in done.stderr
