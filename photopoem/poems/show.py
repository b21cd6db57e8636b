"""The show file: a person's choices for the poems of a folder, and their order."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from importlib.resources import files
from math import atan2, degrees, hypot
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from photopoem.color.spaces import srgb_to_lab
from photopoem.errors import StoreError, UsageError, did_you_mean
from photopoem.files import open_regular, stamp_of, write_atomically
from photopoem.photo.discover import is_url

if TYPE_CHECKING:
    from photopoem.color.palette import Palette
    from photopoem.poem import Poem

FILE_NAME = "show.json"
VERSION = 1
State = Literal["undecided", "kept", "dropped"]
Order = Literal["", "hand", "date", "color", "path"]
STATES: tuple[State, ...] = get_args(State)
ORDERS: tuple[Order, ...] = get_args(Order)[1:]
MOST_BYTES = 1 << 26
"""The largest show file that is read; the choices of a hundred thousand photographs take some 30 MB."""
LONGEST = {"title": 500, "author": 500, "preface": 20_000, "grammar": 4_096, "path": 8_192, "digest": 200}
"""The most characters of a text in the show file."""
PATIENCE = 30.0
"""Seconds that a writer waits for another writer; a write takes milliseconds."""
_SEEDS = 1 << 63
_LOCK, _UNFINISHED = ".show.lock", ".show.tmp"


@dataclass(frozen=True, slots=True)
class Choice:
    """The choices for one photograph, identified by its path and by the digest of its pixels.

    `seed` and `grammar` are those of its poem; None and empty leave them to the run. `order` is its position in a show
    that is ordered by hand; `title` replaces the grammar's title.
    """

    path: str
    digest: str
    state: State = "undecided"
    seed: int | None = None
    grammar: str = ""
    order: int | None = None
    title: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there are no choices."""
        chosen = (self.state, self.seed, self.grammar, self.order, self.title)
        return chosen == ("undecided", None, "", None, "")


_PARTS = tuple(each.name for each in fields(Choice))


@dataclass(frozen=True, slots=True)
class Show:
    """A show: its title, author, preface and order, and the choices, sorted by path. Immutable."""

    title: str = ""
    author: str = ""
    preface: str = ""
    order: Order = ""
    choices: tuple[Choice, ...] = ()
    _by_path: dict[str, Choice] = field(default_factory=dict, init=False, repr=False, compare=False)
    _by_digest: dict[str, list[Choice]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for choice in self.choices:
            self._by_path[choice.path] = choice
            self._by_digest.setdefault(choice.digest, []).append(choice)

    def choice(self, path: str, digest: str = "") -> Choice:
        """The choice for a photograph, or an empty one. Without a digest, the path decides.

        A moved photograph is recognized by its digest. If a dropped photograph has other pixels now, it is another
        photograph of the same name, so it is undecided.
        """
        found = self._by_path.get(path)
        if found is None:
            moved = self.moved_from(path, digest)
            return replace(self._by_path[moved], path=path) if moved else Choice(path, digest)
        if digest and found.digest != digest:
            state: State = "undecided" if found.state == "dropped" else found.state
            return replace(found, digest=digest, state=state)
        return found

    def moved_from(self, path: str, digest: str) -> str:
        """The earlier path under which a photograph has choices; empty if it was not moved.

        That path no longer exists, or is another path to the same file.
        """
        if path in self._by_path:
            return ""
        alike = self._by_digest.get(digest, ())
        return next((each.path for each in alike if was_called(path, each.path)), "")

    def with_choices(self, choices: Iterable[Choice]) -> Show:
        """The show with these choices replacing those of the same photographs; empty ones are removed."""
        new = {choice.path: choice for choice in choices}
        moved = {self.moved_from(choice.path, choice.digest) for choice in new.values()}
        old = {choice.path: choice for choice in self.choices if choice.path not in moved}
        kept = (choice for _, choice in sorted((old | new).items()) if not choice.is_empty)
        return replace(self, choices=tuple(kept))

    @property
    def is_empty(self) -> bool:
        """Whether the show has no settings and no choices."""
        return self == Show()


def was_called(path: str, before: str) -> bool:
    """Whether `path` may be the photograph that was at `before`: that path no longer exists, or is the same file."""
    try:
        return not is_url(before) and (not os.path.lexists(before) or Path(before).samefile(path))
    except (OSError, ValueError):
        return False


def show_file(folder: str | Path) -> Path:
    """The show file of a poems folder, whether it exists or not."""
    return Path(folder) / FILE_NAME


def read_show(folder: str | Path) -> Show:
    """The show of a poems folder; an empty one if it has no show file.

    Raises `StoreError`, with file, line and what to do, if the file is not a valid show. It is left in place, because
    a run without it would overwrite kept poems and print dropped ones.
    """
    path = show_file(folder)
    try:
        with open_regular(path) as stream:
            stamp = stamp_of(os.fstat(stream.fileno()))
            if known := _READ.get(stamp):
                return known
            data = stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return Show()
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {error.strerror or error}") from error
    try:
        return _remembered(stamp, _parsed(data))
    except _Damaged as error:
        aside = f"mv {path} {path.with_name('show.damaged.json')}"
        raise StoreError(f"{path}{error}; repair it, or start a new show with: {aside}") from error


_READ: dict[tuple[int, ...], Show] = {}
"""The shows of recent files, cached because the studio needs them at every key."""


def _remembered(stamp: tuple[int, ...], show: Show) -> Show:
    if len(_READ) >= 8:
        _READ.pop(next(iter(_READ)), None)
    _READ[stamp] = show
    return show


def change_show(folder: str | Path, change: Callable[[Show], Show]) -> Show:
    """Replace the show of a poems folder by the result of `change`, and return that.

    The change happens under a lock, so that two writers do not lose each other's changes. Writes are atomic. Raises
    `StoreError`.
    """
    from filelock import FileLock, Timeout

    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / _LOCK, timeout=PATIENCE):
            before = read_show(folder)
            after = change(before)
            if after != before:
                _write(folder, after)
            return after
    except Timeout as error:
        raise StoreError(
            f"{show_file(folder)}: another program keeps it locked; end that one first"
        ) from error
    except OSError as error:
        raise StoreError(f"{show_file(folder)}: cannot be written: {error.strerror or error}") from error


def _write(folder: Path, show: Show) -> None:
    """Write the show file. The caller holds the lock, so a killed writer's unfinished file may be replaced."""
    try:
        data = _as_json(show, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a path that is not UTF-8
        data = _as_json(show, ensure_ascii=True).encode()
    write_atomically(show_file(folder), data, sync=True, by_way_of=folder / _UNFINISHED)
    _remembered(stamp_of(show_file(folder).stat()), show)


def _as_json(show: Show, *, ensure_ascii: bool) -> str:
    """JSON with one line per choice, which is easy to diff; json's own indentation takes ten times as long."""
    encode = json.JSONEncoder(ensure_ascii=ensure_ascii).encode
    made = as_dict(show)
    rows = [f" {encode(name)}: {encode(value)}" for name, value in made.items() if name != "choices"]
    choices = ",\n".join(f"  {encode(each)}" for each in made["choices"])
    rows.append(f' "choices": [\n{choices}\n ]' if choices else ' "choices": []')
    return "{\n" + ",\n".join(rows) + "\n}\n"


def as_dict(show: Show) -> dict[str, Any]:
    """A show as `schema` describes it, without unset values."""
    head = {"title": show.title, "author": show.author, "preface": show.preface, "order": show.order}
    return {
        "version": VERSION,
        **{name: value for name, value in head.items() if value},
        "choices": [_choice_as_dict(choice) for choice in show.choices],
    }


def _choice_as_dict(choice: Choice) -> dict[str, Any]:
    made = {name: getattr(choice, name) for name in _PARTS}
    return {name: value for name, value in made.items() if value not in ("", None)}


def schema() -> str:
    """The JSON Schema of the show file."""
    return (files("photopoem") / "data" / "show.schema.json").read_text(encoding="utf-8")


def merged(shows: Iterable[Show]) -> tuple[Show, list[str]]:
    """Several shows merged into one, and the paths with conflicting choices.

    In a conflict, the first choice wins, and so do the first title, author, preface and order that are not empty.
    """
    given = list(shows)
    found: dict[str, Choice] = {}
    clashes: dict[str, None] = {}
    for choice in (choice for show in given for choice in show.choices):
        if found.setdefault(choice.path, choice) != choice:
            clashes[choice.path] = None
    heads = ([show.title, show.author, show.preface, show.order] for show in given)
    first: list[Any] = [next(filter(None, each), "") for each in zip(*heads, strict=True)]
    joined = Show(*first)
    return joined.with_choices(found.values()), sorted(clashes)


class _Damaged(Exception):
    """An error in a show file: `:LINE: what` or `: what`."""


def _parsed(data: bytes) -> Show:
    if len(data) > MOST_BYTES:
        raise _Damaged(f": larger than {MOST_BYTES >> 20} MB, so it is not a show file")
    try:
        made = json.loads(data.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise _Damaged(f":{error.lineno}:{error.colno}: no JSON: {error.msg.lower()}") from error
    except UnicodeDecodeError as error:
        raise _Damaged(": not UTF-8 text") from error
    except RecursionError as error:
        raise _Damaged(": nested too deeply") from error
    return _show_of(_table(made, "the show"))


def _show_of(made: dict[str, Any]) -> Show:
    version = made.get("version")
    if version != VERSION:
        newer = isinstance(version, int) and version > VERSION
        raise _Damaged(
            f": its version is {version!r:.20}" + (", of a newer photopoem" if newer else f", not {VERSION}")
        )
    _known(made, ("version", "title", "author", "preface", "order", "choices"), "the show")
    title, author, preface = (_text(made, name, "the show") for name in ("title", "author", "preface"))
    choices = made.get("choices", [])
    if not isinstance(choices, list):
        raise _Damaged(": choices is not a list")
    order: Any = _one_of(made, "order", ("", *ORDERS), "the show")
    parsed = [
        _choice_of(_table(each, f"choice {n}"), f"choice {n}") for n, each in enumerate(choices, start=1)
    ]
    return Show(title, author, preface, order).with_choices(parsed)


def _choice_of(made: dict[str, Any], where: str) -> Choice:
    _known(made, _PARTS, where)
    if not made.get("path"):
        raise _Damaged(f": {where} has no path")
    state: Any = _one_of(made, "state", STATES, where)
    texts = {name: _text(made, name, where) for name in ("path", "digest", "grammar", "title")}
    numbers = {name: _number(made, name, where) for name in ("seed", "order")}
    return Choice(state=state, **texts, **numbers)  # type: ignore[arg-type] # the values have the fields' own types


def _table(made: Any, where: str) -> dict[str, Any]:
    if not isinstance(made, dict):
        raise _Damaged(f": {where} is not an object in braces")
    return made


def _known(made: Mapping[str, Any], names: tuple[str, ...], where: str) -> None:
    for name in made:
        if name not in names:
            raise _Damaged(f": {where} has an unknown key {name!r:.60}{did_you_mean(name, names)}")


def _text(made: Mapping[str, Any], name: str, where: str) -> str:
    value = made.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST[name]:
        raise _Damaged(f": {name} of {where} is not a text of at most {LONGEST[name]:,} characters")
    return value


def _number(made: Mapping[str, Any], name: str, where: str) -> int | None:
    value = made.get(name)
    if value is not None and (type(value) is not int or not -_SEEDS <= value < _SEEDS):
        raise _Damaged(f": {name} of {where} is not a whole number")
    return value


def _one_of(made: Mapping[str, Any], name: str, values: tuple[str, ...], where: str) -> str:
    value = made.get(name, values[0])
    if value not in values:
        told = ", ".join(filter(None, values))
        raise _Damaged(f": {name} of {where} is {value!r:.40}, none of {told}")
    return str(value)


def checked_text(name: str, text: str) -> str:
    """A cleaned title, author or preface for the show file. Raises `UsageError` if it is too long."""
    said = text.strip() if name == "preface" else " ".join(text.split())
    if len(said) > LONGEST[name]:
        raise UsageError(f"a {name} has at most {LONGEST[name]:,} characters, and this one has {len(said):,}")
    return said


GREY = 8.0
"""The CIELAB chroma below which a swatch counts as grey; greys come after the colors."""


def in_order(poems: Iterable[Poem], show: Show) -> list[Poem]:
    """The poems in the order of the show, or in the given order if it has none."""
    found = list(poems)
    match show.order:
        case "hand":
            found.sort(key=lambda poem: by_place(show.choice(poem.subject.path, poem.subject.digest)))
        case "date":
            found.sort(key=by_date)
        case "color":
            found.sort(key=by_color)
        case "path":
            found.sort(key=lambda poem: poem.subject.path)
    return found


def by_place(choice: Choice) -> tuple[bool, int, str]:
    """Sort key for the position in a show that is ordered by hand; photographs without one come last."""
    return choice.order is None, choice.order or 0, choice.path


def by_date(poem: Poem) -> tuple[datetime, str]:
    """Sort key for the time taken; photographs without one come last."""
    taken = poem.subject.moment.taken
    # Local times are compared, because cameras without a time zone record local time, too.
    return (taken.replace(tzinfo=None) if taken else datetime.max, poem.subject.path)


def by_color(poem: Poem) -> tuple[bool, float, str]:
    """Sort key for the hue of the dominant swatch, from red to violet; then greys from dark to light."""
    chroma, hue, lightness = strongest(poem.subject.palette)
    return (chroma < GREY, lightness if chroma < GREY else hue, poem.subject.path)


def strongest(palette: Palette) -> tuple[float, float, float]:
    """Chroma, hue in degrees (0 to 360) and lightness, in CIELAB, of the swatch with the largest chroma times share.

    So a sky counts more than a small vivid thing, and a grey wall less than both. All three are 0 for no swatches.
    """
    import numpy as np

    if not palette.swatches:
        return 0.0, 0.0, 0.0
    lab = srgb_to_lab(np.array([swatch.rgb for swatch in palette.swatches], np.uint8)).tolist()
    weighed = zip(palette.swatches, lab, strict=True)
    _, (lightness, a, b) = max(weighed, key=lambda pair: hypot(*pair[1][1:]) * pair[0].share)
    return hypot(a, b), degrees(atan2(b, a)) % 360, lightness
