"""Curates a show: selects poems, decides about them, writes other poems, orders them, and undoes all that."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any, NoReturn

from photopoem.errors import GrammarError, MissingWordsError, UsageError, did_you_mean_path
from photopoem.files import write_atomically
from photopoem.grammar import shelf
from photopoem.photo.discover import Found, is_photo_name, is_url
from photopoem.poem import Line, Poem, Span, colophon, from_record, record
from photopoem.poems.folder import PoemsFolder
from photopoem.poems.records import RECORDS, TEXT, is_text_file, last_records, read_records
from photopoem.poems.show import Choice, Order, Show, State, by_place, change_show, in_order, read_show
from photopoem.poems.text import as_text, edited, read_text, text_of, written_to
from photopoem.services.describe import open_photo, vocabulary_in
from photopoem.services.pipeline import Settings, chosen_settings
from photopoem.text.clean import one_line

PATIENCE = 3.0
"""Seconds that a re-roll waits for a watch to write its poem; a run holds the folder longer."""
TRIES = 60
"""How many seeds are tried for a poem that differs from the previous ones."""
_CHOSEN = re.compile(r" seed -?\d+| grammar \w+")


# -- selection -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """A selected photograph of a show. `record` is its poem's, None if it has no poem yet."""

    folder: Path
    path: str
    digest: str
    record: dict[str, Any] | None = None
    written: Mapping[str, Container[str]] = field(default_factory=dict)
    """The hashes of what photopoem wrote to each text of the folder."""

    @property
    def text(self) -> Path | None:
        """The file of its text."""
        file, _ = text_of(self.record or {})
        return self.folder / file if is_text_file(file) else None

    def poem(self) -> Poem:
        """The poem, including manual edits. Raises `UsageError`."""
        if self.record is None:
            raise UsageError(f"{self.path}: has no poem yet; write it first: photopoem run {self.path}")
        return edited(self.folder, self.record, self.written)


def find(names: Iterable[str], poems: Path = Path("poems")) -> list[Pick]:
    """The photographs that the names select, in order, each once.

    A name is a text in a folder of poems, a photograph, a folder of either, or a pattern with `*` or `?` for both.
    Anything outside another folder of poems is searched in `poems`. Raises `UsageError` for a name that selects
    nothing, `StoreError`, and `PhotoError` for a photograph without a poem that cannot be read.
    """
    known: dict[Path, _Known] = {}
    found: dict[tuple[str, str], Pick] = {}
    for name in names:
        folder = _folder_of(name, poems)
        if folder not in known:
            known[folder] = _Known(folder)
        for pick in known[folder].meant(name) or known[folder].no_meaning(name):
            found.setdefault((os.path.realpath(folder), pick.path), pick)
    return list(found.values())


def all_of(poems: Path) -> list[Pick]:
    """All photographs with a poem in a folder, by path. Raises `StoreError`."""
    return list(_Known(poems, must=True).picks.values())


def is_folder_of_poems(name: str) -> bool:
    """Whether a name is a folder of poems, and so means its show."""
    return (Path(name) / RECORDS).is_file()


def _folder_of(name: str, poems: Path) -> Path:
    """The folder of poems in which a name is searched: the one that it is or is in, otherwise `poems`."""
    if is_url(name):
        return poems
    path = Path(name)
    for each in (path, *path.parents):
        if (each / RECORDS).is_file() and (name.endswith((TEXT, RECORDS)) or each == path):
            return each
    return poems


class _Known:
    """The records of a folder of poems, by path, by text and by the photograph's location."""

    def __init__(self, folder: Path, *, must: bool = False) -> None:
        self.folder = folder
        there = must or (folder / RECORDS).is_file()
        records = list(read_records(folder)) if there else []
        written = written_to(records)
        self.picks = {
            each["path"]: Pick(folder, each["path"], str(each.get("digest", "")), each, written)
            for each in sorted(last_records(records), key=itemgetter("path"))
        }

    def meant(self, name: str) -> list[Pick]:
        """The photographs that a name selects here, which may be none."""
        path = Path(name)
        if name in self.picks:
            return [self.picks[name]]
        if path in (self.folder, self.folder / RECORDS):
            return list(self.picks.values())
        if path.is_dir():
            return self._below(path)
        here = os.path.abspath(name)  # noqa: PTH100 - the paths of records are compared as text
        alike = [each for each in self.picks.values() if here in self._places(each)]
        if alike or not (path.is_file() and is_photo_name(path.name)):
            return alike or self._matching(name)
        return [Pick(self.folder, name, open_photo(Found(name, path.name), Settings()).digest)]

    def _places(self, pick: Pick) -> tuple[str, ...]:
        """The locations of its photograph and its text."""
        text = (os.path.abspath(pick.text),) if pick.text else ()  # noqa: PTH100 - as above
        return (os.path.abspath(pick.path), *text)  # noqa: PTH100 - as above

    def _below(self, folder: Path) -> list[Pick]:
        inside = os.path.join(os.path.abspath(folder), "")  # noqa: PTH100, PTH118 - as above
        return [pick for pick in self.picks.values() if any(p.startswith(inside) for p in self._places(pick))]

    def _matching(self, pattern: str) -> list[Pick]:
        if not any(mark in pattern for mark in "*?["):
            return []
        return [each for each in self.picks.values() if any(fnmatch(name, pattern) for name in _names(each))]

    def no_meaning(self, name: str) -> NoReturn:
        """Raise `UsageError` with the nearest existing name."""
        near = did_you_mean_path(name) or f"; name a text in {self.folder} or a photograph"
        raise UsageError(f"{name}: no such poem or photograph in the show{near}")


def _names(pick: Pick) -> list[str]:
    """The texts that a pattern may match: paths and names of the photograph and of its text."""
    paths = [pick.path, *([str(pick.text)] if pick.text else [])]
    return [*paths, *(Path(each).name for each in paths)]


# -- decisions -------------------------------------------------------------------------------------------


def decide(picks: Iterable[Pick], state: State) -> int:
    """Set the state of photographs; returns how many changed. Raises `StoreError`."""
    changed = 0
    for folder, some in _by_folder(picks):
        changed += _deciding_on(folder, some, state)
        if state == "dropped":
            _withdraw(folder, some)
    return changed


def _deciding_on(folder: Path, picks: Sequence[Pick], state: State) -> int:
    """Set the state of photographs in one folder; returns how many changed."""
    changed = 0

    def change(show: Show) -> Show:
        nonlocal changed
        changed = sum(show.choice(each.path, each.digest).state != state for each in picks)
        after: Show = _deciding(picks, state=state)(show)
        return after

    change_show(folder, change)
    return changed


def _withdraw(folder: Path, picks: Sequence[Pick]) -> None:
    """Remove waiting dropped poems from the print queue."""
    from photopoem.printing.queue import FILE_NAME, Queue

    if (folder / FILE_NAME).exists():
        with Queue(folder) as queue:
            queue.withdraw([(pick.path, pick.digest) for pick in picks])


def _by_folder(picks: Iterable[Pick]) -> list[tuple[Path, list[Pick]]]:
    folders: dict[Path, list[Pick]] = {}
    for pick in picks:
        folders.setdefault(pick.folder, []).append(pick)
    return list(folders.items())


def _deciding(picks: Sequence[Pick], **chosen: Any) -> Any:
    """The change of a show that sets these fields of photographs' choices."""

    def change(show: Show) -> Show:
        return show.with_choices(replace(show.choice(each.path, each.digest), **chosen) for each in picks)

    return change


def entitle(pick: Pick, title: str) -> None:
    """Set a poem's title; an empty one restores the grammar's. Raises `StoreError`."""
    change_show(pick.folder, _deciding([pick], title=title))


def describe_show(
    folder: Path,
    *,
    title: str | None = None,
    author: str | None = None,
    preface: str | None = None,
    order: Order | None = None,
) -> Show:
    """Set the title, author, preface and order of a show; None leaves a value. Raises `StoreError`."""
    given = {"title": title, "author": author, "preface": preface, "order": order}
    said: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    return change_show(folder, lambda show: replace(show, **said))


def order_by_hand(picks: Sequence[Pick]) -> None:
    """Move these poems to the front of their show, in this order; the others follow. Raises `StoreError`."""
    for folder, some in _by_folder(picks):

        def change(show: Show, some: list[Pick] = some, folder: Path = folder) -> Show:
            named = {pick.path for pick in some}
            others = [each for each in all_of(folder) if each.path not in named]
            if show.order == "hand":
                others.sort(key=lambda each: by_place(show.choice(each.path, each.digest)))
            placed = (
                replace(show.choice(each.path, each.digest), order=place)
                for place, each in enumerate([*some, *others], start=1)
            )
            return replace(show.with_choices(placed), order="hand")

        change_show(folder, change)


# -- other poems for a photograph ------------------------------------------------------------------------


def rolls(
    pick: Pick,
    *,
    grammar: str = "",
    seed: int | None = None,
    count: int = 1,
    lexicon_files: Sequence[str] = (),
) -> list[Poem]:
    """At most `count` other poems for a photograph, each different from the current one and from each other.

    They are written from the record, so no labeller is needed. `grammar` defaults to that of the poem; `seed` is the
    first seed to try, by default the next. `lexicon_files` include words of the house. If the grammar has fewer
    poems, fewer are returned. Raises `UsageError`, `GrammarError`, and `MissingWordsError` if it has none at all.
    """
    from photopoem.grammar import load_grammar

    current = pick.poem()
    name = grammar or grammar_of(pick)
    maker = load_grammar(name, lexicon=tuple(lexicon_files))
    vocabulary = vocabulary_in(current.subject, lexicon_files)
    first = current.seed + 1 if seed is None else seed
    texts = {current.text} if seed is None else set()
    found: list[Poem] = []
    missing: MissingWordsError | None = None
    for each in range(first, first + TRIES + count):
        if len(found) == count:
            break
        try:
            poem = maker.write(vocabulary, each)
        except MissingWordsError as error:
            missing = error
            continue
        if poem.text not in texts:
            texts.add(poem.text)
            found.append(poem)
    if not found and missing is not None:
        raise missing
    return found


def grammar_of(pick: Pick) -> str:
    """The grammar of a photograph's poem: the chosen one, otherwise its record's.

    Raises `UsageError` if that is a file that is neither here nor beside the folder of poems.
    """
    chosen = read_show(pick.folder).choice(pick.path, pick.digest).grammar
    name = chosen or str((pick.record or {}).get("grammar", ""))
    found = [chosen] if chosen else grammars_called(name, pick.folder.resolve().parent)
    if not found:
        raise UsageError(
            f"{pick.path}: its grammar {name!r} is not a built-in one; give it with --grammar FILE"
        )
    return found[0]


def grammars_called(name: str, beside: Path) -> list[str]:
    """Candidates for the grammar of that name: a built-in one, a file here, or one beside the folder of poems."""
    if Path(name).name != name:
        return []  # the name comes from an untrusted record, so no path is followed
    elsewhere = [beside] if beside != Path.cwd() else []
    files = [str(folder / f"{name}.json") for folder in (Path(), *elsewhere)]
    return [*([name] if name in shelf() else []), *filter(os.path.isfile, files)]


def take(
    pick: Pick, poem: Poem, grammar: str, *, lexicon_files: Sequence[str] = (), lazily: bool = False
) -> Path | None:
    """Make `poem` the poem of a photograph, and record its seed and grammar, so that runs write it again.

    An edited text is saved beside it, and the path of that copy is returned. The choice is recorded first, so that the
    next run writes the text if this program is killed. `lazily` is as for `PoemsFolder.finish`. Raises `StoreError`,
    and `UsageError` if a run is writing to the folder.
    """
    with PoemsFolder(pick.folder, force=True, wait=PATIENCE) as folder:
        change_show(pick.folder, _deciding([pick], seed=poem.seed, grammar=grammar))
        aside = _put_aside(pick) if folder.poem(pick.path).by_hand else None
        made = folder.made(pick.path)
        choice = Choice(pick.path, pick.digest, seed=poem.seed, grammar=grammar)
        settings = chosen_settings(_CHOSEN.sub("", made.settings), choice, lexicon_files)
        text = as_text(poem, with_colophon="without colophon" not in settings)
        folder.add(record(poem), Found(pick.path, Path(pick.path).name, made.stamp), settings, text)
        folder.finish(lazily=lazily)
    return aside


def _put_aside(pick: Pick) -> Path | None:
    """Copy a text to an unused name beside it."""
    text = pick.text
    said = read_text(text) if text else None
    if text is None or said is None:
        return None
    aside = next(
        each for n in range(1, 10_000) if not (each := text.with_name(f"{text.name}.mine{n}")).exists()
    )
    with aside.open("xb") as file:
        file.write(said.encode("utf-8", "surrogateescape"))
    return aside


def rewrite_with_words(picks: Sequence[Pick], *, lexicon_files: Sequence[str] = ()) -> int:
    """Rewrite poems of one folder after the words of the house changed; returns how many texts changed.

    Their seeds, grammars and choices stay, unless a seed gives no poem any more. A poem that cannot be rewritten stays.
    Not for edited texts and kept poems. Raises as `take` does.
    """
    if not picks:
        return 0
    changed = 0
    with PoemsFolder(picks[0].folder, force=True, wait=PATIENCE) as folder:
        for pick in picks:
            poem = _reworded(pick, lexicon_files)
            if poem is None:
                continue
            made = folder.made(pick.path)
            text = as_text(poem, with_colophon="without colophon" not in made.settings)
            folder.add(record(poem), Found(pick.path, Path(pick.path).name, made.stamp), made.settings, text)
            changed += 1
        folder.finish()
    return changed


def _reworded(pick: Pick, lexicon_files: Sequence[str]) -> Poem | None:
    """The poem of a photograph with the current words of the house; None if nothing changes or there is no poem."""
    current = pick.poem()
    try:
        found = rolls(pick, seed=current.seed, lexicon_files=lexicon_files)
    except (MissingWordsError, GrammarError, UsageError):
        return None
    if not found or (found[0].text, str(found[0].title)) == (current.text, str(current.title)):
        return None
    return found[0]


def rewrite(pick: Pick, text: str, before: str) -> None:
    """Store a person's edit of a poem: `text` has its title, an empty line, its lines.

    `before` is the text before the edit. The colophon stays. Raises `UsageError` if the text changed meanwhile or
    nothing is left of the poem, and `StoreError`.
    """
    file, poem = pick.text, pick.poem()
    if file is None:
        raise UsageError(f"{pick.path}: its poem has no text beside it; photopoem run writes one")
    if wording(poem) != before:
        raise UsageError(f"{file}: changed since you began to edit; yours is not written, copy it first")
    said = "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
    if not said:
        raise UsageError(f"{file}: nothing is left of the poem; drop it from the show instead")
    closing = (read_text(file) or "").rstrip().rpartition("\n\n")[2]
    if closing.split()[:2] == colophon(poem).split()[:2]:
        said = f"{said}\n\n{closing}"
    write_atomically(file, f"{said}\n".encode("utf-8", "surrogateescape"))


def wording(poem: Poem) -> str:
    """The title and the lines of a poem, for editing."""
    return as_text(poem, with_colophon=False).rstrip("\n")


# -- display ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Displayed:
    """The displayed poems of a show, in its order, and how many were dropped."""

    poems: list[Poem]
    dropped: int


def displayed_poems(poems: Iterable[Poem], show: Show, *, only: State | None = None) -> Displayed:
    """The poems that are not dropped, or those of one state, in the show's order and with its titles."""
    found, dropped = [], 0
    for poem in poems:
        choice = show.choice(poem.subject.path, poem.subject.digest)
        if choice.state == "dropped":
            dropped += 1
        elif only is None or choice.state == only:
            found.append(titled(poem, choice))
    return Displayed(in_order(found, show), dropped)


def titled(poem: Poem, choice: Choice) -> Poem:
    """The poem with its chosen title."""
    title = one_line(choice.title)  # the show file may be untrusted
    if not title or title == str(poem.title):
        return poem
    return replace(poem, title=Line((Span(title, voice="hand"),)), by_hand=True)


@dataclass(frozen=True, slots=True)
class Listed:
    """A poem of a show, for a list."""

    path: str
    text: str
    state: State
    grammar: str
    seed: int
    title: str
    first: str
    by_hand: bool
    order: int | None


def listed(picks: Sequence[Pick]) -> list[Listed]:
    """The poems of a folder in the order of its show, including dropped ones. Raises `StoreError`."""
    return [each for folder, some in _by_folder(picks) for each in _listed(some, read_show(folder))]


def _listed(picks: Sequence[Pick], show: Show) -> Iterator[Listed]:
    of = {pick.path: (pick, pick.poem()) for pick in picks if pick.record}
    for poem in in_order([poem for _, poem in of.values()], show):
        pick, _ = of[poem.subject.path]
        choice = show.choice(pick.path, pick.digest)
        poem = titled(poem, choice)
        first = next((str(line) for line in poem.lines if str(line).strip()), "")
        yield Listed(
            pick.path, str(pick.text or ""), choice.state, poem.grammar, poem.seed, str(poem.title), first,
            poem.by_hand, choice.order,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of one photograph: its choice, the record of its poem, and its text (None if there is none)."""

    folder: Path
    path: str
    choice: Choice
    record: str
    text: str | None


def snapshot(pick: Pick) -> Snapshot:
    """The current state of a photograph. Raises `StoreError`."""
    choice = read_show(pick.folder).choice(pick.path, pick.digest)
    record = json.dumps(pick.record, sort_keys=True)
    return Snapshot(pick.folder, pick.path, choice, record, read_text(pick.text) if pick.text else None)


def take_back(before: Sequence[Snapshot], after: Sequence[Snapshot], now: Sequence[Snapshot]) -> None:
    """Restore the state `before` an act. `after` is the state after the act.

    Raises `UsageError` if the state `now` differs, because somebody changed it since, or if a run is writing to the
    folder; `StoreError`.
    """
    for done, found in zip(after, now, strict=True):
        if done != found:
            raise UsageError(f"{done.path}: changed since, so it is not undone")
    for old, new in zip(before, after, strict=True):
        if old.record != new.record:
            _put_back(old)
        elif old.text != new.text:
            _write_text(old)
    folders = {each.folder for each in before}
    for folder in folders:
        choices = [each.choice for each in before if each.folder == folder]
        change_show(folder, partial(Show.with_choices, choices=choices))


def _put_back(old: Snapshot) -> None:
    record: dict[str, Any] = json.loads(old.record)
    made = record.pop("made")
    poem = from_record(record)
    text = as_text(poem, with_colophon="without colophon" not in made["settings"])
    with PoemsFolder(old.folder, force=True) as folder:
        found = Found(old.path, Path(old.path).name, made["stamp"])
        # The record has the hash of photopoem's own text, so that a manual edit is recognized by the difference.
        folder.add(record, found, made["settings"], text)
        folder.finish(lazily=True)
    if old.text != text:
        _write_text(old)


def _write_text(old: Snapshot) -> None:
    """Restore the text of a poem, or delete it if there was none."""
    file = old.folder / json.loads(old.record)["made"]["file"]
    if old.text is None:
        file.unlink(missing_ok=True)
    else:
        write_atomically(file, old.text.encode("utf-8", "surrogateescape"))
