"""A grammar's own rules where they meet photopoem's names: words of photographs, notes, lists of grammars."""

from __future__ import annotations

from pathlib import Path

import pytest

from photopoem.errors import GrammarError, MissingWordsError
from photopoem.grammar import Grammar, expand_names
from photopoem.labels.labeller import Label
from photopoem.photo.moment import Moment
from photopoem.vocabulary import Vocabulary
from tests.vocabularies import vocabulary

HERE = Moment(season="autumn", place="Les Salles")


def photograph(moment: Moment | None = None, *labels: Label) -> Vocabulary:
    """A photograph of which nothing is known but this."""
    from dataclasses import replace

    from photopoem.vocabulary import make_vocabulary

    return make_vocabulary(replace(vocabulary().subject, moment=moment or Moment(), labels=labels))


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"origin": ["It is #season#."], "season": ["duck season"]}, "It is duck season."),
        ({"origin": ["At the #place.a#."], "place": ["bar"]}, "At the a bar."),
        ({"origin": ["[p:#place#]#p#, #p#"], "place": ["bar"]}, "bar, bar"),
        ({"origin": ["#who#"], "who": ["#thing#"], "thing": ["a #size# hat"], "size": ["big"]}, "a big hat"),
    ],
)
def test_own_words_where_the_photograph_has_none(rules: dict[str, list[str]], said: str) -> None:
    """A grammar's own rule for a photograph's symbol is used if there is no such word and no other poem."""
    assert Grammar.from_rules(rules).write(photograph()).text == said


def test_a_photographs_words_come_first() -> None:
    """If the photograph has such a word, it replaces the grammar's own rule."""
    grammar = Grammar.from_rules({"origin": ["In #season#."], "season": ["duck season"]})
    assert grammar.write(photograph(HERE)).text == "In autumn."


def test_a_rule_without_the_word_goes_before_own_words() -> None:
    """A grammar that has a rule for photographs without the word says that, never its own examples."""
    grammar = Grammar.from_rules({"origin": ["At #place#.", "Nowhere."], "place": ["the bar"]})
    assert {grammar.write(photograph(), seed).text for seed in range(20)} == {"Nowhere."}


def test_where_own_words_do_not_help_the_message_says_to_rename() -> None:
    """The error names the rules that are called as words of photographs are."""
    grammar = Grammar.from_rules({"origin": ["#place# #year#"], "place": ["bar"]})
    with pytest.raises(MissingWordsError, match=r"'year'.*rules called 'place'.*rename"):
        grammar.write(photograph())


def test_a_note_that_is_used_as_a_symbol() -> None:
    """The message says that a key with _ is a note, and gives a name that is free."""
    rules = {"origin": ["I #_v# you."], "_v": ["miss"], "v": ["x"]}
    with pytest.raises(GrammarError, match=r"'_v' is a note: keys that begin with _ are never text.*'v2'"):
        Grammar.from_rules(rules)


def test_files_and_names_between_commas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`a.json,haiku` names a file and a shipped grammar; a comma in a file's own name does not divide it."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.json", "b.json", "x, y.json"):
        (tmp_path / name).write_text("{}")
    assert expand_names("a.json,haiku") == ("a.json", "haiku")
    assert expand_names("haiku, a.json ,b.json") == ("haiku", "a.json", "b.json")
    assert expand_names("x, y.json") == ("x, y.json",)
    assert expand_names("lune,x, y.json,a.json") == ("lune", "x, y.json", "a.json")
    assert expand_names(["a.json", "haiku"]) == ("a.json", "haiku")
