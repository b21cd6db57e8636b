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
    """A photograph looks whole only when its last byte is there, in every format that tells."""
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow writes no AVIF: pip install --upgrade pillow")
    data = photograph(1, kind)
    path = tmp_path / "photo"
    for length in (0, 1, 20, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        assert not looks_whole(str(path)), length
    path.write_bytes(data)
    assert looks_whole(str(path))


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
    """A folder that never was is told at once and once, with the nearest one; it is watched when it comes."""
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
    time.sleep(0.5)
    told = list(said)
    Path("photos").mkdir()
    assert show.watching.wait(20)
    Path("photos").rmdir()
    while len(said) < 4:
        time.sleep(0.01)
    stop.set()
    thread.join(20)
    (missing,) = told
    assert missing.startswith(
        "photos: this folder is not there yet (did you mean 'photo'?); waiting, it goes on by"
    )
    assert said[1:3] == ["it goes on", "begun"]
    assert said[3].startswith("photos: this folder is gone; waiting, it goes on by itself") and len(said) == 4


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
