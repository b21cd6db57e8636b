"""The kind of a word that comes without one: an owner's keyword, a line of a model's labels, a word new from Vision."""

from __future__ import annotations

from functools import lru_cache

from photopoem.labels.labeller import Kind

VERSION = "1"
"""Of the rules below: with other rules a labeller gives other labels."""
# Where the lexicon has a word under several kinds, the first of these is taken: a beach is a scene before it is stuff.
_ORDER: tuple[Kind, ...] = ("scene", "stuff", "thing", "person", "doing", "quality")


@lru_cache(maxsize=4096)
def kind_of(text: str) -> Kind:
    """The kind of a word or phrase, by the tables of the lexicon and of the built-in eye.

    Looked up are the whole phrase, its singular, and the noun that it is about (a young woman is a person, as a woman
    is). Of a word that is in no table, what cannot be counted is stuff and the rest a thing. Names are things.
    """
    from photopoem.english.inflection import is_mass, number, singular, split_head

    whole = text.casefold()
    kind = _listed(whole) or _listed(singular(whole))
    if not kind and number(text) != "name":
        _, head, _ = split_head(whole)
        kind = next((k for k in (_listed(head), _listed(singular(head))) if k in ("person", "scene")), None)
    return kind or ("stuff" if is_mass(text) else "thing")


def _listed(word: str) -> Kind | None:
    """The kind under which a table has the word."""
    from photopoem.english.lexicon import load_lexicon
    from photopoem.labels.local.classes import kinds

    entries = load_lexicon().entries
    return next((kind for kind in _ORDER if (word, kind) in entries), kinds().get(word))
