"""Does what a studio does and is killed in the middle: forks one for every line it reads, and says how that ended.

A line is JSON: the folder, the act with what it is given, and at which change to a file the program is killed with
SIGKILL. A fork costs milliseconds, for the grammars were read with the words of its folder before.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from photopoem.grammar import load_grammar
from photopoem.studio.server import ACTS
from photopoem.studio.wall import Wall

CHANGES = ("os.rename", "os.remove", "os.truncate")
"""What changes a file, as Python's audit events call it, beside opening one for writing."""
WRITES = os.O_WRONLY | os.O_RDWR


def act(folder: str, asked: list[tuple[str, dict[str, Any]]], fatal: int) -> None:
    """Do these acts one after the other, the last of them until its change number `fatal` to a file."""
    wall = Wall(Path(folder), f"{folder}/words.toml")
    wall.look()
    *before, (name, given) = asked
    for each, of in before:
        ACTS[each](wall, of)
    changes = 0

    def count(event: str, told: tuple[Any, ...]) -> None:
        nonlocal changes
        written = event == "open" and isinstance(told[2], int) and told[2] & WRITES
        if not written and event not in CHANGES:
            return
        if changes == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        changes += 1

    sys.addaudithook(count)
    ACTS[name](wall, given)


def main() -> None:
    """Fork, wait, tell; until the input ends."""
    for line in sys.stdin:
        folder, acts, fatal = json.loads(line)
        for name in ("i-can-remember", "haiku"):
            _ = load_grammar(name, lexicon=(f"{folder}/words.toml",)).lexicon
        child = os.fork()
        if child == 0:
            act(folder, acts, fatal)
            os._exit(0)
        print(os.waitpid(child, 0)[1], flush=True)
