"""Channels to a printer (socket, device file, USB), the dialogue over them, and retries with growing pauses."""

from __future__ import annotations

import array
import errno
import os
import select
import socket
import stat
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from photopoem.errors import PressError, UsageError
from photopoem.text.terminal import say_nothing

PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds between tries; the last one repeats."""
SAFE = "Ctrl-C is safe: the queue stays, and the same command continues it"
IN_THE_MIDDLE = "Ctrl-C leaves this poem in doubt, and the others queued"


class NotReady(Exception):
    """The printer cannot accept a job now, and has received nothing of it. The text says why."""


class Refused(PressError):
    """The printer will never accept the job, and has received nothing of it. The text says why."""


class Doubtful(Exception):
    """A job was sent partly, or its end was never confirmed. The text says what happened."""


class Stopped(Exception):
    """The program is stopping, and no job was being sent."""


@dataclass
class Retry:
    """The retry policy: how long to wait, how to report, and when to stop."""

    say: Callable[[str], None] = say_nothing
    stop: threading.Event = field(default_factory=threading.Event)
    pauses: Sequence[float] = PAUSES
    trouble: str = ""
    """The current trouble; empty if all is well."""
    told: set[str] = field(default_factory=set)
    """Hints about ending the program that were given already; shared by several objects."""
    _tries: int = 0

    def wait(self, trouble: str, *, leaving: str = SAFE) -> None:
        """Wait, longer each time, and report a new trouble. Raises `Stopped`.

        `leaving` says what happens to the poems if the user ends the program instead.
        """
        if trouble != self.trouble:
            more = f"; {leaving}" if leaving not in self.told else ""
            self.told.add(leaving)
            self.say(f"{trouble.rstrip('. ')}; waiting; it continues by itself{more}")
            self.trouble = trouble
        pause = self.pauses[min(self._tries, len(self.pauses) - 1)]
        self._tries += 1
        if self.stop.wait(pause):
            raise Stopped

    def over(self) -> None:
        """Report the end of a trouble, if there was one."""
        if self.trouble:
            self.say("it continues")
        self.trouble, self._tries = "", 0


USUAL_BAUD = 9600


class Channel(Protocol):
    """A connection to a printer. All methods raise `OSError` if it breaks."""

    def send(self, data: bytes, timeout: float) -> int:
        """Send as much as possible within `timeout` seconds; returns the number of bytes, 0 if none."""
        ...

    def receive(self, timeout: float) -> bytes:
        """The first data that arrives within `timeout` seconds; empty if there is none."""
        ...

    def unsent(self) -> int:
        """Bytes accepted by `send` that have not reached the printer yet, if known."""
        ...

    def close(self) -> None:
        """Close, without discarding bytes that are still being sent."""
        ...


class FileChannel:
    """A channel over a file descriptor: a device file, a pipe, a socket."""

    def __init__(self, fd: int) -> None:
        os.set_blocking(fd, False)
        self.fd = fd

    def send(self, data: bytes, timeout: float) -> int:
        """See `Channel`."""
        if not select.select([], [self.fd], [], timeout)[1]:
            return 0
        try:
            return self._write(data)
        except BlockingIOError:
            return 0

    def _write(self, data: bytes) -> int:
        return os.write(self.fd, data)

    def receive(self, timeout: float) -> bytes:
        """See `Channel`."""
        if not select.select([self.fd], [], [], timeout)[0]:
            return b""
        try:
            return self._read()
        except BlockingIOError:
            return b""

    def _read(self) -> bytes:
        found = os.read(self.fd, 256)
        if not found:
            # A silent device returns empty data at once, so wait a little before the next read.
            time.sleep(0.05)
        return found

    def unsent(self) -> int:
        """See `Channel`; on Linux, the kernel knows."""
        if sys.platform != "linux":
            return 0
        import fcntl
        import termios

        count = array.array("i", [0])
        try:
            fcntl.ioctl(self.fd, termios.TIOCOUTQ, count)
        except OSError:
            return 0
        return count[0]

    def close(self) -> None:
        """See `Channel`."""
        with suppress(OSError):
            os.close(self.fd)


class SocketChannel(FileChannel):
    """A channel over TCP."""

    def __init__(self, connection: socket.socket) -> None:
        # On Windows a socket is not a file, so os.set_blocking and os.write do not work on it.
        connection.setblocking(False)
        self.fd, self.connection = connection.fileno(), connection

    def _write(self, data: bytes) -> int:
        return self.connection.send(data)

    def _read(self) -> bytes:
        found = self.connection.recv(256)
        if not found:
            raise ConnectionResetError("the printer closed the connection")
        return found

    def close(self) -> None:
        """Close so that the printer reads everything; with unread answers, TCP would reset the connection."""
        with suppress(OSError), self.connection:
            self.connection.shutdown(socket.SHUT_WR)
            deadline = time.monotonic() + 1
            while time.monotonic() < deadline and self.receive(0.2):
                pass


def open_tcp(host: str, port: int, timeout: float) -> Channel:
    """Open a TCP connection. Raises `OSError` with a message for the user."""
    try:
        connection = socket.create_connection((host, port), timeout)
    except socket.gaierror as error:
        raise OSError("unknown host (mistyped, or the network is down)") from error
    except OSError as error:
        if isinstance(error, TimeoutError) or error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
            raise OSError("no answer (it is off, or at another address)") from error
        raise
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # An unplugged printer sends nothing, so keepalive detects it within half a minute.
    for name, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return SocketChannel(connection)


def open_device(path: str, baud: int = USUAL_BAUD) -> Channel:
    """Open a device file exclusively: a serial line in raw mode at `baud`, or /dev/usb/lp0.

    Raises `OSError`, as `open_tcp` does, and if another program is printing there.
    """
    try:
        # A mistyped name must not create a file.
        if not stat.S_ISCHR(os.stat(path).st_mode):  # noqa: PTH116 - one call, and a clear error
            raise PressError(f"{path}: not a device; for files use file:PATH or dir:FOLDER")
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise OSError("no such device (unplugged, off, or mistyped)") from error
    except PermissionError as error:
        raise OSError("not allowed (sudo usermod -aG dialout,lp $USER, then log in again)") from error
    _hold_alone(fd)
    if os.isatty(fd):
        _make_raw(fd, baud)
    return FileChannel(fd)


def _hold_alone(fd: int) -> None:
    """Lock an open device under any of its names until it is closed, so that two poems do not mix on paper.

    `filelock` would open it a second time, which /dev/usb/lp0 does not allow; and there are no such files on Windows.
    """
    import fcntl

    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(fd)
        raise OSError("another program is printing there") from error


def _make_raw(fd: int, baud: int) -> None:
    import termios
    import tty

    speed = getattr(termios, f"B{baud}", None)
    if speed is None:
        os.close(fd)
        raise UsageError(f"no serial line runs at {baud} baud; try 9600, 19200, 38400 or 115200")
    tty.setraw(fd)
    settings = termios.tcgetattr(fd)
    settings[4] = settings[5] = speed
    termios.tcsetattr(fd, termios.TCSANOW, settings)


def open_usb(vendor: int, product: int, sysfs: Path = Path("/sys/class/usbmisc")) -> Channel:
    """Open a USB printer through the kernel's driver if possible, otherwise through pyusb.

    Raises `OSError` if it is not plugged in, or if pyusb is needed and not installed.
    """
    for device in sorted(sysfs.glob("lp*")):
        if _usb_ids(device) == (vendor, product):
            return open_device(f"/dev/usb/{device.name}")
    return _UsbChannel(vendor, product)


def _usb_ids(device: Path) -> tuple[int, int] | None:
    # device -> the interface, whose parent is the USB device itself.
    usb = (device / "device").resolve().parent
    try:
        return int((usb / "idVendor").read_text(), 16), int((usb / "idProduct").read_text(), 16)
    except (OSError, ValueError):
        return None


class _UsbChannel:
    """A USB printer by pyusb, through python-escpos."""

    def __init__(self, vendor: int, product: int) -> None:
        from escpos.printer import Usb

        if not Usb.is_usable():
            raise OSError(
                "not among /dev/usb/lp*; plug it in (or, where there are no such files: pip install pyusb)"
            )
        self._printer: Any = Usb(vendor, product, timeout=5000)
        try:
            self._printer.open()
        except Exception as error:  # python-escpos and pyusb raise their own exceptions exceptions
            raise OSError(f"not found or not allowed: {error}") from error

    def send(self, data: bytes, timeout: float) -> int:
        try:
            return int(self._printer.device.write(self._printer.out_ep, data[:4096], int(timeout * 1000)))
        except OSError as error:
            if error.errno == errno.ETIMEDOUT:
                return 0
            raise

    def receive(self, timeout: float) -> bytes:
        try:
            return bytes(self._printer.device.read(self._printer.in_ep, 16, int(timeout * 1000)))
        except OSError:
            return b""  # a timeout and a printer without a back channel look the same here

    def unsent(self) -> int:
        return 0

    def close(self) -> None:
        with suppress(Exception):
            self._printer.close()


# ESC/POS (Epson, "ESC/POS Command Reference"): the printer answers DLE EOT n at once, and GS r n only after it has
# printed everything before. So the answer to GS r n marks the end of a job.
_ASK_PRINTER, _ASK_CAUSE, _ASK_PAPER = b"\x10\x04\x01", b"\x10\x04\x02", b"\x10\x04\x04"
_ASK_IN_TURN = b"\x1dr\x01"


@dataclass(frozen=True, slots=True)
class Status:
    """The state of a printer. `answers` is False if it did not answer; `trouble` is empty if it can print."""

    answers: bool
    trouble: str = ""
    paper_low: bool = False


@dataclass
class Dialogue:
    """The dialogue with one printer; times in seconds."""

    answer_within: float = 0.5
    accept_within: float = 5.0
    """A printer that accepts no byte for this long counts as stalled."""
    done_within: float = 30.0
    """A ready printer that has not confirmed a job after this time counts as one that never confirms."""
    says_done: bool = True
    _heard: bytes = field(default=b"", repr=False)

    def ask(self, channel: Channel) -> Status:
        """The printer's state. Raises `OSError` if the channel breaks."""
        printer = self._asked(channel, _ASK_PRINTER)
        if printer is None:
            return Status(answers=False)
        paper = self._asked(channel, _ASK_PAPER) or 0
        if paper & 0x60:
            return Status(True, "the printer is out of paper")
        low = bool(paper & 0x0C)
        if printer & 0x08:
            cause = self._asked(channel, _ASK_CAUSE) or 0
            for bit, trouble in ((0x04, "the printer is open"), (0x20, "the printer is out of paper"),
                                 (0x40, "the printer reports an error; look at its lamps")):  # fmt: skip
                if cause & bit:
                    return Status(True, trouble, low)
            # Some models always report offline; without a cause, that is ignored.
        return Status(True, "", low)

    def _asked(self, channel: Channel, question: bytes) -> int | None:
        """The answer to a real-time request; None if there is none in time."""
        if not channel.send(question, self.answer_within):
            return None
        return self._byte(channel, self.answer_within, fixed=0x93, value=0x12)

    def _byte(self, channel: Channel, timeout: float, *, fixed: int, value: int) -> int | None:
        """The next byte with these fixed bits; others are answers to other requests."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            for byte in channel.receive(left):
                if byte & fixed == value:
                    return byte
        return None

    def send(self, channel: Channel, job: bytes, retry: Retry) -> None:
        """Send a whole job, however slow the printer is.

        Raises `Doubtful` if the channel breaks after the first byte or the program stops in the middle; `NotReady` if
        it breaks before.
        """
        sent = 0
        while sent < len(job):
            try:
                took = channel.send(job[sent : sent + 4096], self.accept_within)
            except OSError as error:
                if sent == 0:
                    raise NotReady(f"the connection broke: {_told(error)}") from error
                raise Doubtful(f"cut off in the middle: {_told(error)}") from error
            sent += took
            if took:
                retry.over()
            else:
                _wait_inside(retry, "the printer accepts no data")

    def hear_done(self, channel: Channel, retry: Retry, *, answers: bool) -> None:
        """Wait until the printer confirms a sent job. Raises `Doubtful` if it never does."""
        try:
            self._drain(channel, retry)
            if answers and self.says_done:
                self._hear_in_turn(channel, retry)
        except OSError as error:
            raise Doubtful(f"sent, but cut off before the printer was done: {_told(error)}") from error
        retry.over()

    def _drain(self, channel: Channel, retry: Retry) -> None:
        """Wait until all data has reached the printer, because data in the computer's buffers is not sent yet."""
        deadline = time.monotonic() + self.accept_within
        while channel.unsent():
            if time.monotonic() > deadline:
                _wait_inside(retry, "the printer accepts no data")
            else:
                # Only reading detects a closed connection.
                channel.receive(0.01)

    def _hear_in_turn(self, channel: Channel, retry: Retry) -> None:
        channel.receive(0)  # discard unsolicited data
        channel.send(_ASK_IN_TURN, self.accept_within)
        well_since = time.monotonic()
        while self._byte(channel, 2 * self.answer_within, fixed=0x90, value=0x00) is None:
            status = self.ask(channel)
            if status.answers and not status.trouble:
                retry.over()
                if time.monotonic() - well_since > self.done_within:
                    self.says_done = False
                    return
            else:
                _wait_inside(retry, status.trouble or "the printer has fallen silent")
                well_since = time.monotonic()


def _wait_inside(retry: Retry, trouble: str) -> None:
    """Wait in the middle of a job, which becomes doubtful if the program stops."""
    try:
        retry.wait(trouble, leaving=IN_THE_MIDDLE)
    except Stopped:
        raise Doubtful(f"stopped by the user while {trouble}") from None


def _told(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
