"""A studio that runs in this process, for the tests of its page and of its doors."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from photopoem.photo.discover import Found
from photopoem.poem import Poem, record
from photopoem.poems.folder import PoemsFolder
from photopoem.poems.text import as_text
from photopoem.studio.server import Studio
from photopoem.studio.wall import Wall


@contextmanager
def studio(folder: Path, **options: Any) -> Iterator[Studio]:
    """A studio on a folder of poems, served until the block ends."""
    running = Studio(Wall(folder, str(folder / "words.toml")), **options)
    bound = running.bind()
    servers: list[Any] = []
    thread = threading.Thread(target=running.serve, args=(bound,), kwargs={"ready": servers.append})
    thread.start()
    try:
        until(lambda: bool(servers) and servers[0].started)
        yield running
    finally:
        servers[0].should_exit = True
        thread.join(timeout=20)
        bound.close()
    assert not thread.is_alive()


def write(folder: Path, poem: Poem, name: str = "photo.jpg") -> None:
    """Write a poem into a folder of poems, as a run does."""
    with PoemsFolder(folder) as open_folder:
        open_folder.add(record(poem), Found(poem.subject.path, name, "1-1"), "settings", as_text(poem))


def until(holds: Any, seconds: float = 10.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold in time"
        time.sleep(0.02)
