"""`photopoem explain`: the source of each word, and the tree that made it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from photopoem.commands.look import explain as explain_command
from photopoem.commands.look import shown_line
from photopoem.errors import UsageError
from photopoem.grammar import load_grammar
from photopoem.photo.moment import Moment
from photopoem.poem import record
from tests.vocabularies import vocabulary

RULES = {"origin": "#label1.a# in #season#,\n#color#: [it:#label1#]#it.does#"}


@pytest.fixture
def poems(tmp_path: Path) -> Path:
    """A folder with two poems, as a run leaves it, and the grammar that wrote them."""
    grammar = tmp_path / "mine.json"
    grammar.write_text(json.dumps(RULES), "utf-8")
    folder = tmp_path / "poems"
    (folder / "sub").mkdir(parents=True)
    lines = []
    for n, name in enumerate(("dog.txt", "sub/hen.txt")):
        words = vocabulary(Path(name).stem, "silver", moment=Moment(season="autumn"), path=name)
        poem = load_grammar(grammar).write(words, n)
        lines.append(json.dumps({"path": name, "made": {"file": name}} | record(poem)))
        (folder / name).write_text(poem.text, "utf-8")
    (folder / "poems.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def explain(*arguments: str | Path) -> str:
    result = CliRunner().invoke(explain_command, list(map(str, arguments)), catch_exceptions=False)
    return result.stdout


def test_words_by_layer_and_the_tree(poems: Path) -> None:
    """A poem is shown with marks under the words of each layer, their sources, its colophon and its tree."""
    out = explain(poems / "dog.txt", "--grammar", poems.parent / "mine.json")
    assert "a dog in autumn,\n  mmm    pppppp\n" in out
    assert "silver: " in out
    assert "dog: the label dog, 0.90 by test" in out
    assert "said of dog by the lexicon" in out
    assert "silver: the color silver, #" in out
    assert "Labels: test (tests)." in out
    assert "  origin: #label1.a# in #season#, / #color#" in out
    assert "    season: autumn" in out


def test_poems_are_found_by_text_and_by_number(poems: Path) -> None:
    """A poem is found by its text, in whatever folder below, or by its number in poems.jsonl."""
    assert "hen" in explain(poems / "sub" / "hen.txt", "--no-tree")
    assert "hen" in explain(poems / "poems.jsonl", "--nth", "2", "--no-tree")
    assert "dog" in explain(poems, "--no-tree")
    for wrong in ([poems / "poems.jsonl", "--nth", "3"], [poems / "other.txt"], [poems.parent / "mine.json"]):
        with pytest.raises(UsageError):
            explain(*wrong)


def test_one_of_several_says_so(poems: Path) -> None:
    """A poem of a folder ends with which one of how many it is; a text, and the only one, do not."""
    told = "\npoem 1 of 2; --nth N shows another\n"
    assert explain(poems).endswith(told) and explain(poems / "poems.jsonl", "--no-tree").endswith(told)
    assert explain(poems, "--nth", "2").endswith("\npoem 2 of 2; --nth N shows another\n")
    with pytest.raises(UsageError, match=r"poems has no poem number 3, but 2 poems$"):
        explain(poems, "--nth", "3")
    assert "--nth" not in explain(poems / "dog.txt")
    (first, _) = (poems / "poems.jsonl").read_text("utf-8").splitlines()
    (poems / "poems.jsonl").write_text(first + "\n", "utf-8")
    assert "--nth" not in explain(poems)


def test_a_tree_is_never_a_guess(poems: Path) -> None:
    """If the grammar is gone or has changed, the poem is explained without a tree."""
    changed = poems.parent / "mine.json"
    changed.write_text(json.dumps({"origin": "#label1#, otherwise"}), "utf-8")
    for more in ([], ["--grammar", changed]):
        out = explain(poems / "dog.txt", *more)
        assert "No tree: the grammar" in out and "has changed" in out
        assert "otherwise" not in out
    changed.rename(poems.parent / "other.json")
    assert (
        "No tree: it was written with a grammar that is not built in, called mine; give it with --grammar FILE\n"
        in explain(poems / "dog.txt")
    )


@pytest.mark.parametrize("below", ["", "elsewhere", "poems/sub"])
def test_a_grammar_that_lies_near_is_found(poems: Path, monkeypatch: pytest.MonkeyPatch, below: str) -> None:
    """A file with the grammar's name, here or beside the folder of poems, is used if it gives exactly that poem."""
    (poems.parent / "elsewhere").mkdir()
    monkeypatch.chdir(poems.parent / below)
    file = "mine.json" if not below else poems.parent / "mine.json"
    for poem, seed in ((poems / "dog.txt", 0), (poems / "sub" / "hen.txt", 1)):
        assert f"\n{file}, seed {seed}, 2 tries of lines:\n  origin: " in explain(poem)
    if below == "elsewhere":
        (poems.parent / "mine.json").rename("mine.json")
        assert "\nmine.json, seed 1, " in explain(poems, "--nth", "2")


def test_a_grammar_called_as_one_of_the_shelf_is_found(poems: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A poem of a user's grammar called haiku is not explained by the built-in haiku."""
    monkeypatch.chdir(poems.parent)
    grammar = (poems.parent / "mine.json").rename("haiku.json")
    poem = load_grammar(grammar).write(vocabulary("dog", "silver", moment=Moment(season="autumn")))
    (poems / "poems.jsonl").write_text(json.dumps(record(poem)) + "\n", "utf-8")
    assert "\nhaiku.json, seed 0, " in explain("poems")
    grammar.unlink()
    assert "No tree: the grammar, the lexicon or photopoem has changed" in explain("poems")


def test_a_record_leads_to_no_file_elsewhere(poems: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A grammar's name in a record that is a path is not followed."""
    monkeypatch.chdir(poems)
    records = poems / "poems.jsonl"
    records.write_text(
        records.read_text("utf-8").replace('"grammar": "mine"', '"grammar": "../mine"'), "utf-8"
    )
    assert "No tree: it was written with a grammar that is not built in, called ../mine;" in explain(
        "dog.txt"
    )


def test_colors_on_a_terminal(poems: Path) -> None:
    """Where color is wanted each layer has its own, and foreign text cannot act."""
    words = vocabulary("dog", "silver", moment=Moment(season="autumn"))
    poem = load_grammar(poems.parent / "mine.json").write(words)
    assert shown_line(poem.lines[0], color=True) == "a \x1b[36mdog\x1b[0m in \x1b[32mautumn\x1b[0m,"
