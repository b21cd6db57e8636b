"""A Vision service on this machine: real gRPC, the client package's own messages, answers that tests choose."""

from __future__ import annotations

import hashlib
import io
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # read when grpc is imported: servers that die are meant here

import grpc
import numpy as np
from google.cloud import vision_v1 as v1
from PIL import Image

from photopoem.errors import LabelError
from photopoem.labels.labeller import Labels, LabelSettings
from photopoem.labels.vision.labeller import Timeouts, VisionLabeller, open_labeller
from photopoem.photo.reading import Photo

Answering = Callable[[Any, Any], Any]
Open = Callable[..., VisionLabeller]

EAGER = Timeouts(attempt=20, first=0.01, longest=0.05, whole=60)
"""Tries again at once, and holds out on a machine that has much else to do."""
HASTY = Timeouts(attempt=20, first=0.01, longest=0.05, whole=1)
"""The same, for a service that is to be given up."""


def gray(jpeg: bytes) -> int:
    """The gray of a picture of one gray, as it arrived."""
    with Image.open(io.BytesIO(jpeg)) as image:
        return round(float(np.asarray(image).mean()))


def of_gray(level: int) -> Photo:
    """A small photo of one gray, 0 to 255: a different one for each level."""
    pixels = np.full((8, 12, 3), level, np.uint8)
    digest = hashlib.sha256(b"8 12" + pixels.tobytes()).hexdigest()
    return Photo(f"/home/someone/secret name {level}.jpg", pixels, pixels, digest, (12, 8))


def label(text: str, score: float = 0.9) -> Any:
    """One annotation."""
    return v1.EntityAnnotation(description=text, score=score)


def tell_gray(request: Any, _context: Any) -> Any:
    """Every picture's label is its gray, as `Gray thing 7`: so answers can be matched to pictures."""
    return v1.BatchAnnotateImagesResponse(
        responses=[
            v1.AnnotateImageResponse(label_annotations=[label(f"Gray thing {gray(each.image.content)}")])
            for each in request.requests
        ]
    )


class VisionServer:
    """Answers `BatchAnnotateImages` on a port of 127.0.0.1 and keeps what it was asked."""

    def __init__(self, answer: Answering = tell_gray, workers: int = 8, port: int = 0) -> None:
        """`answer` takes the request and gRPC's context; it may abort, wait or sleep."""
        self.answer = answer
        self.requests: list[Any] = []
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()
        self._server = grpc.server(futures.ThreadPoolExecutor(workers))
        handler = grpc.unary_unary_rpc_method_handler(
            self._handle,
            request_deserializer=v1.BatchAnnotateImagesRequest.deserialize,
            response_serializer=v1.BatchAnnotateImagesResponse.serialize,
        )
        service = "google.cloud.vision.v1.ImageAnnotator"
        self._server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler(service, {"BatchAnnotateImages": handler})]
        )
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()

    @property
    def endpoint(self) -> str:
        """What PHOTOPOEM_VISION_ENDPOINT must say."""
        return f"127.0.0.1:{self.port}"

    @property
    def sizes(self) -> list[int]:
        """How many pictures each request held, in the order of arrival."""
        return [len(each.requests) for each in self.requests]

    def pictures(self) -> list[bytes]:
        """Every picture that arrived."""
        return [each.image.content for request in self.requests for each in request.requests]

    def stop(self) -> None:
        """Die at once."""
        self._server.stop(0).wait()

    def _handle(self, request: Any, context: Any) -> Any:
        with self._lock:
            self.requests.append(request)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self.answer(request, context)
        finally:
            with self._lock:
                self.at_once -= 1


@contextmanager
def serving(answer: Answering = tell_gray) -> Iterator[VisionServer]:
    """A server for the length of a block."""
    server = VisionServer(answer)
    try:
        yield server
    finally:
        server.stop()


def refusing(code: Any, message: str, reason: str = "", consumer: str = "") -> Answering:
    """Answers with an error, as Google gives its details."""

    def refuse(_request: Any, context: Any) -> Any:
        if not reason:
            context.abort(code, message)
        from google.protobuf.any_pb2 import Any as Packed
        from google.rpc import error_details_pb2, status_pb2
        from grpc_status import rpc_status

        info = error_details_pb2.ErrorInfo(
            reason=reason, domain="googleapis.com", metadata={"consumer": consumer, "service": "vision"}
        )
        packed = Packed()
        packed.Pack(info)
        status = status_pb2.Status(code=code.value[0], message=message, details=[packed])
        context.abort_with_status(rpc_status.to_status(status))

    return refuse


def in_turn(*answers: Answering) -> Answering:
    """The first answer for the first request, and so on; the last for all that follow."""
    lock, rest = threading.Lock(), list(answers)

    def answer(request: Any, context: Any) -> Any:
        with lock:
            chosen = rest.pop(0) if len(rest) > 1 else rest[0]
        return chosen(request, context)

    return answer


def thing(name: str, box: tuple[float, float, float, float], score: float = 0.8) -> Any:
    """One object with its box: left, top, right, bottom, in 0..1."""
    left, top, right, bottom = box
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    vertices = [v1.NormalizedVertex(x=x, y=y) for x, y in corners]
    return v1.LocalizedObjectAnnotation(
        name=name, score=score, bounding_poly=v1.BoundingPoly(normalized_vertices=vertices)
    )


def tell(labels: Sequence[Any], things: Sequence[Any] = ()) -> Answering:
    """The same labels and things for every picture, each only where it was asked for."""

    def answer(request: Any, _context: Any) -> Any:
        kinds = v1.Feature.Type
        return v1.BatchAnnotateImagesResponse(
            responses=[
                v1.AnnotateImageResponse(
                    label_annotations=labels if kinds.LABEL_DETECTION in asked else [],
                    localized_object_annotations=things if kinds.OBJECT_LOCALIZATION in asked else [],
                )
                for each in request.requests
                if (asked := [feature.type_ for feature in each.features])
            ]
        )

    return answer


def replies(*answers: Sequence[Any]) -> Answering:
    """For each picture of a request its labels, given in order."""

    def answer(request: Any, _context: Any) -> Any:
        return v1.BatchAnnotateImagesResponse(
            responses=[
                v1.AnnotateImageResponse(label_annotations=each)
                for each, _ in zip(answers, request.requests, strict=False)
            ]
        )

    return answer


@contextmanager
def opening(folder: Path) -> Iterator[Open]:
    """Opens labellers that speak to a server of the test and share a cache in `folder`; closes them at the end."""
    labellers: list[VisionLabeller] = []

    def open_(
        server: VisionServer, timeouts: Timeouts = EAGER, argument: str = "", **settings: Any
    ) -> VisionLabeller:
        environ = {"PHOTOPOEM_VISION_ENDPOINT": server.endpoint, "HOME": str(folder)}
        told = LabelSettings(cache_dir=folder / "cache", **settings)
        labellers.append(open_labeller(argument, told, timeouts=timeouts, environ=environ))
        return labellers[-1]

    yield open_
    for labeller in labellers:
        labeller.close()


def grays(count: int, first: int = 0) -> list[Photo]:
    """Photos of one gray each, all different."""
    return [of_gray(level) for level in range(first, first + count)]


def texts(answer: Labels | LabelError) -> list[str]:
    """The words of an answer, which must be one."""
    assert not isinstance(answer, LabelError), answer
    return [each.text for each in answer]
