"""Writing: drawn words, pruned rules, bindings, and the source of every word."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from photopoem.errors import GrammarError, MissingWordsError, UsageError
from photopoem.grammar import Grammar, choose, expand_names, load_grammar
from photopoem.grammar.preview import sample_vocabulary
from photopoem.photo.moment import Moment
from photopoem.poem import Poem
from photopoem.vocabulary import Vocabulary, make_vocabulary
from tests.vocabularies import many, vocabulary


def write(rules: dict[str, object], words: Vocabulary | None = None, seed: int = 0) -> Poem:
    return Grammar.from_rules(rules).write(words or vocabulary(), seed)


def texts(rules: dict[str, object], words: Vocabulary | None = None, seeds: int = 60) -> set[str]:
    grammar = Grammar.from_rules(rules)
    return {grammar.write(words or vocabulary(), seed).text for seed in range(seeds)}


def test_same_photo_grammar_and_seed_give_the_same_poem() -> None:
    """A poem depends on digest, grammar and seed alone, and global randomness is neither read nor changed."""
    rules = {"origin": "#label# #color# #label#"}
    before = random.getstate()
    first = write(rules)
    assert random.getstate() == before
    random.seed(5)
    elsewhere = vocabulary(path="other/name.jpg")
    assert write(rules, elsewhere).lines == first.lines
    assert len(texts(rules)) > 5
    assert len({write(rules, vocabulary(digest=f"{n}")).text for n in range(40)}) > 5


def test_no_word_twice_while_the_deck_lasts() -> None:
    """A symbol deals each of its words once before any comes back."""
    words = vocabulary("cow hen fox owl")
    for text in texts({"origin": "#label# #label# #label# #label# #label#"}, words):
        said = text.split()
        assert set(said[:4]) == {"cow", "hen", "fox", "owl"}
        assert said[4] in said[:3]


def test_a_word_dealt_under_one_symbol_is_dealt_under_all() -> None:
    """What one symbol said no other symbol says again."""
    words = vocabulary("cow@0.9 hen@0.85")
    for text in texts({"origin": "#label# #sure#"}, words) | texts({"origin": "#thing# #label#"}, words):
        assert sorted(text.split()) == ["cow", "hen"]


def test_words_that_share_their_content_are_kept_apart() -> None:
    """A word that shares content with an earlier one is not drawn while there are others."""
    words = vocabulary("grass/stuff", "grass_green silver")
    assert texts({"origin": "#label# and #color#"}, words) == {"grass and silver"}
    only = vocabulary("grass/stuff", "grass_green")
    assert texts({"origin": ["#label# and #color#", "#label# alone"]}, only) == {"grass alone"}
    assert texts({"origin": "#label# and #color#"}, only) == {"grass and grass green"}


def test_a_rule_that_repeats_a_dealt_word_is_avoided() -> None:
    """Rules whose own text repeats a drawn word are avoided."""
    rules = {"origin": "#label1#\n#rest#", "rest": ["a dog again", "nothing else"]}
    assert texts(rules) == {"dog\nnothing else"}


def test_likelier_words_come_more_often() -> None:
    """A word's weight is its likelihood."""
    words = vocabulary("cow@0.9 hen@0.1")
    grammar = Grammar.from_rules({"origin": "#label#"})
    counts = Counter(grammar.write(words, seed).text for seed in range(1000))
    assert 840 < counts["cow"] < 950


def test_every_label_is_stated_or_asked() -> None:
    """From 0.6 a label is `sure`, below it is `doubt`; likelier doubts are drawn far more often."""
    words = vocabulary("cow@0.6 hen@0.59 fox@0.2 owl@0.05")
    assert [word.text for word in words.words["sure"]] == ["cow"]
    grammar = Grammar.from_rules({"origin": "#doubt#"})
    counts = Counter(grammar.write(words, seed).text for seed in range(1000))
    assert set(counts) <= {"hen", "fox", "owl"}
    assert counts["hen"] > 850
    assert counts["owl"] < 20


@pytest.mark.parametrize(
    "origin",
    [
        "#place#",
        "#near#",
        "[p:#place#]#p#",
        "#[p:#place#]near#",
        "#place.a.upper#",
        "#place.does#",
        "[#near#]x",
        "#deep#",
    ],
)
def test_what_needs_missing_words_is_left_out(origin: str) -> None:
    """A rule is not used when a word is missing anywhere below it: nested, bound, or under a modifier."""
    rules = {"origin": [origin, "nowhere"], "near": "near #place#", "deep": ["#near#", "#near# and #near#"]}
    assert texts(rules) == {"nowhere"}


def test_a_push_needs_one_of_its_rules() -> None:
    """A binding to one of several needs only one that can be said."""
    assert texts({"origin": ["[p:#place#,home]#p#"]}) == {"home"}


def test_nothing_left_names_the_symbol() -> None:
    """Where origin itself is left with nothing the error names the symbol and the grammar."""
    with pytest.raises(MissingWordsError, match=r"no words for 'season'.*grammar"):
        write({"origin": "#a#", "a": "#b# #label#", "b": "#season#"})


def test_bindings_repeat_on_purpose_and_keep_the_word() -> None:
    """A binding says one word again and again, with its source, kind and figures."""
    poem = write({"origin": "[it:#color1#]#it.a#\n#it#, #it.share#\n#it.does#"})
    spans = [span for line in poem.lines for span in line.spans if span.source]
    assert {span.source.of for span in spans if span.source} == {"silver"}
    assert "half" in str(poem.lines[1])
    assert poem.lines[2].spans[0].voice == "lexicon"
    assert poem.lines[2].spans[0].of == "silver"


def test_a_tags_bindings_end_with_it() -> None:
    """What a tag binds, itself or by a rule it runs, is bound for that tag alone."""
    rules = {"origin": "#[#set#][a:one]say#; #[a:two]say#", "set": "[b:deep]", "say": "#a# #b#", "b": "plain"}
    assert texts(rules) == {"one deep; two plain"}


def test_pushes_in_text_last_until_popped() -> None:
    """A binding in the text holds until it is popped, and popping too often changes nothing."""
    rules = {"origin": "[a:1]#a#[a:2]#a#[a:POP]#a#[a:POP]#a#[a:POP]#a#", "a": "base"}
    assert texts(rules) == {"121basebase"}


def test_numbered_symbols_repeat_on_purpose() -> None:
    """A numbered symbol always gives the same word, and other symbols avoid that word."""
    assert texts({"origin": "#label1# #label1# #color1# #color1#"}) == {"dog dog silver silver"}
    assert all("dog" not in text[4:] for text in texts({"origin": "#label1# #label#"}))


@pytest.mark.parametrize(
    "first",
    [
        "#color#.\nMostly #color1#.",
        "#thing#? #label#?\nOr #label1.a#, #label2.a#.",
        "#any#\n#mostly#",
        "[x:#color#,#label#]#x#, then #x#\n#mostly#",
    ],
)
def test_what_a_rule_says_by_number_is_left_to_it(first: str) -> None:
    """Other symbols do not deal the word that the rule, or one it leads to in any case, will say by its number."""
    rules = {
        "_in_order": ["origin", "mostly"],
        "origin": [first, "It fell."],
        "any": ["#color#", "[x:#label#]#x.a#", "#hue#, #label#"],
        "mostly": ["Mostly #color1#, #label1.a#.", "Mostly #color1#."],
    }
    for words in (sample_vocabulary(), vocabulary(colors="silver silver_grey charcoal")):
        assert "It fell." not in texts(rules, words, seeds=80)
    # Where nothing else is left it is dealt.
    assert texts({"origin": "#color# #color# #color2#"}) == {"silver charcoal charcoal"}


def test_the_photographs_words_replace_the_examples() -> None:
    """The photograph's words replace a grammar's own rules for such symbols, even if there are none."""
    rules = {"origin": ["#label#", "#season#", "neither"], "label": ["unicorn"], "season": ["monsoon"]}
    assert texts(rules) <= {"dog", "grass", "valley", "tree", "neither"}
    bare = make_vocabulary(replace(vocabulary().subject, labels=()))
    assert texts(rules, bare) == {"neither"}


@pytest.mark.parametrize("word", ["tree", "animal", "theater", "dog"])
def test_an_article_is_the_authors(word: str) -> None:
    """Before a word that begins like its article, the article is the author's and the word is the photograph's."""
    line = write({"origin": "[it:#label#]#it.the# and #it.a#"}, vocabulary(word)).lines[0]
    assert [span.text for span in line.spans if span.source] == [word, word]


def test_every_character_of_a_line_belongs_to_a_span() -> None:
    """Spans join to the line, through modifiers that put in, change and cut."""
    rules = {
        "origin": "#label1.a.capitalize# #label2.s#\n#pair.a#\n#pair.s.upper#\n#color1.title#",
        "pair": "#color2# #label4#",
    }
    lines = write(rules).lines
    sources = [
        [(span.text, span.source.of if span.source else None) for span in line.spans] for line in lines
    ]
    assert sources == [
        [("A ", None), ("dog", "dog"), (" ", None), ("grass", "grass")],
        [("a ", None), ("charcoal", "charcoal"), (" ", None), ("tree", "tree")],
        [("CHARCOAL", "charcoal"), (" ", None), ("TREES", "tree")],
        [("Silver", "silver")],
    ]


def test_lines_are_tidy() -> None:
    """Empty expansions leave no empty line; the author's spaces stay."""
    rules = {"origin": "#none# a  b #none#.\n#none#\n   \n  indented #none# , yes", "none": ""}
    assert write(rules).text == "a  b.\n  indented , yes"


def test_an_empty_line_of_the_rules_own_parts_stanzas() -> None:
    """An empty line in a rule, a binding too, is one in the poem: neither first nor last nor two in a row."""
    rules = {"origin": "\n\n#none#\n\nA\n\n\n#none#\n\n#none#\nB\n#none#\nC\n\n#none#\n\n", "none": ""}
    assert write(rules).text == "A\n\nB\nC"
    assert write({"origin": "[x:#two#]#x#", "two": "A\n\nB"}).text == "A\n\nB"
    assert write({"origin": "[x:A\n\nB]#x#\n\n[x:C]#x#"}).text == "A\n\nB\n\nC"
    assert write({"origin": "#stanza#\n#stanza#", "stanza": ["A", "B\n\nA"]}).text.count("\n\n") == 1


def test_an_empty_line_counts_for_none() -> None:
    """A form counts only lines with text, and breaks them with their spaces."""
    origin = "an owl\n\nlight\n\nan owl"
    assert write({"_form": {"syllables": [2, 1, 2], "lines": 3}, "origin": origin}).text == origin
    soft = {"width": 8, "break": True, "indent": 2, "lines": 2}
    assert write({"_form": soft, "origin": "an owl\n\nin the dark"}).text == "an owl\n\nin the\n  dark"


def test_no_word_twice_in_a_row() -> None:
    """A line in which two words meet that are the same is written otherwise."""
    words = vocabulary("dog", tone=("still",))
    rules = {"origin": "#how#\n#line#", "how": "x", "line": ["still #tone#", "quite #tone#"]}
    assert texts(rules, words) == {"x\nquite still"}


def test_lexicon_phrases_never_come_twice() -> None:
    """What the lexicon says of words is dealt: no phrase twice in a poem."""
    grammar = Grammar.from_rules(
        {"origin": "#line#\n" * 5 + "end", "line": ["#label.does#", "#label1.does#", "so"]}
    )
    for n, words in enumerate(many(60, least_labels=4)):
        lines = [line for line in grammar.write(words, n).lines if line.spans[0].voice == "lexicon"]
        assert len(set(map(str, lines))) == len(lines)


def test_rules_are_dealt_but_not_those_that_lead_back() -> None:
    """A symbol's rules are used once each, while recursion may go on as long as it likes."""
    rules = {"origin": "#x##x##x#", "x": ["fox", "owl", "elk"]}
    assert {"".join(sorted(text)) for text in texts(rules)} == {"".join(sorted("foxowlelk"))}
    lengths = {len(text) for text in texts({"origin": "#n#", "n": ["i#n#", "i"]}, seeds=300)}
    assert max(lengths) > 5


def test_rules_that_only_lead_on_are_used_again() -> None:
    """A rule without text of its own that binds words for another symbol may be used again."""
    rules = {
        "_in_order": ["maybe"],
        "origin": "#maybe#\n#maybe#\n#maybe#",
        "maybe": ["[c:#color#]#line#", ""],
        "line": ["#c# first", "then #c#", "#c# again"],
    }
    three = Grammar.from_rules(rules).write(vocabulary(colors="silver charcoal red"))
    assert len(three.lines) == 3
    two = Grammar.from_rules(rules).write(vocabulary(colors="silver charcoal"))
    assert len(two.lines) == 2


def test_weights_and_order() -> None:
    """`_weights` makes rules likelier; a symbol `_in_order` uses the first rule that can be said."""
    weighted = {"_weights": {"origin": [99, 1]}, "origin": ["often", "seldom"]}
    grammar = Grammar.from_rules(weighted)
    assert Counter(grammar.write(vocabulary(), seed).text for seed in range(300))["often"] > 270
    ordered = {"_in_order": ["origin"], "origin": ["#season#", "no #place#", "neither", "never"]}
    assert texts(ordered) == {"neither"}
    assert texts(ordered, vocabulary(moment=Moment(season="autumn"))) == {"autumn"}


def test_titles() -> None:
    """The title is `title`, or what `_title` names, or the grammar's name and the surest label; one line always."""
    assert str(write({"origin": "#label1#", "title": "#label1.title#\nagain"}).title) == "Dog again"
    assert str(write({"origin": "[it:moon]x", "_title": "t", "t": "#it.a#"}).title) == "a moon"
    assert str(write({"origin": "x", "title": "#season#"}).title) == "grammar: dog"


def test_word_lists_and_lexicons_beside_a_grammar(tmp_path: Path) -> None:
    """Word lists, their weights, and a lexicon are read from the grammar's own folder, as literal text."""
    (tmp_path / "birds.txt").write_text("owl #x#\n# a note\n\n", "utf-8")
    (tmp_path / "sizes.csv").write_text("huge,1000\nsmall,1\n", "utf-8")
    (tmp_path / "mine.csv").write_text("word,kind,does,part,feels\ndog,thing,hums,,\n", "utf-8")
    path = tmp_path / "g.json"
    rules = {"_words": {"bird": "birds.txt", "size": "sizes.csv"}, "_lexicon": "mine.csv"}
    path.write_text(json.dumps(rules | {"origin": "#size# #bird#. #label1.does#"}), "utf-8")
    assert load_grammar(path).write(vocabulary()).text == "huge owl #x#. hums"


def test_a_changed_grammar_is_read_again(tmp_path: Path) -> None:
    """A grammar is read once, and again when its file has changed."""
    path = tmp_path / "g.json"
    path.write_text('{"origin": "one"}', "utf-8")
    assert load_grammar(path) is load_grammar(str(path))
    before = load_grammar(path).fingerprint
    path.write_text('{"origin": "other"}', "utf-8")
    assert load_grammar(path).write(vocabulary()).text == "other"
    assert load_grammar(path).fingerprint != before


def test_else_writes_where_a_grammar_cannot(tmp_path: Path) -> None:
    """`_else` names the grammar that writes instead, and a circle of them ends in a plain error."""
    (tmp_path / "a.json").write_text('{"_else": "b.json", "origin": "#season#"}', "utf-8")
    (tmp_path / "b.json").write_text('{"_else": "a.json", "origin": ["#year#", "#label1#"]}', "utf-8")
    poem = load_grammar(tmp_path / "a.json").write(vocabulary())
    assert (poem.text, poem.grammar) == ("dog", "b")
    with pytest.raises(MissingWordsError):
        load_grammar(tmp_path / "a.json").write(make_vocabulary(replace(vocabulary().subject, labels=())))


def test_choose_goes_by_photograph_and_seed() -> None:
    """Which grammar writes depends on digest and seed, and one more in the list takes only its own share."""
    digests = [f"{n:064x}" for n in range(400)]
    three = [choose(["a", "b", "c"], digest, 0) for digest in digests]
    assert three == [choose("c,b,a", digest, 0) for digest in digests]
    assert min(Counter(three).values()) > 90
    four = [choose(["a", "b", "c", "d"], digest, 0) for digest in digests]
    assert all(new in (old, "d") for old, new in zip(three, four, strict=True))
    assert three != [choose(["a", "b", "c"], digest, 1) for digest in digests]


def test_names_of_grammars(tmp_path: Path) -> None:
    """Names come with commas between; files keep theirs; nothing named is an error, and so is a name unknown."""
    path = str(tmp_path / "one,two.json")
    Path(path).write_text("{}")
    assert expand_names(" a, b,,a ") == ("a", "b")
    assert expand_names(path) == (path,)
    with pytest.raises(UsageError, match="no grammar"):
        expand_names(",")
    with pytest.raises(GrammarError, match="no-such: no such grammar"):
        load_grammar("no-such")
