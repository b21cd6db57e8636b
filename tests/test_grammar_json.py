"""Faults of JSON that people make in grammars: each names its cure, and all that can be told are told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from photopoem.grammar.loader import parse_source
from tests.command import photopoem

ALL = """{
  'origin': ["I saw #x#.
Then #x#.", \u201cAnd #x#.\u201d,],
  "x": ["a\tb", "c",],
}
"""


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ('{"origin": ["a\nb"]}', "a line break inside a text; write \\n for it"),
        ('{"origin": ["a\tb"]}', "a tab inside a text; write \\t for it"),
        (
            "{\u201corigin\u201d: [\u201ca\u201d]}",
            "curly quotes around a text; JSON takes straight double ones",
        ),
        ("{'origin': ['a']}", "single quotes around a text; JSON takes straight double ones"),
        ('{"origin": ["a",\n  "b\n]}', 'this text is never closed; a " is missing at its end'),
        ('{"origin": ["a", ]}', "a comma with nothing after it"),
    ],
)
def test_each_fault_names_its_cure(text: str, cure: str) -> None:
    """What a person pasted or typed wrongly is named with what to write instead."""
    assert cure in parse_source(text).problems[0].message


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """One check lists every such fault of a file, each with its line."""
    (tmp_path / "g.json").write_text(ALL)
    told = photopoem("grammar", "check", "g.json", cwd=tmp_path, code=None)
    said = told.stdout + told.stderr
    for line, message in ((2, "single quotes"), (2, "a line break"), (3, "curly quotes"), (3, "a comma"), (4, "a tab"),
                          (4, "a comma"), (4, "a comma")):  # fmt: skip
        assert any(each.startswith(f"g.json:{line}:") and message in each for each in said.splitlines()), (
            message
        )
