"""Camera raw, where the extra `photopoem[raw]` is installed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from photopoem.errors import PhotoError
from photopoem.photo.reading import read_photo

pytest.importorskip("rawpy", reason="the extra raw is not installed: pip install '.[raw]'")
tifffile = pytest.importorskip("tifffile", reason="tifffile writes raw files: pip install '.[test]'")


def write_dng(path: Path, width: int = 400, height: int = 300, orientation: int = 1) -> None:
    """A true DNG: one sensor value a pixel behind red, green, green and blue; red grows to the right."""
    y, x = np.mgrid[0:height, 0:width]
    colors = np.stack([x * 30000 // width + 4000, np.full_like(x, 9000), np.full_like(x, 9000)], axis=-1)
    sensor = np.choose((y % 2) + (x % 2), [colors[..., 0], colors[..., 1], colors[..., 2]]).astype(np.uint16)
    matrix = (1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1)
    tags: list[tuple[Any, ...]] = [
        (271, 2, 0, "Maker", True),
        (272, 2, 0, "Model", True),
        (274, 3, 1, orientation, True),
        (33421, 3, 2, (2, 2), True),
        (33422, 1, 4, bytes([0, 1, 1, 2]), True),
        (50706, 1, 4, bytes([1, 4, 0, 0]), True),
        (50708, 2, 0, "Maker Model", True),
        (50717, 4, 1, 40000, True),
        (50721, 10, 9, matrix, True),
        (50728, 5, 3, (1, 1, 1, 1, 1, 1), True),
        (50778, 3, 1, 21, True),
    ]
    tifffile.imwrite(path, sensor, photometric=32803, metadata=None, extratags=tags)


@pytest.mark.parametrize("name", ["a.dng", "called.tif"])
def test_camera_raw_is_developed(name: str, tmp_path: Path) -> None:
    """The sensor's picture is read, not the thumbnail, with its true size, under any name."""
    write_dng(tmp_path / name)
    photo = read_photo(tmp_path / name)
    assert photo.metadata["format"] == "RAW"
    assert photo.size == (400, 300)
    assert photo.pixels.shape == (150, 200, 3)
    assert photo.pixels[75, 190, 0] > photo.pixels[75, 10, 0] + 50


def test_camera_raw_is_turned_upright(tmp_path: Path) -> None:
    """A raw file held on its side stands upright, and so does its size."""
    write_dng(tmp_path / "a.dng", orientation=6)
    photo = read_photo(tmp_path / "a.dng")
    assert photo.size == (300, 400)
    assert photo.pixels.shape == (200, 150, 3)


def test_damaged_camera_raw_is_a_photo_error(tmp_path: Path) -> None:
    """A truncated raw file is reported as damaged."""
    write_dng(tmp_path / "a.dng")
    (tmp_path / "a.dng").write_bytes((tmp_path / "a.dng").read_bytes()[:3000])
    with pytest.raises(PhotoError, match="damaged or cut short"):
        read_photo(tmp_path / "a.dng")
