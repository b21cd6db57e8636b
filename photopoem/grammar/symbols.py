"""Which symbols photopoem fills, and which of them stand for one fixed word."""

from __future__ import annotations

import re

from photopoem.vocabulary import SYMBOLS

NUMBERED = re.compile(r"(label|sureness|color|share)\d+")


def is_known(symbol: str) -> bool:
    """Whether photopoem fills this symbol."""
    return symbol in SYMBOLS


def is_numbered(symbol: str) -> bool:
    """Whether the symbol stands for the same word however often it is asked."""
    return symbol in SYMBOLS and NUMBERED.fullmatch(symbol) is not None
