"""Checking: all problems of a grammar are reported at once, with line and column."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from photopoem.errors import GrammarError
from photopoem.grammar import Grammar, check_grammar, check_loaded, load_grammar, shelf
from photopoem.grammar.loader import Problem, parse_source
from tests.vocabularies import vocabulary


def problems(tmp_path: Path, text: str) -> list[Problem]:
    path = tmp_path / "mine.json"
    path.write_text(text, "utf-8")
    return check_grammar(path)


def said(tmp_path: Path, rules: object) -> list[str]:
    return [problem.message for problem in problems(tmp_path, json.dumps(rules))]


def test_everything_is_said_at_once_where_it_stands(tmp_path: Path) -> None:
    """Each problem has the line and column of its very character, escapes counted as they are written."""
    text = """{
  "origin": ["#lable#", "\\u00e9\\n#label.aa# #label.replace(x)#"],
  "lost": "a # b",
  "more": ["ok", "#label.s(1)#"]
}"""
    assert [(p.line, p.column, p.message) for p in problems(tmp_path, text)] == [
        (2, 15, "no symbol 'lable'; did you mean 'label'?"),
        (2, 41, "no modifier .aa; did you mean 'a'?"),
        (2, 52, ".replace takes 2 arguments, here are 1"),
        (3, 12, "no rule uses 'lost'"),
        (3, 14, "this # is never closed; write \\\\# for a hash in the text"),
        (4, 13, "no rule uses 'more'"),
        (4, 26, ".s takes no arguments, here are 1"),
    ]


@pytest.mark.parametrize(
    ("rule", "column", "others"),
    [
        ("#label is #colr# #label.zz#", 1, ["no symbol 'colr'", "no modifier .zz"]),
        ("#colr# and #label.", 12, ["no symbol 'colr'"]),
        ("#label.replace(a b,c)# or #colr and #label#", 27, []),
        ("[x:#colr#]#x# #", 15, ["no symbol 'colr'"]),
        ("#lst# is #", 10, ["no symbol 'lst'"]),
    ],
)
def test_a_hash_that_is_not_closed_hides_nothing(
    tmp_path: Path, rule: str, column: int, others: list[str]
) -> None:
    """It is reported with its position, and so are all other problems of its rule and the other rules."""
    rules = {"round": "#round#", "origin": ["#round# #last#", rule], "last": "#label.yy#", "lost": "x"}
    found = problems(tmp_path, json.dumps(rules))
    start = json.dumps(rules).index(rule) + 1
    (open_hash,) = [p for p in found if "never closed" in p.message]
    assert open_hash.column == start - 1 + column
    told = [p.message for p in found if "never closed" not in p.message]
    every = ["'round' can never end", "no modifier .yy", "no photograph", *others]
    if "#lst#" not in rule:
        every.append("no rule uses 'lost'")
    for message in every:
        assert any(message in each for each in told), (message, told)
    assert len(told) == len(every)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            "#thing#, which #thing.does#",
            "this means another thing; for the same one: [x:#thing#]#x# and #x.does#",
        ),
        ("#label.part.a#: #label.the.upper#", "[x:#label#]#x.the.upper# and #x.part.a#"),
        ("#color#, #color.share#", "[x:#color#]#x# and #x.share#"),
        ("[y:#stuff# #stuff.feels#]#y#", "[x:#stuff#]#x# and #x.feels#"),
        ("[x:#thing#]#x#, which #x.does#", ""),
        ("#label1#, which #label1.does#", ""),
        ("#thing#, #stuff.does#", ""),
        ("#thing.does#, #thing.feels#", ""),
        ("[thing:#label#]#thing#, which #thing.does#", ""),
    ],
)
def test_of_which_word_a_phrase_speaks(tmp_path: Path, rule: str, told: str) -> None:
    """If a rule uses a symbol twice and so means two words, the message shows the binding that makes them one."""
    about = [
        message for message in said(tmp_path, {"origin": [rule, "x"]}) if "this means another" in message
    ]
    assert len(about) == bool(told)
    assert not told or told in about[0]


def test_doubled_keys_are_told(tmp_path: Path) -> None:
    """A duplicate key is an error at its second position, because JSON silently keeps the last."""
    found = problems(tmp_path, '{"origin": "a",\n "b": {"c": 1, "c": 2},\n "origin": "b"}')
    doubled = [(p.line, p.column) for p in found if "is here twice" in p.message]
    assert doubled == [(2, 16), (3, 2)]


def test_of_a_torn_file_only_the_tear_is_told(tmp_path: Path) -> None:
    """If an error makes the rest unreadable, no symbol is reported as unknown because of it."""
    text = '{"origin": "#first##last#",\n"first": ["one": "two"],\n"last": "end"}'
    assert [(p.line, p.message) for p in problems(tmp_path, text)] == [
        (2, ", or ] is expected here, not ':'")
    ]


def test_a_beginning_that_is_misspelt_is_told_once(tmp_path: Path) -> None:
    """Without an origin there is one error, and the rule that may have been meant."""
    found = problems(tmp_path, '{"Origin": "a word"}')
    assert [p.message for p in found if p.error] == [
        "there is no 'origin', where every poem starts; did you mean 'Origin'?"
    ]


@pytest.mark.parametrize("text", ['{\n  // a postcard\n "origin": "x"}', '{"origin": "x",\n  # more\n "b": "x"}',
                                  '{"origin": [\n  /* one */ "x"]}', '{"origin": "x"\n  // the end\n}',
                                  '\n  // a postcard\n{"origin": "x"}', '{"origin": "x"}\n  # the end'])  # fmt: skip
def test_a_comment_is_told_how_notes_are_made(tmp_path: Path, text: str) -> None:
    """A comment in another language's syntax is an error that explains notes."""
    (torn,) = problems(tmp_path, text)
    assert (torn.line, torn.column) == (2, 3)
    assert torn.message.endswith(
        '; JSON has no comments: a note is a key that begins with _, as "_1": "a postcard"'
    )


def test_a_comma_too_many_is_told_where_it_stands(tmp_path: Path) -> None:
    """A comma before the closing bracket, the commonest slip, has its own sentence."""
    (found,) = [p for p in problems(tmp_path, '{"origin": ["a",\n"b",\n]}') if "comma" in p.message]
    assert (found.line, found.column) == (2, 4)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"origin": "#label"}, "this # is never closed"),
        ({"origin": "[a:b"}, "this [ is never closed"),
        ({"origin": "b]"}, "this ] closes nothing"),
        ({"origin": "##"}, "an empty tag"),
        ({"origin": "[]x"}, "an empty action"),
        ({"origin": "#[a:b]#"}, "an empty tag"),
        ({"origin": "#label[a:b]color#"}, "a second symbol in one tag"),
        ({"origin": "#label.#"}, "a modifier without a name"),
        ({"origin": "#label.replace(a,b#"}, "are never closed"),
        ({"origin": "#labels#"}, "no symbol 'labels'; did you mean 'label'?"),
        ({"origin": "#label21#"}, "they are numbered from 1 to 20"),
        ({"origin": "#label.uper#"}, "no modifier .uper; did you mean 'upper'?"),
        ({"a": "x"}, "there is no 'origin'"),
        ({"origin": []}, "'origin' has no rules"),
        ({"origin": 7}, "'origin' must be a text or a list of texts"),
        ({"origin": ["a", ["b"]]}, "'origin' must be a text or a list of texts"),
        ({"origin": "#a#", "a": "#b#", "b": ["x #a#", "#b#"]}, "'a' can never end"),
        ({"origin": "#a0#", **{f"a{n}": f"#a{n + 1}#" * 2 for n in range(30)}, "a30": "x"}, "steps at least"),
        ({"origin": "a", "lost": "b"}, "no rule uses 'lost'"),
        ({"origin": "#dark#", "dark": "coal"}, "'dark' is a word of the photograph; its rules here are used only"),
        ({"origin": ["x", "#a#"], "a": "#a#"}, "no photograph can satisfy this: 'a' can never be said"),
        ({"origin": "[a:POP]x"}, "'a' is popped but never bound"),
        ({"origin": "x", "_title": "titel"}, "_title names an unknown symbol"),
        ({"origin": "x", "_titel": "label"}, "'_titel' is a note; '_title'?"),
        ({"origin": "x", "_form": {"widht": 3}}, "_form has no key 'widht'"),
        ({"origin": "x", "_form": {"width": 3}}, "_form width: a whole number"),
        ({"origin": "x", "_form": {"lines": [9, 2]}}, "_form lines: "),
        ({"origin": "x", "_form": {"syllables": [5, True]}}, "_form syllables: a list of whole numbers"),
        ({"origin": "x", "_form": {"syllables": [5], "words": [1, 2]}}, "count different numbers of lines"),
        ({"origin": "x", "_form": {"syllables": [5], "lines": [2, 3]}}, "_form lines cannot be met"),
        ({"origin": "x", "line": "x", "_form": {"acrostic": "x"}}, "photopoem fills no 'x'"),
        ({"origin": "x" * 20, "_form": {"width": 12}}, "a line of 20 characters cannot fit the width of 12"),
        ({"origin": "#label#", "_form": {"words": [4, 4]}}, "not one poem in 8 with the sample vocabulary"),
        ({"origin": "#label#"}, "a photograph without labels gets no poem"),
        ({"origin": "x", "_weights": {"origin": [1, 2]}}, "has 2 numbers for 1 rules"),
        ({"origin": "x", "_weights": {"origin": [0]}}, "must be a list of numbers above 0"),
        ({"origin": "x", "_weights": {"b": [1]}}, "_weights knows 'b', the grammar does not"),
        ({"origin": "x", "_in_order": ["b"]}, "_in_order knows 'b', the grammar does not"),
        ({"origin": "x", "_else": "nowhere"}, "_else names 'nowhere', which is not a file"),
        ({"origin": "x", "_else": "mine.json"}, "_else names this grammar itself"),
        ({"origin": "#b#", "_words": {"b": "b.txt"}}, "_words names 'b.txt', which is not a file"),
        ({"origin": "#b#", "b": "x", "_words": {"b": "../b.txt"}}, "not in the grammar's own folder"),
        ({"origin": "#b#", "b": "x", "_words": {"b": "/etc/passwd"}}, "not in the grammar's own folder"),
        ({"origin": "x", "_lexicon": "link.csv"}, "not in the grammar's own folder"),
        ({"origin": "x", "_about": 3}, "_about must be a text"),
    ],
)  # fmt: skip
def test_one_problem(tmp_path: Path, rules: object, message: str) -> None:
    """Each kind of problem has its own message."""
    outside = tmp_path.parent / "outside.csv"
    outside.write_text("word,kind,does,part,feels\n", "utf-8")
    (tmp_path / "link.csv").symlink_to(outside)
    assert any(message in each for each in said(tmp_path, rules)), said(tmp_path, rules)


@pytest.mark.parametrize(
    "text",
    [
     "", "[]", "{", '{"origin": "x"', '{"origin" "x"}', '{"origin": nan}', '{"origin": "a\nb"}', '{"a": "b"} x',
     "{1: 2}", '{"origin": "\\x"}', '{"a": ' + "[" * 3000 + "]" * 3000 + "}"],
)  # fmt: skip
def test_what_is_no_json(tmp_path: Path, text: str) -> None:
    """A file that is not a JSON object is refused with one position and one sentence, never a traceback."""
    found = problems(tmp_path, text)
    assert found[0].error
    assert len([problem for problem in found if problem.error]) <= 2


@pytest.mark.parametrize(
    ("origin", "poor"),
    [
        ("#color#", []),
        ("#label2#", ["without labels", "without a second label"]),
        ("#place#", ["without a place"]),
        ("#year# #season#", ["without a date"]),
        ("#daypart# #tone#", ["without a time of day", "without a tone"]),
        ("#color2# #keyword#", ["without a second color", "without keywords"]),
        (["#label2#", "#place#"], ["with neither a second label nor a place"]),
        (["#label#", "#color2#", "#year#"], ["with neither labels, a second color nor a date"]),
    ],
)
def test_what_a_photograph_must_have(tmp_path: Path, origin: object, poor: list[str]) -> None:
    """The warning names exactly the thing without which a photograph gets no poem."""
    told = [message.partition(" gets no poem")[0] for message in said(tmp_path, {"origin": origin})]
    assert [message.removeprefix("a photograph ") for message in told] == poor


def test_a_way_to_do_without_is_missing_at_origin(tmp_path: Path) -> None:
    """The warning about photographs without a poem is at the position of origin."""
    (found,) = problems(tmp_path, '{"last": "It was.",\n "origin": ["#label#. #last#"]}')
    assert "without labels gets no poem" in found.message
    assert (found.line, found.column) == (2, 14)


def test_positions_count_escapes() -> None:
    """Positions in a rule account for the escapes before them."""
    source = parse_source('{"a": ["x", "\\u00e9\\n\\ud83d\\ude00#b#"]}')
    at = source.rule_at("a", 1, 3)
    assert source.text[at] == "#"


def test_errors_keep_a_grammar_from_being_used() -> None:
    """A grammar with errors is refused before the first photograph, all errors together."""
    with pytest.raises(GrammarError) as caught:
        Grammar.from_rules({"origin": "#nope# #label.nope#"})
    assert len(str(caught.value).splitlines()) == 2


def test_warnings_do_not() -> None:
    """A grammar with warnings is used."""
    assert Grammar.from_rules({"origin": "x", "lost": "y"}).write(vocabulary()).text == "x"


@pytest.mark.parametrize(
    "rules", ['"#label1#", "lost": "y"', '"#label1#", "_form": {"syllables": [5, 7]}', '"x"']
)
def test_what_is_loaded_is_not_read_again(tmp_path: Path, rules: str) -> None:
    """Of a grammar that is loaded the check says what it says of the file, without the file."""
    path = tmp_path / "mine.json"
    path.write_text(f'{{"origin": {rules}}}', "utf-8")
    told = check_grammar(path)
    grammar = load_grammar(path)
    path.unlink()
    assert check_loaded(grammar) == told
    assert bool(told) == (rules != '"x"')


def test_the_shelf_is_sound() -> None:
    """Every grammar of the shelf passes without an error or a warning."""
    from photopoem.grammar import find_grammar

    assert shelf()
    assert {name: check_grammar(find_grammar(name)) for name in shelf()} == {name: [] for name in shelf()}


def run(*arguments: str) -> tuple[int, str, str]:
    from photopoem.commands.grammar import command

    result = CliRunner().invoke(command, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_check_command(tmp_path: Path) -> None:
    """`grammar check` prints file, line and column, or JSON, and exits 1 for an error, 0 for warnings."""
    bad, warned = tmp_path / "bad.json", tmp_path / "warned.json"
    bad.write_text('{"origin":\n "#nope#"}', "utf-8")
    warned.write_text('{"origin": "x", "lost": "y"}', "utf-8")
    code, out, err = run("check", str(bad), str(warned))
    assert code == 1
    assert out.splitlines()[0].startswith(f"{bad}:2:3: error: no symbol 'nope'")
    assert err == "1 error, 1 warning\n"
    assert run("check", str(warned))[0] == 0
    first = json.loads(run("check", str(bad), "--json")[1])[0]
    assert (first["line"], first["column"], first["severity"]) == (2, 3, "error")


def test_new_preview_show_and_list(tmp_path: Path) -> None:
    """A new grammar is valid, is not overwritten, and can be previewed and shown; the shelf can be listed."""
    mine = tmp_path / "mine.json"
    assert run("new", str(mine))[0] == 0
    assert check_grammar(mine) == []
    assert run("new", str(mine))[0] != 0
    code, out, err = run("preview", str(mine), "-n", "2", "--seed", "3")
    assert code == 0
    assert out.count("\n\n") >= 4
    assert "different poems in 200" in err
    assert "of the words come from the photograph" in err
    assert '"origin"' in run("show", str(mine))[1]
    listed = run("list")[1]
    assert all(name in listed for name in shelf())
    assert load_grammar(mine).about.startswith("Say here")


def test_preview_from_a_vocabulary(tmp_path: Path) -> None:
    """`preview --vocabulary` takes the words of a file in the shape that `look --json` prints."""
    from photopoem.poem import record

    mine, words = tmp_path / "mine.json", tmp_path / "words.json"
    mine.write_text('{"origin": "#label1#"}', "utf-8")
    poem = Grammar.from_rules({"origin": "x"}).write(vocabulary("heron"))
    words.write_text(json.dumps(record(poem), indent=1), "utf-8")
    assert "heron" in run("preview", str(mine), "--vocabulary", str(words), "-n", "1")[1]
    words.write_text("{}", "utf-8")
    assert run("preview", str(mine), "--vocabulary", str(words))[0] != 0
