"""`photopoem studio`: a web page for curating a show."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from photopoem.commands.options import (
    argument,
    lexicon_option,
    option,
    photos_option,
    poems_folder,
    poems_option,
    press_option,
    takes,
    target_option,
    words_file,
    words_option,
)
from photopoem.errors import UsageError
from photopoem.poems.records import RECORDS
from photopoem.text.terminal import say

if TYPE_CHECKING:
    from photopoem.studio.server import Studio

EXAMPLES = """
\b
Examples:
  photopoem studio                     the show in poems/
  photopoem studio photos/             write the missing poems, then open them
  photopoem studio --screen            new poems of a running watch, full screen
  photopoem studio --no-browser        only print the address
"""


@dataclass(frozen=True)
class StudioOptions:
    """The options of `photopoem studio`."""

    paths: tuple[str, ...] = argument(nargs=-1, metavar="[PHOTOS|POEMS]...", type=click.Path(path_type=str))
    poems: str | None = poems_option()
    lexicon: tuple[str, ...] = lexicon_option()
    words: str | None = words_option()
    photos: Path | None = photos_option()
    target: str | None = target_option(
        "--print", help="A printer that the page may use; see photopoem print."
    )
    press: str | None = press_option()
    port: int = option(
        "--port",
        type=click.IntRange(0, 65535),
        default=0,
        metavar="N",
        help="The port.  [default: a free one]",
    )
    screen: bool = option(
        "--screen", is_flag=True, help="Only display: each new poem full screen, as a watch writes it."
    )
    no_browser: bool = option(
        "--no-browser", is_flag=True, help="Print the address without opening a browser."
    )


@click.command(epilog=EXAMPLES)
@takes(StudioOptions)
def command(asked: StudioOptions) -> None:
    """Open a show in the browser: keep, drop, re-roll and edit its poems, and see where their words come from.

    POEMS is a folder of poems [default: poems]. For PHOTOS, missing poems are written first, as photopoem run does.
    Only this machine can open the page, and the page sends no request to any other. Its changes are stored in
    show.json, words.toml and the texts, like those of the commands. Ctrl-C ends it.
    """
    from photopoem.services.publish import open_paper
    from photopoem.studio.server import Studio, hold
    from photopoem.studio.wall import Wall

    folder = _folder(asked)
    words = words_file(asked.words, folder) or os.path.normpath(f"{folder}/words.toml")
    wall = Wall(folder, words, asked.lexicon, asked.photos)
    paper = open_paper(asked.target, asked.press, photos=asked.photos) if asked.target else None
    studio = Studio(wall, asked.port, "screen" if asked.screen else "", asked.screen, paper=paper)
    if asked.screen:
        open_studio(studio, browser=not asked.no_browser)
        return
    with hold(folder):
        open_studio(studio, browser=not asked.no_browser)


def open_studio(studio: Studio, *, browser: bool) -> None:
    """Serve a studio until Ctrl-C, and print its address. Raises `UsageError`."""
    bound = studio.bind()
    say("Ctrl-C ends the studio")
    click.echo(studio.address)
    if browser:
        import webbrowser

        # The socket listens already, so a request before the server runs is answered later.
        bound.listen()
        webbrowser.open(studio.address)
    try:
        studio.serve(bound)
    except KeyboardInterrupt:
        say("the studio is closed; the show is as you left it")


def _folder(asked: StudioOptions) -> Path:
    """The folder of poems to open; for photographs, missing poems are written there first."""
    from photopoem.poems.folder import folder_for_poems

    out = poems_folder(asked.poems)
    shows = [path for path in asked.paths if (Path(path) / RECORDS).is_file()]
    if shows and len(asked.paths) > 1:
        raise UsageError("open one folder of poems at a time, or photographs")
    if shows:
        return Path(shows[0])
    if asked.paths:
        _write(asked, folder_for_poems(out))
    elif not asked.screen and not (out / RECORDS).is_file():
        raise UsageError(f"{out}: no poems here yet; open photographs: photopoem studio photos/")
    return out


def _write(asked: StudioOptions, out: Path) -> None:
    """Write the missing poems, as a run with the project's defaults does; exit if it ends early."""
    said = [*(part for each in asked.lexicon for part in ("--lexicon", each))]
    said += ["--words", asked.words] if asked.words is not None else []
    say("writing what poems are missing")
    program = click.get_current_context().find_root().command
    try:
        program.main(
            ["run", *said, "--out", str(out), "--quiet", "--", *asked.paths],
            "photopoem",
            standalone_mode=False,
        )
    except SystemExit as end:
        # Failed photographs were reported; the others are opened.
        if end.code not in (0, 1, None):
            raise
