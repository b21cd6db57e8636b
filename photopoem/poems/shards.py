"""Notes which shards of a list of photographs a poems folder holds, and tells what they leave out or hold twice."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

from photopoem.files import read_regular, write_atomically
from photopoem.photo.discover import Found, listing_digest, shard_of
from photopoem.poems.records import RECORDS

FILE_NAME = ".shards.json"


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard: number `part` of `of`, from 1; how many photographs each shard has; and a hash of their list."""

    part: int
    of: int
    photographs: tuple[int, ...]
    listing: str

    def __str__(self) -> str:
        return f"{self.part}/{self.of}"


def note_shard(folder: Path, shard: tuple[int, int], listed: Sequence[Found]) -> None:
    """Note that a folder holds a shard (i, n) of the photographs listed. Raises `StoreError`."""
    part, of = shard
    counts = [0] * of
    for each in listed:
        counts[shard_of(each.inside, of) - 1] += 1
    new = Shard(part, of, tuple(counts), listing_digest(listed))
    if (folder / RECORDS).exists():
        keep_shards(folder, [*(each for each in read_shards(folder) if str(each) != str(new)), new])


def keep_shards(folder: Path, shards: Iterable[Shard]) -> None:
    """Write the shards that a folder holds. Raises `StoreError`."""
    rows = [asdict(each) for each in sorted(set(shards), key=lambda each: (each.of, each.part, each.listing))]
    if rows:
        write_atomically(folder / FILE_NAME, json.dumps(rows))


def read_shards(folder: Path) -> list[Shard]:
    """The shards that a folder holds; none where its runs had no --shard, or where somebody changed the note."""
    try:
        rows = json.loads(read_regular(folder / FILE_NAME))
        shards = [
            Shard(int(row["part"]), int(row["of"]), tuple(map(int, row["photographs"])), str(row["listing"]))
            for row in rows
        ]
    except (OSError, ValueError, TypeError, KeyError):
        return []
    return [each for each in shards if 1 <= each.part <= each.of == len(each.photographs)]


def faults_of(held: Mapping[Path, Sequence[Shard]]) -> Iterator[str]:
    """What the shards of several folders leave out or hold twice, a line each."""
    shards = [shard for folder in held.values() for shard in folder]
    for one, other in combinations(held, 2):
        for shard in sorted({str(each) for each in held[one]} & {str(each) for each in held[other]}):
            yield f"{one} and {other} both hold shard {shard}"
    if len({each.of for each in shards}) > 1:
        told = ", ".join(map(str, dict.fromkeys(map(str, shards))))
        yield f"the shards {told} are parts of different divisions; photographs may be missing or here twice"
    elif len({each.listing for each in shards}) > 1:
        sizes = ", ".join(
            f"{folder} {sum(shard.photographs)}" for folder, some in held.items() for shard in some
        )
        yield (
            f"the runs listed different photographs ({sizes}); those that only some runs listed may be missing, "
            "and a file that was renamed may be here twice"
        )
    if shards and len({each.of for each in shards}) == 1:
        yield from _missing(shards)


def _missing(shards: Sequence[Shard]) -> Iterator[str]:
    first = shards[0]
    for part in sorted(set(range(1, first.of + 1)) - {each.part for each in shards}):
        if number := first.photographs[part - 1]:
            what = "1 photograph" if number == 1 else f"{number} photographs"
            yield f"shard {part}/{first.of} is missing, with {what}"
