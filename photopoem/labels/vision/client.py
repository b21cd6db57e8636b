"""Asks Google Cloud Vision: one request at a time for each thread, again where the service is busy."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from photopoem.errors import LabelError, LabellerUnavailable
from photopoem.labels.cache import LONGEST_TEXT, Answer
from photopoem.labels.vision.credentials import Access, connect, gone_for_good, one_line

Feature = Literal["labels", "objects", "landmarks"]
Question = tuple[bytes, tuple[Feature, ...]]
"""A JPEG and what is asked about it."""
Reply = dict[Feature, Answer] | LabelError

RESULTS = 20
"""The most answers that are asked for, for each feature of each photograph."""
STOPPED = "Vision was not waited for: the run was stopped"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for Vision, in seconds.

    One attempt may take `attempt`. Where the service is busy, silent or out of reach, the next attempt follows after
    about `first`, the one after that after twice as long, at most `longest`, until `whole` has passed.
    """

    attempt: float = 20.0
    first: float = 1.0
    longest: float = 8.0
    whole: float = 60.0


class Client:
    """Vision for several threads. After a lasting failure every question fails with the same message."""

    def __init__(self, access: Access, timeouts: Timeouts, gone: LabellerUnavailable | None = None) -> None:
        """Nothing is connected before the first question; `gone` is the reason, if known, why none can be asked."""
        self._access, self._timeouts, self.gone = access, timeouts, gone
        self._lock = threading.Lock()
        self._service: Any = None

    def ask(self, questions: Sequence[Question]) -> list[Reply]:
        """A reply for each of at most 16 questions, in the same order; `LabelError` for those that failed.

        Raises `LabellerUnavailable` where no other question can succeed either.
        """
        service = self._connected()
        try:
            replies = self._send(service, questions)
        except Exception as error:
            # The client raises many kinds of error: each means one message for the run, or one for each photo.
            if self.gone:
                raise self.gone from error
            reason = gone_for_good(error, self._access)
            if reason:
                raise self.stop(reason) from error
            said = LabelError(f"Vision failed: {one_line(str(error), self._access)}")
            return [said] * len(questions)
        return _replies(questions, replies)

    def stop(self, reason: LabellerUnavailable | None = None) -> LabellerUnavailable:
        """Ask nothing more; returns why, which is the first reason there was."""
        with self._lock:
            self.gone = self.gone or reason or LabellerUnavailable(STOPPED)
            return self.gone

    def close(self) -> None:
        """Stop, and break off the requests in flight."""
        self.stop()
        if self._service is not None:
            self._service.transport.close()

    def _connected(self) -> Any:
        if self.gone:
            raise self.gone
        try:
            with self._lock:
                if self._service is None:
                    self._service = connect(self._access)
                return self._service
        except LabellerUnavailable as error:
            raise self.stop(error) from error

    def _send(self, service: Any, questions: Sequence[Question]) -> Sequence[Any]:
        from google.api_core.timeout import ConstantTimeout
        from google.cloud import vision_v1 as v1

        kinds = {
            "labels": v1.Feature(type_=v1.Feature.Type.LABEL_DETECTION, max_results=RESULTS),
            "objects": v1.Feature(type_=v1.Feature.Type.OBJECT_LOCALIZATION, max_results=RESULTS),
            "landmarks": v1.Feature(type_=v1.Feature.Type.LANDMARK_DETECTION, max_results=RESULTS),
        }
        requests = [
            v1.AnnotateImageRequest(image=v1.Image(content=jpeg), features=[kinds[each] for each in features])
            for jpeg, features in questions
        ]
        # A plain number would be the time left for all attempts together: the last would get too little.
        timeout = ConstantTimeout(self._timeouts.attempt)  # type: ignore[no-untyped-call]  # it says no types
        reply = service.batch_annotate_images(requests=requests, retry=self._retry(), timeout=timeout)
        return list(reply.responses)

    def _retry(self) -> Any:
        from google.api_core import exceptions
        from google.api_core.retry import Retry

        passing = (exceptions.ServiceUnavailable, exceptions.DeadlineExceeded, exceptions.ResourceExhausted)

        def again(error: BaseException) -> bool:
            # A login that is no longer accepted is reported as a service that is unavailable.
            return isinstance(error, passing) and not self.gone and "invalid_grant" not in str(error)

        return Retry(
            predicate=again,
            initial=self._timeouts.first,
            maximum=self._timeouts.longest,
            timeout=self._timeouts.whole,
        )


def _replies(questions: Sequence[Question], replies: Sequence[Any]) -> list[Reply]:
    """Replies stand in the order of the questions."""
    if len(replies) != len(questions):
        return [LabelError(f"Vision answered {len(replies)} of {len(questions)} questions")] * len(questions)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return [_reply(features, reply, now) for (_, features), reply in zip(questions, replies, strict=True)]


def _reply(features: tuple[Feature, ...], reply: Any, now: str) -> Reply:
    if reply.error.code:
        return LabelError(f"Vision refused it: {one_line(reply.error.message) or reply.error.code}")
    said = {"labels": reply.label_annotations, "landmarks": reply.landmark_annotations}
    return {
        feature: _objects(reply.localized_object_annotations, now)
        if feature == "objects"
        else Answer(_words(said[feature]), now)
        for feature in features
    }


def _objects(annotations: Iterable[Any], now: str) -> Answer:
    """The things that were found and their boxes, by falling score; one without a name or a box is left out."""
    found = []
    for each in annotations:
        corners = each.bounding_poly.normalized_vertices
        across, down = [_held(corner.x) for corner in corners], [_held(corner.y) for corner in corners]
        if each.name and corners:
            box = (min(across), min(down), max(across), max(down))
            found.append(((each.name[:LONGEST_TEXT], _held(each.score)), box))
    found.sort(key=lambda one: (-one[0][1], one))
    del found[RESULTS:]  # whatever a server sends, no more than was asked for
    return Answer(tuple(word for word, _ in found), now, tuple(box for _, box in found))


def _held(figure: float) -> float:
    """A 32-bit figure of Vision's, within 0..1; one that is no number is 0."""
    if math.isnan(figure):
        return 0.0  # NaN in the cache could not be read again, and would be paid for in every run
    return round(min(max(figure, 0.0), 1.0), 6)


def _words(annotations: Iterable[Any]) -> tuple[tuple[str, float], ...]:
    """(description, score) by falling score. Vision leaves `confidence` empty; scores come as 32-bit floats."""
    pairs = [(each.description[:LONGEST_TEXT], _held(each.score)) for each in annotations]
    found = sorted((pair for pair in pairs if pair[0]), key=lambda pair: (-pair[1], pair[0]))
    return tuple(found[:RESULTS])  # whatever a server sends, no more than was asked for
