"""Runs the command line: in this process, or in a separate one if the process matters."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from subprocess import CompletedProcess
from typing import BinaryIO
from unittest.mock import patch

from photopoem.cli import main

COMMAND = [sys.executable, "-m", "photopoem"]
AT_THE_START = ("LC_", "LANG", "PYTHON", "OMP_", "OPENBLAS_")
"""Variables that begin so are read when the interpreter or a library starts."""
ONCE_A_PROCESS = ("PHOTOPOEM_", "GOOGLE_")
"""Variables that begin so are read once: when a labeller is opened."""

Argument = str | Path | bytes


def photopoem(
    *args: Argument, cwd: Path | None = None, stdin: bytes = b"", code: int | None = 0, **environ: str
) -> CompletedProcess[str]:
    """Run the command line and return its exit code and its two outputs; with `code` it must exit so.

    It runs in this process, unless the environment sets what a process reads only once.
    """
    if any(name.startswith(AT_THE_START) for name in environ):
        return photopoem_process(*args, cwd=cwd, stdin=stdin, code=code, **environ)
    if any(name.startswith(ONCE_A_PROCESS) for name in environ):
        return photopoem_forked(*args, cwd=cwd, stdin=stdin, code=code, **environ)
    with ExitStack() as stack:
        given, out, err = (stack.enter_context(tempfile.TemporaryFile()) for _ in range(3))
        given.write(stdin)
        given.seek(0)
        with _as_started(args, cwd, environ), _streams(given, out, err):
            try:
                main()
                left: object = 0
            except SystemExit as exit_:
                left = exit_.code
        printed = [_all_of(file) for file in (out, err)]
    assert left is None or isinstance(left, int)
    return _checked(CompletedProcess([*COMMAND, *args], left or 0, *printed), code)


def photopoem_process(
    *args: Argument, cwd: Path | None = None, stdin: bytes = b"", code: int | None = 0, **environ: str
) -> CompletedProcess[str]:
    """The same as `photopoem`, in a process of its own."""
    done = subprocess.run(
        [*COMMAND, *args],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        env={**os.environ, **environ},
        timeout=240,
    )
    out, err = done.stdout.decode(errors="surrogateescape"), done.stderr.decode(errors="replace")
    return _checked(CompletedProcess(done.args, done.returncode, out, err), code)


def photopoem_forked(
    *args: Argument, cwd: Path | None = None, stdin: bytes = b"", code: int | None = 0, **environ: str
) -> CompletedProcess[str]:
    """The same as `photopoem`, in a process that is forked from one that has imported everything."""
    from tests.processes import Program

    with tempfile.TemporaryDirectory() as folder:
        given, out, err = (Path(folder) / name for name in ("given", "out", "err"))
        given.write_bytes(stdin)
        run = Program(
            *map(os.fsdecode, args), cwd=cwd or Path.cwd(), given=given, out=out, err=err, environ=environ
        )
        ended = run.wait(240)
        printed = out.read_bytes().decode(errors="surrogateescape"), err.read_bytes().decode(errors="replace")
    return _checked(CompletedProcess([*COMMAND, *args], ended, *printed), code)


def _checked(done: CompletedProcess[str], code: int | None) -> CompletedProcess[str]:
    assert code is None or done.returncode == code, (
        done.returncode,
        done.stdout[-2000:],
        done.stderr[-4000:],
    )
    return done


@contextmanager
def _as_started(args: tuple[Argument, ...], cwd: Path | None, environ: Mapping[str, str]) -> Iterator[None]:
    """The arguments, the folder and the environment that the command line meets; all as before afterwards."""
    argv = ["photopoem", *(os.fsdecode(arg) for arg in args)]
    try:
        with (
            patch.object(sys, "argv", argv),
            # Otherwise the program would be called "python -m pytest.photopoem" in tests that were started that way.
            patch.object(sys.modules["__main__"], "__package__", None),
            patch.dict(os.environ, environ),
            chdir(cwd or Path.cwd()),
        ):
            time.tzset()
            yield
    finally:
        time.tzset()


@contextmanager
def _streams(given: BinaryIO, out: BinaryIO, err: BinaryIO) -> Iterator[None]:
    """Files in place of the standard streams, also for libraries and programs that write to their numbers."""
    sys.stdout.flush()
    sys.stderr.flush()
    before = [os.dup(number) for number in range(3)]
    try:
        for number, file in enumerate((given, out, err)):
            os.dup2(file.fileno(), number)
        with (
            patch.object(sys, "stdin", _text(given)) as stdin,
            redirect_stdout(_text(out)) as stdout,
            redirect_stderr(_text(err)) as stderr,
        ):
            yield
            stdout.flush()
            stderr.flush()
            for stream in (stdin, stdout, stderr):
                stream.detach()
    finally:
        for number, file in enumerate(before):
            os.dup2(file, number)
            os.close(file)


def _text(file: BinaryIO) -> io.TextIOWrapper:
    return io.TextIOWrapper(file, encoding="utf-8", errors="surrogateescape", write_through=True)


def _all_of(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "surrogateescape")
