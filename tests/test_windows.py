"""Nothing that POSIX alone has is needed when photopoem is imported, nor to print on a printer on the network."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from photopoem.errors import UsageError
from photopoem.printing import channels, targets
from photopoem.services.publish import print_poems
from tests.fake_printer import FakePrinter
from tests.paper import make_poem

CHILD = """
import builtins, os, pkgutil, signal, sys

BLOCKED = {"fcntl", "termios", "pwd", "grp", "resource", "tty", "pty", "syslog"}
real = builtins.__import__

def guarded(name, globals=None, locals=None, fromlist=(), level=0):
    asking = (globals or {}).get("__name__", "")
    if level == 0 and name in BLOCKED and asking.partition(".")[0] == "photopoem":
        raise ImportError(f"{asking} asks for {name}")
    return real(name, globals, locals, fromlist, level)

builtins.__import__ = guarded
for name in ("O_DIRECTORY", "O_NONBLOCK", "O_NOCTTY", "O_NOFOLLOW", "O_CLOEXEC", "getuid", "geteuid", "fork",
             "sched_getaffinity", "set_blocking"):
    for module in (os, sys.modules["posix"]):
        if hasattr(module, name):
            delattr(module, name)
for name in set(dir(signal)) & {"SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGCHLD", "SIGQUIT"}:
    delattr(signal, name)
import photopoem
names = [each.name for each in pkgutil.walk_packages(photopoem.__path__, "photopoem.")]
for name in names:
    if not name.endswith("__main__"):
        __import__(name)
print(len(names))
"""


def test_every_module_is_imported_without_posix() -> None:
    """Each module is imported where fcntl, termios, resource and POSIX's flags, calls and signals do not exist."""
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100


def test_a_printer_on_the_network_needs_no_file(
    tmp_path: Path, printer: FakePrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poem goes out by a socket alone: on Windows the calls for files do not know one."""

    def refuse(*_: object) -> None:
        raise OSError("this is a socket")

    calls = ("write", "read", "set_blocking", "close")
    monkeypatch.setattr(channels, "os", SimpleNamespace(**dict.fromkeys(calls, refuse)))
    monkeypatch.setattr(channels, "sys", SimpleNamespace(platform="win32"))
    done = print_poems(tmp_path, [make_poem("one line")], printer.address)
    assert (done.printed, done.doubtful, len(printer.jobs)) == (1, 0, 1)


def test_serial_lines_are_refused_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there are no device files, an address of one is refused with what works there."""
    monkeypatch.setattr(targets, "os", SimpleNamespace(name="nt"))
    with pytest.raises(UsageError, match="not known on Windows; a printer on the network is tcp://HOST"):
        targets.open_target("serial:COM3")
