"""Labels from Google Cloud Vision: asked in batches, several in flight, and never twice for the same pixels."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import TypeVar

from photopoem.errors import LabelError, LabellerUnavailable, UsageError
from photopoem.labels.cache import Answer, Key, LabelCache
from photopoem.labels.labeller import LEFT, TOGETHER, Labels, LabelSettings
from photopoem.labels.vision import words as words
from photopoem.labels.vision.client import RESULTS, Client, Feature, Question, Timeouts
from photopoem.labels.vision.credentials import Access, available, find_access
from photopoem.photo.reading import Photo

__all__ = ["Cost", "Timeouts", "VisionLabeller", "available", "cost_of", "open_labeller"]

NAME, VERSION = "vision", "v1"
BATCH = 16
"""Photographs in one request: as many as Vision takes."""
JPEG_QUALITY = 90
SUREST_PLACE = 0.5
"""A landmark below this score names no place."""

T = TypeVar("T")
Answers = dict[str, dict[Feature, Answer]]
"""The answers about photographs, by digest."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What labelling photographs would cost: `requests` that would be sent, `units` that would be billed.

    Vision bills a unit for each feature of each photograph. `left` photographs would wait for next time,
    because `max_requests` is reached.
    """

    photos: int
    cached: int
    requests: int
    units: int
    left: int = 0

    @property
    def uncached(self) -> int:
        """Photographs that Vision has not been asked everything about yet."""
        return self.photos - self.cached


def cost_of(
    digests: Iterable[str],
    settings: LabelSettings | None = None,
    *,
    together: int = TOGETHER,
    objects: bool = False,
) -> Cost:
    """What labelling the photographs with these digests would cost; opens no connection and needs no credentials.

    `together` is how many photographs a run labels at a time, which decides how full its requests are; with
    `objects` Vision is asked where things lie, too, which is billed beside the labels. The same photograph twice is
    asked about once. Raises `StoreError` where the cache cannot be read.
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
    """Vision, ready to be asked.

    `argument` is empty, `metadata` to ask as the machine's own account, `objects` to ask where things lie as
    well, or both with a + between.

    Without credentials it still opens if the cache has answers, to read those. Raises `UsageError`,
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
        access = find_access(environ, metadata="metadata" in asked)
    except LabellerUnavailable as error:
        if cache is None or not cache.has_any(_key("labels")):
            raise
        problem = error
        settings.note(f"{error}; only photographs that Vision has labelled before can be used")
    client = Client(access, timeouts or Timeouts(), problem)
    return VisionLabeller(settings, client, cache, objects="objects" in asked)


class VisionLabeller:
    """Asks Vision what is in photographs: the cache first, then batches of 16, several in flight.

    What leaves the machine is a JPEG made of `Photo.pixels` alone. Several threads may call `label`.
    """

    name, version, network = NAME, VERSION, True
    colophon = "people whom Google does not name"

    def __init__(
        self, settings: LabelSettings, client: Client, cache: LabelCache | None, objects: bool = False
    ) -> None:
        """See `open_labeller`; without a cache every photograph is asked about."""
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

        Raises `LabellerUnavailable` where Vision cannot be asked any more; what it answered until then is in
        the cache. Raises `StoreError` where answers that were paid for cannot be kept.
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
        """The landmark that Vision saw in a photograph it labelled with `landmarks`, where it was sure enough."""
        return self._places.get(digest)

    def close(self) -> None:
        """Break off the requests in flight; `label` then raises, in whatever thread it runs."""
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
        """Ask for what is missing, add the answers to `known`, and return the errors by digest.

        Every request that has begun is waited for, and its answers are kept, before a failure is raised.
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
        """One request; its answers are in the cache when this returns."""
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
    """The pixels as a JPEG, with no EXIF, name, profile or anything else from the file."""
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
    """The cache key of a feature. Each has its own, so that asking for landmarks later pays for landmarks alone."""
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
