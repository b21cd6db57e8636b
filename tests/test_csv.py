"""The csv press: a table that spreadsheets and archives join with their own."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from photopoem.photo.moment import Moment
from photopoem.poem import Poem, record
from photopoem.press import Press, open_press
from photopoem.press.text import COLUMNS, CsvPress
from tests.command import photopoem
from tests.making import make_photo, records
from tests.paper import make_poem


def rows(data: bytes) -> list[dict[str, str]]:
    """The rows of a table, by column."""
    return list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))


def table(*poems: Poem) -> list[dict[str, str]]:
    """The rows that these poems make."""
    return rows(CsvPress().press(poems))


def test_a_row_for_each_poem() -> None:
    """Each poem has path, title, text, labels, colors, place and date in the columns of these names."""
    moment = Moment(taken=datetime.fromisoformat("2019-10-06T09:30:00+02:00"), place="Les Salles")
    poem = make_poem("one, two", 'he said "red"', title="Où, là")
    poem = replace(poem, subject=replace(poem.subject, moment=moment))
    first, second = table(poem, make_poem("x"))
    assert first == {
        "path": "photos/autumn-hills.jpg",
        "title": "Où, là",
        "text": 'one, two\nhe said "red"',
        "labels": "mountain; sky",
        "colors": "pale grey; military green",
        "place": "Les Salles",
        "date": "2019-10-06T09:30:00+02:00",
    }
    assert second["place"] == second["date"] == ""


def test_lines_end_as_rfc_4180_says() -> None:
    """Rows end with CRLF, the header comes first, and there is no byte order mark before it."""
    data = CsvPress().press([make_poem("a\nb")])
    assert data.startswith(",".join(COLUMNS).encode() + b"\r\n") and data.endswith(b"\r\n")
    assert data.count(b"\r\n") == 2


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_cell_is_a_formula(start: str) -> None:
    """A stranger's word that a spreadsheet would take for a formula is text there; a path names the same file."""
    poem = make_poem(f"{start}HYPERLINK(1)", title=f"{start}1", path=f"{start}a.jpg")
    (row,) = table(poem)
    assert row["text"] == f"'{start}HYPERLINK(1)" and row["title"] == f"'{start}1"
    assert row["path"] == f"./{start}a.jpg"


def test_a_name_that_is_no_utf8_can_be_joined(tmp_path: Path) -> None:
    """The bytes of such a name are percent-encoded in the table, in poems.jsonl and in a look; other names have no
    such field.
    """
    name = b"caf\xe9 1%.jpg"
    make_photo(tmp_path / "plain.jpg", 1)
    make_photo(tmp_path / "x.jpg", 2).rename(tmp_path / os.fsdecode(name))
    photopoem("run", ".", "--labels", "keywords", "--quiet", "--out", "poems", cwd=tmp_path)
    photopoem("print", "--to", "file:all.csv", "--quiet", cwd=tmp_path)
    for odd, plain in (
        sorted(rows((tmp_path / "all.csv").read_bytes()), key=lambda row: "plain" in row["path"]),
        sorted(records(tmp_path / "poems"), key=lambda row: "plain" in row["path"]),
    ):
        assert unquote_to_bytes(odd["path_bytes"]) == name and odd["path_bytes"].isascii()
        assert not plain.get("path_bytes")
    (odd,) = (row for row in rows((tmp_path / "all.csv").read_bytes()) if row["path_bytes"])
    assert odd["path"] == "caf\\xe9 1%.jpg"
    assert "path_bytes" not in table(make_poem("x"))[0]


def test_a_name_in_utf8_has_no_bytes_of_its_own() -> None:
    """A record of a path that any program can read has no `path_bytes`."""
    assert "path_bytes" not in record(make_poem("x", path="été/Köln.jpg"))


def test_it_is_a_press() -> None:
    """The press keeps the protocol of all presses."""
    assert isinstance(open_press("csv"), Press)
