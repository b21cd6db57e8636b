"""`photopoem watch`: the installation. A photograph arrives, its poem comes out."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from photopoem.commands.options import (
    A_PRESS,
    A_TARGET,
    COLOPHON,
    HOURS,
    PressOptions,
    WritingOptions,
    argument,
    group,
    option,
    takes,
)
from photopoem.errors import UsageError

if TYPE_CHECKING:
    from photopoem.services.watch import QuietHours, Watch

FEW = 3
"""So many of the photographs that are left at the end are named."""

EXAMPLES = """
\b
Examples:
  photopoem watch inbox/ --print tcp://192.168.1.50
  photopoem watch inbox/ --print usb:04b8:0e15 --photo --quiet-hours 22:00-08:00
  photopoem watch inbox/ --print dir:plots --press svg --hand 3
  photopoem watch inbox/ --print cups:Hall --grammar all --status health.json
"""


@dataclass(frozen=True)
class WatchOptions:
    """What a person may say to `photopoem watch`."""

    folder: str = argument(type=click.Path())
    target: str = option(
        "--print",
        required=True,
        metavar="TARGET",
        type=A_TARGET,
        help="Where to; see photopoem print --help.",
    )
    press: str | None = option(
        "--press", metavar="NAME", type=A_PRESS,
        help="html, pdf, svg, receipt or text.  [default: what suits the target]",
    )  # fmt: skip
    writing: WritingOptions = group(WritingOptions)
    out: Path = option(
        "-o", "--out", default="poems", show_default=True, type=click.Path(path_type=Path),
        help="Folder for the poems and their queue.",
    )  # fmt: skip
    existing: bool = option(
        "--existing", is_flag=True, help="At the first start, also take what lies in FOLDER already."
    )
    quiet_hours: QuietHours | None = option(
        "--quiet-hours", metavar="HH:MM-HH:MM", type=HOURS,
        help="Print nothing then; what comes meanwhile is printed after.",
    )  # fmt: skip
    pace: float = option(
        "--pace", default=0.0, metavar="SECONDS", type=click.FloatRange(0), help="From one poem to the next."
    )
    status: Path | None = option(
        "--status", metavar="FILE", type=click.Path(path_type=Path), help="Keep a JSON line there: how it is."
    )
    colophon: bool = option("--colophon/--no-colophon", default=True, help=COLOPHON)
    options: PressOptions = group(PressOptions)
    quiet: bool = option("-q", "--quiet", is_flag=True, help="Say nothing but what went wrong.")

    def watch(self) -> Watch:
        """The watch that these options ask for. Raises `UsageError` for what is wrong with any of them."""
        from photopoem.poems.folder import folder_for_poems
        from photopoem.services.publish import open_paper
        from photopoem.services.watch import Watch

        settings = self.writing.settings(self.out)
        paper = open_paper(self.target, self.press, self.options.given(), colophon=self.colophon)
        return Watch(
            Path(self.folder), paper, settings, folder_for_poems(self.out), self.colophon, self.existing,
            self.quiet_hours, self.pace, self.status,
        )  # fmt: skip


@click.command(epilog=EXAMPLES)
@takes(WatchOptions)
def command(asked: WatchOptions) -> None:
    """Print a poem for each photograph that arrives in FOLDER, until it is stopped (Ctrl-C).

    It waits until a photograph has arrived whole. It goes on by itself when the printer was off, the
    network away, the disk full or FOLDER gone, and after a restart prints what came meanwhile, each once.
    """
    from photopoem.photo.discover import is_url
    from photopoem.text.terminal import say

    folder = asked.folder
    if is_url(folder) or Path(folder).is_file():
        what = "an address" if is_url(folder) else "a file"
        raise UsageError(f"{folder}: {what}; watch takes a folder that photographs arrive in")
    watch = asked.watch()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: watch.stop.set())
    if not asked.quiet:
        watch.begun = lambda: say(f"watching {folder}; poems go to {asked.target}; Ctrl-C ends it")
    watch.run()
    if not asked.quiet:
        _sum_up(watch)


def _sum_up(watch: Watch) -> None:
    from photopoem.text.terminal import counted, first_of, say

    say(f"{counted(watch.written, 'poem')} written, {watch.spool.worker.tally.printed} printed")
    if left := [Path(path).name for path in watch.arrivals.growing]:
        named = first_of(left, FEW)
        say(f"{len(left)} still arriving or not yet written: {named}; a new start goes on with them")
