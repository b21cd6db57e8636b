"""Publishes poems: stores each in its folder, and prints it if there is a target.

A use case opens a `Paper` (`open_paper`), starts a `PoemSpool` on it, and calls `publish` for each poem. `print_poems`
prints existing poems:

    from photopoem.services.publish import print_poems
    print_poems("poems", poems, "tcp://192.168.1.50:9100")
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from photopoem.errors import KeptText, PressError, StoreError, UsageError
from photopoem.photo.discover import Found
from photopoem.poem import Poem, from_record, record
from photopoem.poems.folder import PoemsFolder
from photopoem.poems.show import Choice, Show, by_date, read_show
from photopoem.poems.text import CurrentPoems, as_text
from photopoem.press import Press, open_press, options_of, other_press_for, press_names
from photopoem.press.pictures import find_photo
from photopoem.printing import targets
from photopoem.printing.channels import Retry
from photopoem.printing.queue import Job, NewJob, Queue
from photopoem.printing.targets import Delivery, OneFile, Target
from photopoem.printing.worker import Printed, Spool, Worker
from photopoem.services.curate import titled
from photopoem.services.pipeline import Done, chosen_settings
from photopoem.text.terminal import say_nothing

Order = Literal["shuffle", "taken", "name"]
_BY_ENDING = {
    ".html": "html", ".htm": "html", ".pdf": "pdf", ".svg": "svg", ".bin": "receipt", ".txt": "text",
    ".jsonl": "jsonl", ".csv": "csv",
}  # fmt: skip


# -- storing a poem --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Published:
    """The result of publishing a poem.

    `poem` is the poem in the folder now, which may be an edited or kept one; then `kept` has a message. `text` is what
    was, or would have been, written. `queued` says whether it is new in the print queue. `dropped` says that the
    photograph was dropped, so that nothing was written or queued.
    """

    poem: Poem
    text: str
    kept: KeptText | None
    queued: bool
    dropped: bool = False


def publish(
    done: Done,
    folder: PoemsFolder,
    spool: PoemSpool | None = None,
    *,
    show: Show | None = None,
    lexicon_files: Sequence[str] = (),
    colophon: bool = True,
    photograph: tuple[str, str] | None = None,
) -> Published:
    """Store a poem in the folder, then queue it if there is a spool.

    The text and the record are on disk before the poem is queued. If the program is killed in between, the next run
    repeats both. The queue records `photograph` (path, stamp) as processed. Raises `StoreError`.
    """
    poem, kept, text = done.poem, None, as_text(done.poem, with_colophon=colophon)
    choice = (show or Show()).choice(done.found.path, poem.subject.digest)
    if choice.state == "dropped":
        return Published(poem, text, None, queued=False, dropped=True)
    if before := _kept_poem(done.found, poem.subject.digest, folder, show or Show()):
        poem, text = before, as_text(before, with_colophon=colophon)
    settings = text_settings(done.settings, colophon, choice, lexicon_files)
    try:
        if before is None or done.found.path not in folder:
            folder.add(record(poem), done.found, settings, text)
    except KeptText as error:
        kept, poem = error, folder.kept(poem, done.found.name)
    queued = bool(spool and spool.add_durably(titled(poem, choice), folder, photograph))
    return Published(poem, text, kept, queued)


def text_settings(
    fingerprint: str, colophon: bool = True, choice: Choice | None = None, lexicon_files: Sequence[str] = ()
) -> str:
    """The settings of a text for its record: those of its poem, of the colophon, and choices."""
    settings = fingerprint if colophon else f"{fingerprint} without colophon"
    return chosen_settings(settings, choice, lexicon_files) if choice else settings


def _kept_poem(found: Found, digest: str, folder: PoemsFolder, show: Show) -> Poem | None:
    """The kept poem of a photograph, even if the photograph was moved since."""
    if show.choice(found.path, digest).state != "kept":
        return None
    for path in (found.path, show.moved_from(found.path, digest)):
        if path and path in folder:
            poem = folder.poem(path)
            return replace(poem, subject=replace(poem.subject, path=found.path))
    return None


# -- paper -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paper:
    """Where and how poems are printed. `photos` is the base folder of relative photograph paths."""

    target: Target
    press: str
    options: Mapping[str, Any] = field(default_factory=dict)
    photos: str = ""

    def job(self, poem: Poem) -> NewJob:
        """The print job of one poem."""
        return NewJob(record(poem), self.press, dict(self.options), self.photos)


def open_paper(
    address: str,
    press: str | None = None,
    options: Mapping[str, Any] | None = None,
    *,
    photos: str | Path | None = None,
    colophon: bool = True,
) -> Paper:
    """Open the paper at an address, without connecting. Targets that can never print are refused.

    `press` defaults to the target's. Without `colophon`, the press omits it. Raises `UsageError`, and `PressError` if
    the press cannot be loaded.
    """
    target = queue_target(address)
    name = press_for(target, press)
    chosen = dict(options or {})
    if not colophon and "colophon" in options_of(name):
        chosen["colophon"] = False
    open_press(name, **chosen)
    return Paper(target, name, chosen, str(Path(photos or "").absolute()))


def open_target(address: str) -> Target | OneFile:
    """What stands behind an address. Nothing is connected yet. Raises `UsageError`."""
    return targets.open_target(address, is_file=lambda text: press_of_file(Path(text)) is not None)


def queue_target(address: str) -> Target:
    """A target with a queue. Raises `UsageError` if it has none, does not exist or will never print."""
    target = open_target(address)
    if isinstance(target, OneFile):
        raise UsageError(f"{address}: a file has no queue; print into a folder with dir:FOLDER")
    if why := target.refusal():
        raise UsageError(f"{target.address}: {why}")
    return target


def press_for(target: Target | OneFile, asked: str | None) -> str:
    """The press for a target: the requested one, otherwise its default. Raises `UsageError`."""
    press = asked or (press_of_file(target.path) if isinstance(target, OneFile) else target.press)
    if press is None:
        raise UsageError(f"{target.address}: say which --press: {', '.join(press_names())}")
    return press


def press_of_file(path: Path) -> str | None:
    """The press for a file's ending; built-in presses take precedence."""
    ending = path.suffix.lower()
    return _BY_ENDING.get(ending) or other_press_for(ending)


# -- printing --------------------------------------------------------------------------------------------


class PoemSpool(Spool):
    """Prints added poems in the background. Use it as a context manager.

    A poem that `add_durably` gets less than `hold` seconds after others were queued is held until the next one or
    `release`, so that several are synced together. The other arguments after `paper` are those of `Worker`.
    """

    def __init__(
        self,
        folder: str | Path,
        paper: Paper,
        *,
        retry: Retry,
        pace: float = 0.0,
        may_print: Callable[[], bool] = lambda: True,
        stubborn: bool = False,
        hold: float = 0.0,
    ) -> None:
        self.paper, self.hold = paper, hold
        self._held: list[Poem] = []
        self._released = float("-inf")
        render, current = Renderer(retry.say), AsItStands(Path(folder))
        super().__init__(
            Worker(
                Queue(folder),
                paper.target,
                render,
                retry,
                pace,
                may_print,
                stubborn=stubborn,
                current=current,
            )
        )

    def add_poem(self, poem: Poem, photograph: tuple[str, str] | None = None) -> bool:
        """Queue a poem; returns False if it is printed or queued already. Raises `StoreError`.

        In the same transaction, `photograph` (path, stamp) is recorded as processed.
        """
        return self.add([self.paper.job(poem)], photograph)

    def add_durably(self, poem: Poem, folder: PoemsFolder, photograph: tuple[str, str] | None = None) -> bool:
        """`add_poem` after the poem's text and record in `folder` are on disk; also True for a held poem."""
        self._held.append(poem)
        return time.monotonic() - self._released < self.hold or self.release(folder, photograph)

    def release(self, folder: PoemsFolder, photograph: tuple[str, str] | None = None) -> bool:
        """Queue the held poems after their texts and records in `folder` are on disk. Raises `StoreError`."""
        folder.make_durable()
        added = self.add([self.paper.job(poem) for poem in self._held], photograph)
        self._held.clear()
        self._released = time.monotonic()
        return added


class AsItStands:
    """What a waiting job would be if it were queued now: its poem may have been edited, re-rolled or given a title."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._poems = folder, CurrentPoems(folder)

    def __call__(self, job: Job) -> Mapping[str, Any]:
        """The current record of the poem in the folder; the job's own if there is none."""
        try:
            poem = self._poems.find(str(job.record.get("path")))
            if poem is None or poem.subject.digest != job.record.get("digest"):
                return job.record
            choice = read_show(self._folder).choice(poem.subject.path, poem.subject.digest)
        except StoreError:  # the show goes on with what was queued
            return job.record
        return record(titled(poem, choice))


class Renderer:
    """Renders the poems of queued jobs; each press is opened once. `say` reports missing photographs."""

    def __init__(self, say: Callable[[str], None] = say_nothing) -> None:
        self._say = say
        self._told: set[int] = set()
        self._presses: dict[str, Press] = {}

    def __call__(self, job: Job) -> Delivery:
        """The bytes of one job. Raises `PhotopoemError`."""
        key = f"{job.press} {sorted(job.options.items())}"
        if key not in self._presses:
            self._presses[key] = open_press(job.press, **job.options)
        press = self._presses[key]
        try:
            poem = from_record(job.record)
        except StoreError as error:
            raise PressError(f"{job.name}: its record in the queue is damaged ({error})") from error
        photos = Path(job.photos) if job.photos else None
        if job.options.get("photo") and job.id not in self._told and find_photo(poem, photos) is None:
            self._told.add(job.id)  # a job that waits for the printer is rendered again and again
            self._say(f"{job.name}: its photograph is gone, or another has its name; printed without it")
        data = press.press([poem], photos=photos)
        return Delivery(data, job.press, press.suffix, job.name)


def ordered(poems: Iterable[Poem], order: Order | None, seed: int | None = None) -> list[Poem]:
    """The poems in an order: shuffled (by `seed`), by the time taken (unknown last), by name, or as given."""
    found = list(poems)
    if order == "shuffle":
        random.Random(seed).shuffle(found)  # noqa: S311 - a deck of cards, no secret
    elif order == "taken":
        found.sort(key=by_date)
    elif order == "name":
        found.sort(key=lambda poem: (Path(poem.subject.path).name, poem.subject.path))
    return found


def open_queue(folder: str | Path) -> Queue:
    """The queue of a poems folder, true also after a program that printed was killed.

    What that left as being sent is in doubt, or queued again where a repetition does no harm.
    """
    queue = Queue(folder)
    with suppress(StoreError):  # it can be read even if it cannot be repaired
        for address in queue.targets(("sending",)):
            if lock := queue.hold(address):
                with lock:
                    queue.recover(address, repeatable=_is_repeatable(address))
    return queue


def _is_repeatable(address: str) -> bool:
    try:
        target = open_target(address)
    except UsageError:
        return False
    return not isinstance(target, OneFile) and target.repeatable


def enqueue(
    folder: str | Path | Queue,
    poems: Iterable[Poem],
    paper: Paper | str,
    *,
    copies: int = 1,
    again: bool = False,
) -> int:
    """Queue poems in the queue of the poems folder `folder`; returns how many are new.

    `paper` may be the address of a target. A poem that is printed or queued for the target already is not queued
    again, unless `again` is set. Raises `UsageError`, `StoreError`, `PressError`.
    """
    where = open_paper(paper) if isinstance(paper, str) else paper
    with _opened(folder) as queue:
        return queue.add(where.target.address, map(where.job, poems), copies=copies, again=again)


def print_queue(
    folder: str | Path | Queue, target: Target | str, *, pace: float = 0.0, retry: Retry | None = None
) -> Printed:
    """Print the queue of a target; returns when nothing is left or `retry.stop` is set.

    Waits for a printer that is off, stalled or out of paper, and continues by itself. Raises `UsageError`,
    `StoreError`, `PressError`.
    """
    where = queue_target(target) if isinstance(target, str) else target
    with _opened(folder) as queue:
        current = AsItStands(queue.folder)
        return Worker(queue, where, Renderer(), retry or Retry(), pace, current=current).run()


def print_poems(
    folder: str | Path,
    poems: Sequence[Poem],
    paper: Paper | str,
    *,
    copies: int = 1,
    again: bool = False,
    pace: float = 0.0,
    retry: Retry | None = None,
) -> Printed:
    """`enqueue` and `print_queue`: print poems, each once, and wait until they are on paper."""
    where = open_paper(paper) if isinstance(paper, str) else paper
    enqueue(folder, poems, where, copies=copies, again=again)
    return print_queue(folder, where.target, pace=pace, retry=retry)


@contextmanager
def _opened(folder: str | Path | Queue) -> Iterator[Queue]:
    """The given queue, or the queue of a folder, which is closed afterwards."""
    if isinstance(folder, Queue):
        yield folder
    else:
        with Queue(folder) as queue:
            yield queue
