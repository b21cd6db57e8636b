"""The lexicon (phrases on what things do, their parts, how they feel) and the words of the house."""

from __future__ import annotations

import csv
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from photopoem.english.inflection import for_plural, is_plural, plural, singular, split_head
from photopoem.errors import UsageError, did_you_mean
from photopoem.files import TomlFile, parse_toml, read_regular_text, read_toml, write_atomically

FILE_NAME = "words.toml"
PHRASES = "phrases"
FIELDS = ("does", "part", "feels")
HOUSE_KINDS = ("thing", "stuff", "scene", "color")
LONGEST = 120
"""The most characters of a word or phrase."""
MOST = 10_000
"""The most words that one file may ban or replace."""

Phrases = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class HouseWords:
    """The content of a `words.toml`.

    `never` are words that no label, color or phrase may contain, `never_colors` banned color names. `say` maps labels,
    in lower case, to replacements. `phrases` are rows for the lexicon: (word, kind) -> field -> alternatives.
    `fingerprint` is a hash of the file, empty without one.
    """

    never: tuple[str, ...] = ()
    never_colors: frozenset[str] = frozenset()
    say: Mapping[str, str] = field(default_factory=dict)
    phrases: Mapping[tuple[str, str], Phrases] = field(default_factory=dict)
    fingerprint: str = ""
    file: TomlFile | None = None
    _silent: re.Pattern[str] | None = field(default=None, repr=False, compare=False)

    def is_silent(self, text: str) -> bool:
        """Whether a label or a phrase contains a banned word, in the singular or the plural."""
        return self._silent is not None and self._silent.search(text.casefold()) is not None

    def is_silent_color(self, name: str) -> bool:
        """Whether a color's name is banned."""
        return name.casefold() in self.never_colors or self.is_silent(name)

    def said(self, label: str) -> str:
        """The replacement of a label; the label itself if there is none."""
        return self.say.get(label.casefold(), label)

    def remarks(self, sayable: Iterable[str]) -> list[str]:
        """A warning for each word of the file that occurs in none of the `sayable` words, with the nearest one that
        does.

        `sayable` are labels, color names and words of the lexicon. An unknown word may be misspelled, or may come only
        from a labeller on the network or from taught words elsewhere.
        """
        whole = {word.casefold() for word in sayable}
        parts = whole | {part for word in whole for part in re.findall(r"[\w'-]+", word)}
        names: list[tuple[str, str]] = [("never", word) for word in self.never]
        names += [("never_colors", word) for word in sorted(self.never_colors)]
        unknown = [(key, word) for key, word in names if not {word, singular(word), plural(word)} & parts]
        told = [self._remark(word, parts, key, value=word) for key, word in unknown]
        own = {word.casefold() for word in self.say.values()}
        rows = [("say", word) for word in self.say if word not in whole]
        rows += [(PHRASES, word) for word, _ in self.phrases if word not in whole | own]
        return told + [self._remark(word, whole, key, word) for key, word in rows]

    def _remark(
        self, word: str, among: Iterable[str], key: str, inner: str = "", value: str | None = None
    ) -> str:
        keys = ("say", PHRASES, inner) if key == PHRASES else tuple(filter(None, (key, inner)))
        where = self.file.where(*keys, value=value) if self.file else FILE_NAME
        return f"{where}: no labeller here uses {word!r}{did_you_mean(word, among)}"


def add_words(
    path: str | Path, *, never: str = "", never_color: str = "", say: tuple[str, str] | None = None
) -> HouseWords:
    """Add a word to a `words.toml`, creating the file if needed; its other lines and comments stay.

    `never` is a word to ban, `never_color` a color name to ban; `say` is a label and its replacement. Raises
    `UsageError`, with line and column, if the file is or would become invalid, and `StoreError`.
    """
    from filelock import FileLock

    file = Path(path)
    with FileLock(file.with_name(f".{file.name}.lock")):
        text = read_regular_text(file) if file.exists() else ""
        house_words(parse_toml(str(path), text))
        made = _with_words(text, {"never": never, "never_colors": never_color}, say)
        words = house_words(parse_toml(str(path), made))
        if made != text:
            write_atomically(file, made, sync=True)
    return words


def _with_words(text: str, lists: Mapping[str, str], say: tuple[str, str] | None) -> str:
    """The text of a `words.toml` with these words added, unless they are there already."""
    import tomlkit

    document: Any = tomlkit.parse(text)
    for key, word in lists.items():
        if word and word.casefold() not in map(str.casefold, document.get(key, [])):
            # The list goes before the tables; after one it would be a part of it.
            if key not in document:
                document.add(key, tomlkit.array())
            document[key].append(word)
    if say is not None:
        table = document.setdefault("say", tomlkit.table())
        label, instead = say
        spelled = next((key for key in table if " ".join(key.split()).casefold() == label.casefold()), label)
        table[spelled] = instead
    return tomlkit.dumps(document)


def is_house_file(path: str | Path) -> bool:
    """Whether a file among lexicons is a words.toml, by its ending."""
    return Path(path).suffix.lower() == ".toml"


def read_house_words(path: str | Path) -> HouseWords:
    """Read a `words.toml`; an empty path gives no words. Raises `UsageError` with line and column."""
    if not str(path):
        return HouseWords()
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return _read_house(str(path), 0, 0)  # raises with the reason
    return _read_house(str(path), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _read_house(path: str, _changed: int, _size: int) -> HouseWords:
    return house_words(read_toml(path))


def house_words(file: TomlFile) -> HouseWords:
    """The words of a parsed file. Raises `UsageError` with line and column."""
    tables = file.tables
    file.check_keys(tables, ("never", "never_colors", "say"))
    never = tuple(dict.fromkeys(_words(file, "never")))
    colors = frozenset(_words(file, "never_colors"))
    silent = _silencing(never)
    say, phrases = _say(file), _phrases(file)
    digest = hashlib.sha256(file.text.encode()).hexdigest()[:16]
    words = HouseWords(never, colors, say, phrases, digest, file, silent)
    for label, said in say.items():
        if words.is_silent(said):
            written = next(key for key in tables["say"] if " ".join(key.split()).casefold() == label)
            raise file.wrong(f"{said!r} holds a word that is never said", "say", written)
    return words


def _words(file: TomlFile, name: str) -> Iterator[str]:
    """The words of a list, in lower case."""
    given = file.tables.get(name, [])
    if not isinstance(given, list) or len(given) > MOST:
        raise file.wrong(f"{name} is a list of words, such as {name} = ['gun']", name)
    for each in given:
        yield _word(file, each, name, value=each if isinstance(each, str) else None).casefold()


def _word(file: TomlFile, given: Any, *keys: str, value: str | None = None) -> str:
    """A valid word or phrase. Raises `UsageError`."""
    word = " ".join(given.split()) if isinstance(given, str) else ""
    if not word or len(word) > LONGEST or not word.isprintable():
        told = f"a word is a text of 1 to {LONGEST} printable characters, in quotes"
        raise file.wrong(told, *keys, value=value)
    return word


def _silencing(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """A pattern that finds these words in lower-case text, as whole words, in the singular and the plural."""
    forms = {form for word in words for form in (word, singular(word), plural(word).casefold())}
    told = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
    return re.compile(rf"(?<!\w)(?:{told})(?!\w)") if forms else None


def _say(file: TomlFile) -> dict[str, str]:
    """The replacements of labels."""
    given = file.tables.get("say", {})
    if not isinstance(given, dict) or len(given) > MOST:
        raise file.wrong("say is a table: label = 'what is said instead'", "say")
    return {
        _word(file, label, "say", label).casefold(): _word(file, said, "say", label)
        for label, said in given.items()
        if label != PHRASES or not isinstance(said, dict)
    }


def _phrases(file: TomlFile) -> dict[tuple[str, str], Phrases]:
    """Rows for the lexicon."""
    say = file.tables.get("say", {})
    given = say.get(PHRASES, {}) if isinstance(say, dict) else {}
    rows: dict[tuple[str, str], Phrases] = {}
    for word, row in given.items() if isinstance(given, dict) else ():
        where = ("say", PHRASES, word)
        if not isinstance(row, dict):
            raise file.wrong(f"a word has {', '.join(FIELDS)}, each a list of phrases", *where)
        file.check_keys(row, (*FIELDS, "kind"), *where)
        kind = row.get("kind", "thing")
        if kind not in HOUSE_KINDS:
            raise file.wrong(
                f"{kind!r:.40} is not a kind of word; use one of {', '.join(KINDS)}", *where, "kind"
            )
        rows[_word(file, word, *where).casefold(), kind] = {
            name: tuple(_cell(file, row[name], *where, name)) for name in FIELDS if name in row
        }
    return rows


def _cell(file: TomlFile, given: Any, *keys: str) -> Iterator[str]:
    """The phrases of one field: a list of texts, or one text."""
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts:
        raise file.wrong("phrases must be in a list, such as ['waits', 'looks away']", *keys)
    for each in texts:
        yield _word(file, each, *keys, value=each if isinstance(each, str) else None)


KINDS = ("thing", "stuff", "scene", "person", "doing", "quality", "color", "tone", "moment", "amount")
# Labellers differ in what they call a scene or a person, so a word's row is used for all four kinds.
_LABEL_KINDS = ("thing", "stuff", "scene", "person")
# Acts and qualities have their own rows, which are also used if a labeller calls them things or stuff.
_OTHER_KINDS = ("doing", "quality")
# Kinds with a row for unknown words; the other kinds fall back to things.
_KINDS_WITH_A_ROW = (*_LABEL_KINDS, *_OTHER_KINDS, "color")
# Phrases that do not mean a kind of their last word (a hot dog is not a dog). They fall back to their kind.
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
"""How many results of a lexicon are cached."""
_IT = re.compile(r"\bit\b")

Cells = dict[str, tuple[str, ...]]
Entries = dict[tuple[str, str], Mapping[str, tuple[str, ...]]]


class Lexicon(dict[tuple[str, str, str], tuple[str, ...]]):
    """Phrases for words: (word, kind, field) -> literal phrases, never empty.

    The field is `does` (verb phrases in the third person, in the plural for a plural word), `part` (nouns without an
    article) or `feels` (adjectives). `entries` are the rows: (word, kind) -> field -> phrases. The phrases of a word
    are looked up on first use.
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
        own = self.entries.get((f"*{kind}", kind), {}).get(name)
        return own or self.entries[("*thing", "thing")][name]


def _agreeing(phrases: tuple[str, ...], word: str, kind: str) -> tuple[str, ...]:
    """Verb phrases that agree with the number of their word."""
    if kind not in _LABEL_KINDS or not is_plural(word):
        return phrases
    # "It" may mean the thing itself or another one, so such phrases are used for a plural only as a last resort.
    clear = [phrase for phrase in phrases if not _IT.search(phrase)]
    return tuple(map(for_plural, clear or phrases))


def _kinds(kind: str) -> tuple[str, ...]:
    if kind not in _LABEL_KINDS:
        return (kind,)
    return (kind, *(other for other in _LABEL_KINDS if other != kind), *_OTHER_KINDS)


@lru_cache(maxsize=4096)
def _fallbacks(word: str) -> tuple[str, ...]:
    """The words to look up, best first: the word itself, its singular, its head, then ever shorter parts of it."""
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
    """The built-in lexicon, extended and overridden cell by cell by files of the same form, in order.

    A file whose name ends in `.toml` holds the words of the house, which are applied after all rows are read. Raises
    `UsageError` with file and line for an invalid row.
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
    """Overrides existing rows with the given ones, cell by cell.

    A row overrides its word for every kind of noun, so that a child may be given as a thing or a person.
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
            raise UsageError(f"{where}: {kind!r} is not a kind of word; use one of {', '.join(KINDS)}")
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


def _without_silent(lexicon: Lexicon, words: HouseWords) -> Entries:
    entries: Entries = {}
    for key, cells in lexicon.entries.items():
        said = {
            name: tuple(text for text in texts if not words.is_silent(text)) for name, texts in cells.items()
        }
        entries[key] = {name: texts for name, texts in said.items() if texts}
    return entries


def in_house_words(lexicon: Lexicon, words: HouseWords) -> Lexicon:
    """The lexicon with the words of the house: their rows first, and no banned phrases.

    A label's replacement gets the label's row, unless it has its own. Raises `UsageError` if every phrase of a word is
    banned.
    """
    if not words.fingerprint:
        return lexicon
    entries = _without_silent(lexicon, words)
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
