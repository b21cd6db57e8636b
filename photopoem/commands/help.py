"""`photopoem help`, with topics beyond the commands' own help, and `photopoem completion`."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import click

from photopoem.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

EXAMPLES = """
\b
Examples:
  photopoem help                   the topics
  photopoem help memories          where the words of a poem come from
  photopoem help grammar check     the same as photopoem grammar check --help
"""


def _offered(context: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Completions of the next word: a topic, a command, or a subcommand."""
    from click.shell_completion import CompletionItem

    words = context.params.get("words") or ()
    found: click.Command | None = context.find_root().command
    for word in words:
        found = found.get_command(context, word) if isinstance(found, click.Group) else None
    names = found.list_commands(context) if isinstance(found, click.Group) else []
    names = names if words else [*topics(), *names]
    return [CompletionItem(name) for name in names if name.startswith(begun)]


@click.command(epilog=EXAMPLES)
@click.argument("words", nargs=-1, metavar="[TOPIC | COMMAND...]", shell_complete=_offered)
@click.pass_context
def command(context: click.Context, words: tuple[str, ...]) -> None:
    """Read about a TOPIC, or about a COMMAND."""
    if not words:
        click.echo(_table())
    elif len(words) == 1 and words[0] in topics():
        click.echo(text_of(words[0]), nl=False)
    else:
        click.echo(_help_of(context.find_root(), words))


def topics() -> list[str]:
    """The names of the topics, sorted."""
    folder = files("photopoem").joinpath("data/help")
    return sorted(each.name.removesuffix(".txt") for each in folder.iterdir() if each.name.endswith(".txt"))


def text_of(topic: str) -> str:
    """The text of a topic; its first line is `topic - summary`."""
    return files("photopoem").joinpath(f"data/help/{topic}.txt").read_text("utf-8")


def _table() -> str:
    rows = [text_of(topic).splitlines()[0].partition(" - ") for topic in topics()]
    widest = max(len(name) for name, _, _ in rows)
    table = [f"  photopoem help {name:<{widest}}  {told}" for name, _, told in rows]
    return "\n".join(["Topics:", *table, "", "Commands: photopoem --help"])


def _help_of(root: click.Context, words: tuple[str, ...]) -> str:
    """The help of a command, found by its words. Raises `UsageError`."""
    found, context = root.command, root
    for word in words:
        inner = found.get_command(context, word) if isinstance(found, click.Group) else None
        if inner is None:
            known = [*found.list_commands(context)] if isinstance(found, click.Group) else []
            near = did_you_mean(word, [*known, *(topics() if found is root.command else ())])
            there = near or f"; the topics are {', '.join(topics())}"
            raise UsageError(f"no topic and no command is called {' '.join(words)!r}{there}")
        found, context = inner, click.Context(inner, info_name=word, parent=context)
    return found.get_help(context)


COMPLETION_EXAMPLES = """
\b
Examples, for all new shells:
  photopoem completion bash >> ~/.bashrc
  photopoem completion zsh  >> ~/.zshrc
  photopoem completion fish > ~/.config/fish/completions/photopoem.fish

\b
For the current shell only:
  eval "$(photopoem completion bash)"
"""


@click.command(epilog=COMPLETION_EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script for SHELL that completes commands, options, names and files with the Tab key."""
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    kinds = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
    click.echo(kinds[shell](context.find_root().command, {}, "photopoem", "_PHOTOPOEM_COMPLETE").source())
