"""Damaged pictures of every kind, made by chance: each gives a poem or one line, in little memory and time."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest

from photopoem.photo.limits import MOST_MEMORY
from tests.conftest import Rounds
from tests.formats import READ, REFUSED
from tests.processes import FORKED_WORKERS, Program

SIDE = 96
MEMORY = MOST_MEMORY + 400_000_000
"""Bytes that a process may take: what `limits` allows one photograph, and the program itself."""
LIMITED = f"import resource; resource.setrlimit(resource.RLIMIT_DATA, ({MEMORY}, {MEMORY}))\n"
NUMBERS = (
    b"\0",
    b"\1",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\0\0\0\0",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"\0\0\xff\xff",
)
"""Where a decoder reads a size or a count, these are the ones that programs forget."""
UNFORESEEN = ("unexpected", "Traceback", "memory", "the system ended")
"""What stands in a line that no code was written for, or that a limit should have prevented."""

Mutate = Callable[[bytearray, random.Random], None]


def flip(data: bytearray, chance: random.Random) -> None:
    """Change single bits."""
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        data[_place(data, chance)] ^= 1 << chance.randrange(8)


def number(data: bytearray, chance: random.Random) -> None:
    """Put an extreme number somewhere, mostly near the beginning, where headers are."""
    for _ in range(chance.choice((1, 1, 2, 5))):
        value, at = chance.choice(NUMBERS), _place(data, chance)
        data[at : at + len(value)] = value


def cut(data: bytearray, chance: random.Random) -> None:
    """End the file early."""
    del data[_place(data, chance) + 1 :]


def leave_out(data: bytearray, chance: random.Random) -> None:
    """Remove a piece."""
    at = _place(data, chance)
    del data[at : at + chance.randrange(1, 40)]


def repeat(data: bytearray, chance: random.Random) -> None:
    """Let a piece come many times."""
    at = _place(data, chance)
    data[at:at] = data[at : at + chance.randrange(1, 200)] * chance.choice((1, 2, 50, 2000))


def fill(data: bytearray, chance: random.Random) -> None:
    """Write nonsense over a piece."""
    at = _place(data, chance)
    length = min(chance.randrange(1, 64), len(data) - at)
    data[at : at + length] = chance.randbytes(length)


MUTATIONS: tuple[Mutate, ...] = (flip, flip, number, number, cut, leave_out, repeat, fill)


def _place(data: bytearray, chance: random.Random) -> int:
    """Anywhere, or near the beginning."""
    return chance.randrange(min(len(data), chance.choice((60, 400, len(data), len(data)))))


def mutated(data: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A file that was damaged one to three times, or the beginning of one and the end of another."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2))):
        chance.choice(MUTATIONS)(made, chance)
    if chance.random() < 0.05:
        other = chance.choice(others)
        made[len(made) // 2 :] = other[len(other) // 2 :]
    return bytes(made)


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_every_damaged_picture_gives_a_poem_or_a_line(tmp_path: Path, rounds: Rounds) -> None:
    """A run over pictures of every kind that chance has damaged ends well: a poem or one line each, in one gigabyte."""
    whole = {name: make(SIDE) for name, make in (READ | REFUSED).items()}
    (tmp_path / "in").mkdir()
    names = []
    for number_, name in zip(range(rounds(120, 2000)), cycle(whole), strict=False):
        chance = random.Random(f"{name} {number_}")
        names.append(f"in/{number_:04}.jpg")
        (tmp_path / names[-1]).write_bytes(mutated(whole[name], list(whole.values()), chance))
    run = ("run", "in", "--labels", "keywords", "--jobs", "2", "-q")
    ended = Program(*run, cwd=tmp_path, err=tmp_path / "err", before=LIMITED + FORKED_WORKERS).wait(540)
    lines = (tmp_path / "err").read_text().splitlines()
    assert ended == 1, lines[-20:]
    told = [line.removeprefix("photopoem: ").partition(": ")[0] for line in lines]
    written = [json.loads(line)["path"] for line in (tmp_path / "poems/poems.jsonl").read_text().splitlines()]
    assert sorted([*told, *written]) == names, "each once"
    assert min(len(told), len(written)) > len(names) // 6, "chance damages neither all nor none"
    assert not [line for line in lines if any(each in line for each in UNFORESEEN)]
