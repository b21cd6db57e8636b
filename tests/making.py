"""Makes small photographs and reads what a run leaves."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image


def slowness() -> float:
    """How many times slower this processor is than the one for which limits in seconds were set; at least 1."""
    return max(1.0, min(_count_to_a_million() for _ in range(3)) / 0.03)


def _count_to_a_million() -> float:
    start, total = time.process_time(), 0
    for number in range(1_000_000):
        total += number & 7
    return time.process_time() - start


def make_photo(path: Path, number: int, size: tuple[int, int] = (96, 64)) -> Path:
    """A JPEG of a few flat and noisy patches, another for each number."""
    rng = random.Random(number)
    image = Image.new("RGB", size)
    for _ in range(6):
        box = sorted(rng.sample(range(size[0]), 2)), sorted(rng.sample(range(size[1]), 2))
        color = tuple(rng.randrange(256) for _ in range(3))
        image.paste(color, (box[0][0], box[1][0], box[0][1], box[1][1]))
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, quality=90)
    return path


def make_photos(folder: Path, count: int) -> list[Path]:
    """That many different photographs in a folder, some of them in folders inside it."""
    return [make_photo(folder / f"{n % 3}" / f"{n:04}.jpg", n) for n in range(count)]


@contextmanager
def without_roots_rights() -> Iterator[None]:
    """Take from this process the right of root to read everything; any other user has none."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def texts(folder: Path) -> dict[str, str]:
    """The text of every poem in a folder by its name."""
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*.txt"))}


def records(folder: Path) -> list[dict[str, Any]]:
    """The records of a poems folder."""
    return [json.loads(line) for line in (folder / "poems.jsonl").read_text().splitlines()]


def lines(texts: Sequence[str]) -> list[str]:
    """Every line that is not empty."""
    return [line for text in texts for line in text.splitlines() if line.strip()]
