"""Draws docs/images/performance.svg from the benchmarks' --json output.

    python benchmarks/run.py --json > run.json
    python benchmarks/palette.py --json > palette.json
    python tools/draw_performance.py run.json palette.json

It draws a bar for every row with a rate or a time, longest first within each file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

OUT = Path(__file__).parent.parent / "docs" / "images" / "performance.svg"
WIDTH, LEFT, RIGHT, ROW, GAP = 760, 250, 110, 22, 34
# The figure of a row to draw: the first of these columns that it has, with its caption.
FIGURES = {
    "photos/s": "photographs a second: longer is faster",
    "12 MP/s": "photographs of 12 megapixels a second: longer is faster",
    "CPU s": "seconds of CPU: shorter is faster",
    "seconds": "seconds: shorter is faster",
}
OURS = "photopoem"


def figure_of(rows: list[dict[str, Any]]) -> str | None:
    """The column that is drawn of these rows."""
    return next(
        (name for name in FIGURES if any(isinstance(row.get(name), int | float) for row in rows)), None
    )


def name_of(row: dict[str, Any]) -> str:
    """What a row is called: its first column."""
    value = next(iter(row.values()))
    return f"{value:,} photographs" if isinstance(value, int) else str(value)


def chart(title: str, rows: list[dict[str, Any]], column: str, top: float) -> tuple[list[str], float]:
    """The marks of one benchmark below `top`, and where they end."""
    drawn = [row for row in rows if isinstance(row.get(column), int | float)]
    longest = max(float(row[column]) for row in drawn) or 1.0
    marks = [
        f'<text x="0" y="{top + 14}" class="title">{escape(title)}</text>',
        f'<text x="{LEFT}" y="{top + 14}" class="soft">{escape(FIGURES[column])}</text>',
    ]
    y = top + 26
    for row in drawn:
        value = float(row[column])
        length = max(1.0, value / longest * (WIDTH - LEFT - RIGHT))
        kind = "ours" if OURS in name_of(row) else "bar"
        marks += [
            f'<text x="{LEFT - 10}" y="{y + 14}" text-anchor="end">{escape(name_of(row))}</text>',
            f'<rect x="{LEFT}" y="{y + 3}" width="{length:.1f}" height="{ROW - 8}" class="{kind}"/>',
            f'<text x="{LEFT + length + 8:.1f}" y="{y + 14}">{value:,.3g}</text>',
        ]
        y += ROW
    return marks, y + GAP


def drawing(benchmarks: list[tuple[str, dict[str, Any]]]) -> str:
    """The whole picture, readable on white and on black pages."""
    marks: list[str] = []
    y = 0.0
    for title, found in benchmarks:
        rows = found["rows"]
        column = figure_of(rows)
        if column is None:
            raise SystemExit(f"{title}: no row has any of {', '.join(FIGURES)}")
        more, y = chart(title, rows, column, y)
        marks += more
    style = (
        "text{font:13px sans-serif;fill:#333}.title{font-weight:bold}.soft{fill:#777}"
        ".bar{fill:#b8b4aa}.ours{fill:#5c6e4f}"
    )
    body = "\n".join(marks)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -8 {WIDTH + 24} {y:.0f}" width="{WIDTH + 24}">\n'
        f'<style>{style}</style>\n<rect x="-12" y="-8" width="100%" height="100%" fill="#fff"/>\n{body}\n</svg>\n'
    )


def main() -> None:
    """Draw the files given."""
    paths = [Path(name) for name in sys.argv[1:]]
    if not paths:
        raise SystemExit(__doc__)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(drawing([(path.stem, json.loads(path.read_text("utf-8"))) for path in paths]), "utf-8")
    print(f"{OUT}: {', '.join(path.stem for path in paths)}")


if __name__ == "__main__":
    main()
