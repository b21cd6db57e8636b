"""Processes of photopoem that start in a moment: forks of one that has imported everything.

That one serves all workers of a run of pytest. It starts with the run, imports when it is first asked for a fork, and
ends with the run, as does whatever it forked. It is asked by `Program`, for tests that kill or signal a process or need
many; and by a small `photopoem` for the PATH of a shell, which hands on its arguments, folder, environment and streams,
and exits as the fork exits. What a process does at its very start, its environment's `PYTHON...` and locale among it,
is not to be seen here: for that there is `photopoem_process`.
"""

from __future__ import annotations

import atexit
import gc
import marshal
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from importlib import import_module
from pathlib import Path

PLACE = "TESTS_FORK_HERE"
"""The variable that says to each worker where the process that forks is: a folder."""
SOCKET, BIN = "socket", "bin"
CLIENT = """#!{python} -ISXutf8
import marshal, posix, sys
from _socket import AF_UNIX, SCM_RIGHTS, SOCK_STREAM, SOL_SOCKET, socket

server = socket(AF_UNIX, SOCK_STREAM)
server.connect({address!r})
request = marshal.dumps((sys.argv, posix.getcwd(), posix.environ, ""))
streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
server.sendmsg([len(request).to_bytes(4, "big")], [(SOL_SOCKET, SCM_RIGHTS, streams)])
server.sendall(request)
for told in ("its process", "its end"):
    code = marshal.loads(server.recv(5))
if code < 0:
    posix.kill(posix.getpid(), -code)
posix._exit(code)
"""
LIBRARIES = (
    "PIL.AvifImagePlugin", "PIL.ImageCms", "PIL.ImageDraw", "PIL.ImageFont", "PIL.ImageOps",
    "concurrent.futures.process", "concurrent.futures.thread", "difflib", "email", "escpos.capabilities",
    "escpos.magicencode", "escpos.printer", "fontTools.ttLib", "fpdf", "google.auth.transport.requests",
    "google.cloud.vision_v1", "google.oauth2.service_account", "grpc", "jinja2", "multiprocessing.spawn",
    "pi_heif", "platformdirs", "rich.console", "rich.progress", "shutil", "sklearn.cluster", "sklearn.linear_model",
    "sklearn.model_selection", "tomlkit", "tomllib", "urllib.request", "watchfiles", "zipfile",
)  # fmt: skip
"""What commands import only when they need it."""
FORKED_WORKERS = """
import multiprocessing
from photopoem.services import executors
executors.get_context = lambda _: multiprocessing.get_context("fork")
"""
"""What to execute before a run whose worker processes are forked too; each takes seconds if it starts afresh."""


def start(environ: Mapping[str, str]) -> Callable[[], None]:
    """Start the process that forks, with this environment; returns what ends it and all its forks."""
    folder = tempfile.TemporaryDirectory()
    address = f"{folder.name}/{SOCKET}"
    client = Path(folder.name, BIN, "photopoem")
    client.parent.mkdir()
    client.write_text(CLIENT.format(python=sys.executable, address=address), "utf-8")
    client.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        number = listener.fileno()
        server = subprocess.Popen(
            [sys.executable, __file__, str(number)],
            pass_fds=[number], env=dict(environ), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    os.environ[PLACE] = folder.name

    def end() -> None:
        del os.environ[PLACE]
        server.communicate(timeout=60)
        folder.cleanup()

    return end


File = Path | int | None


def quick() -> Path:
    """A folder for the PATH, with a `photopoem` that starts at once."""
    return Path(os.environ[PLACE], BIN)


class Program:
    """`photopoem` with these arguments, in a process and a session of its own, which does not outlive this object.

    `given` is its standard input; `out` and `err` are files that its outputs are added to, or the numbers of open
    ones; `before` is code that it executes first.
    """

    def __init__(
        self, *args: str, cwd: Path, given: File = None, out: File = None, err: File = None, before: str = "",
        environ: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.returncode: int | None = None
        self._server = socket.socket(socket.AF_UNIX)
        self._server.connect(os.path.join(os.environ[PLACE], SOCKET))  # noqa: PTH118 - in a moment
        request = marshal.dumps((["photopoem", *args], str(cwd), {**os.environ, **(environ or {})}, before))
        with ExitStack() as stack:
            streams = []
            for file, flags in ((given, os.O_RDONLY), (out, ADDS), (err, ADDS)):
                if isinstance(file, int):
                    streams.append(file)
                else:
                    streams.append(os.open(file or os.devnull, flags))
                    stack.callback(os.close, streams[-1])
            socket.send_fds(self._server, [len(request).to_bytes(4, "big")], streams)
        self._server.sendall(request)
        self.pid: int = marshal.loads(self._server.recv(5))  # noqa: S302 - from the server below

    def __del__(self) -> None:
        self._server.close()

    def poll(self) -> int | None:
        """Its exit code, negative where a signal ended it; None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float = 60) -> int:
        """Wait for its end; its exit code."""
        code = self._ended(timeout)
        assert code is not None, "it did not end"
        return code

    def _ended(self, within: float) -> int | None:
        if self.returncode is None:
            self._server.settimeout(within)
            with suppress(BlockingIOError, TimeoutError):
                self.returncode = marshal.loads(self._server.recv(5))  # noqa: S302 - from the server below
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


ADDS = os.O_WRONLY | os.O_APPEND | os.O_CREAT


# -- the process that forks ------------------------------------------------------------------------------


def _import_all() -> None:
    from photopoem.threads import one_thread_each

    one_thread_each()
    import photopoem
    from photopoem.labels.local.network import import_onnxruntime

    for module in pkgutil.walk_packages(photopoem.__path__, "photopoem."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    import_onnxruntime()
    with warnings.catch_warnings(action="ignore"):
        for name in LIBRARIES:
            import_module(name)


def _read_all() -> None:
    from photopoem.color.names import color_names
    from photopoem.english.inflection import plural
    from photopoem.grammar import load_grammar, shelf

    color_names()
    plural("thalus")  # by inflect, which knows what the tables do not
    for name in shelf():
        _ = load_grammar(name).lexicon


class Server:
    """Forks a child for each client, and tells the client its number and how it ended."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._ended, wakes = socket.socketpair()
        self._wakes = wakes
        self._ended.setblocking(False)
        wakes.setblocking(False)
        self._clients: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        for each in (sys.stdin, listener, self._ended):
            self._selector.register(each, selectors.EVENT_READ)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakes.fileno())

    def serve(self) -> bool:
        """Serve until the standard input ends: True in a child, which is to be a command; False at the end."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is sys.stdin:
                    for pid in self._clients:
                        os.kill(pid, signal.SIGKILL)
                    return False
                if key.fileobj is self._ended:
                    self._tell()
                elif key.fileobj is self._listener:
                    if self._fork():
                        return True
                elif key.data in self._clients:  # it sends nothing more, so it is gone
                    os.kill(key.data, signal.SIGKILL)
                    self._selector.unregister(key.fileobj)

    def _tell(self) -> None:
        with suppress(BlockingIOError):
            self._ended.recv(4096)
        while self._clients:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            client = self._clients.pop(pid)
            with suppress(KeyError):
                self._selector.unregister(client)
            with suppress(OSError), client:
                client.sendall(marshal.dumps(os.waitstatus_to_exitcode(status)))

    def _fork(self) -> bool:
        client, _ = self._listener.accept()
        head, streams, _, _ = socket.recv_fds(client, 4, 3)
        request = client.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
        pid = os.fork()
        if not pid:
            self._clients[0] = client
            self._become(streams, *marshal.loads(request))  # noqa: S302 - from the clients above
            return True
        for number in streams:
            os.close(number)
        with suppress(OSError):  # where it is gone, its end comes next
            client.sendall(marshal.dumps(pid))
        self._clients[pid] = client
        self._selector.register(client, selectors.EVENT_READ, pid)
        return False

    def _become(
        self, streams: list[int], argv: list[str], folder: str, environ: Mapping[str | bytes, str | bytes], before: str
    ) -> None:  # fmt: skip
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # which a run in the background ignores
        self._selector.close()
        for each in (self._listener, self._ended, self._wakes, *self._clients.values()):
            each.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update({os.fsdecode(name): os.fsdecode(value) for name, value in environ.items()})
        time.tzset()
        sys.argv = argv
        exec(before, {})  # noqa: S102 - the test's own


def _end(code: int) -> None:
    """Do what an interpreter does at its end, except that it takes all modules apart, which takes longest."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _serve() -> None:
    listener = socket.socket(fileno=int(sys.argv[1]))
    with selectors.DefaultSelector() as first:
        first.register(listener, selectors.EVENT_READ)
        first.register(sys.stdin, selectors.EVENT_READ)
        if any(key.fileobj is sys.stdin for key, _ in first.select()):
            return  # the run of pytest needed no fork
    # As for the command; and what is executed before one may be of the tests.
    sys.path[0] = str(Path(sys.executable).parent)
    sys.path.append(str(Path(__file__).parent.parent))
    _import_all()
    _read_all()
    tasks = Path("/proc/self/task")
    assert not tasks.exists() or len(list(tasks.iterdir())) == 1, "a thread would be missing in the forks"
    gc.freeze()
    if not Server(listener).serve():
        return
    from photopoem.cli import main

    try:
        main()
    except SystemExit as exit_:
        if exit_.code is None or isinstance(exit_.code, int):
            with suppress(OSError):  # of a closed pipe, which the interpreter reports
                _end(exit_.code or 0)
        raise


if __name__ == "__main__":
    _serve()
