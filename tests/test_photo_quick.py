"""The camera's own thumbnail: taken only where it can stand for the picture."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photopoem.photo.reading import Photo, read_photo
from tests.badfiles import encoded, picture

TAKEN = "2018:10:04 17:31:12"


def thumbnail(image: Image.Image, size: tuple[int, int] = (160, 120), *, bars: bool = False) -> Image.Image:
    """What a camera would embed; with `bars`, the picture in the middle of black."""
    if not bars:
        return image.resize(size, Image.Resampling.BOX)
    height = round(size[0] * image.height / image.width)
    result = Image.new("RGB", size)
    result.paste(image.resize((size[0], height), Image.Resampling.BOX), (0, (size[1] - height) // 2))
    return result


def with_thumbnail(
    image: Image.Image,
    small: Image.Image,
    *,
    changed: str | None = TAKEN,
    taken_at: tuple[int, int] | None = None,
    orientation: int = 1,
) -> bytes:
    """A JPEG with a thumbnail in EXIF's second directory, written by hand: Pillow writes none."""
    out = io.BytesIO()
    small.save(out, "JPEG", quality=90)
    exif = Image.Exif()
    exif[274] = orientation
    if changed is not None:
        exif[306] = changed
    inner = {36867: TAKEN} if changed is not None else {}
    if taken_at:
        inner |= {40962: taken_at[0], 40963: taken_at[1]}
    exif.get_ifd(0x8769).update(inner)
    data = bytearray(exif.tobytes().removeprefix(b"Exif\0\0"))
    order = "<" if data[:2] == b"II" else ">"
    first = struct.unpack_from(order + "I", data, 4)[0]
    count = struct.unpack_from(order + "H", data, first)[0]
    struct.pack_into(order + "I", data, first + 2 + 12 * count, len(data))
    jpeg = out.getvalue()
    start = len(data) + 2 + 2 * 12 + 4
    data += struct.pack(order + "HHHIIHHIII", 2, 0x201, 4, 1, start, 0x202, 4, 1, len(jpeg), 0) + jpeg
    return encoded("JPEG", image, exif=b"Exif\0\0" + bytes(data), quality=90)


def quick(tmp_path: Path, data: bytes) -> Photo:
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    return read_photo(path, quick=True)


@pytest.mark.parametrize("size", [(800, 600), (600, 450), (1200, 902)])
def test_a_fresh_thumbnail_stands_for_the_picture(size: tuple[int, int], tmp_path: Path) -> None:
    """With --quick a thumbnail that agrees is read instead, which the metadata say; the size is the picture's."""
    image = picture(size)
    photo = quick(tmp_path, with_thumbnail(image, thumbnail(image)))
    assert photo.metadata["quick"] is True
    assert photo.pixels.shape == (120, 160, 3)
    assert photo.size == size
    full = read_photo(tmp_path / "photo.jpg")
    assert "quick" not in full.metadata
    assert full.pixels.shape[1] >= 480
    assert np.abs(photo.pixels.mean(axis=(0, 1)) - full.pixels.mean(axis=(0, 1))).max() < 3


def test_black_bars_are_cut_off(tmp_path: Path) -> None:
    """A 3:2 picture's thumbnail in a 4:3 frame loses its bars, and no black is left of them."""
    image = picture((900, 600)).point(lambda value: 60 + value // 2)
    photo = quick(tmp_path, with_thumbnail(image, thumbnail(image, bars=True)))
    assert photo.metadata["quick"] is True
    height, width, _ = photo.pixels.shape
    assert abs(width / height - 1.5) < 0.05
    assert photo.pixels.min() > 35


def test_a_thumbnail_is_turned_with_its_picture(tmp_path: Path) -> None:
    """The picture's orientation is the thumbnail's."""
    image = picture((800, 600))
    photo = quick(tmp_path, with_thumbnail(image, thumbnail(image), orientation=6))
    assert photo.metadata["quick"] is True
    assert photo.size == (600, 800)
    assert photo.pixels.shape == (160, 120, 3)


@pytest.mark.parametrize(
    ("why", "options"),
    [
        ("edited a day later", {"changed": "2018:10:05 17:31:12"}),
        ("nothing says when it was changed", {"changed": None}),
        ("cut since it was taken", {"taken_at": (4000, 3000)}),
        ("nonsense for a date", {"changed": "0000:00:00 00:00:00"}),
    ],
)
def test_a_thumbnail_that_may_be_stale_is_not_used(
    why: str, options: dict[str, object], tmp_path: Path
) -> None:
    """Where the file may have changed since it was taken, the picture itself is read."""
    image = picture((800, 600))
    photo = quick(tmp_path, with_thumbnail(image, thumbnail(image), **options))  # type: ignore[arg-type]
    assert "quick" not in photo.metadata, why
    assert photo.pixels.shape == (480, 640, 3)


def test_a_thumbnail_of_another_shape_is_not_used(tmp_path: Path) -> None:
    """A square or turned thumbnail, one too small, and one whose edges are not black are not the picture's."""
    image = picture((900, 600)).point(lambda value: 60 + value // 2)
    for small in (thumbnail(image, (120, 120)), thumbnail(image, (107, 160)), thumbnail(image, (60, 40))):
        assert "quick" not in quick(tmp_path, with_thumbnail(image, small)).metadata


def test_a_damaged_thumbnail_costs_nothing(tmp_path: Path) -> None:
    """A thumbnail that cannot be decoded leaves the picture, and so does having none at all."""
    image = picture((800, 600))
    data = with_thumbnail(image, thumbnail(image))
    inner = data.index(b"\xff\xd8\xff", 10)
    broken = data[: inner + 2] + bytes(300) + data[inner + 302 :]
    assert "quick" not in quick(tmp_path, broken).metadata
    assert quick(tmp_path, encoded("JPEG")).pixels.shape == (64, 96, 3)
    assert quick(tmp_path, encoded("PNG")).pixels.shape == (64, 96, 3)


def test_a_heic_is_read_whole(tmp_path: Path) -> None:
    """A HEIC file's own thumbnail is left alone: its reader gives no thumbnail without the picture."""
    photo = quick(tmp_path, encoded("HEIF", picture((800, 600)), thumbnails=[256]))
    assert "quick" not in photo.metadata
    assert photo.size == (800, 600)
    assert max(photo.pixels.shape) == 640
