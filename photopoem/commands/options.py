"""Command options as dataclasses, and options that several commands share.

A command declares a dataclass with fields made by `option`, `argument` or `group`, and `takes` passes it one object of
that class:

    @click.command()
    @takes(Options)
    def command(given: Options) -> None: ...
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from photopoem.commands.project import project_of
from photopoem.errors import UsageError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from photopoem.labels.labeller import LabelSettings
    from photopoem.services.pipeline import Settings
    from photopoem.services.watch import QuietHours

TARGETS = ("tcp://", "usb:", "serial:", "cups:", "dir:", "file:")
"""The schemes of printer addresses."""
LISTS = ("xkcd", "css", "nbs")
"""The lists of color names, repeated here because their module loads numpy."""
SIZES = ("a6", "a5", "a4", "receipt")
"""Sheet sizes, repeated here because the presses load heavy libraries."""
LAYOUTS = ("card", "cards4", "poem", "booklet")
"""The layouts of a PDF."""


class Name(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases alone
    """A text with shell completion of names; with `path` "file" or "dir" also of paths of that kind.

    With `several`, names are completed after each comma too.
    """

    name = "text"

    def __init__(
        self, names: Callable[[], Iterable[str]] = tuple, *, path: str = "", several: bool = False
    ) -> None:
        self.names, self.path, self.several = names, path, several

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The matching paths and names."""
        from click.shell_completion import CompletionItem

        before, comma, last = incomplete.rpartition(",") if self.several else ("", "", incomplete)
        items = [CompletionItem(incomplete, type=self.path)] if self.path and not comma else []
        names = (name for name in self.names() if name.startswith(last))
        return items + [CompletionItem(before + comma + name) for name in names]


class Colors(Name):
    """A number of colors from 2 to 20, or `auto`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number, or `auto`. Raises `UsageError`."""
        if value == "auto" or isinstance(value, int):
            return value
        if not value.isdecimal() or not 2 <= int(value) <= 20:
            raise UsageError(f"--colors takes a number from 2 to 20 or auto, not {value!r}")
        return int(value)


class ShardType(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases alone
    """A shard, I/N."""

    name = "shard"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """The shard's number, from 1, and the number of shards. Raises `UsageError`."""
        first, _, last = value.partition("/")
        if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
            raise UsageError(f"--shard takes I/N with I from 1 to N, such as 1/4, not {value!r}")
        return int(first), int(last)


class Hours(click.ParamType):  # type: ignore[type-arg]  # generic in newer releases alone
    """Quiet hours, HH:MM-HH:MM."""

    name = "hours"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> QuietHours:
        """The hours. Raises `UsageError`."""
        from photopoem.services.watch import QuietHours

        return QuietHours.parse(value)


def _grammars() -> list[str]:
    from photopoem.grammar import shelf

    return shelf()


def _labellers() -> list[str]:
    from photopoem.labels.registry import BUILT_IN

    return ["auto", *BUILT_IN]


def _presses() -> Iterable[str]:
    from photopoem.press import PRESSES

    return PRESSES


NumberOfColors = int | Literal["auto"]
A_FILE = Name(path="file")
A_FOLDER = Name(path="dir")
A_GRAMMAR = Name(_grammars, path="file")
GRAMMARS = Name(lambda: [*_grammars(), "all"], path="file", several=True)
LABELLERS = Name(_labellers, several=True)
A_PRESS = Name(_presses)
A_TARGET = Name(lambda: TARGETS)
COLORS = Colors(lambda: ["auto"])
COLOR_LISTS = Name(lambda: LISTS, path="file")
A_SIZE = Name(lambda: SIZES)
A_LAYOUT = Name(lambda: LAYOUTS)
SHARD = ShardType()
HOURS = Hours()


COLOPHON = "End each poem, in its text and on paper, with who labelled it and who named its colors."
"""The help of --colophon for commands that write and print texts."""

Given = TypeVar("Given")
Command = Callable[..., Any]


def option(*names: str, **attributes: Any) -> Any:
    """A field for an option with these names; `attributes` go to `click.option`."""
    return field(metadata={"declare": lambda name: click.option(*names, name, **attributes)})


def argument(**attributes: Any) -> Any:
    """A field for an argument; `attributes` go to `click.argument`."""
    return field(metadata={"declare": lambda name: click.argument(name, **attributes)})


def group(kind: type) -> Any:
    """A field for the options of another dataclass."""
    return field(metadata={"group": kind})


def takes(kind: type[Given]) -> Callable[[Callable[[Given], Any]], Command]:
    """Declare the options and arguments of a dataclass, and call the command with one object of that class."""

    def decorate(command: Callable[[Given], Any]) -> Command:
        @wraps(command)
        def call(**values: Any) -> Any:
            return command(_filled(kind, values))

        decorated: Command = call
        for declare, name in reversed(_declared(kind)):
            decorated = declare(name)(decorated)
        return decorated

    return decorate


def _declared(kind: Any) -> list[tuple[Callable[[str], Callable[[Command], Command]], str]]:
    """The declaration and name of each option of a dataclass, with groups expanded in place."""
    found: list[tuple[Callable[[str], Callable[[Command], Command]], str]] = []
    for each in fields(kind):
        inner = each.metadata.get("group")
        found += _declared(inner) if inner else [(each.metadata["declare"], each.name)]
    return found


def _filled(kind: Any, values: dict[str, Any]) -> Any:
    return kind(
        **{
            each.name: _filled(inner, values) if (inner := each.metadata.get("group")) else values[each.name]
            for each in fields(kind)
        }
    )


@dataclass(frozen=True)
class ReadingOptions:
    """How photographs are read."""

    labels: str = option(
        "-l", "--labels", default="auto", show_default=True, metavar="NAME,...", type=LABELLERS,
        help="Labellers: auto, local, local:NAME, keywords, vision, onnx:MODEL,LABELS; or several.",
    )  # fmt: skip
    endpoint: str = option(
        "--endpoint", default="", metavar="HOST[:PORT]",
        help="Use Vision at this address, with your key, even if it is not Google's.",
    )  # fmt: skip
    colors: NumberOfColors = option(
        "--colors", default="6", show_default=True, metavar="N|auto", type=COLORS,
        help="Number of palette colors, 2 to 20.",
    )  # fmt: skip
    color_names: str = option(
        "--color-names", default="xkcd", show_default=True, metavar="LIST|FILE", type=COLOR_LISTS,
        help="Color names: xkcd, css, nbs, or a CSV file of name,hex.",
    )  # fmt: skip
    place: str | None = option(
        "--place", metavar="TEXT", help="The place, for photographs that do not name it."
    )
    hemisphere: str = option(
        "--hemisphere", type=click.Choice(["north", "south"]), default="north", show_default=True,
        help="For the seasons, if a photograph has no latitude.",
    )  # fmt: skip

    def settings(self, *, label_settings: LabelSettings | None = None, **others: Any) -> Settings:
        """The settings from these options and `others`. Raises `UsageError`."""
        from photopoem.color.names import color_names
        from photopoem.labels.labeller import LabelSettings
        from photopoem.services.pipeline import Settings
        from photopoem.text.terminal import as_utf8

        color_names(self.color_names)  # report an unreadable list before the work starts
        place = as_utf8(self.place) if self.place else None
        return Settings(
            labels=self.labels, colors=self.colors, color_names=self.color_names, place=place,
            hemisphere=self.hemisphere, **others,
            label_settings=replace(label_settings or LabelSettings(), endpoint=self.endpoint),
        )  # fmt: skip


def lexicon_option() -> Any:
    """The option that names lexicons."""
    return option(
        "--lexicon", multiple=True, metavar="FILE", type=A_FILE, help="A lexicon (CSV); may be repeated."
    )  # fmt: skip


def press_option(help_: str = "The press for --print.") -> Any:
    """The option --press; `help_` is added to its help."""
    return option("--press", metavar="NAME", type=A_PRESS, help=f"{help_}  [default: the target's]")


def pace_option() -> Any:
    """The option --pace, the least time between two poems."""
    return option(
        "--pace",
        default=0.0,
        metavar="SECONDS",
        type=click.FloatRange(0),
        help="Least time between two poems.",
    )


def target_option(*names: str, **attributes: Any) -> Any:
    """The option that names a printer or a file to print to; the rest goes to `click.option`."""
    return option(*names, metavar="TARGET", type=A_TARGET, **attributes)


def photos_option() -> Any:
    """The option --photos, the base folder of photograph paths in records."""
    return option(
        "--photos", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="Base folder of the photographs' paths.  [default: here]",
    )  # fmt: skip


WORDS = "The words of the house.  [default: words.toml beside photopoem.toml or in the folder of poems]"
"""The help of --words."""


def words_option() -> Any:
    """The option --words."""
    return option("--words", metavar="FILE", type=A_FILE, help=WORDS)


def words_file(given: str | None, poems: str | Path) -> str:
    """The words.toml: the given one, otherwise the one in the default places, otherwise an empty text."""
    if given is not None:
        return given
    project = project_of(click.get_current_context())
    folders = [*([project.folder] if project else []), str(poems)]
    files = (os.path.normpath(os.path.join(folder, "words.toml")) for folder in folders)  # noqa: PTH118 - as given
    return next(filter(os.path.isfile, files), "")


def lexicon_files_of(lexicon: tuple[str, ...], words: str | None, poems: str | Path) -> tuple[str, ...]:
    """The given lexicons, and after them the words of the house if any."""
    house = words_file(words, poems)
    return (*lexicon, house) if house else lexicon


def poems_option() -> Any:
    """The option --poems, for commands that take photographs."""
    return option(
        "--poems", metavar="DIR", type=A_FOLDER,
        help="Folder of poems, for photographs and patterns.  [default: the project's, else poems]",
    )  # fmt: skip


def poems_folder(given: str | Path | None) -> Path:
    """The folder of poems: the given one, otherwise the project's output, otherwise `poems`."""
    project = project_of(click.get_current_context())
    out = project.table(["run"]).get("out") if project and given is None else None
    return Path(project.path(out) if project and isinstance(out, str) else given or "poems")


@dataclass(frozen=True)
class WritingOptions:
    """How photographs are read and poems written."""

    grammar: str = option(
        "-g", "--grammar", default="i-can-remember", show_default=True, metavar="NAME|FILE", type=GRAMMARS,
        help="Kind of poem: a built-in grammar, a file, several separated by commas, or all.",
    )  # fmt: skip
    seed: int = option("--seed", default=0, show_default=True, help="Another seed gives other poems.")
    lexicon: tuple[str, ...] = lexicon_option()
    series: bool = option(
        "--series",
        is_flag=True,
        help="Write one series: each poem takes the seed that least repeats the poems before it.",
    )
    words: str | None = words_option()
    reading: ReadingOptions = group(ReadingOptions)

    def settings(
        self, poems: str | Path, *, quick: bool = False, label_settings: LabelSettings | None = None
    ) -> Settings:
        """The settings from these options, for poems in that folder. Raises `UsageError`, `GrammarError`."""
        from photopoem.grammar import expand_names

        return self.reading.settings(
            grammars=expand_names(self.grammar), seed=self.seed, lexicon=self.lexicon, quick=quick,
            series=self.series,
            label_settings=label_settings, words=words_file(self.words, poems),
        )  # fmt: skip


@dataclass(frozen=True)
class PressOptions:
    """The options of all presses except the colophon, which also applies to texts."""

    photo: bool | None = option(
        "--photo/--no-photo", default=None, help="receipt: print the photograph above the poem, in dots."
    )
    profile: str | None = option(
        "--profile", metavar="NAME", help="receipt: the printer's name in python-escpos, such as TM-T20II."
    )
    columns: int | None = option(
        "--columns", type=int, metavar="N", help="receipt: letters in a row: 32, 42 or 48."
    )
    cut: bool | None = option("--cut/--no-cut", default=None, help="receipt: cut the paper after each poem.")
    size: str | None = option(
        "--size", metavar="SIZE", type=A_SIZE, help="svg, pdf: a6, a5 or a4; svg also receipt."
    )
    hand: int | None = option(
        "--hand", type=int, metavar="N", help="svg: uneven letters, as by hand; each number is another hand."
    )
    pens: bool | None = option(
        "--pens/--one-pen", default=None, help="svg: separate layers for author, place, machine and people."
    )
    layout: str | None = option(
        "--layout", metavar="NAME", type=A_LAYOUT, help="pdf: card, cards4, poem or booklet."
    )
    dpi: int | None = option("--dpi", type=int, metavar="N", help="pdf: resolution of photographs; 300.")
    tint: bool | None = option(
        "--tint/--no-tint", default=None, help="pdf: print color words in their colors."
    )
    title: str | None = option("--title", metavar="TEXT", help="html, pdf: the title above all poems.")
    thumbnail: int | None = option(
        "--thumbnail", type=int, metavar="PX", help="html: longest side of the pictures."
    )
    seconds: int | None = option(
        "--seconds", type=int, metavar="N", help="html: seconds per poem in the slide show."
    )

    def given(self, **others: Any) -> dict[str, Any]:
        """These and `others`, without unset options, for which the press has defaults."""
        from photopoem.text.terminal import as_utf8

        said = ((name, value) for name, value in {**vars(self), **others}.items() if value is not None)
        return {name: as_utf8(value) if isinstance(value, str) else value for name, value in said}


def given_paths(paths: tuple[str, ...]) -> list[str]:
    """The given paths, with `-` replaced by those on standard input, separated by lines or NUL."""
    given: list[str] = []
    for path in paths:
        given += _from_stdin() if path == "-" else [path]
    return given


def _is_utf16(data: bytes) -> bool:
    """Whether a list is UTF-16: by its byte order mark, or by zeros at its start and at the ends of lines."""
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return marked or (b"\0" in data[:2] and (b"\n\0" in data or b"\0\n" in data))


def _from_stdin() -> list[str]:
    """Paths separated by lines or NUL, without a byte order mark and the carriage returns of Windows.

    Raises `UsageError` for UTF-16, which Windows writes.
    """
    if sys.stdin is None:
        raise UsageError("standard input is closed, so there are no paths to read from it")
    data = sys.stdin.buffer.read()
    if _is_utf16(data):
        raise UsageError("the list on standard input is UTF-16; save it as UTF-8")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in data:
        return [os.fsdecode(path) for path in data.split(b"\0") if path]
    lines = (os.fsdecode(line) for line in data.split(b"\n"))
    return [path for line in lines if (path := line if os.path.lexists(line) else line.removesuffix("\r"))]
