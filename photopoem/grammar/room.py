"""The room that a line has left for the phrase that is chosen last."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import NamedTuple

from photopoem.english import syllables_for_sure
from photopoem.grammar.form import Form
from photopoem.grammar.modify import Modifiers, changed_by_all
from photopoem.grammar.words import MAX_WORD, clean

ANY = -1


class Room(NamedTuple):
    """What a phrase must be once it is modified: characters at most, words and syllables exactly (`ANY`: any)."""

    characters: int
    words: int
    syllables: int
    modifiers: Modifiers

    def those_that_fit(self, phrases: tuple[str, ...], start: int) -> tuple[str, ...]:
        """The phrases that fit, the one at `start` or what follows it first."""
        _, words, syllables, modifiers = self
        most = self.characters if self.characters != ANY else MAX_WORD * 4
        sizes = _sizes(phrases, modifiers, syllables != ANY)
        places = [n for n, (length, _, _) in enumerate(sizes) if length <= most]
        if words != ANY:
            places = [n for n in places if sizes[n][1] == words]
        if syllables != ANY:
            places = [n for n in places if sizes[n][2] == syllables]
        first = bisect_left(places, start)
        return tuple([phrases[n] for n in (*places[first:], *places[:first])])

    def fault(self, form: Form) -> str:
        """What is wrong with a line for which no phrase fits."""
        if self.syllables != ANY:
            return "another number of syllables"
        return "another number of words" if self.words != ANY else form.too_wide


def room_for(form: Form, number: int, before: str, after: str, modifiers: Modifiers) -> Room:
    """The room between two texts in the line of a number (from 0), for a phrase that is still to be modified."""
    width = form.width if form.width and not form.soft else 0
    characters = max(0, width - len(before) - len(after)) if width else ANY
    words = syllables = ANY
    rest = f"{before} {after}"
    if form.words:
        words = max(0, _count(form.words, number) - len(rest.split()))
    if form.syllables:
        said = syllables_for_sure(rest)
        # Where it cannot be told how the rest is said, nothing fits.
        syllables = 0 if said is None else max(0, _count(form.syllables, number) - said)
    return Room(characters, words, syllables, modifiers)


def _count(counts: tuple[int, ...], number: int) -> int:
    return counts[number] if number < len(counts) else 0


@lru_cache(maxsize=4096)
def _sizes(
    phrases: tuple[str, ...], modifiers: Modifiers, said: bool
) -> tuple[tuple[int, int, int | None], ...]:
    """The characters, words and (where they are asked for) syllables of phrases once they are modified."""
    texts = [changed_by_all(clean(phrase), modifiers) for phrase in phrases]
    return tuple((len(text), len(text.split()), syllables_for_sure(text) if said else 0) for text in texts)
