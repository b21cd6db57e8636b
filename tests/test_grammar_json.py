"""Common JSON errors in grammars: each message names the cure, and all are reported at once."""

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
MANY = r"""{
  // in the fields
  "origin": ["a" "b", "say "hi" now",
    "C:\dir", #x#]
  "x": ["d",, "e"
  "y": "#z#",
  "w" "v"
  "last": ["end"}
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
        ('{"origin": ["a" "b"]}', "a comma is missing here"),
        ('{"origin": "a"\n"b": "c"}', "a comma is missing here"),
        ('{"origin": ["a",, "b"]}', "a comma too many"),
        ('{"origin": [, "b"]}', "a comma too many"),
        ('{"origin": ["a"; "b"]}', "a ; in place of a ,"),
        ('{"origin" = "a"}', "= in place of a :"),
        ('{"origin" "a"}', "a : is missing here"),
        ('{"origin": "a", "b": }', "a value is missing here"),
        ('{"origin": "a" // why\n}', "a comment; JSON has no comments"),
        ('{"origin": [/* why */ "a"]}', "a comment; JSON has no comments"),
        ('{origin: "a"}', 'a text without quotes; write "origin"'),
        ('{"origin": [a dog, "b"]}', 'a text without quotes; write "a dog"'),
        ('{"origin": #color1#}', 'a text without quotes; write "#color1#"'),
        ('{"origin": "C:\\dir"}', "\\d means nothing in JSON; write \\\\ for a \\ in a text"),
        ('{"origin": "say "hello" to"}', 'a " inside a text; write \\" for it'),
        ('{"origin": ["a"}', "a ] is missing before this }"),
        ('{"origin": ["a", "b"\n"c": "d"}', "a ] is missing here"),
        ('{"origin": "a"]}', "this ] closes nothing"),
        ('{"origin": "a"}}', "this } closes nothing"),
        ('{"origin": ["a"', "] } missing at the end"),
        ('{"origin": "a', 'this text is never closed; a " is missing at its end'),
    ],
)
def test_each_fault_names_its_cure(text: str, cure: str) -> None:
    """What a person pasted or typed wrongly is named with what to write instead."""
    assert cure in parse_source(text).problems[0].message


def test_what_was_meant_is_read_on() -> None:
    """After each error, the rules are read as intended, so that their own errors are reported too."""
    source = parse_source(MANY)
    assert source.values == {
        "origin": ["a", "b", 'say "hi" now', "C:\\dir", "#x#"],
        "x": ["d", "e"],
        "y": "#z#",
        "w": "v",
        "last": ["end"],
    }
    assert [(each.line, each.message.split(";")[0]) for each in source.problems] == [
        (2, "a comment"),
        (3, "a comma is missing here"),
        (3, 'a " inside a text'),
        (3, 'a " inside a text'),
        (4, "\\d means nothing in JSON"),
        (4, "a text without quotes"),
        (4, "a comma is missing here"),
        (5, "a comma too many"),
        (5, "a ] is missing here"),
        (7, "a : is missing here"),
        (7, "a comma is missing here"),
        (8, "a ] is missing before this }"),
    ]


def test_a_file_of_something_else_has_few_faults() -> None:
    """For a file that is not a grammar, the first errors are reported, and that there are more."""
    found = parse_source("{" + '"a" = b; ' * 500 + "}").problems
    assert len(found) <= 51 and "more faults follow" in found[-1].message


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
