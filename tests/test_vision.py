"""Labels from Vision: the real client against a real gRPC server on this machine."""

from __future__ import annotations

import io
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.cloud import vision_v1 as v1
from PIL import Image

from photopoem.errors import LabelError, LabellerUnavailable
from photopoem.labels.labeller import Labeller
from photopoem.labels.vision.labeller import Timeouts
from photopoem.photo.reading import read_photo
from tests.vision_server import (
    HASTY,
    Open,
    VisionServer,
    gray,
    grays,
    in_turn,
    label,
    of_gray,
    refusing,
    replies,
    serving,
    tell_gray,
    texts,
)

CODE = grpc.StatusCode


def test_forty_photos_are_three_requests(opened: Open) -> None:
    """Forty photos go out as 16, 16 and 8, and every photo gets its own labels back."""
    with serving() as server:
        answers = opened(server).label(grays(40))
    assert sorted(server.sizes) == [8, 16, 16]
    assert [texts(each) for each in answers] == [[f"gray thing {level}"] for level in range(40)]


def test_it_is_a_labeller(opened: Open) -> None:
    """Vision keeps the promise that every labeller makes, and its labels carry name, score and date."""
    with serving(replies([label("Sky", 0.75), label("Dog", 0.98)])) as server:
        labeller = opened(server)
        assert isinstance(labeller, Labeller)
        ((dog, sky),) = labeller.label(grays(1))  # type: ignore[misc]  # it is no error
    assert (dog.text, dog.score, dog.labeller, dog.kind) == ("dog", 0.98, "vision", "thing")
    assert (sky.text, sky.score, sky.kind) == ("sky", 0.75, "scene")
    assert dog.asked == time.strftime("%Y-%m-%d", time.gmtime())


def test_labels_are_asked_for_by_twenty(opened: Open) -> None:
    """Each picture is sent with LABEL_DETECTION for 20 results, and nothing else."""
    with serving() as server:
        opened(server).label(grays(1))
    (asked,) = server.requests[0].requests
    assert [(each.type_, each.max_results) for each in asked.features] == [
        (v1.Feature.Type.LABEL_DETECTION, 20)
    ]
    assert not asked.image.source.image_uri
    assert not asked.image_context


def test_no_more_than_the_given_number_are_in_flight(opened: Open) -> None:
    """With two in flight, two requests are under way at once and never three."""
    together = threading.Barrier(2, timeout=20)

    def meet(request: Any, context: Any) -> Any:
        together.wait()  # breaks, and fails the request, where they do not come in pairs
        time.sleep(0.02)
        return tell_gray(request, context)

    with serving(meet) as server:
        answers = opened(server, Timeouts(), vision_parallel=2).label(grays(96))
    assert not [each for each in answers if isinstance(each, LabelError)]
    assert server.most_at_once == 2


def test_the_same_photo_twice_is_sent_once(opened: Open) -> None:
    """Two files with the same pixels are one question and two answers."""
    with serving() as server:
        answers = opened(server).label([of_gray(5), of_gray(6), of_gray(5)])
    assert server.sizes == [2]
    assert [texts(each) for each in answers] == [["gray thing 5"], ["gray thing 6"], ["gray thing 5"]]


def test_what_leaves_the_machine_is_pixels_alone(opened: Open, tmp_path: Path) -> None:
    """The bytes that arrive are a JPEG of at most 640 px with no EXIF, place, profile, comment or name."""
    exif = Image.Exif()
    exif[0x010E] = "a secret description"
    exif[0x013B] = "a secret artist"
    exif.get_ifd(0x8825).update({1: "N", 2: (50.0, 51.0, 0.0), 3: "E", 4: (4.0, 21.0, 0.0)})
    path = tmp_path / "secret-name.jpg"
    picture = Image.linear_gradient("L").resize((1600, 1200)).convert("RGB")
    picture.save(path, exif=exif, comment=b"a secret comment", icc_profile=b"a secret profile" * 40)
    assert b"secret artist" in path.read_bytes()
    with serving() as server:
        opened(server).label([read_photo(path)])
    (sent,) = server.pictures()
    assert b"secret" not in sent
    assert b"Exif" not in sent
    with Image.open(io.BytesIO(sent)) as image:
        assert image.format == "JPEG"
        assert max(image.size) <= 640
        assert not image.getexif()
        assert not {"comment", "exif", "icc_profile", "xmp", "photoshop"} & set(image.info)
    whole = bytes(v1.BatchAnnotateImagesRequest.serialize(server.requests[0]))
    assert b"secret" not in whole


# -- failing


def test_a_bad_image_inside_a_batch_is_one_error(opened: Open) -> None:
    """One refused picture is one error with Vision's words on one line; the other fifteen get labels."""

    def refuse_seven(request: Any, context: Any) -> Any:
        reply = tell_gray(request, context)
        for each, asked in zip(reply.responses, request.requests, strict=True):
            if gray(asked.image.content) == 7:
                each.label_annotations.clear()
                each.error.code, each.error.message = 3, "Bad image\ndata. \x1b[31m"
        return reply

    with serving(refuse_seven) as server:
        answers = opened(server).label(grays(16))
        error = answers.pop(7)
        assert isinstance(error, LabelError)
        assert str(error) == "Vision refused it: Bad image data. \\x1b[31m"
        assert len([texts(each) for each in answers]) == 15
        server.answer = tell_gray
        assert texts(opened(server).label(grays(16))[7]) == ["gray thing 7"]
    assert server.sizes == [16, 1]


def test_too_many_requests_are_tried_again(opened: Open) -> None:
    """429 twice and then an answer is an answer."""
    busy = refusing(CODE.RESOURCE_EXHAUSTED, "Quota exceeded")
    with serving(in_turn(busy, busy, tell_gray)) as server:
        assert texts(opened(server).label(grays(1))[0]) == ["gray thing 0"]
    assert server.sizes == [1, 1, 1]


def test_a_quota_that_stays_used_up_ends_it(opened: Open) -> None:
    """429 for longer than there is patience is one line that says quota."""
    with (
        serving(refusing(CODE.RESOURCE_EXHAUSTED, "Quota exceeded")) as server,
        pytest.raises(LabellerUnavailable, match="quota") as caught,
    ):
        opened(server, HASTY).label(grays(1))
    assert "\n" not in str(caught.value)
    assert len(server.sizes) > 1


def test_a_server_that_hangs_is_given_up(opened: Open) -> None:
    """A server that never answers is retried until the time is over, and then given up."""
    release = threading.Event()

    def hang(_request: Any, _context: Any) -> Any:
        release.wait(30)

    with serving(hang) as server:
        began = time.monotonic()
        with pytest.raises(LabellerUnavailable, match="does not answer"):
            opened(server, replace(HASTY, attempt=0.4, whole=1.5)).label(grays(1))
        took = time.monotonic() - began
        release.set()
    assert took < 15
    assert len(server.sizes) >= 2


def test_a_late_attempt_has_its_full_time(opened: Open) -> None:
    """Time spent on refusals is not taken from the attempt that is answered slowly."""
    busy = refusing(CODE.RESOURCE_EXHAUSTED, "Quota exceeded")

    def slow(request: Any, context: Any) -> Any:
        time.sleep(1.1)
        return tell_gray(request, context)

    patience = Timeouts(attempt=1.5, first=0.2, longest=0.2, whole=20)
    with serving(in_turn(*[busy] * 6, slow)) as server:
        assert texts(opened(server, patience).label(grays(1))[0]) == ["gray thing 0"]
    assert len(server.sizes) == 7


def test_a_server_that_dies_keeps_what_it_said(opened: Open) -> None:
    """When the server dies in the middle, that is one line, and what it answered before is not asked again."""
    server = VisionServer()

    def answer_then_die(request: Any, context: Any) -> Any:
        if len(server.requests) == 2:
            threading.Thread(target=server.stop).start()
            while context.is_active():
                time.sleep(0.01)
        return tell_gray(request, context)

    server.answer = answer_then_die
    with pytest.raises(LabellerUnavailable, match="cannot be reached") as caught:
        opened(server, HASTY, vision_parallel=1).label(grays(48))
    assert "\n" not in str(caught.value)
    with serving() as other:
        assert len(opened(other).label(grays(48))) == 48
    assert sorted(other.sizes) == [16, 16]


def test_a_server_that_comes_back_is_waited_for(opened: Open) -> None:
    """A server that is away for a moment costs patience, not photographs."""
    first = VisionServer()
    port = first.port
    labeller = opened(first, Timeouts(attempt=5, first=0.1, longest=0.3, whole=30))
    labeller.label(grays(1))
    first.stop()
    later: list[VisionServer] = []
    timer = threading.Timer(0.5, lambda: later.append(VisionServer(port=port)))
    timer.start()
    try:
        assert texts(labeller.label(grays(1, first=9))[0]) == ["gray thing 9"]
    finally:
        timer.join()
        later[0].stop()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            refusing(CODE.UNAUTHENTICATED, "Request had invalid credentials."),
            "does not know these credentials",
        ),
        (refusing(CODE.PERMISSION_DENIED, "The caller\nmay not."), "not allowed .*: The caller may not"),
        (
            refusing(CODE.PERMISSION_DENIED, "…", "SERVICE_DISABLED", "projects/77"),
            "not enabled in projects/77: enable it at https://console.cloud.google.com/",
        ),
        (
            refusing(CODE.PERMISSION_DENIED, "…", "BILLING_DISABLED", "projects/77"),
            "needs billing in projects/77",
        ),
        (refusing(CODE.PERMISSION_DENIED, "…", "API_KEY_SERVICE_BLOCKED"), "PHOTOPOEM_VISION_API_KEY"),
        (
            refusing(
                CODE.INVALID_ARGUMENT, "API key not valid. Please pass a valid API key.", "API_KEY_INVALID"
            ),
            "PHOTOPOEM_VISION_API_KEY",
        ),
        (refusing(CODE.UNIMPLEMENTED, "unknown service"), "does not offer Vision"),
    ],
)
def test_what_will_not_change_stops_it_at_once(opened: Open, answer: Any, says: str) -> None:
    """No account, no permission, no billing: one line with what to do, no second try, and nothing more is sent."""
    with serving(answer) as server:
        labeller = opened(server, Timeouts(), vision_parallel=1)
        began = time.monotonic()
        with pytest.raises(LabellerUnavailable, match=says) as caught:
            labeller.label(grays(48))
        with pytest.raises(LabellerUnavailable, match=says):
            labeller.label(grays(1, first=100))
        assert time.monotonic() - began < 10
    assert "\n" not in str(caught.value)
    assert server.sizes == [16]


def test_a_batch_that_fails_alone_is_an_error_for_its_photos(opened: Open) -> None:
    """An error that says nothing of the next batch fails its own photos, and the rest get labels."""
    with serving(in_turn(refusing(CODE.INTERNAL, "oh"), tell_gray)) as server:
        answers = opened(server, vision_parallel=1).label(grays(20))
    assert [isinstance(each, LabelError) for each in answers] == [True] * 16 + [False] * 4
    assert "oh" in str(answers[0])


def test_too_few_replies_are_errors(opened: Open) -> None:
    """Replies that cannot be matched to the pictures are not guessed at."""
    with serving(replies([label("Dog")])) as server:
        answers = opened(server).label(grays(2))
    assert all(isinstance(each, LabelError) and "1 of 2" in str(each) for each in answers)


def test_closing_breaks_off_what_is_in_flight(opened: Open) -> None:
    """Closing ends a label call in another thread at once, though its server never answers."""
    release, arrived = threading.Event(), threading.Event()

    def hang(_request: Any, _context: Any) -> Any:
        arrived.set()
        release.wait(30)

    caught: list[BaseException] = []
    with serving(hang) as server:
        labeller = opened(server, Timeouts(), vision_parallel=1)

        def ask() -> None:
            try:
                labeller.label(grays(48))
            except LabellerUnavailable as error:
                caught.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        assert arrived.wait(10)
        labeller.close()
        thread.join(5)
        assert not thread.is_alive()
        release.set()
    assert [str(each) for each in caught] == ["the run was stopped before Vision answered"]
    assert server.sizes == [16]
