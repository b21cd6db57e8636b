"""The page on grammars says what really happens."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from photopoem.grammar import Grammar, check_grammar
from photopoem.grammar.preview import sample_vocabulary
from photopoem.vocabulary import SYMBOLS

PAGE = Path(__file__).parent.parent / "docs" / "grammars.md"
BLOCK = re.compile(r"^```json\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
CERTAIN = ("example", "text")  # headings of the tables whose rules give just this text
LEXICON = "possible text"
ROW = re.compile(r"^\| `(?P<rule>[^`]*[#\\][^`]*)` \| (?P<says>[^|]*) \|", re.MULTILINE)


def tables(text: str, *headings: str) -> list[tuple[str, str]]:
    """The rule and the text in each row of the tables whose second column has one of these headings."""
    rows: list[tuple[str, str]] = []
    for part in re.split(r"\n\n", text):
        if part.startswith(tuple(f"| rule | {heading} |" for heading in headings)):
            rows += [(match["rule"], match["says"].strip()) for match in ROW.finditer(part)]
    return rows


def said(rule: str, seed: int = 0) -> str:
    return Grammar.from_rules({"origin": "-"}).say(rule, sample_vocabulary(), seed)


def shown(text: str) -> str:
    poem = Grammar.from_rules(json.loads(text), "mine").write(sample_vocabulary())
    return f"{poem.title}\n\n{poem.text}\n"


@pytest.mark.parametrize(("rule", "says"), tables(PAGE.read_text("utf-8"), *CERTAIN))
def test_table_row(rule: str, says: str) -> None:
    """Every rule in the page's tables says what the page says."""
    assert said(rule) == says


@pytest.mark.parametrize(("rule", "says"), tables(PAGE.read_text("utf-8"), LEXICON))
def test_table_row_of_the_lexicon(rule: str, says: str) -> None:
    """Every rule in the page's table of the lexicon can say what the page says."""
    assert says in {said(rule, seed) for seed in range(100)}


@pytest.mark.parametrize(("grammar", "says"), BLOCK.findall(PAGE.read_text("utf-8")))
def test_example_grammar(tmp_path: Path, grammar: str, says: str) -> None:
    """Every grammar on the page writes the poem below it; checked, it wants words of the photograph at most."""
    (tmp_path / "mine.json").write_text(grammar, "utf-8")
    assert all("gets no poem" in each.message for each in check_grammar(tmp_path / "mine.json"))
    assert says
    assert shown(grammar) == says


def test_every_symbol_and_modifier_is_shown() -> None:
    """The page's tables have an example of every symbol and of every modifier."""
    from photopoem.grammar.modifiers import ENGINE_MODIFIERS, MODIFIERS

    text = PAGE.read_text("utf-8")
    rules = " ".join(rule for rule, _ in tables(text, *CERTAIN) + tables(text, LEXICON))
    symbols = {
        symbol for symbol in SYMBOLS if not symbol[-1].isdigit() or int(re.sub(r"\D", "", symbol)) <= 2
    }
    # The page explains the sure and the doubtful form of a symbol once for all of them.
    symbols = {symbol for symbol in symbols if not symbol.startswith(("sure_", "doubt_"))}
    shown_symbols = set(re.findall(r"#(?:\[.*?\])?([a-z_A-Z0-9]+)", rules))
    shown_modifiers = set(re.findall(r"\.([a-zA-Z_]+)", rules))
    assert symbols <= shown_symbols
    shown_modifiers |= set(re.findall(r"`\.([a-z_]+)`", text))
    assert {*MODIFIERS, *ENGINE_MODIFIERS} <= shown_modifiers
