"""Nothing is paid for twice: the cache, limits, plans, landmarks, and runs that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.cloud import vision_v1 as v1

from photopoem.errors import LabelError, LabellerUnavailable, UsageError
from photopoem.labels.labeller import LEFT, LabelSettings
from photopoem.labels.registry import open_labeller as by_name
from photopoem.labels.vision.labeller import Cost, cost_of, open_labeller
from tests.vision_server import (
    Open,
    gray,
    grays,
    label,
    of_gray,
    refusing,
    serving,
    tell_gray,
)

CODE = grpc.StatusCode


def test_what_was_answered_is_not_asked_again(opened: Open) -> None:
    """A second labeller on the same cache asks nothing, and says the same with the same date."""
    with serving() as server:
        before = opened(server).label(grays(20))
        after = opened(server).label(grays(20))
    assert after == before
    assert len(server.sizes) == 2


def test_without_a_cache_everything_is_asked(opened: Open, tmp_path: Path) -> None:
    """With no cache nothing is read and nothing is written."""
    with serving() as server:
        opened(server, use_cache=False).label(grays(2))
        opened(server, use_cache=False).label(grays(2))
    assert server.sizes == [2, 2]
    assert not (tmp_path / "cache").exists()


def test_a_killed_run_pays_for_nothing_twice(opened: Open, tmp_path: Path) -> None:
    """Killed after the second of five batches, the next run sends only the other three."""
    code = (
        "import sys\nfrom photopoem.labels import LabelSettings, open_labeller\n"
        "from tests.vision_server import of_gray\n"
        "labeller = open_labeller('vision', LabelSettings(vision_parallel=1))\n"
        "labeller.label([of_gray(level) for level in range(80)])\n"
    )
    third, release = threading.Event(), threading.Event()

    def stop_at_the_third(request: Any, context: Any) -> Any:
        if len(server.requests) == 3:
            third.set()
            release.wait(30)
        return tell_gray(request, context)

    with serving(stop_at_the_third) as server:
        environ = os.environ | {
            "PHOTOPOEM_VISION_ENDPOINT": server.endpoint,
            "PHOTOPOEM_CACHE_DIR": str(tmp_path / "cache"),
            "PYTHONPATH": str(Path(__file__).parent.parent),
        }
        first = subprocess.Popen([sys.executable, "-c", code], env=environ, stdout=subprocess.PIPE)
        assert third.wait(60)
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=30)
        release.set()
        assert server.sizes == [16, 16, 16]
        server.requests.clear()
        server.answer = tell_gray
        assert len(opened(server, vision_parallel=1).label(grays(80))) == 80
    assert server.sizes == [16, 16, 16]
    assert {gray(each) for each in server.pictures()} == set(range(32, 80))


def test_the_limit_leaves_the_rest_for_next_time(opened: Open) -> None:
    """With at most two requests, 32 of 40 photos are labelled, and the next run asks for the other 8."""
    with serving() as server:
        labeller = opened(server, max_requests=2)
        answers = labeller.label(grays(40))
        assert [isinstance(each, LabelError) for each in answers] == [False] * 32 + [True] * 8
        assert str(answers[-1]) == LEFT
        assert isinstance(labeller.label(grays(1, first=99))[0], LabelError)
        assert server.sizes == [16, 16]
        opened(server, max_requests=1).label(grays(40))
    assert server.sizes[2:] == [8]


def test_no_requests_at_all_sends_nothing(opened: Open) -> None:
    """A limit of none reads the cache and sends nothing."""
    with serving() as server:
        assert isinstance(opened(server, max_requests=0).label(grays(1))[0], LabelError)
    assert not server.sizes


def test_the_plan_is_what_then_happens(opened: Open, tmp_path: Path) -> None:
    """A plan counts what is cached, what would be sent and billed; the run then sends exactly that."""
    settings = LabelSettings(cache_dir=tmp_path / "cache")
    photos = [*grays(100), of_gray(3)]
    with serving() as server:
        opened(server).label(grays(10))
        server.requests.clear()
        expected = cost_of([each.digest for each in photos], settings)
        assert expected == Cost(photos=101, cached=11, requests=7, units=90)
        labeller = opened(server)
        for start in range(0, len(photos), 64):
            labeller.label(photos[start : start + 64])
    assert len(server.sizes) == expected.requests
    assert sum(server.sizes) == expected.units


def test_the_plan_knows_the_limit(tmp_path: Path) -> None:
    """What a limit leaves for next time is neither a request nor a unit."""
    settings = LabelSettings(cache_dir=tmp_path, max_requests=2, landmarks=True)
    assert cost_of([each.digest for each in grays(40)], settings) == Cost(40, 0, 2, 64, left=8)


# -- landmarks


def with_landmark(request: Any, context: Any) -> Any:
    reply = tell_gray(request, context)
    for each, asked in zip(reply.responses, request.requests, strict=True):
        if any(feature.type_ == v1.Feature.Type.LANDMARK_DETECTION for feature in asked.features):
            sure = 0.8 if gray(asked.image.content) % 2 == 0 else 0.2
            each.landmark_annotations = [label("Champ de Mars", sure / 2), label("Eiffel Tower", sure)]
    return reply


def test_a_landmark_names_the_place(opened: Open) -> None:
    """With landmarks the surest names the place, where it is sure enough; a second run knows it as well."""
    two = grays(2)
    with serving(with_landmark) as server:
        for _ in range(2):
            labeller = opened(server, landmarks=True)
            labeller.label(two)
            assert labeller.place(two[0].digest) == "Eiffel Tower"
            assert labeller.place(two[1].digest) is None
    assert server.sizes == [2]


def test_landmarks_asked_later_pay_for_landmarks_alone(opened: Open, tmp_path: Path) -> None:
    """Labels that are there are not asked for again when landmarks are, and serve without them too."""
    with serving(with_landmark) as server:
        opened(server).label(grays(2))
        planned = cost_of(
            (each.digest for each in grays(3)), LabelSettings(tmp_path / "cache", landmarks=True)
        )
        assert (planned.requests, planned.units) == (1, 4)
        opened(server, landmarks=True).label(grays(3))
        opened(server).label(grays(3))
    kinds = [[len(each.features) for each in request.requests] for request in server.requests]
    assert kinds == [[1, 1], [1, 1, 2]]


# -- without an account


def test_a_show_is_reproduced_without_the_account(opened: Open, tmp_path: Path) -> None:
    """With every label in the cache no credentials are needed; a photo that is not there says what is missing."""
    with serving() as server:
        before = opened(server).label(grays(3))
    said: list[str] = []
    settings = LabelSettings(cache_dir=tmp_path / "cache", note=said.append)
    labeller = open_labeller("", settings, environ={"HOME": str(tmp_path)})
    assert labeller.label(grays(3)) == before
    assert len(said) == 1
    with pytest.raises(LabellerUnavailable, match="no credentials"):
        labeller.label(grays(4))


def test_auto_hands_over_to_the_built_in_labeller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Vision fails for good, the built-in labeller speaks for the rest; that is said once and marked."""
    said: list[str] = []
    with serving(refusing(CODE.UNAUTHENTICATED, "no")) as server:
        monkeypatch.setenv("PHOTOPOEM_VISION_ENDPOINT", server.endpoint)
        labeller = by_name("auto", LabelSettings(cache_dir=tmp_path, note=said.append))
        assert labeller.name == "vision"
        labeller.label(grays(2))
        labeller.label(grays(2))
    assert len(said) == 1
    assert "does not know these credentials" in said[0]
    assert labeller.name == "local (for vision)"
    assert server.sizes == [2]


def test_arguments_that_make_no_sense_are_told(tmp_path: Path) -> None:
    """An unknown argument or no request in flight is an error of usage, before anything is opened."""
    with pytest.raises(UsageError, match="vision:best"):
        open_labeller("best", LabelSettings(cache_dir=tmp_path))
    with pytest.raises(UsageError, match="vision-parallel"):
        open_labeller("", LabelSettings(cache_dir=tmp_path, vision_parallel=0))
    assert not list(tmp_path.iterdir())
