"""Writes poems with a grammar while it is typed, in a process of its own, so that no grammar can freeze the studio."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from photopoem.errors import MissingWordsError, PhotopoemError
from photopoem.poem import Line, Poem
from photopoem.text.clean import clean

LIMIT = 3.0
"""Seconds that the poems of one grammar may take; then its process is ended, and a new one is begun."""
START = 60.0
"""Seconds that a process may take to begin: it imports what writes."""
MOST_MEMORY = 4 << 30
"""Bytes of address space that the process may have."""
PHOTOGRAPHS = 8
MOST_PROBLEMS = 100
TOO_SLOW = f"its poems were not written in {LIMIT:.0f} seconds: some rule grows too fast"


@dataclass(frozen=True, slots=True)
class Draft:
    """A grammar as it is typed, for these photographs (records with labels, palette and moment).

    Files that it names lie beside `path`. `lexicon` are the person's own, with the words of the house.
    """

    text: str
    path: str
    subjects: tuple[dict[str, Any], ...] = ()
    seed: int = 0
    lexicon: tuple[str, ...] = ()


@dataclass
class Bench:
    """Tries drafts, one at a time, in a process that is ended where it takes too long. It may be used by any thread."""

    limit: float = LIMIT
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _process: SpawnProcess | None = None
    _line: Connection | None = None

    def try_out(self, draft: Draft) -> dict[str, Any]:
        """What `tried` says of a draft; only a problem where that takes too long or ends the process."""
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
        """The line to a process that is ready. Raises `PhotopoemError` where none can be started."""
        if self._line is not None and self._process is not None and self._process.is_alive():
            return self._line
        from multiprocessing import get_context

        self._end()
        spawn = get_context("spawn")
        self._line, other = spawn.Pipe()
        self._process = spawn.Process(target=_work, args=(other,), daemon=True)
        self._process.start()
        other.close()
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
    from photopoem.grammar.preview import sample_vocabulary
    from photopoem.services.executors import begin_worker

    begin_worker()
    _bound_memory()
    # What writing imports is imported now: it must not count against the first draft.
    tried(Draft('{"origin": "#label.s# #color#"}', "x.json"))
    sample_vocabulary()
    line.send("ready")
    with suppress(EOFError):
        while True:
            line.send(tried(line.recv()))


def _bound_memory() -> None:
    """Bound the memory of this process, where the system can."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def tried(draft: Draft) -> dict[str, Any]:
    """The problems of a draft and, where none is an error, its poems and figures.

    `problems` have line, column, kind and message. Each of `poems` has title and lines as pieces, or an `error`.
    `share` is the part of the words that come from the photographs, in 0..1; `frames` are lines that come back in
    several poems with other words in them, with how often.
    """
    from photopoem.grammar.check import problems_of
    from photopoem.grammar.grammar import Grammar
    from photopoem.grammar.loader import parts_of_text

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
        return {"problems": [*problems, _at_origin(parts, str(error))], "poems": []}
    poems = [each for each in written if isinstance(each, Poem)]
    return {"problems": problems[:MOST_PROBLEMS], "poems": list(map(_told, written)), **_figures(poems)}


def _at_origin(parts: Any, message: str) -> dict[str, Any]:
    line, column = parts.source.place(parts.source.rule_at("origin", 0))
    return {"line": line, "column": column, "kind": "error", "message": clean(message)}


def _poems(grammar: Any, draft: Draft) -> list[Poem | str]:
    """A poem of each photograph, or why there is none. Raises `GrammarError` where the rules grow without end."""
    from photopoem.grammar.preview import sample_vocabulary, vocabulary_of

    given = [(vocabulary_of(each), draft.seed) for each in draft.subjects]
    if not given:
        sample = sample_vocabulary()
        given = [(sample, draft.seed + n) for n in range(PHOTOGRAPHS)]
    written: list[Poem | str] = []
    for vocabulary, seed in given:
        try:
            written.append(grammar.write(vocabulary, seed))
        except MissingWordsError as error:
            written.append(str(error))
    return written


def _told(written: Poem | str) -> dict[str, Any]:
    from photopoem.studio.leaf import pieces

    if isinstance(written, str):
        return {"error": clean(written)}
    return {
        "title": pieces(written.title, written),
        "lines": [pieces(line, written) for line in written.lines],
    }


def _figures(poems: Sequence[Poem]) -> dict[str, Any]:
    from photopoem.grammar.preview import Trial

    trial = Trial()
    for poem in poems:
        trial.add(poem, 1)
    frames = Counter(frame for poem in poems for frame in {_frame(line) for line in poem.lines} if frame)
    again = [[clean(frame), times] for frame, times in frames.most_common(5) if times > 2]
    return {"share": round(trial.from_the_photo, 3), "distinct": round(trial.distinct, 3), "frames": again}


def _frame(line: Line) -> str:
    """A line without its words: what the grammar says itself, with dots for what comes from elsewhere."""
    own = "".join(
        span.text if span.source is None and span.voice == "grammar" else "\u2026" for span in line.spans
    )
    return own if any(char.isalpha() for char in own) else ""
