"""`photopoem run` and `photopoem watch`: write a poem for each photograph."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from photopoem.commands.options import (
    A_FOLDER,
    COLOPHON,
    HOURS,
    SHARD,
    PressOptions,
    WritingOptions,
    argument,
    given_paths,
    group,
    option,
    pace_option,
    press_option,
    takes,
    target_option,
)
from photopoem.errors import UsageError
from photopoem.text.terminal import counted, first_of, say, say_nothing

if TYPE_CHECKING:
    from photopoem.photo.discover import Found
    from photopoem.services.batch import Run
    from photopoem.services.pipeline import Settings
    from photopoem.services.watch import QuietHours, Watch

EXAMPLES = """
\b
Examples:
  photopoem run photo.jpg                      one poem, here
  photopoem run photos/                        a poem for each, here and in poems/
  photopoem run photos/ --grammar haiku        another kind of poem
  photopoem run photos/ --grammar all          for each photo one of the ten
  photopoem run photos/ --grammar mine.json    a grammar of your own
  photopoem run photos/ --labels vision        labels from Google's Vision API
  photopoem run photos/ --print tcp://printer  and on paper as they come
  find . -name '*.heic' | photopoem run -      paths from another program
"""


@dataclass(frozen=True)
class RunOptions:
    """The options of `photopoem run`."""

    paths: tuple[str, ...] = argument(nargs=-1, type=click.Path(path_type=str, readable=False))
    writing: WritingOptions = group(WritingOptions)
    out: str | None = option(
        "-o", "--out", metavar="DIR", type=A_FOLDER, help="Folder for the poems.  [default: poems, for a folder]"
    )  # fmt: skip
    force: bool = option("--force", is_flag=True, help="Rewrite every poem, even over edited texts.")
    recurse: bool = option("--recurse/--no-recurse", default=True, help="Search subfolders.  [default: yes]")
    exclude: tuple[str, ...] = option(
        "--exclude", multiple=True, metavar="GLOB", help="Skip matching files and folders; may be repeated."
    )  # fmt: skip
    jobs: str = option(
        "-j", "--jobs", default="auto", show_default=True, metavar="N|auto", help="Number of processes."
    )
    quick: bool = option(
        "--quick", is_flag=True, help="Read the camera's thumbnail if it agrees with the picture."
    )
    shard: tuple[int, int] | None = option(
        "--shard", metavar="I/N", type=SHARD, help="Only the I-th of N parts, by path: for several machines."
    )
    dask: str | None = option("--dask", metavar="ADDRESS", help="Work on a Dask cluster (photopoem[dask]).")
    landmarks: bool = option(
        "--landmarks", is_flag=True, help="Ask Vision for landmarks too, which name the place."
    )
    vision_parallel: int = option(
        "--vision-parallel", default=4, show_default=True, help="Parallel requests to Vision."
    )
    max_requests: int | None = option(
        "--max-requests", type=click.IntRange(min=0), metavar="N",
        help="Send at most N requests to Vision; the rest is left for the next run.",
    )  # fmt: skip
    dry_run: bool = option(
        "--dry-run", is_flag=True, help="Show what would be done and what Vision would bill, and stop."
    )
    yes: bool = option("--yes", is_flag=True, help="Do not ask before many paid requests.")
    cache: str | None = option(
        "--cache", metavar="DIR", type=A_FOLDER, help="Folder of the label cache.  [env: PHOTOPOEM_CACHE_DIR]"
    )
    no_cache: bool = option("--no-cache", is_flag=True, help="Neither read nor write cached labels.")
    press: str | None = press_option()
    target: str | None = target_option(
        "--print", help="Print each poem as it is written; see photopoem print."
    )
    colophon: bool = option("--colophon/--no-colophon", default=True, help=COLOPHON)
    quiet: bool = option(
        "-q", "--quiet", is_flag=True,
        help="Print only errors, and the poem of a single photograph.",
    )  # fmt: skip

    def settings(self) -> Settings:
        """The settings of the run. Raises `UsageError`, `GrammarError`."""
        from photopoem.labels.labeller import LabelSettings

        labels = LabelSettings(
            cache_dir=Path(self.cache) if self.cache else None, use_cache=not self.no_cache,
            landmarks=self.landmarks, vision_parallel=self.vision_parallel, max_requests=self.max_requests,
            note=say_nothing if self.quiet else say,
        )  # fmt: skip
        return self.writing.settings(self.out or "poems", quick=self.quick, label_settings=labels)

    def is_single(self, given: list[str], found: list[Found]) -> bool:
        """Whether a single photograph was named, whose poem goes only to standard output."""
        from photopoem.photo.discover import one_photo

        alone = self.paths != ("-",) and len(given) == 1 and found[0].path == one_photo(given[0]).path
        return alone and self.out is None and self.target is None

    def run(self, found: list[Found], left_out: dict[str, Counter[str]], settings: Settings) -> Run:
        """The run over these photographs. Raises `UsageError`."""
        from photopoem.services.batch import Run
        from photopoem.services.publish import open_paper

        paper = open_paper(self.target, self.press, colophon=self.colophon) if self.target else None
        return Run(
            found, settings, jobs=self.jobs, dask=self.dask, force=self.force, paper=paper,
            colophon=self.colophon, quiet=self.quiet, left_out=left_out,
        )  # fmt: skip


@click.command(epilog=EXAMPLES)
@takes(RunOptions)
def command(asked: RunOptions) -> None:
    """Write a poem for each photograph in PATHS: files, folders, addresses, or - for paths on standard input. Without
    PATHS, the photographs in photopoem.toml are used, or else its folder.

    A single photograph's poem is printed on standard output. For several, the poems are also written to a folder: a
    text for each photograph, and poems.jsonl with the source of every word. A second run writes only what is new or
    changed. Texts that you edited are kept; a line says so if a new poem would differ.
    """
    from photopoem.poems.folder import folder_for_poems, note_shard

    settings = asked.settings()
    given, listed, left_out = _listed(asked)
    found = _in_shard(listed, asked.shard)
    if settings.series and asked.shard and not asked.quiet:
        say("series: the poems of this shard are one series; those of other shards may repeat them")
    single = asked.is_single(given, found)
    folder = Path() if single else folder_for_poems(asked.out or "poems")
    run = asked.run(found, left_out, settings)
    if asked.dry_run:
        click.echo(run.plan())
        return
    if not asked.yes:
        _confirm_many(run)
    if single:
        sys.exit(run.one())
    code = run.all(folder)
    if asked.shard:
        note_shard(folder, asked.shard, listed)
    sys.exit(code)


def _listed(asked: RunOptions) -> tuple[list[str], list[Found], dict[str, Counter[str]]]:
    """The given paths, their photographs, and for each folder what was left out. Raises `UsageError`."""
    from photopoem.photo.discover import find_photos

    if not asked.paths:
        raise UsageError(
            "name photographs or a folder of them; a folder with a photopoem.toml can be run without"
        )
    given = given_paths(asked.paths)
    left_out: dict[str, Counter[str]] = {}
    listed = find_photos(given, recurse=asked.recurse, exclude=asked.exclude, left_out=left_out)
    if not listed:
        raise UsageError(_nothing(given, left_out))
    return given, listed, left_out


def _in_shard(listed: list[Found], shard: tuple[int, int] | None) -> list[Found]:
    """The photographs of the shard, or all without one. Raises `UsageError` if it has none."""
    from photopoem.photo.discover import in_shard

    if shard is None:
        return listed
    found = in_shard(listed, shard)
    if not found:
        told = "/".join(map(str, shard))
        raise UsageError(f"shard {told} holds none of {counted(len(listed), 'photograph')}")
    return found


def _confirm_many(run: Run) -> None:
    """Ask before very many paid requests, if there is a terminal. Raises `click.Abort`."""
    if sys.stdin is not None and sys.stdin.isatty() and (many := run.many_paid()):
        click.confirm(many, abort=True, err=True)


def _nothing(given: list[str], left_out: dict[str, Counter[str]]) -> str:
    """The reason why there is nothing to do."""
    from photopoem.photo.discover import files_left_out, one_photo

    if not given:
        return "no paths on standard input"
    others = sum(left_out.values(), Counter[str]())
    where = ", ".join(one_photo(each).path for each in given)
    return f"no photographs in {where}" + (f": {files_left_out(others)}" if others else "")


FEW = 3
"""The most remaining photographs that are named at the end."""

WATCH_EXAMPLES = """
\b
Examples:
  photopoem watch inbox/ --print tcp://192.168.1.50
  photopoem watch inbox/ --print usb:04b8:0e15 --photo --quiet-hours 22:00-08:00
  photopoem watch inbox/ --print dir:plots --press svg --hand 3
  photopoem watch inbox/ --print cups:Hall --grammar all --status health.json
"""


@dataclass(frozen=True)
class WatchOptions:
    """The options of `photopoem watch`."""

    folder: str = argument(type=click.Path())
    target: str = target_option("--print", required=True, help="The target; see photopoem print --help.")
    press: str | None = press_option("html, pdf, svg, receipt or text.")
    writing: WritingOptions = group(WritingOptions)
    out: Path = option(
        "-o", "--out", default="poems", show_default=True, type=click.Path(path_type=Path),
        help="Folder for the poems and their queue.",
    )  # fmt: skip
    existing: bool = option(
        "--existing", is_flag=True, help="At the first start, include photographs that are in FOLDER already."
    )
    quiet_hours: QuietHours | None = option(
        "--quiet-hours", metavar="HH:MM-HH:MM", type=HOURS,
        help="Print nothing during these hours, and catch up afterwards.",
    )  # fmt: skip
    pace: float = pace_option()
    status: Path | None = option(
        "--status",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Keep the state as a JSON line in this file.",
    )
    colophon: bool = option("--colophon/--no-colophon", default=True, help=COLOPHON)
    options: PressOptions = group(PressOptions)
    quiet: bool = option("-q", "--quiet", is_flag=True, help="Print only errors.")

    def watch(self) -> Watch:
        """The watch with these options. Raises `UsageError` for invalid options."""
        from photopoem.poems.folder import folder_for_poems
        from photopoem.services.publish import open_paper
        from photopoem.services.watch import Watch

        settings = self.writing.settings(self.out)
        paper = open_paper(self.target, self.press, self.options.given(), colophon=self.colophon)
        return Watch(
            Path(self.folder), paper, settings, folder_for_poems(self.out), self.colophon, self.existing,
            self.quiet_hours, self.pace, self.status,
        )  # fmt: skip


@click.command(epilog=WATCH_EXAMPLES)
@takes(WatchOptions)
def watch(asked: WatchOptions) -> None:
    """Print a poem for each photograph that arrives in FOLDER, until it is stopped (Ctrl-C, or SIGTERM).

    It waits until a photograph has arrived completely. It continues by itself after the printer was off, the network
    down, the disk full or FOLDER gone, and when its terminal is closed. After a restart it prints what arrived
    meanwhile, each poem once.
    """
    from photopoem.photo.discover import is_url

    folder = asked.folder
    if is_url(folder) or Path(folder).is_file():
        what = "an address" if is_url(folder) else "a file"
        raise UsageError(f"{folder}: {what}; watch takes a folder that photographs arrive in")
    watch = asked.watch()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: watch.stop.set())
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a show goes on when its terminal is closed
    if not asked.quiet:
        watch.begun = lambda: say(f"watching {folder}; poems go to {asked.target}; Ctrl-C ends it")
    watch.run()
    if not asked.quiet:
        _sum_up(watch)


def _sum_up(watch: Watch) -> None:
    say(f"{counted(watch.written, 'poem')} written, {watch.spool.worker.tally.printed} printed")
    if left := [Path(path).name for path in watch.arrivals.growing]:
        named = first_of(left, FEW)
        say(f"{len(left)} still arriving or not yet written: {named}; the next start continues with them")
