"""`photopoem keep`, `drop` and `undecide`: which poems belong to the show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from photopoem.commands.options import argument, given_paths, poems_folder, poems_option, takes

if TYPE_CHECKING:
    from photopoem.poems.show import State

EXAMPLES = """
\b
Examples:
  photopoem {name} poems/dog.jpg.txt           by its text
  photopoem {name} photos/dog.jpg              by its photograph
  photopoem {name} photos/2019/ '*sunset*'     all of a folder, and all of that name
  photopoem show --state undecided --paths | photopoem {name} -
"""


@dataclass(frozen=True)
class DecideOptions:
    """What a person may say to `photopoem keep`, `drop` and `undecide`."""

    names: tuple[str, ...] = argument(
        nargs=-1, required=True, metavar="POEM...", type=click.Path(path_type=str)
    )
    poems: str | None = poems_option()


@click.command(epilog=EXAMPLES.format(name="keep"))
@takes(DecideOptions)
def keep(asked: DecideOptions) -> None:
    """Keep poems as they stand: no later run writes them anew, with whatever settings.

    POEM is a text in a folder of poems, a photograph, a folder of either, a pattern in quotes, or - for a list on
    standard input. photopoem undecide takes it back.
    """
    _decide(asked, "kept")


@click.command(epilog=EXAMPLES.format(name="drop"))
@takes(DecideOptions)
def drop(asked: DecideOptions) -> None:
    """Drop poems from the show: they are neither printed nor shown, and no later run writes them.

    Their texts and their photographs stay where they are. POEM is as for photopoem keep; photopoem undecide takes it
    back.
    """
    _decide(asked, "dropped")


@click.command(epilog=EXAMPLES.format(name="undecide"))
@takes(DecideOptions)
def undecide(asked: DecideOptions) -> None:
    """Leave poems undecided again, which were kept or dropped. Their seeds and grammars stay as they were chosen.

    POEM is as for photopoem keep.
    """
    _decide(asked, "undecided")


def _decide(asked: DecideOptions, state: State) -> None:
    from photopoem.services.curate import decide, find
    from photopoem.text.terminal import counted, say

    picks = find(given_paths(asked.names), poems_folder(asked.poems))
    changed = decide(picks, state)
    before = len(picks) - changed
    say(f"{counted(changed, 'poem')} {state}" + (f"; {before} already" if before else ""))
