"""Sixty photographs on a wall: the poems of the shelf belong to their photographs, and they differ."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import mean

import pytest

from photopoem.grammar import Written, load_grammar, shelf
from photopoem.grammar.modifiers import with_article
from photopoem.grammar.preview import vocabulary_of
from photopoem.poem import Poem
from photopoem.services.pipeline import Series, frame_of
from photopoem.vocabulary import Vocabulary
from tests.conftest import Rounds

WALL = Path(__file__).parent / "data" / "wall.jsonl"
README = Path(__file__).parent.parent / "README.md"
WORD = re.compile(r"[\w'\u2019]+")
FIGURES_ARE_THE_MATTER = {"inventory", "palette"}
"""Grammars that may say more than one share: a list and a paint chart."""


@cache
def wall() -> list[Vocabulary]:
    """The vocabularies of sixty photographs, in an order that mixes their subjects."""
    seen = [vocabulary_of(json.loads(line)) for line in WALL.read_text("utf-8").splitlines()]
    return sorted(seen, key=lambda vocabulary: vocabulary.subject.digest)


@dataclass
class Measures:
    """The measurements of one grammar's poems for the wall, one value per poem."""

    named: list[bool] = field(default_factory=list)
    from_photo: list[float] = field(default_factory=list)
    tied: list[float] = field(default_factory=list)
    shares: list[int] = field(default_factory=list)
    surenesses: list[int] = field(default_factory=list)
    phrases: list[float] = field(default_factory=list)
    new_frames: list[bool] = field(default_factory=list)

    def add(self, vocabulary: Vocabulary, written: Written) -> None:
        """Measure one poem."""
        poem = written.poem
        if subject := vocabulary.words["subject"]:
            first = " ".join([str(poem.title), *map(str, poem.lines[:4])]).casefold()
            said = (subject[0].text.casefold(), with_article(subject[0].text))  # a person is "somebody"
            self.named.append(any(each in first for each in said))
        self.from_photo.append(share_from_photo(poem))
        colors = colors_of(written)
        if colors:
            self.tied.append(len(colors & tied_colors(written)) / len(colors))
        modifiers = Counter(event.symbol.partition(" ")[0] for event in written.events)
        amounts = [span.text for line in poem.lines for span in line.spans if span.source]
        self.shares.append(sum(text.casefold() in shares(vocabulary) for text in amounts))
        self.surenesses.append(sum(text.casefold() in surenesses(vocabulary) for text in amounts))
        said = sum(modifiers[name] for name in (".does", ".part", ".feels"))
        self.phrases.append(said / max(len(poem.lines), 1) * 10)


def share_from_photo(poem: Poem) -> float:
    """The share of a poem's words that the photograph gave: labels, colors, acts, places in the frame, the moment."""
    spans = [span for line in poem.lines for span in line.spans]
    total = sum(len(WORD.findall(span.text)) for span in spans)
    given = sum(len(WORD.findall(span.text)) for span in spans if span.source and span.voice != "lexicon")
    return given / max(total, 1)


def colors_of(written: Written) -> set[str]:
    """The colors that a poem's lines name."""
    spans = (span for line in written.poem.lines for span in line.spans)
    return {span.source.of for span in spans if span.source and span.source.what == "color"}


def tied_colors(written: Written) -> set[str]:
    """The colors that are said with their place in the frame or with a thing."""
    tied: set[str] = set()
    for event in written.events:
        name, _, of = event.symbol.partition(" of ")
        if name in (".where", ".of"):
            tied.add(of)
        elif name in (".color", ".color_guess"):
            tied.add(event.text)
    return tied


@cache
def _amounts(digest: str, name: str) -> frozenset[str]:
    from photopoem.english.inflection import share_in_words, sureness_in_words

    vocabulary = next(each for each in wall() if each.subject.digest == digest)
    if name == "share":
        return frozenset(share_in_words(swatch.share) for swatch in vocabulary.subject.palette.swatches)
    return frozenset(sureness_in_words(label.score) for label in vocabulary.subject.labels)


def shares(vocabulary: Vocabulary) -> frozenset[str]:
    return _amounts(vocabulary.subject.digest, "share")


def surenesses(vocabulary: Vocabulary) -> frozenset[str]:
    return _amounts(vocabulary.subject.digest, "sureness")


@cache
def measured(name: str) -> Measures:
    """The measures of a grammar's poems for the wall, each by the first seed."""
    grammar, measures = load_grammar(name), Measures()
    poems = []
    for vocabulary in wall():
        written = grammar.write_fully(vocabulary)
        measures.add(vocabulary, written)
        poems.append(written.poem)
    measures.new_frames = new_frames(poems)
    return measures


def new_frames(poems: list[Poem]) -> list[bool]:
    """For each line of the 21st to the 40th poem: whether no earlier poem had a line of its frame."""
    seen: set[str] = set()
    new: list[bool] = []
    for number, poem in enumerate(poems[:40]):
        frames = [frame_of(line) for line in poem.lines]
        if number >= 20:
            new += [frame not in seen for frame in frames]
        seen.update(frames)
    return new


@cache
def new_in_a_series(name: str) -> float:
    """The share of new frames, when the poems of forty photographs are a series."""
    grammar, series = load_grammar(name), Series()
    return mean(new_frames([series.write(each.subject, grammar, 0) for each in wall()[:40]]))


def written_in_series(rounds: Rounds) -> list[str]:
    """The grammars whose series are written: every third, or with --campaign all."""
    step = rounds(3, 1)
    return shelf()[step // 2 :: step]


@pytest.mark.parametrize("name", shelf())
def test_the_subject_is_named(name: str) -> None:
    """In 95 of 100 poems the title or one of the first four lines names what the picture is about."""
    assert mean(measured(name).named) >= 0.95


@pytest.mark.parametrize("name", shelf())
def test_the_words_are_the_photographs(name: str) -> None:
    """At least 22 of 100 words of a grammar's poems come from the photograph."""
    assert mean(measured(name).from_photo) >= 0.22


def test_the_shelf_speaks_of_photographs() -> None:
    """In the mean of the shelf at least 30 of 100 words come from the photograph."""
    assert mean(mean(measured(name).from_photo) for name in shelf()) >= 0.30


@pytest.mark.parametrize("name", shelf())
def test_colors_are_in_their_place(name: str) -> None:
    """At least half of the colors that poems name are said with their place in the frame or with a thing."""
    assert mean(measured(name).tied) >= 0.5


@pytest.mark.parametrize("name", sorted(set(shelf()) - FIGURES_ARE_THE_MATTER))
def test_one_figure_a_poem(name: str) -> None:
    """A poem says at most one share and one score in words."""
    assert max(measured(name).shares) <= 1
    assert max(measured(name).surenesses) <= 1


@pytest.mark.parametrize("name", shelf())
def test_few_phrases_of_the_lexicon(name: str) -> None:
    """The lexicon says at most three phrases in ten lines."""
    assert mean(measured(name).phrases) <= 3


@pytest.mark.parametrize("name", shelf())
def test_frames_stay_new(name: str) -> None:
    """Of the lines of poems 21 to 40 at least 30 in 100 have a frame that no earlier poem had."""
    assert mean(measured(name).new_frames) >= 0.30


@pytest.mark.campaign
def test_frames_stay_new_in_a_series(rounds: Rounds) -> None:
    """In a series at least 50 in 100 lines of poems 21 to 40 have a frame that no earlier poem had."""
    assert {
        name: share for name in written_in_series(rounds) if (share := new_in_a_series(name)) < 0.50
    } == {}


@pytest.mark.campaign
@pytest.mark.parametrize("name", shelf())
def test_the_readme_has_the_figures(name: str, rounds: Rounds, request: pytest.FixtureRequest) -> None:
    """The README's table gives these figures; `--refresh-docs` prints them anew."""
    refresh = request.config.getoption("--refresh-docs")
    made = measured(name)
    figures = [mean(made.named), mean(made.from_photo), mean(made.tied), mean(made.new_frames)]
    if refresh or name in written_in_series(rounds):
        figures.append(new_in_a_series(name))
    row = f"| {name} | " + " | ".join(f"{figure:.0%}" for figure in figures) + " |"
    if refresh:
        text = README.read_text("utf-8")
        README.write_text(re.sub(rf"^\| {name} \|.*%.*$", row, text, flags=re.M), "utf-8")
    assert row in README.read_text("utf-8"), "run: pytest tests/test_wall.py --refresh-docs"
