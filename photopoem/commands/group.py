"""A group of commands that says the nearest one to a name that is none."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from photopoem.errors import did_you_mean


class Group(click.Group):
    """A group whose answer to a mistyped command is the command that was meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments begin with."""
        name = args[0]
        is_word = name and not name.startswith("-")
        if is_word and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            ctx.fail(f"there is no command {name!r}{self._meant(ctx, name)}")
        return super().resolve_command(ctx, args)

    def _meant(self, ctx: click.Context, name: str) -> str:
        """The nearest command, or `run` for what is rather a photograph or a folder."""
        from photopoem.paths import is_photo_name

        names = self.list_commands(ctx)
        near = did_you_mean(name, names)
        photos = "/" in name or is_photo_name(name) or (Path(name).exists() and not near)
        if not photos or "run" not in names:
            return near
        from photopoem.terminal import visible

        return f"; did you mean: photopoem run {visible(shlex.quote(name))}"
