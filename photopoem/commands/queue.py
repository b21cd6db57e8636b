"""`photopoem queue`: what waits to be printed, what is in doubt, and what to do about it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from photopoem.commands.options import A_TARGET, Group

if TYPE_CHECKING:
    from photopoem.printing.queue import Queue, State


def _no_number(context: click.Context, _parameter: click.Parameter, folder: Path) -> Path:
    """The folder. Raises `UsageError` for a number that is no folder's name: a job was meant."""
    if str(folder).isdecimal() and not folder.exists():
        from photopoem.errors import UsageError

        command = f"photopoem queue {context.info_name} --id {folder}"
        raise UsageError(f"{folder}: there is no such folder; for the job of that number: {command}")
    return folder


_FOLDER = click.argument("folder", default="poems", type=click.Path(path_type=Path))
_FOLDER_NO_NUMBER = click.argument(
    "folder", default="poems", type=click.Path(path_type=Path), callback=_no_number
)
_IDS = click.option(
    "--id", "ids", type=int, multiple=True, metavar="N", help="This job only; may be repeated."
)
_TARGET = click.option(
    "--to", "target", metavar="TARGET", type=A_TARGET, help="Only what is for this target."
)

_WAITING: tuple[State, ...] = ("queued", "doubtful")
_DOUBTFUL: tuple[State, ...] = ("doubtful",)

STATES_TOLD = """
\b
States:
  queued     waits for its turn
  sending    is on its way to the printer now
  printed    is on paper
  doubtful   may be on paper: it was cut off, or the program ended. Look, then retry or skip it
  skipped    left out for good
"""


@click.group(cls=Group, epilog=STATES_TOLD)
def command() -> None:
    """See and mend the print queue of a FOLDER of poems [default: poems]."""


@command.command("list")
@_FOLDER
@_TARGET
@click.option("--all", "every", is_flag=True, help="Also what is printed or skipped.")
def list_(folder: Path, target: str | None, every: bool) -> None:
    """List what waits or is in doubt."""
    from photopoem.printing.queue import STATES
    from photopoem.text.terminal import visible

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


@command.command()
@_FOLDER_NO_NUMBER
@_TARGET
@_IDS
def retry(folder: Path, target: str | None, ids: tuple[int, ...]) -> None:
    """Print what is in doubt once more, at the next photopoem print."""
    address = _address(target)
    with _queue_of(folder) as queue:
        done = queue.retry(ids, address)
        told = f"{done} queued again; photopoem print, or a watch that runs, goes on with them"
        click.echo(told if done else _nothing_for(queue, address, _DOUBTFUL))


@command.command()
@_FOLDER_NO_NUMBER
@_TARGET
@_IDS
def skip(folder: Path, target: str | None, ids: tuple[int, ...]) -> None:
    """Leave out what is in doubt."""
    address = _address(target)
    with _queue_of(folder) as queue:
        done = queue.skip(ids, address)
        click.echo(f"{done} skipped" if done else _nothing_for(queue, address, _DOUBTFUL))


@command.command()
@_FOLDER
@_TARGET
@click.option("--history", is_flag=True, help="Also forget what was printed: it may then be printed again.")
def clear(folder: Path, target: str | None, history: bool) -> None:
    """Take out all that waits or is in doubt."""
    address = _address(target)
    with _queue_of(folder) as queue:
        done = queue.clear(history=history, target=address)
        click.echo(f"{done} taken out of the queue" if done else _nothing_for(queue, address, _WAITING))


@command.command()
@_FOLDER
def repair(folder: Path) -> None:
    """Set a damaged queue aside and begin a new one. What may be on paper is then in doubt."""
    with _queue_of(folder) as queue:
        if not queue.repair():
            click.echo(f"{queue.path}: sound, nothing to repair")


def _nothing_for(queue: Queue, target: str | None, states: tuple[State, ...]) -> str:
    """Says that nothing is in these states, for a target or at all, and which other targets have something."""
    from photopoem.text.terminal import visible

    waiting = "queued" in states
    if target is None:
        return "the queue is empty" if waiting else "nothing is in doubt"
    counts = queue.targets(states)
    others = ", ".join(f"{count} for {each}" for each, count in counts.items() if each != target)
    nothing = f"nothing is {'queued' if waiting else 'in doubt'} for {target}"
    return visible(nothing + (f"; there are {others}" if others else ""))


def _address(target: str | None) -> str | None:
    """The address under which the queue knows a target."""
    from photopoem.services.publish import open_target

    return target and open_target(target).address


def _queue_of(folder: Path) -> Queue:
    from photopoem.errors import UsageError
    from photopoem.printing.queue import FILE_NAME, Queue

    if not (folder / FILE_NAME).exists():
        raise UsageError(f"{folder}: nothing was ever printed from here; photopoem print makes a queue")
    return Queue(folder)
