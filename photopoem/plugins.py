"""Labellers and presses from other packages: found by entry points and checked against their protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from photopoem.errors import PhotopoemError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plugins:
    """The plugins of one `kind`: "labeller" or "press".

    `group` is the group of their entry points, `promise` their protocol, and `error` the exception for one that breaks
    it.
    """

    kind: str
    group: str
    promise: type
    error: type[PhotopoemError]

    def names(self) -> list[str]:
        """The names of the plugins, sorted; none of them is imported."""
        return sorted({entry.name for entry in self._entries()})

    def load(self, name: str) -> Any:
        """The object that the entry point of that name refers to; None if there is none. Raises `error`."""
        for entry in self._entries():
            if entry.name == name:
                return self.guard(f"{name} ({entry.value}) cannot be loaded", entry.load)
        return None

    def start(self, name: str, make: Callable[[], T]) -> T:
        """What `make` returns. Raises `error` if it fails or lacks a part of the protocol."""
        made = self.guard(f"{name} does not start", make)
        methods = [
            part
            for part in vars(self.promise)
            if not part.startswith("_") and callable(getattr(self.promise, part))
        ]
        if missing := [part for part in (*self.promise.__annotations__, *methods) if not hasattr(made, part)]:
            raise self.error(f"{self.kind} {name} lacks {', '.join(missing)}")
        return made

    def guard(self, what: str, ask: Callable[[], T]) -> T:
        """What a plugin's code returns; any exception becomes an `error` that says `what` happened."""
        try:
            return ask()
        except PhotopoemError:
            raise
        except Exception as error:
            raise self.error(f"{self.kind} {what}: {error!r}; --traceback shows where") from error

    def _entries(self) -> Any:
        from importlib.metadata import entry_points

        return entry_points(group=self.group)
