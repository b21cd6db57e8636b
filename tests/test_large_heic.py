"""For HEIC and AVIF that are too large to decode, the thumbnail is used, or the message says what to do."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pillow_heif
import pytest

from photopoem.errors import PhotoError
from photopoem.photo import reading
from photopoem.photo.reading import read_photo, read_pixels
from tests.badfiles import FAST, picture


def heic(*thumbnails: int) -> bytes:
    """A HEIC of one megapixel with thumbnails of these sides."""
    file = pillow_heif.from_pillow(picture((1200, 900)))
    file[0].info["thumbnails"] = list(thumbnails)
    out = io.BytesIO()
    file.save(out, quality=60, enc_params=FAST)
    return out.getvalue()


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a picture of one megapixel were too large: one of 200 takes minutes to make."""
    monkeypatch.setattr(reading, "MAX_PIXELS", 500_000)


@pytest.mark.usefixtures("small_limit")
def test_the_thumbnail_stands_for_a_picture_too_large(tmp_path: Path) -> None:
    """The largest thumbnail inside the file is read, for poems and for pages, and the size is the picture's own."""
    path = tmp_path / "photo.heic"
    path.write_bytes(heic(200, 512))
    photo = read_photo(path)
    assert photo.size == (1200, 900)
    assert photo.metadata["quick"] is True
    height, width = photo.pixels.shape[:2]
    assert max(height, width) >= 512
    wanted = np.asarray(picture((1200, 900)).resize((width, height)), int)
    assert np.abs(wanted - photo.pixels).mean() < 4
    assert read_pixels(path, 400).shape == (300, 400, 3)


@pytest.mark.usefixtures("small_limit")
def test_without_a_thumbnail_the_cure_is_told(tmp_path: Path) -> None:
    """A file with no thumbnail, or with a broken description, says what to do."""
    path = tmp_path / "photo.heic"
    path.write_bytes(heic())
    with pytest.raises(PhotoError, match=r"HEIF of 1200 x 900 pixels, too large .*: export a JPEG"):
        read_photo(path)


def test_a_case_from_the_field_is_told_what_to_do() -> None:
    """An AVIF of 200 megapixels in one piece is refused before it is decoded, with a cure that works."""
    # Of a collection of cases made for this project, free of rights.
    with pytest.raises(PhotoError, match=r"AVIF of 16320 x 12240 pixels, .*: export a JPEG"):
        read_photo(Path(__file__).parent / "data" / "field" / "big.avif")


def test_a_picture_of_common_size_is_read_whole(tmp_path: Path) -> None:
    """A thumbnail changes nothing where the picture itself can be decoded."""
    path = tmp_path / "photo.heic"
    path.write_bytes(heic(200))
    assert "quick" not in read_photo(path).metadata
