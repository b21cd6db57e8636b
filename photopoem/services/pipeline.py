"""Writes the poems of many photographs on any executor, in order or as a series."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from photopoem import __version__
from photopoem.color.names import color_names
from photopoem.english.lexicon import read_house_words
from photopoem.errors import MissingWordsError, PhotoError, PhotopoemError, show_where
from photopoem.grammar import expand_names
from photopoem.labels.labeller import TOGETHER, Labeller, LabelSettings, close_labeller
from photopoem.labels.registry import open_labeller
from photopoem.photo.discover import Found, one_photo
from photopoem.photo.reading import Photo
from photopoem.poem import Line, Poem
from photopoem.poems.show import Choice, Show
from photopoem.services.describe import (
    Described,
    LabelledBy,
    Reading,
    describe,
    label,
    measure,
    open_photo,
    with_house_words,
)
from photopoem.services.executors import ahead, batches, evenly_ended, in_order
from photopoem.text.terminal import say_nothing
from photopoem.vocabulary import Subject, make_vocabulary

if TYPE_CHECKING:
    from photopoem.grammar import Grammar

SEEDS = 24
"""How many seeds are tried for each photograph."""
NEAR, MOST_NEAR = 12, 2
"""Of `NEAR` successive poems, at most `MOST_NEAR` should have a line with the same frame."""


class Series:
    """Tracks what previous poems said, and writes the next one.

    `earlier` gives the poems of other runs that precede a photograph's path in the series. They are considered but not
    changed.
    """

    def __init__(self, earlier: Callable[[str], Iterable[Poem]] = lambda _path: ()) -> None:
        self._earlier = earlier
        self._frames: Counter[str] = Counter()
        self._phrases: Counter[str] = Counter()
        self._near: deque[frozenset[str]] = deque(maxlen=NEAR - 1)

    def add(self, poem: Poem) -> None:
        """Consider an existing poem of the series."""
        frames = frames_of(poem)
        self._frames.update(frames)
        self._phrases.update(phrases_of(poem))
        self._near.append(frames)

    def write(self, subject: Subject, grammar: Grammar, seed: int) -> Poem:
        """The poem of the next photograph, by the seed from `seed` on that repeats least. The poem has that seed.

        Raises as `Grammar.write` does if no seed gives a poem.
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
        """Consider the next photograph's poem, whose seed a person chose."""
        self._catch_up(poem.subject.path)
        self.add(poem)

    def _catch_up(self, path: str) -> None:
        for poem in self._earlier(path):
            self.add(poem)

    def _cost(self, poem: Poem) -> tuple[int, int, int]:
        """The repetition of a poem: earlier phrases, frames that are too frequent nearby, and earlier frames."""
        frames = frames_of(poem)
        crowded = sum(sum(frame in near for near in self._near) >= MOST_NEAR for frame in frames)
        return (
            sum(self._phrases[phrase] > 0 for phrase in phrases_of(poem)),
            crowded,
            sum(self._frames[frame] for frame in frames),
        )


def _attempts(grammar: Grammar, subject: Subject, seed: int) -> Iterator[Poem]:
    """The poems of the first seeds; a seed whose words do not fit the form is skipped."""
    vocabulary = make_vocabulary(subject)
    for number in range(seed, seed + SEEDS):
        try:
            yield grammar.write(vocabulary, number)
        except MissingWordsError:
            continue


def frame_of(line: Line) -> str:
    """The author's part of a line, without words from the photograph and the lexicon."""
    parts = (span.text if span.source is None and span.voice == "grammar" else "_" for span in line.spans)
    return "".join(parts).casefold()


def frames_of(poem: Poem) -> frozenset[str]:
    """The frames of a poem's title and lines."""
    return frozenset(frame for line in (poem.title, *poem.lines) if (frame := frame_of(line)).strip(" _.,:;"))


def phrases_of(poem: Poem) -> frozenset[str]:
    """The lexicon phrases in a poem."""
    spans = (span for line in poem.lines for span in line.spans)
    return frozenset(span.text.casefold() for span in spans if span.voice == "lexicon")


Gained = TypeVar("Gained")
Around = Callable[[Found], AbstractContextManager[object]]

BATCH = 8
"""Photographs per batch; sending so many costs little compared to reading them."""
ENDS_IN = 4
"""The number of parts of the last batch if there are several workers."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that decides a poem, except the photograph. Picklable and hashable.

    `base` is the base folder of relative paths if workers run in another folder, as on a cluster. `words` is a
    words.toml. `show` has the photographs with a chosen seed or grammar.
    """

    grammars: tuple[str, ...] = ("i-can-remember",)
    labels: str = "auto"
    colors: int | Literal["auto"] = 6
    color_names: str = "xkcd"
    seed: int = 0
    place: str | None = None
    hemisphere: str = "north"
    lexicon: tuple[str, ...] = ()
    quick: bool = False
    series: bool = False
    base: str = ""
    label_settings: LabelSettings = field(default_factory=LabelSettings)
    words: str = ""
    show: Show = field(default_factory=Show)

    @property
    def lexicon_files(self) -> tuple[str, ...]:
        """The lexicon files, followed by the words of the house."""
        return (*self.lexicon, self.words) if self.words else self.lexicon

    def with_show(self, show: Show) -> Settings:
        """The settings with the choices of single photographs, the only part of the show that workers need."""
        chosen = tuple(each for each in show.choices if each.seed is not None or each.grammar)
        return replace(self, show=Show(choices=chosen))

    def without_show(self) -> Settings:
        """The settings of photographs without choices."""
        return replace(self, show=Show()) if self.show.choices else self


@dataclass(frozen=True, slots=True)
class Done:
    """A written poem; `settings` is the fingerprint of its settings."""

    found: Found
    poem: Poem
    settings: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A photograph without a poem, and the cause in one line without its path."""

    found: Found
    cause: str


Outcome = Done | Failed


def compose(subject: Subject, settings: Settings, series: Series | None = None) -> Poem:
    """Write the poem of a photograph; in a series, the one that least repeats the poems before it.

    Raises `GrammarError`, and `MissingWordsError` if the grammar needs words that the photograph lacks.
    """
    from photopoem.grammar import choose, load_grammar

    choice = settings.show.choice(subject.path, subject.digest)
    seed = settings.seed if choice.seed is None else choice.seed
    name = choice.grammar or choose(settings.grammars, subject.digest, seed)
    grammar = load_grammar(name, lexicon=settings.lexicon_files)
    subject = with_house_words(subject, read_house_words(settings.words))
    if series and choice.seed is None:
        return series.write(subject, grammar, seed)
    poem = grammar.write(make_vocabulary(subject), seed)
    if series:
        series.follow(poem)
    return poem


def load_grammars(settings: Settings) -> list[Grammar]:
    """The loaded grammars of the settings. Raises `GrammarError`."""
    from photopoem.grammar import load_grammar

    return [load_grammar(name, lexicon=settings.lexicon_files) for name in settings.grammars]


def chosen_settings(settings: str, choice: Choice, lexicon_files: Sequence[str] = ()) -> str:
    """The part of a fingerprint for the seed and the grammar that were chosen for a photograph.

    Raises `GrammarError` if the grammar cannot be read any more.
    """
    from photopoem.grammar import load_grammar

    if choice.seed is not None:
        settings += f" seed {choice.seed}"
    if choice.grammar:
        settings += f" grammar {load_grammar(choice.grammar, lexicon=tuple(lexicon_files)).fingerprint}"
    return settings


@lru_cache(maxsize=8)
def fingerprint(settings: Settings, by: LabelledBy) -> str:
    """A hash of the settings, which changes whenever the same photograph could give another poem."""
    grammars = [grammar.fingerprint for grammar in load_grammars(settings)]
    told: list[Any] = [
        __version__, grammars, settings.colors, color_names(settings.color_names).fingerprint, settings.seed,
        settings.place, settings.hemisphere, settings.quick,
        by.name, by.version, by.parameters, *(["series"] if settings.series else []),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def write_poem(
    path: str | Path,
    *,
    grammar: str = "i-can-remember",
    labels: str | Labeller = "auto",
    colors: int | Literal["auto"] = 6,
    seed: int = 0,
    place: str | None = None,
    hemisphere: str = "north",
) -> Poem:
    """The poem of one photograph.

    `grammar` is the name of a built-in grammar, a file, or several of these separated by commas. `labels` is a
    labeller or its name. Raises `PhotoError`, `LabelError`, `LabellerUnavailable`, `GrammarError`, `MissingWordsError`
    or `UsageError`.
    """
    spec = labels if isinstance(labels, str) else labels.name
    settings = Settings(expand_names(grammar), spec, colors, seed=seed, place=place, hemisphere=hemisphere)
    labeller = labeller_for(settings) if isinstance(labels, str) else labels
    described = describe(one_photo(str(path)), settings, labeller)
    if described.no_labels:
        raise described.no_labels
    return compose(described.subject, settings)


def write_poems(
    found: Iterable[Found],
    settings: Settings,
    labeller: Labeller,
    executor: Executor,
    *,
    window: int = 1,
    series: Series | None = None,
    around: Around = nullcontext,
) -> Iterator[Outcome]:
    """A poem or a failure for each photograph, in the order given.

    At most `window` batches are in flight. A network labeller runs here, in one thread, while the executor reads the
    next photographs; any other runs inside the workers. The poems of a `series` are written here, one after the other.
    `around` makes the context in which a photograph is opened. Raises `LabellerUnavailable` if the labeller cannot
    continue, and whatever `around` raises.
    """
    # Workers print nothing, because the main process has printed all notes.
    told = replace(settings, label_settings=replace(settings.label_settings, note=say_nothing))
    if labeller.network:
        yield from _with_network(found, told, labeller, executor, window, series, around)
        return
    parts = batches(found, BATCH)
    parts = evenly_ended(parts, ENDS_IN) if window > 1 else parts
    if series:
        described = partial(_describe_batch, settings=told, around=around)
        for each in chain.from_iterable(in_order(executor, described, parts, window, _given_up)):
            yield each if isinstance(each, Failed) else _compose_one(each, told, series)
    else:
        work = partial(_write_batch, settings=told, around=around)
        yield from chain.from_iterable(in_order(executor, work, parts, window, _given_up))


def _with_network(
    found: Iterable[Found],
    settings: Settings,
    labeller: Labeller,
    executor: Executor,
    window: int,
    series: Series | None,
    around: Around,
) -> Iterator[Outcome]:
    work = partial(_read_batch, settings=settings, around=around)
    read_batches = in_order(executor, work, batches(found, TOGETHER), window, _given_up)
    with ThreadPoolExecutor(1) as asking:
        try:
            for batch, described in ahead(asking, read_batches, lambda batch: _labelled(batch, labeller)):
                yield from _composed(batch, described, settings, series)
        except BaseException:
            # Stopping the run must not wait for a service that does not answer.
            close_labeller(labeller)
            raise


def read_digests(
    found: Iterable[Found], settings: Settings, executor: Executor, window: int
) -> Iterator[str]:
    """The digests of the readable photographs, in order."""
    work = partial(_digest_batch, settings=settings)
    for batch in in_order(executor, work, batches(found, BATCH), window, _given_up):
        yield from (each for each in batch if isinstance(each, str))


def _digest_batch(batch: Sequence[Found], settings: Settings) -> list[str | Failed]:
    return [_tried(found, lambda each: open_photo(each, settings).digest) for found in batch]


def _labelled(batch: Sequence[Reading | Failed], labeller: Labeller) -> list[Described]:
    return label([each for each in batch if isinstance(each, Reading)], labeller)


def _composed(
    batch: Sequence[Reading | Failed],
    described: Iterable[Described],
    settings: Settings,
    series: Series | None = None,
) -> Iterator[Outcome]:
    """The outcomes of a batch, in order; `described` are the readable ones."""
    rest = iter(described)
    for each in batch:
        yield each if isinstance(each, Failed) else _compose_one(next(rest), settings, series)


def _given_up(found: Found) -> Failed:
    return Failed(found, "the system ended the process that read it, each time it was tried: out of memory?")


@lru_cache(maxsize=2)
def labeller_for(settings: Settings) -> Labeller:
    """The labeller of the settings, opened once per process.

    Raises `UsageError` and `LabellerUnavailable` as `open_labeller` does.
    """
    return open_labeller(settings.labels, settings.label_settings)


def _write_batch(batch: Sequence[Found], settings: Settings, around: Around) -> list[Outcome]:
    """Read, label and write a batch: the whole work if labels need no network."""
    readings = _read_batch(batch, settings, around)
    return list(_composed(readings, _labelled(readings, labeller_for(settings.without_show())), settings))


def _describe_batch(batch: Sequence[Found], settings: Settings, around: Around) -> list[Described | Failed]:
    """Read and label a batch; the pixels stay in the worker, because poems do not need them."""
    readings = _read_batch(batch, settings, around)
    described = iter(_labelled(readings, labeller_for(settings.without_show())))
    return [each if isinstance(each, Failed) else next(described).without_pixels() for each in readings]


def _read_batch(batch: Sequence[Found], settings: Settings, around: Around) -> list[Reading | Failed]:
    """Open all photographs before measuring the first, because alternating would refill the CPU caches each time."""
    opened = [(found, _opened(found, settings, around)) for found in batch]
    return [
        photo
        if isinstance(photo, Failed)
        else _tried(found, partial(measure, photo=photo, settings=settings))
        for found, photo in opened
    ]


def _opened(found: Found, settings: Settings, around: Around) -> Photo | Failed:
    with around(found):
        return _tried(found, partial(open_photo, settings=settings))


def _tried(found: Found, work: Callable[[Found], Gained]) -> Gained | Failed:
    try:
        return work(found)
    except Exception as error:
        return _failed(found, error)


def _compose_one(described: Described, settings: Settings, series: Series | None = None) -> Outcome:
    found = described.found
    if described.no_labels:
        return Failed(found, str(described.no_labels))
    poem = _tried(found, lambda _: compose(described.subject, settings, series))
    if isinstance(poem, Failed):
        return poem
    return Done(found, poem, fingerprint(settings.without_show(), described.labelled_by))


def _failed(found: Found, error: Exception) -> Failed:
    """The failure of a photograph, with its cause in one line.

    An unforeseen error affects this photograph, not the run; `--traceback` shows where it arose.
    """
    if isinstance(error, PhotoError):
        return Failed(found, error.cause)
    if isinstance(error, PhotopoemError):
        return Failed(found, str(error))
    show_where()
    return Failed(found, f"unexpected {type(error).__name__}: {error}; --traceback shows where")
