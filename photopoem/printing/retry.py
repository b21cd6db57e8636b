"""Waits for a printer, a disk or a folder: with growing pauses, telling each trouble once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from photopoem.errors import PressError
from photopoem.text.terminal import say_nothing

PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds between tries; the last one again and again."""
SAFE = "Ctrl-C is safe: the queue stays, and the same command goes on with it"
IN_THE_MIDDLE = "Ctrl-C leaves this poem in doubt, and the others queued"


class NotReady(Exception):
    """The printer cannot take a job now, and has received nothing of it. The text says why."""


class Refused(PressError):
    """The printer will never take the job, and has received nothing of it. The text says why."""


class Doubtful(Exception):
    """A job was sent in part, or its end was never confirmed. The text says what happened."""


class Stopped(Exception):
    """The program is to end, and no job was being sent."""


@dataclass
class Retry:
    """How long to wait, whom to tell, and when to stop."""

    say: Callable[[str], None] = say_nothing
    stop: threading.Event = field(default_factory=threading.Event)
    pauses: Sequence[float] = PAUSES
    trouble: str = ""
    """What is being waited for; empty when all is well."""
    told: set[str] = field(default_factory=set)
    """What was said about ending the program. It is said once, also by several objects that share this set."""
    _tries: int = 0

    def wait(self, trouble: str, *, leaving: str = SAFE) -> None:
        """Wait a while, longer each time, saying a trouble when it is new. Raises `Stopped`.

        `leaving` says what happens to the poems if the person ends the program instead.
        """
        if trouble != self.trouble:
            more = f"; {leaving}" if leaving not in self.told else ""
            self.told.add(leaving)
            self.say(f"{trouble.rstrip('. ')}; waiting, it goes on by itself{more}")
            self.trouble = trouble
        pause = self.pauses[min(self._tries, len(self.pauses) - 1)]
        self._tries += 1
        if self.stop.wait(pause):
            raise Stopped

    def over(self) -> None:
        """All is well again: say so, if there was a trouble."""
        if self.trouble:
            self.say("it goes on")
        self.trouble, self._tries = "", 0
