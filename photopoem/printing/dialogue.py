"""Talks to a receipt printer: asks for its state, sends whole jobs, and waits until they are printed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from photopoem.printing.channels import Channel
from photopoem.printing.retry import IN_THE_MIDDLE, Doubtful, NotReady, Retry, Stopped

# ESC/POS (Epson, "ESC/POS Command Reference"): the printer answers DLE EOT n at once, and
# GS r n only after it has printed all that was sent before. The answer to GS r n thus tells the end of a job.
_ASK_PRINTER, _ASK_CAUSE, _ASK_PAPER = b"\x10\x04\x01", b"\x10\x04\x02", b"\x10\x04\x04"
_ASK_IN_TURN = b"\x1dr\x01"


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a printer. `answers` is False where it said nothing; `trouble` is empty where it can print."""

    answers: bool
    trouble: str = ""
    paper_low: bool = False


@dataclass
class Dialogue:
    """How to talk to one printer; times in seconds."""

    answer_within: float = 0.5
    accept_within: float = 5.0
    """After this long without taking a byte a printer counts as stalled."""
    done_within: float = 30.0
    """A printer that is ready, but has not confirmed a job by then, is taken for one that never confirms."""
    says_done: bool = True
    _heard: bytes = field(default=b"", repr=False)

    def ask(self, channel: Channel) -> Status:
        """The printer's state. Raises `OSError` when the channel breaks."""
        printer = self._asked(channel, _ASK_PRINTER)
        if printer is None:
            return Status(answers=False)
        paper = self._asked(channel, _ASK_PAPER) or 0
        if paper & 0x60:
            return Status(True, "the printer is out of paper")
        low = bool(paper & 0x0C)
        if printer & 0x08:
            cause = self._asked(channel, _ASK_CAUSE) or 0
            for bit, trouble in ((0x04, "the printer is open"), (0x20, "the printer is out of paper"),
                                 (0x40, "the printer reports an error; look at its lamps")):  # fmt: skip
                if cause & bit:
                    return Status(True, trouble, low)
            # Some models always say offline; without a cause that is no reason to wait.
        return Status(True, "", low)

    def _asked(self, channel: Channel, question: bytes) -> int | None:
        """The answer to a real-time question; None where none comes in time."""
        if not channel.send(question, self.answer_within):
            return None
        return self._byte(channel, self.answer_within, fixed=0x93, value=0x12)

    def _byte(self, channel: Channel, timeout: float, *, fixed: int, value: int) -> int | None:
        """The next byte that arrives with these fixed bits: others are answers to other questions."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            for byte in channel.receive(left):
                if byte & fixed == value:
                    return byte
        return None

    def send(self, channel: Channel, job: bytes, retry: Retry) -> None:
        """Send a whole job, however slowly the printer takes it.

        Raises `Doubtful` where the channel breaks after the first byte or the program is to stop in the
        middle; `NotReady` where it breaks before.
        """
        sent = 0
        while sent < len(job):
            try:
                took = channel.send(job[sent : sent + 4096], self.accept_within)
            except OSError as error:
                if sent == 0:
                    raise NotReady(f"the connection broke: {_told(error)}") from error
                raise Doubtful(f"cut off in the middle: {_told(error)}") from error
            sent += took
            if took:
                retry.over()
            else:
                _wait_inside(retry, "the printer does not take what is sent to it")

    def hear_done(self, channel: Channel, retry: Retry, *, answers: bool) -> None:
        """Wait until the printer has dealt with a job that was sent. Raises `Doubtful` where it never says."""
        try:
            self._drain(channel, retry)
            if answers and self.says_done:
                self._hear_in_turn(channel, retry)
        except OSError as error:
            raise Doubtful(f"sent, but cut off before the printer was done: {_told(error)}") from error
        retry.over()

    def _drain(self, channel: Channel, retry: Retry) -> None:
        """Wait until all has reached the printer: what lies in the computer's own memory is not sent."""
        deadline = time.monotonic() + self.accept_within
        while channel.unsent():
            if time.monotonic() > deadline:
                _wait_inside(retry, "the printer does not take what is sent to it")
            else:
                # A closed connection is only noticed by listening.
                channel.receive(0.01)

    def _hear_in_turn(self, channel: Channel, retry: Retry) -> None:
        channel.receive(0)  # what the printer sent unasked is no answer
        channel.send(_ASK_IN_TURN, self.accept_within)
        well_since = time.monotonic()
        while self._byte(channel, 2 * self.answer_within, fixed=0x90, value=0x00) is None:
            status = self.ask(channel)
            if status.answers and not status.trouble:
                retry.over()
                if time.monotonic() - well_since > self.done_within:
                    self.says_done = False
                    return
            else:
                _wait_inside(retry, status.trouble or "the printer has fallen silent")
                well_since = time.monotonic()


def _wait_inside(retry: Retry, trouble: str) -> None:
    """Wait in the middle of a job, which stopping leaves in doubt."""
    try:
        retry.wait(trouble, leaving=IN_THE_MIDDLE)
    except Stopped:
        raise Doubtful(f"stopped by hand while {trouble}") from None


def _told(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
