"""The speed of whole runs, compared with a loop that only decodes, with two jobs, and with a simple script.

    python benchmarks/run.py [--photos 100] [--rounds 12] [--json]

`of_floor`: photographs a second of `photopoem run`, one core, as a share of those of a loop that only decodes the
same JPEGs with `Image.draft`, at no less than the 640 px that photopoem keeps at most; the two take turns at every
eight photographs, and the best of their turns count. `two_jobs_ratio`: two jobs against one, all photographs, in
turns too. `vs_naive`: against a full decode, KMeans on all pixels, pytracery as it comes and one Vision call a
photograph (to a server on this machine that answers at once, so that only the work is counted). Everything is warm:
starting up is `startup.py`'s.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.photos import camera_photos, decode
from benchmarks.table import show
from benchmarks.turns import best_of_turns
from photopoem.threads import one_thread_each

one_thread_each()


SLICE = 8
"""Photographs of a turn: a batch of the pipeline, and half a second, for a machine's pace changes by the second."""


def floor(paths: list[Path]) -> None:
    """Only decode each JPEG at a draft of at least 640 px."""
    for path in paths:
        decode(path)


def poems(paths: list[Path], executor: Executor, window: int) -> None:
    """Write the poems of these photographs to a new folder beside them, as `photopoem run` does."""
    from photopoem.photo.discover import find_photos
    from photopoem.services.batch import Run
    from photopoem.services.pipeline import Settings

    out = Path(tempfile.mkdtemp(dir=paths[0].parent))
    found = find_photos([str(path) for path in paths])
    Run(found, Settings(labels="local"), quiet=True).all(out, (executor, window))


def naive(paths: list[Path], endpoint: str) -> None:
    """A simple implementation."""
    import grpc
    import numpy as np
    import tracery
    from google.cloud import vision
    from PIL import Image
    from sklearn.cluster import KMeans
    from tracery.modifiers import base_english

    rules = {"origin": "I can remember #label.a#.\nI can remember #color#."}
    for path in paths:
        transport = vision.ImageAnnotatorClient.get_transport_class("grpc")
        client = vision.ImageAnnotatorClient(transport=transport(channel=grpc.insecure_channel(endpoint)))
        reply = client.label_detection(image=vision.Image(content=path.read_bytes()))
        pixels = np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3)
        centers = KMeans(n_clusters=6, n_init="auto").fit(pixels).cluster_centers_
        words = {
            "label": [label.description for label in reply.label_annotations] or ["photograph"],
            "color": ["#" + bytes(center.astype("uint8")).hex() for center in centers],
        }
        grammar = tracery.Grammar(rules | words)
        grammar.add_modifiers(base_english)
        grammar.flatten("#origin#")


def measure(count: int, rounds: int) -> tuple[list[dict[str, object]], dict[str, float]]:
    """Rows of figures, and the three ratios."""
    from photopoem.services.executors import Inline, Pool
    from tests.vision_server import serving

    with tempfile.TemporaryDirectory() as folder, Pool(2) as pool, serving() as server:
        paths = camera_photos(Path(folder), count)
        poems(paths[:2], Inline(), 1)
        poems(paths[: min(32, count)], pool, 6)
        bare = one = 0.0
        for start in range(0, count, SLICE):
            part = paths[start : start + SLICE]
            works = [partial(floor, part), partial(poems, part, Inline(), 1)]
            times = best_of_turns(works, rounds, time.perf_counter)
            bare, one = bare + times[0], one + times[1]
        works = [partial(poems, paths, Inline(), 1), partial(poems, paths, pool, 6)]
        alone, two = best_of_turns(works, rounds, time.perf_counter)
        (by_hand,) = best_of_turns([partial(naive, paths[:2], server.endpoint)], 1, time.perf_counter)
        by_hand /= 2
    rows = [
        {"what": "decode only", "photos/s": count / bare},
        {"what": "photopoem, one job", "photos/s": count / one},
        {"what": "photopoem, two jobs", "photos/s": count / two},
        {"what": "by hand", "photos/s": 1 / by_hand},
    ]
    summary = {"of_floor": bare / one, "two_jobs_ratio": alone / two, "vs_naive": by_hand / (one / count)}
    return rows, summary


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows, summary = measure(args.photos, args.rounds)
    show(f"{args.photos} photographs of 12 megapixels, built-in labeller", rows, summary, as_json=args.json)


if __name__ == "__main__":
    main()
