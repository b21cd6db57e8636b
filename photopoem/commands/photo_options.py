"""The options that say how photographs are read and poems written, for every command that does."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import click

from photopoem.commands.completing import A_FILE, COLOR_LISTS, GRAMMARS, LABELLERS, offer
from photopoem.errors import UsageError

if TYPE_CHECKING:
    from photopoem.labels.labeller import LabelSettings
    from photopoem.services.pipeline import Settings

_READING = (
    click.option(
        "-l", "--labels", default="auto", show_default=True, metavar="NAME,...", shell_complete=LABELLERS,
        help="Who labels: auto, local, local:NAME, keywords, vision, onnx:MODEL,LABELS; or several.",
    ),
    click.option("--colors", default="6", show_default=True, metavar="N|auto", shell_complete=offer(lambda: ["auto"]),
        help="Colors of a palette, 2 to 20."),
    click.option(
        "--color-names", default="xkcd", show_default=True, metavar="LIST|FILE", shell_complete=COLOR_LISTS,
        help="Who named the colors: xkcd, css, nbs, or a CSV file of name,hex.",
    ),
    click.option("--place", metavar="TEXT", help="The place, where the photographs do not name it."),
    click.option(
        "--hemisphere", type=click.Choice(["north", "south"]), default="north", show_default=True,
        help="For the seasons, where a photograph has no latitude.",
    ),
)  # fmt: skip

_WRITING = (
    click.option(
        "-g", "--grammar", default="i-can-remember", show_default=True, metavar="NAME|FILE", shell_complete=GRAMMARS,
        help="Kind of poem: a name of the shelf, a file, several with commas between, or all.",
    ),
    click.option("--seed", default=0, show_default=True, help="Another seed, other poems."),
    click.option(
        "--lexicon", multiple=True, metavar="FILE", shell_complete=A_FILE,
        help="A CSV of what words do; may be repeated.",
    ),
)  # fmt: skip


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of reading: `settings` makes the settings of its keywords."""
    return _with(command, _READING)


def writing_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of reading and writing: `settings` makes the settings of its keywords."""
    return _with(command, (*_WRITING, *_READING))


def _with(command: Callable[..., Any], options: tuple[Callable[..., Any], ...]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command


def settings(
    keywords: dict[str, Any], *, quick: bool = False, label_settings: LabelSettings | None = None
) -> Settings:
    """The settings that the options of reading, and of writing where there are any, come to.

    They are taken out of `keywords`; what is left there is other options'. Raises `UsageError`.
    """
    from photopoem.color.names import color_names
    from photopoem.grammar import expand_names
    from photopoem.labels.labeller import LabelSettings
    from photopoem.services.pipeline import Settings
    from photopoem.text.terminal import as_utf8

    own = ("labels", "colors", "color_names", "place", "hemisphere", "grammar", "seed", "lexicon")
    chosen = {name: keywords.pop(name) for name in own if name in keywords}
    chosen["colors"] = number_of_colors(chosen["colors"])
    color_names(chosen["color_names"])  # that it cannot be read is said before the work begins
    chosen["place"] = as_utf8(chosen["place"]) if chosen["place"] else None
    if "grammar" in chosen:
        chosen["grammars"] = expand_names(chosen.pop("grammar"))
    return Settings(**chosen, quick=quick, label_settings=label_settings or LabelSettings())


def number_of_colors(text: str) -> int | Literal["auto"]:
    """`--colors` as a number from 2 to 20 or `auto`. Raises `UsageError`."""
    if text == "auto":
        return "auto"
    if not text.isdecimal() or not 2 <= int(text) <= 20:
        raise UsageError(f"--colors takes a number from 2 to 20 or auto, not {text!r}")
    return int(text)


def given_paths(paths: tuple[str, ...]) -> list[str]:
    """The paths given, those on standard input in place of `-`: a line each, or NUL between them."""
    given: list[str] = []
    for path in paths:
        given += _from_stdin() if path == "-" else [path]
    return given


def _from_stdin() -> list[str]:
    data = sys.stdin.buffer.read()
    separator = b"\0" if b"\0" in data else b"\n"
    return [os.fsdecode(path) for path in data.split(separator) if path]
