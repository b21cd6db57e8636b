"""Which symbols photopoem fills, and which of them stand for one fixed word."""

from __future__ import annotations

import re

from photopoem.vocabulary import SYMBOLS

_NUMBERED = frozenset(symbol for symbol in SYMBOLS if re.fullmatch(r"[a-z]+\d+", symbol))


def is_known(symbol: str) -> bool:
    """Whether photopoem fills this symbol."""
    return symbol in SYMBOLS


def is_numbered(symbol: str) -> bool:
    """Whether the symbol stands for the same word however often it is asked."""
    return symbol in _NUMBERED


def is_numbered_word(symbol: str) -> bool:
    """Whether the symbol stands for one word of the photograph, and not for a figure."""
    return symbol in _NUMBERED and symbol.startswith(("label", "color"))
