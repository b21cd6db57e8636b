"""A printer is locked and queued under one address, however it is spelled and whichever folder prints to it."""

from __future__ import annotations

import os
import re
import threading
import time
import tty
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from photopoem.printing.channels import Retry
from photopoem.printing.targets import open_target
from photopoem.services.publish import print_poems
from tests.fake_printer import FakePrinter
from tests.paper import make_poem


@pytest.mark.parametrize(
    ("spelling", "address"),
    [
        ("tcp://LOCALHOST", "tcp://127.0.0.1:9100"),
        ("tcp://localhost:9100/", "tcp://127.0.0.1:9100"),
        ("tcp://127.0.0.1:09100", "tcp://127.0.0.1:9100"),
        ("tcp://Printer.Local.", "tcp://printer.local:9100"),
        ("tcp://[0:0::00A1]", "tcp://[::a1]:9100"),
        ("usb:0x4B8:E15", "usb:04b8:0e15"),
        ("serial:/dev/ttyS0@9600", "serial:/dev/ttyS0"),
        ("serial:/dev//./ttyS0@09600", "serial:/dev/ttyS0"),
        ("serial:/dev/ttyS0@19200", "serial:/dev/ttyS0@19200"),
    ],
)
def test_spellings_of_one_printer(spelling: str, address: str) -> None:
    """Every spelling of a printer leads to one address, and that address to itself."""
    assert open_target(spelling).address == open_target(address).address == address


def test_another_spelling_prints_nothing_twice(tmp_path: Path, printer: FakePrinter) -> None:
    """A poem that a printer has had is not printed again under another spelling of its address."""
    poem = make_poem("once")
    for host in ("127.0.0.1", "localhost", "LOCALHOST"):
        print_poems(tmp_path, [poem], f"tcp://{host}:{printer.port}")
    assert len(printer.jobs) == 1


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    """A serial line: the printer's end, and the device's name."""
    master, slave = os.openpty()
    tty.setraw(slave)
    yield master, os.ttyname(slave)
    os.close(master)
    os.close(slave)


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals: run it on Linux or macOS")
def test_two_folders_take_turns_on_one_line(tmp_path: Path, line: tuple[int, str]) -> None:
    """Poems that two folders send to one serial line, by two of its names, come one after another, whole."""
    printer, device = line
    (tmp_path / "printer").symlink_to(device)
    stop, said = Retry(pauses=(0.01,)), list[str]()
    sending = [
        threading.Thread(
            target=print_poems,
            args=(tmp_path / name, [make_poem(*[name * 30] * 120, title="", seed=ord(name))], f"serial:{path}"),
            kwargs={"retry": Retry(said.append, stop.stop, (0.01,))},
        )
        for name, path in (("a", device), ("b", tmp_path / "printer"))
    ]  # fmt: skip
    for each in sending:
        each.start()
    got = b""
    end = time.monotonic() + 40
    while any(each.is_alive() for each in sending):
        assert time.monotonic() < end, said
        time.sleep(0.02)  # a printer is slower than a program
        os.set_blocking(printer, False)
        with suppress(BlockingIOError):
            got += os.read(printer, 512)
    with suppress(BlockingIOError):
        while True:
            got += os.read(printer, 512)  # what the line still holds
    lines = [each[:1] for each in re.findall(rb"a{30}|b{30}", got)]
    assert Counter(lines) == {b"a": 120, b"b": 120}
    assert sum(before != after for before, after in pairwise(lines)) == 1
    assert any("another program is printing there" in each for each in said)
