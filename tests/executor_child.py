"""Work for a pool's processes, which import this file: of its own, for what a test file imports takes a second."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def work(batch: tuple[Path, ...]) -> list[str]:
    """Give back names; a photograph called dies.jpg takes its process down, sick.jpg only the first time."""
    for path in batch:
        marker = path.with_suffix(".mark")
        if path.name == "dies.jpg" or (path.name == "sick.jpg" and not marker.exists()):
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return [path.name for path in batch]
