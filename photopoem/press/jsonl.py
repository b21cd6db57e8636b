"""Poems as JSON lines: every word with its source."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from photopoem.poem import Poem, record
from photopoem.poems.records import record_line


class JsonlPress:
    """One JSON object a line for each poem, as in `poems.jsonl`."""

    name = "jsonl"
    suffix = ".jsonl"

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """Nothing: JSON shows every character."""
        return []

    def press(self, poems: Sequence[Poem], *, photos: Path | None = None) -> bytes:
        """All records, a line each."""
        return b"".join(record_line(record(poem)) for poem in poems)
