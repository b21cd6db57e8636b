"""Photographs that arrive: taken when they are whole; and the hours in which nothing is printed."""

from __future__ import annotations

import threading
import time
from datetime import datetime
from pathlib import Path

import pytest
from PIL import features

from photopoem.errors import UsageError
from photopoem.services import watch as installation_module
from photopoem.services.arrivals import Arrivals, looks_whole
from photopoem.services.pipeline import Settings
from photopoem.services.publish import open_paper
from photopoem.services.watch import QuietHours, Watch
from tests.paper import photograph

# -- arrivals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_half_a_file_does_not_look_whole(tmp_path: Path, kind: str) -> None:
    """A photograph looks complete only when its last byte has arrived, in every format that allows a check."""
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow writes no AVIF: pip install --upgrade pillow")
    data = photograph(1, kind)
    path = tmp_path / "photo"
    for length in (0, 1, 20, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        assert not looks_whole(str(path)), length
    path.write_bytes(data)
    assert looks_whole(str(path))


@pytest.mark.parametrize("name", ["motion.jpg", "seft.jpg"])
def test_data_after_the_end_does_not_make_a_photograph_look_cut(name: str, tmp_path: Path) -> None:
    """A film or notes after the picture are not part of it; a picture cut before its end looks incomplete."""
    # Of a collection of cases made for this project, free of rights.
    data = (Path(__file__).parent / "data" / "field" / name).read_bytes()
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    assert looks_whole(str(path))
    path.write_bytes(data[: data.rfind(b"\xff\xd9")])
    assert not looks_whole(str(path))
    arrivals = Arrivals(tmp_path, settle=0.05, doubt=60)
    path.write_bytes(data)
    arrivals.ready()
    time.sleep(0.1)
    assert len(arrivals.ready()) == 1


@pytest.mark.parametrize(("kind", "trailer"), [
    ("JPEG", b"\0" * 5000), ("JPEG", b"text"), ("JPEG", b"\xff\xd8\xff\xe0 another"), ("PNG", b"\0" * 10_000),
    ("PNG", b"trailer"), ("WEBP", b"trailer"), ("AVIF", b"\0\0\x01\0mpvd" + b"film" * 9), ("AVIF", b"SEFT"),
])  # fmt: skip
def test_any_trailer_of_any_format_is_none_of_the_picture(kind: str, trailer: bytes, tmp_path: Path) -> None:
    """Zeros, text, another picture or a film may follow the end of a photograph."""
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow writes no AVIF: pip install --upgrade pillow")
    (tmp_path / "photo").write_bytes(photograph(1, kind) + trailer)
    assert looks_whole(str(tmp_path / "photo"))


def test_the_end_of_a_thumbnail_is_not_the_end_of_the_photograph(tmp_path: Path) -> None:
    """A progressive JPEG with a thumbnail, cut behind any of its markers, does not look whole."""
    from tests.badfiles import encoded, picture

    thumbnail = encoded("JPEG")
    data = encoded("JPEG", picture((300, 200)), progressive=True, comment=thumbnail)
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    assert looks_whole(str(path))
    cuts = [at for at in range(2, len(data) - 1) if data[at - 2] == 0xFF and data[at - 1] not in (0, 0xFF)]
    assert len(cuts) > 10
    for at in cuts:
        path.write_bytes(data[:at])
        assert not looks_whole(str(path)), at


def test_a_growing_file_is_waited_for(tmp_path: Path) -> None:
    """A file is taken when it has stopped growing and looks whole; one that never does, after a longer while."""
    arrivals = Arrivals(tmp_path, settle=0.05, doubt=0.4)
    data = photograph(1)
    path = tmp_path / "a.jpg"
    path.write_bytes(data[:100])
    assert arrivals.ready() == []
    time.sleep(0.1)
    assert arrivals.ready() == [], "it does not look whole"
    path.write_bytes(data)
    assert arrivals.ready() == [], "it has just grown"
    time.sleep(0.1)
    (found,) = arrivals.ready()
    arrivals.done(found)
    assert arrivals.ready() == []
    (tmp_path / "broken.jpg").write_bytes(data[:100])
    arrivals.ready()
    time.sleep(0.5)
    assert [Path(each.path).name for each in arrivals.ready()] == ["broken.jpg"]


def test_a_changed_photograph_arrives_anew(tmp_path: Path) -> None:
    """A photograph that is replaced by another of the same name is new; one that is gone is forgotten."""
    arrivals = Arrivals(tmp_path, settle=0)
    path = tmp_path / "a.jpg"
    path.write_bytes(photograph(1))
    (found,) = arrivals.ready()
    arrivals.done(found)
    path.write_bytes(photograph(2) + b"\xff\xd9")
    assert len(arrivals.ready()) == 1
    path.unlink()
    assert arrivals.ready() == [] and not arrivals.growing


def test_a_folder_that_is_not_there_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing folder is reported once, at once, with the nearest name; it is watched when it appears."""
    monkeypatch.setattr(installation_module, "PAUSES", (0.02,))
    monkeypatch.chdir(tmp_path)
    Path("photo").mkdir()
    said: list[str] = []
    stop = threading.Event()
    settings = Settings(labels="keywords")
    show = Watch(Path("photos"), open_paper("dir:paper", "text"), settings, say=said.append, stop=stop)
    show.begun = lambda: said.append("begun")
    thread = threading.Thread(target=show.run)
    thread.start()
    end = time.monotonic() + 60
    while not said and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.5)  # long enough to say it again, if it did
    told = list(said)
    Path("photos").mkdir()
    assert show.watching.wait(20)
    Path("photos").rmdir()
    end = time.monotonic() + 60
    while len(said) < 4 and time.monotonic() < end:
        time.sleep(0.01)
    stop.set()
    thread.join(20)
    assert len(said) == 4, said
    (missing,) = told
    assert missing.startswith(
        "photos: this folder is not there yet (did you mean 'photo'?); waiting; it continues by"
    )
    assert said[1:3] == ["it continues", "begun"]
    assert (
        said[3].startswith("photos: this folder is gone; waiting; it continues by itself") and len(said) == 4
    )


# -- quiet hours -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "quiet", "loud"),
    [
        ("22:00-08:00", ["22:00", "23:59", "00:00", "07:59"], ["08:00", "12:00", "21:59"]),
        ("12:30-13:30", ["12:30", "13:29"], ["12:29", "13:30", "00:00"]),
        ("20:00-24:00", ["20:00", "23:59"], ["00:00", "19:59"]),
        ("9:00-9:00", [], ["09:00", "00:00"]),
    ],
)
def test_quiet_hours(hours: str, quiet: list[str], loud: list[str]) -> None:
    """Quiet hours hold from their first minute to before their last, past midnight too."""
    told = QuietHours.parse(hours)
    for clock in [*quiet, *loud]:
        at = datetime.fromisoformat(f"2024-05-01T{clock}")
        assert told.now(at) == (clock in quiet), clock


@pytest.mark.parametrize("text", ["", "22-8", "25:00-08:00", "22:60-08:00", "night"])
def test_hours_that_are_none(text: str) -> None:
    """Hours that no clock shows are refused."""
    with pytest.raises(UsageError, match="22:00-08:00"):
        QuietHours.parse(text)
