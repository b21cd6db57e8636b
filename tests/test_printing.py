"""Printing: the queue, the targets and the manners of talking to a printer."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from photopoem.errors import PressError, StoreError, UsageError
from photopoem.poem import Poem
from photopoem.printing.channels import Retry
from photopoem.printing.queue import Queue
from photopoem.printing.targets import PrinterTarget, open_target
from photopoem.printing.worker import Worker
from photopoem.services.publish import Renderer, enqueue, open_paper, ordered, print_poems, print_queue
from tests.escpos_reader import read_job
from tests.fake_printer import FakePrinter
from tests.paper import make_poem

PAUSES = (0.02, 0.04, 0.08)


def poems(count: int) -> list[Poem]:
    return [
        make_poem(f"poem {number}", title="", path=f"{number}.jpg", seed=number) for number in range(count)
    ]


def printed(printer: FakePrinter) -> list[str]:
    """The first line on each piece of paper."""
    return [paper.text.splitlines()[0] for job in printer.jobs for paper in read_job(job)]


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


class Going:
    """A queue being printed in a thread, and what it said."""

    def __init__(self, folder: Path, target: str) -> None:
        self.said: list[str] = []
        self.retry = Retry(self.said.append, pauses=PAUSES)
        self.thread = threading.Thread(
            target=print_queue, args=(folder, target), kwargs={"retry": self.retry}
        )
        self.thread.start()

    def end(self) -> list[str]:
        """Wait until it has ended; what it said."""
        self.thread.join(20)
        assert not self.thread.is_alive()
        return self.said


def quick(target: object) -> None:
    """Make a target's printer count as stalled or silent sooner."""
    assert isinstance(target, PrinterTarget)
    target.dialogue.answer_within = target.dialogue.accept_within = 0.1


# -- the queue -------------------------------------------------------------------------------------------


def test_prints_each_poem_once_in_order(tmp_path: Path, printer: FakePrinter) -> None:
    """A queue is printed in its order, each poem once, and every job is marked printed."""
    done = print_poems(tmp_path, poems(5), printer.address)
    assert printed(printer) == [f"poem {n}" for n in range(5)]
    assert (done.printed, done.doubtful) == (5, 0)
    assert Queue(tmp_path).counts()["printed"] == 5


def test_asking_twice_prints_once(tmp_path: Path, printer: FakePrinter) -> None:
    """Poems that a target has had are not printed again, unless that is asked for."""
    print_poems(tmp_path, poems(2), printer.address)
    print_poems(tmp_path, poems(3), printer.address)
    assert printed(printer) == ["poem 0", "poem 1", "poem 2"]
    print_poems(tmp_path, poems(1), printer.address, again=True)
    assert printed(printer)[3:] == ["poem 0"]


def test_copies_come_pile_after_pile(tmp_path: Path, printer: FakePrinter) -> None:
    """Copies are printed as whole piles, and asking for more copies later adds only those missing."""
    print_poems(tmp_path, poems(2), printer.address, copies=2)
    assert printed(printer) == ["poem 0", "poem 1"] * 2
    print_poems(tmp_path, poems(2), printer.address, copies=3)
    assert printed(printer) == ["poem 0", "poem 1"] * 3


def test_pace_spaces_the_poems(tmp_path: Path, printer: FakePrinter) -> None:
    """With a pace, the next poem is not begun before that time is over."""
    start = time.monotonic()
    print_poems(tmp_path, poems(3), printer.address, pace=0.3)
    assert time.monotonic() - start >= 0.6


def test_two_targets_have_each_their_queue(tmp_path: Path, printer: FakePrinter) -> None:
    """What one target has had is still new to another."""
    print_poems(tmp_path, poems(2), printer.address)
    done = print_poems(tmp_path, poems(2), open_paper(f"dir:{tmp_path / 'out'}", "receipt"))
    assert done.printed == 2


def test_orders(tmp_path: Path) -> None:
    """Poems can be put in the order of their names or shuffled the same way by the same seed."""
    some = poems(6)[::-1]
    assert [p.subject.path for p in ordered(some, "name")] == [f"{n}.jpg" for n in range(6)]
    first = ordered(some, "shuffle", 7)
    assert first == ordered(some, "shuffle", 7) != some
    assert sorted(first, key=lambda p: p.seed) == some[::-1]


def test_a_second_program_leaves_the_queue_to_the_first(tmp_path: Path, printer: FakePrinter) -> None:
    """If two programs use the same queue, one prints everything, and the other says so and ends."""
    printer.seconds = 0.1
    enqueue(tmp_path, poems(12), printer.address)
    first = Going(tmp_path, printer.address)
    until(lambda: len(printer.jobs) > 0)
    second = Going(tmp_path, printer.address)
    first.end()
    assert any("another photopoem" in said for said in second.end())
    assert printed(printer) == [f"poem {n}" for n in range(12)]


def test_retry_skip_and_clear(tmp_path: Path, printer: FakePrinter) -> None:
    """Doubtful poems can be printed again or left out; clearing empties the queue and keeps what was printed."""
    with Queue(tmp_path) as queue:
        enqueue(queue, poems(4), printer.address)
        for job in queue.jobs()[:3]:
            queue.mark(job.id, "sending")
        assert queue.recover(printer.address, repeatable=False) == 3
        assert queue.retry([1]) == 1
        assert queue.skip() == 2
        assert [job.state for job in queue.jobs()] == ["queued", "skipped", "skipped", "queued"]
        with pytest.raises(UsageError, match="no job 99"):
            queue.retry([99])
        print_queue(queue, printer.address)
        assert printed(printer) == ["poem 0", "poem 3"]
        assert queue.clear() == 0
        assert queue.clear(history=True) == 4


def test_a_poem_that_cannot_be_pressed_holds_nobody_up(tmp_path: Path, printer: FakePrinter) -> None:
    """A poem that a press refuses is listed as doubtful with its cause, and the next is printed."""
    long = make_poem(*["word " * 60] * 60, path="long.jpg")
    done = print_poems(tmp_path, [long, poems(1)[0]], open_paper(f"dir:{tmp_path / 'out'}", "svg"))
    assert (done.printed, done.doubtful) == (1, 1)
    (doubtful,) = Queue(tmp_path).jobs(["doubtful"])
    assert "nothing was sent" in doubtful.note and "long.jpg" in doubtful.note


# -- trouble ---------------------------------------------------------------------------------------------


def test_waits_for_a_printer_that_is_off(tmp_path: Path, printer: FakePrinter) -> None:
    """A printer that is off is waited for, said once, and printing goes on by itself."""
    printer.switch_off()
    enqueue(tmp_path, poems(2), printer.address)
    going = Going(tmp_path, printer.address)
    time.sleep(0.4)
    printer.switch_on()
    said = going.end()
    assert len(said) == 2 and "refused" in said[0] and "continues" in said[1]
    assert printed(printer) == ["poem 0", "poem 1"]


def test_that_ctrl_c_is_safe_is_said_once(tmp_path: Path, printer: FakePrinter) -> None:
    """Only the first trouble of a queue says that Ctrl-C is safe."""
    printer.paper = False
    enqueue(tmp_path, poems(1), printer.address)
    going = Going(tmp_path, printer.address)
    until(lambda: bool(going.said))
    printer.switch_off()
    until(lambda: len(going.said) > 1)
    printer.mend()
    first, second, *_ = going.end()
    assert "out of paper" in first and "Ctrl-C is safe" in first
    assert "refused" in second and "Ctrl-C" not in second


@pytest.mark.parametrize(("what", "said"), [("paper", "out of paper"), ("open", "is open")])
def test_waits_for_paper_and_lid(tmp_path: Path, printer: FakePrinter, what: str, said: str) -> None:
    """Without paper, or open, a printer gets no job until that is put right."""
    setattr(printer, what, what == "open")
    enqueue(tmp_path, poems(1), printer.address)
    going = Going(tmp_path, printer.address)
    time.sleep(0.3)
    assert Queue(tmp_path).counts()["queued"] == 1
    printer.mend()
    assert said in going.end()[0]
    assert printed(printer) == ["poem 0"]


def test_paper_that_ends_in_the_middle(tmp_path: Path, printer: FakePrinter) -> None:
    """When the paper ends inside a job, the job is waited for: it is neither lost nor sent again."""
    printer.seconds = 0.3
    enqueue(tmp_path, poems(2), printer.address)
    going = Going(tmp_path, printer.address)
    until(lambda: Queue(tmp_path).counts()["sending"] == 1)
    printer.paper = False
    until(lambda: any("out of paper" in said for said in going.said))
    printer.mend()
    assert "Ctrl-C leaves this poem in doubt" in going.end()[0]
    assert printed(printer) == ["poem 0", "poem 1"]
    assert Queue(tmp_path).counts()["doubtful"] == 0


def test_a_stall_is_waited_out(tmp_path: Path, printer: FakePrinter) -> None:
    """A printer that stops reading for a while gets the rest of the same job when it reads again."""
    big = make_poem(*["a line of a long poem"] * 4_000, title="", path="big.jpg")
    with Queue(tmp_path) as queue:
        enqueue(queue, [*poems(1), big], printer.address)
        target = open_target(printer.address)
        quick(target)
        said: list[str] = []
        worker = Worker(queue, target, Renderer(), Retry(said.append, pauses=PAUSES))  # type: ignore[arg-type]
        thread = threading.Thread(target=worker.run)
        thread.start()
        until(lambda: queue.counts()["printed"] == 1 and queue.counts()["sending"] == 1)
        printer.stalled = True
        until(lambda: any("accepts no data" in text or "silent" in text for text in said))
        printer.mend()
        thread.join(60)
    assert len(printer.jobs) == 2 and worker.tally.doubtful == 0


def test_silence_of_a_printer_that_talks_is_trouble(tmp_path: Path, printer: FakePrinter) -> None:
    """A printer that has answered before and is silent now gets no job, also after a restart."""
    print_poems(tmp_path, poems(1), printer.address)
    printer.stalled = True
    enqueue(tmp_path, poems(2), printer.address)
    going = Going(tmp_path, printer.address)
    until(lambda: bool(going.said))
    assert "does not answer" in going.said[0]
    printer.mend()
    going.end()
    assert printed(printer) == ["poem 0", "poem 1"]


def test_cut_off_in_the_middle_is_doubtful(tmp_path: Path, printer: FakePrinter) -> None:
    """A job cut off in the middle is listed as doubtful and not sent again; the next ones are printed."""
    print_poems(tmp_path, poems(1), printer.address)
    printer.cut_after = 20
    enqueue(tmp_path, poems(3), printer.address)
    going = Going(tmp_path, printer.address)
    until(lambda: Queue(tmp_path).counts()["doubtful"] > 0)
    printer.mend()
    said = going.end()
    queue = Queue(tmp_path)
    doubtful = queue.jobs(["doubtful"])
    assert 1 <= len(doubtful) <= 2 and "may or may not" in said[0]
    assert queue.counts()["queued"] == queue.counts()["sending"] == 0
    queue.retry()
    print_queue(tmp_path, printer.address)
    assert set(printed(printer)) == {"poem 0", "poem 1", "poem 2"}


@pytest.mark.parametrize("kind", [{"talks": False}, {"says_done": False}, {"always_offline": True}])
def test_printers_that_say_little(tmp_path: Path, kind: dict[str, bool]) -> None:
    """A printer that never answers, never says it is done, or always says offline, prints all the same."""
    printer = FakePrinter(**kind)
    target = open_target(printer.address)
    assert isinstance(target, PrinterTarget)
    target.dialogue.done_within = 0.2
    with Queue(tmp_path) as queue:
        enqueue(queue, poems(3), printer.address)
        done = Worker(queue, target, Renderer(), Retry(pauses=PAUSES)).run()
    until(lambda: len(printer.jobs) == 3)
    assert done.printed == 3 and done.doubtful == 0
    assert printed(printer) == ["poem 0", "poem 1", "poem 2"]
    printer.switch_off()


def test_stopping_while_waiting_loses_nothing(tmp_path: Path, printer: FakePrinter) -> None:
    """A program that is stopped while the printer is off leaves its poems queued."""
    printer.switch_off()
    enqueue(tmp_path, poems(2), printer.address)
    going = Going(tmp_path, printer.address)
    until(lambda: bool(going.said))
    going.retry.stop.set()
    going.end()
    assert Queue(tmp_path).counts()["queued"] == 2


def test_an_unwritable_queue_is_waited_for(tmp_path: Path, printer: FakePrinter) -> None:
    """While the queue cannot be written, nothing is sent; afterwards printing continues."""
    folder = tmp_path / "poems"
    with Queue(folder) as queue:
        enqueue(queue, poems(1), printer.address)
        original = queue.mark
        failures = iter([True, True, False])

        def mark(*args: object) -> None:
            if next(failures, False):
                raise StoreError("the disk is full")
            original(*args)  # type: ignore[arg-type]

        queue.mark = mark  # type: ignore[method-assign]
        said: list[str] = []
        done = Worker(
            queue, open_target(printer.address), Renderer(), Retry(said.append, pauses=PAUSES)
        ).run()  # type: ignore[arg-type]
    assert done.printed == 1 and len(printer.jobs) == 1
    assert "disk is full" in said[0]


# -- targets ---------------------------------------------------------------------------------------------


def test_a_folder_gets_a_file_a_poem(tmp_path: Path) -> None:
    """A folder gets one complete file per poem, without overwriting files or writing twice."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "0.svg").write_text("a person's own")
    twins = [make_poem("one", path="a/0.jpg", seed=1), make_poem("two", path="b/0.jpg", seed=2)]
    for _ in range(2):
        print_poems(tmp_path, twins, open_paper(f"dir:{out}", "svg"))
    assert sorted(path.name for path in out.iterdir()) == ["0-2.svg", "0-3.svg", "0.svg"]
    assert (out / "0.svg").read_text() == "a person's own"


def test_a_folder_after_a_kill_is_not_written_twice(tmp_path: Path) -> None:
    """A file written just before a kill is found, not doubled: a folder's poems are never in doubt."""
    target = f"dir:{tmp_path / 'out'}"
    print_poems(tmp_path, poems(1), open_paper(target, "svg"))
    with Queue(tmp_path) as queue:
        queue.mark(1, "sending")
        done = print_queue(queue, target)
    assert done.printed == 1 and done.doubtful == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["0.svg"]


def test_a_serial_line(tmp_path: Path) -> None:
    """A serial printer is asked, sent the job raw and heard out, over a real terminal line."""
    ours, theirs = os.openpty()
    jobs: list[bytes] = []

    def printer() -> None:
        memory = b""
        while b"\x1dr\x01" not in memory:
            found = os.read(ours, 1024)
            for _ in range(found.count(b"\x10\x04")):
                os.write(ours, b"\x12")
            memory += found
        os.write(ours, b"\x00")
        jobs.append(memory)

    thread = threading.Thread(target=printer, daemon=True)
    thread.start()
    done = print_poems(tmp_path, [make_poem("Où — là", title="")], f"serial:{os.ttyname(theirs)}@19200")
    thread.join(5)
    assert done.printed == 1
    job = jobs[0].replace(b"\x1dr\x01", b"")
    assert read_job(job[job.index(b"\x1b@") :])[0].text.startswith("Où — là")


def test_cups_gets_the_poem_by_lp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CUPS gets each poem through lp, by its name; while lp refuses, poems wait and none is doubtful."""
    lp = tmp_path / "bin" / "lp"
    lp.parent.mkdir()
    lp.write_text(
        "#!/bin/sh\n"
        f'[ -e {tmp_path}/refuse ] && {{ rm {tmp_path}/refuse; echo "lp: no such printer" >&2; exit 1; }}\n'
        f'echo "$@" >> {tmp_path}/args; cat >> {tmp_path}/data\n'
    )
    lp.chmod(0o755)
    (tmp_path / "refuse").touch()
    monkeypatch.setenv("PATH", f"{lp.parent}:{os.environ['PATH']}")
    said: list[str] = []
    done = print_poems(
        tmp_path / "poems", poems(2), open_paper("cups:Hall", "text"), retry=Retry(said.append, pauses=PAUSES)
    )
    assert done.printed == 2 and done.doubtful == 0
    assert (tmp_path / "args").read_text().splitlines() == ["-d Hall -t 0 -- -", "-d Hall -t 1 -- -"]
    assert "poem 0" in (tmp_path / "data").read_text()
    assert "no such printer" in said[0]


@pytest.mark.parametrize(
    "address", ["tcp://", "tcp://host:99999", "lpr:x", "usb:12", "serial:/dev/tty@fast", "nothing", "dir:"]
)
def test_addresses_that_are_none(address: str) -> None:
    """An invalid target is refused at once, with the right syntax."""
    with pytest.raises(UsageError):
        open_target(address)


def test_a_file_is_no_device(tmp_path: Path) -> None:
    """A mistyped device does not become a file."""
    (tmp_path / "printer").touch()
    with pytest.raises(PressError, match="not a device"):
        print_poems(tmp_path, poems(1), f"serial:{tmp_path}/printer")
    assert (tmp_path / "printer").stat().st_size == 0
