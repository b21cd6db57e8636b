"""Text made safe to show: cleaned, and broken into rows."""

from __future__ import annotations

import unicodedata

import pytest

from photopoem.text.clean import acts, clean, left_out, one_line
from photopoem.text.terminal import visible
from photopoem.text.wrap import balance_columns, width_of, wrap, wrap_columns
from tests.conftest import Rounds

FAMILY = "👩\u200d👩\u200d👧"
PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"  # "I want"
HINDI = "क्\u200dष"


@pytest.mark.parametrize("text", [FAMILY, PERSIAN, HINDI, "❤\ufe0f\u200d🔥", "ক্\u200d"])
def test_joiners_stay_where_a_script_needs_them(text: str) -> None:
    """Emoji, Persian and Indic words keep their joiners where the caller asks for it, and lose them elsewhere."""
    assert clean(text, joiners=True) == text
    assert clean(text) == text.replace("\u200d", "").replace("\u200c", "")


@pytest.mark.parametrize(
    "text", ["do\u200dg", "\u200ddog", "dog\u200c", "é\u200dé", "\u200d", "م\u200d dog", "🐕\u200d"]
)
def test_joiners_that_join_nothing_are_left_out(text: str) -> None:
    """A joiner that only makes two words look like one is left out, whatever the caller asks for."""
    assert clean(text, joiners=True) == clean(text)
    assert "\u200d" not in clean(text, joiners=True)


@pytest.mark.campaign
def test_nothing_that_acts_is_left(rounds: Rounds) -> None:
    """Of all of Unicode, cleaned text has only characters that show, and a terminal gets the others as escapes."""
    every = rounds(50, 1)  # of the many that are alike: unassigned, private, or of a script without cases
    alike = ("Cn", "Co", "Lo")
    whole = "".join(char for n, char in enumerate(map(chr, range(0x110000)))
                    if n % every == 0 or unicodedata.category(char) not in alike)  # fmt: skip
    assert not any(acts(char) for char in clean(whole))
    assert not any(acts(char) for char in visible(whole))
    assert left_out("a\x1b\n\u202eb") == {"\x1b", "\u202e"}


def test_lines_and_marks_are_the_callers_choice() -> None:
    """Line ends become what the caller says, and a pile of marks on a letter is cut where it says so."""
    assert clean("one\r\ntwo\u2028three\tfour") == "one two three four"
    assert clean("one\r\ntwo\u2028three", line_end="\n") == "one\ntwo\nthree"
    assert clean("q" + "\u0301" * 9, most_marks=3) == "q" + "\u0301" * 3
    assert one_line("  a\u00a0 \n b\x00 ") == "a b"


def test_rows_break_at_spaces_by_any_measure() -> None:
    """Rows break at spaces, further rows have less room, and a word wider than a row is broken or kept whole."""
    text = "one two  donaudampf three"
    ones = [1.0] * len(text)
    assert [text[row] for row in wrap(text, ones, 7)] == ["one two", "donauda", "mpf", "three"]
    assert [text[row] for row in wrap(text, ones, 7, split_words=False)] == ["one two", "donaudampf", "three"]
    assert [text[row] for row in wrap(text, ones, 12, indent=2)] == ["one two", "donaudampf", "three"]
    assert [text[row] for row in wrap(text, [0.5] * len(text), 6)] == ["one two", "donaudampf", "three"]
    assert [text[row] for row in wrap("", [], 5)] == [""]


def test_columns_count_wide_letters() -> None:
    """Letters of East Asia take two columns, marks on a letter none."""
    assert wrap_columns("日本 日本 日本", 10, "  ") == ["日本 日本", "  日本"]
    assert width_of("e\u0301") == 1
    assert balance_columns("one two three four five", 20) == ["one two three", "four five"]
