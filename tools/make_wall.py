"""Keep what photopoem sees in sixty photographs, as the tests of the shelf's poems read it: no picture is kept.

    python tools/make_wall.py PHOTOGRAPH... > tests/data/wall.jsonl

The photographs are the six samples and pictures in Debian packages, which `tests/data/wall.csv` lists. Those of
gcompris-qt-data lie in its .rcc files as whole WebP files, one after the other; they are numbered from 0 in each file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from photopoem.photo.discover import Found
from photopoem.poem import label_record, swatch_record
from photopoem.services.describe import describe
from photopoem.services.pipeline import Settings, labeller_for


def main(paths: list[str]) -> None:
    """Print one line of JSON for each photograph, sorted by name."""
    settings = Settings(labels="local")
    labeller = labeller_for(settings)
    for path in sorted(map(Path, paths), key=lambda path: path.stem):
        subject = describe(Found(str(path), path.name), settings, labeller).subject
        seen = {
            "path": path.name,
            "digest": subject.digest,
            "labeller": subject.labeller,
            "labels": [label_record(label) for label in subject.labels],
            "palette": [swatch_record(swatch) for swatch in subject.palette.swatches],
            "named_by": subject.palette.named_by,
            "moment": {},
            "tone": list(subject.tone),
        }
        print(json.dumps(seen, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
