"""Bad files: each costs one error that names it and says why, and nothing else."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pytest
from PIL import Image

from photopoem.errors import PhotoError
from photopoem.photo import reading
from photopoem.photo.reading import RAW_CAUSE, read_photo, warnings_ignored
from tests.badfiles import dng, encoded, make_bad_files, picture


@pytest.fixture
def no_rawpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without the extra for camera raw."""
    monkeypatch.setattr("photopoem.photo.develop.can_develop_raw", lambda: False)


@pytest.mark.usefixtures("no_rawpy")
def test_every_kind_of_bad_file_is_named_with_its_cause(tmp_path: Path) -> None:
    """Thirty kinds of bad files raise a PhotoError each, with the path, the true cause, and no line break in it."""
    bad = make_bad_files(tmp_path)
    assert len(bad) == 30
    for path, cause in bad.items():
        with pytest.raises(PhotoError) as caught:
            read_photo(path)
        assert caught.value.path == str(path)
        assert cause in caught.value.cause, path.name
        assert caught.value.cause.isprintable()
        again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - it is ours, and crosses processes
        assert str(again) == str(caught.value)


@pytest.mark.usefixtures("no_rawpy")
def test_no_file_stays_open(tmp_path: Path) -> None:
    """After any file, good or bad, no descriptor is left behind."""
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        pytest.skip("looks at open files in /proc/self/fd, which only Linux has: run it there")
    bad = list(make_bad_files(tmp_path))
    good = []
    for format in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "HEIF", "AVIF"):
        good.append(tmp_path / f"good.{format}")
        good[-1].write_bytes(encoded(format))
    read_photo(good[0])
    before = len(list(descriptors.iterdir()))
    kept = []
    for path in [*bad, *good]:
        try:
            kept.append(read_photo(path))
        except PhotoError as error:
            kept.append(error)
    assert len(list(descriptors.iterdir())) == before
    assert len(kept) == len(bad) + len(good)


def test_libraries_say_nothing_to_the_person(tmp_path: Path) -> None:
    """Whatever the file, neither warnings nor the libraries below Pillow write to the terminal."""
    make_bad_files(tmp_path)
    large = encoded("PNG", Image.new("1", (9500, 9500)), compress_level=1)
    (tmp_path / "large.png").write_bytes(large)
    script = (
        "import os, sys\n"
        "sys.modules['rawpy'] = None\n"  # LibRaw, where it is installed, writes to the terminal itself
        "from photopoem.photo.reading import read_photo\n"
        "from photopoem.errors import PhotoError\n"
        "for name in os.listdir(sys.argv[1]):\n"
        "    try: read_photo(os.path.join(sys.argv[1], name))\n"
        "    except PhotoError: print('.', end='')\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert set(done.stdout) == {"."}


def test_folders_and_missing_files_are_told_apart(tmp_path: Path) -> None:
    """A folder, a missing file and an invalid name raise a PhotoError that says so."""
    for path, cause in (
        (str(tmp_path), "a folder"),
        (str(tmp_path / "gone.jpg"), "no such file"),
        (str(tmp_path / "nul\0.jpg"), "no such file"),
        (str(tmp_path / ("x" * 300)), "cannot be read"),
        ("", "no such file"),
    ):
        with pytest.raises(PhotoError, match=cause):
            read_photo(path)
    loop = tmp_path / "loop.jpg"
    loop.symlink_to(loop)
    with pytest.raises(PhotoError, match="cannot be read"):
        read_photo(loop)


def cause_as_nobody(path: Path) -> str:
    """The cause for an unprivileged user; root drops its privileges in a child process."""
    if os.geteuid() != 0:
        with pytest.raises(PhotoError) as caught:
            read_photo(path)
        return caught.value.cause
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setuid(65534)
            read_photo(path)
        except PhotoError as error:
            os.write(writer, error.cause.encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as said:
        return said.read()


def test_a_file_that_may_not_be_read_says_so() -> None:
    """Without permission the cause is the permission."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder, "mine.jpg")
        path.write_bytes(encoded("JPEG"))
        path.chmod(0)
        assert cause_as_nobody(path) == "may not be read: change its permissions"


@pytest.mark.usefixtures("no_rawpy")
def test_camera_raw_is_refused_in_one_exact_line(tmp_path: Path) -> None:
    """Camera raw is never taken for its thumbnail, whatever it is called."""
    for name in ("a.dng", "a.DNG", "a.tif", "a.jpg"):
        path = tmp_path / name
        path.write_bytes(dng())
        with pytest.raises(PhotoError) as caught:
            read_photo(path)
        assert caught.value.cause == "camera raw: export a JPEG, or install photopoem[raw]" == RAW_CAUSE


def test_an_ordinary_tiff_and_a_jpeg_called_raw_are_read(tmp_path: Path) -> None:
    """A TIFF of small size is no raw, and a JPEG is a JPEG even if it is called photo.dng."""
    (tmp_path / "small.tif").write_bytes(encoded("TIFF", picture((64, 48))))
    (tmp_path / "photo.dng").write_bytes(encoded("JPEG"))
    assert read_photo(tmp_path / "small.tif").size == (64, 48)
    assert read_photo(tmp_path / "photo.dng").size == (96, 64)


def test_a_telephones_200_megapixels_are_no_bomb(tmp_path: Path) -> None:
    """A true JPEG of 200 million pixels is read, at a fraction of its size."""
    image = Image.new("L", (16_320, 12_240), 90)
    path = tmp_path / "large.jpg"
    image.save(path, quality=10)
    del image
    photo = read_photo(path)
    assert photo.size == (16_320, 12_240)
    assert max(photo.pixels.shape) <= 640


def test_silence_ends_when_the_last_reader_leaves() -> None:
    """Warnings of Pillow are off while anyone reads, others never, and the filters come back afterwards."""
    before = list(warnings.filters)
    with warnings_ignored():
        with warnings_ignored():
            warnings.warn_explicit("noise", UserWarning, "x.py", 1, module="PIL.Image")
        warnings.warn_explicit("noise", UserWarning, "x.py", 1, module="PIL.TiffImagePlugin")
        with pytest.raises(UserWarning, match="mine"):
            warnings.warn_explicit("mine", UserWarning, "x.py", 1, module="someone")
    assert warnings.filters == before


def test_a_heic_without_its_reader_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without pi-heif, HEIC gives its own message, and all other formats are read."""
    reading._register_formats.cache_clear()
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    monkeypatch.delitem(Image.OPEN, "HEIF", raising=False)
    (tmp_path / "a.heic").write_bytes(encoded("HEIF"))
    (tmp_path / "a.avif").write_bytes(encoded("AVIF"))
    try:
        with pytest.raises(PhotoError, match="pip install pi-heif"):
            read_photo(tmp_path / "a.heic")
        assert read_photo(tmp_path / "a.avif").metadata["format"] == "AVIF"
    finally:
        reading._register_formats.cache_clear()
