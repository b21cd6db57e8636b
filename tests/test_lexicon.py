"""The lexicon's loader."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from photopoem.english.lexicon import FIELDS, KINDS, Lexicon, load_lexicon
from photopoem.errors import UsageError

HEADING = "word,kind,does,part,feels\n"


def write(folder: Path, text: str | bytes, name: str = "mine.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def mine(folder: Path, rows: str) -> Lexicon:
    return load_lexicon(write(folder, HEADING + rows))


def test_unknown_words_fall_back_to_their_kind():
    """A word nobody wrote about has alternatives in every field and of every kind."""
    lexicon = load_lexicon()
    for kind in KINDS:
        for name in FIELDS:
            assert lexicon["xqzvbn", kind, name]


def test_a_file_extends_and_overrides_cell_by_cell(tmp_path: Path):
    """A user's row replaces the cells it fills, keeps the others and adds new words."""
    first = write(tmp_path, HEADING + "quokka,thing,grins;waits,paw,\n", "first.csv")
    second = write(tmp_path, HEADING + "Quokka,thing,,,warm; dry\n*thing,thing,sits there,,\n", "second.csv")
    lexicon = load_lexicon(first, second)
    assert lexicon["quokka", "thing", "does"] == ("grins", "waits")
    assert lexicon["QUOKKA", "thing", "feels"] == ("warm", "dry")
    assert lexicon["xqzvbn", "thing", "does"] == ("sits there",)
    assert load_lexicon()["xqzvbn", "thing", "does"] != ("sits there",)


def test_fallbacks(tmp_path: Path):
    """A word is looked up as it is, then its singular, its head, its last words, then its kind."""
    lexicon = mine(
        tmp_path,
        "quokka,thing,waits,paw,dry\nred quokka,thing,runs,,\n"
        "flagon,thing,holds still,rim,cold\n*thing,thing,is,edge,near\n",
    )
    assert lexicon["red quokka", "thing", "does"] == ("runs",)
    assert lexicon["red quokka", "thing", "part"] == ("paw",)
    assert lexicon["old quokka", "thing", "does"] == ("waits",)
    assert lexicon["flagon of ale", "thing", "does"] == ("holds still",)
    assert lexicon["quokkas", "thing", "part"] == ("edge",), "a plural that no table knows is another word"
    assert lexicon["prairie dog", "thing", "does"] == ("is",), "a prairie dog is no dog"


def test_plurals_get_plural_verbs(tmp_path: Path):
    """Phrases for a plural word are in the plural."""
    lexicon = mine(tmp_path, "wolf,thing,lifts its head; is still,,\n")
    assert lexicon["wolf", "thing", "does"] == ("lifts its head", "is still")
    assert lexicon["wolves", "thing", "does"] == ("lift their head", "are still")


def test_phrases_whose_it_is_unclear_are_not_said_of_many(tmp_path: Path):
    """A phrase with "it" is used for a plural only if there is no other."""
    lexicon = mine(tmp_path, "wolf,thing,hides what it took; waits,,\nfox,thing,hides what it took,,\n")
    assert lexicon["wolves", "thing", "does"] == ("wait",)
    assert lexicon["foxes", "thing", "does"] == ("hide what it took",)


def test_a_color_is_not_a_thing_of_the_same_name(tmp_path: Path):
    """The color orange and the fruit keep their own rows; a scene finds a thing's row."""
    lexicon = mine(tmp_path, "orange,color,glows,,\norange,thing,rolls,,\nquay,thing,waits,,\n")
    assert lexicon["orange", "color", "does"] == ("glows",)
    assert lexicon["orange", "thing", "does"] == ("rolls",)
    assert lexicon["xqzvbn orange", "color", "does"] == ("glows",)
    assert lexicon["quay", "scene", "does"] == ("waits",)


def test_a_person_falls_back_to_a_thing_and_the_other_way(tmp_path: Path):
    """One row serves a word whether a labeller calls it a person or a thing; an unknown person has phrases apart."""
    lexicon = mine(tmp_path, "courier,thing,rings,,\nporter,person,waits,,\n")
    assert lexicon["courier", "person", "does"] == ("rings",)
    assert lexicon["porter", "thing", "does"] == ("waits",)
    assert lexicon["young porter", "thing", "does"] == ("waits",)
    assert not set(lexicon["xqzvbn", "person", "does"]) & set(lexicon["xqzvbn", "thing", "does"])


def test_own_rows_go_first_whatever_kind_they_give(tmp_path: Path):
    """A row for a word goes before the shipped one of another kind of noun, and never before a color's or an act's."""
    lexicon = mine(tmp_path, "child,thing,hums,,\nmountain,thing,,peak,\norange,thing,,,round\n")
    assert lexicon["child", "person", "does"] == lexicon["child", "thing", "does"] == ("hums",)
    assert lexicon["mountain", "scene", "part"] == ("peak",)
    assert lexicon["orange", "color", "feels"] == load_lexicon()["orange", "color", "feels"] != ("round",)
    assert lexicon["painting", "doing", "does"] != lexicon["painting", "thing", "does"]


def test_acts_and_qualities_have_rows_of_their_own(tmp_path: Path):
    """An act or a quality is told of by its own row, also for a labeller that calls it stuff; else by its kind's."""
    lexicon = mine(
        tmp_path, "juggling,doing,keeps three things up,,\nfoggy,quality,,,dim\nxqz,thing,waits,,\n"
    )
    assert (
        lexicon["juggling", "doing", "does"]
        == lexicon["juggling", "stuff", "does"]
        == ("keeps three things up",)
    )
    assert lexicon["foggy", "quality", "feels"] == ("dim",)
    assert lexicon["xqz", "doing", "does"] == lexicon["*doing", "doing", "does"], "an act is no thing"


def test_text_is_literal(tmp_path: Path):
    """Tracery syntax and markup in a cell come back as they were written."""
    lexicon = mine(tmp_path, 'quokka,thing,"says #origin# [x:y], <b>",,\n')
    assert lexicon["quokka", "thing", "does"] == ("says #origin# [x:y], <b>",)


def test_comments_blank_lines_and_column_order(tmp_path: Path):
    """Lines from # on and empty lines are skipped; columns may come in any order and be left out."""
    path = write(tmp_path, "\ufeff# mine\n\nkind,word,feels\nthing,quokka,warm\n")
    assert load_lexicon(path)["quokka", "thing", "feels"] == ("warm",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty lexicon"),
        ("dog,thing,waits,,\n", "mine.csv:1: a lexicon begins with"),
        (HEADING + "quokka,thing,waits\n", "mine.csv:2: 3 cells, not 5"),
        (HEADING + "quokka,thing,waits, sits,paw,warm\n", "mine.csv:2: 6 cells, not 5"),
        (HEADING + "\nquokka,beast,waits,,\n", "mine.csv:3: 'beast' is not a kind"),
        (HEADING + ",thing,waits,,\n", "mine.csv:2: a row without a word"),
        (HEADING + "quokka,thing,,;,\n", "mine.csv:2: 'quokka' has nothing"),
        (HEADING + "quokka,thing,waits,,\nQuokka,thing,sits,,\n", "mine.csv:3: 'quokka' comes twice"),
        (HEADING + "quokka,thing,wa\x1b[31mits,,\n", "mine.csv:2: a control character"),
        (HEADING + "quokka,thing,wa\u202eits,,\n", "mine.csv:2: a control character"),
        (HEADING + 'quokka,thing,"waits,,\n', "mine.csv:2: not a CSV row"),
        (b"word,kind,does\nquokka,thing,\xff\n", "not UTF-8"),
        ("word,kind,does,does\n", "mine.csv:1: a column comes twice"),
    ],
)
def test_bad_rows_are_errors_with_file_and_line(tmp_path: Path, text: str | bytes, message: str):
    """A row that cannot be used is refused in one line that says where and why."""
    with pytest.raises(UsageError) as caught:
        load_lexicon(write(tmp_path, text))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_a_missing_file_is_an_error_with_its_name(tmp_path: Path):
    """A lexicon that is not there is named."""
    with pytest.raises(UsageError, match=r"nowhere\.csv"):
        load_lexicon(tmp_path / "nowhere.csv")


COMMON = (
    "person child man woman boy girl baby crowd people player dog puppy cat horse bird cow sheep animal car bus truck "
    "train boat bicycle motorcycle tree grass field flower plant forest leaf sky cloud water sea river lake mountain "
    "hill rock stone snow sand beach road street path house building wall window door room table chair bed food fruit "
    "cake shirt hat dress jacket shoe ball toy book bottle cup bowl sign fence bridge city night sunset"
).split()
ACTS = (
    "sitting standing running walking jumping playing smiling laughing riding climbing swimming dancing sleeping lying "
    "eating drinking reading talking kissing hugging singing fishing skateboarding surfing skiing fighting throwing "
    "catching kicking splashing flying posing hiking painting digging shopping crying blowing"
).split()
QUALITIES = (
    "wet snowy rocky muddy wooden old empty crowded colorful dark shirtless barefoot blond bald striped plaid"
).split()


def shipped(field: str, *, colors: bool = True) -> list[tuple[str, str]]:
    """The shipped phrases of a field, each with its word."""
    rows = load_lexicon().entries.items()
    return [
        (word, text)
        for (word, kind), cells in rows
        for text in cells.get(field, ())
        if colors or kind != "color"
    ]


@pytest.mark.parametrize("name", FIELDS)
def test_the_commonest_words_have_three_alternatives(name: str):
    """A wall of photographs of the same things need not repeat itself: three phrases or more in every cell."""
    lexicon = load_lexicon()
    for word in COMMON:
        assert any((word, kind) in lexicon.entries for kind in ("thing", "stuff", "scene", "person")), word
        assert len(lexicon[word, "thing", name]) >= 3, word
    for kind, words in (("doing", ACTS), ("quality", QUALITIES)):
        for word in words:
            assert (word, kind) in lexicon.entries, word
            assert len(lexicon[word, kind, name]) >= 2, word


def test_nobody_is_judged():
    """Phrases for persons do not judge looks, age, sex, origin or feelings."""
    judging = (
        "young old pretty handsome beautiful ugly fat thin tall short pale dark white black brown smart kind happy sad "
        "shy proud tired lonely angry afraid foreign native male female lovely sweet lazy poor rich he she him her his"
    ).split()
    rows = [cells for (_, kind), cells in load_lexicon().entries.items() if kind == "person"]
    assert len(rows) > 20
    for cells in rows:
        for text in (text for texts in cells.values() for text in texts):
            assert not set(re.findall(r"\w+", text)) & set(judging), text


def test_what_a_thing_does_has_one_verb():
    """A verb phrase can be said in the plural and with -ing: after its first verb comes no other of its kind."""
    second = re.compile(r"(?:\b(?:and|then|but)|,) (?:then )?(?:\w+[^s\W]s|is|was|has|does)\b")
    assert [text for _, text in shipped("does", colors=False) if second.search(text)] == []


def test_a_part_is_a_noun():
    """A part fits after "the" and before "of": it has no comma, no alternative and no article."""
    for word, text in shipped("part", colors=False):
        assert not re.search(r",|\bor\b|^(?:the|an?|its|their)\b", text), (word, text)


def test_phrases_are_short_and_leave_worn_words_out():
    """Phrases fit a line of a narrow poem, and avoid worn-out words."""
    worn = re.compile(
        r"whisper|danc(?:e|es|ing)\b|\bsoul|dream|eternal|tapestry|gentle|embrace|symphony|ethereal|moonl"
    )
    for name in FIELDS:
        for word, text in shipped(name):
            assert not worn.search(text), (word, text)
            assert len(text) <= 40, (word, text)
