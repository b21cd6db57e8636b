"""The commands of a show: `show`, `keep`, `drop`, `undecide`, `reroll` and `merge`."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photopoem.commands.options import (
    A_FOLDER,
    A_GRAMMAR,
    argument,
    given_paths,
    lexicon_files_of,
    lexicon_option,
    option,
    poems_folder,
    poems_option,
    takes,
    words_option,
)
from photopoem.errors import PhotopoemError, UsageError
from photopoem.text.terminal import as_utf8, counted, say, visible

if TYPE_CHECKING:
    from photopoem.poem import Poem
    from photopoem.poems.show import Show, State
    from photopoem.services.curate import Listed, Pick

EXAMPLES = """
\b
Examples:
  photopoem show                                       the poems of poems/, in the order of the show
  photopoem show --title "Dogs" --author "Ada Byron"   for the page and the booklet
  photopoem show --preface preface.txt --order color   a text before the poems; their order
  photopoem show poems/b.txt poems/a.txt --order hand  these first, in this order
  photopoem show poems/dog.jpg.txt --title Nouk        a poem's own title
  photopoem show --state undecided --paths             what is left to decide
"""


@dataclass(frozen=True)
class ShowOptions:
    """The options of `photopoem show`."""

    names: tuple[str, ...] = argument(nargs=-1, metavar="[POEM]...", type=click.Path(path_type=str))
    title: str | None = option(
        "--title", metavar="TEXT", help="The title of the show, or of one POEM; an empty one removes it."
    )
    author: str | None = option("--author", metavar="TEXT", help="Who made the show.")
    preface: str | None = option("--preface", metavar="FILE|-", help="A file with the text before the poems.")
    order: Any = option(
        "--order", type=click.Choice(["hand", "date", "color", "path"]),
        help="The order of the poems; with hand, POEM... come first.",
    )  # fmt: skip
    state: Any = option(
        "--state", type=click.Choice(["undecided", "kept", "dropped"]), help="List only these."
    )
    paths: bool = option("--paths", is_flag=True, help="List only the photographs' paths, one per line.")
    as_json: bool = option("--json", is_flag=True, help="The show as one JSON object.")
    schema: bool = option("--schema", is_flag=True, help="Print the JSON Schema of show.json, and stop.")
    poems: str | None = poems_option()


@click.command(epilog=EXAMPLES)
@takes(ShowOptions)
def command(asked: ShowOptions) -> None:
    """List the poems of a show with the decisions about them, or set its title, author, preface and order.

    POEM is as for photopoem keep; without one, all poems of a folder are listed. The decisions are stored in show.json
    in the folder of poems. Runs, printers, the page and the booklet follow them.
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
    """Apply the given settings of the show; returns whether there were any."""
    from photopoem.services.curate import describe_show, is_folder_of_poems

    said = _said(asked)
    if not said:
        return False
    what = ", ".join(sorted(said))
    if asked.names and not all(map(is_folder_of_poems, asked.names)):
        _set_poems(picks, said)
    folders = sorted({pick.folder for pick in picks} or {poems})
    for folder in folders if said else ():
        describe_show(folder, **said)
    say(f"{', '.join(str(folder / 'show.json') for folder in folders)}: {what}")
    return True


def _said(asked: ShowOptions) -> dict[str, Any]:
    """The given settings of the show, by name. Raises `UsageError`."""
    from photopoem.poems.show import checked_text

    texts = {"title": as_utf8, "author": as_utf8, "preface": _read}
    given = {name: getattr(asked, name) for name in (*texts, "order")}
    return {
        name: checked_text(name, texts[name](value)) if name in texts else value
        for name, value in given.items()
        if value is not None
    }


def _set_poems(picks: list[Pick], said: dict[str, Any]) -> None:
    """Apply the order and title of the named poems; the title is removed from `said`."""
    from photopoem.services.curate import entitle, order_by_hand

    if "title" in said:
        if len(picks) != 1:
            raise UsageError(
                f"--title with a POEM is that poem's title, and {len(picks)} are named; name one"
            )
        entitle(picks[0], said.pop("title"))
    if said.get("order") == "hand":
        order_by_hand(picks)


def _read(name: str) -> str:
    try:
        with click.open_file(name, encoding="utf-8-sig") as file:
            return str(file.read(100_000))
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise UsageError(f"{name}: cannot be read ({error.strerror}); --preface takes a file") from error


def _list(asked: ShowOptions, picks: list[Pick], poems: Path) -> None:
    from photopoem.poems.show import read_show
    from photopoem.services.curate import listed

    rows = [each for each in listed(picks) if asked.state in (None, each.state)]
    show = read_show(picks[0].folder if picks else poems)
    if asked.as_json:
        head = {"title": show.title, "author": show.author, "preface": show.preface, "order": show.order}
        click.echo(json.dumps(head | {"poems": [asdict(each) for each in rows]}, indent=1))
    elif asked.paths:
        for each in rows:
            # Another program gets the bytes of the name; a terminal gets no control characters.
            click.echo(visible(each.path) if sys.stdout.isatty() else os.fsencode(each.path))
    else:
        _as_table(show, rows)


def _as_table(show: Show, rows: list[Listed]) -> None:
    """The head of the show, a line for each poem, and the counts by state."""
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
    order = f"; by {show.order}" if show.order else ""
    click.echo(f"{counted(len(rows), 'poem')}{_states(rows)}{order}")


def _states(rows: list[Listed]) -> str:
    """The counts by state, such as `: 2 kept, 1 dropped`."""
    from photopoem.poems.show import STATES

    counts = Counter(each.state for each in rows)
    told = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state])
    return f": {told}" if told else ""


DECIDE_EXAMPLES = """
\b
Examples:
  photopoem {name} poems/dog.jpg.txt           by its text
  photopoem {name} photos/dog.jpg              by its photograph
  photopoem {name} photos/2019/ '*sunset*'     all in a folder, and all with such a name
  photopoem show --state undecided --paths | photopoem {name} -
"""


@dataclass(frozen=True)
class DecideOptions:
    """The options of `photopoem keep`, `drop` and `undecide`."""

    names: tuple[str, ...] = argument(
        nargs=-1, required=True, metavar="POEM...", type=click.Path(path_type=str)
    )
    poems: str | None = poems_option()


@click.command(epilog=DECIDE_EXAMPLES.format(name="keep"))
@takes(DecideOptions)
def keep(asked: DecideOptions) -> None:
    """Keep poems as they are: no later run rewrites them, whatever its settings.

    POEM is a text in a folder of poems, a photograph, a folder of either, a pattern in quotes, or - for a list on
    standard input. photopoem undecide undoes it.
    """
    _decide(asked, "kept")


@click.command(epilog=DECIDE_EXAMPLES.format(name="drop"))
@takes(DecideOptions)
def drop(asked: DecideOptions) -> None:
    """Drop poems from the show: they are neither printed nor shown, and no later run writes them.

    Their texts and their photographs stay where they are. POEM is as for photopoem keep; photopoem undecide undoes it.
    """
    _decide(asked, "dropped")


@click.command(epilog=DECIDE_EXAMPLES.format(name="undecide"))
@takes(DecideOptions)
def undecide(asked: DecideOptions) -> None:
    """Make kept or dropped poems undecided again. Their chosen seeds and grammars stay.

    POEM is as for photopoem keep.
    """
    _decide(asked, "undecided")


def _decide(asked: DecideOptions, state: State) -> None:
    from photopoem.services.curate import decide, find

    picks = find(given_paths(asked.names), poems_folder(asked.poems))
    changed = decide(picks, state)
    before = len(picks) - changed
    say(f"{counted(changed, 'poem')} {state}" + (f"; {before} already" if before else ""))


REROLL_EXAMPLES = """
\b
Examples:
  photopoem reroll poems/dog.jpg.txt                  the next poem for it
  photopoem reroll photos/dog.jpg -n 5                five, to choose from
  photopoem reroll photos/dog.jpg --grammar haiku     in another grammar
  photopoem reroll photos/dog.jpg --seed 12           the poem of that seed
"""


@dataclass(frozen=True)
class RerollOptions:
    """The options of `photopoem reroll`."""

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
        help="Show this many poems, and take the one whose number you type.",
    )  # fmt: skip
    force: bool = option(
        "--force", is_flag=True, help="Do not ask about edited texts; a copy of each is saved."
    )
    lexicon: tuple[str, ...] = lexicon_option()
    words: str | None = words_option()
    poems: str | None = poems_option()


@click.command(epilog=REROLL_EXAMPLES)
@takes(RerollOptions)
def reroll(asked: RerollOptions) -> None:
    """Write another poem for a photograph, and record its seed and grammar for later runs.

    POEM is as for photopoem keep. The labeller is not asked again. Kept poems are not re-rolled. Before an edited text
    is replaced, you are asked, and a copy is saved. The exit code is 1 if a poem was left as it is.
    """
    from photopoem.services.curate import find

    left = 0
    for pick in find(given_paths(asked.names), poems_folder(asked.poems)):
        try:
            left += not _reroll(pick, asked)
        except PhotopoemError as error:
            left += 1
            say(f"photopoem: {error}")
    sys.exit(1 if left else 0)


def _reroll(pick: Pick, asked: RerollOptions) -> bool:
    """Re-roll one poem; returns whether it changed. Raises `PhotopoemError`."""
    from photopoem.poems.show import read_show
    from photopoem.services.batch import show
    from photopoem.services.curate import grammar_of, rolls, take

    if read_show(pick.folder).choice(pick.path, pick.digest).state == "kept":
        raise UsageError(f"{pick.path}: kept, so not re-rolled; photopoem undecide {pick.path} first")
    current = pick.poem()
    grammar = asked.grammar or grammar_of(pick)
    lexicon_files = lexicon_files_of(asked.lexicon, asked.words, pick.folder)
    found = rolls(
        pick, grammar=grammar, seed=asked.seed, count=asked.number or 1, lexicon_files=lexicon_files
    )
    if not found:
        raise UsageError(f"{pick.path}: {grammar} has no other poem for it; try another --grammar")
    poem = _chosen(pick, found) if asked.number else found[0]
    if poem is None or not _agreed(pick, current, force=asked.force):
        say(f"{pick.path}: left as it is")
        return False
    aside = take(pick, poem, grammar, lexicon_files=lexicon_files)
    if not asked.number:
        show(_titled(poem))
    say(f"{pick.path}: {poem.grammar}, seed {poem.seed}" + (f"; your text is in {aside}" if aside else ""))
    return True


def _titled(poem: Poem) -> str:
    title = f"{poem.title}\n\n" if str(poem.title) else ""
    return f"{title}{poem.text}\n\n"


def _chosen(pick: Pick, poems: list[Poem]) -> Poem | None:
    """The poem that the user chooses; None if none."""
    from photopoem.services.batch import show

    for number, poem in enumerate(poems, start=1):
        show(f"{number}  seed {poem.seed}\n\n{_titled(poem)}")
    taken: int = click.prompt(
        f"Which for {pick.path}? (1 to {len(poems)}, 0 for none)", default=0, type=click.IntRange(0, len(poems)),
        err=True, show_default=False,
    )  # fmt: skip
    return poems[taken - 1] if taken else None


def _agreed(pick: Pick, standing: Poem, *, force: bool) -> bool:
    """Whether the user agrees to replace an edited text; without a terminal, no."""
    if force or not standing.by_hand:
        return True
    told = f"{pick.text} was changed by hand. Put your text aside and write another?"
    return click.confirm(told, default=False, err=True)


MERGE_EXAMPLES = """
\b
Examples:
  photopoem run photos/ --shard 1/2 --out part1      on one machine
  photopoem run photos/ --shard 2/2 --out part2      on another
  photopoem merge part1 part2 --out poems            as one run would have written them
"""


@click.command(epilog=MERGE_EXAMPLES)
@click.argument("folders", nargs=-1, required=True, metavar="DIR...", type=A_FOLDER)
@click.option("-o", "--out", default="poems", show_default=True, metavar="DIR", type=A_FOLDER,
              help="Folder for all poems.")  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite edited texts too.")
def merge(folders: tuple[str, ...], out: str, force: bool) -> None:
    """Join the poems folders DIR into one, sorted by path: byte for byte as a single run would have written it.

    If folders have different poems of a photograph, the first folder's is used, and a line says so. Texts in the
    output folder that you edited are kept. The decisions of the shows are joined; a kept poem takes precedence. A line
    names shards that are missing, are duplicated, or were made from different lists of photographs.
    """
    from photopoem.poems.folder import faults_of, folder_for_poems, keep_shards, merge_folders, read_shards

    count, clashes, kept = merge_folders(folders, folder_for_poems(out), force=force)
    for path in clashes:
        say(f"photopoem: {path}: different poems in several folders; the first folder's is kept")
    held = {Path(folder): read_shards(Path(folder)) for folder in dict.fromkeys(folders)}
    keep_shards(Path(out), (shard for shards in held.values() for shard in shards))
    faults = list(faults_of(held))
    for line in (*kept, *faults):
        say(f"photopoem: {line}")
    say(f"{out}: {counted(count, 'poem')}")
    sys.exit(1 if clashes or faults else 0)
