"""Every use case describes a photograph in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from photopoem import Label, Photo, Settings, Subject, write_poem, write_poems
from photopoem.cli import photopoem
from photopoem.errors import LabelError
from photopoem.look import look_at
from photopoem.photo.discover import Found
from photopoem.services.describe import describe
from photopoem.services.executors import Inline
from photopoem.services.pipeline import Done
from tests.making import make_photo


class KnowsThePlace:
    """A labeller that recognises a landmark in every photograph."""

    name, version, network, parameters, colophon = "guide", "1", False, "", "taught by a guide"

    def label(self, photos: Sequence[Photo]) -> list[tuple[Label, ...] | LabelError]:
        """One label, sure."""
        return [(Label("tower", 0.9, "guide"),) for _ in photos]

    def place(self, _digest: str) -> str:
        """The same landmark each time."""
        return "Eiffel Tower"


@pytest.fixture
def anywhere(tmp_path: Path) -> Found:
    return Found(str(make_photo(tmp_path / "tower.jpg", 1)), "tower.jpg")


@pytest.fixture
def near_a_town(tmp_path: Path) -> Found:
    """Six kilometers from Kathmandu, which is near it and not in it."""
    path = make_photo(tmp_path / "near.jpg", 1)
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (27.0, 46.0, 0.0), 3: "E", 4: (85.0, 19.0, 0.0)})
    Image.open(path).save(path, exif=exif)
    return Found(str(path), "near.jpg")


def run(found: Found, monkeypatch: pytest.MonkeyPatch) -> Subject:
    """The subject of a poem as a run writes it."""
    monkeypatch.setattr("photopoem.services.pipeline.labeller_for", lambda _: KnowsThePlace())
    (done,) = write_poems([found], Settings(), KnowsThePlace(), Inline())
    assert isinstance(done, Done)
    return done.poem.subject


def test_write_poem_knows_the_place_that_a_run_knows(
    anywhere: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place that only the labeller recognised is in the poem of `write_poem` as in the poem of a run."""
    one = write_poem(anywhere.path, labels=KnowsThePlace()).subject
    assert one.moment.place == run(anywhere, monkeypatch).moment.place == "Eiffel Tower"


def test_a_look_knows_the_place_that_a_run_knows(near_a_town: Found, monkeypatch: pytest.MonkeyPatch) -> None:
    """A landmark goes before a town that the photograph is only near, in a look as in a run."""
    alone = describe(near_a_town, Settings(), type("Blind", (KnowsThePlace,), {"place": lambda *_: None})())
    assert alone.subject.moment.near and alone.subject.moment.place
    look = look_at(near_a_town, Settings(), KnowsThePlace())
    moment = run(near_a_town, monkeypatch).moment
    assert (look.subject.moment.place, look.subject.moment.near) == (moment.place, moment.near)
    assert (moment.place, moment.near) == ("Eiffel Tower", False)


def test_a_preview_knows_the_place_that_a_run_knows(
    anywhere: Found, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`grammar preview --photo` writes of the place that the labeller recognised."""
    monkeypatch.setattr("photopoem.services.pipeline.labeller_for", lambda _: KnowsThePlace())
    grammar = tmp_path / "where.json"
    grammar.write_text('{"origin": "in #place#"}')
    preview = CliRunner().invoke(
        photopoem, ["grammar", "preview", str(grammar), "--photo", anywhere.path, "-n1"]
    )
    assert "in Eiffel Tower" in preview.output


def test_what_cannot_be_labelled_is_described(anywhere: Found) -> None:
    """A photograph that the labeller fails on keeps its colors and its moment, and says why it has no labels."""

    class Fails(KnowsThePlace):
        def label(self, photos: Sequence[Photo]) -> list[tuple[Label, ...] | LabelError]:
            """No labels."""
            return [LabelError("too dark") for _ in photos]

    described = describe(anywhere, Settings(), Fails())
    assert str(described.no_labels) == "too dark" and described.subject.labels == ()
    assert described.subject.palette.swatches
