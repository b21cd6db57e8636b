"""Many faults: a printer off, stalled, without paper, cut, or killed together with the program."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from photopoem.printing.queue import Queue
from photopoem.services.publish import enqueue
from tests.conftest import Rounds
from tests.escpos_reader import read_job
from tests.fake_printer import FakePrinter
from tests.paper import make_poem
from tests.processes import Program

POEMS = 3
HARMLESS = ("stalled", "paper")
FAULTS = (*HARMLESS, "off", "cut", "killed", "killed", "killed with the printer")


PRINT_ALL = """
import os
from pathlib import Path
from photopoem.printing.channels import Retry
from photopoem.printing.queue import Queue
from photopoem.printing.worker import Worker
from photopoem.services.publish import Renderer, queue_target

target = queue_target({address!r})
target.dialogue.answer_within = target.dialogue.accept_within = 0.25
with Queue(Path.cwd()) as queue:
    Worker(queue, target, Renderer(), Retry(pauses=(0.01, 0.02, 0.04))).run()
os._exit(0)
"""
"""What a program executes: it prints the queue of its folder, with short pauses."""


def start(folder: Path, address: str) -> Program:
    """A program that prints a queue."""
    return Program(cwd=folder, before=PRINT_ALL.format(address=address))


def await_moment(queue: Queue, chance: random.Random) -> None:
    """Any moment of a program's life; every other time one in which a poem is on its way to the printer."""
    end = time.monotonic() + chance.uniform(0, 0.15)
    if chance.random() < 0.5:
        while time.monotonic() < end or not queue.counts()["sending"]:
            if not queue.counts()["queued"]:
                return
            time.sleep(0.001)
        end = time.monotonic() + chance.uniform(0, 0.01)
    time.sleep(max(0.0, end - time.monotonic()))


def strike(fault: str, printer: FakePrinter, program: Program, chance: random.Random) -> None:
    """Let one misfortune happen and, after a moment, mend it."""
    moment = chance.uniform(0.01, 0.08)
    if fault == "off":
        printer.switch_off()
    elif fault == "stalled":
        printer.stalled = True
    elif fault == "paper":
        printer.paper = False
    elif fault == "cut":
        printer.cut_after = chance.randrange(1, 200)
    else:
        if fault == "killed with the printer":
            printer.switch_off()
        program.kill()
    time.sleep(moment)
    printer.mend()


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_every_poem_is_printed_once_or_known_to_be_doubtful(tmp_path: Path, rounds: Rounds) -> None:
    """Through many faults no poem is lost, none is printed twice, and those in doubt are listed."""
    faults = rounds(14, 200)
    chance = random.Random(20)
    printer = FakePrinter(seconds=0.005)
    started = time.monotonic()
    doubts: Counter[str] = Counter()
    # The printer is met in good health once: from then on its silence means trouble.
    enqueue(tmp_path, [make_poem("first", title="", seed=10**6)], printer.address)
    assert start(tmp_path, printer.address).wait() == 0
    with Queue(tmp_path) as queue:
        for number in range(faults):
            fault = chance.choice(FAULTS)
            before = queue.counts()["doubtful"]
            poems = [make_poem(f"poem {number}.{n}", title="", seed=number * POEMS + n) for n in range(POEMS)]
            enqueue(queue, poems, printer.address)
            program = start(tmp_path, printer.address)
            await_moment(queue, chance)
            strike(fault, printer, program, chance)
            if program.wait() != 0:
                assert start(tmp_path, printer.address).wait() == 0
            doubts[fault] += queue.counts()["doubtful"] - before
        jobs = queue.jobs()
    time.sleep(0.1)  # what a cut connection still had in the printer's memory
    printer.switch_off()
    papers = Counter(paper.text.splitlines()[0] for job in printer.jobs for paper in read_job(job))
    assert len(jobs) == faults * POEMS + 1
    assert {job.state for job in jobs} <= {"printed", "doubtful"}
    for job in jobs:
        came_out = papers[job.record["text"]]
        assert came_out == 1 if job.state == "printed" else came_out in (0, 1), (
            job.state,
            job.note,
            came_out,
        )
    assert set(papers) <= {job.record["text"] for job in jobs}
    assert all(doubts[fault] == 0 for fault in HARMLESS), doubts
    # One job at a time is under way, so a fault leaves at most one in doubt; and the faults did hit.
    assert faults / 20 <= sum(doubts.values()) <= faults
    print(f"{faults} faults in {time.monotonic() - started:.0f} s, in doubt: {dict(doubts)}")
