"""Processes of photopoem that start in a moment: one that has imported everything forks itself for each.

For tests that need a process to kill or to signal, or many of them. What a process does at its very start, its
environment's `PYTHON...` and locale among it, is not to be seen here: for that there is `photopoem_process`.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.forked import end

ROOT = Path(__file__).parent.parent
FORKED_WORKERS = """
import multiprocessing
from photopoem.services import executors
executors.get_context = lambda _: multiprocessing.get_context("fork")
"""
"""What to execute before a run whose worker processes are forked too; each takes seconds if it starts afresh."""


class Parent:
    """The process that forks; the children are its own, so it is asked how they ended."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.processes"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        atexit.register(self.close)

    def ask(self, **asked: Any) -> int | None:
        """Send it a line and read its answer."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer: int | None = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(10)


@cache
def parent() -> Parent:
    """The one of this process of pytest, started when it is first needed."""
    return Parent()


class Program:
    """`photopoem` with these arguments, in a process and a process group of its own.

    `given` is its standard input; `out` and `err` are files that its outputs are added to; `before` is code that it
    executes first.
    """

    def __init__(
        self, *args: str, cwd: Path, given: Path | None = None, out: Path | None = None, err: Path | None = None,
        before: str = "", environ: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.returncode: int | None = None
        pid = parent().ask(
            args=args, cwd=str(cwd), before=before, environ={**os.environ, **(environ or {})},
            streams=[str(given or os.devnull), str(out or os.devnull), str(err or os.devnull)],
        )  # fmt: skip
        assert pid is not None
        self.pid = pid

    def poll(self) -> int | None:
        """Its exit code, negative where a signal ended it; None while it runs."""
        if self.returncode is None:
            self.returncode = parent().ask(pid=self.pid)
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        """Wait for its end; its exit code."""
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            assert time.monotonic() < deadline, "it did not end"
            time.sleep(0.005)
        return code

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def _fork() -> None:
    """Fork for every line that asks for it, and tell of the others how a child ended; until the input ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        if "pid" in asked:
            pid, status = os.waitpid(asked["pid"], os.WNOHANG)
            print(json.dumps(os.waitstatus_to_exitcode(status) if pid else None), flush=True)
            continue
        child = os.fork()
        if child == 0:
            _become(asked)
            return
        print(child, flush=True)


def _become(asked: dict[str, Any]) -> None:
    """Run the command line as `python -m photopoem` does, and end as it does."""
    os.setsid()
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environ"])
    time.tzset()
    for number, path in enumerate(asked["streams"]):
        file = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115 - by number
    sys.stderr = open(2, "w", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    sys.argv = ["photopoem", *asked["args"]]
    exec(asked["before"], {})  # noqa: S102 - the test's own
    try:
        runpy.run_module("photopoem", run_name="__main__", alter_sys=True)
    except SystemExit as exit_:
        end(exit_.code if isinstance(exit_.code, int) else 0)


def _import() -> None:
    """Import what a run and a show need, and let them keep what they read once: no thread may begin here."""
    from photopoem.threads import one_thread_each

    one_thread_each()
    import watchfiles  # noqa: F401

    import photopoem.labels.local.network
    import photopoem.services.watch
    from tests.command import photopoem as command

    photopoem.labels.local.network.import_onnxruntime()
    sample = next((ROOT / "samples").glob("*.jpg"))
    with tempfile.TemporaryDirectory() as folder:
        command("run", sample, "--labels", "keywords", cwd=Path(folder))
    threads = Path("/proc/self/task")
    assert not threads.exists() or len(list(threads.iterdir())) == 1


if __name__ == "__main__":
    _import()
    _fork()
