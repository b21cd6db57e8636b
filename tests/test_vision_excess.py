"""A Vision server that sends more than it was asked for, or figures that are none."""

from __future__ import annotations

import math

from photopoem.errors import LabelError
from tests.vision_server import Open, grays, label, serving, tell, thing


def test_no_more_labels_are_kept_than_were_asked_for(opened: Open) -> None:
    """Of 30,000 labels the twenty surest are kept, and the next run reads them from the cache."""
    many = [label(f"word {number}", number / 30_000) for number in range(30_000)]
    with serving(tell(many)) as server:
        first = opened(server).label(grays(1))[0]
        again = opened(server).label(grays(1))[0]
    assert not isinstance(first, LabelError)
    assert len(first) <= 20 and first[0].text == "word 29999"
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
