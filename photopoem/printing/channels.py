"""Channels to a printer: a network socket, a device file, USB. None waits longer than it is told."""

from __future__ import annotations

import errno
import os
import select
import socket
import stat
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from photopoem.errors import PressError, UsageError

USUAL_BAUD = 9600


class Channel(Protocol):
    """A way to a printer. All methods raise `OSError` when it breaks."""

    def send(self, data: bytes, timeout: float) -> int:
        """Send what can be sent within `timeout` seconds; returns how many bytes, 0 when it takes none."""
        ...

    def receive(self, timeout: float) -> bytes:
        """What arrives within `timeout` seconds, as soon as there is some; empty when there is nothing."""
        ...

    def unsent(self) -> int:
        """Bytes taken by `send` that have not reached the printer yet, where that can be told."""
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
            return os.write(self.fd, data)
        except BlockingIOError:
            return 0

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
            # A silent device reads as empty at once: wait a little before the next read.
            time.sleep(0.05)
        return found

    def unsent(self) -> int:
        """See `Channel`; asked of the kernel, on Linux."""
        if sys.platform != "linux":
            return 0
        import array
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
        super().__init__(connection.fileno())
        self.connection = connection

    def _read(self) -> bytes:
        found = self.connection.recv(256)
        if not found:
            raise ConnectionResetError("the printer closed the connection")
        return found

    def close(self) -> None:
        """Close so that the printer reads everything: with answers left unread, TCP would reset the connection."""
        with suppress(OSError), self.connection:
            self.connection.shutdown(socket.SHUT_WR)
            deadline = time.monotonic() + 1
            while time.monotonic() < deadline and self.receive(0.2):
                pass


def open_tcp(host: str, port: int, timeout: float) -> Channel:
    """Open a TCP connection. Raises `OSError` with a message for the person at the printer."""
    try:
        connection = socket.create_connection((host, port), timeout)
    except socket.gaierror as error:
        raise OSError("no machine of that name is known (mistyped, or the network is away)") from error
    except OSError as error:
        if isinstance(error, TimeoutError) or error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
            raise OSError("nobody answers there (off, or at another address)") from error
        raise
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    # A printer whose plug was pulled says nothing: notice within half a minute.
    for name, value in (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return SocketChannel(connection)


def open_device(path: str, baud: int = USUAL_BAUD) -> Channel:
    """A device file: a serial line, made raw at `baud`, or /dev/usb/lp0, for one program at a time.

    Raises `OSError`, as `open_tcp` does, also while another program prints there.
    """
    try:
        # A mistyped name must not become a file.
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
    """Lock an open device, whatever name it was opened by, until it is closed: two poems would mix on one paper."""
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
    """A USB printer: through the kernel's own driver where that has it, else through pyusb.

    Raises `OSError` where it is not plugged in, or pyusb is needed and not installed.
    """
    for device in sorted(sysfs.glob("lp*")):
        if _usb_ids(device) == (vendor, product):
            return open_device(f"/dev/usb/{device.name}")
    return _UsbChannel(vendor, product)


def _usb_ids(device: Path) -> tuple[int, int] | None:
    # device -> the interface; its parent is the USB device itself.
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
        except Exception as error:  # python-escpos and pyusb raise their own
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
            return b""  # a timeout and no way back look the same here: silence

    def unsent(self) -> int:
        return 0

    def close(self) -> None:
        with suppress(Exception):
            self._printer.close()
