"""The options of the presses, for every command that prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from photopoem.commands.completing import A_LAYOUT, A_SIZE

_OPTIONS = (
    click.option(
        "--colophon/--no-colophon", default=None, help="Close each poem with who labelled and named."
    ),
    click.option("--photo/--no-photo", default=None, help="receipt: the photograph above the poem, in dots."),
    click.option(
        "--profile", metavar="NAME", help="receipt: the printer's name in python-escpos, such as TM-T20II."
    ),
    click.option("--columns", type=int, metavar="N", help="receipt: letters in a row: 32, 42 or 48."),
    click.option("--cut/--no-cut", default=None, help="receipt: cut the paper after each poem."),
    click.option(
        "--size",
        metavar="SIZE",
        shell_complete=A_SIZE,
        help="svg, pdf: a6, a5 or a4; svg also receipt.",
    ),
    click.option(
        "--hand", type=int, metavar="N", help="svg: a hand's unevenness; another number, another hand."
    ),
    click.option(
        "--pens/--one-pen", default=None, help="svg: a layer each for author, place, machine and people."
    ),
    click.option(
        "--layout",
        metavar="NAME",
        shell_complete=A_LAYOUT,
        help="pdf: card, cards4, poem or booklet.",
    ),
    click.option("--dpi", type=int, metavar="N", help="pdf: how fine photographs are printed; 300."),
    click.option("--tint/--no-tint", default=None, help="pdf: color words in their colors."),
    click.option("--title", metavar="TEXT", help="html, pdf: what stands above all poems."),
    click.option("--thumbnail", type=int, metavar="PX", help="html: longest side of the pictures."),
    click.option("--seconds", type=int, metavar="N", help="html: how long the slide show stays with a poem."),
)


def press_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of all presses; `given` sorts them from its keywords."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def given(keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Those that the person gave: a press knows its own defaults."""
    from photopoem.text.terminal import as_utf8

    said = ((name, value) for name, value in keywords.items() if value is not None)
    return {name: as_utf8(value) if isinstance(value, str) else value for name, value in said}
