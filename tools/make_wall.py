"""Records what photopoem sees in sixty photographs, for the tests of the built-in grammars; no picture is kept.

    python tools/make_wall.py PHOTOGRAPH... > tests/data/wall.jsonl

The photographs are the six samples and pictures in Debian packages, which `tests/data/wall.csv` lists. Those of
gcompris-qt-data lie in its .rcc files as whole WebP files, one after the other; they are numbered from 0 in each file,
in three of them (clickgame, details, explore_world_music) the photographs alone. The digests tell them for certain.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from photopoem.look import look_at, record
from photopoem.photo.discover import Found
from photopoem.services.pipeline import Settings, labeller_for

KEPT = ("path", "digest", "labeller", "labels", "palette", "named_by", "moment", "tone")


def main(paths: list[str]) -> None:
    """Print the `photopoem look --json` line of each photograph without the moment, sorted by name."""
    settings = Settings(labels="local")
    labeller = labeller_for(settings)
    for path in sorted(map(Path, paths), key=lambda path: path.stem):
        seen = record(look_at(Found(str(path), path.name), settings, labeller))
        # The moment is left out, because poems of the wall are compared by what is seen.
        kept = {key: seen[key] for key in KEPT} | {"path": path.name, "moment": {}}
        print(json.dumps(kept, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
