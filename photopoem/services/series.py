"""Writes the poems of a run as one series: each takes the seed that repeats the poems before it least."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from photopoem.errors import MissingWordsError
from photopoem.poem import Line, Poem
from photopoem.vocabulary import Subject, make_vocabulary

if TYPE_CHECKING:
    from photopoem.grammar import Grammar

SEEDS = 24
"""Seeds that are tried for each photograph."""
NEAR, MOST_NEAR = 12, 2
"""Of any `NEAR` poems in a row at most `MOST_NEAR` should have a line of the same frame."""


class Series:
    """Remembers what the poems so far said, and writes the next one.

    `earlier` gives the poems of other runs that come before the photograph of a path in the order of the series. They
    are taken into account and not changed.
    """

    def __init__(self, earlier: Callable[[str], Iterable[Poem]] = lambda _path: ()) -> None:
        self._earlier = earlier
        self._frames: Counter[str] = Counter()
        self._phrases: Counter[str] = Counter()
        self._near: deque[frozenset[str]] = deque(maxlen=NEAR - 1)

    def add(self, poem: Poem) -> None:
        """Take a poem into account that stands in the series already."""
        frames = frames_of(poem)
        self._frames.update(frames)
        self._phrases.update(phrases_of(poem))
        self._near.append(frames)

    def write(self, subject: Subject, grammar: Grammar, seed: int) -> Poem:
        """The poem of the next photograph, by the seed from `seed` on that repeats least. Its record has that seed.

        Raises as `Grammar.write` does where no seed gives a poem.
        """
        self._catch_up(subject.path)
        best: tuple[tuple[int, int, int], Poem] | None = None
        for poem in _attempts(grammar, subject, seed):
            cost = self._cost(poem)
            if best is None or cost < best[0]:
                best = cost, poem
            if not any(cost):
                break
        if best is None:
            return grammar.write(make_vocabulary(subject), seed)
        self.add(best[1])
        return best[1]

    def follow(self, poem: Poem) -> None:
        """Take the poem of the next photograph into account, whose seed a person chose."""
        self._catch_up(poem.subject.path)
        self.add(poem)

    def _catch_up(self, path: str) -> None:
        for poem in self._earlier(path):
            self.add(poem)

    def _cost(self, poem: Poem) -> tuple[int, int, int]:
        """What a poem repeats: phrases said before, frames too often near it, and frames used before at all."""
        frames = frames_of(poem)
        crowded = sum(sum(frame in near for near in self._near) >= MOST_NEAR for frame in frames)
        return (
            sum(self._phrases[phrase] > 0 for phrase in phrases_of(poem)),
            crowded,
            sum(self._frames[frame] for frame in frames),
        )


def _attempts(grammar: Grammar, subject: Subject, seed: int) -> Iterator[Poem]:
    """The poems of the first seeds; a seed whose words do not fit the form is passed over."""
    vocabulary = make_vocabulary(subject)
    for number in range(seed, seed + SEEDS):
        try:
            yield grammar.write(vocabulary, number)
        except MissingWordsError:
            continue


def frame_of(line: Line) -> str:
    """The author's part of a line: what the photograph and the lexicon say is left out."""
    parts = (span.text if span.source is None and span.voice == "grammar" else "_" for span in line.spans)
    return "".join(parts).casefold()


def frames_of(poem: Poem) -> frozenset[str]:
    """The frames of a poem's title and lines."""
    return frozenset(frame for line in (poem.title, *poem.lines) if (frame := frame_of(line)).strip(" _.,:;"))


def phrases_of(poem: Poem) -> frozenset[str]:
    """What the lexicon says in a poem."""
    spans = (span for line in poem.lines for span in line.spans)
    return frozenset(span.text.casefold() for span in spans if span.voice == "lexicon")
