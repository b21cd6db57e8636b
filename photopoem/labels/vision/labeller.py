"""Labels from Google Cloud Vision: requested in parallel batches, and never twice for the same pixels."""

from __future__ import annotations

import io
import math
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from photopoem.errors import LabelError, LabellerUnavailable, UsageError
from photopoem.labels.cache import LONGEST_TEXT, Answer, Key, LabelCache
from photopoem.labels.labeller import LEFT, TOGETHER, Labels, LabelSettings
from photopoem.labels.vision import words as words
from photopoem.labels.vision.credentials import (
    MOST_ANSWERED,
    Access,
    available,
    connect,
    find_access,
    gone_for_good,
    is_too_long,
    one_line,
)
from photopoem.photo.reading import Photo
from photopoem.text.terminal import counted, say_nothing

Feature = Literal["labels", "objects", "landmarks"]
Question = tuple[bytes, tuple[Feature, ...]]
"""A JPEG and the requested features."""
Reply = dict[Feature, Answer] | LabelError

RESULTS = 20
"""The most results per feature and photograph."""
STOPPED = "the run was stopped before Vision answered"


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for Vision, in seconds.

    One attempt may take `attempt`. If the service is busy, silent or unreachable, the next attempt follows after about
    `first`, then after twice as long each time, at most `longest`, until `whole` has passed.
    """

    attempt: float = 20.0
    first: float = 1.0
    longest: float = 8.0
    whole: float = 60.0


class Client:
    """A thread-safe client for Vision. After a permanent failure, every request fails with the same message."""

    def __init__(
        self,
        access: Access,
        timeouts: Timeouts,
        gone: LabellerUnavailable | None = None,
        note: Callable[[str], None] = say_nothing,
    ) -> None:
        """Connects at the first request; `gone` is a known reason why no request is possible.

        `note` reports odd answers to the user.
        """
        self._access, self._timeouts, self.gone, self._note = access, timeouts, gone, note
        self._lock = threading.Lock()
        self._service: Any = None

    def ask(self, questions: Sequence[Question]) -> list[Reply]:
        """A reply for each of at most 16 questions, in the same order; a `LabelError` for each that failed.

        Raises `LabellerUnavailable` if no later request can succeed.
        """
        service = self._connected()
        try:
            replies = self._send(service, questions)
        except Exception as error:
            # The client raises many exceptions; each becomes one message for the run, or one for each photo.
            if self.gone:
                raise self.gone from error
            if is_too_long(error):
                return self._none_of(questions)
            reason = gone_for_good(error, self._access)
            if reason:
                raise self.stop(reason) from error
            said = LabelError(f"Vision failed: {one_line(str(error), self._access)}")
            return [said] * len(questions)
        return _replies(questions, replies)

    def _none_of(self, questions: Sequence[Question]) -> list[Reply]:
        """The stored answer for a response that is too long: no words, so that it is not billed again."""
        many = counted(len(questions), "photograph")
        self._note(f"Vision's answer about {many} is larger than {MOST_ANSWERED >> 20} MB; it is ignored")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return [{feature: Answer((), now) for feature in features} for _, features in questions]

    def stop(self, reason: LabellerUnavailable | None = None) -> LabellerUnavailable:
        """Stop sending requests; returns the first reason given."""
        with self._lock:
            self.gone = self.gone or reason or LabellerUnavailable(STOPPED)
            return self.gone

    def close(self) -> None:
        """Stop, and cancel pending requests."""
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
        # A number would be a deadline for all attempts together, and leave too little for the last.
        timeout = ConstantTimeout(self._timeouts.attempt)  # type: ignore[no-untyped-call]  # it says no types
        reply = service.batch_annotate_images(requests=requests, retry=self._retry(), timeout=timeout)
        return list(reply.responses)

    def _retry(self) -> Any:
        from google.api_core import exceptions
        from google.api_core.retry import Retry

        passing = (exceptions.ServiceUnavailable, exceptions.DeadlineExceeded, exceptions.ResourceExhausted)

        def again(error: BaseException) -> bool:
            # An expired login is reported as an unavailable service.
            passes = isinstance(error, passing) and "invalid_grant" not in str(error)
            return passes and not self.gone and not is_too_long(error)

        return Retry(
            predicate=again,
            initial=self._timeouts.first,
            maximum=self._timeouts.longest,
            timeout=self._timeouts.whole,
        )


def _replies(questions: Sequence[Question], replies: Sequence[Any]) -> list[Reply]:
    """The replies, in the order of the questions."""
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
    """The detected objects and their boxes, by falling score; those without a name or a box are left out."""
    found = []
    for each in annotations:
        corners = each.bounding_poly.normalized_vertices
        across, down = [_held(corner.x) for corner in corners], [_held(corner.y) for corner in corners]
        if each.name and corners:
            box = (min(across), min(down), max(across), max(down))
            found.append(((each.name[:LONGEST_TEXT], _held(each.score)), box))
    found.sort(key=lambda one: (-one[0][1], one))
    del found[RESULTS:]  # no more than was requested, whatever the server sends
    return Answer(tuple(word for word, _ in found), now, tuple(box for _, box in found))


def _held(figure: float) -> float:
    """A 32-bit number from Vision, clamped to 0..1; NaN becomes 0."""
    if math.isnan(figure):
        return 0.0  # NaN in the cache could not be read again, and would be billed in every run
    return round(min(max(figure, 0.0), 1.0), 6)


def _words(annotations: Iterable[Any]) -> tuple[tuple[str, float], ...]:
    """(description, score) by falling score. Vision leaves `confidence` empty; scores are 32-bit floats."""
    pairs = [(each.description[:LONGEST_TEXT], _held(each.score)) for each in annotations]
    found = sorted((pair for pair in pairs if pair[0]), key=lambda pair: (-pair[1], pair[0]))
    return tuple(found[:RESULTS])  # no more than was requested, whatever the server sends


__all__ = ["Cost", "Timeouts", "VisionLabeller", "available", "cost_of", "open_labeller"]

NAME, VERSION = "vision", "v1"
BATCH = 16
"""The most photographs that Vision accepts in one request."""
JPEG_QUALITY = 90
SUREST_PLACE = 0.5
"""A landmark below this score is not used as a place."""

T = TypeVar("T")
Answers = dict[str, dict[Feature, Answer]]
"""Answers by digest of the photograph."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of labelling photographs: `requests` to send and `units` to be billed. Vision bills a unit for each
    feature of each photograph. `left` photographs are left for the next run because of `max_requests`.
    """

    photos: int
    cached: int
    requests: int
    units: int
    left: int = 0

    @property
    def uncached(self) -> int:
        """The number of photographs with missing answers."""
        return self.photos - self.cached


def cost_of(
    digests: Iterable[str],
    settings: LabelSettings | None = None,
    *,
    together: int = TOGETHER,
    objects: bool = False,
) -> Cost:
    """The cost of labelling the photographs with these digests; opens no connection and needs no credentials.

    `together` is the batch size of a run, which decides how full its requests are. `objects` also requests object
    detection, which is billed in addition. Duplicates count once. Raises `StoreError` if the cache cannot be read.
    """
    settings = settings or LabelSettings()
    given = list(digests)
    wanted = _features(settings, objects)
    known = _read(_cache(settings), given, wanted)
    seen: set[str] = set()
    photos = requests = units = left = 0
    for start in range(0, len(given), together):
        missing = {each: _missing(known, each, wanted) for each in given[start : start + together]}
        new = [features for each, features in missing.items() if features and each not in seen]
        seen.update(missing)
        photos += len(new)
        for batch in _batches(new):
            if settings.max_requests is None or requests < settings.max_requests:
                requests, units = requests + 1, units + sum(map(len, batch))
            else:
                left += len(batch)
    return Cost(len(given), len(given) - photos, requests, units, left)


def open_labeller(
    argument: str,
    settings: LabelSettings,
    *,
    timeouts: Timeouts | None = None,
    environ: Mapping[str, str] = os.environ,
) -> VisionLabeller:
    """Open the labeller Vision.

    `argument` is empty, `metadata` to use the machine's own account, `objects` to detect objects as well, or both
    joined by +.

    Without credentials it still opens if the cache has answers, and uses only those. Raises `UsageError`,
    `LabellerUnavailable` or `StoreError`, all before the first photograph is read.
    """
    asked = set(filter(None, argument.split("+")))
    if asked - {"metadata", "objects"}:
        raise UsageError(
            f"vision:{argument} is not known: use vision, vision:objects, or vision:metadata on Google's machines"
        )
    if settings.vision_parallel < 1:
        raise UsageError("at least 1 request must be in flight: --vision-parallel 1")
    cache = _cache(settings)
    access, problem = Access(), None
    try:
        access = find_access(environ, metadata="metadata" in asked, endpoint=settings.endpoint)
    except LabellerUnavailable as error:
        if cache is None or not cache.has_any(_key("labels")):
            raise
        problem = error
        settings.note(f"{error}; only photographs that Vision has labelled before can be used")
    client = Client(access, timeouts or Timeouts(), problem, settings.note)
    return VisionLabeller(settings, client, cache, objects="objects" in asked)


class VisionLabeller:
    """Labels photographs with Vision: from the cache, then in parallel batches of 16.

    Only a JPEG made from `Photo.pixels` leaves the machine. Several threads may call `label`.
    """

    name, version, network = NAME, VERSION, True
    colophon = "people whom Google does not name"

    def __init__(
        self, settings: LabelSettings, client: Client, cache: LabelCache | None, objects: bool = False
    ) -> None:
        """See `open_labeller`; without a cache, every photograph is sent."""
        self._objects, self._features = objects, _features(settings, objects)
        keys = ";".join(_key(feature).parameters for feature in self._features)
        self.parameters = f"{keys};words={words.fingerprint()}"
        self._settings, self._client, self._cache = settings, client, cache
        self._pool = ThreadPoolExecutor(settings.vision_parallel, "vision")
        self._lock = threading.Lock()
        self._requests = 0
        self._places: dict[str, str] = {}

    def label(self, photos: Sequence[Photo]) -> list[Labels | LabelError]:
        """Labels for each photo, in the same order, from the cache or from Vision.

        Raises `LabellerUnavailable` if Vision cannot be used any more; earlier answers are in the cache. Raises
        `StoreError` if paid answers cannot be stored.
        """
        known = _read(self._cache, [photo.digest for photo in photos], self._features)
        missing = {
            photo.digest: (photo, features)
            for photo in photos
            if (features := _missing(known, photo.digest, self._features))
        }
        failed = self._ask_all(list(missing.values()), known)
        return [failed.get(photo.digest) or self._said(photo.digest, known) for photo in photos]

    def place(self, digest: str) -> str | None:
        """The landmark that Vision saw in a photograph labelled with `landmarks`, if it was sure enough."""
        return self._places.get(digest)

    def close(self) -> None:
        """Cancel pending requests; `label` then raises, in whatever thread it runs."""
        self._client.close()
        self._pool.shutdown(wait=False)

    def _said(self, digest: str, known: Answers) -> Labels:
        landmarks = known[digest].get("landmarks", Answer(())).words
        if landmarks and landmarks[0][1] >= SUREST_PLACE:
            self._places[digest] = landmarks[0][0]
        answer = known[digest]["labels"]
        objects = known[digest].get("objects", Answer(()))
        return words.with_objects(words.tidy(answer.words, answer.asked), objects)

    def _ask_all(
        self, missing: list[tuple[Photo, tuple[Feature, ...]]], known: Answers
    ) -> dict[str, LabelError]:
        """Request missing answers, add them to `known`, and return the errors by digest.

        Before a failure is raised, every running request is finished and its answers are stored.
        """
        pending: list[Future[tuple[Answers, dict[str, LabelError]]]] = []
        failed: dict[str, LabelError] = {}
        for batch in _batches(missing):
            if self._client.gone:
                break
            if self._take_request():
                pending.append(self._pool.submit(self._ask, batch))
            else:
                failed.update({photo.digest: LabelError(LEFT) for photo, _ in batch})
        wait(pending)
        if missing and self._client.gone:
            raise self._client.gone
        for future in pending:
            answered, refused = future.result()
            failed.update(refused)
            for digest, answers in answered.items():
                known.setdefault(digest, {}).update(answers)
        return failed

    def _take_request(self) -> bool:
        with self._lock:
            limit = self._settings.max_requests
            if limit is not None and self._requests >= limit:
                return False
            self._requests += 1
            return True

    def _ask(self, batch: list[tuple[Photo, tuple[Feature, ...]]]) -> tuple[Answers, dict[str, LabelError]]:
        """Send one request; its answers are in the cache when this returns."""
        questions: list[Question] = [(to_jpeg(photo), features) for photo, features in batch]
        known: Answers = {}
        failed: dict[str, LabelError] = {}
        for (photo, _), reply in zip(batch, self._client.ask(questions), strict=True):
            if isinstance(reply, LabelError):
                failed[photo.digest] = reply
            else:
                known[photo.digest] = reply
        if self._cache:
            for feature in self._features:
                answers = {digest: each[feature] for digest, each in known.items() if feature in each}
                self._cache.put(_key(feature), answers)
        return known, failed


def to_jpeg(photo: Photo) -> bytes:
    """The pixels as a JPEG, without EXIF, name, profile or anything else from the file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(photo.pixels).save(buffer, "JPEG", quality=JPEG_QUALITY)
    return buffer.getvalue()


def _features(settings: LabelSettings, objects: bool) -> tuple[Feature, ...]:
    found: list[Feature] = ["labels"]
    if objects:
        found.append("objects")
    if settings.landmarks:
        found.append("landmarks")
    return tuple(found)


def _key(feature: Feature) -> Key:
    """The cache key of a feature. Each has its own, so that requesting landmarks later bills landmarks alone."""
    return Key(NAME, VERSION, f"{feature}={RESULTS};jpeg={JPEG_QUALITY}")


def _cache(settings: LabelSettings) -> LabelCache | None:
    return LabelCache(settings.cache_dir, note=settings.note) if settings.use_cache else None


def _read(cache: LabelCache | None, digests: Iterable[str], features: Sequence[Feature]) -> Answers:
    known: Answers = {}
    if cache is not None:
        wanted = list(digests)
        for feature in features:
            for digest, answer in cache.get(_key(feature), wanted).items():
                known.setdefault(digest, {})[feature] = answer
    return known


def _missing(known: Answers, digest: str, features: Sequence[Feature]) -> tuple[Feature, ...]:
    return tuple(each for each in features if each not in known.get(digest, {}))


def _batches(items: Sequence[T]) -> list[list[T]]:
    return [list(items[start : start + BATCH]) for start in range(0, len(items), BATCH)]
