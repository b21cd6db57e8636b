"""The lexicon's loader."""

from __future__ import annotations

from pathlib import Path

import pytest

from photopoem.english.lexicon import FIELDS, Lexicon, load_lexicon
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
    for kind in ("thing", "stuff", "scene", "color", "tone", "moment", "amount"):
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
    """What one wolf does is said in the plural of wolves."""
    lexicon = mine(tmp_path, "wolf,thing,lifts its head; is still,,\n")
    assert lexicon["wolf", "thing", "does"] == ("lifts its head", "is still")
    assert lexicon["wolves", "thing", "does"] == ("lift their head", "are still")


def test_phrases_whose_it_is_unclear_are_not_said_of_many(tmp_path: Path):
    """The word it in a phrase may be the wolf: of wolves such a phrase is said only where there is no other."""
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
        (HEADING + "\nquokka,beast,waits,,\n", "mine.csv:3: 'beast' is no kind"),
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
