"""`photopoem completion`: the script with which a shell completes photopoem's commands and options."""

from __future__ import annotations

import click

EXAMPLES = """
\b
Examples, each for all shells to come:
  photopoem completion bash >> ~/.bashrc
  photopoem completion zsh  >> ~/.zshrc
  photopoem completion fish > ~/.config/fish/completions/photopoem.fish

\b
And for this one alone:
  eval "$(photopoem completion bash)"
"""


@click.command(epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that lets SHELL complete commands, options, names and files at the Tab key."""
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    kinds = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
    click.echo(kinds[shell](context.find_root().command, {}, "photopoem", "_PHOTOPOEM_COMPLETE").source())
