"""Counts syllables: by the built-in overrides, then by CMUdict, which is searched without parsing."""

from __future__ import annotations

import gzip
import re
from functools import cache, lru_cache
from importlib.resources import files

from photopoem.english.inflection import nouns, rows, singulars, unaccented, verbs

_TOKEN = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*['\u2019]?|\d{1,3}(?:,\d{3})+(?!\d)|\d+|[^\w\s]|_")
_SILENT = frozenset("-\u2013\u2014\u2012/\\.,;:!?¡¿\"'\u201c\u201d\u2018\u2019«»()[]{}…·_*~|")
_SIGNS = {"&": 1, "%": 2, "+": 1, "=": 2, "@": 1, "°": 2, "$": 2, "€": 2}
_HISSES = re.compile(r"(?:s|x|z|ch|sh|ce|ge|se|ze)$")
_PREFIXES = {"un": 1, "re": 1, "out": 1, "over": 2, "under": 2}
# The syllables of zero to nineteen.
_SMALL = (2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 3, 1, 2, 2, 2, 2, 3, 2, 2)


@cache
def _overrides() -> dict[str, tuple[int, ...]]:
    return {word: tuple(map(int, counts.split("|"))) for word, counts in rows("syllables.csv")}


@cache
def _section(letter: str) -> bytes:
    """The lines of the table for a first letter, to search a part of 1.3 MB."""
    text = _table()
    start = text.find(b"\n" + letter.encode())
    end = text.find(b"\n" + bytes([ord(letter) + 1]), start)
    return text[start : end + 1 if end > 0 else len(text)]


@cache
def _table() -> bytes:
    # Parsing all 125,000 lines takes a tenth of a second of CPU time; unpacking them takes six milliseconds.
    packed = files("photopoem").joinpath("data", "cmudict-syllables.txt.gz").read_bytes()
    return b"\n" + gzip.decompress(packed)


def _pronunciations(word: str) -> tuple[int, ...]:
    """The syllable counts CMUdict has for a word of plain letters, the usual one first."""
    section = _section(word[0])
    start = section.find(f"\n{word} ".encode())
    if start < 0:
        return ()
    return tuple(map(int, section[start : section.find(b"\n", start + 1)].split()[1:]))


@lru_cache(maxsize=8192)
def _word_counts(word: str) -> tuple[int, ...]:
    """All syllable counts of one word, the usual one first; empty if unknown."""
    if word in _overrides():
        return _overrides()[word]
    if not re.fullmatch(r"[a-z][a-z']*", word):
        return ()
    # A word that is not listed may derive from one that is: by an ending, or as a compound (snowdrift).
    return _pronunciations(word) or _inflected(word) or _suffixed(word) or _compound(word) or _prefixed(word)


def _inflected(word: str) -> tuple[int, ...]:
    """Plurals, possessives, third persons, past tenses and -ing forms."""
    if word.endswith(("'s", "s'")):
        stem = word[:-2] if word.endswith("'s") else word[:-1]
        return _plus(stem, int(word.endswith("'s") and bool(_HISSES.search(stem))))
    if word.endswith("ies") and len(word) > 4:
        return _plus(word[:-3] + "y", 0) or _plus(word[:-1], 0)
    if word.endswith("es") and _HISSES.search(word[:-2]) and _word_counts(word[:-2]):
        return _plus(word[:-2], 1)
    if word.endswith("s") and not word.endswith("ss"):
        return _plus(word[:-1], int(bool(_HISSES.search(word[:-1]))))
    if word.endswith("ied"):
        return _plus(word[:-3] + "y", 0)
    if word.endswith("ed"):
        stems = _stems(word[:-2])
        return next((_plus(stem, int(stem.rstrip("e")[-1:] in "td")) for stem in stems), ())
    if word.endswith("ing"):
        return next((_plus(stem, 1) for stem in _stems(word[:-3])), ())
    return ()


def _stems(rest: str) -> list[str]:
    """The known stems of a word whose ending begins with a vowel: bleat, creas(e), bob(b)."""
    undoubled = rest[:-1] if rest[-1:] == rest[-2:-1] else rest
    return [stem for stem in (rest, rest + "e", undoubled) if len(stem) > 1 and _word_counts(stem)]


def _suffixed(word: str) -> tuple[int, ...]:
    for ending in ("ness", "less", "like", "ish", "ly"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            stem = word[: -len(ending)]
            return _plus(stem, 1) or (_plus(stem + "e", 1) if ending == "ish" else ())
    return ()


def _compound(word: str) -> tuple[int, ...]:
    """Compounds of two nouns or verbs in the tables: snow + drift, dragon + fly."""
    for middle in range(len(word) - 3, 2, -1):
        front, back = word[:middle], word[middle:]
        if (front in nouns() or front in verbs()) and (
            back in nouns() or back in verbs() or back in singulars()
        ):
            counts = (ahead + behind for ahead in _word_counts(front) for behind in _word_counts(back))
            return tuple(dict.fromkeys(counts))
    return ()


def _prefixed(word: str) -> tuple[int, ...]:
    for prefix, more in _PREFIXES.items():
        if word.startswith(prefix) and len(word) > len(prefix) + 2:
            return _plus(word[len(prefix) :], more)
    return ()


def _plus(stem: str, more: int) -> tuple[int, ...]:
    return tuple(count + more for count in _word_counts(stem)) if len(stem) > 1 else ()


def _number(digits: str) -> tuple[int, ...]:
    """The syllables of a number as it is spoken, four digits as a year: nineteen eighty-four.

    From 2010 on there are two ways to say a year (twenty ten, two thousand ten).
    """
    value = int(digits.replace(",", ""))
    if (digits[0] == "0" and len(digits) > 1) or value >= 1_000_000:
        return (sum(_SMALL[int(digit)] for digit in digits if digit != ","),)
    year = _hundreds(value // 100) + _year_end(value % 100)
    if "," not in digits and 1100 <= value <= 1999:
        return (year,)
    rest = value % 1000
    counted = (
        _hundreds(value // 1000) + 2 + (_hundreds(rest) if rest else 0) if value >= 1000 else _hundreds(value)
    )
    return (year, counted) if "," not in digits and 2010 <= value <= 2099 else (counted,)


def _year_end(value: int) -> int:
    if value == 0:
        return 2
    return 1 + _SMALL[value] if value < 10 else _hundreds(value)


def _hundreds(value: int) -> int:
    if value >= 100:
        rest = value % 100
        return _SMALL[value // 100] + 2 + (_hundreds(rest) if rest else 0)
    if value < 20:
        return _SMALL[value]
    tens = 3 if value // 10 == 7 else 2
    return tens + (_SMALL[value % 10] if value % 10 else 0)


@lru_cache(maxsize=8192)
def _counts(token: str) -> tuple[int, ...]:
    if token[0].isdigit():
        return _number(token) if token.isascii() and len(token) < 16 else ()
    if token in _SILENT:
        return (0,)
    if token in _SIGNS:
        return (_SIGNS[token],)
    plain = unaccented(token).replace("\u2019", "'")
    known = _word_counts(plain.lower().strip("'")) or _word_counts(plain.lower())
    if not known and plain.isascii() and plain.isupper() and len(plain) <= 5:
        return (sum(3 if letter == "W" else 1 for letter in plain),)
    return known


def syllables(text: str) -> int | None:
    """The syllable count of a spoken text, including numbers and signs; None if a word is unknown.

    Of several pronunciations, the usual one counts; `syllables_for_sure` accepts none.
    """
    counts = _all_counts(text)
    return sum(each[0] for each in counts) if all(counts) else None


@lru_cache(maxsize=4096)
def syllables_for_sure(text: str) -> int | None:
    """The same, but also None if pronunciations of a word differ in syllables: fire, every, camera."""
    counts = _all_counts(text)
    return sum(each[0] for each in counts) if all(len(each) == 1 for each in counts) else None


def _all_counts(text: str) -> list[tuple[int, ...]]:
    return [_counts(token) for token in _TOKEN.findall(text)]
