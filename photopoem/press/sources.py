"""The source of each word of a poem: the place, the machine, the people, or the author."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate

from photopoem.color.spaces import hex_of, rgb_of
from photopoem.photo.moment import Moment
from photopoem.poem import Line, Poem, Span
from photopoem.text.clean import as_written, clean
from photopoem.vocabulary import Source

LAYERS = {
    "place": "the place",
    "machine": "the machine",
    "people": "the people",
    "author": "the author",
}

_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")


@dataclass(frozen=True, slots=True)
class Note:
    """The source of a word: its `layer`, what was done (`verb`) with which word (`of`), and its `figures`.

    `region` is the label's region: left, top, right, bottom in 0..1.
    """

    layer: str
    verb: str
    of: str
    figures: str
    hex: str | None = None
    region: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Traced:
    """A displayable run of a poem's text and its source; None for the grammar's own text."""

    text: str
    note: Note | None = None


def traced(line: Line, poem: Poem) -> tuple[Traced, ...]:
    """A line as runs of cleaned text with their source notes; apostrophes inside words become typographic."""
    texts = [shown(span) for span in line.spans]
    # Applied to the whole line, because a word and its 's may be two spans; replaces single characters.
    whole = _APOSTROPHE.sub("\u2019", "".join(texts))
    ends = [0, *accumulate(map(len, texts))]
    pieces = zip(line.spans, ends[:-1], ends[1:], strict=True)
    return tuple(Traced(whole[start:end], note_of(span, poem)) for span, start, end in pieces if start < end)


def shown(span: Span) -> str:
    """The text of a span for display: the author's text keeps its joiners and blanks, other words are cleaned."""
    if span.source is None:
        return as_written(span.text).replace("\n", " ")
    return clean(span.text, joiners=True)


def note_of(span: Span, poem: Poem) -> Note | None:
    """The source of a span; None for the grammar's own text."""
    if span.source is not None:
        return _from_source(span.source, poem)
    if span.voice == "lexicon":
        return Note("author", "says of", clean(span.of), "from the lexicon")
    return None


def _from_source(source: Source, poem: Poem) -> Note:
    of = clean(source.of)
    match source.what:
        case "label":
            saw = clean(source.said_for or source.of)
            return Note("machine", "saw", saw, _scored(source, poem), region=_region(source, poem))
        case "tone":
            return Note("machine", "measured", of, "from the pixels")
        case "color":
            return Note("people", "named", of, _named(source, poem), _hex(source))
        case "keyword":
            own = clean(source.said_for or source.of)
            return Note(
                "place", "holds its owner's word", own, f"a keyword of the photograph{_called(source)}"
            )
        case what:
            return Note("place", f"gave the {_plain(what)}", of, _taken(poem.subject.moment))


def _region(source: Source, poem: Poem) -> tuple[float, float, float, float] | None:
    """The word's region, if known."""
    for label in poem.subject.labels:
        if label.text == source.of and label.region:
            return label.region.left, label.region.top, label.region.right, label.region.bottom
    return None


def _hex(source: Source) -> str | None:
    """The color, if it is valid, because a record may contain any text."""
    rgb = rgb_of(source.hex)
    return hex_of(rgb) if rgb else None


def _plain(what: str) -> str:
    return {"daypart": "part of the day", "place": "name"}.get(what, clean(what))


def _called(source: Source) -> str:
    """The replacement of a label by words.toml, if any."""
    return f", called {clean(source.of)} by this house" if source.said_for else ""


def _scored(source: Source, poem: Poem) -> str:
    by = clean(source.labeller or poem.subject.labeller)
    asked = f", asked {clean(poem.subject.asked)}" if poem.subject.asked else ""
    scored = f"scored {source.score:.2f} by {by}" if source.score is not None else f"by {by}"
    return f"{scored}{asked}{_called(source)}"


def _named(source: Source, poem: Poem) -> str:
    named_by = clean(poem.subject.palette.named_by)
    share = f"{percent(source.share)} of the picture" if source.share is not None else ""
    return "; ".join(part for part in (share, named_by) if part)


def _taken(moment: Moment) -> str:
    if moment.taken is None:
        return "from the photograph's own data"
    return f"photographed {moment.taken:%Y-%m-%d %H:%M}"


def percent(share: float) -> str:
    """A share in percent: 17%, or under 1%."""
    return f"{share:.0%}" if share >= 0.01 else "under 1%"


def poems_in_words(number: int) -> str:
    """A number of poems: "One poem", "Six poems", "2,000 poems"."""
    if number == 1:
        return "One poem"
    few = "No One Two Three Four Five Six Seven Eight Nine Ten Eleven Twelve".split()
    return f"{few[number] if number < len(few) else format(number, ',')} poems"
