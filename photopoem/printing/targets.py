"""Print targets: opens them by address, delivers jobs, and diagnoses their state."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

from photopoem.errors import PhotopoemError, PressError, StoreError, UsageError, did_you_mean
from photopoem.files import write_atomically
from photopoem.printing.channels import (
    USUAL_BAUD,
    Channel,
    Dialogue,
    Doubtful,
    NotReady,
    Refused,
    Retry,
    Status,
    open_device,
    open_tcp,
    open_usb,
)

KINDS = "tcp://HOST:9100, usb:VENDOR:PRODUCT, serial:/dev/NAME, cups:NAME, dir:FOLDER, file:PATH"
GET_CUPS = "install CUPS (apt install cups), or print elsewhere"
_UNKNOWN = re.compile(r"does not exist|(invalid|unknown) destination", re.IGNORECASE)
"""How lp and lpstat report an unknown printer."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A job's bytes, the press that made them, the ending of its files, and its display name."""

    data: bytes
    press: str
    suffix: str
    name: str


class Target(Protocol):
    """A place to deliver jobs to.

    `address` is its normalized address in the queue. `press` names its default press; None if the user must choose.
    `repeatable` means that delivering the same job twice gives one result.
    """

    address: str
    press: str | None
    repeatable: bool

    def deliver(
        self, delivery: Delivery, begun: Callable[[], None], retry: Retry, *, talks: bool = False
    ) -> bool:
        """Deliver a job; returns whether the printer answered. `begun` is called just before the first byte.

        `talks` says that it has answered before. Raises `NotReady` if nothing was sent, `Doubtful` if something may
        have been, `Refused` if it never will be, `Stopped` if nothing was sent and the program is stopping.
        """
        ...

    def refusal(self) -> str:
        """Why it can never print; empty if it can or if that is unknown now."""
        ...

    def status(self) -> Status:
        """Its state, requested once. Never raises."""
        ...


@dataclass
class PrinterTarget:
    """A printer behind a channel. Only a receipt printer is asked for its state."""

    address: str
    connect: Callable[[], Channel]
    dialogue: Dialogue = field(default_factory=Dialogue)
    press: str | None = "receipt"
    repeatable: bool = False

    def deliver(
        self, delivery: Delivery, begun: Callable[[], None], retry: Retry, *, talks: bool = False
    ) -> bool:
        """See `Target`."""
        try:
            channel = self.connect()
        except OSError as error:
            raise NotReady(f"{self.address}: {error.strerror or error}") from error
        try:
            status = self._asked(channel, delivery.press)
            if talks and delivery.press == "receipt" and not status.answers:
                raise NotReady(f"{self.address}: the printer does not answer")
            if status.trouble:
                raise NotReady(f"{self.address}: {status.trouble}")
            retry.over()
            begun()
            self.dialogue.send(channel, delivery.data, retry)
            self.dialogue.hear_done(channel, retry, answers=status.answers)
        finally:
            channel.close()
        return status.answers

    def _asked(self, channel: Channel, press: str) -> Status:
        if press != "receipt":
            return Status(answers=False)  # another printer would print the request
        try:
            return self.dialogue.ask(channel)
        except OSError as error:
            raise NotReady(f"{self.address}: {error.strerror or error}") from error

    def refusal(self) -> str:
        """See `Target`. Always empty, because it may be plugged in at any time."""
        return ""

    def status(self) -> Status:
        """See `Target`."""
        try:
            channel = self.connect()
        except (OSError, PhotopoemError) as error:
            return Status(False, str(getattr(error, "strerror", None) or error))
        try:
            return self.dialogue.ask(channel)
        except OSError as error:
            return Status(False, error.strerror or str(error))
        finally:
            channel.close()


@dataclass
class FolderTarget:
    """A folder that gets one file for each poem; each file is written atomically."""

    address: str
    folder: Path
    press: str | None = None
    repeatable: bool = True

    def deliver(
        self, delivery: Delivery, begun: Callable[[], None], retry: Retry, *, talks: bool = False
    ) -> bool:
        """See `Target`."""
        begun()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self._free_path(delivery)
            if path is not None:
                write_atomically(path, delivery.data, sync=True)
        except (OSError, StoreError) as error:
            raise NotReady(f"{self.folder}: {getattr(error, 'strerror', None) or error}") from error
        retry.over()
        return False

    def _free_path(self, delivery: Delivery) -> Path | None:
        """An unused name, or None if this very poem is there already."""
        number = 1
        while True:
            mark = f"-{number}" if number > 1 else ""
            path = self.folder / f"{_file_name(delivery.name)}{mark}{delivery.suffix}"
            if not path.exists():
                return path
            if path.read_bytes() == delivery.data:
                return None
            number += 1

    def refusal(self) -> str:
        """See `Target`: a file has its name. A missing folder may be created at any time."""
        parent = self._nearest()
        return "" if parent.is_dir() else f"{parent} is a file; choose another folder"

    def _nearest(self) -> Path:
        return next(one for one in (self.folder, *self.folder.resolve().parents) if one.exists())

    def status(self) -> Status:
        """See `Target`."""
        parent = self._nearest()
        if not parent.is_dir():
            return Status(False, f"{parent} is a file")
        if not os.access(parent, os.W_OK):
            return Status(False, f"you may not write in {parent}")
        try:
            free = shutil.disk_usage(parent).free
        except OSError as error:
            return Status(False, error.strerror or str(error))
        return Status(True, "" if free > 1_000_000 else "the disk is full")


@dataclass
class CupsTarget:
    """A printer managed by CUPS. A poem counts as printed when CUPS has accepted it into its own queue."""

    address: str
    printer: str
    press: str | None = "pdf"
    repeatable: bool = False

    def deliver(
        self, delivery: Delivery, begun: Callable[[], None], retry: Retry, *, talks: bool = False
    ) -> bool:
        """See `Target`."""
        command = [self._program("lp"), "-d", self.printer, "-t", _file_name(delivery.name), "--", "-"]
        begun()
        try:
            done = subprocess.run(command, input=delivery.data, capture_output=True, timeout=120, check=False)  # noqa: S603 - lp by its full path, no shell
        except subprocess.TimeoutExpired:
            raise Doubtful("lp took the poem and did not come back in two minutes") from None
        except OSError as error:
            raise NotReady(f"{self.address}: lp does not run: {error.strerror}") from error
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip() or "lp failed"
            why = f"{self.address}: {said.splitlines()[-1]}"
            raise Refused(why) if _UNKNOWN.search(said) else NotReady(why)
        retry.over()
        return False

    @staticmethod
    def _program(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            raise PressError(f"{name} is not installed; {GET_CUPS}")
        return path

    def refusal(self) -> str:
        """See `Target`: CUPS or this printer does not exist. Unknown while the CUPS server is unreachable."""
        if shutil.which("lp") is None:
            return f"lp is not installed; {GET_CUPS}"
        try:
            # lpstat gives the same answer for an unknown printer and for an unreachable server.
            asked = self._asked("-p", self.printer)
            unknown = asked.returncode and _UNKNOWN.search(asked.stderr)
            if not unknown or "not running" in self._asked("-r").stdout:
                return ""
            known = self._asked("-e").stdout.splitlines()
        except (OSError, PressError, subprocess.TimeoutExpired):
            return ""
        near = did_you_mean(self.printer, [name for name in known if " " not in name])
        return f"CUPS has no printer of that name{near or '; lpstat -p shows those that it knows'}"

    @classmethod
    def _asked(cls, *words: str) -> subprocess.CompletedProcess[str]:
        """The output of lpstat, in English because it is parsed."""
        return subprocess.run(  # noqa: S603 - lpstat by its full path, no shell
            [cls._program("lpstat"), *words],
            capture_output=True, timeout=20, check=False, text=True, errors="replace",
            env=dict(os.environ, LC_ALL="C"),
        )  # fmt: skip

    def status(self) -> Status:
        """See `Target`."""
        try:
            done = self._asked("-p", self.printer)
        except PressError:
            return Status(False, "CUPS is not installed")
        except (OSError, subprocess.TimeoutExpired) as error:
            return Status(False, str(error))
        if done.returncode:
            return Status(False, (done.stderr.strip(" .\n") or "CUPS does not know it").splitlines()[-1])
        return Status(
            True, f"the printer is disabled: cupsenable {self.printer}" if "disabled" in done.stdout else ""
        )


@dataclass(frozen=True)
class OneFile:
    """One file for all poems; it needs no queue."""

    address: str
    path: Path


def open_target(address: str, *, is_file: Callable[[str], bool] = lambda _: False) -> Target | OneFile:
    """Open the target at an address, without connecting. Raises `UsageError`.

    Its `address` is the same for all spellings of a target, so that the queue recognizes it. `is_file` says whether a
    mistyped address is a file's name.
    """
    kind, _, rest = address.partition(":")
    if not rest or kind not in _OPENERS:
        near = _as_target(address, is_file)
        meant = f"did you mean '{near}'?" if near else f"there are {KINDS}"
        raise UsageError(f"{address!r} is not a target; {meant}")
    return _OPENERS[kind](address, rest)


def _as_target(text: str, is_file: Callable[[str], bool]) -> str:
    """The probable meaning of a mistyped address; empty if unknown."""
    if text.startswith("/dev/"):
        return f"serial:{text}"
    if text.endswith("/") or Path(text).is_dir():
        return f"dir:{text}"
    if is_file(text):
        return f"file:{text}"
    if re.fullmatch(r"[0-9a-fA-F]{4}:[0-9a-fA-F]{4}", text):
        return f"usb:{text}"
    host = r"localhost|\[[0-9a-fA-F:.%]+\]|[\w-]+(\.[\w-]+)+|[\w.-]+(?=:\d)"
    return f"tcp://{text}" if re.fullmatch(rf"({host})(:\d{{1,5}})?/?", text) else ""


def _tcp(address: str, rest: str) -> Target:
    match = re.fullmatch(r"//(\[[0-9a-fA-F:.%]+\]|[^:/\[\]]+)(?::(\d{1,5}))?/?", rest)
    if not match or int(match[2] or 9100) > 65535:
        raise UsageError(f"{address!r}: write tcp://HOST:PORT; receipt printers listen on 9100")
    host, port = match[1].strip("[]"), int(match[2] or 9100)
    try:
        host.encode("idna")
    except UnicodeError as error:
        raise UsageError(f"{address!r}: {host!r} is not a host name or address") from error
    return PrinterTarget(f"tcp://{_one_spelling(host)}:{port}", lambda: open_tcp(host, port, 5.0))


def _one_spelling(host: str) -> str:
    """A normalized host: names in lower case, numbers in one form, and 127.0.0.1 for this machine."""
    name = host.lower().rstrip(".")
    try:
        number = ip_address(name)
    except ValueError:
        return "127.0.0.1" if name == "localhost" else name
    return f"[{number}]" if number.version == 6 else str(number)


def _usb(address: str, rest: str) -> Target:
    match = re.fullmatch(r"(?:0x)?([0-9a-fA-F]{1,4}):(?:0x)?([0-9a-fA-F]{1,4})", rest)
    if not match:
        raise UsageError(f"{address!r}: write usb:VENDOR:PRODUCT as lsusb shows them, such as usb:04b8:0e15")
    vendor, product = int(match[1], 16), int(match[2], 16)
    return PrinterTarget(f"usb:{vendor:04x}:{product:04x}", lambda: open_usb(vendor, product))


def _serial(address: str, rest: str) -> Target:
    if os.name == "nt":
        raise UsageError(
            f"{address!r}: serial lines are not known on Windows; a printer on the network is tcp://HOST"
        )
    path, _, baud = rest.partition("@")
    path = os.path.normpath(path)
    if baud and not baud.isdigit():
        raise UsageError(f"{address!r}: write serial:/dev/NAME@BAUD, such as serial:/dev/ttyUSB0@19200")
    speed = int(baud or USUAL_BAUD)
    told = "" if speed == USUAL_BAUD else f"@{speed}"
    return PrinterTarget(f"serial:{path}{told}", lambda: open_device(path, speed))


_OPENERS: dict[str, Callable[[str, str], Target | OneFile]] = {
    "tcp": _tcp,
    "usb": _usb,
    "serial": _serial,
    "cups": lambda address, rest: CupsTarget(address, rest),
    "dir": lambda _, rest: FolderTarget(f"dir:{Path(rest).absolute()}", Path(rest).absolute()),
    "file": lambda address, rest: OneFile(address, Path(rest)),
}


def _file_name(name: str) -> str:
    """The name with only characters that are safe in any folder and on any command line."""
    plain = re.sub(r"[^\w .,+-]", "_", name).strip(" .-")
    return plain[:80] or "poem"


_STEPS = {
    "tcp": "is it on and on this network? Print its own settings: hold FEED while switching it on",
    "usb": "lsusb shows what is plugged in and on; then: sudo usermod -aG lp $USER, and log in again",
    "serial": "ls /dev/tty* /dev/usb shows what there is; then: sudo usermod -aG dialout,lp $USER",
    "cups": "lpstat -p (apt install cups) shows what the system knows",
    "dir": "make room, or choose another folder",
}
_AT_THE_PRINTER = "fix that; printing waits and continues by itself"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The state of a target, and the next step (empty if none is needed). Without `serious`, it may stay so."""

    told: str
    next_step: str = ""
    serious: bool = True


def diagnose(target: Target | OneFile) -> Diagnosis:
    """The state of a target. Never raises."""
    if isinstance(target, OneFile):
        return _file(target)
    status = target.status()
    printer = isinstance(target, PrinterTarget)
    if status.trouble:
        there = printer and status.answers
        return Diagnosis(
            status.trouble, _AT_THE_PRINTER if there else _STEPS[target.address.partition(":")[0]]
        )
    if not status.answers:
        return Diagnosis(
            "reachable, but it does not report its state",
            "it cannot report an open lid or missing paper",
            serious=False,
        )
    if status.paper_low:
        return Diagnosis("ready, but its paper is nearly out", "have a new roll ready", serious=False)
    return Diagnosis("ready")


def _file(target: OneFile) -> Diagnosis:
    if target.path.exists() and not target.path.is_file():
        return Diagnosis("is a folder, device or pipe", "name a file; for a folder of files: dir:FOLDER")
    if target.path.exists():
        return Diagnosis("is there already", "--force overwrites it", serious=False)
    if not target.path.absolute().parent.is_dir():
        return Diagnosis("its folder is not there", f"mkdir -p {target.path.parent}")
    return Diagnosis("ready")
