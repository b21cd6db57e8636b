"""Writes a poem for every photograph, from what a machine sees in it and the names people gave its colors.

from photopoem import write_poem
text = write_poem("photo.jpg").text
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from photopoem.color.palette import Palette, Swatch, read_palette
    from photopoem.errors import (
        GrammarError,
        LabelError,
        LabellerUnavailable,
        MissingWordsError,
        PhotoError,
        PhotopoemError,
        PressError,
        StoreError,
        UsageError,
    )
    from photopoem.grammar import Grammar, load_grammar
    from photopoem.labels.labeller import Label, Labeller, LabelSettings
    from photopoem.labels.registry import open_labeller
    from photopoem.photo.moment import Moment, read_moment
    from photopoem.photo.reading import Photo, read_photo
    from photopoem.poem import Line, Poem, Span
    from photopoem.services.pipeline import Settings, write_poem, write_poems
    from photopoem.vocabulary import Source, Subject, Vocabulary, Word, make_vocabulary

# The module of each public name. A name is imported when it is first used, so that `import photopoem` and
# `photopoem --help` are fast.
_HOMES = {
    "errors": "GrammarError LabelError LabellerUnavailable MissingWordsError PhotoError PhotopoemError "
    "PressError StoreError UsageError",
    "grammar": "Grammar load_grammar",
    "labels": "Label Labeller LabelSettings open_labeller",
    "photo.moment": "Moment read_moment",
    "color.palette": "Palette Swatch read_palette",
    "photo.reading": "Photo read_photo",
    "services.pipeline": "Settings write_poem write_poems",
    "poem": "Line Poem Span",
    "vocabulary": "Source Subject Vocabulary Word make_vocabulary",
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = [  # noqa: RUF022 - in the order a reader meets them
    "write_poem", "write_poems", "Settings",
    "Photo", "read_photo", "Moment", "read_moment", "Palette", "Swatch", "read_palette",
    "Label", "Labeller", "LabelSettings", "open_labeller",
    "Source", "Subject", "Vocabulary", "Word", "make_vocabulary",
    "Grammar", "load_grammar", "Line", "Poem", "Span",
    "GrammarError", "LabelError", "LabellerUnavailable", "MissingWordsError", "PhotoError", "PhotopoemError",
    "PressError", "StoreError", "UsageError",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'photopoem' has no attribute {name!r}")
    return getattr(import_module(f"photopoem.{_HOME_OF[name]}"), name)
