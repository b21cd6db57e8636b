"""Reads the lexicon: what things do, their parts and how they feel, in the author's own voice."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from photopoem.english.house import HouseWords, is_house_file, read_house_words
from photopoem.english.inflection import for_plural, is_plural, singular, split_head
from photopoem.errors import UsageError
from photopoem.files import read_regular_text

FIELDS = ("does", "part", "feels")
KINDS = ("thing", "stuff", "scene", "person", "doing", "quality", "color", "tone", "moment", "amount")
# Labellers differ in what they call a scene or a person; a word's row serves all four.
_LABEL_KINDS = ("thing", "stuff", "scene", "person")
# Acts and qualities have rows of their own, which also serve a labeller that calls them things or stuff.
_OTHER_KINDS = ("doing", "quality")
# Kinds with a row for the words that the lexicon does not know; the other kinds fall back to things.
_KINDS_WITH_A_ROW = (*_LABEL_KINDS, *_OTHER_KINDS, "color")
# Phrases that are no kind of their last word (a hot dog is no dog). They fall back to their kind instead.
_MISLEADING = frozenset(
    {
        "bathing trunks", "bell pepper", "boston bull", "chocolate bar", "computer mouse",
        "daisy family", "fire ant", "granola bar", "guinea pig", "half track", "hen of the woods",
        "high bar", "horizontal bar", "hot dog", "ice cream", "jet ski", "lamp shade", "mud puppy",
        "night light", "parallel bars", "piggy bank", "power plant", "prairie dog", "rose family",
        "sand bar", "sea cucumber", "sea lion", "sea star", "sea urchin", "solar dish", "space bar",
        "swimming trunks", "teddy bear", "traffic light", "uneven bars",
    }
)  # fmt: skip
MAX_TOLD = 4096
"""How many results of a lexicon are kept."""
_IT = re.compile(r"\bit\b")

Cells = dict[str, tuple[str, ...]]
Entries = dict[tuple[str, str], Mapping[str, tuple[str, ...]]]


class Lexicon(dict[tuple[str, str, str], tuple[str, ...]]):
    """What words do, their parts, how they feel: (word, kind, field) -> phrases, all literal text, never empty.

    The field is `does` (verb phrases in the third person; for a plural word, in the plural), `part` (nouns without an
    article) or `feels` (adjectives). `entries` are the rows: (word, kind) -> field -> phrases. The phrases of a word
    are looked up when they are first asked for.
    """

    def __init__(self, entries: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]) -> None:
        super().__init__()
        self.entries = entries

    def __missing__(self, key: tuple[str, str, str]) -> tuple[str, ...]:
        word, kind, name = key
        phrases = self._find(word, kind, name)
        if name == "does":
            phrases = _agreeing(phrases, word, kind)
        if len(self) >= MAX_TOLD:
            self.clear()
        self[key] = phrases
        return phrases

    def _find(self, word: str, kind: str, name: str) -> tuple[str, ...]:
        for candidate in _fallbacks(word):
            for place in _kinds(kind):
                if found := self.entries.get((candidate, place), {}).get(name):
                    return found
        return self._generic(kind, name)

    def _generic(self, kind: str, name: str) -> tuple[str, ...]:
        own = self.entries.get((f"*{kind}", kind), {}).get(name)
        return own or self.entries[("*thing", "thing")][name]


def _agreeing(phrases: tuple[str, ...], word: str, kind: str) -> tuple[str, ...]:
    """Verb phrases in the number of their word."""
    if kind not in _LABEL_KINDS or not is_plural(word):
        return phrases
    # "It" may be the thing itself or another one, so phrases with it serve a plural only if there is no other.
    clear = [phrase for phrase in phrases if not _IT.search(phrase)]
    return tuple(map(for_plural, clear or phrases))


def _kinds(kind: str) -> tuple[str, ...]:
    if kind not in _LABEL_KINDS:
        return (kind,)
    return (kind, *(other for other in _LABEL_KINDS if other != kind), *_OTHER_KINDS)


@lru_cache(maxsize=4096)
def _fallbacks(word: str) -> tuple[str, ...]:
    """The words to look up, best first: the word itself, its singular, its head, then fewer and fewer of its words."""
    word = _normal(word)
    tried = [word, singular(word)]
    if not _MISLEADING & {word, tried[1]}:
        front, head, rest = split_head(word)
        whole = front + head if rest else word
        words = whole.split()
        shorter = (" ".join(words[start:]) for start in range(len(words)))
        tried += [form for phrase in shorter for form in (phrase, singular(phrase))]
    return tuple(dict.fromkeys(tried))


def _normal(word: str) -> str:
    return " ".join(unicodedata.normalize("NFC", word).casefold().split())


def load_lexicon(*extra: Path) -> Lexicon:
    """The shipped lexicon, extended and overridden cell by cell by files of the same form, in order.

    A file whose name ends in `.toml` holds words of the house, which are put in when all rows are read.
    Raises UsageError with file and line for a row that cannot be used.
    """
    entries: Entries = dict(_shipped())
    for path in extra:
        if not is_house_file(path):
            _override(entries, _read(str(path), _text_of(path)))
    lexicon = Lexicon(entries)
    for path in filter(is_house_file, extra):
        lexicon = in_house_words(lexicon, read_house_words(path))
    return lexicon


def _override(entries: Entries, given: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]]) -> None:
    """Puts given rows before those that are there, cell by cell.

    A row goes before the rows of its word of every kind of noun, so that a child may be given as a thing or a person.
    """
    for (word, kind), cells in given.items():
        others = [other for other in _LABEL_KINDS if kind in _LABEL_KINDS and (word, other) not in given]
        for place in (kind, *(other for other in others if (word, other) in entries)):
            entries[word, place] = {**entries.get((word, place), {}), **cells}


@cache
def _shipped() -> dict[tuple[str, str], Cells]:
    text = files("photopoem").joinpath("data", "lexicon.csv").read_text(encoding="utf-8")
    entries = _read("lexicon.csv", text)
    for kind in _KINDS_WITH_A_ROW:
        missing = [name for name in FIELDS if not entries.get((f"*{kind}", kind), {}).get(name)]
        if missing:
            raise UsageError(f"lexicon.csv: the row *{kind} has no {missing[0]}; every word falls back to it")
    return entries


def _text_of(path: Path) -> str:
    try:
        return read_regular_text(path)
    except OSError as error:
        raise UsageError(f"{path}: the lexicon cannot be read ({error.strerror}); check --lexicon") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: the lexicon is not UTF-8 text; save it as UTF-8") from error


def _read(name: str, text: str) -> dict[tuple[str, str], Cells]:
    """The rows of one file: (word, kind) -> filled cells."""
    entries: dict[tuple[str, str], Cells] = {}
    for line, row in _rows(name, text):
        word, kind = _normal(row["word"]), row["kind"].strip().lower()
        where = f"{name}:{line}"
        if not word:
            raise UsageError(f"{where}: a row without a word; give the word or leave the line out")
        if kind not in KINDS:
            raise UsageError(f"{where}: {kind!r} is no kind of word; use one of {', '.join(KINDS)}")
        cells = {name: found for name in FIELDS if (found := _alternatives(where, row.get(name, "")))}
        if not cells:
            raise UsageError(f"{where}: {word!r} has nothing in {', '.join(FIELDS)}; fill one of them")
        if (word, kind) in entries:
            raise UsageError(f"{where}: {word!r} comes twice as {kind}; join the two rows")
        entries[word, kind] = cells
    return entries


def _rows(name: str, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows below the heading with their line numbers; empty lines and lines from # on are skipped."""
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    heading: list[str] = []
    try:
        for row in reader:
            if not "".join(row).strip() or row[0].lstrip().startswith("#"):
                continue
            if not heading:
                heading = _heading(f"{name}:{reader.line_num}", row)
            elif len(row) != len(heading):
                raise UsageError(
                    f"{name}:{reader.line_num}: {len(row)} cells, not {len(heading)};"
                    " put a text with a comma in double quotes"
                )
            else:
                yield reader.line_num, dict(zip(heading, row, strict=True))
    except csv.Error as error:
        raise UsageError(f"{name}:{reader.line_num}: not a CSV row ({error})") from error
    if not heading:
        raise UsageError(f"{name}: an empty lexicon; it begins with word,kind,does,part,feels")


def _heading(where: str, row: list[str]) -> list[str]:
    heading = [cell.strip().lower() for cell in row]
    if not {"word", "kind"} <= set(heading) or not set(heading) <= {"word", "kind", *FIELDS}:
        raise UsageError(f"{where}: a lexicon begins with the line word,kind,does,part,feels")
    if len(set(heading)) != len(heading):
        raise UsageError(f"{where}: a column comes twice in the heading")
    return heading


def _alternatives(where: str, cell: str) -> tuple[str, ...]:
    """The texts of a cell, which are separated by semicolons."""
    texts = tuple(dict.fromkeys(" ".join(text.split()) for text in cell.split(";") if text.strip()))
    if any(
        unicodedata.category(char) in ("Cc", "Cf") and char != "\u200d" for text in texts for char in text
    ):
        raise UsageError(f"{where}: a control character in the text; take it out")
    return texts


def in_house_words(lexicon: Lexicon, words: HouseWords) -> Lexicon:
    """The lexicon as a house speaks it: its own rows first, no phrase that it never says.

    What is said instead of a label has the label's row, unless the house gives it one. Raises `UsageError` where the
    house leaves nothing to be said of any word.
    """
    if not words.fingerprint:
        return lexicon
    entries: Entries = {}
    for key, cells in lexicon.entries.items():
        said = {
            name: tuple(text for text in texts if not words.is_silent(text)) for name, texts in cells.items()
        }
        entries[key] = {name: texts for name, texts in said.items() if texts}
    for name in FIELDS:
        if not entries.get(("*thing", "thing"), {}).get(name):
            told = f"these words leave the lexicon nothing to say of a thing ({name}); name fewer"
            raise words.file.wrong(told, "never") if words.file else UsageError(told)
    for label, said_instead in words.say.items():
        for kind in _LABEL_KINDS:
            rows = [entries[word, kind] for word in _fallbacks(label) if (word, kind) in entries]
            if rows:
                entries.setdefault((_normal(said_instead), kind), rows[0])
    _override(entries, words.phrases)
    return Lexicon(entries)
