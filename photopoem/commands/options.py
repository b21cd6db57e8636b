"""The options of commands as dataclasses, and those that several commands share.

A command declares a dataclass whose fields are made by `option`, `argument` or `group`, and `takes` hands it one
object of that class:

    @click.command()
    @takes(Options)
    def command(given: Options) -> None: ...
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from photopoem.commands.types import (
    A_FILE,
    A_FOLDER,
    A_LAYOUT,
    A_SIZE,
    COLOR_LISTS,
    COLORS,
    GRAMMARS,
    LABELLERS,
    NumberOfColors,
)

if TYPE_CHECKING:
    from pathlib import Path

    from photopoem.labels.labeller import LabelSettings
    from photopoem.services.pipeline import Settings

COLOPHON = "Close each poem, in its text and on paper, with who labelled it and who named its colors."
"""The help of --colophon for commands that write texts and print them."""

Given = TypeVar("Given")
Command = Callable[..., Any]


def option(*names: str, **attributes: Any) -> Any:
    """A field that is an option with these names; the rest goes to `click.option`."""
    return field(metadata={"declare": lambda name: click.option(*names, name, **attributes)})


def argument(**attributes: Any) -> Any:
    """A field that is an argument; `attributes` go to `click.argument`."""
    return field(metadata={"declare": lambda name: click.argument(name, **attributes)})


def group(kind: type) -> Any:
    """A field that holds the options of another dataclass."""
    return field(metadata={"group": kind})


def takes(kind: type[Given]) -> Callable[[Callable[[Given], Any]], Command]:
    """Give a command the options and arguments of a dataclass, and call it with one object of that class."""

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
    """How each option of a dataclass is declared, with its name, those of groups in their places."""
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
        help="Who labels: auto, local, local:NAME, keywords, vision, onnx:MODEL,LABELS; or several.",
    )  # fmt: skip
    colors: NumberOfColors = option(
        "--colors", default="6", show_default=True, metavar="N|auto", type=COLORS, help="Colors of a palette, 2 to 20."
    )  # fmt: skip
    color_names: str = option(
        "--color-names", default="xkcd", show_default=True, metavar="LIST|FILE", type=COLOR_LISTS,
        help="Who named the colors: xkcd, css, nbs, or a CSV file of name,hex.",
    )  # fmt: skip
    place: str | None = option(
        "--place", metavar="TEXT", help="The place, where the photographs do not name it."
    )
    hemisphere: str = option(
        "--hemisphere", type=click.Choice(["north", "south"]), default="north", show_default=True,
        help="For the seasons, where a photograph has no latitude.",
    )  # fmt: skip

    def settings(self, **others: Any) -> Settings:
        """The settings that these options and `others` make. Raises `UsageError`."""
        from photopoem.color.names import color_names
        from photopoem.services.pipeline import Settings
        from photopoem.text.terminal import as_utf8

        color_names(self.color_names)  # a list that cannot be read is reported before the work begins
        place = as_utf8(self.place) if self.place else None
        return Settings(
            labels=self.labels, colors=self.colors, color_names=self.color_names, place=place,
            hemisphere=self.hemisphere, **others,
        )  # fmt: skip


def words_option() -> Any:
    """The option that names the words of the house."""
    return option(
        "--words", metavar="FILE", type=A_FILE,
        help="Words of the house.  [default: words.toml beside photopoem.toml or in the folder of poems]",
    )  # fmt: skip


def words_file(given: str | None, poems: str | Path) -> str:
    """The file with the words of the house: the one given, else the one that lies where it is looked for, else none."""
    from photopoem.commands.project import project_of

    if given is not None:
        return given
    project = project_of(click.get_current_context())
    folders = [*([project.folder] if project else []), str(poems)]
    files = (os.path.normpath(os.path.join(folder, "words.toml")) for folder in folders)  # noqa: PTH118 - as given
    return next(filter(os.path.isfile, files), "")


def poems_option() -> Any:
    """The option that names the folder of poems, for commands that are given photographs."""
    return option(
        "--poems", metavar="DIR", type=A_FOLDER,
        help="Folder of poems, for photographs and patterns.  [default: where the project writes, else poems]",
    )  # fmt: skip


def poems_folder(given: str | Path | None) -> Path:
    """The folder of poems that is meant: the one given, else where runs of the project write, else `poems`."""
    from pathlib import Path

    from photopoem.commands.project import project_of

    project = project_of(click.get_current_context())
    out = project.table(["run"]).get("out") if project and given is None else None
    return Path(project.path(out) if project and isinstance(out, str) else given or "poems")


@dataclass(frozen=True)
class WritingOptions:
    """How photographs are read and poems written."""

    grammar: str = option(
        "-g", "--grammar", default="i-can-remember", show_default=True, metavar="NAME|FILE", type=GRAMMARS,
        help="Kind of poem: a name of the shelf, a file, several with commas between, or all.",
    )  # fmt: skip
    seed: int = option("--seed", default=0, show_default=True, help="Another seed, other poems.")
    lexicon: tuple[str, ...] = option(
        "--lexicon", multiple=True, metavar="FILE", type=A_FILE, help="A CSV of what words do; may be repeated."
    )  # fmt: skip
    series: bool = option(
        "--series",
        is_flag=True,
        help="One show: each poem takes the seed that repeats the poems before it least.",
    )
    words: str | None = words_option()
    reading: ReadingOptions = group(ReadingOptions)

    def settings(
        self, poems: str | Path, *, quick: bool = False, label_settings: LabelSettings | None = None
    ) -> Settings:
        """The settings that these options make, for poems in that folder. Raises `UsageError`, `GrammarError`."""
        from photopoem.grammar import expand_names
        from photopoem.labels.labeller import LabelSettings

        return self.reading.settings(
            grammars=expand_names(self.grammar), seed=self.seed, lexicon=self.lexicon, quick=quick,
            series=self.series,
            label_settings=label_settings or LabelSettings(), words=words_file(self.words, poems),
        )  # fmt: skip


@dataclass(frozen=True)
class PressOptions:
    """The options of all presses but the colophon, which a command may also need for texts."""

    photo: bool | None = option(
        "--photo/--no-photo", default=None, help="receipt: the photograph above the poem, in dots."
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
        "--hand", type=int, metavar="N", help="svg: a hand's unevenness; another number, another hand."
    )
    pens: bool | None = option(
        "--pens/--one-pen", default=None, help="svg: a layer each for author, place, machine and people."
    )
    layout: str | None = option(
        "--layout", metavar="NAME", type=A_LAYOUT, help="pdf: card, cards4, poem or booklet."
    )
    dpi: int | None = option(
        "--dpi", type=int, metavar="N", help="pdf: how fine photographs are printed; 300."
    )
    tint: bool | None = option("--tint/--no-tint", default=None, help="pdf: color words in their colors.")
    title: str | None = option("--title", metavar="TEXT", help="html, pdf: what stands above all poems.")
    thumbnail: int | None = option(
        "--thumbnail", type=int, metavar="PX", help="html: longest side of the pictures."
    )
    seconds: int | None = option(
        "--seconds", type=int, metavar="N", help="html: how long the slide show stays with a poem."
    )

    def given(self, **others: Any) -> dict[str, Any]:
        """These and `others`, those alone that the person gave: a press knows its own defaults."""
        from photopoem.text.terminal import as_utf8

        said = ((name, value) for name, value in {**vars(self), **others}.items() if value is not None)
        return {name: as_utf8(value) if isinstance(value, str) else value for name, value in said}


def given_paths(paths: tuple[str, ...]) -> list[str]:
    """The paths given, with those on standard input in place of `-`: one a line, or NUL between them."""
    given: list[str] = []
    for path in paths:
        given += _from_stdin() if path == "-" else [path]
    return given


def _from_stdin() -> list[str]:
    data = sys.stdin.buffer.read()
    separator = b"\0" if b"\0" in data else b"\n"
    return [os.fsdecode(path) for path in data.split(separator) if path]
