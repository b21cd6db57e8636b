"""Walks the command line as it is defined: every command, every option, and the examples that are given of them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from importlib.resources import files

import click

from photopoem.cli import photopoem

WIDTH = 80
OPERATORS = {"|", "&&", "||", ";", "&", ">", ">>", "<", "(", ")"}


def commands(
    command: click.Command = photopoem, path: tuple[str, ...] = (), parent: click.Context | None = None
) -> Iterator[tuple[tuple[str, ...], click.Context]]:
    """Every command with its words and a context, groups before what is in them, in the order of help."""
    settings = {**command.context_settings, "terminal_width": WIDTH}
    context = click.Context(command, info_name=path[-1] if path else "photopoem", parent=parent, **settings)
    yield path, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, (*path, name), context)


def options() -> Iterator[tuple[tuple[str, ...], click.Option]]:
    """Every option with the words of its command; help and version aside."""
    for path, context in commands():
        for parameter in context.command.params:
            if isinstance(parameter, click.Option) and parameter.name != "version":
                yield path, parameter


def calls(line: str) -> Iterator[list[str]]:
    """The arguments of every call of photopoem in a line of shell, also of one that `timeout` makes."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = "#"
    words: list[str] = []
    for token in [*lexer, ";"]:
        if token not in OPERATORS:
            words.append(token)
            continue
        at = next((n for n, word in enumerate(words) if word.rpartition("/")[2] == "photopoem"), None)
        if at is not None and (at == 0 or words[0] == "timeout"):
            yield words[at + 1 :]
        words = []


def used(words: list[str]) -> set[tuple[tuple[str, ...], str]]:
    """The commands and options that a call uses, as (command's words, option's name or ""), as click reads them.

    Raises `click.UsageError` where click would refuse it.
    """
    # Like the program: this one may stand anywhere.
    found = {((), "traceback")} if "--traceback" in words else set()
    words = [word for word in words if word != "--traceback"]
    command: click.Command = photopoem
    path: tuple[str, ...] = ()
    context: click.Context | None = None
    while True:
        try:
            context = command.make_context(path[-1] if path else "photopoem", list(words), parent=context)
        except click.exceptions.Exit:  # --help and --version print and leave
            return found | {(path, "")}
        given = click.core.ParameterSource.COMMANDLINE
        found |= {
            (path, ""),
            *((path, name) for name in context.params if context.get_parameter_source(name) == given),
        }
        if not isinstance(command, click.Group):
            return found
        name, inner, words = command.resolve_command(context, [*context._protected_args, *context.args])
        assert name and inner
        command, path = inner, (*path, name)


def told_examples() -> Iterator[tuple[str, str]]:
    """Where, and a line: the examples in the epilogs of commands and in the topics of `photopoem help`."""
    texts = [(" ".join(path), context.command.epilog or "") for path, context in commands()]
    folder = files("photopoem").joinpath("data/help")
    texts += [(each.name, each.read_text("utf-8")) for each in folder.iterdir()]
    texts.append(("photopoem", photopoem.help or ""))
    for where, text in texts:
        for line in text.splitlines():
            example = re.split(r"\s{2,}", line.strip())[0]
            if "photopoem " in example and line.startswith("  ") and not example.endswith((".", ":")):
                yield where, example
