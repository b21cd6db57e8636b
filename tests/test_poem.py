"""Poems as records: every word with its source, there and back."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pypdf import PdfReader

from photopoem.grammar import Grammar
from photopoem.photo.moment import Moment
from photopoem.poem import colophon, from_record, record
from photopoem.poems.text import as_text, from_text
from photopoem.press import open_press
from tests.escpos_reader import read_job
from tests.vocabularies import many, vocabulary

RULES = {
    "origin": "[it:#label#]#it.a.capitalize# #it.does#\n#color#, #season#\n#line#",
    "line": ["#keyword# of #place#", "#color#", "#label1.part#"],
    "title": "#label1.title#",
}


def test_a_record_makes_the_same_poem() -> None:
    """A poem goes through JSON and back without any difference."""
    grammar = Grammar.from_rules(RULES | {"origin": ["#line#\n#label.a#", "#color#", "x"]})
    for n, words in enumerate(many(80)):
        poem = grammar.write(words, n)
        assert from_record(json.loads(json.dumps(record(poem)))) == poem


def test_stanzas_reach_every_press() -> None:
    """An empty line is preserved in the record, in the text and on paper."""
    poem = Grammar.from_rules({"origin": "#label1#\n\nand then\nagain", "title": "x"}).write(vocabulary())
    first, _, *rest = said = [str(line) for line in poem.lines]
    assert said == [first, "", *rest]
    assert from_record(json.loads(json.dumps(record(poem)))) == poem
    assert from_text(poem, as_text(poem)) == poem
    (paper,) = read_job(open_press("receipt").press([poem], photos=None))
    assert paper.text.splitlines()[2:6] == said
    page = open_press("html").press([poem], photos=None).decode()
    assert re.findall(r'<span class="line" dir="auto">(.*?)(?=</span>\n)', page)[1] == ""
    (sheet,) = PdfReader(io.BytesIO(open_press("pdf", layout="card").press([poem], photos=None))).pages
    heights: dict[str, float] = {}

    def note(text: str, _: object, at: list[float], *__: object) -> None:
        heights.setdefault(text.strip(), at[5])

    sheet.extract_text(visitor_text=note)
    above, below, last = (heights[line] for line in (first, *rest))
    assert above - below == pytest.approx(2 * (below - last))
    assert b"<path" in open_press("svg").press([poem], photos=None)


def test_the_shape_of_a_record() -> None:
    """A record has the keys that others rely on, and each word's layer, or the lexicon's voice."""
    moment = Moment(datetime(2019, 10, 20, tzinfo=UTC), "autumn", place="Oulu", near=True, keywords=("mill",))
    poem = Grammar.from_rules(RULES).write(vocabulary("dog", moment=moment))
    made = record(poem)
    assert {"path", "digest", "title", "text", "lines", "grammar", "seed", "labeller", "labels", "palette", "moment",
            "colophon", "version"} <= set(made)  # fmt: skip
    assert made["title"] == "Dog"
    assert made["text"] == "\n".join("".join(span["text"] for span in line) for line in made["lines"])
    spans = [span for line in made["lines"] for span in line]
    assert {span["source"]["layer"] for span in spans if span["source"]} == {"machine", "people", "place"}
    (lexical,) = [span for span in spans if span.get("voice") == "lexicon"]
    assert (lexical["source"], lexical["of"]) == (None, "dog")
    assert made["palette"][0]["hex"].startswith("#")
    assert made["moment"]["taken"] == "2019-10-20T00:00:00+00:00"


def test_the_colophon() -> None:
    """The colophon says who labelled, who named the colors, and when and where the photograph was taken."""
    moment = Moment(datetime(2019, 10, 20, tzinfo=UTC), place="Oulu", near=True)
    poem_of_a_dog = Grammar.from_rules({"origin": "x"}).write(vocabulary("dog", moment=moment), 7)
    text = colophon(poem_of_a_dog)
    assert text.startswith(
        "Labels: test (tests). Color names: 222,500 sessions of the xkcd color survey, 2010."
    )
    versioned = replace(
        poem_of_a_dog, subject=replace(poem_of_a_dog.subject, labeller_version="3", asked="2026-11-22")
    )
    assert colophon(versioned).startswith("Labels: test 3 (tests), 2026-11-22.")
    assert "Photographed 2019-10-20, near Oulu. Grammar: grammar, seed 7." in text


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (Moment(), ". Grammar:"),
        (Moment(datetime(2019, 10, 20, tzinfo=UTC)), " Photographed 2019-10-20. Grammar:"),
        (
            Moment(datetime(2019, 10, 20, tzinfo=UTC), place="Oulu"),
            " Photographed 2019-10-20, Oulu. Grammar:",
        ),
        (Moment(place="Les Salles"), " Place: Les Salles. Grammar:"),
        (Moment(place="Oulu", near=True), " Place: near Oulu. Grammar:"),
    ],
)
def test_the_colophon_of_what_is_known(moment: Moment, said: str) -> None:
    """The colophon says date and place, either alone, or neither, each as a sentence."""
    text = colophon(Grammar.from_rules({"origin": "x"}).write(vocabulary("dog", moment=moment)))
    assert said in text
    assert ("Photographed" in text, "Place:" in text) == ("Photographed" in said, "Place:" in said)
