"""Poems as plain text, and manual edits of such texts."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from photopoem.errors import StoreError, UsageError, did_you_mean_path
from photopoem.files import open_regular
from photopoem.poem import Line, Poem, Span, colophon, from_record
from photopoem.poems.records import (
    RECORDS,
    WRITE_ANEW,
    head_of,
    is_text_file,
    last_records,
    parsed,
    read_records,
    text_hash,
    whole_lines,
)
from photopoem.text.terminal import visible
from photopoem.text.wrap import wrap_columns

WIDTH = 42
"""Columns of the colophon, as on a receipt."""


def as_text(poem: Poem, *, with_colophon: bool = True) -> str:
    """Title, an empty line, the lines; then an empty line and the colophon. Ends with a line feed."""
    parts = [str(poem.title), poem.text]
    if with_colophon:
        parts.append("\n".join(wrap_columns(colophon(poem), WIDTH)))
    return "\n\n".join(part for part in parts if part) + "\n"


def from_text(poem: Poem, text: str) -> Poem:
    """The poem as edited in `text`, which was originally `as_text(poem)`; `poem` itself if nothing changed.

    Unchanged lines keep their sources; all others, and a new title, are the person's. An empty line between lines
    counts as a line. The colophon is never a line of the poem, even if it was edited.
    """
    said = text.encode("utf-8", "surrogateescape").decode("utf-8-sig", "replace")
    said = "\n".join(line.rstrip() for line in said.splitlines()).strip("\n")
    before, _, last = said.rpartition("\n\n")
    # Two words are compared, because a person's own stanza may begin with No.
    if last.split()[:2] == colophon(poem).split()[:2]:
        said = before.strip("\n")
    title = ""
    first, gap, rest = said.partition("\n\n")
    if gap and "\n" not in first and poem.title.spans:
        title, said = first, rest.strip("\n")
    if not said or (title, said) == (str(poem.title), poem.text):
        return poem
    ours = {str(line): line for line in (*poem.lines, poem.title)}
    lines = tuple(ours.get(line) or _by_hand(line) for line in said.split("\n"))
    return replace(poem, title=ours.get(title) or _by_hand(title), lines=lines, by_hand=True)


def _by_hand(text: str) -> Line:
    return Line((Span(text, voice="hand"),) if text else ())


MOST = 1 << 21
"""The most bytes of a text that are read; a poem has at most 400,000 characters."""


def read_edited(path: str | Path) -> list[Poem]:
    """The poems of a poems folder or its `poems.jsonl`, one for each photograph, with a person's edits.

    Raises `StoreError` if there are none, or if a line is not a record of a poem.
    """
    folder, records = folder_of(path), list(read_records(path))
    written = written_to(records)
    return [edited(folder, record, written) for record in last_records(records)]


def find_edited(text: Path) -> tuple[Path, Poem, Poem]:
    """The poems folder of a text, and its poem: with manual edits, and as it was written.

    Raises `UsageError` if the text is not in a poems folder or has no record there.
    """
    folder = _poems_above(text)
    name = text.resolve().relative_to(folder.resolve()).as_posix()
    records = list(read_records(folder))
    # The last record of a text counts.
    found = next((each for each in reversed(records) if text_of(each)[0] == name), None)
    if found is None:
        near = did_you_mean_path(text) or f"; give one of its texts, or {RECORDS}"
        raise UsageError(f"{visible(str(text))}: {RECORDS} has no such poem{near}")
    return folder, edited(folder, found, written_to(records)), from_record(found)


def _poems_above(text: Path) -> Path:
    shown = visible(str(text))
    for parent in (*text.parents, *text.resolve().parents):
        if (parent / RECORDS).is_file():
            return parent
    if text.exists():
        raise UsageError(f"{shown}: there is no {RECORDS} beside it with the sources of its words")
    near = did_you_mean_path(text) or f"; give a text in a folder of poems, or its {RECORDS}"
    raise UsageError(f"{shown}: there is no such file{near}")


def folder_of(path: str | Path) -> Path:
    """The folder of the texts of a poems folder or a `poems.jsonl`."""
    return Path(path) if Path(path).is_dir() else Path(path).parent


def written_to(records: Iterable[Mapping[str, Any]]) -> Mapping[str, Container[str]]:
    """The hashes of everything that photopoem wrote to each text file; several records may share one."""
    written: defaultdict[str, set[str]] = defaultdict(set)
    for record in records:
        file, text = text_of(record)
        written[file].add(text)
    return written


def edited(folder: Path, record: Mapping[str, Any], written: Mapping[str, Container[str]]) -> Poem:
    """The poem of a record, including manual edits of its text.

    `written` has the hashes of what photopoem wrote to each text file; a text with any other hash was edited.

    Raises `StoreError` if it is not a record of a poem.
    """
    try:
        poem = from_record(record)
    except StoreError as error:
        raise StoreError(f"{folder / RECORDS}: {record.get('path')}: {error}; {WRITE_ANEW}") from error
    file, hashed = text_of(record)
    text = read_text(folder / file) if hashed and is_text_file(file) else None
    return poem if text is None or text_hash(text) in written[file] else from_text(poem, text)


class CurrentPoems:
    """The current poems of a folder, by the path of their photograph."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: tuple[int, int, int] | None = None
        self._places: dict[str, tuple[int, int]] = {}
        self._written: dict[str, set[str]] = {}

    def find(self, path: str) -> Poem | None:
        """The last poem of a photograph, including manual edits; None if it has none.

        Raises `StoreError`.
        """
        try:
            with open_regular(self._folder / RECORDS) as lines:
                self._look(lines)
                offset, length = self._places.get(path, (0, 0))
                lines.seek(offset)
                line = lines.read(length)
        except OSError as error:
            raise StoreError(f"{self._folder / RECORDS}: {error.strerror}") from error
        return edited(self._folder, parsed(self._folder / RECORDS, line), self._written) if line else None

    def _look(self, lines: IO[bytes]) -> None:
        """Note where each record stands, unless the file is the one that was looked at before."""
        now = os.fstat(lines.fileno())
        seen = (now.st_ino, now.st_size, now.st_mtime_ns)
        if seen == self._seen:
            return
        self._seen, self._places, self._written, offset = seen, {}, {}, 0
        for line in whole_lines(lines):
            if (head := head_of(line)) is not None:
                path, made = head
                self._places[path] = (offset, len(line))
                self._written.setdefault(made.file, set()).add(made.text)
            offset += len(line)


def read_text(path: Path) -> str | None:
    """The content of a text file; None if it cannot be read, for example because a person deleted it."""
    try:
        with open_regular(path) as stream:
            return stream.read(MOST).decode("utf-8", "surrogateescape")
    except OSError:
        return None


def text_of(record: Mapping[str, Any]) -> tuple[str, str]:
    """The file and the hash of a record's text; both empty if it has none."""
    made = record.get("made")
    cells = made if isinstance(made, dict) else {}
    return str(cells.get("file", "")), str(cells.get("text", ""))
