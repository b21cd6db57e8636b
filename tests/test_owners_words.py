"""The owner's words among a machine's: they come first, and every poem says one."""

from __future__ import annotations

from pathlib import Path

import pytest

from photopoem.grammar import load_grammar, shelf
from photopoem.labels.keywords import wider_of
from photopoem.labels.labeller import Label, LabelColor, owner_first
from photopoem.poem import Line
from photopoem.vocabulary import Vocabulary
from tests.badfiles import encoded
from tests.command import photopoem
from tests.vocabularies import vocabulary

MACHINE = (
    Label("animal", 0.97, "local", "thing"),
    Label("grass", 0.9, "local", "stuff"),
    Label("fence", 0.8, "local", "thing"),
    Label("tree", 0.5, "local", "thing"),
    Label("valley", 0.4, "local", "scene"),
)


def own(*words: str) -> list[Label]:
    return [Label(word, 1.0, "keywords", "thing", wider_of(word)) for word in words]


def words_of(*keywords: str, digest: str = "00ff") -> Vocabulary:
    """The vocabulary of a photograph with these keywords beside what a machine sees."""
    labels = list(owner_first([*own(*keywords), *MACHINE]))
    return vocabulary(labels, "silver charcoal rust_red", digest=digest)


def says_own(lines: tuple[Line, ...]) -> bool:
    return any(span.source and span.source.labeller == "keywords" for line in lines for span in line.spans)


@pytest.mark.parametrize("grammar", shelf())
def test_every_poem_says_a_word_of_the_owners(grammar: str) -> None:
    """Whatever the grammar and the seed, a poem or its title says one, and the title does wherever it can."""
    for keywords in (
        ("bear",),
        ("Lisbon tram", "rain"),
        ("my aunt's table",),
        ("grandmother's garden", "figs"),
    ):
        for seed in range(6):
            poem = load_grammar(grammar).write(words_of(*keywords, digest=keywords[0]), seed)
            assert says_own((poem.title, *poem.lines)), (keywords, seed)


@pytest.mark.parametrize("grammar", [name for name in shelf() if name not in ("palette", "acrostic")])
def test_the_lines_say_a_word_of_the_owners(grammar: str) -> None:
    """Grammars that say labels at all say the owner's in their lines, not in the title alone."""
    poems = [load_grammar(grammar).write(words_of("bear", "rain"), seed) for seed in range(20)]
    assert sum(says_own(poem.lines) for poem in poems) >= 19


def test_titles_prefer_the_owners_words() -> None:
    """A title with the owner's word is preferred."""
    from photopoem.grammar import Grammar

    rules = {"origin": ["#label# and #color#"], "title": [*(f"Title {n}" for n in range(6)), "With #sure.a#"]}
    poems = [Grammar.from_rules(rules).write(words_of("bear"), seed) for seed in range(30)]
    assert {str(poem.title) for poem in poems} == {"With a bear"}


def test_a_grammar_that_says_no_label_names_the_owners_word_in_its_title() -> None:
    """Where neither the rules nor the titles ask for a label, the plain title has the word."""
    from photopoem.grammar import Grammar

    grammar = Grammar.from_rules({"origin": ["only #color#"], "title": ["Colors"]}, "paint")
    assert str(grammar.write(words_of("bear"), 0).title) == "paint: bear"
    assert str(grammar.write(vocabulary(), 0).title) == "Colors"


@pytest.mark.parametrize(
    ("keyword", "wider"),
    [
        ("bear", ("animal",)), ("bears", ("bear", "animal")), ("grizzly bear", ("bear", "animal")),
        ("Bear", ("bear", "animal")), ("Paris", ()), ("Golden Gate Bridge", ()),
    ],
)  # fmt: skip
def test_the_wider_words_of_a_keyword_are_known(keyword: str, wider: tuple[str, ...]) -> None:
    """What machines call the same thing less exactly; a name has no wider words."""
    assert wider_of(keyword) == wider


def test_wider_words_of_a_machine_are_silent() -> None:
    """If the owner wrote bear, the machine's animal and bears are left out."""
    words = words_of("bears", "rain").words
    assert [word.text for word in words["label"]] == ["bears", "rain", "grass", "fence", "tree", "valley"]
    assert [word.text for word in words["subject"]] == ["bears"]


def test_the_owners_words_keep_their_order_and_take_what_the_machine_saw() -> None:
    """They come before all others, the first one first; a machine's label of the same word lends its color."""
    color = LabelColor("#aa1122", "rust red", 0.95)
    seen = Label("fence", 0.8, "local", "thing", color=color, low=0.92)
    joined = owner_first([*MACHINE, seen, *own("rain", "fence")])
    assert [label.text for label in joined] == ["rain", "fence", "animal", "grass", "tree", "valley"]
    assert joined[1].labeller == "keywords"
    plain = owner_first([seen, *own("fence")])
    assert (plain[0].color, plain[0].low, plain[0].score) == (color, 0.92, 1.0)


def test_a_run_tells_how_many_photographs_had_no_keywords(tmp_path: Path) -> None:
    """With keywords among the labellers a run counts the photographs without; with local alone it does not."""
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).write_bytes(encoded("JPEG"))
    (tmp_path / "a.jpg.txt").write_text("bear\n")
    command = ("run", tmp_path, "--jobs", "1", "--out", tmp_path / "poems")
    both = photopoem(*command, "--labels", "keywords,local")
    assert "poems: 2 photographs had no keywords" in both.stderr
    assert "bear" in (tmp_path / "poems" / "a.jpg.txt").read_text("utf-8")
    assert "keywords" not in photopoem(*command, "--labels", "local").stderr
