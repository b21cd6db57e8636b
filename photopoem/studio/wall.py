"""The show for the page: a row for each poem, a poem with its words, and the user's actions."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from photopoem.color.spaces import Rgb, hex_of, readable, rgb_of
from photopoem.english.lexicon import add_words
from photopoem.errors import PhotopoemError, StoreError, UsageError
from photopoem.files import open_regular, write_atomically
from photopoem.labels.labeller import Label
from photopoem.poem import Line, Poem, Span, colophon
from photopoem.poems.folder import PoemsFolder
from photopoem.poems.records import RECORDS, Made, head_of, parsed, whole_lines
from photopoem.poems.show import STATES, Choice, Show, State, by_color, by_date, read_show, show_file
from photopoem.poems.text import edited
from photopoem.press.pictures import encoded, open_picture, photo_name
from photopoem.press.sources import LAYERS, shown, traced
from photopoem.services import curate
from photopoem.services.curate import Pick, Snapshot, snapshot, take_back, titled, wording
from photopoem.text.clean import clean

MOST_UNDOS = 200
"""The most actions that can be undone."""
MOST_AT_ONCE = 10_000
"""The most poems in one action."""


@dataclass(slots=True)
class Row:
    """One photograph and its poem. `line` is its record in the file."""

    id: str
    path: str
    made: Made
    line: bytes
    stamp: tuple[int, int]
    told: dict[str, Any]
    keys: dict[str, Any]
    choice: Choice
    version: int = 0


@dataclass(frozen=True, slots=True)
class Act:
    """An action that can be undone: the states before and after, and the previous words of the house."""

    said: str
    before: tuple[Snapshot, ...] = ()
    after: tuple[Snapshot, ...] = ()
    words: tuple[str | None, str] | None = None


@dataclass
class Wall:
    """The show of a folder of poems. `words` is the file of the words of the house, which need not exist.

    Thread-safe. All methods raise `PhotopoemError` with one line for the user.
    """

    folder: Path
    words: str
    lexicon: tuple[str, ...] = ()
    photos: Path | None = None
    version: int = 0
    trouble: str = ""
    """The current problem with the files; meanwhile the last rows stay."""
    _rows: dict[str, Row] = field(default_factory=dict)
    _order: list[str] = field(default_factory=list)
    _ordered_in: int = 0
    _show: Show = field(default_factory=Show)
    _unseen: bool = False
    """Whether some rows may have outdated choices."""
    _stamps: dict[str, tuple[int, int]] = field(default_factory=dict)
    _end: tuple[tuple[int, int], int, bytes] = ((0, 0), 0, b"")
    """The file that was read (device and inode), the offset up to which, and the last record before it."""
    _heads: dict[str, tuple[Made, bytes]] = field(default_factory=dict)
    _written: dict[str, set[str]] = field(default_factory=dict)
    _rolled: bool = False
    _acts: deque[Act] = field(default_factory=lambda: deque(maxlen=MOST_UNDOS))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # -- looking -------------------------------------------------------------------------------------------

    def look(self, only: Sequence[str] = ()) -> int:
        """Reread changed files, and return the version, which increases if anything changed.

        With `only`, just the rows of these ids are renewed; other changes are found by the next look.
        """
        with self._lock:
            try:
                self._read(only)
                trouble = ""
            except PhotopoemError as error:
                trouble = str(error)
                self._stamps.clear()  # a failed read is repeated
            if trouble != self.trouble:
                self.trouble = trouble
                self.version += 1
            return self.version

    def since(self, version: int) -> dict[str, Any]:
        """The rows that changed after a version; all for version 0. `order` is left out if unchanged.

        The first call reads the files.
        """
        with self._lock:
            if not self.version:
                self.look()
            rows = [row.told for row in self._rows.values() if row.version > version]
            made: dict[str, Any] = {"version": self.version, "rows": rows, "trouble": self.trouble}
            if self._ordered_in > version or version == 0:
                made["order"] = self._order
                made["title"] = clean(self._show.title)
            return made | {"undo": self.undo_description()}

    def undo_description(self) -> str:
        """What `undo` would undo; empty if there is nothing."""
        return self._acts[-1].said if self._acts else ""

    def _read(self, only: Sequence[str] = ()) -> None:
        records = self.folder / RECORDS
        if self._changed(records):
            self._read_heads(records)
        if self._changed(show_file(self.folder)):
            self._show = read_show(self.folder)
            self._unseen = True
        shown, self._unseen = self._unseen, self._unseen and bool(only)
        version = self.version + 1
        paths = [row.path for each in only if (row := self._rows.get(each))] if only else self._heads
        fresh = {_id(path): self._row(path, version, shown) for path in paths if path in self._heads}
        changed = any(row.version == version for row in fresh.values())
        if only:
            fresh = self._rows | fresh
        changed = changed or fresh.keys() != self._rows.keys()
        self._rows = fresh
        if changed or shown:
            order = self._in_order(fresh)
            if order != self._order or shown:
                self._order, self._ordered_in = order, version
            self.version = version

    def _changed(self, file: Path) -> bool:
        """Whether a file changed since the last call."""
        stamp = _stamp(str(file))
        if self._stamps.get(file.name) == stamp:
            return False
        self._stamps[file.name] = stamp
        return True

    def _read_heads(self, records: Path) -> None:
        """Index the last record of each path, unparsed, and the hashes of each text."""
        try:
            lines = self._new_lines(records)
        except FileNotFoundError:
            lines, self._heads, self._written = [], {}, {}
        except OSError as error:
            raise StoreError(f"{records}: cannot be read: {error.strerror or error}") from error
        before = len(self._heads)
        for line in lines:
            head = head_of(line)
            if head is not None:
                path, made = head
                self._heads[path] = (made, line)
                self._written.setdefault(made.file, set()).add(made.text)
        if len(self._heads) > before:
            self._heads = dict(sorted(self._heads.items()))

    def _new_lines(self, records: Path) -> list[bytes]:
        """The complete lines added to the file since the last call; all lines if the file was replaced.

        Raises `OSError`.
        """
        with open_regular(records) as file:
            status = os.fstat(file.fileno())
            known, end, last = self._end
            file.seek(end - len(last))
            grew = known == (status.st_dev, status.st_ino) and status.st_size > end
            if not grew or file.read(len(last)) != last:
                self._heads, self._written, end, last = {}, {}, 0, b""
            file.seek(end)
            lines = list(whole_lines(file))
        self._end = (
            (status.st_dev, status.st_ino),
            end + sum(map(len, lines)),
            lines[-1] if lines else last,
        )
        return lines

    def _row(self, path: str, version: int, shown: bool) -> Row:
        """The row of a path; the existing one if record, text and choice are unchanged.

        `shown` says whether the choices may have changed.
        """
        made, line = self._heads[path]
        before = self._rows.get(_id(path))
        stamp = _stamp(f"{self.folder}/{made.file}")
        if before is None or before.line != line or before.stamp != stamp:
            return self._new_row(path, made, line, stamp, version)
        if shown and self._show.choice(path, before.keys["digest"]) != before.choice:
            return self._new_row(path, made, line, stamp, version)
        return before

    def _new_row(self, path: str, made: Made, line: bytes, stamp: tuple[int, int], version: int) -> Row:
        poem = edited(self.folder, parsed(self.folder / RECORDS, line), self._written)
        subject = poem.subject
        choice = self._show.choice(path, subject.digest)
        shown = curate.titled(poem, choice)
        # The picture's address changes with its pixels.
        mark = hashlib.sha256(subject.digest.encode("utf-8", "surrogateescape")).hexdigest()[:12]
        told = _told(shown, choice, _id(path), mark)
        keys = {
            "date": by_date(poem),
            "color": by_color(poem),
            "digest": subject.digest,
            "words": _words(poem),
        }
        return Row(_id(path), path, made, line, stamp, told, keys, choice, version)

    def _in_order(self, rows: dict[str, Row]) -> list[str]:
        """The ids in the order of the show, by path if it has none."""
        found = list(rows.values())
        match self._show.order:
            case "hand":
                found.sort(key=lambda row: (row.choice.order is None, row.choice.order or 0, row.path))
            case "date" | "color" as order:
                found.sort(key=lambda row: row.keys[order])
        return [row.id for row in found]

    def row(self, id_: str) -> Row:
        """The row of an id. Raises `UsageError` if the show has no such poem."""
        with self._lock:
            row = self._rows.get(id_)
        if row is None:
            raise UsageError("the show has no such poem any more")
        return row

    def pick(self, id_: str) -> Pick:
        """The photograph of an id, for the commands. Raises `UsageError`."""
        row = self.row(id_)
        record = json.loads(row.line)
        return Pick(self.folder, row.path, row.keys["digest"], record, self._written)

    def poems(self, ids: Iterable[str]) -> list[Poem]:
        """The poems of these ids, with manual edits and titles. Raises `UsageError`."""
        return [curate.titled(self.pick(each).poem(), self.row(each).choice) for each in ids]

    def ids(self) -> list[str]:
        """The ids in the order of the show."""
        with self._lock:
            return list(self._order)

    # -- actions -------------------------------------------------------------------------------------------

    @property
    def lexicon_files(self) -> tuple[str, ...]:
        """The lexicons and the words of the house, if any."""
        return (*self.lexicon, *([self.words] if os.path.isfile(self.words) else []))  # noqa: PTH113 - a text

    def decide(self, ids: Sequence[str], state: str) -> str:
        """Keep, drop or undecide poems."""
        if state not in STATES:
            raise UsageError(f"there is no state {state!r:.40}")
        chosen: State = next(each for each in STATES if each == state)
        names = self.row(ids[0]).told["name"] if len(ids) == 1 else f"{len(ids)} poems"
        return self._do(f"{names} {state}", ids, lambda picks: curate.decide(picks, chosen))

    def reroll(self, id_: str, grammar: str = "", *, sure: bool = False) -> str:
        """Write another poem. Raises `Unsure` for an edited text, unless `sure`."""
        pick, row = self.pick(id_), self.row(id_)
        if row.choice.state == "kept":
            raise UsageError(f"{row.told['name']} is kept, so it is not re-rolled; take that back first")
        if pick.poem().by_hand and not sure:
            raise Unsure("You changed this text by hand. Put yours aside, and let another poem stand?")
        name = grammar or curate.grammar_of(pick)
        found = curate.rolls(pick, grammar=name, lexicon_files=self.lexicon_files)
        if not found:
            raise UsageError(f"{name} has no other poem for {row.told['name']}; take another grammar")
        said = f"{row.told['name']}: {found[0].grammar}, seed {found[0].seed}"

        def take(picks: list[Pick]) -> None:
            self._rolled = True
            curate.take(picks[0], found[0], name, lexicon_files=self.lexicon_files, lazily=True)

        return self._do(said, [id_], take)

    def edit(self, id_: str, text: str, before: str) -> str:
        """Replace a poem's text by the user's."""
        said = f"{self.row(id_).told['name']}: your words"
        return self._do(said, [id_], lambda picks: curate.rewrite(picks[0], text, before))

    def never(self, word: str, *, color: bool = False) -> str:
        """Ban a word or a color name; undecided poems with it are rewritten."""
        given = {"never_color": word} if color else {"never": word}
        return self._reword(f"never say {word!r}", word, given)

    def say(self, label: str, instead: str) -> str:
        """Replace a label; undecided poems with it are rewritten."""
        return self._reword(f"say {instead!r} for {label!r}", label, {"say": (label, instead)})

    def _reword(self, said: str, word: str, given: dict[str, Any]) -> str:
        """Change the words of the house, and rewrite the undecided poems with the word."""
        with self._lock:
            self._read()
            file = Path(self.words)
            words = file.read_text("utf-8") if file.exists() else None
            house = add_words(file, **given)

            def holds(each: str) -> bool:
                return each == word.casefold() or ("never" in given and house.is_silent(each))

            holding = [row for row in self._rows.values() if any(map(holds, row.keys["words"]))]
            picks = [
                self.pick(row.id)
                for row in holding
                if not (row.told["hand"] or row.choice.state != "undecided")
            ]
            before = tuple(map(snapshot, picks))
            changed = curate.rewrite_with_words(picks, lexicon_files=self.lexicon_files)
            self.look()
            after = tuple(snapshot(self.pick(_id(pick.path))) for pick in picks)
            self._acts.append(Act(said, before, after, (words, file.read_text("utf-8"))))
        left = len(holding) - changed
        return f"{said}: {changed} rewritten" + (f"; {left} others stay as they are" if left else "")

    def undo(self) -> str:
        """Undo the last action. Raises `UsageError` if there is none, or if something changed since."""
        with self._lock:
            if not self._acts:
                raise UsageError("there is nothing to undo")
            act = self._acts.pop()
            self._read()
            if act.words is not None:
                earlier, made = act.words
                if Path(self.words).read_text("utf-8") != made:
                    raise UsageError(f"{self.words}: changed since, so it is not undone")
            take_back(act.before, act.after, [snapshot(self.pick(_id(each.path))) for each in act.after])
            if act.words is not None and earlier is None:
                Path(self.words).unlink()
            elif act.words is not None:
                write_atomically(self.words, earlier or "", sync=True)
            self.look()
            return f"undone: {act.said}"

    def _do(self, said: str, ids: Sequence[str], act: Callable[[list[Pick]], Any]) -> str:
        """Perform an action on the poems of these ids, record how to undo it, and return a description."""
        if not 0 < len(ids) <= MOST_AT_ONCE:
            raise UsageError("name a poem")
        with self._lock:
            picks = [self.pick(each) for each in ids]
            before = tuple(map(snapshot, picks))
            act(picks)
            self.look(ids)
            after = tuple(snapshot(self.pick(each)) for each in ids)
            if before != after:
                self._acts.append(Act(said, before, after))
            return said

    def close(self) -> None:
        """Sort the records and remove the old ones that re-rolls left."""
        if self._rolled:
            with suppress(PhotopoemError), PoemsFolder(self.folder, force=True) as folder:
                folder.finish()


class Unsure(UsageError):
    """An action that the user must confirm first; the message is the question."""


@lru_cache(maxsize=1 << 17)
def _id(path: str) -> str:
    """The page's id of a photograph: a hash, which does not reveal its path."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def _stamp(file: str) -> tuple[int, int]:
    """Modification time and size of a file; zeros if there is none."""
    try:
        status = os.stat(file)  # noqa: PTH116 - for thousands of texts
    except (OSError, ValueError):
        return 0, 0
    return status.st_mtime_ns, status.st_size


def _told(poem: Poem, choice: Choice, id_: str, mark: str) -> dict[str, Any]:
    subject = poem.subject
    return {
        "id": id_,
        "mark": mark,
        "name": photo_name(poem),
        "state": choice.state,
        "grammar": clean(poem.grammar),
        "seed": poem.seed,
        "hand": poem.by_hand,
        "title": _plain(poem.title),
        "lines": [_plain(line) for line in poem.lines],
        "labels": [clean(label.text) for label in subject.labels[:8]],
        "colors": [[each.hex, clean(each.name), round(each.share, 4)] for each in subject.palette.swatches],
    }


def _plain(line: Line) -> str:
    """A line without sources, with an author's blanks."""
    return "".join(map(shown, line.spans))


def _words(poem: Poem) -> frozenset[str]:
    """The words and phrases of a poem from the photograph or the lexicon, in lower case."""
    spans = [span for line in (poem.title, *poem.lines) for span in line.spans]
    found = {span.text.strip() for span in spans if span.source or span.voice == "lexicon"}
    found |= {
        word for span in spans if span.source for word in (span.source.of, span.source.said_for) if word
    }
    return frozenset(word.casefold() for word in found)


PAPER: Rgb = (250, 249, 246)
NIGHT: Rgb = (20, 19, 18)
"""The page's background in light and dark mode, as in studio.css, on which tinted words must be readable."""
SIDES = (480, 1280)
"""The longest sides of pictures in px: on the wall, and for one poem or the screen."""
PICTURES = ".studio"
"""The folder of cached pictures in the folder of poems, which may be deleted at any time."""
_QUALITY = 76


def leaf(wall: Wall, id_: str) -> dict[str, Any]:
    """One poem with everything that is known about it. Raises `UsageError`."""
    row, pick = wall.row(id_), wall.pick(id_)
    written = pick.poem()
    poem = titled(written, row.choice)
    subject = poem.subject
    return row.told | {
        "path": clean(subject.path),
        "title": pieces(poem.title, poem),
        "lines": [pieces(line, poem) for line in poem.lines],
        "seen": [_label(each) for each in subject.labels],
        "palette": [
            {"hex": each.hex, "name": clean(each.name), "share": each.share}
            for each in subject.palette.swatches
        ],
        "colophon": clean(colophon(poem)),
        "wording": wording(written),
        "alt": alt(poem),
    }


def alt(poem: Poem) -> str:
    """The alternative text of the photograph."""
    labels = ", ".join(clean(label.text) for label in poem.subject.labels[:4])
    return f"The photograph {photo_name(poem)}" + (f"; labels: {labels}" if labels else "")


def _label(label: Label) -> dict[str, Any]:
    """A label and its region, if known."""
    region = label.region
    box = [region.left, region.top, region.right, region.bottom] if region is not None else None
    return {
        "text": clean(label.text),
        "score": round(label.score, 3),
        "by": clean(label.labeller),
        "box": box,
    }


def pieces(line: Line, poem: Poem) -> list[dict[str, Any]]:
    """A line as pieces of text, each with its source and possible actions."""
    spans = [span for span in line.spans if shown(span)]
    return [
        {"text": piece.text} | (_source(span, asdict(piece.note)) if piece.note else {})
        for span, piece in zip(spans, traced(line, poem), strict=True)
    ]


def _source(span: Span, note: dict[str, Any]) -> dict[str, Any]:
    rgb = rgb_of(note["hex"])
    source = span.source
    what = source.what if source else "phrase"
    made = {
        "layer": note["layer"],
        "whose": LAYERS[note["layer"]],
        "told": f"{note['verb']} \u201c{note['of']}\u201d",
        "figures": note["figures"],
        "what": what if what in ("label", "color", "keyword", "phrase") else "moment",
        "of": ((source.said_for or source.of) if source else span.text).strip(),
    }
    if rgb:
        made |= {
            "hex": hex_of(rgb),
            "day": hex_of(readable(rgb, PAPER)),
            "night": hex_of(readable(rgb, NIGHT)),
        }
    return made


def picture(wall: Wall, id_: str, side: int) -> bytes:
    """The photograph of a poem as cached WebP without metadata, its longest side at most `side` px.

    Raises `UsageError` if it is gone or cannot be read, and `StoreError`.
    """
    if side not in SIDES:
        raise UsageError(f"pictures are {SIDES[0]} or {SIDES[1]} px")
    poem = wall.pick(id_).poem()
    mark = hashlib.sha256(f"{poem.subject.path}\0{poem.subject.digest}".encode("utf-8", "surrogateescape"))
    file = wall.folder / PICTURES / f"{mark.hexdigest()[:32]}-{side}.webp"
    if file.is_file():
        return file.read_bytes()
    found = open_picture(poem, wall.photos, side)
    if found is None:
        raise UsageError(f"{photo_name(poem)}: the photograph is not there, or cannot be read")
    data = encoded(found, "WEBP", _QUALITY)
    file.parent.mkdir(exist_ok=True)
    write_atomically(file, data)
    return data
