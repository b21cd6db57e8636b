"""Starts programs that print, to be killed: forks one for every line it reads, `FOLDER TARGET`, and says its number.

Forking from a process that has imported everything makes a start cost milliseconds.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from photopoem.press import open_press
from photopoem.printing.channels import Retry
from photopoem.printing.queue import Queue
from photopoem.printing.targets import PrinterTarget
from photopoem.printing.worker import Worker
from photopoem.services.publish import Renderer, queue_target


def print_all(folder: str, address: str) -> None:
    """Print a queue with short pauses."""
    target = queue_target(address)
    assert isinstance(target, PrinterTarget)
    target.dialogue.answer_within = target.dialogue.accept_within = 0.25
    with Queue(Path(folder)) as queue:
        Worker(queue, target, Renderer(), Retry(pauses=(0.01, 0.02, 0.04))).run()


def main() -> None:
    """Fork, tell, reap; until the input ends."""
    open_press("receipt")
    for line in sys.stdin:
        if line.strip() == "wait":
            _, status = os.wait()
            print(status, flush=True)
            continue
        child = os.fork()
        if child == 0:
            print_all(*line.split())
            os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
