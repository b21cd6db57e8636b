"""The press contract: a press turns poems into the bytes of one format. Opens presses by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from photopoem.errors import PhotopoemError, PressError, UsageError, did_you_mean
from photopoem.plugins import Plugins

if TYPE_CHECKING:
    from photopoem.poem import Poem

PRESSES = ("text", "jsonl", "html", "pdf", "svg", "receipt", "csv")
"""The built-in presses: `html` is the class `HtmlPress` in the module `html`, and so on."""
ROWS = ("jsonl", "csv")
"""Presses in the module of the text press."""


@runtime_checkable
class Press(Protocol):
    """Turns poems into bytes.

    `name` is the name of the press, `suffix` the ending of its files, with the dot. Its options are its constructor's
    keywords, each with a default. `check` returns a line for each thing that it cannot show, so that nothing is lost
    silently. `press` returns the whole result; `photos` is the base folder of relative photograph paths. Both raise
    `PressError`.
    """

    name: str
    suffix: str

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """What this press cannot show of these poems, one line each."""
        ...

    def press(self, poems: Sequence[Poem], *, photos: Path | None) -> bytes:
        """The poems in this format."""
        ...


@runtime_checkable
class Advising(Protocol):
    """A press that can suggest better settings for these poems."""

    def advice(self, poems: Sequence[Poem]) -> list[str]:
        """Suggested settings, one line each, except for those that the user has set."""
        ...


@runtime_checkable
class Measuring(Protocol):
    """A press that can measure the paper for these poems."""

    def length(self, poems: Sequence[Poem], *, photos: Path | None = None) -> float:
        """The length of the paper in centimetres."""
        ...


PLUGINS = Plugins("press", "photopoem.presses", Press, PressError)


def press_names() -> list[str]:
    """The names of all presses, built-in ones first."""
    return [*PRESSES, *(name for name in PLUGINS.names() if name not in PRESSES)]


def open_press(name: str, **options: Any) -> Press:
    """Open the press of that name with these options.

    Raises `UsageError` for an unknown name or option, `PressError` if it cannot be loaded.
    """
    make = _class_of(name)
    known = _options(name, make)
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise UsageError(
            f"the {name} press has no option {unknown[0]!r}; it has {', '.join(sorted(known)) or 'none'}"
        )
    press: Press = make(**options) if name in PRESSES else GuardedPress(name, make, options)
    return press


def options_of(name: str) -> list[str]:
    """The names of a press's options. Raises as `open_press` does."""
    return _options(name, _class_of(name))


def other_press_for(ending: str) -> str | None:
    """The press from another package whose files have this ending, in lower case and with its dot.

    A press that cannot be loaded or opened is skipped; opening it by name gives the reason.
    """
    for name in press_names()[len(PRESSES) :] if ending else ():
        with suppress(PhotopoemError):
            suffix = getattr(_class_of(name), "suffix", None)
            if not isinstance(suffix, str):
                suffix = open_press(name).suffix
            if suffix.lower() == ending:
                return name
    return None


def _class_of(name: str) -> Any:
    if name in PRESSES:
        try:
            module = import_module(f"photopoem.press.{'text' if name in ROWS else name}")
            return getattr(module, f"{name.capitalize()}Press")
        except ImportError as error:
            raise PressError(f"the {name} press cannot be loaded: {error}") from error
    make = PLUGINS.load(name)
    if make is None:
        near = did_you_mean(name, press_names()) or f"; there are {', '.join(press_names())}"
        raise UsageError(f"there is no press {name!r}{near}")
    return make


def _options(name: str, make: Any) -> list[str]:
    try:
        return [one for one in inspect.signature(make).parameters if one != "self"]
    except (TypeError, ValueError) as error:  # neither a class nor a function
        raise PressError(f"the {name} press cannot be loaded: {error}") from error


class GuardedPress:
    """A press from another package, checked against the protocol; every violation becomes a `PressError`."""

    def __init__(self, name: str, make: Callable[..., Press], options: dict[str, Any]) -> None:
        self.name = name
        self._press = PLUGINS.start(name, lambda: make(**options))
        self.suffix = self._press.suffix
        if not isinstance(self.suffix, str):
            raise PressError(f"press {name} has the suffix {self.suffix!r:.60}, which is not text")

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """What it cannot show of these poems."""
        return self._lines(lambda: self._press.check(poems, photos=photos))

    def press(self, poems: Sequence[Poem], *, photos: Path | None) -> bytes:
        """The poems in its form."""
        data: Any = PLUGINS.guard(self.name, lambda: self._press.press(poems, photos=photos))
        if not isinstance(data, bytes):
            gave = "nothing" if data is None else type(data).__name__
            raise PressError(f"press {self.name} gave {gave}, not bytes")
        return data

    def advice(self, poems: Sequence[Poem]) -> list[str]:
        """Its suggested settings; empty if it has none."""
        advise = getattr(self._press, "advice", None)
        return self._lines(lambda: advise(poems)) if advise else []

    def _lines(self, ask: Callable[[], Any]) -> list[str]:
        lines = PLUGINS.guard(self.name, ask)
        if not isinstance(lines, list | tuple) or not all(isinstance(line, str) for line in lines):
            raise PressError(f"press {self.name} remarked {lines!r:.60}, which are not lines")
        return list(lines)
