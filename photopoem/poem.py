"""A poem: its title and its lines of spans, each with its source; its record and its colophon."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import quote

from photopoem.color.palette import Palette, Swatch, Where
from photopoem.errors import StoreError
from photopoem.labels.labeller import Label, LabelColor, Region
from photopoem.photo.moment import Moment
from photopoem.vocabulary import Source, Subject

_SOURCE = tuple(field.name for field in fields(Source))


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text. `source` is the source of its word; None for the author's own text.

    `voice` says where text without a source came from: "grammar", "lexicon", or "hand" for an edit by a person. For
    lexicon text, `of` is the word that it describes; otherwise it is empty.
    """

    text: str
    source: Source | None = None
    voice: str = "grammar"
    of: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a poem."""

    spans: tuple[Span, ...]

    def __str__(self) -> str:
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Poem:
    """A poem: its title, its lines, its grammar and seed, its subject; `by_hand` if a person edited it."""

    title: Line
    lines: tuple[Line, ...]
    grammar: str
    seed: int
    subject: Subject
    version: str
    by_hand: bool = False

    @property
    def text(self) -> str:
        """The lines, without title and colophon."""
        return "\n".join(map(str, self.lines))


def colophon(poem: Poem) -> str:
    """A few sentences: who labelled the photograph, who named its colors, and when it was taken."""
    subject = poem.subject
    taught = f" ({subject.taught_by})" if subject.taught_by else ""
    asked = f", {subject.asked}" if subject.asked else ""
    speaker = " ".join(filter(None, [subject.labeller, subject.labeller_version]))
    who = [f"Labels: {speaker}{taught}{asked}." if subject.labels else "No labels."]
    if subject.palette.swatches:
        who.append(f"Color names: {subject.palette.named_by}.")
    who.append(_photographed(subject.moment))
    who.append(f"Grammar: {poem.grammar}, seed {poem.seed}. photopoem {poem.version}.")
    who.append("Changed by hand." if poem.by_hand else "")
    return " ".join(part for part in who if part)


def _photographed(moment: Moment) -> str:
    place = ("near " if moment.near else "") + moment.place if moment.place else ""
    if moment.taken:
        return f"Photographed {', '.join(filter(None, [f'{moment.taken:%Y-%m-%d}', place]))}."
    # No preposition, because English says "in" a city and "at" a museum, and the kind of place is unknown.
    return f"Place: {place}." if place else ""


def record(poem: Poem) -> dict[str, Any]:
    """The poem as one JSON object. `from_record` turns it back into the same poem."""
    subject = poem.subject
    return {
        "path": subject.path,
        "digest": subject.digest,
        "title": str(poem.title),
        "text": poem.text,
        "lines": [line_record(line) for line in poem.lines],
        "title_spans": line_record(poem.title),
        "grammar": poem.grammar,
        "seed": poem.seed,
        "labeller": subject.labeller,
        "labeller_version": subject.labeller_version,
        "taught_by": subject.taught_by,
        "asked": subject.asked,
        "labels": [label_record(label) for label in subject.labels],
        "palette": [swatch_record(swatch) for swatch in subject.palette.swatches],
        "named_by": subject.palette.named_by,
        "moment": moment_record(subject.moment),
        "tone": list(subject.tone),
        "colophon": colophon(poem),
        "version": poem.version,
        **path_bytes_of(subject.path),
    } | {key: True for key, so in (("quick", subject.quick), ("by_hand", poem.by_hand)) if so}


def path_bytes_of(path: str) -> dict[str, str]:
    """`path_bytes`: the path's bytes, percent-encoded, if they are not UTF-8; empty for any other path.

    In JSON such a path has lone surrogates, which most readers refuse or replace, so that rows could not be joined.
    """
    if path.isascii() or not any("\udc80" <= char <= "\udcff" for char in path):
        return {}
    return {"path_bytes": quote(os.fsencode(path))}


def line_record(line: Line) -> list[dict[str, Any]]:
    """A line's spans: text and source, and for the lexicon's also voice and word."""
    return [
        {"text": span.text, "source": _source_record(span.source)}
        | ({"voice": span.voice, "of": span.of} if span.voice != "grammar" else {})
        for span in line.spans
    ]


def _source_record(source: Source | None) -> dict[str, Any] | None:
    if source is None:
        return None
    # Not asdict, because its deep copies are slow: a poem has dozens of these, and a run a hundred thousand poems.
    return {key: value for key in _SOURCE if (value := getattr(source, key)) is not None}


def label_record(label: Label) -> dict[str, Any]:
    """A label as JSON: text, score, labeller and kind. If known, also its wider and narrower words, the date, the
    labeller's own word, its region and its color.
    """
    made = {"text": label.text, "score": label.score, "labeller": label.labeller, "kind": label.kind}
    more = {
        "wider": list(label.wider),
        "asked": label.asked,
        "said_for": label.said_for,
        "color": asdict(label.color) if label.color else None,
        "low": label.low,
        "narrower": list(label.narrower),
        "region": label.region and _region_record(label.region),
    }
    return made | {key: value for key, value in more.items() if value}


def _region_record(region: Region) -> dict[str, Any]:
    """A region as JSON: its box and its origin; the map itself is not stored."""
    box = [region.left, region.top, region.right, region.bottom]
    return {"box": box, "from": "box" if region.exact else "map"}


def swatch_record(swatch: Swatch) -> dict[str, Any]:
    """A swatch as JSON: hex, share, name, distance, names, hue, and where it lies, if known."""
    where = {key: value for key, value in asdict(swatch.where).items() if value}
    made = {
        "hex": swatch.hex,
        "share": swatch.share,
        "name": swatch.name,
        "distance": swatch.distance,
        "names": list(swatch.names),
        "hue": swatch.hue,
    }
    return made | ({"where": where} if where else {})


def moment_record(moment: Moment) -> dict[str, Any]:
    """A moment as JSON; the time in ISO 8601."""
    made = asdict(moment)
    return made | {
        "taken": moment.taken.isoformat() if moment.taken else None,
        "keywords": list(moment.keywords),
    }


def from_record(made: Mapping[str, Any]) -> Poem:
    """The poem of a record. Unknown keys are ignored.

    Raises `StoreError` if it is not the record of a poem: a key is missing, or a value is of another kind.
    """
    return _sound(_poem, made)


def _poem(made: Mapping[str, Any]) -> Poem:
    title = made.get("title_spans") or [{"text": made["title"], "source": None}]
    return Poem(
        title=_line(title),
        lines=tuple(_line(line) for line in made["lines"]),
        grammar=made["grammar"],
        seed=made["seed"],
        subject=_subject(made),
        version=made["version"],
        by_hand=made.get("by_hand", False),
    )


def subject_from_record(made: Mapping[str, Any]) -> Subject:
    """The subject of a record. The output of `photopoem look --json` has the same keys. Raises as `from_record`."""
    return _sound(_subject, made)


def _subject(made: Mapping[str, Any]) -> Subject:
    return Subject(
        path=made["path"],
        digest=made["digest"],
        labeller=made.get("labeller", ""),
        labels=tuple(_label(label) for label in made["labels"]),
        palette=Palette(tuple(_swatch(swatch) for swatch in made["palette"]), made.get("named_by", "")),
        moment=_moment(made["moment"]),
        tone=tuple(made.get("tone", ())),
        labeller_version=made.get("labeller_version", ""),
        taught_by=made.get("taught_by", ""),
        asked=made.get("asked", ""),
        quick=made.get("quick", False),
    )


def _line(spans: list[dict[str, Any]]) -> Line:
    return Line(
        tuple(
            Span(
                span["text"],
                Source(**span["source"]) if span["source"] else None,
                span.get("voice", "grammar"),
                span.get("of", ""),
            )
            for span in spans
        )
    )


def _label(made: Mapping[str, Any]) -> Label:
    return Label(
        text=made["text"],
        score=made["score"],
        labeller=made["labeller"],
        kind=made["kind"],
        wider=tuple(made.get("wider", ())),
        asked=made.get("asked", ""),
        said_for=made.get("said_for", ""),
        color=LabelColor(**made["color"]) if made.get("color") else None,
        low=made.get("low", 0.0),
        narrower=tuple(made.get("narrower", ())),
        region=_region(made["region"]) if made.get("region") else None,
    )


def _region(made: Mapping[str, Any]) -> Region:
    left, top, right, bottom = made["box"]
    return Region(left, top, right, bottom, made["from"] == "box")


def _swatch(made: Mapping[str, Any]) -> Swatch:
    where = made.get("where", {})
    red, green, blue = bytes.fromhex(made["hex"].removeprefix("#"))
    return Swatch(
        rgb=(red, green, blue),
        share=made["share"],
        name=made["name"],
        distance=made["distance"],
        names=tuple(made["names"]),
        hue=made["hue"],
        where=Where(where.get("place", ""), where.get("patches", "")),
    )


def _moment(made: Mapping[str, Any]) -> Moment:
    known = {key: made[key] for key in Moment.__dataclass_fields__ if made.get(key) is not None}
    if "taken" in known:
        known["taken"] = datetime.fromisoformat(known["taken"])
    if "keywords" in known:
        known["keywords"] = tuple(known["keywords"])
    return Moment(**known)


# -- records that somebody changed ------------------------------------------------------------------------

Made = TypeVar("Made")
_HALF = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Lone surrogates, which only JSON can contain, except for those that represent bytes of a name that is not UTF-8."""


def _sound(make: Callable[[Mapping[str, Any]], Made], record: Mapping[str, Any]) -> Made:
    """The result of `make`, with the type of each field checked. Raises `StoreError`."""
    try:
        made = make(record)
        kind: Any = type(made)
        if wrong := _test(kind)(made):
            raise ValueError(wrong)
    except KeyError as error:
        raise StoreError(f"not a record of a poem: {error} is missing") from error
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise StoreError(f"not a record of a poem: {error}") from error
    return made


Test = Callable[[Any], str]
"""A test that returns the error in a value; empty if it has the right type."""


@cache
def _test(kind: Any) -> Test:
    """The test for a type annotation; cached, because a show has many records."""
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _test_of_fields(kind)
    if origin is tuple:
        return _test_of_each(_test(inner[0]))
    if origin is not None and origin is not Literal:
        return _test_of_one(_test(inner[0]), _test(inner[1]))
    types = {float: (int, float)}.get(kind, (kind,))

    def test(value: Any) -> str:
        right = value in inner if inner else type(value) in types
        if type(value) is str:
            right = right and (value.isascii() or not _HALF.search(value))
        elif type(value) is float:
            right = right and math.isfinite(value)
        return "" if right else f"{value!r:.60}"

    return test


def _test_of_fields(kind: Any) -> Test:
    tests = [(name, _test(its)) for name, its in get_type_hints(kind).items()]

    def test(value: Any) -> str:
        if type(value) is not kind:
            return f"{value!r:.60}"
        for name, right in tests:
            if wrong := right(getattr(value, name)):
                return f"{name} {wrong}"
        return ""

    return test


def _test_of_each(one: Test) -> Test:
    def test(values: Any) -> str:
        for value in values:
            if wrong := one(value):
                return wrong
        return ""

    return test


def _test_of_one(one: Test, other: Test) -> Test:
    def test(value: Any) -> str:
        return one(value) and other(value) and one(value)

    return test
