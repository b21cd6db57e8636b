"""Presses of other packages: whatever they do, a person gets one line that names them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from photopoem.errors import PhotopoemError, PressError
from photopoem.press import Press

if TYPE_CHECKING:
    from photopoem.poem import Poem


class Guarded:
    """A press of another package, held to what a press promises; the rest is a `PressError`."""

    def __init__(self, name: str, make: Callable[..., Press], options: dict[str, Any]) -> None:
        self.name = name
        self._press = _asked(f"press {name} does not start", lambda: make(**options))
        parts = (*Press.__annotations__, "check", "press")
        if missing := [part for part in parts if not hasattr(self._press, part)]:
            raise PressError(f"press {name} lacks {', '.join(missing)}")
        self.suffix = self._press.suffix
        if not isinstance(self.suffix, str):
            raise PressError(f"press {name} has the suffix {self.suffix!r:.60}, which is no text")

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """What it cannot show of these poems."""
        return self._lines(lambda: self._press.check(poems, photos=photos))

    def press(self, poems: Sequence[Poem], *, photos: Path | None) -> bytes:
        """The poems in its form."""
        data = self._asked(lambda: self._press.press(poems, photos=photos))
        if not isinstance(data, bytes):
            gave = "nothing" if data is None else type(data).__name__
            raise PressError(f"press {self.name} gave {gave}, not bytes")
        return data

    def advice(self, poems: Sequence[Poem]) -> list[str]:
        """What it would set otherwise; nothing where it gives no advice."""
        advise = getattr(self._press, "advice", None)
        return self._lines(lambda: advise(poems)) if advise else []

    def _lines(self, ask: Callable[[], Any]) -> list[str]:
        said = self._asked(ask)
        if not isinstance(said, list | tuple) or not all(isinstance(line, str) for line in said):
            raise PressError(f"press {self.name} remarked {said!r:.60}, which are no lines")
        return list(said)

    def _asked(self, ask: Callable[[], Any]) -> Any:
        return _asked(f"press {self.name}", ask)


def _asked(who: str, ask: Callable[[], Any]) -> Any:
    """What another package's code answers; whatever it raises becomes a `PressError` that begins with `who`."""
    try:
        return ask()
    except PhotopoemError:
        raise
    except Exception as error:
        raise PressError(f"{who}: {error!r}; --traceback shows where") from error
