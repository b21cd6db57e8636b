"""The installation: photographs that arrive come out as poems, whatever happens meanwhile."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from PIL import Image

from photopoem.errors import LabelError, LabellerUnavailable, UsageError
from photopoem.labels.labeller import Label, Labels
from photopoem.photo.discover import Found
from photopoem.photo.reading import Photo
from photopoem.poems.folder import PoemsFolder
from photopoem.printing.queue import Queue
from photopoem.services import watch as installation_module
from photopoem.services.arrivals import Arrivals
from photopoem.services.pipeline import Settings
from photopoem.services.publish import open_paper
from photopoem.services.watch import Watch
from tests.badfiles import encoded
from tests.command import photopoem
from tests.conftest import Rounds, small_disk
from tests.escpos_reader import read_job
from tests.fake_printer import FakePrinter
from tests.making import records, texts
from tests.paper import photograph
from tests.peak_memory import peak_of
from tests.processes import Program
from tests.test_limits import BOMBS
from tests.vision_server import refusing, serving, tell_gray

QUICK = """
from functools import partial
from photopoem.printing.channels import Retry
from photopoem.services import watch
watch.Arrivals = partial(watch.Arrivals, settle=0.1)
watch.Retry = lambda say, stop, pauses=(), **rest: Retry(say, stop, (0.2, 0.4), **rest)
watch.Watch = partial(watch.Watch, look_again=0.1)
"""
"""What to execute before a show that looks more often at its folder and at what was missing."""
IMPATIENT = f"""{QUICK}
watch.Arrivals = partial(watch.Arrivals, doubt=1.0)
watch.TRIES = (0.3, 0.6)
"""
"""The same, and it waits less long for the rest of a photograph and before it tries one again."""
SOAK = float(os.environ.get("PHOTOPOEM_SOAK_SECONDS", "40"))


def until(true: Callable[[], bool], seconds: float = 20) -> float:
    """Wait for something; how long it took."""
    start = time.monotonic()
    while not true():
        assert time.monotonic() - start < seconds, "it did not happen"
        time.sleep(0.01)
    return time.monotonic() - start


def counts(folder: Path) -> dict[str, int]:
    """What the queue of a folder of poems holds."""
    with Queue(folder) as queue:
        return {str(state): number for state, number in queue.counts().items()}


class WatchedShow:
    """`photopoem watch`, as a program of its own."""

    def __init__(
        self, folder: Path, target: str, *options: str, labels: str = "keywords", before: str = ""
    ) -> None:
        self.inbox, self.poems, self.health = folder / "inbox", folder / "poems", folder / "health.json"
        self.inbox.mkdir(exist_ok=True)
        self.log = folder / "log"
        given = ["--print", target, "--status", "health.json", "--labels", labels, *options]
        self.program = Program(
            "watch", "inbox", *given, cwd=folder, out=self.log, err=self.log, before=before
        )
        until(lambda: self.state().get("pid") == self.program.pid, 60)

    def state(self) -> dict[str, Any]:
        """What the status file says; nothing where there is none yet."""
        found: dict[str, Any] = json.loads(self.health.read_text()) if self.health.exists() else {}
        return found

    def said(self) -> str:
        """All it has said."""
        return self.log.read_text()

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit code."""
        self.program.send_signal(number)
        return self.program.wait(40)


Start = Callable[..., WatchedShow]


@pytest.fixture
def start_show(tmp_path: Path, printer: FakePrinter) -> Iterator[Start]:
    """Starts shows in one folder at one printer, which do not wait long; none outlives the test."""
    shows: list[WatchedShow] = []

    def start(*options: str, labels: str = "keywords", before: str = QUICK) -> WatchedShow:
        shows.append(WatchedShow(tmp_path, printer.address, *options, labels=labels, before=before))
        return shows[-1]

    yield start
    for show in shows:
        if show.program.poll() is None:
            show.end(signal.SIGKILL)


def test_nothing_is_printed_in_quiet_hours(start_show: Start, printer: FakePrinter) -> None:
    """In quiet hours poems are written and wait; the status says why."""
    now = datetime.now()
    hours = f"{now - timedelta(minutes=1):%H:%M}-{now + timedelta(minutes=5):%H:%M}"
    show = start_show("--quiet-hours", hours)
    (show.inbox / "a.jpg").write_bytes(photograph(1))
    until(lambda: show.state()["queued"] == 1)
    time.sleep(0.3)
    assert printer.jobs == [] and show.state()["printer"] == "quiet hours"
    assert show.end() == 0


# -- the show --------------------------------------------------------------------------------------------


def test_a_photograph_comes_out_within_two_seconds(start_show: Start, printer: FakePrinter) -> None:
    """From the moment a photograph lies in the folder to the paper it takes less than two seconds."""
    show = start_show(before="")
    took = []
    for number in range(3):
        (show.inbox / f"{number}.jpg").write_bytes(photograph(number))
        took.append(until(lambda: len(printer.jobs) > number))  # noqa: B023 - waited for in this round
    # The first loads what is needed; others may be held up by a busy machine.
    assert min(took[1:]) < 2, took
    assert len((show.poems / "poems.jsonl").read_text().splitlines()) == 3


def test_a_text_changed_while_it_waits_is_printed_as_it_stands(
    start_show: Start, printer: FakePrinter
) -> None:
    """A poem that a person edits while the printer is off comes out with their words, once, as `print` has it."""
    printer.switch_off()
    show = start_show()
    (show.inbox / "a.jpg").write_bytes(photograph(1))
    until(lambda: "refused" in show.state()["printer"], 30)
    text = show.poems / "a.jpg.txt"
    text.write_text("A title of mine\n\nAnd a line of mine.\n")
    printer.switch_on()
    until(lambda: counts(show.poems)["printed"] == 1, 40)
    assert show.end() == 0
    (paper,) = read_job(printer.jobs[0])
    assert paper.text.startswith("A title of mine\n\nAnd a line of mine.")
    again = photopoem("print", "poems", "--to", printer.address, cwd=show.poems.parent)
    assert "has had all 1 of these" in again.stderr and len(printer.jobs) == 1


def test_what_lies_there_at_the_first_start_is_left_alone(
    tmp_path: Path, start_show: Start, printer: FakePrinter
) -> None:
    """Photographs of before the show are not printed, unless they are asked for."""
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "old.jpg").write_bytes(photograph(1))
    show = start_show()
    (show.inbox / "new.jpg").write_bytes(photograph(2))
    until(lambda: len(printer.jobs) == 1)
    time.sleep(0.3)
    assert show.end() == 0 and len(printer.jobs) == 1
    shutil.rmtree(show.poems)
    show.health.unlink()
    show = start_show("--existing")
    until(lambda: len(printer.jobs) == 3)
    assert show.end() == 0


def test_what_is_left_is_told_at_the_end(tmp_path: Path, start_show: Start, printer: FakePrinter) -> None:
    """At Ctrl-C a photograph that has come only in part is named."""
    show = start_show()
    (show.inbox / "half.jpg").write_bytes(photograph(1)[:500])
    (show.inbox / "whole.jpg").write_bytes(photograph(2))
    until(lambda: len(printer.jobs) == 1)  # both were seen by then
    assert show.end(signal.SIGINT) == 0
    assert "1 still arriving or not yet written: half.jpg; the next start" in (tmp_path / "log").read_text()


def test_a_show_outlives_its_troubles(tmp_path: Path, start_show: Start, printer: FakePrinter) -> None:
    """Despite a printer that is off, a missing folder, a bad file and a kill, every poem is printed once."""
    show = start_show(before=IMPATIENT)
    (show.inbox / "0.jpg").write_bytes(photograph(0))
    until(lambda: counts(show.poems)["printed"] == 1)
    printer.switch_off()
    (show.inbox / "1.jpg").write_bytes(photograph(1))
    until(lambda: "refused" in show.said())
    until(lambda: "refused" in show.state()["printer"], 30)
    printer.switch_on()
    until(lambda: counts(show.poems)["printed"] == 2, 40)
    show.inbox.rename(tmp_path / "away")
    until(lambda: "inbox: this folder is gone; waiting" in show.said(), 30)
    (tmp_path / "away" / "2.jpg").write_bytes(photograph(2))
    (tmp_path / "away" / "bad.jpg").write_bytes(b"\xff\xd8 no photograph \xff\xd9")
    (tmp_path / "away").rename(show.inbox)
    until(lambda: counts(show.poems)["printed"] == 3, 40)
    until(lambda: "bad.jpg" in show.said())
    show.end(signal.SIGKILL)
    (show.inbox / "3.jpg").write_bytes(photograph(3))
    again = start_show()
    until(lambda: len(printer.jobs) == 4)
    time.sleep(0.3)
    assert again.end() == 0
    assert len(printer.jobs) == 4
    assert counts(again.poems)["printed"] == 4


def test_a_photograph_that_ends_the_program_is_given_up(tmp_path: Path, printer: FakePrinter) -> None:
    """A photograph that twice killed the show is not tried a third time; the one behind it is printed once."""
    deadly = QUICK + (
        "import os, signal\n"
        "from photopoem.photo import reading\n"
        "real = reading._read\n"
        "def kill(path, *rest):\n"
        "    if path.endswith('a.jpg'): os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return real(path, *rest)\n"
        "reading._read = kill\n"
    )
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for number, name in enumerate(("a.jpg", "b.jpg")):
        (inbox / name).write_bytes(photograph(number))
    command = ("watch", "inbox", "--print", printer.address, "--existing", "--labels", "keywords")
    for _ in range(2):
        show = Program(*command, cwd=tmp_path, before=deadly)
        assert show.wait() == -signal.SIGKILL
    third = Program(*command, cwd=tmp_path, err=tmp_path / "log", before=deadly)
    until(lambda: len(printer.jobs) == 1, 60)
    third.send_signal(signal.SIGTERM)
    assert third.wait(40) == 0
    assert (tmp_path / "log").read_text().count("given up after two tries: a.jpg") == 1
    assert counts(tmp_path / "poems")["printed"] == 1
    assert not (tmp_path / "poems" / ".tries.json").exists()


def test_pipes_and_devices_are_not_opened(start_show: Start, printer: FakePrinter) -> None:
    """A pipe and an endless device get a line each; what lies beside them is printed, and the show can be ended."""
    show = start_show(before=IMPATIENT)
    os.mkfifo(show.inbox / "a.jpg")
    (show.inbox / "b.jpg").symlink_to("/dev/zero")
    (show.inbox / "c.jpg").write_bytes(photograph(1))
    until(lambda: len(printer.jobs) == 1)
    until(lambda: show.said().count("not a file but a pipe, socket or device") == 2, 40)
    assert show.end() == 0


@pytest.mark.campaign
def test_kills_at_random_moments_lose_nothing(
    start_show: Start, printer: FakePrinter, rounds: Rounds
) -> None:
    """A show killed at any moment prints, after its restart, every photograph once or says which is in doubt."""
    chance = random.Random(3)
    number = 0
    before, longest = ((QUICK, 0.6), ("", 1.2))[rounds(0, 1)]
    show = start_show(before=before)
    for _ in range(rounds(3, 6)):
        for _ in range(3):
            (show.inbox / f"{number}.jpg").write_bytes(photograph(number))
            number += 1
        time.sleep(chance.uniform(0, longest))
        show.end(signal.SIGKILL)
        show = start_show(before=before)
    until(lambda: sum(counts(show.poems)[state] for state in ("printed", "doubtful")) == number, 60)
    assert show.end() == 0
    papers = Counter(paper.text for job in printer.jobs for paper in read_job(job))
    assert max(papers.values()) == 1
    known = counts(show.poems)
    assert known["printed"] <= len(printer.jobs) <= known["printed"] + known["doubtful"]
    assert (
        len({json.loads(line)["path"] for line in (show.poems / "poems.jsonl").read_text().splitlines()})
        == number
    )


def test_a_full_disk_is_waited_out(tmp_path: Path, start_show: Start, printer: FakePrinter) -> None:
    """With the disk full nothing is printed that could not be written down; with room again, each once."""
    with small_disk(tmp_path / "poems", "2m") as disk:
        show = start_show()
        try:
            (show.inbox / "0.jpg").write_bytes(photograph(0))
            until(lambda: len(printer.jobs) == 1)
            until(lambda: counts(disk)["printed"] == 1)
            filler = os.open(disk / "filler", os.O_WRONLY | os.O_CREAT)
            with pytest.raises(OSError, match="space"):
                while True:
                    os.write(filler, bytes(4096))
            os.close(filler)
            for number in (1, 2):
                (show.inbox / f"{number}.jpg").write_bytes(photograph(number))
            until(lambda: "room" in show.said())
            time.sleep(1)
            jobs = len(printer.jobs)
            (disk / "filler").unlink()
            until(lambda: len(printer.jobs) == 3, 40)
            time.sleep(0.3)
            assert jobs < 3 and len(printer.jobs) == 3
            assert counts(disk)["printed"] == 3
        finally:
            show.end()


class Distant:
    """A labeller far away, whose network comes and goes."""

    name, version, network, parameters, colophon = "distant", "1", True, "", ""

    def __init__(self) -> None:
        self.failures: list[LabellerUnavailable | LabelError] = []

    def label(self, photos: Sequence[Photo]) -> list[Labels | LabelError]:
        """A cloud, or the next failure."""
        failure = self.failures.pop(0) if self.failures else None
        if isinstance(failure, LabellerUnavailable):
            raise failure
        return [failure or (Label("cloud", 0.9, self.name),) for _ in photos]


def test_a_lost_network_is_waited_out(
    tmp_path: Path, printer: FakePrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the labeller cannot be reached photographs wait; each has its poem when it can be again."""
    labeller = Distant()
    labeller.failures = [
        LabellerUnavailable("no network"),
        LabellerUnavailable("no network"),
        LabelError("busy"),
    ]
    monkeypatch.setattr("photopoem.services.pipeline.labeller_for", cache(lambda _: labeller))
    monkeypatch.setattr(installation_module, "PAUSES", (0.05,))
    monkeypatch.setattr(installation_module, "TRIES", (0.1, 0.1))
    (tmp_path / "inbox").mkdir()
    said: list[str] = []
    show = Watch(
        tmp_path / "inbox", open_paper(printer.address), Settings(), tmp_path / "poems", say=said.append
    )
    thread = threading.Thread(target=show.run)
    thread.start()
    assert show.watching.wait(20)
    (tmp_path / "inbox" / "a.jpg").write_bytes(photograph(1))
    until(lambda: len(printer.jobs) == 1)
    show.stop.set()
    thread.join(20)
    (told,) = [text for text in said if "no network" in text]
    assert told.startswith("no network; waiting; it continues by itself; Ctrl-C is safe")
    assert any("busy" in text for text in said)


def test_a_folder_that_was_gone_is_looked_at_as_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How long a folder was gone has no part in how long a show waits until it looks again."""
    monkeypatch.setattr(installation_module, "PAUSES", (0.5,))
    (tmp_path / "inbox").mkdir()
    paper, waits, gone = open_paper(f"dir:{tmp_path / 'paper'}", "text"), [], [UsageError("gone")]
    show = Watch(tmp_path / "inbox", paper, Settings(labels="keywords"), tmp_path / "poems")
    ready = show.arrivals.ready

    def ready_again() -> list[Found]:
        if gone:
            raise gone.pop()
        return ready()

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        show.stop.set()
        return True

    monkeypatch.setattr(show.arrivals, "ready", ready_again)
    monkeypatch.setattr(show._happened, "wait", wait)
    show.run()
    assert waits[0] < 3 and not gone


def test_a_show_that_looks_seldom_ends_at_once(tmp_path: Path) -> None:
    """The end of a show is not held up until it would have looked again."""
    (tmp_path / "inbox").mkdir()
    paper = open_paper(f"dir:{tmp_path / 'paper'}", "text")
    show = Watch(tmp_path / "inbox", paper, Settings(labels="keywords"), tmp_path / "poems", look_again=100)
    thread = threading.Thread(target=show.run)
    thread.start()
    assert show.watching.wait(20)
    time.sleep(0.1)
    show.stop.set()
    thread.join(20)
    assert not thread.is_alive()


def test_a_service_that_refused_is_asked_again(
    tmp_path: Path, start_show: Start, printer: FakePrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A show whose service refused its credentials goes on by itself once they are accepted."""
    with serving(refusing(grpc.StatusCode.PERMISSION_DENIED, "not now")) as server:
        monkeypatch.setenv("PHOTOPOEM_VISION_ENDPOINT", server.endpoint)
        monkeypatch.setenv("PHOTOPOEM_CACHE_DIR", str(tmp_path / "cache"))
        show = start_show(labels="vision")
        (show.inbox / "a.jpg").write_bytes(photograph(1))
        until(lambda: "not now" in show.said(), 60)
        server.answer = tell_gray
        until(lambda: len(printer.jobs) == 1, 60)
        assert show.end() == 0


def test_each_photograph_is_decoded_once(
    tmp_path: Path, printer: FakePrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its arrival to its poem a photograph is decoded a single time."""
    decoded = []
    real = Image._getdecoder
    monkeypatch.setattr(Image, "_getdecoder", lambda *given: decoded.append(given[1]) or real(*given))
    (tmp_path / "inbox").mkdir()
    for number in range(3):
        (tmp_path / "inbox" / f"{number}.jpg").write_bytes(photograph(number))
    paper, settings = open_paper(f"dir:{tmp_path / 'paper'}", "text"), Settings(labels="keywords")
    show = Watch(tmp_path / "inbox", paper, settings, tmp_path / "poems", existing=True)
    thread = threading.Thread(target=show.run)
    thread.start()
    until(lambda: show.written == 3)
    show.stop.set()
    thread.join(20)
    assert decoded.count("jpeg") == 3


def test_a_photograph_that_never_works_is_let_be(
    tmp_path: Path, printer: FakePrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that gives no poem after several tries is named and given up, also after a restart."""
    monkeypatch.setattr(installation_module, "TRIES", (0.05, 0.05))
    (tmp_path / "inbox").mkdir()
    said: list[str] = []
    show = Watch(
        tmp_path / "inbox",
        open_paper(printer.address),
        Settings(labels="keywords"),
        tmp_path / "poems",
        say=said.append,
    )
    show.arrivals.doubt = 0.5
    show.look_again = 0.05
    thread = threading.Thread(target=show.run)
    thread.start()
    assert show.watching.wait(20)
    path = tmp_path / "inbox" / "bad.jpg"
    path.write_bytes(b"\xff\xd8 no photograph \xff\xd9")
    until(lambda: show.failed == 1)
    show.stop.set()
    thread.join(20)
    assert sum("bad.jpg" in text for text in said) == 2
    with Queue(tmp_path / "poems") as queue:
        again = Arrivals(tmp_path / "inbox", queue.photographs(), settle=0)
    assert again.ready() == []


def test_a_name_used_twice_is_kept_twice(start_show: Start, printer: FakePrinter, tmp_path: Path) -> None:
    """A photograph of the name of one from elsewhere has a text of its own, and only what is kept counts as written."""
    for number, folder in enumerate(("inbox", "elsewhere")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.jpg").write_bytes(photograph(number))
    photopoem("run", "elsewhere", "--labels", "keywords", cwd=tmp_path)
    show = start_show("--existing")
    until(lambda: show.state()["poems"] == 1)
    assert len(texts(show.poems)) == len(records(show.poems)) == 2
    (show.poems / "b.jpg.txt").write_text("mine\n")
    (show.inbox / "b.jpg").write_bytes(photograph(2))
    until(lambda: len(printer.jobs) == 2)
    until(lambda: show.state()["printed"] == 2)
    assert show.state()["poems"] == 1 and "b.jpg.txt: changed by hand" in show.said()
    assert (show.poems / "b.jpg.txt").read_text() == "mine\n"
    assert show.end() == 0


def test_a_folder_in_use_is_waited_for(start_show: Start, printer: FakePrinter) -> None:
    """While a run writes into the show's poems folder, a photograph waits; then its poem is kept and printed."""
    show = start_show()
    with PoemsFolder(show.poems):
        (show.inbox / "a.jpg").write_bytes(photograph(1))
        until(lambda: "another run is writing here" in show.said())
        assert printer.jobs == []
    until(lambda: len(printer.jobs) == 1)
    assert len(texts(show.poems)) == len(records(show.poems)) == 1
    assert show.end() == 0


# -- the soak --------------------------------------------------------------------------------------------


def drop(inbox: Path, number: int, slowly: bool, chance: random.Random) -> None:
    """Put a photograph into the folder, at once or piece by piece."""
    data = photograph(number, size=(600, 400))
    path = inbox / f"{number}.jpg"
    if not slowly:
        path.write_bytes(data)
        return
    pieces = chance.randint(2, 6)
    with path.open("wb") as file:
        for piece in range(pieces):
            file.write(data[len(data) * piece // pieces : len(data) * (piece + 1) // pieces])
            file.flush()
            time.sleep(chance.uniform(0.05, 0.6))


@pytest.mark.timeout(1200)
@pytest.mark.campaign
def test_every_photograph_that_arrives_gives_one_poem(
    start_show: Start, printer: FakePrinter, rounds: Rounds
) -> None:
    """Photographs dropped at random, half of them slowly, give a poem each, and memory stays flat."""
    chance = random.Random(7)
    warm, count = 10, rounds(24, 100)
    seconds = SOAK * (count - warm) / rounds(200, 100)
    show = start_show(labels="local" if SOAK >= 300 else "keywords", before="")
    process = psutil.Process(show.program.pid)
    # The first photographs load what is needed; memory is measured from there.
    for number in range(warm):
        drop(show.inbox, number, False, chance)
    until(lambda: len(printer.jobs) == warm, 60)
    early = process.memory_info().rss / 1e6
    moments = sorted(chance.uniform(0, seconds) for _ in range(count - warm))
    dropping: list[threading.Thread] = []
    start = time.monotonic()
    for number, moment in enumerate(moments, warm):
        time.sleep(max(0.0, start + moment - time.monotonic()))
        thread = threading.Thread(target=drop, args=(show.inbox, number, number % 2 == 0, chance))
        thread.start()
        dropping.append(thread)
    for thread in dropping:
        thread.join()
    until(lambda: len(printer.jobs) == count, 120)
    late = process.memory_info().rss / 1e6
    until(lambda: counts(show.poems)["printed"] == count)
    assert show.end() == 0
    health = show.state()
    assert len(printer.jobs) == count, "none twice"
    assert health["failed"] == health["doubtful"] == health["queued"] == 0
    print(f"memory: {early:.0f} MB after {warm}, {late:.0f} at the end")
    assert late < early + 15


@pytest.mark.parametrize(("given", "what"), [("a.jpg", "a file"), ("s3://bucket/photos", "an address")])
def test_what_is_no_folder_is_not_watched(tmp_path: Path, given: str, what: str) -> None:
    """A file or an address in place of the watched folder is refused in one line."""
    (tmp_path / "a.jpg").write_bytes(photograph(1))
    refused = photopoem("watch", given, "--print", "dir:paper", "--press", "text", cwd=tmp_path, code=2)
    assert refused.stderr == f"photopoem: {given}: {what}; watch takes a folder that photographs arrive in\n"


# -- the worst that can lie in a folder ------------------------------------------------------------------

BEHEADED = {
    f"{format} of 23 bytes": encoded(format)[:23] for format in ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
}
"""Files that end within their header."""


def put_the_worst(inbox: Path) -> list[str]:
    """Put what a show must not trip over into its folder: more than twenty names."""
    os.mkfifo(inbox / "pipe.jpg")
    for name, target in (("endless", "/dev/zero"), ("terminal", "/dev/tty"), ("circle", "circle.jpg")):
        (inbox / f"{name}.jpg").symlink_to(target)
    (inbox / "folder.jpg").mkdir()
    (inbox / os.fsdecode(b"nonsense \xff\xfe.jpg")).write_bytes(photograph(1)[:500])
    for name, data in (BOMBS | BEHEADED).items():
        (inbox / f"{name}.jpg").write_bytes(data)
    with (inbox / "sparse.tif").open("wb") as file:
        file.write(BOMBS["float tiff"])
        file.truncate(3_000_000_000)
    return ["pipe", "endless", "terminal", "nonsense", "sparse", *BOMBS, *BEHEADED]


@pytest.mark.timeout(1200)
@pytest.mark.campaign
def test_good_photographs_come_out_between_the_worst(
    start_show: Start, printer: FakePrinter, rounds: Rounds
) -> None:
    """Beside pipes, bombs and broken files each good photograph is printed once, and memory stays low and flat."""
    warm, count = 5, rounds(15, 60)
    impatient = (IMPATIENT, "")[rounds(0, 1)]
    show = start_show(labels="local" if SOAK >= 300 else "keywords", before=impatient)
    process = psutil.Process(show.program.pid)
    for number in range(warm):
        drop(show.inbox, number, False, random.Random(number))
    until(lambda: len(printer.jobs) == warm, 120)
    worst = put_the_worst(show.inbox)

    def all_are_told() -> bool:
        # Where nothing happens it looks less often, for it looks long at these.
        (show.inbox / "changed").touch()
        return all(name in show.said() for name in worst)

    for number in range(warm, count):
        if number == count // 2:
            until(all_are_told, 180)
            early = process.memory_info().rss / 1e6
        drop(show.inbox, number, False, random.Random(number))
        time.sleep(SOAK / rounds(240, 60))
    until(lambda: counts(show.poems)["printed"] == count, 180)
    late, most = process.memory_info().rss / 1e6, peak_of(process.pid) / 1e6
    assert show.end() == 0
    assert len(printer.jobs) == len(set(printer.jobs)) == count
    print(f"memory: {early:.0f} MB half way, {late:.0f} at the end, {most:.0f} at most")
    assert late < early + 30 and most < 500
