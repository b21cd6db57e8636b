"""`photopoem look`: what the machine sees in a photograph."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from photopoem.commands.options import A_FILE, ReadingOptions, argument, given_paths, group, option, takes
from photopoem.errors import PhotoError, UsageError

if TYPE_CHECKING:
    from photopoem.look import Look
    from photopoem.photo.discover import Found

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


@dataclass(frozen=True)
class LookOptions:
    """What a person may say to `photopoem look`."""

    paths: tuple[str, ...] = argument(nargs=-1, type=click.Path(path_type=str))
    reading: ReadingOptions = group(ReadingOptions)
    recurse: bool = option(
        "--recurse/--no-recurse", default=True, help="Look into folders inside folders.  [default: yes]"
    )
    json: bool = option("--json", is_flag=True, help="Print one JSON object a line for each photograph.")
    schema: bool = option("--schema", is_flag=True, help="Print the JSON Schema of those objects, and stop.")
    svg: str | None = option(
        "--svg", metavar="FILE", type=A_FILE, help="Write a palette card; for several photographs a folder/."
    )
    png: str | None = option("--png", metavar="FILE", type=A_FILE, help="The same as a picture, 1480 x 2100.")
    force: bool = option("--force", is_flag=True, help="Write over a card that is there.")


@click.command(epilog=EXAMPLES)
@takes(LookOptions)
def command(asked: LookOptions) -> None:
    """Show what the machine sees in photographs: colors and their names, labels, moment, and the words for poems.

    PATHS are files, folders, addresses, or - for paths on standard input. Exit code 1 where a photograph could not be
    read.
    """
    from photopoem.photo.discover import find_photos

    if asked.schema:
        from photopoem import look

        click.echo(look.schema(), nl=False)
        return
    found = find_photos(given_paths(asked.paths), recurse=asked.recurse)
    if not found:
        paths = ", ".join(asked.paths)
        raise UsageError(f"no photographs in {paths}" if paths else "name a photograph or a folder")
    sys.exit(_look_at_all(found, asked))


def _look_at_all(found: list[Found], asked: LookOptions) -> int:
    """Look at each; 0 where all could be read, 1 where some, 2 where none."""
    from photopoem.look import look_at
    from photopoem.services.pipeline import labeller_for
    from photopoem.text.terminal import say

    settings = asked.reading.settings()
    places = {"svg": asked.svg, "png": asked.png}
    cards = [_Cards(kind, where, len(found), asked.force) for kind, where in places.items() if where]
    labeller, failed = labeller_for(settings), 0
    for each in found:
        try:
            look = look_at(each, settings, labeller)
            for card in cards:
                card.write(look, each.name)
        except PhotoError as error:
            failed += 1
            say(f"photopoem: {error}")
            continue
        if not cards or asked.json:
            _show(look, asked.json)
    return 0 if not failed else 2 if failed == len(found) else 1


def _show(look: Look, as_json: bool) -> None:
    """One look on standard output."""
    from photopoem.look import line
    from photopoem.services.batch import show

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
