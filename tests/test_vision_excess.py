"""A Vision server that sends more than requested, or invalid numbers."""

from __future__ import annotations

import math
from typing import Any

import pytest
from google.cloud.vision_v1.services.image_annotator.transports import ImageAnnotatorGrpcTransport
from grpc import StatusCode

from photopoem.errors import LabelError, LabellerUnavailable
from photopoem.labels.vision.credentials import MOST_ANSWERED, Access, connect
from photopoem.labels.vision.labeller import Timeouts
from tests.vision_server import Open, grays, label, refusing, serving, tell, thing


def test_no_more_labels_are_kept_than_were_asked_for(opened: Open) -> None:
    """Of 6,000 labels the twenty surest are kept, and the next run reads them from the cache."""
    many = [label(f"word {number}", number / 6_000) for number in range(6_000)]
    with serving(tell(many)) as server:
        first = opened(server).label(grays(1))[0]
        again = opened(server).label(grays(1))[0]
    assert not isinstance(first, LabelError)
    assert len(first) <= 20 and first[0].text == "word 5999"
    assert again == first
    assert len(server.requests) == 1


def test_a_score_that_is_no_number_is_asked_for_once(opened: Open) -> None:
    """NaN and infinite scores count as nothing and as sure, and the answer is cached, so that it is paid for once."""
    said = [label("lake", math.nan), label("dog", math.inf), label("hill", -math.inf)]
    with serving(tell(said, [thing("Dog", (0.1, 0.1, math.nan, 0.9), math.nan)])) as server:
        first = opened(server, argument="objects").label(grays(1))[0]
        again = opened(server, argument="objects").label(grays(1))[0]
    assert not isinstance(first, LabelError)
    assert all(0 <= each.score <= 1 for each in first)
    assert again == first
    assert len(server.requests) == 1


@pytest.mark.parametrize("size", [3_000_000, 5_000_000], ids=["above our limit", "above that of gRPC"])
def test_an_answer_of_megabytes_counts_as_none(opened: Open, size: int) -> None:
    """An answer that is far too large is not read, tried once, told once, and never asked for again."""
    told: list[str] = []
    with serving(tell([label("x" * size, 0.9)])) as server:
        first = opened(server, note=told.append).label(grays(2))
        again = opened(server, note=told.append).label(grays(2))
    assert first == again == [(), ()]
    assert told == ["Vision's answer about 2 photographs is larger than 2 MB; it is ignored"]
    assert len(server.requests) == 1


def test_a_quota_that_is_used_up_is_not_taken_for_a_long_answer(opened: Open) -> None:
    """Where Google's quota is used up the photograph has no labels in this run alone."""
    with serving(refusing(StatusCode.RESOURCE_EXHAUSTED, "quota exceeded")) as server:
        with pytest.raises(LabellerUnavailable, match="quota is used up"):
            opened(server, Timeouts(first=0.01, longest=0.05, whole=0.5)).label(grays(1))
        server.answer = tell([label("lake", 0.9)])
        assert [each.text for each in opened(server).label(grays(1))[0]] == ["lake"]  # type: ignore[union-attr]


def test_the_bound_holds_for_googles_own_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """The channel to a service off this machine has the same bound on what it takes."""
    made: list[dict[str, object]] = []
    real = ImageAnnotatorGrpcTransport.create_channel

    def create(host: str, **options: Any) -> Any:
        made.append(dict(options["options"]))
        return real(host, **options)

    monkeypatch.setattr(ImageAnnotatorGrpcTransport, "create_channel", create)
    connect(Access("proxy.example:443", api_key="AIzaKey")).transport.close()
    assert [options["grpc.max_receive_message_length"] for options in made] == [MOST_ANSWERED]
