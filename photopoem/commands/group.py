"""A command group that suggests the right command or option for a mistyped one."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from photopoem.commands.project import use_project, wrong_default
from photopoem.errors import did_you_mean

CALLED = {"--to": "--print", "--print": "--to"}
"""Where to print: --to for the commands that do nothing else, --print for the others."""


class Group(click.Group):
    """A group that answers a mistyped command, or an option of another command, with the right one."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an option that it calls otherwise is answered with its name for it."""
        try:
            return super().invoke(ctx)
        except click.BadParameter as error:
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
        """The command that the arguments begin with."""
        name = args[0]
        is_word = name and not name.startswith("-")
        if is_word and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            ctx.fail(f"there is no command {name!r}{self._meant(ctx, name)}")
        found, command, rest = super().resolve_command(ctx, args)
        if ctx.parent is None and found and command:
            rest = use_project(ctx, found, command, rest)
        return found, command, rest

    def _meant(self, ctx: click.Context, name: str) -> str:
        """The nearest command, or `run` for what is rather a photograph or a folder."""
        from photopoem.photo.discover import is_photo_name

        names = self.list_commands(ctx)
        near = did_you_mean(name, names)
        photos = "/" in name or is_photo_name(name) or (Path(name).exists() and not near)
        if not photos or "run" not in names:
            return near
        from photopoem.text.terminal import visible

        return f"; did you mean: photopoem run {visible(shlex.quote(name))}"
