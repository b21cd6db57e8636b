"""Checks for text that must never occur in a poem."""

from __future__ import annotations

import re
from functools import cache

from photopoem.english.inflection import _inflect
from photopoem.poem import Poem

NEVER = re.compile(
    r"[#\[\]{}\\]|\(\(|\)\)|\bNone\b| {2,}\S|\s$|^\s*$|[A-Za-z]\.\.|,,|[,.] [,.]|\b(\w+) \1\b", re.MULTILINE
)
"""Unexpanded syntax, empty or untidy lines, doubled punctuation, a doubled word."""

_ARTICLE = re.compile(r"\b(an?) ([\w'\u2019-]+)", re.IGNORECASE)

# `inflect` reads these by their letters or by another pronunciation.
INFLECT_IS_WRONG = {"an herb", "an usher", "an rv"}


def never_found(poem: Poem) -> str | None:
    """Forbidden text in the poem, if any. "Light light green" is a color's name."""
    found = NEVER.search(poem.text.lower().replace("light light ", "light "))
    return f"{found[0]!r} in {poem.text!r}" if found else None


@cache
def _is_right(article: str, word: str) -> bool:
    return _inflect().a(word).split()[0] == article or f"{article} {word}" in INFLECT_IS_WRONG


def wrong_articles(poem: Poem) -> list[str]:
    """Articles with which `inflect` does not agree."""
    pairs = {(article.lower(), word.lower()) for article, word in _ARTICLE.findall(poem.text)}
    return [f"{article} {word}" for article, word in pairs if not _is_right(article, word)]
