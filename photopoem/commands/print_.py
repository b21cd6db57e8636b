"""`photopoem print` and `photopoem queue`: prints poems, and manages the print queue."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from photopoem.commands import Group
from photopoem.commands.options import (
    A_TARGET,
    PressOptions,
    argument,
    group,
    option,
    pace_option,
    photos_option,
    poems_folder,
    press_option,
    takes,
    target_option,
)
from photopoem.errors import UsageError
from photopoem.files import write_atomically
from photopoem.press import Advising, Measuring, Press, open_press, options_of
from photopoem.text.terminal import counted, say, visible

if TYPE_CHECKING:
    from photopoem.poem import Poem
    from photopoem.printing.queue import Queue, State
    from photopoem.printing.targets import OneFile, Target
    from photopoem.services.publish import Order, Paper

FEW = 3
"""More remarks than this are summarized in one line before printing; `--check` lists them all."""

EXAMPLES = """
\b
Examples:
  photopoem print --to tcp://192.168.1.50         the poems in poems/ on a receipt printer
  photopoem print --to usb:04b8:0e15 --photo      with the photograph on top, in dots
  photopoem print --to cups:Hall --copies 2       as PDF cards, on a system printer
  photopoem print --to file:poems.pdf             all poems in one file
  photopoem print --to dir:plots --press svg --size a5 --hand 3
                                                  a sheet per poem for a pen plotter, in hand number 3
  photopoem print show/ --to serial:/dev/ttyUSB0@19200 --order shuffle --pace 60
  photopoem print --to file:show.pdf --layout booklet --only kept
                                                  a booklet of the kept poems
  photopoem print --to usb:04b8:0e15 --check      what would be lost, and the printer's state

\b
Targets:
  tcp://HOST[:9100]         a printer on the network
  usb:VENDOR:PRODUCT        a USB printer, as lsusb shows it
  serial:/dev/NAME[@BAUD]   a printer on a serial line, or /dev/usb/lp0
  cups:NAME                 a printer that the system knows (lpstat -p)
  dir:FOLDER                a file for each poem
  file:PATH                 all poems in one file
"""


@dataclass(frozen=True)
class PrintOptions:
    """The options of `photopoem print`."""

    poems: tuple[Path, ...] = argument(nargs=-1, metavar="[POEMS]...", type=click.Path(path_type=Path))
    target: str | None = target_option("--to", help="The target; see below.")
    press: str | None = press_option("html, pdf, svg, receipt, text, jsonl or csv.")
    copies: int = option(
        "--copies", default=1, show_default=True, type=click.IntRange(1, 1000), help="Copies of each poem."
    )
    order: Order | None = option(
        "--order", type=click.Choice(["shuffle", "taken", "name"]),
        help="Their order.  [default: the show's, else as written]",
    )  # fmt: skip
    only: Any = option(
        "--only", type=click.Choice(["kept", "undecided"]), help="Only kept, or only undecided poems."
    )
    seed: int | None = option("--seed", type=int, metavar="N", help="The seed of a shuffle, to repeat it.")
    pace: float = pace_option()
    again: bool = option("--again", is_flag=True, help="Also print poems that this target has had.")
    check: bool = option(
        "--check",
        is_flag=True,
        help="Report what the press cannot show and the state of the target; print nothing.",
    )
    force: bool = option("--force", is_flag=True, help="Overwrite an existing file.")
    photos: Path | None = photos_option()
    colophon: bool | None = option(
        "--colophon/--no-colophon", default=None,
        help="End each poem on paper with who labelled it and who named its colors.",
    )  # fmt: skip
    options: PressOptions = group(PressOptions)
    quiet: bool = option("-q", "--quiet", is_flag=True, help="Print only errors.")


@click.command(epilog=EXAMPLES)
@takes(PrintOptions)
def command(asked: PrintOptions) -> None:
    """Print the poems in POEMS: folders of runs [default: poems], their poems.jsonl or some of their texts. Texts that
    you edited are printed as they are. Poems that were dropped from the show are left out.

    Poems wait in a queue in their folder, so that each is printed once, whatever happens to the program or the
    printer. Running the command again continues where it ended. It waits for a printer that is off, stalled or out of
    paper.
    """
    from photopoem.printing.targets import OneFile
    from photopoem.services.publish import open_paper, ordered, press_for

    where = _target(asked)
    displayed = _displayed(asked)
    poems = ordered((poem for _, some in displayed for poem in some), asked.order, asked.seed)
    name = press_for(where, asked.press) if where else str(asked.press)
    options = asked.options.given(colophon=asked.colophon)
    if isinstance(where, OneFile):
        options = {**_show_options(name, dict(displayed)), **options}
    press = open_press(name, **options)
    if not asked.quiet:
        _say_changed(poems)
    remarks = _say_remarks(press, name, poems, asked)
    if asked.check or where is None:
        _conclude_check(press, poems, remarks, where, asked.photos)
    elif isinstance(where, OneFile):
        _into_file(where, press, poems * asked.copies, asked)
    else:
        paper = open_paper(where.address, name, options, photos=asked.photos)
        sys.exit(max(_onto_paper(folder, some, paper, asked) for folder, some in displayed))


def _target(asked: PrintOptions) -> Target | OneFile | None:
    """The target; None if only a press is checked. Raises `UsageError` if neither is named."""
    from photopoem.services.publish import open_target

    if asked.target:
        return open_target(asked.target)
    if asked.target is None and not (asked.check and asked.press):
        raise UsageError("say where --to print, such as --to tcp://192.168.1.50; see photopoem print --help")
    return None


def _displayed(asked: PrintOptions) -> list[tuple[Path, list[Poem]]]:
    """The folders to print from, each with the displayed poems of its show.

    Raises `UsageError` if nothing is left to print, and `StoreError`.
    """
    from photopoem.poems.show import read_show
    from photopoem.services.curate import displayed_poems

    read = _read_all(asked.poems or (poems_folder(None),))
    displayed = {
        folder: displayed_poems(poems, read_show(folder), only=asked.only) for folder, poems in read.items()
    }
    dropped = sum(each.dropped for each in displayed.values())
    if dropped and not asked.quiet:
        say(f"{dropped} dropped")
    found = [(folder, each.poems) for folder, each in displayed.items() if each.poems]
    if not found:
        which = f"none of these poems is {asked.only}" if asked.only else "all of these poems are dropped"
        raise UsageError(f"{which}; photopoem show lists them")
    return found


def _read_all(paths: Iterable[Path]) -> dict[Path, list[Poem]]:
    """The poems of each folder, one for each photograph."""
    folders: dict[Path, dict[str, Poem]] = {}
    for path in paths:
        folder, poems = read_poems(path)
        for poem in poems:
            folders.setdefault(folder, {}).setdefault(poem.subject.path, poem)
    return {folder: list(poems.values()) for folder, poems in folders.items()}


def _show_options(press: str, folders: Iterable[Path]) -> dict[str, str]:
    """Title, author and preface from the shows, if the press has such options; the first show with a value wins."""
    from photopoem.poems.show import merged, read_show

    show, _ = merged(map(read_show, folders))
    said = {"title": show.title, "author": show.author, "preface": show.preface}
    known = options_of(press)
    return {name: value for name, value in said.items() if value and name in known}


def _say_remarks(press: Press, name: str, poems: list[Poem], asked: PrintOptions) -> list[str]:
    """Print each remark of the press, or a summary if there are many and this is not a check; returns all of them."""
    if asked.quiet and not asked.check:
        return []
    told = remarks = press.check(poems, photos=asked.photos)
    if not asked.check and len(remarks) > FEW:
        lists = f"photopoem print --press {name} --check lists them"
        told = [f"{len(remarks)} remarks, such as: {remarks[0]} ({lists})"]
    for remark in told:
        say(remark)
    return remarks


def _conclude_check(
    press: Press, poems: list[Poem], remarks: list[str], where: Target | OneFile | None, photos: Path | None
) -> None:
    for line in press.advice(poems) if isinstance(press, Advising) else []:
        say(line)
    if where is not None:
        _say_how_it_is(where, press.name)
    told = counted(len(remarks), "remark") if remarks else "no remarks"
    if isinstance(press, Measuring):
        told += f", about {press.length(poems, photos=photos):.0f} cm of paper"
    click.echo(f"{press.name}: {counted(len(poems), 'poem')}, {told}; nothing was printed")


def _say_how_it_is(where: Target | OneFile, press: str) -> None:
    from photopoem.printing.targets import OneFile, diagnose

    if not isinstance(where, OneFile) and where.press == "receipt" and press != "receipt":
        return  # only a receipt printer answers; any other would print the request
    found = diagnose(where)
    say(f"{where.address}: {found.told}" + (f"; {found.next_step}" if found.next_step else ""))


def read_poems(path: Path) -> tuple[Path, list[Poem]]:
    """The poems folder, and its poems or the poem of a text in it.

    Raises `StoreError`, and `UsageError` if there are none.
    """
    from photopoem.photo.discover import is_photo_name
    from photopoem.poems.text import find_edited, folder_of, read_edited

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
    """Name the manually edited texts that are printed."""
    if changed := [poem for poem in poems if poem.by_hand]:
        first = changed[0].subject.path
        say(
            f"{counted(len(changed), 'poem')} as changed by hand: {first}{', ...' if len(changed) > 1 else ''}"
        )


def _into_file(target: OneFile, press: Press, poems: list[Poem], asked: PrintOptions) -> None:
    from photopoem.printing.targets import diagnose

    found = diagnose(target)
    if found.next_step and (found.serious or not asked.force):
        raise UsageError(f"{target.path}: {found.told}; {found.next_step}")
    write_atomically(target.path, press.press(poems, photos=asked.photos))
    if not asked.quiet:
        say(f"{target.path}: {counted(len(poems), 'poem')}")


def _onto_paper(folder: Path, poems: list[Poem], paper: Paper, asked: PrintOptions) -> int:
    """Queue and print; returns the exit code: 1 if poems are doubtful, 130 after Ctrl-C."""
    from photopoem.printing.channels import Retry
    from photopoem.printing.queue import Queue
    from photopoem.services.publish import enqueue, ordered, print_queue

    target = paper.target.address
    copies = 1 if paper.target.repeatable else asked.copies
    if copies < asked.copies and not asked.quiet:
        say(f"{target}: a folder has each poem once, so --copies {asked.copies} makes no more files")
    poems = ordered(poems, asked.order, asked.seed)
    with Queue(folder) as queue:
        new = enqueue(queue, poems, paper, copies=copies, again=asked.again)
        if not asked.quiet:
            _say_queued(queue, paper, len(poems), new)
        try:
            done = print_queue(queue, paper.target, pace=asked.pace, retry=Retry(say))
        except KeyboardInterrupt:
            left = queue.counts(target)
            say(
                f"{left['queued']} still queued, {left['doubtful']} in doubt; the same command continues, "
                f"{queue.clearing(target)} removes them"
            )
            return 130
        doubtful = queue.counts(target)["doubtful"]
    if not asked.quiet:
        say(f"{done.printed} printed")
    if doubtful:
        say(f"{doubtful} may or may not be on paper: photopoem queue list {folder}")
    return 1 if doubtful else 0


def _say_queued(queue: Queue, paper: Paper, poems: int, new: int) -> None:
    """Report how many queued poems were replaced, or that there is nothing to print."""
    if queue.replaced:
        say(f"{counted(queue.replaced, 'waiting poem')} left out: there is another of the photograph now")
    target = paper.target.address
    if not new and not queue.counts(target)["queued"]:
        others = queue.presses(target)
        how = "" if paper.press in others else f" as {' and '.join(others)}"
        say(f"{target} has had all {poems} of these{how}; --again prints them once more")


def _no_number(context: click.Context, _parameter: click.Parameter, folder: Path) -> Path:
    """The folder. Raises `UsageError` for a number that is not a folder, because a job was meant."""
    if str(folder).isdecimal() and not folder.exists():
        listing = f"photopoem queue {context.info_name} --id {folder}"
        raise UsageError(f"{folder}: there is no such folder; for the job of that number: {listing}")
    return folder


_FOLDER = click.argument("folder", default="poems", type=click.Path(path_type=Path))
_FOLDER_NO_NUMBER = click.argument(
    "folder", default="poems", type=click.Path(path_type=Path), callback=_no_number
)
_IDS = click.option(
    "--id", "ids", type=int, multiple=True, metavar="N", help="Only this job; may be repeated."
)
_TARGET = click.option("--to", "target", metavar="TARGET", type=A_TARGET, help="Only jobs for this target.")

_WAITING: tuple[State, ...] = ("queued", "doubtful")
_DOUBTFUL: tuple[State, ...] = ("doubtful",)

STATES_TOLD = """
\b
States:
  queued     is waiting for its turn
  sending    is being sent to the printer
  printed    is on paper
  doubtful   may be on paper: it was cut off, or the program ended. Look, then retry or skip it
  skipped    will not be printed
"""


@click.group(cls=Group, epilog=STATES_TOLD)
def queue_group() -> None:
    """Show and repair the print queue of a FOLDER of poems [default: poems]."""


@queue_group.command("list")
@_FOLDER
@_TARGET
@click.option("--all", "every", is_flag=True, help="List printed and skipped jobs too.")
def list_(folder: Path, target: str | None, every: bool) -> None:
    """List waiting and doubtful jobs."""
    from photopoem.printing.queue import STATES

    target = _address(target)
    with _queue_of(folder) as queue:
        jobs = queue.jobs(STATES if every else ("sending", "doubtful", "queued"), target)
        counts = queue.counts(target)
        empty = _nothing_for(queue, target, _WAITING)
    for job in jobs:
        copy = f" (copy {job.copy})" if job.copy > 1 else ""
        when = time.strftime("%d %b %H:%M", time.localtime(job.changed))
        note = f": {job.note}" if job.note else ""
        click.echo(visible(f"{job.id:5}  {job.state:8}  {when}  {job.name}{copy}  {job.target}{note}"))
    click.echo(", ".join(f"{count} {state}" for state, count in counts.items() if count) or empty)


@queue_group.command()
@_FOLDER_NO_NUMBER
@_TARGET
@_IDS
def retry(folder: Path, target: str | None, ids: tuple[int, ...]) -> None:
    """Queue doubtful jobs again, for the next photopoem print."""
    address = _address(target)
    with _queue_of(folder) as queue:
        done = queue.retry(ids, address)
        told = f"{done} queued again; photopoem print or a running watch prints them"
        click.echo(told if done else _nothing_for(queue, address, _DOUBTFUL))


@queue_group.command()
@_FOLDER_NO_NUMBER
@_TARGET
@_IDS
def skip(folder: Path, target: str | None, ids: tuple[int, ...]) -> None:
    """Skip doubtful jobs."""
    address = _address(target)
    with _queue_of(folder) as queue:
        done = queue.skip(ids, address)
        click.echo(f"{done} skipped" if done else _nothing_for(queue, address, _DOUBTFUL))


@queue_group.command()
@_FOLDER
@_TARGET
@click.option(
    "--history", is_flag=True, help="Also forget printed jobs, so that their poems may be printed again."
)
def clear(folder: Path, target: str | None, history: bool) -> None:
    """Remove all waiting and doubtful jobs."""
    address = _address(target)
    with _queue_of(folder) as queue:
        done = queue.clear(history=history, target=address)
        click.echo(f"{done} removed from the queue" if done else _nothing_for(queue, address, _WAITING))


@queue_group.command()
@_FOLDER
def repair(folder: Path) -> None:
    """Rename a damaged queue and start a new one. Poems that may be on paper become doubtful."""
    with _queue_of(folder) as queue:
        if not queue.repair():
            click.echo(f"{queue.path}: valid, nothing to repair")


def _nothing_for(queue: Queue, target: str | None, states: tuple[State, ...]) -> str:
    """A message that no job has these states, for a target or at all, and which other targets have some."""
    waiting = "queued" in states
    if target is None:
        return "the queue is empty" if waiting else "nothing is in doubt"
    counts = queue.targets(states)
    others = ", ".join(f"{count} for {each}" for each, count in counts.items() if each != target)
    nothing = f"nothing is {'queued' if waiting else 'in doubt'} for {target}"
    return visible(nothing + (f"; there are {others}" if others else ""))


def _address(target: str | None) -> str | None:
    """The normalized address of a target in the queue."""
    from photopoem.services.publish import open_target

    return target and open_target(target).address


def _queue_of(folder: Path) -> Queue:
    from photopoem.printing.queue import FILE_NAME
    from photopoem.services.publish import open_queue

    if not (folder / FILE_NAME).exists():
        raise UsageError(f"{folder}: nothing was printed from here yet; photopoem print makes a queue")
    return open_queue(folder)
