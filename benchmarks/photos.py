"""Makes photographs for the benchmarks from the samples: full size, or many small ones."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image, ImageChops

SAMPLES = Path(__file__).parent.parent / "samples"
DISTINCT = 12
GRAIN = 3.0  # levels, the standard deviation


def camera_photos(folder: Path, count: int, megapixels: float = 12) -> list[Path]:
    """`count` JPEGs of that many megapixels, 4:3, quality 90: crops of the samples enlarged; each a file of its own.

    The first twelve are different pictures, the rest copies of them: decoding costs the same.
    """
    width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
    size = (width, width * 3 // 4)
    samples = sorted(SAMPLES.glob("*.jpg"))
    paths = []
    for n in range(count):
        path = folder / f"{n:05}.jpg"
        if n < DISTINCT:
            _enlarged(samples[n % len(samples)], n // len(samples), size).save(path, quality=90)
        else:
            shutil.copy(paths[n % DISTINCT], path)
        paths.append(path)
    return paths


def _enlarged(sample: Path, corner: int, size: tuple[int, int]) -> Image.Image:
    """A crop of a sample, from one corner or the other, enlarged with a camera's grain.

    Grain of three levels makes about 0.2 bytes a pixel at quality 90, as the samples themselves have and less than
    most cameras write; an enlargement without it is half that, and easier to decode than any photograph.
    """
    with Image.open(sample) as image:
        side = (image.width * 9 // 10, image.height * 9 // 10)
        left, top = (image.width - side[0]) * corner, (image.height - side[1]) * corner
        large = image.crop((left, top, left + side[0], top + side[1])).resize(size, Image.Resampling.BICUBIC)
    grain = Image.effect_noise(size, GRAIN)
    return ImageChops.add(large, Image.merge("RGB", (grain, grain, grain)), 1.0, -128)


def decode(path: str | Path) -> None:
    """Only decode a JPEG: the floor of both benchmarks.

    It uses Pillow's `draft` for at least 640 px, photopoem's maximum. photopoem itself asks for 480 px, which often
    needs half as many pixels.
    """
    with Image.open(path) as image:
        image.draft("RGB", (640, 640 * image.height // image.width))
        image.load()


def small_photos(folder: Path, count: int) -> None:
    """`count` different JPEGs of 64 x 48 pixels, a thousand to a folder."""
    bases = []
    for sample in sorted(SAMPLES.glob("*.jpg")):
        with Image.open(sample) as image:
            bases.append(image.resize((80, 60)))
    for n in range(count):
        path = folder / f"{n // 1000:03}" / f"{n:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        x, y = n % 16, n // 16 % 12
        small = bases[n % len(bases)].crop((x, y, x + 64, y + 48))
        small.putpixel((n % 64, n // 64 % 48), (n % 256, n // 256 % 256, 0))
        small.save(path, quality=80)
