"""An author's own text comes out as it was written; only strangers' words are cleaned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from photopoem.grammar import Grammar
from photopoem.poem import Line, Span
from photopoem.press.html import HtmlPress
from photopoem.press.pdf import PdfPress
from photopoem.press.receipt import ReceiptPress
from photopoem.press.svg import SvgPress
from photopoem.text.wrap import wrap_columns
from photopoem.vocabulary import Source, Vocabulary
from tests.command import photopoem
from tests.escpos_reader import read_job
from tests.making import make_photo
from tests.paper import WIDE, make_poem
from tests.vocabularies import vocabulary


@pytest.fixture
def words() -> Vocabulary:
    """A photograph's words."""
    return vocabulary()


def text_of(origin: str, words: Vocabulary, **rules: object) -> str:
    """The text of the poem of a rule."""
    return Grammar.from_rules({"origin": [origin], **rules}).write(words).text


@pytest.mark.parametrize(
    "line",
    [
        "👩‍🌾 and 👨‍👩‍👧‍👦 and 🏳️‍🌈",  # zero width joiners in emoji
        "می‌خواهم",  # a zero width non-joiner in Persian
        "क्‍ष और क्‌ष",  # joiners in Devanagari
        "auf‌lage",  # a non-joiner that keeps a ligature away
        "🌲　　🌲 🌲",  # ideographic and em spaces
        "a    b  c",
        "deux : 2 000 €",  # no-break and narrow no-break spaces
        "　indented",
        "    indented",
        "« quoi ? »",
    ],
)
def test_the_authors_text_keeps_every_character(words: Vocabulary, line: str) -> None:
    """Joiners, wide spaces and runs of spaces keep their place, alone and in a bound or modified text."""
    assert text_of(f"{line}\n#color1#", words).splitlines()[0] == line
    assert text_of(f"[it:#quoted#]#color1#\n{line}", words, quoted=[line]).splitlines()[1] == line
    assert text_of("#quoted#", words, quoted=[line]) == line


@pytest.mark.parametrize("mark", ["?", "!", ":", ";", "»"])
@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u202f"])
def test_french_spacing_stays(words: Vocabulary, mark: str, blank: str) -> None:
    """A space that the author put before a mark stays, after a word and after something left out."""
    said = text_of("#color1#", words)
    assert text_of(f"#color1#{blank}{mark}", words) == f"{said}{blank}{mark}"
    assert text_of(f"«{blank}#color1#{blank}» #color1#", words) == f"«{blank}{said}{blank}» {said}"
    assert text_of("Quoi #maybe# ?", words, maybe=[""]) == "Quoi ?"


def test_what_is_left_out_leaves_no_gap(words: Vocabulary) -> None:
    """An empty symbol leaves one space, none before a comma, and none at the ends."""
    said = text_of("#color1#", words)
    for rule, line in (
        ("#color1# #maybe# there", f"{said} there"),
        ("#color1# #maybe#, and", f"{said}, and"),
        ("#color1# #maybe#", said),
        ("#maybe# #color1#", said),
        ("#color1# #maybe#.", f"{said}."),
    ):
        assert text_of(rule, words, maybe=[""]) == line


def test_what_acts_is_left_out_of_a_grammar_too(words: Vocabulary) -> None:
    """A grammar is a stranger's text as well: escapes and direction marks in it reach nobody."""
    assert text_of("a\x1bZb\u202ec\u2066d\ufeffe\u200bf #color1#", words).startswith("aZbcdef ")


def test_an_owners_word_keeps_its_joiners(tmp_path: Path) -> None:
    """A keyword in Persian keeps its non-joiner, one in Latin letters loses it."""
    make_photo(tmp_path / "a.jpg", 1)
    (tmp_path / "a.jpg.txt").write_text("می‌روم\n")
    make_photo(tmp_path / "b.jpg", 1)
    (tmp_path / "b.jpg.txt").write_text("ca\u200cke\n")
    (tmp_path / "g.json").write_text('{"origin": ["👩‍🌾 #keyword#"], "title": ["#keyword#"]}')
    said = [
        photopoem(
            "run", name, "-l", "keywords", "-q", "--no-colophon", "-g", "g.json", cwd=tmp_path
        ).stdout.splitlines()[-1]
        for name in ("a.jpg", "b.jpg")
    ]
    assert said == ["👩‍🌾 می‌روم", "👩‍🌾 cake"]


def test_a_strangers_joiners_stay_only_where_they_join() -> None:
    """On a page a label keeps a joiner between letters of its script, and loses one inside a Latin word."""
    source = Source("machine", "label", "x", score=0.9, labeller="local")
    lines = (
        Line((Span("\u0645\u06cc\u200c\u0631\u0648\u0645", source),)),
        Line((Span("ca\u200cke", source),)),
    )
    said = HtmlPress().press([replace(make_poem(), lines=lines)]).decode()
    assert ">\u0645\u06cc\u200c\u0631\u0648\u0645<" in said and ">cake<" in said


def test_a_receipt_keeps_the_authors_blanks() -> None:
    """On paper runs of spaces and indents stay, a wide blank takes two columns, a no-break space one."""
    (paper,) = read_job(ReceiptPress(columns=32, colophon=False).press([make_poem(*WIDE, title="t  t")]))
    assert paper.text.splitlines() == ["t  t", "", "a    b", "    a", "    a", "a  b", "\u00ab a ?"]


def test_a_receipt_breaks_a_line_at_its_blanks() -> None:
    """A line with runs of spaces that is too wide goes on in the next row, which begins with its indent alone."""
    assert wrap_columns("one    two     three", 10, "  ", blanks=True) == ["one    two", "  three"]
    assert wrap_columns("one    two     three", 10, "  ") == ["one two", "  three"]


@pytest.mark.parametrize("press", [PdfPress(), SvgPress()])
def test_cards_and_plots_set_blanks_apart(press: PdfPress | SvgPress) -> None:
    """A wide blank is wider than a space, even if the font lacks it."""
    one, wide, run = (press.press([make_poem(line, title="")]) for line in ("a b", "a\u3000b", "a    b"))
    assert len({one, wide, run}) == 3
