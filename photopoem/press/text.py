"""The plain text presses: text, csv and jsonl."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from photopoem.poem import Poem, path_bytes_of, record
from photopoem.poems.records import record_line
from photopoem.poems.text import as_text
from photopoem.text.clean import as_written
from photopoem.text.terminal import visible


class TextPress:
    """UTF-8 text with two empty lines between poems. `colophon` adds who labelled it and who named its colors."""

    name = "text"
    suffix = ".txt"

    def __init__(self, colophon: bool = True) -> None:
        self.colophon = colophon

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """Nothing: text has every character except control characters, which are dropped."""
        return []

    def press(self, poems: Sequence[Poem], *, photos: Path | None = None) -> bytes:
        """All poems as one text."""
        return "\n\n".join(map(self._text, poems)).encode()

    def _text(self, poem: Poem) -> str:
        # A terminal or a printer would obey a control character that a person or a program put into a text.
        return as_written(as_text(poem, with_colophon=self.colophon))


COLUMNS = ("path", "title", "text", "labels", "colors", "place", "date")
PATH_BYTES = "path_bytes"
"""An eighth column if a photograph's name is not UTF-8: its bytes, percent-encoded."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins with one of these for a formula (OWASP, CSV Injection)."""


class CsvPress:
    """Comma-separated values in UTF-8 by RFC 4180: a header, then a row for each poem.

    Several labels or colors in one cell are separated by "; ". A cell that a spreadsheet would take for a formula
    begins with an apostrophe, and such a path with "./", which names the same file.
    """

    name = "csv"
    suffix = ".csv"

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """Nothing: the file can hold every character."""
        return []

    def press(self, poems: Sequence[Poem], *, photos: Path | None = None) -> bytes:
        """All poems as one table."""
        rows = [_row(poem) for poem in poems]
        columns = [*COLUMNS, *([PATH_BYTES] if any(PATH_BYTES in row for row in rows) else [])]
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().encode("utf-8", "replace")


def _row(poem: Poem) -> Mapping[str, str]:
    subject = poem.subject
    taken = subject.moment.taken
    cells = {
        "title": str(poem.title),
        "text": poem.text,
        "labels": "; ".join(label.text for label in subject.labels),
        "colors": "; ".join(swatch.name for swatch in subject.palette.swatches),
        "place": subject.moment.place or "",
        "date": taken.isoformat() if taken else "",
    }
    path = visible(subject.path) if path_bytes_of(subject.path) else subject.path
    safe = {name: f"'{cell}" if cell.startswith(_FORMULA) else cell for name, cell in cells.items()}
    return {"path": f"./{path}" if path.startswith(_FORMULA) else path, **safe, **path_bytes_of(subject.path)}


class JsonlPress:
    """One JSON object per line for each poem, as in `poems.jsonl`."""

    name = "jsonl"
    suffix = ".jsonl"

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """Nothing: JSON shows every character."""
        return []

    def press(self, poems: Sequence[Poem], *, photos: Path | None = None) -> bytes:
        """All records, one per line."""
        return b"".join(record_line(record(poem)) for poem in poems)
