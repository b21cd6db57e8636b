"""Remembers which photographs were begun and not ended, so that one that ends the program is not tried for ever."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from photopoem.errors import StoreError
from photopoem.files import read_regular, what_failed, write_atomically
from photopoem.photo.discover import Found

FILE_NAME = ".tries.json"
MOST = 2
"""How often a photograph may end the program before it is given up."""


class Tries:
    """The tries that nothing ended: the program was killed in the middle, by the photograph or by something else.

    They are kept in the poems folder. The file is not synced: it outlives the program, and a cut of power is no sign
    against a photograph.
    """

    def __init__(self, poems: Path) -> None:
        self._path = poems / FILE_NAME
        self._begun = _read(self._path)

    def are_over(self, found: Found) -> bool:
        """Whether a photograph, as it is now, has ended the program as often as it may."""
        stamp, times = self._begun.get(found.path, ("", 0))
        return stamp == found.stamp and times >= MOST

    @contextmanager
    def trying(self, found: Found) -> Iterator[None]:
        """Count a try that the program does not survive. Raises `StoreError` where it cannot be noted."""
        stamp, times = self._begun.get(found.path, ("", 0))
        self._begun[found.path] = (found.stamp, times + 1 if stamp == found.stamp else 1)
        self._write()
        try:
            yield
        finally:
            self.forget(found)

    def forget(self, found: Found) -> None:
        """A photograph was dealt with. Raises `StoreError`."""
        if self._begun.pop(found.path, None):
            self._write()

    def _write(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if not self._begun:
                self._path.unlink(missing_ok=True)
                return
        except OSError as error:
            raise StoreError(f"{self._path}: {what_failed(error)}") from error
        write_atomically(self._path, json.dumps(self._begun))


def _read(path: Path) -> dict[str, tuple[str, int]]:
    """What was begun; nothing where there is no such file or somebody changed it."""
    try:
        rows = json.loads(read_regular(path))
        return {str(each): (str(stamp), int(times)) for each, (stamp, times) in rows.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
