"""Good pictures in faulty files: no end marker, more text than decoders accept, a large profile."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from photopoem.errors import PhotoError
from photopoem.photo.reading import read_photo, read_pixels, without_long_texts
from tests.badfiles import encoded, picture

# Of a collection of cases made for this project, free of rights.
FIELD = Path(__file__).parent / "data" / "field"

JPEGS = {
    "baseline": {},
    "progressive": {"progressive": True},
    "restart in a row": {"restart_marker_blocks": 7, "subsampling": 2},
    "restart at each row": {"restart_marker_rows": 1, "quality": 95},
}


@pytest.mark.parametrize("name", ["no-eoi.jpg", "no-eoi-progressive.jpg", "ztxt.png", "itxt.png", "iccp.png"])
def test_cases_from_the_field_are_read(name: str) -> None:
    """Files that every viewer shows are read, for poems and for pages."""
    photo = read_photo(FIELD / name)
    assert photo.size == (320, 200)
    assert photo.pixels.std() > 30
    assert read_pixels(FIELD / name, 100).shape[:2] == (62, 100)


@pytest.mark.parametrize("size", [(96, 64), (2400, 1600)])
@pytest.mark.parametrize("kind", JPEGS)
def test_a_jpeg_without_its_end_is_the_same_picture(kind: str, size: tuple[int, int], tmp_path: Path) -> None:
    """With only FF D9 missing every pixel is the same, decoded whole or at a fraction of its size."""
    data = encoded("JPEG", picture(size), **JPEGS[kind])
    whole, cut = tmp_path / "whole.jpg", tmp_path / "cut.jpg"
    whole.write_bytes(data)
    for missing in (1, 2):
        cut.write_bytes(data[:-missing])
        assert np.array_equal(read_photo(cut).pixels, read_photo(whole).pixels)


@pytest.mark.parametrize("kind", ["baseline", "restart in a row", "restart at each row"])
def test_a_jpeg_without_its_last_rows_is_said_to_be_cut(kind: str, tmp_path: Path) -> None:
    """If a tenth of the rows or more is missing, the picture is not accepted."""
    data = encoded("JPEG", picture((900, 600)), **JPEGS[kind])
    path = tmp_path / "photo.jpg"
    for part in (0.9, 0.5, 0.1):
        path.write_bytes(data[: int(len(data) * part)])
        with pytest.raises(PhotoError, match="cut short"):
            read_photo(path)


def test_a_gray_and_a_cmyk_jpeg_without_end_are_read(tmp_path: Path) -> None:
    """Every kind of JPEG that is read is read without its end as well."""
    for mode in ("L", "CMYK"):
        (tmp_path / "a.jpg").write_bytes(encoded("JPEG", picture().convert(mode))[:-2])
        assert read_photo(tmp_path / "a.jpg").size == (96, 64)


def test_long_texts_are_left_out_and_short_ones_stay(tmp_path: Path) -> None:
    """Of a PNG with megabytes of notes the picture is read, and the owner's words in its XMP."""
    from tests.test_iptc import packet

    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet("harbor"))
    info.add_text("workflow", "x" * 3_000_000, zip=True)
    info.add_text("prompt", "y" * 2_000_000)
    info.add_itxt("more", "z" * 2_000_000, zip=True)
    path = tmp_path / "photo.png"
    path.write_bytes(encoded("PNG", pnginfo=info))
    photo = read_photo(path)
    assert photo.metadata["keywords"] == ("harbor",)
    assert np.array_equal(photo.pixels, np.asarray(picture()))


def test_many_texts_and_texts_after_the_picture_are_left_out(tmp_path: Path) -> None:
    """A hundred texts of a megabyte, and long ones behind the pixels, cost nothing."""
    data = encoded("PNG")
    text = b"k\0\0" + zlib.compress(b"x" * 1_000_000)
    long = b"k\0\0" + zlib.compress(b"x" * 9_000_000)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    path = tmp_path / "photo.png"
    path.write_bytes(data[:33] + chunk(b"zTXt", text) * 100 + data[33:])
    assert read_photo(path).size == (96, 64)
    path.write_bytes(data[:-12] + chunk(b"zTXt", long) + data[-12:])
    assert read_photo(path).size == (96, 64)


def test_a_large_profile_still_counts() -> None:
    """A profile of more than a megabyte is handed on whole; one without bounds is left out."""
    profile = b"p" * 2_000_000
    data = encoded("PNG", icc_profile=profile)
    rest, found = without_long_texts(data)
    assert found == profile
    assert b"iCCP" not in rest
    assert Image.open(io.BytesIO(rest)).size == (96, 64)
    assert without_long_texts(encoded("PNG", icc_profile=b"p" * 20_000_000))[1] is None
