"""`photopoem merge`: the poems of several runs in one folder."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from photopoem.commands.options import A_FOLDER

EXAMPLES = """
\b
Examples:
  photopoem run photos/ --shard 1/2 --out part1      on one machine
  photopoem run photos/ --shard 2/2 --out part2      on another
  photopoem merge part1 part2 --out poems            as one run would have written them
"""


@click.command(epilog=EXAMPLES)
@click.argument("folders", nargs=-1, required=True, metavar="DIR...", type=A_FOLDER)
@click.option(
    "-o",
    "--out",
    default="poems",
    show_default=True,
    metavar="DIR",
    type=A_FOLDER,
    help="Folder for all the poems.",
)
@click.option("--force", is_flag=True, help="Also over texts changed by hand.")
def command(folders: tuple[str, ...], out: str, force: bool) -> None:
    """Join the poems folders DIR into one, sorted by path: byte for byte what a single run would have written.

    Where folders have different poems of one photograph, the first folder's is kept, and a line says so. A text in the
    folder for all poems that you changed by hand is kept too. The choices of the folders' shows are joined; a poem that
    one of them keeps goes before the others'. A line says which shards are missing, are here twice, or were made from
    different lists of photographs.
    """
    from photopoem.poems.folder import folder_for_poems, merge_folders
    from photopoem.poems.shards import faults_of, keep_shards, read_shards
    from photopoem.text.terminal import counted, say

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
