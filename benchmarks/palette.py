"""Compares palettes: speed, distance from exact k-means, and whether a small vivid thing is found.

    python benchmarks/palette.py [--photos 6] [--rounds 3] [--seconds 20] [--json]

All read the same JPEGs of 12 and 24 megapixels, on one core, in turn: `floor` only decodes them with `Image.draft`, at
no less than 640 px. The exact palette is k-means (k = 6) over every pixel of the 12 megapixels in CIELAB, the best of
scikit-learn's four starts and of Lloyd's rounds from photopoem's own centers. `distance` is the mean CIEDE2000 of exact
centers to the colors matched with them; `inertia` the worst ratio of squared distances to the exact palette's;
`vivid` the share of patches of vivid color, 1% of a picture, that come within 15 of a color of the palette.

`of_floor`: photopoem's photos a second, from path to named palette, as a share of the floor's (the lower of both
sizes; the best of nine turns that the two take at each photograph). `best_peer_ratio`: against the fastest other
whose `distance` is at most 3, of all others where none is that near (the lower of both sizes).
Peers that are not installed are named and left out: `pip install photopoem[bench]`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENCV_FOR_THREADS_NUM"):
    os.environ.setdefault(_name, "1")  # before numpy is imported

import numpy as np  # noqa: E402 - as above

from benchmarks.photos import SAMPLES, camera_photos, decode  # noqa: E402 - found by the path set above
from benchmarks.table import show  # noqa: E402
from benchmarks.turns import best_of_turns  # noqa: E402
from photopoem.color.spaces import Floats, ciede2000, srgb_to_lab  # noqa: E402

COLORS = 6
KEEPS_WITHIN = 3.0
SEEN_WITHIN = 15.0
TURNS = 9
VIVID = [(220, 20, 30), (250, 210, 0), (20, 60, 220), (230, 120, 20), (200, 30, 160), (20, 160, 60)]

Reader = Callable[[str], Any]


def ours(path: str) -> list[Any]:
    """A run's work on a photograph before labelling: open, read and name its palette."""
    from photopoem.color.palette import read_palette
    from photopoem.photo.reading import read_photo

    return [swatch.rgb for swatch in read_palette(read_photo(path), COLORS).swatches]


def colorthief(path: str) -> list[Any]:
    """Its median cut, over every tenth pixel: its default."""
    from colorthief import ColorThief

    return list(ColorThief(path).get_palette(color_count=COLORS))


def pylette(path: str) -> list[Any]:
    """Its k-means, over a picture of 256 x 256: its default."""
    from pylette import extract_colors

    return [color.rgb for color in extract_colors(path, palette_size=COLORS).colors]


def extcolors(path: str) -> list[Any]:
    """All pixels, colors within its default tolerance taken as one."""
    from extcolors import extract_from_path

    return [color for color, _ in extract_from_path(path, limit=COLORS)[0]]


def haishoku(path: str) -> list[Any]:
    """Its palette of eight, over a thumbnail."""
    from haishoku.haishoku import Haishoku

    return [color for _, color in Haishoku.getPalette(path)]


def colorgram(path: str) -> list[Any]:
    """Its histogram, over all pixels."""
    from colorgram import extract

    return [tuple(color.rgb) for color in extract(path, COLORS)]


def quantize(path: str) -> list[Any]:
    """Pillow's median cut over all pixels."""
    from PIL import Image

    with Image.open(path) as image:
        flat = image.convert("RGB").quantize(COLORS).getpalette() or []
    return [tuple(flat[n : n + 3]) for n in range(0, 3 * COLORS, 3)]


def quantize_draft(path: str) -> list[Any]:
    """Pillow's median cut over what a draft decodes: the fastest that Pillow alone can do."""
    from PIL import Image

    with Image.open(path) as image:
        image.draft("RGB", (256, 256))
        flat = image.convert("RGB").quantize(COLORS).getpalette() or []
    return [tuple(flat[n : n + 3]) for n in range(0, 3 * COLORS, 3)]


def scikit_learn(path: str) -> list[Any]:
    """KMeans as it comes, over all pixels, in sRGB."""
    from PIL import Image
    from sklearn.cluster import KMeans

    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"), dtype=np.float32).reshape(-1, 3)
    return [tuple(center) for center in KMeans(COLORS, random_state=0).fit(pixels).cluster_centers_]


# name: (how, the module it needs)
PEERS: dict[str, tuple[Reader, str]] = {
    "colorthief": (colorthief, "colorthief"),
    "Pylette": (pylette, "pylette"),
    "extcolors": (extcolors, "extcolors"),
    "haishoku": (haishoku, "haishoku.haishoku"),
    "colorgram": (colorgram, "colorgram"),
    "Pillow quantize": (quantize, "PIL"),
    "Pillow draft + quantize": (quantize_draft, "PIL"),
    "scikit-learn, all pixels": (scikit_learn, "sklearn.cluster"),
}


def installed() -> dict[str, Reader]:
    """The peers that can be imported; the others are named on standard error."""
    there = {}
    for name, (reader, module) in PEERS.items():
        try:
            import_module(module)
            there[name] = reader
        except ImportError as error:
            print(f"missing: {name} ({error})", file=sys.stderr)
    return there


def speed(reader: Reader, paths: list[str], rounds: int, seconds: float) -> float:
    """Photos per CPU second in the best round; after `seconds`, no further photograph is started."""
    best, begun = 0.0, time.process_time()
    for _ in range(rounds):
        done, start = 0, time.process_time()
        for path in paths:
            reader(path)
            done += 1
            if time.process_time() - begun > seconds:
                break
        best = max(best, done / (time.process_time() - start))
        if time.process_time() - begun > seconds:
            break
    return best


def beside_floor(paths: list[str]) -> tuple[float, float]:
    """Photos a second of CPU of the floor and of photopoem, the best of `TURNS` for each photograph.

    They alternate at every photograph, so that other load affects both.
    """
    times = [
        best_of_turns([partial(decode, path), partial(ours, path)], TURNS, time.process_time)
        for path in paths
    ]
    floor, mine = map(sum, zip(*times, strict=True))
    return len(paths) / floor, len(paths) / mine


class Exact:
    """Every pixel of one photograph in CIELAB, as distinct colors with counts, and its best known centers."""

    def __init__(self, path: str) -> None:
        from PIL import Image
        from sklearn.cluster import KMeans

        with Image.open(path) as image:
            flat = np.asarray(image.convert("RGB")).reshape(-1, 3).astype(np.uint32)
        counts = np.bincount(flat[:, 0] << 16 | flat[:, 1] << 8 | flat[:, 2], minlength=1 << 24)
        used = np.flatnonzero(counts)
        self.counts = counts[used].astype(np.float64)
        self.lab = srgb_to_lab(np.stack([used >> 16, used >> 8 & 255, used & 255], axis=1).astype(np.uint8))
        start = srgb_to_lab(np.array(ours(path), np.uint8))
        runs = [KMeans(COLORS, n_init=4, random_state=0), KMeans(len(start), init=start, n_init=1)]
        best = min(
            (run.fit(self.lab, sample_weight=self.counts) for run in runs), key=lambda run: run.inertia_
        )
        self.centers: Floats = best.cluster_centers_
        self.inertia = self.inertia_of(self.centers)

    def inertia_of(self, centers: Floats) -> float:
        """The mean squared distance of the pixels to the nearest of some centers."""
        near = np.full(len(self.lab), np.inf)
        for center in centers:
            near = np.minimum(near, ((self.lab - center) ** 2).sum(axis=1))
        return float(np.average(near, weights=self.counts))

    def distance_of(self, centers: Floats) -> float:
        """The mean CIEDE2000 of the exact centers to those matched with them; left over ones to the nearest."""
        from scipy.optimize import linear_sum_assignment

        apart = ciede2000(self.centers[:, None], centers)
        rows, columns = linear_sum_assignment(apart)
        matched = apart.min(axis=1)
        matched[rows] = apart[rows, columns]
        return float(matched.mean())


def vivid_pictures(folder: Path) -> Iterator[tuple[str, tuple[int, int, int]]]:
    """Each sample with a patch of each vivid color, 1% of it, and that color."""
    from PIL import Image

    noise = np.random.default_rng(0).normal(0, 8, (64, 64, 3))
    for sample in sorted(SAMPLES.glob("*.jpg")):
        for number, color in enumerate(VIVID):
            path = folder / f"{sample.stem}-{number}.png"
            with Image.open(sample) as image:
                picture = image.convert("RGB").resize((640, 640))
            patch = (np.array(color) + noise).clip(0, 255).astype(np.uint8)
            picture.paste(Image.fromarray(patch), (200, 300))
            picture.save(path, compress_level=1)
            yield str(path), color


def quality(
    reader: Reader, exacts: dict[str, Exact], vivid: list[tuple[str, tuple[int, int, int]]]
) -> dict[str, float]:
    """How near a reader's palettes come to the exact ones, and the share of vivid things it sees."""
    centers = {path: lab_of(reader(path)) for path in exacts}
    seen = [ciede2000(lab_of(reader(path)), lab_of([color])).min() <= SEEN_WITHIN for path, color in vivid]
    return {
        "distance": float(np.mean([exact.distance_of(centers[path]) for path, exact in exacts.items()])),
        "inertia": max(exact.inertia_of(centers[path]) / exact.inertia for path, exact in exacts.items()),
        "vivid": float(np.mean(seen)),
    }


def lab_of(colors: list[Any]) -> Floats:
    """The CIELAB of a palette's colors."""
    return srgb_to_lab(np.array(colors, dtype=float))


def measure(photos: int, rounds: int, seconds: float) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """The summary and a row for each reader."""
    warnings.simplefilter("ignore")  # deprecation warnings of peers do not matter here
    readers: dict[str, Reader] = {"photopoem": ours, **installed()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes = {}
        for megapixels in (12, 24):
            (folder / str(megapixels)).mkdir()
            sizes[megapixels] = [
                str(path) for path in camera_photos(folder / str(megapixels), photos, megapixels)
            ]
        for reader in (decode, *readers.values()):
            if reader is not scikit_learn:  # warm up on the first picture
                reader(str(sorted(SAMPLES.glob("*.jpg"))[0]))
        pairs = {f"{size} MP/s": beside_floor(paths) for size, paths in sizes.items()}
        nothing = dict.fromkeys(("distance", "inertia", "vivid"), "")
        rows: list[dict[str, Any]] = [
            {"name": "floor", **{column: pair[0] for column, pair in pairs.items()}, **nothing}
        ]
        exacts = {path: Exact(path) for path in sizes[12]}
        vivid = list(vivid_pictures(folder))
        for name, reader in readers.items():
            row: dict[str, Any] = {"name": name}
            for size, paths in sizes.items():
                column = f"{size} MP/s"
                row[column] = pairs[column][1] if reader is ours else speed(reader, paths, rounds, seconds)
            slow = row["12 MP/s"] < 0.5
            row |= quality(
                reader, dict(list(exacts.items())[: 1 if slow else None]), vivid[:: 12 if slow else 1]
            )
            rows.append(row)
    return summary(rows, list(sizes)), rows


def summary(rows: list[dict[str, Any]], sizes: list[int]) -> dict[str, float]:
    """The ratios."""
    floors, mine, *peers = rows
    keep = [row for row in peers if row["distance"] <= KEEPS_WITHIN] or peers
    columns = [f"{size} MP/s" for size in sizes]
    return {
        "of_floor": min(mine[column] / floors[column] for column in columns),
        "best_peer_ratio": min(
            (mine[column] / row[column] for row in keep for column in columns), default=float("inf")
        ),
        "mean_distance": mine["distance"],
        "worst_inertia": mine["inertia"],
    }


def main() -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--photos", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20, help="CPU time for a reader and a size, at most")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures, rows = measure(options.photos, options.rounds, options.seconds)
    show("Palettes of JPEGs, photos a second on one core", rows, figures, as_json=options.json)


if __name__ == "__main__":
    main()
