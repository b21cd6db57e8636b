"""The ways out: each press turns poems into one form. What a press promises, and where it is found."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from photopoem.errors import PhotopoemError, PressError, UsageError, did_you_mean

if TYPE_CHECKING:
    from photopoem.poem import Poem

# name -> "module:class". Presses of other packages join by the entry points `photopoem.presses`.
PRESSES = {
    "text": "photopoem.press.text:TextPress",
    "jsonl": "photopoem.press.jsonl:JsonlPress",
    "html": "photopoem.press.html:HtmlPress",
    "pdf": "photopoem.press.pdf:PdfPress",
    "svg": "photopoem.press.svg:SvgPress",
    "receipt": "photopoem.press.receipt:ReceiptPress",
}


@runtime_checkable
class Press(Protocol):
    """Turns poems into bytes.

    `name` is what it is asked for by, `suffix` the ending of its files, with the dot. Its options are its
    constructor's keywords, each with a default. `check` returns what it cannot show of these poems, one line
    each: nothing is lost in silence. `press` returns the whole result; `photos` is the folder that relative paths of
    photographs start from. Both raise `PressError`.
    """

    name: str
    suffix: str

    def check(self, poems: Sequence[Poem], *, photos: Path | None = None) -> list[str]:
        """What this press cannot show of these poems, one line each."""
        ...

    def press(self, poems: Sequence[Poem], *, photos: Path | None) -> bytes:
        """The poems in this form, whole."""
        ...


@runtime_checkable
class Advising(Protocol):
    """A press that knows of settings which would suit these poems better; nothing is lost without them."""

    def advice(self, poems: Sequence[Poem]) -> list[str]:
        """What could be set otherwise, one line each; nothing of what the person has chosen."""
        ...


def press_names() -> list[str]:
    """The names of all presses, the built-in ones first."""
    return [*PRESSES, *sorted(set(_others()) - set(PRESSES))]


def open_press(name: str, **options: Any) -> Press:
    """The press of that name with these options.

    Raises `UsageError` for a name or an option that does not exist, `PressError` where it cannot be loaded.
    """
    factory = _factory(name)
    known = _options(name, factory)
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise UsageError(
            f"the {name} press has no option {unknown[0]!r}; it has {', '.join(sorted(known)) or 'none'}"
        )
    if name not in PRESSES:
        from photopoem.press.plugins import Guarded

        return Guarded(name, factory, options)
    press: Press = factory(**options)
    return press


def _options(name: str, factory: Any) -> list[str]:
    import inspect

    try:
        return [one for one in inspect.signature(factory).parameters if one != "self"]
    except (TypeError, ValueError) as error:  # no class and no function
        raise PressError(f"the {name} press cannot be loaded: {error}") from error


def other_press_for(ending: str) -> str | None:
    """The press of another package whose files have this ending, in small letters and with its dot.

    One that cannot be loaded, or opened where its class does not tell, has none: asking for it by its name tells why.
    """
    for name in press_names()[len(PRESSES) :] if ending else ():
        with suppress(PhotopoemError):
            told = getattr(_factory(name), "suffix", None)
            suffix = told if isinstance(told, str) else open_press(name).suffix
            if suffix.lower() == ending:
                return name
    return None


def _factory(name: str) -> Any:
    if name in PRESSES:
        module, _, attribute = PRESSES[name].partition(":")
        try:
            return getattr(import_module(module), attribute)
        except ImportError as error:
            raise PressError(f"the {name} press cannot be loaded: {error}") from error
    others = _others()
    if name not in others:
        near = did_you_mean(name, press_names()) or f"; there are {', '.join(press_names())}"
        raise UsageError(f"there is no press {name!r}{near}")
    try:
        return others[name].load()
    except Exception as error:  # a stranger's module may raise anything
        raise PressError(f"the {name} press cannot be loaded: {error}") from error


def _others() -> dict[str, Any]:
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group="photopoem.presses")}
