"""Prints a benchmark's results as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


def show(title: str, rows: Sequence[dict[str, Any]], summary: dict[str, Any], *, as_json: bool) -> None:
    """A table of the rows and the summary under it; with `as_json` the summary and its rows as one object."""
    if as_json:
        print(json.dumps({**summary, "rows": list(rows)}))
        return
    columns = list(rows[0])
    cells = [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(text) for text in column) for column in zip(columns, *cells, strict=True)]
    print(title)
    for line in [columns, *cells]:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    print("  ".join(f"{name}: {_cell(value)}" for name, value in summary.items()))


def _cell(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
