"""Nothing that POSIX alone has is needed when photopoem is imported."""

from __future__ import annotations

import subprocess
import sys

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
             "sched_getaffinity"):
    for module in (os, sys.modules["posix"]):
        if hasattr(module, name):
            delattr(module, name)
import photopoem
names = [each.name for each in pkgutil.walk_packages(photopoem.__path__, "photopoem.")]
for name in names:
    if not name.endswith("__main__"):
        __import__(name)
print(len(names))
"""


def test_every_module_is_imported_without_posix() -> None:
    """Each module is imported where fcntl, termios, resource and the flags and calls of POSIX do not exist."""
    done = subprocess.run([sys.executable, "-c", CHILD], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100
