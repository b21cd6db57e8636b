"""HDR curves, wide primaries and Adobe RGB, declared by code points or EXIF, are converted to sRGB."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from photopoem.photo.develop import Encoding, to_srgb
from photopoem.photo.reading import read_photo, read_pixels
from tests.badfiles import encoded, picture

# Of a collection of cases made for this project, free of rights.
FIELD = Path(__file__).parent / "data" / "field"


@pytest.mark.parametrize(
    ("name", "plain", "near"),
    [
        ("pq.heic", "sdr.jpg", 12),
        ("hlg.heic", "sdr.jpg", 12),
        ("pq-cicp.png", "sdr.jpg", 12),
        ("dcf.jpg", "srgb.jpg", 6),
        ("cs2.jpg", "srgb.jpg", 6),
    ],
)
def test_cases_from_the_field_show_the_colors_of_the_plain_file(name: str, plain: str, near: int) -> None:
    """PQ, HLG and Adobe RGB show what the same picture in sRGB shows, for poems and for pages."""
    for read in (lambda path: read_photo(path).pixels, lambda path: read_pixels(path, 320)):
        shown, wanted = read(FIELD / name).astype(int), read(FIELD / plain).astype(int)
        assert np.median(np.abs(shown - wanted)) <= near
        assert np.abs(shown.mean(axis=(0, 1)) - wanted.mean(axis=(0, 1))).max() <= near


def png(pixels: np.ndarray, *codes: int) -> bytes:
    """A PNG whose chunk cICP has these code points."""
    data = encoded("PNG", Image.fromarray(pixels))
    body = b"cICP" + bytes(codes)
    return data[:33] + (4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big") + data[33:]


@pytest.mark.parametrize(("primaries", "transfer"), [(1, 13), (1, 1), (6, 6), (2, 2), (9, 14)])
def test_white_gray_and_black_stay(primaries: int, transfer: int, tmp_path: Path) -> None:
    """Whatever the primaries, what has no color gets none, and SDR keeps its lightness."""
    grays = np.repeat(np.arange(0, 256, 5, dtype=np.uint8)[None, :, None], 3, axis=2)
    path = tmp_path / "photo.png"
    path.write_bytes(png(grays, primaries, transfer, 0, 1))
    assert np.abs(read_photo(path).pixels.astype(int) - grays).max() <= 1


def test_display_p3_is_turned_to_srgb() -> None:
    """Code points of Display P3 give the same color in sRGB, and leave grays."""
    # As CSS Color 4 gives them: color(display-p3 ...) and the same in sRGB, within the gamut of both.
    pairs = {(128, 128, 128): (128, 128, 128), (200, 100, 50): (214, 96, 32)}
    for wide, plain in pairs.items():
        shown = to_srgb(np.array([[wide]], np.uint8), Encoding(12, 13))[0, 0]
        assert np.abs(shown.astype(int) - plain).max() <= 3, (wide, shown)


def test_highlights_keep_their_hue_and_order() -> None:
    """Light above white is compressed monotonically, without changing the hue."""
    signals = np.arange(256, dtype=np.uint8)
    for transfer in (16, 18):
        grays = to_srgb(np.repeat(signals[:, None], 3, axis=1), Encoding(9, transfer))
        assert (np.diff(grays.astype(int), axis=0) >= 0).all()
        assert grays[0].tolist() == [0, 0, 0]
        assert (grays[-1] >= 250).all()
        orange = to_srgb(np.array([200, 150, 100], np.uint8), Encoding(9, transfer)).astype(int)
        assert orange[0] > orange[1] > orange[2]


def test_an_icc_profile_goes_before_code_points_but_for_hdr(tmp_path: Path) -> None:
    """A telephone's HEIC has both; in SDR the profile counts."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = encoded("PNG", icc_profile=profile)
    path = tmp_path / "photo.png"

    def with_codes(*codes: int) -> np.ndarray:
        body = b"cICP" + bytes(codes)
        chunk = (4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
        path.write_bytes(plain[:33] + chunk + plain[33:])
        return read_photo(path).pixels

    assert np.array_equal(with_codes(12, 13, 0, 1), np.asarray(picture()))
    assert not np.array_equal(with_codes(9, 16, 0, 1), np.asarray(picture()))


def test_adobe_rgb_is_not_told_by_an_uncalibrated_color_space(tmp_path: Path) -> None:
    """Color space 65535 without the index R03 says nothing, and R98 says sRGB."""
    path = tmp_path / "photo.png"
    plain = np.asarray(picture())
    for space, index, same in ((65535, "", True), (1, "R98", True), (65535, "R03", False), (2, "", False)):
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0xA001] = space
        if index:
            exif.get_ifd(0x8769)[0xA005] = {1: index}
        path.write_bytes(encoded("PNG", exif=exif.tobytes()))
        assert np.array_equal(read_photo(path).pixels, plain) == same, (space, index)
