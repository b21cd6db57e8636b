"""`photopoem show`: the show as it stands, its title, its author, its preface and its order."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photopoem.commands.options import argument, given_paths, option, poems_folder, poems_option, takes
from photopoem.errors import UsageError

if TYPE_CHECKING:
    from photopoem.services.curate import Listed, Pick

EXAMPLES = """
\b
Examples:
  photopoem show                                       the poems of poems/, in the order of the show
  photopoem show --title "Dogs" --author "Ada Byron"   what stands on the page and the booklet
  photopoem show --preface preface.txt --order color   a text before the poems; their order
  photopoem show poems/b.txt poems/a.txt --order hand  these first, in this order
  photopoem show poems/dog.jpg.txt --title Nouk        a poem's own title
  photopoem show --state undecided --paths             what is left to decide
"""


@dataclass(frozen=True)
class ShowOptions:
    """What a person may say to `photopoem show`."""

    names: tuple[str, ...] = argument(nargs=-1, metavar="[POEM]...", type=click.Path(path_type=str))
    title: str | None = option(
        "--title", metavar="TEXT", help="The title of the show, or of the one POEM; empty takes it away."
    )
    author: str | None = option("--author", metavar="TEXT", help="Who made the show.")
    preface: str | None = option("--preface", metavar="FILE|-", help="A file with the text before the poems.")
    order: Any = option(
        "--order", type=click.Choice(["hand", "date", "color", "path"]),
        help="The order of the poems; by hand, POEM... come first.",
    )  # fmt: skip
    state: Any = option(
        "--state", type=click.Choice(["undecided", "kept", "dropped"]), help="List these alone."
    )
    paths: bool = option("--paths", is_flag=True, help="List the photographs' paths alone, a line each.")
    as_json: bool = option("--json", is_flag=True, help="The show as one JSON object.")
    schema: bool = option("--schema", is_flag=True, help="Print the JSON Schema of show.json, and stop.")
    poems: str | None = poems_option()


@click.command(epilog=EXAMPLES)
@takes(ShowOptions)
def command(asked: ShowOptions) -> None:
    """List the poems of a show with what was decided about them; or say how it is called and ordered.

    POEM is as for photopoem keep; without one it is all of a folder. What is decided stands in show.json in the folder
    of poems, which runs, the printer, the page and the booklet obey.
    """
    if asked.schema:
        from photopoem.poems.show import schema

        click.echo(schema(), nl=False)
        return
    from photopoem.services.curate import all_of, find

    poems = poems_folder(asked.poems)
    picks = find(given_paths(asked.names), poems) if asked.names else all_of(poems)
    if not _set(asked, picks, poems):
        _list(asked, picks, poems)


def _set(asked: ShowOptions, picks: list[Pick], poems: Path) -> bool:
    """Keep what was said of the show; whether anything was."""
    from photopoem.poems.show import checked_text
    from photopoem.services.curate import describe_show, entitle, order_by_hand
    from photopoem.text.terminal import as_utf8, say

    title = None if asked.title is None else checked_text("title", as_utf8(asked.title))
    said: dict[str, Any] = {
        "author": None if asked.author is None else checked_text("author", as_utf8(asked.author)),
        "preface": None if asked.preface is None else checked_text("preface", _read(asked.preface)),
        "order": asked.order,
    }
    if asked.names and title is not None:
        _entitled(picks, entitle, title)
    elif title is not None:
        said["title"] = title
    if asked.names and asked.order == "hand":
        order_by_hand(picks)
    folders = {pick.folder for pick in picks} or {poems}
    given = {name: value for name, value in said.items() if value is not None}
    for folder in folders if given else ():
        describe_show(folder, **given)
    if not given and title is None:
        return False
    what = sorted([*given, *(["title"] if title is not None and "title" not in given else [])])
    say(f"{', '.join(str(folder / 'show.json') for folder in sorted(folders))}: {', '.join(what)}")
    return True


def _entitled(picks: list[Pick], entitle: Any, title: str) -> None:
    if len(picks) != 1:
        raise UsageError(f"--title with a POEM is that poem's title, and {len(picks)} are named; name one")
    entitle(picks[0], title)


def _read(name: str) -> str:
    """The text of a preface."""
    try:
        with click.open_file(name, encoding="utf-8-sig") as file:
            return str(file.read(100_000))
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise UsageError(f"{name}: cannot be read ({error.strerror}); --preface takes a file") from error


def _list(asked: ShowOptions, picks: list[Pick], poems: Path) -> None:
    from photopoem.services.curate import listed
    from photopoem.text.terminal import visible

    rows = [each for each in listed(picks) if asked.state in (None, each.state)]
    if asked.as_json:
        _as_json(picks, poems, rows)
    elif asked.paths:
        for each in rows:
            # Another program gets the bytes of the name; a terminal gets nothing that acts on it.
            click.echo(visible(each.path) if sys.stdout.isatty() else os.fsencode(each.path))
    else:
        _as_table(picks, poems, rows)


def _as_json(picks: list[Pick], poems: Path, rows: list[Listed]) -> None:
    from photopoem.poems.show import read_show

    show = read_show(picks[0].folder if picks else poems)
    head = {"title": show.title, "author": show.author, "preface": show.preface, "order": show.order}
    click.echo(json.dumps(head | {"poems": [asdict(each) for each in rows]}, indent=1))


def _as_table(picks: list[Pick], poems: Path, rows: list[Listed]) -> None:
    """The head of the show, a line for each poem, and how many there are of each state."""
    from photopoem.poems.show import STATES, read_show
    from photopoem.text.terminal import counted, visible

    show = read_show(picks[0].folder if picks else poems)
    for said in (show.title, show.author and f"by {show.author}"):
        if said:
            click.echo(visible(said))
    wide = max((len(each.grammar) for each in rows), default=0)
    for each in rows:
        first = f"{each.title}: {each.first}" if each.title else each.first
        hand = ", by hand" if each.by_hand else ""
        click.echo(
            visible(f"{each.state:9}  {each.grammar:{wide}}  {each.seed:3}  {each.path}  {first}{hand}")
        )
    counts = {state: sum(each.state == state for each in rows) for state in STATES}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    order = f"; by {show.order}" if show.order else ""
    click.echo(f"{counted(len(rows), 'poem')}" + (f": {told}" if told else "") + order)
