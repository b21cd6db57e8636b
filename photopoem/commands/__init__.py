"""The commands, in click only: parse, call a service, show the result. Here is the group that all of them belong to.

What `--help` does not need is imported where it is used.
"""

from __future__ import annotations

import os
import shlex
from typing import Any

import click

CALLED = {"--to": "--print", "--print": "--to"}
"""The option with the target: --to for commands that only print, --print for others."""


class Group(click.Group):
    """A group that suggests the right name for a mistyped command or an option of another command."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; for an option that has another name here, suggest that name."""
        try:
            return super().invoke(ctx)
        except click.BadParameter as error:
            from photopoem.commands.project import wrong_default

            if wrong := wrong_default(error):
                raise wrong from error
            raise
        except click.NoSuchOption as error:
            name = CALLED.get(error.option_name)
            if error.ctx is None or not any(name in each.opts for each in error.ctx.command.params):
                raise
            told = f"there is no option {error.option_name}; here it is called {name}"
            raise click.UsageError(told, error.ctx) from error

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command at the start of the arguments."""
        name = args[0]
        is_word = name and not name.startswith("-")
        if is_word and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            ctx.fail(f"there is no command {name!r}{self._meant(ctx, name)}")
        found, command, rest = super().resolve_command(ctx, args)
        if ctx.parent is None and found and command:
            from photopoem.commands.project import use_project

            rest = use_project(ctx, found, command, rest)
        return found, command, rest

    def _meant(self, ctx: click.Context, name: str) -> str:
        """The nearest command, or `run` for a photograph or a folder."""
        from photopoem.errors import did_you_mean
        from photopoem.photo.discover import is_photo_name

        names = self.list_commands(ctx)
        near = did_you_mean(name, names)
        there = os.path.exists(name)  # noqa: PTH110 - `--help` need not wait for pathlib
        photos = "/" in name or is_photo_name(name) or (there and not near)
        if not photos or "run" not in names:
            return near
        from photopoem.text.terminal import visible

        return f"; did you mean: photopoem run {visible(shlex.quote(name))}"
