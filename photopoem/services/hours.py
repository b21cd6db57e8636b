"""Quiet hours: the part of the day in which nothing is printed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time

from photopoem.errors import UsageError


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of the day to another, past midnight where that is earlier; local time."""

    begin: time
    end: time

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """From `22:00-08:00`. Raises `UsageError`."""
        match = re.fullmatch(r"(\d\d?):(\d\d)\s*-\s*(\d\d?):(\d\d)", text.strip())
        try:
            if not match:
                raise ValueError
            first, minute, last, other = (int(part) for part in match.groups())
            return cls(_clock(first, minute), _clock(last, other))
        except ValueError:
            raise UsageError(f"quiet hours are written 22:00-08:00, not {text!r}") from None

    def now(self, at: datetime | None = None) -> bool:
        """Whether it is quiet (now, or at a local time)."""
        clock = (at or datetime.now()).time()  # the clock on the wall
        if self.begin <= self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end


def _clock(hour: int, minute: int) -> time:
    # People write midnight as 24:00 too.
    return time(0 if (hour, minute) == (24, 0) else hour, minute)
