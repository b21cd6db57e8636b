"""The studio's grammars: opens and saves them, and tries one while it is typed, in a separate process."""

from __future__ import annotations

import os
import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from photopoem.errors import GrammarError, MissingWordsError, PhotopoemError, UsageError
from photopoem.files import read_regular, write_atomically
from photopoem.grammar import find_grammar, load_grammar, shelf
from photopoem.grammar.check import problems_of
from photopoem.grammar.grammar import Grammar
from photopoem.grammar.loader import parts_of_text
from photopoem.grammar.preview import Trial, sample_vocabulary
from photopoem.poem import Line, Poem, subject_from_record
from photopoem.services.describe import vocabulary_in
from photopoem.services.executors import begin_worker
from photopoem.studio.wall import Unsure, pieces
from photopoem.text.clean import clean, one_line

_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,60}")

MOST_FILES = 200
"""The most files of a folder that are searched for grammars."""


def own_grammars(poems: Path) -> list[Path]:
    """JSON files that may be the user's grammars: here, and beside the folder of poems."""
    folders = dict.fromkeys((Path(), poems.parent if poems.resolve().parent != Path.cwd() else Path()))
    found = (each for folder in folders for each in sorted(folder.glob("*.json"))[:MOST_FILES])
    return [each for each in found if each.is_file()]


def offered(poems: Path) -> list[dict[str, str]]:
    """The usable grammars: the id, name and description of each."""
    return [*_loaded(map(str, own_grammars(poems)), "a file here"), *_loaded(shelf(), "")]


def _loaded(names: Any, about: str) -> Iterator[dict[str, str]]:
    for name in names:
        try:
            grammar = load_grammar(name)
        except GrammarError:
            continue  # not a grammar, or one with errors, which the grammar view shows
        said = one_line(grammar.about) or about
        yield {"id": name, "name": one_line(os.path.splitext(os.path.basename(name))[0]), "about": said}  # noqa: PTH119, PTH122


@dataclass(frozen=True, slots=True)
class Desk:
    """Opens and saves grammars: the files beside the poems, the built-in ones, and one given file."""

    poems: Path
    named: Path | None = None

    def own(self) -> list[Path]:
        """The user's own grammars, the given one first."""
        others = own_grammars(self.poems)
        return (
            others if self.named is None else [self.named, *(each for each in others if each != self.named)]
        )

    def listed(self) -> list[dict[str, Any]]:
        """The grammars to open: the user's own files, with or without errors, and built-in ones to copy."""
        files = [{"id": str(each), "name": one_line(each.name), "own": True} for each in self.own()]
        return files + [{"id": name, "name": name, "own": False} for name in shelf()]

    def stamps(self) -> list[tuple[str, int, int]]:
        """Time and size of each own file, to detect changes."""
        found = []
        for each in self.own():
            with suppress(OSError):
                status = each.stat()
                found.append((str(each), status.st_mtime_ns, status.st_size))
        return found

    def text(self, id_: str) -> str:
        """The text of a listed grammar. Raises `UsageError` for any other, and `GrammarError`."""
        if id_ not in (each["id"] for each in self.listed()):
            raise UsageError("there is no such grammar here any more")
        path = next((each for each in self.own() if str(each) == id_), None) or find_grammar(id_)
        try:
            return read_regular(path).decode("utf-8-sig", "replace")
        except OSError as error:
            raise GrammarError(f"{path}: cannot be read: {error.strerror or error}") from error

    def save(self, name: str, text: str, before: str | None, *, sure: bool = False) -> Path:
        """Save a grammar's text to a file of the user, and return the file.

        `name` is an own file, or a new one beside the poems. `before` is the text that was opened; if the file has
        changed since, `Unsure` is raised unless the user is `sure`. Raises `UsageError`, `StoreError`.
        """
        path = next((each for each in self.own() if str(each) == name), None)
        if path is None:
            if not _PLAIN.fullmatch(name):
                raise UsageError("a grammar's name has letters, digits, - and _, such as my-haiku")
            path = Path(os.path.normpath(self.poems.parent / f"{name}.json"))
        there = read_regular(path).decode("utf-8-sig", "replace") if path.is_file() else None
        if there not in (None, before, text) and not sure:
            raise Unsure(f"Another text stands in {path.name} by now. Write yours over it?")
        write_atomically(path, text)
        return path


def checked_name(poems: Path, name: str) -> str:
    """Check that a grammar's name from the page is offered. Raises `UsageError`, so that no other file is opened."""
    if name and name not in (each["id"] for each in offered(poems)):
        raise UsageError("there is no such grammar here any more")
    return name


LIMIT = 3.0
"""Seconds that the poems of one grammar may take; then its process is replaced."""
START = 60.0
"""Seconds that a process may take to start, including imports."""
MOST_MEMORY = 4 << 30
"""The most bytes of the process's address space."""
PHOTOGRAPHS = 8
MOST_PROBLEMS = 100
TOO_SLOW = f"its poems were not written in {LIMIT:.0f} seconds: some rule grows too fast"


@dataclass(frozen=True, slots=True)
class Draft:
    """An unsaved grammar, to try with these photographs (records with labels, palette and moment).

    Files that it names are beside `path`. `lexicon` are the user's lexicons and words of the house.
    """

    text: str
    path: str
    subjects: tuple[dict[str, Any], ...] = ()
    seed: int = 0
    lexicon: tuple[str, ...] = ()


@dataclass
class Bench:
    """Tries drafts, one at a time, in a process that is killed if it takes too long. Thread-safe."""

    limit: float = LIMIT
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _process: SpawnProcess | None = None
    _line: Connection | None = None

    def try_out(self, draft: Draft) -> dict[str, Any]:
        """The result of `tried` for a draft; only a problem if that takes too long or crashes the process."""
        with self._lock:
            line = self._begun()
            try:
                line.send(draft)
                if line.poll(self.limit):
                    made: dict[str, Any] = line.recv()
                    return made
                told = TOO_SLOW
            except (EOFError, OSError):
                told = "its poems took more memory than there is: some rule grows too fast"
            self._end()
            return {"problems": [{"line": 1, "column": 1, "kind": "error", "message": told}], "poems": []}

    def _begun(self) -> Connection:
        """The connection to a ready process. Raises `PhotopoemError` if none can be started."""
        if self._line is not None and self._process is not None and self._process.is_alive():
            return self._line
        self._end()
        spawn = get_context("spawn")
        line, other = spawn.Pipe()
        process = spawn.Process(target=_work, args=(other,), daemon=True)
        process.start()
        other.close()
        self._line, self._process = line, process
        if not self._line.poll(START):
            self._end()
            raise PhotopoemError("the process that writes the poems did not start")
        self._line.recv()
        return self._line

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        if self._line is not None:
            self._line.close()
        self._process = self._line = None


def _work(line: Connection) -> None:
    """Try drafts until the studio ends."""
    begin_worker()
    with suppress(ImportError, OSError, ValueError):  # not every system can limit the memory of a process
        import resource  # Windows has none

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    # Warm up the imports, so that they do not count against the first draft.
    tried(Draft('{"origin": "#label.s# #color#"}', "x.json"))
    sample_vocabulary()
    line.send("ready")
    with suppress(EOFError):
        while True:
            line.send(tried(line.recv()))


def tried(draft: Draft) -> dict[str, Any]:
    """The problems of a draft and, if none is an error, its poems and statistics.

    `problems` have line, column, kind and message. Each of `poems` has title and lines as pieces, or an `error`.
    `share` is the share of words from the photographs, in 0..1; `frames` are lines that are repeated in several poems
    with other words, with their counts.
    """
    path = Path(draft.path)
    parts = parts_of_text(draft.text, path)
    problems = [
        {"line": each.line, "column": each.column, "kind": each.kind, "message": clean(each.message)}
        for each in problems_of(parts)
    ]
    if any(each["kind"] == "error" for each in problems):
        return {"problems": problems[:MOST_PROBLEMS], "poems": []}
    try:
        written = _poems(Grammar(path.stem, parts, parts.book, draft.lexicon), draft)
    except PhotopoemError as error:
        line, column = parts.source.place(parts.source.rule_at("origin", 0))
        told = {"line": line, "column": column, "kind": "error", "message": clean(str(error))}
        return {"problems": [*problems, told], "poems": []}
    poems = [each for each in written if isinstance(each, Poem)]
    return {"problems": problems[:MOST_PROBLEMS], "poems": list(map(_told, written)), **_figures(poems)}


def _poems(grammar: Any, draft: Draft) -> list[Poem | str]:
    """A poem for each photograph, or the error. Raises `GrammarError` if the rules grow without end."""
    given = [(vocabulary_in(subject_from_record(each), draft.lexicon), draft.seed) for each in draft.subjects]
    if not given:
        sample = vocabulary_in(sample_vocabulary().subject, draft.lexicon)
        given = [(sample, draft.seed + n) for n in range(PHOTOGRAPHS)]
    written: list[Poem | str] = []
    for vocabulary, seed in given:
        try:
            written.append(grammar.write(vocabulary, seed))
        except MissingWordsError as error:
            written.append(str(error))
    return written


def _told(written: Poem | str) -> dict[str, Any]:
    if isinstance(written, str):
        return {"error": clean(written)}
    return {
        "title": pieces(written.title, written),
        "lines": [pieces(line, written) for line in written.lines],
    }


def _figures(poems: Sequence[Poem]) -> dict[str, Any]:
    trial = Trial()
    for poem in poems:
        trial.add(poem, 1)
    frames = Counter(frame for poem in poems for frame in {_frame(line) for line in poem.lines} if frame)
    again = [[clean(frame), times] for frame, times in frames.most_common(5) if times > 2]
    return {"share": round(trial.from_the_photo, 3), "distinct": round(trial.distinct, 3), "frames": again}


def _frame(line: Line) -> str:
    """A line's frame: the grammar's own text, with dots for other words."""
    own = "".join(
        span.text if span.source is None and span.voice == "grammar" else "\u2026" for span in line.spans
    )
    return own if any(char.isalpha() for char in own) else ""
