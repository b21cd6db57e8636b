"""`photopoem doctor`: checks everything that a show needs, with a next step for each problem."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import click

from photopoem import __version__
from photopoem.commands.options import A_TARGET, LABELLERS, words_file
from photopoem.commands.project import faults, find_project, shown
from photopoem.errors import PhotopoemError, UsageError
from photopoem.grammar import shelf
from photopoem.labels.labeller import LabelSettings
from photopoem.labels.registry import open_labeller
from photopoem.text.terminal import say_nothing, visible

# Megabytes below which a show of some weeks may fill the disk.
LITTLE_MB = 500

EXAMPLES = """
\b
Examples:
  photopoem doctor
  photopoem doctor --print tcp://192.168.1.50 --print usb:04b8:0e15
  photopoem doctor --poems show/ --labels vision
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: its subject, its state, the next step (empty if none is needed), and a mark."""

    about: str
    told: str
    next_step: str = ""
    mark: Literal["ok", "note", "bad"] = "ok"

    def __str__(self) -> str:
        return f"{self.mark:4}  {self.about}: {self.told}" + (f"; {self.next_step}" if self.next_step else "")


def _found(about: str, told: str, next_step: str = "", *, serious: bool = True) -> Finding:
    """A finding, marked ok if there is nothing to do."""
    return Finding(about, told, next_step, "ok" if not next_step else "bad" if serious else "note")


@click.command(epilog=EXAMPLES)
@click.option("--print", "targets", multiple=True, metavar="TARGET", type=A_TARGET,
              help="Also check this printer; may be repeated.")  # fmt: skip
@click.option("-l", "--labels", default="auto", show_default=True, metavar="NAME,...", type=LABELLERS,
              help="Labellers to check.")  # fmt: skip
@click.option(
    "--poems", default="poems", type=click.Path(path_type=Path), help="Folder of poems whose queue to check."
)
def command(targets: tuple[str, ...], labels: str, poems: Path) -> None:
    """Check what is installed, connected and ready, one line each.

    Nothing is printed, and no photograph leaves the machine. The exit code is 1 if something is wrong.
    """
    bad = False
    for finding in _findings(targets, labels, poems):
        click.echo(visible(str(finding)))
        bad = bad or finding.mark == "bad"
    sys.exit(1 if bad else 0)


def _findings(targets: tuple[str, ...], labels: str, poems: Path) -> Iterator[Finding]:
    checks: list[Callable[[], Iterator[Finding]]] = [
        _program, _project, lambda: _words(poems), lambda: _labeller(labels), _formats, _fonts, _grammars,
        lambda: _disk(poems), lambda: _queue(poems), lambda: _printers(targets),
    ]  # fmt: skip
    for check in checks:
        try:
            yield from check()
        except Exception as error:  # a failed check is a finding too
            yield _found(
                check.__name__.strip("_<>"), f"{type(error).__name__}: {error}", "install photopoem again"
            )


def _program() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield _found("photopoem", f"{__version__}, Python {version}, {sys.platform}")


def _project() -> Iterator[Finding]:
    """The content of this folder's project file, and its errors."""
    try:
        project = find_project()
    except UsageError as error:
        yield Finding("project", str(error), mark="bad")
        return
    if project is None:
        return
    wrong = list(faults(click.get_current_context(), project))
    for fault in wrong:
        yield Finding("project", fault, mark="bad")
    for line in shown(project) if not wrong else ():
        yield _found("project", f"{project.file.name}: {line}")


def _words(poems: Path) -> Iterator[Finding]:
    """The words of the house, their errors, and unknown words."""
    from photopoem.english.lexicon import read_house_words
    from photopoem.services.describe import remarks_on

    file = words_file(None, poems)
    if not file:
        return
    try:
        words = read_house_words(file)
        remarks = remarks_on(words)
    except UsageError as error:
        yield Finding("words", str(error), mark="bad")
        return
    silent = len(words.never) + len(words.never_colors)
    yield _found("words", f"{file}: {silent} banned, {len(words.say)} replaced")
    for remark in remarks:
        yield Finding("words", remark, mark="note")


def _labeller(spec: str) -> Iterator[Finding]:
    try:
        labeller = open_labeller(spec, LabelSettings(note=say_nothing))
    except PhotopoemError as error:
        says_it = isinstance(error, UsageError) or "--labels local" in str(error)
        step = "" if says_it else "use --labels local meanwhile"
        yield Finding("labels", str(error), step, "bad")
        return
    where = "asks a service on the network" if labeller.network else "works on this machine alone"
    yield _found("labels", f"{labeller.name} {labeller.version} {where}")


def _formats() -> Iterator[Finding]:
    from PIL import features

    missing = [name for name in ("jpg", "webp", "avif") if not features.check(name)]
    try:
        import pi_heif  # noqa: F401 - whether it is there
    except ImportError:
        missing.append("heic")
    told = f"cannot open {', '.join(missing)}" if missing else "JPEG, PNG, WebP, AVIF and HEIC open"
    yield _found("photographs", told, "pip install --force-reinstall pillow pi-heif" if missing else "")
    if find_spec("rawpy") is None:
        yield _found("camera raw", "not developed", "pip install rawpy if you have such files", serious=False)


def _fonts() -> Iterator[Finding]:
    from photopoem.press.receipt import has_glyph
    from photopoem.press.svg import load_font

    pen = len(load_font().letters)
    whole = all(map(has_glyph, "Aé日"))
    yield _found("fonts", f"the pen has {pen} letters; receipts have every script" if whole else "letters are missing",
                  "" if whole else "install photopoem again")  # fmt: skip


def _grammars() -> Iterator[Finding]:
    names = list(shelf())
    yield _found("grammars", f"{len(names)} on the shelf" if names else "the shelf is empty",
                  "" if names else "install photopoem again")  # fmt: skip


def _disk(poems: Path) -> Iterator[Finding]:
    from photopoem.labels.cache import cache_folder

    folders = {"disk for poems": poems.absolute()}
    try:
        folders["label cache"] = cache_folder()
    except UsageError as error:
        told, _, step = str(error).partition("; ")
        yield _found("label cache", told, step, serious=False)
    for about, folder in folders.items():
        there = next(one for one in (folder, *folder.parents) if one.exists())
        free = shutil.disk_usage(there).free // 1_000_000
        step = "make room" if free < LITTLE_MB else ""
        if not os.access(there, os.W_OK):
            step = f"you may not write there: sudo chown $USER {there}"
        yield _found(about, f"{folder}, {free:,} MB free", step)


def _queue(poems: Path) -> Iterator[Finding]:
    from photopoem.printing.queue import FILE_NAME
    from photopoem.services.publish import open_queue, queue_target

    if not (poems / FILE_NAME).exists():
        return
    with open_queue(poems) as queue:
        counts, targets = queue.counts(), queue.targets(["queued"])
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count) or "empty"
    step = f"photopoem queue list {poems}, then retry or skip" if counts["doubtful"] else ""
    yield _found("queue", told, step, serious=False)
    for target, count in targets.items():
        try:
            queue_target(target)
        except UsageError as error:
            take_out = queue.clearing(target)
            yield _found(
                "queue", f"{count} will not be printed: {error}", f"{take_out} removes its waiting poems"
            )


def _printers(targets: tuple[str, ...]) -> Iterator[Finding]:
    from photopoem.printing.targets import diagnose
    from photopoem.services.publish import open_target

    for address in targets:
        try:
            target = open_target(address)
        except PhotopoemError as error:
            yield _found("printers", str(error), "photopoem print --help has examples")
            continue
        answer = diagnose(target)
        yield _found(target.address, answer.told, answer.next_step, serious=answer.serious)
    if not targets:
        yield _found("printers", "none asked", "name yours: photopoem doctor --print TARGET", serious=False)
