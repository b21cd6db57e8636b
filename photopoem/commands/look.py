"""`photopoem look`: what the machine sees in a photograph."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photopoem.commands.completing import A_FILE
from photopoem.commands.photo_options import given_paths, reading_options, settings
from photopoem.errors import PhotoError, UsageError

if TYPE_CHECKING:
    from photopoem.look import Look

EXAMPLES = """
\b
Examples:
  photopoem look photo.jpg                        here, in the terminal's own colors
  photopoem look photo.jpg --colors auto          as many colors as the eye can tell
  photopoem look photo.jpg --color-names nbs      named by a standard of 1955
  photopoem look photo.jpg --color-names mine.csv named by you: a CSV of name,hex
  photopoem look photos/ --json                   all of it, an object a line
  photopoem look photo.jpg --svg card.svg         its palette as a card to print
  photopoem look photos/ --png cards/             a card for each photograph
"""


@click.command(epilog=EXAMPLES)
@click.argument("paths", nargs=-1, type=click.Path(path_type=str))
@reading_options
@click.option(
    "--recurse/--no-recurse", default=True, help="Look into folders inside folders.  [default: yes]"
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line for each photograph.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of those objects, and stop.")
@click.option(
    "--svg",
    metavar="FILE",
    shell_complete=A_FILE,
    help="Write a palette card; for several photographs a folder/.",
)
@click.option("--png", metavar="FILE", shell_complete=A_FILE, help="The same as a picture, 1480 x 2100.")
@click.option("--force", is_flag=True, help="Write over a card that is there.")
def command(
    paths: tuple[str, ...], recurse: bool, as_json: bool, schema: bool, svg: str | None, png: str | None, force: bool,
    **keywords: Any,
) -> None:  # fmt: skip
    """Show what the machine sees in photographs: colors and their names, labels, moment, and the words for poems.

    PATHS are files, folders, addresses, or - for paths on standard input. Exit code 1 where a photograph could not be
    read.
    """
    from photopoem.photo.discover import find_photos
    from photopoem.services.pipeline import labeller_for

    if schema:
        from photopoem import look

        click.echo(look.schema(), nl=False)
        return
    found = find_photos(given_paths(paths), recurse=recurse)
    if not found:
        raise UsageError(
            f"no photographs in {', '.join(paths)}" if paths else "name a photograph or a folder"
        )
    made = settings(keywords)
    cards = [_Cards(kind, where, len(found), force) for kind, where in (("svg", svg), ("png", png)) if where]
    sys.exit(_look_at_all(found, made, labeller_for(made), cards, as_json))


def _look_at_all(found: Any, settings: Any, labeller: Any, cards: list[_Cards], as_json: bool) -> int:
    """Look at each; 0 where all could be read, 1 where some, 2 where none."""
    from photopoem.look import look_at
    from photopoem.text.terminal import say

    failed = 0
    for each in found:
        try:
            look = look_at(each, settings, labeller)
            for card in cards:
                card.write(look, each.name)
        except PhotoError as error:
            failed += 1
            say(f"photopoem: {error}")
            continue
        if not cards or as_json:
            _show(look, as_json)
    return 0 if not failed else 2 if failed == len(found) else 1


def _show(look: Look, as_json: bool) -> None:
    """One look on standard output."""
    from photopoem.look import line
    from photopoem.services.progress import show

    if as_json:
        show(line(look) + "\n")
        return
    from rich.console import Console

    from photopoem.look.page import draw

    draw(look, Console(markup=False, emoji=False))


class _Cards:
    """Where palette cards of one kind go: a file for one photograph, a folder for several."""

    def __init__(self, kind: str, where: str, photographs: int, force: bool) -> None:
        self.kind, self.where, self.force = kind, Path(where), force
        self.folder = photographs > 1 or where.endswith(("/", "\\")) or self.where.is_dir()
        if photographs > 1 and self.where.is_file():
            raise UsageError(f"{where}: is a file; name a folder for the cards of {photographs} photographs")

    def write(self, look: Look, name: str) -> None:
        """Write the card of one look. Raises `UsageError` where a file is there already, without --force."""
        from photopoem.files import write_atomically
        from photopoem.look.card import png_card, svg_card

        path = self.where / f"{name}.{self.kind}" if self.folder else self.where
        if path.exists() and not self.force:
            raise UsageError(f"{path}: is there already; say --force to write over it")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, svg_card(look).encode() if self.kind == "svg" else png_card(look))
