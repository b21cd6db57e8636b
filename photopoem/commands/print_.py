"""`photopoem print`: poems onto paper, or into files to be printed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photopoem.commands.completing import A_PRESS, A_TARGET
from photopoem.commands.press_options import given, press_options
from photopoem.errors import UsageError

if TYPE_CHECKING:
    from photopoem.poem import Poem
    from photopoem.press import Press
    from photopoem.printing.targets import OneFile, Target

FEW = 3
"""More remarks than this are told in one line before printing; `--check` lists them all."""

EXAMPLES = """
\b
Examples:
  photopoem print --to tcp://192.168.1.50         the poems in poems/ on a receipt printer
  photopoem print --to usb:04b8:0e15 --photo      with the photograph on top, in dots
  photopoem print --to cups:Hall --copies 2       as PDF cards, on a printer of the system
  photopoem print --to file:poems.pdf             all poems in one file
  photopoem print --to dir:plots --press svg --size a5 --hand 3
                                                  a sheet each for a pen plotter, by hand number 3
  photopoem print show/ --to serial:/dev/ttyUSB0@19200 --order shuffle --pace 60
  photopoem print --to usb:04b8:0e15 --check      what would be lost, and how the printer is

\b
Targets:
  tcp://HOST[:9100]         a printer on the network
  usb:VENDOR:PRODUCT        one on USB, as lsusb shows it
  serial:/dev/NAME[@BAUD]   one on a serial line, or /dev/usb/lp0
  cups:NAME                 one the system knows (lpstat -p)
  dir:FOLDER                a file for each poem
  file:PATH                 all poems in one file
"""


@click.command(epilog=EXAMPLES)
@click.argument("poems", default="poems", type=click.Path(path_type=Path))
@click.option("--to", "target", metavar="TARGET", shell_complete=A_TARGET, help="Where to; see below.")
@click.option(
    "--press",
    metavar="NAME",
    shell_complete=A_PRESS,
    help="html, pdf, svg, receipt, text or jsonl.  [default: what suits the target]",
)
@click.option(
    "--copies", default=1, show_default=True, type=click.IntRange(1, 1000), help="Copies of each poem."
)
@click.option(
    "--order",
    type=click.Choice(["shuffle", "taken", "name"]),
    help="Their order.  [default: as they are written]",
)
@click.option("--seed", type=int, metavar="N", help="Shuffle in the same way each time.")
@click.option(
    "--pace", default=0.0, metavar="SECONDS", type=click.FloatRange(0), help="From one poem to the next."
)
@click.option("--again", is_flag=True, help="Print also what this target has had.")
@click.option(
    "--check", is_flag=True, help="Say what the press cannot show and how the target is; print nothing."
)
@click.option("--force", is_flag=True, help="Overwrite a file that is there.")
@click.option(
    "--photos",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Where the photographs' paths start from.  [default: here]",
)
@press_options
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what went wrong.")
def command(
    poems: Path, target: str | None, press: str | None, copies: int, order: Any, seed: int | None, pace: float,
    again: bool, check: bool, force: bool, photos: Path | None, quiet: bool, **keywords: Any,
) -> None:  # fmt: skip
    """Print the poems in POEMS: a run's folder [default: poems], its poems.jsonl or one of its texts; texts that
    you changed by hand as they stand.

    Poems wait in a queue beside them, so that each is printed once, whatever happens to the program or
    the printer: the same command again goes on where it ended. A printer that is off, stalled or out of
    paper is waited for.
    """
    from photopoem.printing import ordered
    from photopoem.printing.targets import OneFile, open_target
    from photopoem.text.terminal import counted, say

    if target is None and not (check and press):
        raise UsageError("say where --to print, such as --to tcp://192.168.1.50; see photopoem print --help")
    where = open_target(target) if target else None
    folder, read = read_poems(poems)
    found = ordered(read, order, seed)
    name, options = _press_of(where, press), given(keywords)
    made = _opened(name, options)
    if not quiet:
        _say_changed(found)
    remarks = [] if quiet and not check else made.check(found, photos=photos)
    for remark in remarks if check or len(remarks) <= FEW else [_in_short(remarks, name)]:
        say(remark)
    if check:
        for line in [*_advice(made, found), *_how_is(where, name)]:
            say(line)
        told = counted(len(remarks), "remark") if remarks else "no remarks"
        click.echo(f"{name}: {counted(len(found), 'poem')}, {told}; nothing was printed")
    elif isinstance(where, OneFile):
        _into_file(where, made, found * copies, photos, force=force)
        if not quiet:
            say(f"{where.path}: {counted(len(found) * copies, 'poem')}")
    elif where is not None:
        job = {"press": name, "options": options, "photos": photos, "copies": copies, "again": again}
        sys.exit(_onto_paper(folder, found, where.address, job, pace=pace, quiet=quiet))


def _advice(press: Press, poems: list[Poem]) -> list[str]:
    from photopoem.press import Advising

    return press.advice(poems) if isinstance(press, Advising) else []


def _how_is(where: Target | OneFile | None, press: str) -> list[str]:
    """A line on the target; none where it must not be asked: any other than a receipt printer prints the question."""
    from photopoem.printing.status import diagnose

    if where is None or (where.press == "receipt" and press != "receipt"):
        return []
    answer = diagnose(where)
    return [f"{where.address}: {answer.told}" + (f"; {answer.next_step}" if answer.next_step else "")]


def _in_short(remarks: list[str], press: str) -> str:
    """What would be a line for each poem of a show, in one."""
    return (
        f"{len(remarks)} remarks, such as: {remarks[0]} (photopoem print --press {press} --check lists them)"
    )


def _press_of(where: Any, press: str | None) -> str:
    from photopoem.printing import press_for

    return press_for(where, press) if where is not None else str(press)


def _opened(name: str, options: dict[str, Any]) -> Press:
    from photopoem.press import open_press

    return open_press(name, **options)


def read_poems(path: Path) -> tuple[Path, list[Poem]]:
    """The poems folder, and its poems or the one of a text in it.

    Raises `StoreError`, `UsageError` where there are none.
    """
    from photopoem.photo.discover import is_photo_name
    from photopoem.poems.edits import find_edited, folder_of, read_edited

    if is_photo_name(path.name) and path.is_file():
        raise UsageError(
            f"{path}: a photograph, not a folder of poems; write its poem first: photopoem run {path}"
        )
    if path.is_file() and path.suffix != ".jsonl":
        folder, poem, _ = find_edited(path)
        return folder, [poem]
    found = read_edited(path)
    if not found:
        raise UsageError(f"{path}: no poems here yet; write some: photopoem run photos/")
    return folder_of(path), found


def _say_changed(poems: list[Poem]) -> None:
    """That texts were changed is said where they go on paper: the next run says it only where it would write them."""
    from photopoem.text.terminal import counted, say

    if changed := [poem for poem in poems if poem.by_hand]:
        first = changed[0].subject.path
        say(
            f"{counted(len(changed), 'poem')} as changed by hand: {first}{', ...' if len(changed) > 1 else ''}"
        )


def _into_file(target: OneFile, press: Press, poems: list[Poem], photos: Path | None, *, force: bool) -> None:
    from photopoem.files import write_atomically
    from photopoem.printing.status import diagnose

    answer = diagnose(target)
    if answer.next_step and (answer.serious or not force):
        raise UsageError(f"{target.path}: {answer.told}; {answer.next_step}")
    write_atomically(target.path, press.press(poems, photos=photos))


def _onto_paper(
    folder: Path, poems: list[Poem], target: str, job: dict[str, Any], *, pace: float, quiet: bool
) -> int:
    """Queue and print; the exit code: 1 where poems are left in doubt or waiting."""
    from photopoem.printing import Queue, Retry, enqueue, print_queue
    from photopoem.text.terminal import counted, say

    with Queue(folder) as queue:
        new = enqueue(queue, poems, target, **job)
        if queue.replaced and not quiet:
            say(f"{counted(queue.replaced, 'waiting poem')} left out: there is another of the photograph now")
        waiting = queue.counts(target)["queued"]
        if not waiting and not new and not quiet:
            others = queue.presses(target)
            how = "" if job["press"] in others else f" as {' and '.join(others)}"
            say(f"{target} has had all {len(poems)} of these{how}; --again prints them once more")
        try:
            done = print_queue(queue, target, pace=pace, retry=Retry(say))
        except KeyboardInterrupt:
            left = queue.counts(target)
            say(
                f"{left['queued']} still queued, {left['doubtful']} in doubt; the same command goes on, "
                f"{queue.clearing(target)} takes them out"
            )
            return 130
        doubtful = queue.counts(target)["doubtful"]
    if not quiet:
        say(f"{done.printed} printed")
    if doubtful:
        say(f"{doubtful} may or may not be on paper: photopoem queue list {folder}")
    return 1 if doubtful else 0
