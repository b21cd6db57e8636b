"""`photopoem run`: photographs in, a poem each out."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click

from photopoem.commands.completing import A_FOLDER, A_PRESS, A_TARGET
from photopoem.commands.photo_options import given_paths, settings, writing_options
from photopoem.errors import UsageError

EXAMPLES = """
\b
Examples:
  photopoem run photo.jpg                      one poem, here
  photopoem run photos/                        a poem for each, here and in poems/
  photopoem run photos/ --grammar haiku        another kind of poem
  photopoem run photos/ --grammar all          for each photo one of the shelf
  photopoem run photos/ --grammar mine.json    a grammar of your own
  photopoem run photos/ --labels vision        labels from Google's Vision API
  photopoem run photos/ --print tcp://printer  and on paper as they come
  find . -name '*.heic' | photopoem run -      paths from another program
"""


@click.command(epilog=EXAMPLES)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=str, readable=False))
@writing_options
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    shell_complete=A_FOLDER,
    help="Folder for the poems.  [default: poems, for a folder]",
)
@click.option("--force", is_flag=True, help="Write every poem anew, also over texts changed by hand.")
@click.option(
    "--recurse/--no-recurse", default=True, help="Look into folders inside folders.  [default: yes]"
)
@click.option("-j", "--jobs", default="auto", show_default=True, metavar="N|auto", help="Processes to use.")
@click.option("--quick", is_flag=True, help="Read the camera's thumbnail where it agrees with the picture.")
@click.option("--shard", metavar="I/N", help="Only the I-th of N parts, by path: for several machines.")
@click.option("--dask", metavar="ADDRESS", help="Work on a Dask cluster (photopoem[dask]).")
@click.option("--landmarks", is_flag=True, help="Ask Vision for landmarks too; they name the place.")
@click.option("--vision-parallel", default=4, show_default=True, help="Requests to Vision at one time.")
@click.option(
    "--max-requests",
    type=click.IntRange(min=0),
    metavar="N",
    help="Ask Vision at most N times; the rest is left for the next run.",
)
@click.option("--dry-run", is_flag=True, help="Say what there is to do and what Vision would bill, and stop.")
@click.option("--yes", is_flag=True, help="Do not ask before many paid requests.")
@click.option(
    "--cache",
    metavar="DIR",
    shell_complete=A_FOLDER,
    help="Folder of the label cache.  [env: PHOTOPOEM_CACHE_DIR]",
)
@click.option("--no-cache", is_flag=True, help="Neither read nor keep cached labels.")
@click.option(
    "--press",
    metavar="NAME",
    shell_complete=A_PRESS,
    help="The press for --print.  [default: what suits the target]",
)
@click.option(
    "--print",
    "target",
    metavar="TARGET",
    shell_complete=A_TARGET,
    help="Print each poem as it is written: see photopoem print.",
)
@click.option("--colophon/--no-colophon", default=True, help="Close each poem with who labelled and named.")
@click.option(
    "-q",
    "--quiet",
    is_flag=True,
    help="Say nothing but what went wrong; a single photograph's poem still comes.",
)
def command(
    paths: tuple[str, ...], out: str | None, force: bool, recurse: bool, jobs: str, quick: bool, shard: str | None,
    dask: str | None, landmarks: bool, vision_parallel: int, max_requests: int | None, dry_run: bool, yes: bool,
    cache: str | None, no_cache: bool, target: str | None, press: str | None, colophon: bool, quiet: bool,
    **keywords: Any,
) -> None:  # fmt: skip
    """Write a poem for each photograph in PATHS: files, folders, addresses, or - for paths on standard input.

    A single photograph's poem goes to standard output. For a folder the poems go there too, and into a folder of
    poems: one text for each photograph and poems.jsonl, in which every word knows its source. A second
    run writes only what is new or changed; a text that you changed by hand is kept, and a line says so
    where it would be another; what is printed and shown has your words.
    """
    from photopoem.labels.labeller import LabelSettings
    from photopoem.photo.discover import find_photos
    from photopoem.poems.folder import folder_for_poems
    from photopoem.services.batch import Run
    from photopoem.text.terminal import say

    label_settings = LabelSettings(
        cache_dir=Path(cache) if cache else None, use_cache=not no_cache, landmarks=landmarks,
        vision_parallel=vision_parallel, max_requests=max_requests, note=_silent if quiet else say,
    )  # fmt: skip
    made = settings(keywords, quick=quick, label_settings=label_settings)
    given = given_paths(paths)
    left_out: dict[str, Counter[str]] = {}
    found = find_photos(given, recurse=recurse, shard=_shard(shard), left_out=left_out)
    if not found:
        raise UsageError(_nothing(given, left_out))
    single = (
        out is None and target is None and len(given) == 1 and paths != ("-",) and found[0].path == given[0]
    )
    folder = Path() if single else folder_for_poems(out or "poems")
    run = Run(
        found,
        made,
        jobs=jobs,
        dask=dask,
        force=force,
        target=target,
        press=press,
        colophon=colophon,
        quiet=quiet,
        left_out=left_out,
    )
    if dry_run:
        click.echo(run.plan())
        return
    if not yes and sys.stdin.isatty() and (many := run.many_paid()):
        click.confirm(many, abort=True, err=True)
    sys.exit(run.one() if single else run.all(folder))


def _nothing(given: list[str], left_out: dict[str, Counter[str]]) -> str:
    """Why there is nothing to do."""
    from photopoem.photo.discover import files_left_out

    if not given:
        return "no paths on standard input"
    others = sum(left_out.values(), Counter[str]())
    return f"no photographs in {', '.join(given)}" + (f": {files_left_out(others)}" if others else "")


def _silent(text: str) -> None:
    """Take a note and keep quiet."""


def _shard(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, _, last = text.partition("/")
    if not (first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last)):
        raise UsageError(f"--shard takes I/N with I from 1 to N, such as 1/4, not {text!r}")
    return int(first), int(last)
