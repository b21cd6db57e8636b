"""Reading photographs: kinds, colors, orientation, identity, speed of decoding."""

from __future__ import annotations

import os
import pickle
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from photopoem.photo.reading import Photo, digest_of, read_photo
from tests.badfiles import encoded, picture

RED = (200, 30, 40)


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def corners(photo: Photo) -> list[tuple[int, ...]]:
    """The four corners' colors: top left, top right, bottom left, bottom right."""
    return [tuple(int(c) for c in photo.pixels[y, x]) for y in (2, -3) for x in (2, -3)]


def four_corners(size: tuple[int, int] = (96, 64)) -> Image.Image:
    """Red, green over blue, white."""
    image = Image.new("RGB", (2, 2))
    image.putdata([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)])
    return image.resize(size, Image.Resampling.NEAREST)


def close(one: object, other: object, within: float = 12) -> bool:
    return bool(np.abs(np.asarray(one, float) - np.asarray(other, float)).max() <= within)


@pytest.mark.parametrize(
    ("format", "name"),
    [
        *(("JPEG", "a.jpg"), ("PNG", "a.png"), ("WEBP", "a.webp"), ("TIFF", "a.tif"), ("BMP", "a.bmp")),
        *(("GIF", "a.gif"), ("HEIF", "a.heic"), ("AVIF", "a.avif"), ("MPO", "a.mpo"), ("PNG", "lies.jpg")),
    ],
)
def test_every_format_gives_the_same_picture(format: str, name: str, tmp_path: Path) -> None:
    """A picture saved in any format, under any name, is read back as the same picture."""
    photo = read_photo(written(tmp_path / name, encoded(format, four_corners())))
    assert (
        photo.metadata["format"] == format if format != "MPO" else photo.metadata["format"] in ("MPO", "JPEG")
    )
    assert photo.size == (96, 64)
    assert photo.pixels.shape == photo.sample.shape == (64, 96, 3)
    assert photo.pixels.dtype == np.uint8
    assert close(corners(photo), [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)], 25)


@pytest.mark.parametrize("tagged", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_are_turned_upright(orientation: int, tagged: str, tmp_path: Path) -> None:
    """For any EXIF orientation, pixels and size are upright."""
    # What a camera held so does to the picture; each is undone by what EXIF asks for.
    methods = [
        None,
        Image.Transpose.FLIP_LEFT_RIGHT,
        Image.Transpose.ROTATE_180,
        Image.Transpose.FLIP_TOP_BOTTOM,
        Image.Transpose.TRANSPOSE,
        Image.Transpose.ROTATE_90,
        Image.Transpose.TRANSVERSE,
        Image.Transpose.ROTATE_270,
    ]
    method = methods[orientation - 1]
    stored = four_corners() if method is None else four_corners().transpose(method)
    exif = Image.Exif()
    exif[274] = orientation
    photo = read_photo(written(tmp_path / "turned", encoded(tagged, stored, exif=exif.tobytes())))
    assert photo.size == (96, 64)
    assert photo.pixels.shape == (64, 96, 3)
    assert close(corners(photo), [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)], 25)


def test_embedded_profiles_are_converted_to_srgb(tmp_path: Path) -> None:
    """A picture with a profile of its own comes out in the colors its maker saw, in every mode."""
    profile = swapped_profile()
    image = Image.new("RGB", (32, 32), RED)
    for format in ("JPEG", "PNG", "TIFF", "WEBP"):
        options = {"quality": 95} if format != "PNG" else {}
        path = written(tmp_path / format, encoded(format, image, icc_profile=profile, **options))
        plain = written(tmp_path / f"{format}-plain", encoded(format, image, **options))
        assert close(read_photo(plain).pixels, RED, 4)
        assert close(read_photo(path).pixels, (RED[2], RED[1], RED[0]), 8)
        assert close(read_photo(path).sample, (RED[2], RED[1], RED[0]), 8)


def swapped_profile() -> bytes:
    """The sRGB profile with the tags of its red and blue primaries exchanged."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return data.replace(b"rXYZ", b"tmp!").replace(b"bXYZ", b"rXYZ").replace(b"tmp!", b"bXYZ")


def test_a_broken_profile_is_ignored(tmp_path: Path) -> None:
    """A profile that is damaged, or of another mode, costs nothing but itself."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for name, mode, profile in (
        ("broken", "RGB", b"no profile"),
        ("other", "L", srgb),
        ("cut", "RGB", srgb[:200]),
    ):
        image = Image.new("RGB", (32, 32), RED).convert(mode)
        photo = read_photo(written(tmp_path / name, encoded("PNG", image, icc_profile=profile)))
        assert close(photo.pixels, image.convert("RGB"), 0)


def test_an_srgb_profile_changes_nothing(tmp_path: Path) -> None:
    """A picture that says it is sRGB has the very pixels, and so the digest, of one that says nothing."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = read_photo(written(tmp_path / "a.png", encoded("PNG")))
    said = read_photo(written(tmp_path / "b.png", encoded("PNG", icc_profile=profile)))
    assert plain.digest == said.digest


def test_transparency_is_composited_on_white(tmp_path: Path) -> None:
    """Alpha in any of its forms shows white behind, and half of it half."""
    half = Image.new("RGBA", (40, 40), (*RED, 128))
    none = Image.new("RGBA", (40, 40), (*RED, 0))
    keyed = Image.new("P", (40, 40), 1)
    keyed.putpalette([0, 0, 0, *RED])
    gray = Image.new("LA", (40, 40), (0, 0))
    for name, image, options, expected in (
        ("half.png", half, {}, tuple((c + 255) // 2 for c in RED)),
        ("half.webp", half, {"lossless": True}, tuple((c + 255) // 2 for c in RED)),
        ("none.tif", none, {}, (255, 255, 255)),
        ("keyed.gif", keyed, {"transparency": 1}, (255, 255, 255)),
        ("palette.png", keyed, {"transparency": 1}, (255, 255, 255)),
        ("opaque.png", keyed, {}, RED),
        ("gray.png", gray, {}, (255, 255, 255)),
        ("key.png", Image.new("RGB", (40, 40), RED), {"transparency": RED}, (255, 255, 255)),
    ):
        format = {"tif": "TIFF"}.get(name[-3:], name.rpartition(".")[2].upper())
        photo = read_photo(written(tmp_path / name, encoded(format, image, **options)))
        assert close(photo.pixels, expected, 2), name
        assert close(photo.sample, expected, 2), name


def test_deep_and_unusual_modes_keep_their_brightness(tmp_path: Path) -> None:
    """16-bit, floating point, CMYK, Lab and two-tone pictures are neither black nor blown out."""
    ramp = np.linspace(0, 1, 64, dtype=np.float32)[None, :].repeat(8, axis=0)
    expected = (ramp * 255)[..., None].repeat(3, axis=-1)
    sixteen = Image.fromarray((ramp * 65535).astype(np.uint16))
    cases = {
        "16.png": encoded("PNG", sixteen),
        "16.tif": encoded("TIFF", sixteen),
        "32.tif": encoded("TIFF", Image.fromarray((ramp * 65535).astype(np.int32))),
        "float.tif": encoded("TIFF", Image.fromarray(ramp)),
        "float255.tif": encoded("TIFF", Image.fromarray(ramp * 255)),
        "cmyk.jpg": encoded(
            "JPEG", Image.fromarray((ramp * 255).astype(np.uint8)).convert("CMYK"), quality=98
        ),
        "cmyk.tif": encoded("TIFF", Image.fromarray((ramp * 255).astype(np.uint8)).convert("CMYK")),
        "gray.jpg": encoded("JPEG", Image.fromarray((ramp * 255).astype(np.uint8)), quality=98),
    }
    for name, data in cases.items():
        photo = read_photo(written(tmp_path / name, data))
        assert close(photo.pixels, expected, 4), name
    lab = Image.merge("LAB", [Image.new("L", (9, 9), value) for value in (255, 128, 128)])
    assert close(read_photo(written(tmp_path / "lab.tif", encoded("TIFF", lab))).pixels, 255, 2)
    two = read_photo(written(tmp_path / "two.png", encoded("PNG", Image.new("1", (9, 9), 1))))
    assert close(two.pixels, 255, 0)


def test_not_a_number_is_black(tmp_path: Path) -> None:
    """Floating-point pixels that are no numbers do not spread to the others."""
    values = np.full((8, 8), 0.5, dtype=np.float32)
    values[0, 0], values[0, 1], values[0, 2] = np.nan, np.inf, -np.inf
    photo = read_photo(written(tmp_path / "nan.tif", encoded("TIFF", Image.fromarray(values))))
    assert close(photo.pixels[0, :3], 0, 0)
    assert close(photo.pixels[1:], 128, 1)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_only_the_first_frame_of_an_animation_is_seen(format: str, tmp_path: Path) -> None:
    """Of several frames or pages, the first is the photograph."""
    frames = [Image.new("RGB", (32, 32), color) for color in ((220, 20, 20), (20, 220, 20), (20, 20, 220))]
    data = encoded(format, frames[0], save_all=True, append_images=frames[1:])
    assert close(read_photo(written(tmp_path / "frames", data)).pixels, (220, 20, 20), 12)


def test_large_photographs_are_bounded(tmp_path: Path) -> None:
    """The longest side is at most 640 and of the sample 256, aspect kept, in every format; small ones stay."""
    for format in ("JPEG", "PNG"):
        for size in ((2600, 1700), (1700, 2600), (6000, 40), (641, 3), (5, 5), (1, 1)):
            photo = read_photo(written(tmp_path / "large", encoded(format, Image.new("RGB", size, RED))))
            height, width, _ = photo.pixels.shape
            assert photo.size == size
            assert max(height, width) <= 640
            assert max(height, width) >= min(480, max(size))
            assert max(photo.sample.shape[:2]) == min(256, max(size))
            assert abs(width - size[0] * max(width, height) / max(size)) <= 1
            assert close(photo.pixels, RED, 4)


def test_the_sample_is_decimated_and_the_pixels_are_not(tmp_path: Path) -> None:
    """For a black and white chessboard, the sample has no gray, and the pixels are mostly gray."""
    board = np.indices((900, 1200)).sum(axis=0) % 2 * 255
    photo = read_photo(
        written(tmp_path / "board.png", encoded("PNG", Image.fromarray(board.astype(np.uint8))))
    )
    assert set(np.unique(photo.sample)) <= {0, 255}
    assert ((photo.pixels > 60) & (photo.pixels < 195)).mean() > 0.9


def test_the_digest_is_of_the_pixels_alone(tmp_path: Path) -> None:
    """A copy under another name and with other metadata is the same photograph; a turned one is not."""
    exif = Image.Exif()
    exif[305] = "another program"
    one = read_photo(written(tmp_path / "a.png", encoded("PNG")))
    other = read_photo(written(tmp_path / "b.png", encoded("PNG", exif=exif.tobytes())))
    turned = read_photo(
        written(tmp_path / "c.png", encoded("PNG", picture().transpose(Image.Transpose.ROTATE_90)))
    )
    assert one.digest == other.digest == digest_of(one.pixels)
    assert len(one.digest) == 64
    assert turned.digest != one.digest
    flat = np.zeros((4, 9, 3), np.uint8)
    assert digest_of(flat) != digest_of(flat.reshape(9, 4, 3))


def test_a_photo_survives_pickling(samples: list[Path]) -> None:
    """A photo sent to another process arrives as it was."""
    photo = read_photo(samples[0])
    again = pickle.loads(pickle.dumps(photo))  # noqa: S301 - it is ours
    assert (again.path, again.digest, again.size, again.metadata) == (
        photo.path,
        photo.digest,
        photo.size,
        photo.metadata,
    )
    assert np.array_equal(again.pixels, photo.pixels)
    assert np.array_equal(again.sample, photo.sample)


def test_names_may_be_anything(tmp_path: Path) -> None:
    """Newlines, escapes, bytes that are no UTF-8 and very long names are opened, and kept as they were given."""
    data = encoded("JPEG")
    for name in (
        b"new\nline.jpg",
        b"\x1b[31mred.jpg",
        b"\xff\xfe\xc3.jpg",
        b"-",
        b"x" * 251 + b".jpg",
        " ❄.jpg".encode(),
    ):
        path = written(tmp_path / os.fsdecode(name), data)
        assert read_photo(str(path)).path == str(path)
        assert read_photo(path).size == (96, 64)


def test_reading_costs_little_more_than_decoding(tmp_path: Path) -> None:
    """Reading a large JPEG takes at most 15% longer than decoding it alone with draft at 640 px."""
    path = written(tmp_path / "large.jpg", encoded("JPEG", picture((4000, 3000)), quality=90))

    def decode() -> None:
        with Image.open(path) as image:
            image.draft(None, (640, 640))
            image.load()

    def cost(work: object) -> float:
        start = time.process_time()
        work()  # type: ignore[operator]
        return time.process_time() - start

    read_photo(path)
    ratios = sorted(cost(lambda: read_photo(path)) / cost(decode) for _ in range(5))
    assert ratios[1] <= 1.15, ratios  # the quietest moments of a shared machine


def test_threads_do_not_disturb_each_other(samples: list[Path]) -> None:
    """Read in four threads at once, the photographs are those read one by one."""
    from concurrent.futures import ThreadPoolExecutor

    alone = [read_photo(path).digest for path in samples]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda path: read_photo(path).digest, samples * 3))
    assert together == alone * 3
