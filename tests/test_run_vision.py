"""Runs that ask Vision: by the command, against a server on loopback."""

from __future__ import annotations

import json
import signal
import threading
import time
from pathlib import Path

import grpc

from tests.command import photopoem
from tests.making import make_photos
from tests.processes import Program
from tests.vision_server import in_turn, refusing, serving, tell_gray


def labellers(folder: Path) -> list[str]:
    """The labeller of each record."""
    return [json.loads(line)["labeller"] for line in (folder / "poems.jsonl").read_text().splitlines()]


def test_run_asks_vision_once(tmp_path: Path) -> None:
    """20 photographs are asked about in two requests, and a second run with another seed asks nothing."""
    make_photos(tmp_path / "photos", 20)
    with serving() as server:
        env = {"PHOTOPOEM_VISION_ENDPOINT": server.endpoint, "PHOTOPOEM_CACHE_DIR": str(tmp_path / "cache")}
        done = photopoem("run", "photos", cwd=tmp_path, **env)
        assert "labels: vision" in done.stderr
        assert sorted(server.sizes) == [4, 16]
        photopoem("run", "photos", "--seed", "3", cwd=tmp_path, **env)
        assert len(server.sizes) == 2
    assert labellers(tmp_path / "poems") == ["vision"] * 20


def test_dry_run_counts_and_asks_nobody(tmp_path: Path) -> None:
    """--dry-run says what is cached, how many requests and units there would be, and sends and writes nothing."""
    make_photos(tmp_path / "photos", 27)
    with serving() as server:
        env = {"PHOTOPOEM_VISION_ENDPOINT": server.endpoint, "PHOTOPOEM_CACHE_DIR": str(tmp_path / "cache")}
        photopoem("run", "photos/0", "--out", "some", cwd=tmp_path, **env)
        asked = len(server.sizes)
        done = photopoem("run", "photos", "--dry-run", cwd=tmp_path, **env)
        assert len(server.sizes) == asked
    assert "photographs: 27" in done.stdout
    assert "9 in the cache, 18 to ask about" in done.stdout
    assert "requests: 2; billable units: 18" in done.stdout
    assert not (tmp_path / "poems").exists()


def test_max_requests_stops_short_of_a_bill(tmp_path: Path) -> None:
    """--max-requests leaves the rest for the next run, which pays only for that."""
    make_photos(tmp_path / "photos", 20)
    with serving() as server:
        env = {"PHOTOPOEM_VISION_ENDPOINT": server.endpoint, "PHOTOPOEM_CACHE_DIR": str(tmp_path / "cache")}
        done = photopoem("run", "photos", "--max-requests", "1", cwd=tmp_path, code=1, **env)
        assert "16 written, 4 left for the next run by --max-requests" in done.stderr
        assert len(done.stderr.splitlines()) == 2
        photopoem("run", "photos", cwd=tmp_path, **env)
        assert sorted(server.sizes) == [4, 16]
    assert len(labellers(tmp_path / "poems")) == 20


def test_auto_hands_over_to_the_built_in_labeller(tmp_path: Path) -> None:
    """With auto, if Vision fails permanently, local labels the rest; a line says so once, and those poems name it."""
    make_photos(tmp_path / "photos", 66)
    denied = refusing(grpc.StatusCode.PERMISSION_DENIED, "billing is off")
    with serving(in_turn(tell_gray, tell_gray, tell_gray, tell_gray, denied)) as server:
        env = {"PHOTOPOEM_VISION_ENDPOINT": server.endpoint, "PHOTOPOEM_CACHE_DIR": str(tmp_path / "cache")}
        command = ("run", "photos", "--labels", "auto", "--jobs", "1", "--grammar", "inventory")
        done = photopoem(*command, cwd=tmp_path, **env)
    assert done.stderr.count("using the built-in labeller for the rest") == 1
    told = labellers(tmp_path / "poems")
    assert told[:64] == ["vision"] * 64
    assert set(told[64:]) == {"local (for vision)"}


def test_vision_that_refuses_ends_the_run(tmp_path: Path) -> None:
    """With --labels vision, a Vision that refuses for good ends the run with one line that says what to do."""
    make_photos(tmp_path / "photos", 3)
    with serving(refusing(grpc.StatusCode.UNAUTHENTICATED, "no")) as server:
        env = {"PHOTOPOEM_VISION_ENDPOINT": server.endpoint, "PHOTOPOEM_CACHE_DIR": str(tmp_path / "cache")}
        done = photopoem("run", "photos", "--labels", "vision", "--quiet", cwd=tmp_path, code=2, **env)
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_broken_credentials_with_auto(tmp_path: Path) -> None:
    """With auto and a missing key file, one line says so, and the built-in labeller is used."""
    make_photos(tmp_path / "photos", 2)
    done = photopoem(
        "run", "photos", cwd=tmp_path, GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path / "gone.json")
    )
    assert "gone.json" in done.stderr
    assert labellers(tmp_path / "poems") == ["local", "local"]


def test_ctrl_c_does_not_wait_for_a_silent_vision(tmp_path: Path) -> None:
    """Ctrl-C twice ends a run in seconds while Vision says nothing at all."""
    make_photos(tmp_path / "photos", 20)
    release = threading.Event()

    def hang(request: object, context: object) -> None:
        release.wait(60)

    with serving(hang) as server:
        environ = {"HOME": str(tmp_path), "PHOTOPOEM_VISION_ENDPOINT": server.endpoint}
        said = tmp_path / "errors"
        run = Program("run", "photos", "--labels", "vision", cwd=tmp_path, err=said, environ=environ)
        deadline = time.monotonic() + 60
        while not server.sizes and time.monotonic() < deadline:
            time.sleep(0.02)
        begun = time.monotonic()
        run.send_signal(signal.SIGINT)
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        ended = run.wait(30)
        took = time.monotonic() - begun
        release.set()
    assert took < 10
    assert "Traceback" not in said.read_text()
    assert ended == 130
