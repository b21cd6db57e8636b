"""Vision's boxes: `vision:objects` asks where things lie, in the same request, for a second unit, and only then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from google.cloud import vision_v1 as v1

from photopoem.errors import LabelError, UsageError
from photopoem.labels.cache import Answer, decode, encode
from photopoem.labels.labeller import Label, LabelSettings, Region
from photopoem.labels.vision.labeller import cost_of, open_labeller
from tests.command import photopoem
from tests.making import make_photos
from tests.vision_server import Open, grays, label, of_gray, serving, tell, tell_gray, thing

KINDS = v1.Feature.Type
LABELS = (label("Dog", 0.95), label("Grass", 0.9))
DOG, BALL = thing("Dog", (0.1, 0.5, 0.5, 1.0)), thing("Ball", (0.7, 0.1, 0.8, 0.2), 0.6)


def labelled(answer: tuple[Label, ...] | LabelError) -> dict[str, Label]:
    """Labels by their text."""
    assert not isinstance(answer, LabelError), answer
    return {each.text: each for each in answer}


def test_a_thing_gets_its_box(opened: Open) -> None:
    """A label that is also found as a thing has its box; a thing that no label names is added; the rest have none."""
    with serving(tell(LABELS, [DOG, BALL])) as server:
        found = labelled(opened(server, argument="objects").label([of_gray(7)])[0])
    dog, ball, grass = found["dog"], found["ball"], found["grass"]
    assert (dog.score, dog.region) == (0.95, Region(0.1, 0.5, 0.5, 1.0, exact=True))
    assert (ball.score, ball.region) == (0.6, Region(0.7, 0.1, 0.8, 0.2, exact=True))
    assert grass.region is None
    assert (dog.low, ball.low) == (1.0, 0.0)


def test_of_two_dogs_the_surest_has_the_box(opened: Open) -> None:
    """Where Vision finds a thing twice, the surer one's box is the label's."""
    other = thing("Dog", (0.6, 0.0, 0.9, 0.3), 0.99)
    with serving(tell(LABELS, [DOG, other])) as server:
        found = labelled(opened(server, argument="objects").label([of_gray(7)])[0])
    assert found["dog"].region == Region(0.6, 0.0, 0.9, 0.3, exact=True)


def test_both_are_asked_in_one_request(opened: Open) -> None:
    """Objects are asked beside labels in one request, and not at all by plain `vision`."""
    with serving(tell(LABELS, [DOG])) as server:
        opened(server, argument="objects").label(grays(3))
        opened(server).label(grays(3, first=50))
    asked = [[each.type_ for each in one.requests[0].features] for one in server.requests]
    assert asked == [[KINDS.LABEL_DETECTION, KINDS.OBJECT_LOCALIZATION], [KINDS.LABEL_DETECTION]]


def test_boxes_are_kept_and_labels_not_paid_again(opened: Open) -> None:
    """What was answered is not asked again, boxes included; who had the labels pays for the objects alone."""
    with serving(tell(LABELS, [DOG])) as server:
        opened(server).label([of_gray(7)])
        first = opened(server, argument="objects").label([of_gray(7)])
        again = opened(server, argument="objects").label([of_gray(7)])
    assert first == again
    assert [[each.type_ for each in one.requests[0].features] for one in server.requests] == [
        [KINDS.LABEL_DETECTION],
        [KINDS.OBJECT_LOCALIZATION],
    ]


def test_objects_are_a_second_unit(opened: Open, tmp_path: Path) -> None:
    """The plan counts two units a photograph; of those whose labels are kept, one."""
    settings = LabelSettings(cache_dir=tmp_path / "cache")
    digests = [photo.digest for photo in grays(5)]
    assert cost_of(digests, settings, objects=True).units == 10
    assert cost_of(digests, settings).units == 5
    with serving(tell_gray) as server:
        opened(server).label(grays(2))
    assert cost_of(digests, settings, objects=True).units == 8


def test_dry_run_says_that_objects_are_billed(tmp_path: Path) -> None:
    """--dry-run counts two units a photograph, says why, and sends nothing."""
    make_photos(tmp_path / "photos", 4)
    with serving() as server:
        env = {"PHOTOPOEM_VISION_ENDPOINT": server.endpoint, "PHOTOPOEM_CACHE_DIR": str(tmp_path / "cache")}
        done = photopoem("run", "photos", "--labels", "vision:objects", "--dry-run", cwd=tmp_path, **env)
        assert not server.sizes
    assert "requests: 1; billable units: 8, labels and objects each" in done.stdout


@pytest.mark.parametrize("box", [(0.5, 0.5, 0.5, 0.9), (0.2, 0.7, 0.9, 0.7)])
def test_a_box_of_no_size_is_none(opened: Open, box: tuple[float, float, float, float]) -> None:
    """A thing whose box has no width or height gets no region."""
    with serving(tell(LABELS, [thing("Dog", box)])) as server:
        found = labelled(opened(server, argument="objects").label([of_gray(7)])[0])
    assert found["dog"].region is None


def test_a_box_reaches_no_farther_than_the_picture(opened: Open) -> None:
    """Corners outside the picture are held at its edge."""
    with serving(tell(LABELS, [thing("Dog", (-0.1, 0.2, 1.4, 0.9))])) as server:
        found = labelled(opened(server, argument="objects").label([of_gray(7)])[0])
    assert found["dog"].region == Region(0.0, 0.2, 1.0, 0.9, exact=True)


def test_an_unknown_argument_is_refused() -> None:
    """vision:boxes is refused, and the line lists the valid forms."""
    with pytest.raises(UsageError, match="vision:objects"):
        open_labeller("boxes", LabelSettings())


def test_an_answer_with_boxes_comes_back_as_it_was() -> None:
    """Boxes go into the cache and come out; an answer of earlier versions has none."""
    answer = Answer((("Dog", 0.5),), "2026-01-01", ((0.0, 0.25, 0.5, 1.0),))
    assert decode(encode(answer), "2026-01-01") == answer
    assert decode('{"words":[["Dog",0.5]]}', "") == Answer((("Dog", 0.5),))


@pytest.mark.parametrize(
    "boxes", ["x", [[0, 0, 1]], [[0, 0, 1, 2]], [[0, 0, 1, "1"]], [[0, 0, 1, 1]] * 2, [None]]
)
def test_broken_boxes_are_no_answer(boxes: object) -> None:
    """Boxes that are not four figures in 0..1, one a word, make an answer count as absent."""
    with pytest.raises(ValueError):
        decode(json.dumps({"words": [["Dog", 0.5]], "boxes": boxes}), "")
