"""Printing from the studio: the queue with doubtful jobs, printing in the background, and previews."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from photopoem.errors import PhotopoemError, UsageError
from photopoem.press import open_press
from photopoem.press.receipt import ReceiptPress
from photopoem.printing.channels import Retry
from photopoem.printing.queue import FILE_NAME, STATES, Queue
from photopoem.services.publish import Paper, enqueue, open_paper, open_queue, print_queue
from photopoem.studio.wall import Wall
from photopoem.text.clean import one_line

MOST_SHOWN = 200
"""The most jobs that the page lists; the counts include all."""
PREVIEWS: dict[str, tuple[str, dict[str, Any], str]] = {
    "receipt": ("receipt", {"photo": True}, "image/png"),
    "plot": ("svg", {}, "image/svg+xml"),
    "card": ("pdf", {"layout": "card"}, "application/pdf"),
}
"""The previews by name: the press, its options, the media type."""


@dataclass
class Tray:
    """The print queue of a show. It prints only to the printer given at the start of the studio, and to those that
    this folder was printed to before; a page cannot name others.
    """

    wall: Wall
    given: Paper | None = None
    _retry: Retry = field(default_factory=Retry)
    _threads: dict[str, threading.Thread] = field(default_factory=dict)
    _faults: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def listed(self) -> dict[str, Any]:
        """The doubtful, sending and queued jobs, the counts by state, the printers, and their current trouble."""
        made: dict[str, Any] = {
            "jobs": [],
            "counts": {},
            "targets": self._targets(),
            "trouble": one_line(self._retry.trouble or next(filter(None, self._faults.values()), "")),
        }
        if not self._path.exists():
            return made
        with open_queue(self.wall.folder) as queue:
            jobs = queue.jobs(("doubtful",)) + queue.jobs(("sending", "queued"))
            counts = queue.counts()
        made["jobs"] = [
            {"id": job.id, "name": one_line(job.name), "target": job.target, "state": job.state,
             "copy": job.copy, "note": one_line(job.note)}
            for job in jobs[:MOST_SHOWN]
        ]  # fmt: skip
        made["counts"] = {state: count for state, count in counts.items() if count}
        return made

    @property
    def _path(self) -> Path:
        return self.wall.folder / FILE_NAME

    def _targets(self) -> list[str]:
        """The allowed printer addresses, the given one first."""
        known: dict[str, None] = {self.given.target.address: None} if self.given else {}
        if self._path.exists():
            with Queue(self.wall.folder) as queue:
                known |= dict.fromkeys(queue.targets(STATES))
        return list(known)

    def retry(self, ids: Sequence[int]) -> str:
        """Queue doubtful jobs again, and print them."""
        with self._queue() as queue:
            done = queue.retry(ids)
            targets = {job.target for job in queue.jobs(("queued",)) if job.id in ids}
        for target in targets:
            self._print(self._paper(target))
        return f"{done} queued again"

    def skip(self, ids: Sequence[int]) -> str:
        """Skip jobs."""
        with self._queue() as queue:
            return f"{queue.skip(ids)} skipped"

    def _queue(self) -> Queue:
        if not self._path.exists():
            raise UsageError("nothing was ever printed from here")
        return open_queue(self.wall.folder)

    def send(self, ids: Sequence[str], target: str) -> str:
        """Queue poems for a printer, without dropped ones, and print them in the background."""
        paper = self._paper(target)
        wanted = [each for each in ids if self.wall.row(each).choice.state != "dropped"]
        if not wanted:
            raise UsageError("there is no poem to print: those that were dropped are left out")
        new = enqueue(self.wall.folder, self.wall.poems(wanted), paper)
        self._print(paper)
        before = f"; {len(wanted) - new} it had before" if new < len(wanted) else ""
        return f"{new} sent to {target}{before}"

    def _paper(self, target: str) -> Paper:
        """The paper at an allowed address, with the press used before. Raises `UsageError` for any other address."""
        if target not in self._targets():
            raise UsageError(f"{target}: not a printer of this show; start the studio with --print {target}")
        if self.given is not None and target == self.given.target.address:
            return self.given
        with self._queue() as queue:
            presses = queue.presses(target)
        return open_paper(target, presses[0] if presses else None, photos=self.wall.photos)

    def _print(self, paper: Paper) -> None:
        """Start printing the queue of a printer, if needed."""
        address = paper.target.address
        with self._lock:
            thread = self._threads.get(address)
            if thread is None or not thread.is_alive():
                self._faults[address] = ""
                self._threads[address] = threading.Thread(target=self._work, args=(paper,), daemon=True)
                self._threads[address].start()

    def _work(self, paper: Paper) -> None:
        try:
            print_queue(self.wall.folder, paper.target, retry=self._retry)
        except PhotopoemError as error:
            self._faults[paper.target.address] = str(error)

    def close(self) -> None:
        """Stop printing: the current poem is finished, the others stay queued."""
        self._retry.stop.set()
        for thread in self._threads.values():
            thread.join(30)

    def preview(self, id_: str, kind: str) -> tuple[bytes, str]:
        """A preview of a poem on paper, and its media type. Raises `UsageError`, and as a press does."""
        if kind not in PREVIEWS:
            raise UsageError("there are previews of the receipt, the plot and the card")
        name, options, media = PREVIEWS[kind]
        (poem,) = self.wall.poems([id_])
        if kind == "receipt":
            out = io.BytesIO()
            ReceiptPress(**options).preview(poem, self.wall.photos).save(out, "PNG")
            return out.getvalue(), media
        return open_press(name, **options).press([poem], photos=self.wall.photos), media
