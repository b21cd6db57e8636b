"""Word lists of grammars in the forms that people have them in: lines, tables, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from photopoem.errors import GrammarError
from photopoem.grammar import load_grammar
from photopoem.grammar.loader import read_word_list

THREE = ["heron", "otter", "vole"]


def read(tmp_path: Path, name: str, text: str, key: str = "", symbol: str = "animal") -> list[str]:
    """The words of a list with this text."""
    (tmp_path / name).write_text(text)
    words, weights = read_word_list(tmp_path / name, key, symbol)
    assert len(words) == len(weights)
    return words


def refused(tmp_path: Path, name: str, text: str, key: str = "") -> str:
    """Why a list is refused; the grammar that names it is refused with the same reason."""
    (tmp_path / name).write_text(text)
    named = f"{name}#{key}" if key else name
    (tmp_path / "g.json").write_text(json.dumps({"_words": {"animal": named}, "origin": ["#animal#"]}))
    with pytest.raises(GrammarError) as caught:
        load_grammar(str(tmp_path / "g.json"))
    assert f"{name} cannot be read: " in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("lines.txt", "heron\notter\r\n\n# a note\nvole"),
        ("bom.txt", "\ufeffheron\notter\nvole\n"),
        ("quoted.txt", '"heron",\n"otter",\n"vole"\n'),
        ("commas.txt", "heron,\notter,\nvole\n"),
        ("one-line.txt", "heron, otter, vole\n"),
        ("one-line-semicolons.txt", "heron; otter; vole"),
        ("one-line-quoted.txt", '"heron", "otter", "vole"'),
        ("json-in.txt", '["heron", "otter", "vole"]'),
        ("array.json", '["heron", "otter", "vole"]'),
        ("bom.json", '\ufeff["heron", "otter", "vole"]'),
        ("corpora.json", '{"description": "some animals", "animals": ["heron", "otter", "vole"]}'),
        ("inside.json", '{"meta": {"by": "x"}, "data": {"animals": ["heron", " otter ", "vole"]}}'),
        ("header.csv", "name,weight\nheron,3\notter,1\nvole,1\n"),
        ("semicolons.csv", "name;weight\nheron;3\notter;1\nvole;0,5\n"),
        ("plain.csv", "heron,3\notter,1\nvole,2\n"),
        ("column.csv", "heron\notter\nvole\n"),
        ("titled.csv", "Word\nheron\notter\nvole\n"),
        ("symbol.csv", "animals\nheron\notter\nvole\n"),
        ("quotes.csv", '"heron","3"\n"otter","1"\n"vole","1"\n'),
        ("second.csv", "id,name\n1,heron\n2,otter\n3,vole\n"),
        ("ids.csv", "id;word;count\n1;heron;3\n2;otter;1\n3;vole;1\n"),
        ("tabs.tsv", "heron\t3\notter\t1\nvole\t1\n"),
        ("tabs.csv", "heron\t3\notter\t1\nvole\t1\n"),
    ],
)
def test_the_words_of_a_list(tmp_path: Path, name: str, text: str) -> None:
    """Each form of the same list gives the same three words, without quotes, commas, headers and numbers."""
    assert read(tmp_path, name, text) == THREE


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("name;weight\nheron;3\notter;0,5\n", [3.0, 0.5]),
        ("heron,3\notter,0.5\n", [3.0, 0.5]),
        ("id,word,count\n7,heron,3\n8,otter,0.5\n", [3.0, 0.5]),
        ("heron\notter\n", [1.0, 1.0]),
        ("heron,-3\notter,many\n", [1.0, 1.0]),
    ],
)
def test_the_weights_of_a_table(tmp_path: Path, text: str, weights: list[float]) -> None:
    """Weights come from the second column, or the one called so; a decimal comma is read as one."""
    (tmp_path / "list.csv").write_text(text)
    assert read_word_list(tmp_path / "list.csv") == (THREE[:2], weights)


@pytest.mark.parametrize("line", ["red, white and blue", "hello, you"])
def test_a_phrase_keeps_its_comma(tmp_path: Path, line: str) -> None:
    """A line with a comma among several lines is one phrase."""
    assert read(tmp_path, "a.txt", f"{line}\nheron\n") == [line, "heron"]


def test_a_list_in_an_object_is_named_with_a_hash(tmp_path: Path) -> None:
    """`file.json#key` takes that list of several, also one further in; a file with a # in its name is itself."""
    lists = {"birds": ["heron"], "beasts": ["otter", "vole"], "more": {"fish": ["carp"]}}
    (tmp_path / "all.json").write_text(json.dumps(lists))
    (tmp_path / "a#b.txt").write_text("newt\n")
    for named, said in (("all.json#birds", "heron"), ("all.json#more.fish", "carp"), ("a#b.txt", "newt")):
        (tmp_path / "g.json").write_text(json.dumps({"_words": {"animal": named}, "origin": ["#animal#"]}))
        assert load_grammar(str(tmp_path / "g.json")).say("#animal#") == said


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ('{"a": ["x"], "b": ["y"]}', "", "it holds several lists (a, b); name one, as list.json#a"),
        ('{"a": "x"}', "", "it has no list"),
        ('{"a": ["x"]}', "b", "'b' is no list in it"),
        ('[{"name": "x"}]', "", "item 1 of its list is an object; a list of texts is needed"),
        ('["x", ["y"]]', "", "item 2 of its list is a list"),
        ('["x", null]', "", "item 2 of its list is no text"),
        ('["x",', "", "no JSON: "),
        ("heron\n", "", "no JSON: "),
        ("[" * 100_000, "", "cannot be read"),
    ],
)
def test_json_that_is_no_list_is_refused(tmp_path: Path, text: str, key: str, reason: str) -> None:
    """Anything but a single list of texts is refused with the reason and the file's name."""
    assert reason in refused(tmp_path, "list.json", text, key)


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    """A list that is not UTF-8 is refused with a plain message."""
    (tmp_path / "a.txt").write_bytes("Köln\n".encode("cp1252"))
    with pytest.raises(ValueError, match="not UTF-8; save the file as UTF-8"):
        read_word_list(tmp_path / "a.txt")
