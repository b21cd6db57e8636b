"""Makes photopoem's table of syllable counts from CMUdict, reproducibly.

    python tools/make_syllables.py cmudict.dict    -> photopoem/data/cmudict-syllables.txt.gz

`cmudict.dict` is the file of that name in https://github.com/cmusphinx/cmudict, whose licence (BSD, two clauses) is
`photopoem/data/cmudict-LICENSE.txt`. A line of the table is a word and its counts, the usual pronunciation first and
each count once: `camera 2 3`.
"""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path

TABLE = Path(__file__).parent.parent / "photopoem" / "data" / "cmudict-syllables.txt.gz"
_ENTRY = re.compile(r"([a-z][a-z']*)(?:\(\d+\))? ([^#]*)")


def read_counts(dictionary: str) -> dict[str, tuple[int, ...]]:
    """Word -> its syllable counts, in the order of the dictionary, without words that contain signs other than
    letters.
    """
    counts: dict[str, dict[int, None]] = {}
    for line in dictionary.splitlines():
        if entry := _ENTRY.match(line):
            word, phones = entry.groups()
            # Each vowel ends in a digit, which is its stress.
            counts.setdefault(word, {})[sum(phone[-1].isdigit() for phone in phones.split())] = None
    return {word: tuple(each) for word, each in counts.items()}


def table(counts: dict[str, tuple[int, ...]]) -> bytes:
    """The table as it is shipped."""
    lines = (f"{word} {' '.join(map(str, each))}\n" for word, each in sorted(counts.items()))
    return gzip.compress("".join(lines).encode("ascii"), mtime=0)


if __name__ == "__main__":
    TABLE.write_bytes(table(read_counts(Path(sys.argv[1]).read_text(encoding="utf-8"))))
