"""`photopoem reroll`: another poem for a photograph, remembered."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from photopoem.commands.options import (
    A_FILE,
    A_GRAMMAR,
    argument,
    given_paths,
    option,
    poems_folder,
    poems_option,
    takes,
    words_file,
    words_option,
)
from photopoem.errors import PhotopoemError, UsageError

if TYPE_CHECKING:
    from photopoem.poem import Poem
    from photopoem.services.curate import Pick

EXAMPLES = """
\b
Examples:
  photopoem reroll poems/dog.jpg.txt                  the next poem for it
  photopoem reroll photos/dog.jpg -n 5                five, to take one of
  photopoem reroll photos/dog.jpg --grammar haiku     in another grammar
  photopoem reroll photos/dog.jpg --seed 12           the poem of that seed
"""


@dataclass(frozen=True)
class RerollOptions:
    """What a person may say to `photopoem reroll`."""

    names: tuple[str, ...] = argument(
        nargs=-1, required=True, metavar="POEM...", type=click.Path(path_type=str)
    )
    grammar: str = option(
        "-g", "--grammar", default="", metavar="NAME|FILE", type=A_GRAMMAR,
        help="Another grammar.  [default: the one that wrote the poem]",
    )  # fmt: skip
    seed: int | None = option(
        "--seed", type=int, metavar="N", help="The poem of that seed.  [default: the next]"
    )
    number: int | None = option(
        "-n", default=None, metavar="N", type=click.IntRange(1, 50),
        help="Show so many, and take the one whose number you type.",
    )  # fmt: skip
    force: bool = option(
        "--force", is_flag=True, help="Do not ask about texts changed by hand; a copy of each is put aside."
    )
    lexicon: tuple[str, ...] = option(
        "--lexicon", multiple=True, metavar="FILE", type=A_FILE, help="A CSV of what words do; may be repeated."
    )  # fmt: skip
    words: str | None = words_option()
    poems: str | None = poems_option()


@click.command(epilog=EXAMPLES)
@takes(RerollOptions)
def command(asked: RerollOptions) -> None:
    """Write another poem for a photograph, and remember its seed and grammar: later runs write it so too.

    POEM is as for photopoem keep. No labeller is asked anew. A poem that is kept is not re-rolled. A text that you
    changed by hand is asked about, and a copy of it put aside. The exit code is 1 where a poem was left as it is.
    """
    from photopoem.services.curate import find
    from photopoem.text.terminal import say

    left = 0
    for pick in find(given_paths(asked.names), poems_folder(asked.poems)):
        try:
            left += not _reroll(pick, asked)
        except PhotopoemError as error:
            left += 1
            say(f"photopoem: {error}")
    sys.exit(1 if left else 0)


def _reroll(pick: Pick, asked: RerollOptions) -> bool:
    """Re-roll one poem; whether another stands now. Raises `PhotopoemError`."""
    from photopoem.poems.show import read_show
    from photopoem.services.batch import show
    from photopoem.services.curate import grammar_of, rolls, take
    from photopoem.text.terminal import say

    if read_show(pick.folder).choice(pick.path, pick.digest).state == "kept":
        raise UsageError(f"{pick.path}: kept, so not re-rolled; photopoem undecide {pick.path} first")
    standing = pick.poem()
    grammar = asked.grammar or grammar_of(pick)
    words = words_file(asked.words, pick.folder)
    speech = (*asked.lexicon, *([words] if words else []))
    found = rolls(pick, grammar=grammar, seed=asked.seed, count=asked.number or 1, speech=speech)
    if not found:
        raise UsageError(f"{pick.path}: {grammar} has no other poem for it; try another --grammar")
    poem = _chosen(pick, found) if asked.number else found[0]
    if poem is None or (standing.by_hand and not asked.force and not _agreed(pick)):
        say(f"{pick.path}: left as it is")
        return False
    aside = take(pick, poem, grammar, speech=speech)
    if not asked.number:
        show(f"{poem.title}\n\n{poem.text}\n\n" if str(poem.title) else f"{poem.text}\n\n")
    say(f"{pick.path}: {poem.grammar}, seed {poem.seed}" + (f"; your text is in {aside}" if aside else ""))
    return True


def _chosen(pick: Pick, poems: list[Poem]) -> Poem | None:
    """The poem that a person takes of several; None where none."""
    from photopoem.services.batch import show

    for number, poem in enumerate(poems, start=1):
        title = f"{poem.title}\n\n" if str(poem.title) else ""
        show(f"{number}  seed {poem.seed}\n\n{title}{poem.text}\n\n")
    taken: int = click.prompt(
        f"Which for {pick.path}? (1 to {len(poems)}, 0 for none)", default=0, type=click.IntRange(0, len(poems)),
        err=True, show_default=False,
    )  # fmt: skip
    return poems[taken - 1] if taken else None


def _agreed(pick: Pick) -> bool:
    """Whether a person agrees that a text of theirs makes way; nobody to ask is no."""
    told = f"{pick.text} was changed by hand. Put your text aside and write another?"
    return click.confirm(told, default=False, err=True)
