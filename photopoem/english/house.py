"""Words of the house: what a show never says, what it says instead, and more that it says of things."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from photopoem.english.inflection import plural, singular
from photopoem.errors import did_you_mean
from photopoem.files import TomlFile, parse_toml, read_regular_text, read_toml, write_atomically

FILE_NAME = "words.toml"
PHRASES = "phrases"
FIELDS = ("does", "part", "feels")
KINDS = ("thing", "stuff", "scene", "color")
LONGEST = 120
"""Characters of a word or phrase."""
MOST = 10_000
"""Words that one file may silence or replace."""

Cells = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class HouseWords:
    """What one `words.toml` says.

    `never` are words that no label, color or phrase may hold, `never_colors` names of colors that are not said. `say`
    is what is said instead of a label; its keys are in small letters. `phrases` are rows for the lexicon: (word, kind)
    -> field -> alternatives. `fingerprint` is a hash of the file, empty where there is none.
    """

    never: tuple[str, ...] = ()
    never_colors: frozenset[str] = frozenset()
    say: Mapping[str, str] = field(default_factory=dict)
    phrases: Mapping[tuple[str, str], Cells] = field(default_factory=dict)
    fingerprint: str = ""
    file: TomlFile | None = None
    _silent: re.Pattern[str] | None = field(default=None, repr=False, compare=False)

    def is_silent(self, text: str) -> bool:
        """Whether a label or a phrase holds a word that is never said, in the singular or the plural."""
        return self._silent is not None and self._silent.search(text.casefold()) is not None

    def is_silent_color(self, name: str) -> bool:
        """Whether a color's name is never said."""
        return name.casefold() in self.never_colors or self.is_silent(name)

    def said(self, label: str) -> str:
        """What is said for a label: the label itself where the house has no other word for it."""
        return self.say.get(label.casefold(), label)

    def remarks(self, sayable: Iterable[str]) -> list[str]:
        """A line for each word of the file that stands in none of the `sayable` words, with the nearest that does.

        `sayable` are labels, names of colors and words of the lexicon. A word may be a misspelling, or one that only a
        labeller on the network or one that was taught at home can say.
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
        return f"{where}: no labeller here says {word!r}{did_you_mean(word, among)}"


def add_words(
    path: str | Path, *, never: str = "", never_color: str = "", say: tuple[str, str] | None = None
) -> HouseWords:
    """Add a word to a `words.toml`, which is made where there is none; its other lines and notes stay as they are.

    `never` is a word that is not said from now on, `never_color` a color's name; `say` is a label and what is said
    instead. Raises `UsageError`, with line and column, where the file has faults or would have one, and `StoreError`.
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
    """The text of a `words.toml` with these words added, where they do not stand there yet."""
    import tomlkit

    document: Any = tomlkit.parse(text)
    for key, word in lists.items():
        if word and word.casefold() not in map(str.casefold, document.get(key, [])):
            # A list before the tables: below one it would be a part of it.
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
    """Whether a file among lexicons is one of words of the house, by its name."""
    return Path(path).suffix.lower() == ".toml"


def read_house_words(path: str | Path) -> HouseWords:
    """The words of a `words.toml`; none where the path is empty. Raises `UsageError` with line and column."""
    if not str(path):
        return HouseWords()
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return _read(str(path), 0, 0)  # it tells why
    return _read(str(path), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _read(path: str, _changed: int, _size: int) -> HouseWords:
    return house_words(read_toml(path))


def house_words(file: TomlFile) -> HouseWords:
    """The words that stand in a file. Raises `UsageError` with line and column."""
    tables = file.tables
    file.check_keys(tables, ("never", "never_colors", "say"))
    never = tuple(dict.fromkeys(_words(file, "never")))
    colors = frozenset(_words(file, "never_colors"))
    silent = _silencing(never)
    say, phrases = _say(file), _phrases(file)
    words = HouseWords(never, colors, say, phrases, _hash(file.text), file, silent)
    for label, said in say.items():
        if words.is_silent(said):
            raise file.wrong(f"{said!r} holds a word that is never said", "say", _key(tables["say"], label))
    return words


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _key(table: Mapping[str, Any], folded: str) -> str:
    """A key as it is written in the file."""
    return next(key for key in table if " ".join(key.split()).casefold() == folded)


def _words(file: TomlFile, name: str) -> Iterator[str]:
    """The words of a list, in small letters."""
    given = file.tables.get(name, [])
    if not isinstance(given, list) or len(given) > MOST:
        raise file.wrong(f"{name} is a list of words, such as {name} = ['gun']", name)
    for each in given:
        yield _word(file, each, name, value=each if isinstance(each, str) else None).casefold()


def _word(file: TomlFile, given: Any, *keys: str, value: str | None = None) -> str:
    """A word or phrase that can be said. Raises `UsageError`."""
    word = " ".join(given.split()) if isinstance(given, str) else ""
    if not word or len(word) > LONGEST or not word.isprintable():
        told = f"a word is a text of 1 to {LONGEST} printable characters, in quotes"
        raise file.wrong(told, *keys, value=value)
    return word


def _silencing(words: tuple[str, ...]) -> re.Pattern[str] | None:
    """A pattern that finds these words in a text in small letters, each as a whole word, in both numbers."""
    forms = {form for word in words for form in (word, singular(word), plural(word).casefold())}
    told = "|".join(map(re.escape, sorted(forms, key=len, reverse=True)))
    return re.compile(rf"(?<!\w)(?:{told})(?!\w)") if forms else None


def _say(file: TomlFile) -> dict[str, str]:
    """What is said instead of labels."""
    given = file.tables.get("say", {})
    if not isinstance(given, dict) or len(given) > MOST:
        raise file.wrong("say is a table: label = 'what is said instead'", "say")
    return {
        _word(file, label, "say", label).casefold(): _word(file, said, "say", label)
        for label, said in given.items()
        if label != PHRASES or not isinstance(said, dict)
    }


def _phrases(file: TomlFile) -> dict[tuple[str, str], Cells]:
    """Rows for the lexicon."""
    say = file.tables.get("say", {})
    given = say.get(PHRASES, {}) if isinstance(say, dict) else {}
    rows: dict[tuple[str, str], Cells] = {}
    for word, row in given.items() if isinstance(given, dict) else ():
        where = ("say", PHRASES, word)
        if not isinstance(row, dict):
            raise file.wrong(f"of a word its {', '.join(FIELDS)} are told, each a list of phrases", *where)
        file.check_keys(row, (*FIELDS, "kind"), *where)
        kind = row.get("kind", "thing")
        if kind not in KINDS:
            raise file.wrong(
                f"{kind!r:.40} is no kind of word; use one of {', '.join(KINDS)}", *where, "kind"
            )
        rows[_word(file, word, *where).casefold(), kind] = {
            name: tuple(_cell(file, row[name], *where, name)) for name in FIELDS if name in row
        }
    return rows


def _cell(file: TomlFile, given: Any, *keys: str) -> Iterator[str]:
    """The phrases of one cell: a list of texts, or one text."""
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts:
        raise file.wrong("phrases stand in a list, such as ['waits', 'looks away']", *keys)
    for each in texts:
        yield _word(file, each, *keys, value=each if isinstance(each, str) else None)
