"""The command line: finds a command's module only when it is called, and turns errors into exit codes."""

from __future__ import annotations

import codecs
import os
import sys
from importlib import import_module
from typing import NoReturn, TextIO

import click

from photopoem import __version__
from photopoem.commands import Group
from photopoem.errors import TRACEBACK, PhotopoemError
from photopoem.threads import one_thread_each

MOST_TOLD = 300
"""The most characters of an unforeseen error's message that are shown."""

# name -> (module under photopoem.commands, one-line help). A module defines `command`, or the name after a colon.
COMMANDS = {
    "run": ("run", "Write a poem for each photograph."),
    "look": ("look", "Show what the machine sees in a photograph."),
    "grammar": ("grammar", "List, show, write, check and try grammars."),
    "explain": ("look:explain", "Show the source of each word of a poem."),
    "show": ("show", "List a show, and set its title and order."),
    "keep": ("show:keep", "Keep poems as they are."),
    "drop": ("show:drop", "Drop poems from the show."),
    "undecide": ("show:undecide", "Make poems undecided again."),
    "reroll": ("show:reroll", "Write another poem for a photograph."),
    "studio": ("studio", "Curate a show in the browser."),
    "print": ("print_", "Print poems, or write them to files."),
    "queue": ("print_:queue_group", "Show and repair the print queue."),
    "watch": ("run:watch", "Print a poem for each photograph that arrives in a folder."),
    "merge": ("show:merge", "Join the poems of several runs into one folder."),
    "eye": ("labels:eye_group", "Teach the built-in labeller words of your own."),
    "cache": ("labels:cache_group", "Show, clear, export and import paid labels."),
    "doctor": ("doctor", "Check what is installed, connected and ready."),
    "help": ("help", "Read about grammars, labels, printing and more."),
    "completion": ("help:completion", "Set up shell completion of commands and options."),
}


class LazyGroup(Group):
    """A group whose commands are imported only when they are run, so that `--help` is fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order in which a new user needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command asked for."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"photopoem.commands.{module}"), name or "command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands, written without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--traceback",
    is_flag=True,
    expose_value=False,
    help="Show the traceback of an error; anywhere in the line.",
)
@click.version_option(__version__, prog_name="photopoem")
def photopoem() -> None:
    """Write a poem for every photograph, from what a machine thinks it sees
    and the names people gave to its colors.

    \b
    photopoem run photos/               a poem for each photograph, in poems/
    photopoem run photo.jpg             one poem, here
    photopoem look photo.jpg            what the machine sees
    photopoem grammar list              the kinds of poem there are
    """  # noqa: D301 - click knows what to leave unwrapped by the backspace itself


def main() -> None:
    """Run the command line. Exit 0 all done, 1 some failed, 2 nothing could be done."""
    traceback = "--traceback" in sys.argv
    if traceback:
        os.environ[TRACEBACK] = "1"  # inherited by the worker processes
    one_thread_each()
    if not all(_is_utf8(stream) for stream in (sys.stdout, sys.stderr)):
        from photopoem.text.clean import plain_streams

        plain_streams()
    try:
        sys.exit(photopoem.main([arg for arg in sys.argv[1:] if arg != "--traceback"], standalone_mode=True))
    except PhotopoemError as error:
        if traceback:
            raise
        _end(str(error))
    except Exception as error:
        if traceback:
            raise
        _end(unforeseen(error))


def _is_utf8(stream: TextIO | None) -> bool:
    return codecs.lookup(getattr(stream, "encoding", None) or "utf-8").name == "utf-8"


def unforeseen(error: Exception) -> str:
    """The line for an unforeseen error: its type, its message, and how to get the traceback."""
    told = " ".join(str(error).split())[:MOST_TOLD]
    kind = type(error).__name__
    return (
        f"unexpected error ({kind}{': ' if told else ''}{told}); run it again with --traceback to see where"
    )


def _end(message: str) -> NoReturn:
    from photopoem.text.terminal import say

    for line in message.splitlines():
        say(f"photopoem: {line}")
    sys.exit(2)
