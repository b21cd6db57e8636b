"""`photopoem watch`: the installation. A photograph arrives, its poem comes out."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import Any

import click

from photopoem.commands.completing import A_PRESS, A_TARGET
from photopoem.commands.photo_options import settings, writing_options
from photopoem.commands.press_options import given, press_options
from photopoem.errors import UsageError

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


@click.command(epilog=EXAMPLES)
@click.argument("folder", type=click.Path())
@click.option(
    "--print",
    "target",
    required=True,
    metavar="TARGET",
    shell_complete=A_TARGET,
    help="Where to; see photopoem print --help.",
)
@click.option(
    "--press",
    metavar="NAME",
    shell_complete=A_PRESS,
    help="html, pdf, svg, receipt or text.  [default: what suits the target]",
)
@writing_options
@click.option(
    "-o", "--out", default="poems", show_default=True, type=click.Path(path_type=Path),
    help="Folder for the poems and their queue.",
)  # fmt: skip
@click.option("--existing", is_flag=True, help="At the first start, also take what lies in FOLDER already.")
@click.option(
    "--quiet-hours", metavar="HH:MM-HH:MM", help="Print nothing then; what comes meanwhile is printed after."
)
@click.option(
    "--pace", default=0.0, metavar="SECONDS", type=click.FloatRange(0), help="From one poem to the next."
)
@click.option(
    "--status", metavar="FILE", type=click.Path(path_type=Path), help="Keep a JSON line there: how it is."
)
@press_options
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what went wrong.")
def command(
    folder: str, target: str, press: str | None, out: Path, existing: bool, quiet_hours: str | None, pace: float,
    status: Path | None, quiet: bool, **keywords: Any,
) -> None:  # fmt: skip
    """Print a poem for each photograph that arrives in FOLDER, until it is stopped (Ctrl-C).

    It waits until a photograph has arrived whole. It goes on by itself when the printer was off, the
    network away, the disk full or FOLDER gone, and after a restart prints what came meanwhile, each once.
    """
    from photopoem.photo.discover import is_url
    from photopoem.poems.folder import folder_for_poems
    from photopoem.press import open_press
    from photopoem.printing import press_for, queue_target
    from photopoem.services.hours import QuietHours
    from photopoem.services.watch import Watch
    from photopoem.text.terminal import counted, first_of, say

    if is_url(folder) or Path(folder).is_file():
        what = "an address" if is_url(folder) else "a file"
        raise UsageError(f"{folder}: {what}; watch takes a folder that photographs arrive in")
    made = settings(keywords)
    options = given(keywords)
    # What is wrong with the options is said now, not to an empty room tonight.
    open_press(press_for(queue_target(target), press), **options)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    hours = QuietHours.parse(quiet_hours) if quiet_hours else None
    show = Watch(
        Path(folder),
        target,
        made,
        folder_for_poems(out),
        press,
        options,
        existing,
        hours,
        pace,
        status,
        say=say,
        stop=stop,
    )
    if not quiet:
        show.begun = lambda: say(f"watching {folder}; poems go to {target}; Ctrl-C ends it")
    show.run()
    if not quiet:
        say(f"{counted(show.written, 'poem')} written, {show.spool.worker.tally.printed} printed")
        if left := [Path(path).name for path in show.arrivals.growing]:
            named = first_of(left, FEW)
            say(f"{len(left)} still arriving or not yet written: {named}; a new start goes on with them")
