"""A `photopoem` that starts at once, for shells that run many: each command is a fork of one process.

That process has imported what commands import and has read the built-in grammars. What stands on the PATH is a small
client, which hands it the arguments, the folder, the environment and the three standard streams, and exits as the
command exits. Nothing is left by one command for the next. If the process matters (a signal, a job in the background),
the shell takes the real one.
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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path

CLIENT = """#!{python} -ISXutf8
import marshal, posix, sys
from _socket import AF_UNIX, SCM_RIGHTS, SOCK_STREAM, SOL_SOCKET, socket

server = socket(AF_UNIX, SOCK_STREAM)
server.connect({address!r})
request = marshal.dumps((sys.argv, posix.getcwd(), posix.environ))
streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
server.sendmsg([len(request).to_bytes(4, "big")], [(SOL_SOCKET, SCM_RIGHTS, streams)])
server.sendall(request)
code = int.from_bytes(server.recv(4), "big", signed=True)
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
    "sklearn.model_selection", "tomlkit", "tomllib", "urllib.request", "zipfile",
)  # fmt: skip
"""What commands import only when they need it."""


@contextmanager
def forked(environ: Mapping[str, str]) -> Iterator[Path]:
    """A folder for the PATH, with a `photopoem` whose interpreter started with this environment."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        address = str(Path(folder) / "socket")
        listener.bind(address)
        listener.listen()
        client = Path(folder) / "bin" / "photopoem"
        client.parent.mkdir()
        client.write_text(CLIENT.format(python=sys.executable, address=address), "utf-8")
        client.chmod(0o755)
        number = listener.fileno()
        server = subprocess.Popen(
            [sys.executable, __file__, str(number)],
            pass_fds=[number],
            env=dict(environ),
            stdin=subprocess.PIPE,
        )
        assert server.stdin is not None
        try:
            yield client.parent
        finally:
            server.stdin.close()
            server.wait(60)


def _import_all() -> None:
    from photopoem.labels.local.network import import_onnxruntime
    from photopoem.threads import one_thread_each

    one_thread_each()
    import photopoem

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
    """Forks a child for each client, and tells the client how it ended."""

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
                client.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))

    def _fork(self) -> bool:
        client, _ = self._listener.accept()
        head, rights, _, _ = client.recvmsg(4, socket.CMSG_SPACE(12))
        streams = [int.from_bytes(rights[0][2][n : n + 4], sys.byteorder) for n in (0, 4, 8)]
        request = client.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL)
        pid = os.fork()
        if not pid:
            self._clients[0] = client
            self._become(streams, *marshal.loads(request))  # noqa: S302 - from the client above
            return True
        for number in streams:
            os.close(number)
        self._clients[pid] = client
        self._selector.register(client, selectors.EVENT_READ, pid)
        return False

    def _become(self, streams: list[int], argv: list[str], folder: str, environ: dict[bytes, bytes]) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for each in (self._listener, self._ended, self._wakes, *self._clients.values()):
            each.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environb.update(environ)
        time.tzset()
        sys.argv = argv


def end(code: int) -> None:
    """Do what an interpreter does at its end, except that it takes all modules apart, which takes longest."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _serve() -> None:
    sys.path[0] = str(Path(sys.executable).parent)  # as for the command
    _import_all()
    _read_all()
    gc.freeze()
    if not Server(socket.socket(fileno=int(sys.argv[1]))).serve():
        return
    from photopoem.cli import main

    try:
        main()
    except SystemExit as exit_:
        if exit_.code is None or isinstance(exit_.code, int):
            with suppress(OSError):  # of a closed pipe, which the interpreter reports
                end(exit_.code or 0)
        raise


if __name__ == "__main__":
    _serve()
