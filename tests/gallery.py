"""Poems for the tests of pages: of real photographs, with a word of every layer; and poems that mean harm."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from photopoem.color.palette import Palette, Swatch, read_palette
from photopoem.labels.labeller import Label, Region
from photopoem.photo.moment import Moment
from photopoem.photo.reading import read_photo
from photopoem.poem import Line, Poem, Span
from photopoem.vocabulary import Source, Subject

HOSTILE = "<img src=x onerror=\"document.title='harmed'\">"


def poem_of(path: Path, *, label: str = "sky", number: int = 0) -> Poem:
    """A poem of a photograph's real palette, with words of the place, the machine, the people and the lexicon."""
    photo = read_photo(path)
    return poem_with(str(path), photo.digest, read_palette(photo), label, number)


def poem_with(path: str, digest: str, palette: Palette, label: str = "sky", number: int = 0) -> Poem:
    """The same of a palette that is given."""
    above = Region(0.1, 0.0, 0.9, 0.4)
    labels = (Label(label, 0.92, "local", "stuff", region=above), Label("mountain", 0.41, "local"))
    moment = Moment(taken=datetime(2018, 10, 4, 17, 31), season="autumn", place="Jungfrau")
    subject = Subject(path, digest, "local", labels, palette, moment, ("still",), "1", "many hands")
    seen = Source("machine", "label", label, score=0.92, labeller="local")
    title = Line((Span("Before the "), Span(label, seen)))
    return Poem(title, _lines(seen, palette.swatches), "i-can-remember", number, subject, "0.1.0")


def _lines(seen: Source, swatches: tuple[Swatch, ...]) -> tuple[Line, ...]:
    colors = [Source("people", "color", one.name, hex=one.hex, share=one.share) for one in swatches]
    autumn = Source("place", "season", "autumn")
    still = Source("machine", "tone", "still", labeller="pixels")
    return (
        Line((Span("I can remember the "), Span(seen.of, seen), Span(","))),
        Line((Span("and it "), Span("holds no shape", None, "lexicon", seen.of), Span("."))),
        Line((Span("It was "), Span("autumn", autumn), Span(" and "), Span("still", still), Span("."))),
        *(Line((Span("Somebody's word: "), Span(color.of, color), Span("."))) for color in colors),
        Line(
            (
                Span(
                    "Za\u017c\u00f3\u0142\u0107, c\u0153ur \u2014 \u201cna\u00efve\u201d, \u2018Pa\u0142ac\u2019\u2026"
                ),
            )
        ),
    )


def hostile_poem(path: str = f"photos/{HOSTILE}.jpg") -> Poem:
    """A poem with active markup in every text."""
    closing = "</style><script>document.title='harmed'</script>"
    swatch = Swatch((10, 20, 30), 1.0, closing, 1.0, (closing,), "black")
    source = Source(
        "people", "color", HOSTILE, hex="red}</style><script>document.title='harmed'</script>", share=0.5
    )
    label = Source("machine", "label", HOSTILE, score=0.9, labeller=HOSTILE)
    place = Source("place", HOSTILE, "javascript:document.title='harmed'")
    words = (
        Span(HOSTILE, label),
        Span(closing, source),
        Span("{{ 7 * 7 }}", place),
        Span("'\";--", None, "lexicon", HOSTILE),
    )
    subject = Subject(
        path, "0" * 64, HOSTILE, (Label(HOSTILE, 0.9, HOSTILE),), Palette((swatch,), closing), Moment(place=HOSTILE),
        taught_by=HOSTILE,
    )  # fmt: skip
    return Poem(Line(words[:1]), tuple(Line((word,)) for word in words), HOSTILE, 0, subject, HOSTILE)
