"""The exceptions that photopoem raises on purpose, in one tree.

    PhotopoemError
    ├── PhotoError            one photograph cannot be used; the run goes on
    ├── LabelError            one photograph could not be labelled; the run goes on
    ├── MissingWordsError     a photograph has no words for what a grammar needs; the run goes on
    ├── LabellerUnavailable   a labeller cannot work at all: no credentials, no network, no weights
    ├── GrammarError          a grammar cannot be read or used
    ├── StoreError            a cache or a poems folder cannot be read or written
    ├── PressError            a poem cannot be put into a form, or a printer does not take it
    └── UsageError            what was asked for does not make sense, or names nothing that exists
        └── KeptText          a poem is not written, for a person changed the text in its place

The library raises these; only the command line turns them into exit codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class PhotopoemError(Exception):
    """Anything that photopoem reports in one line: what happened, to what, what to do next."""


class PhotoError(PhotopoemError):
    """One photograph that cannot be used, with its path and the cause."""

    def __init__(self, path: str | Path, cause: str) -> None:
        super().__init__(str(path), cause)
        self.path = str(path)
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.path}: {self.cause}"


class LabelError(PhotopoemError):
    """A labeller's failure on one photograph."""


class MissingWordsError(PhotopoemError):
    """A grammar needs words that one photograph does not give."""


class LabellerUnavailable(PhotopoemError):
    """A labeller that cannot work at all, and what to do about it."""


class GrammarError(PhotopoemError):
    """A grammar that cannot be found, read or used."""


class StoreError(PhotopoemError):
    """A cache or a poems folder that cannot be read or written."""


class PressError(PhotopoemError):
    """A poem that cannot be put into a form, or a printer that does not take it."""


class UsageError(PhotopoemError):
    """A request that does not make sense or names nothing that exists."""


class KeptText(UsageError):
    """A poem that is not written, for a person changed the text that stands in its place."""
