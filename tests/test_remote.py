"""Photographs at addresses: in fsspec's memory and on a real HTTP server."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import fsspec
import pytest

from photopoem.errors import PhotoError, UsageError
from photopoem.labels.registry import open_labeller
from photopoem.photo.discover import find_photos, read_remote
from photopoem.services.executors import Inline
from photopoem.services.pipeline import Done, Settings, write_poems
from tests.command import photopoem
from tests.making import make_photos
from tests.processes import FORKED_WORKERS, Program


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """An HTTP server on loopback over a folder of three photographs; its address."""
    make_photos(tmp_path / "served", 3)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "served"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as http_server:
        thread = threading.Thread(target=http_server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{http_server.server_port}"
        http_server.shutdown()
        thread.join()


def test_memory(samples: list[Path]) -> None:
    """Photographs in fsspec's memory give the poems of the same files on disk, sidecar included."""
    memory = fsspec.filesystem("memory")
    memory.pipe("/show/a.jpg", samples[0].read_bytes())
    memory.pipe("/show/a.jpg.txt", b"orchard")
    memory.pipe("/show/deep/b.jpg", samples[1].read_bytes())
    memory.pipe("/show/notes.txt", b"not a photograph")
    found = find_photos(["memory://show"])
    assert [each.path for each in found] == ["memory:///show/a.jpg", "memory:///show/deep/b.jpg"]
    assert [each.name for each in found] == ["a.jpg", "deep/b.jpg"]
    assert all(each.stamp for each in found)
    outcomes = list(write_poems(found, Settings(labels="local"), open_labeller("local"), Inline()))
    assert all(isinstance(each, Done) for each in outcomes)
    first = outcomes[0]
    assert isinstance(first, Done)
    assert first.poem.subject.moment.keywords == ("orchard",)


def test_http(server: str, tmp_path: Path) -> None:
    """A folder on an HTTP server gives the poems that the folder itself gives, with two jobs too."""
    run = ("run", server, "--labels", "local", "--jobs", "2", "--out", "web")
    assert Program(*run, cwd=tmp_path, before=FORKED_WORKERS).wait() == 0
    photopoem("run", "served", "--labels", "local", "--out", "disk", cwd=tmp_path)
    web = {p.relative_to(tmp_path / "web"): p.read_text() for p in (tmp_path / "web").rglob("*.txt")}
    disk = {p.relative_to(tmp_path / "disk"): p.read_text() for p in (tmp_path / "disk").rglob("*.txt")}
    assert len(web) == 3
    assert web == disk


def test_address_that_is_not_there(server: str) -> None:
    """What is not at an address is told in one line with the address."""
    with pytest.raises(PhotoError, match=r"no\.jpg: cannot be fetched"):
        read_remote(f"{server}/no.jpg")
    with pytest.raises(UsageError, match="unknown"):
        find_photos(["unknown://there"])
