"""A receipt printer on 127.0.0.1: a real socket server that answers status questions and can go wrong.

It keeps what it has printed. Switched off it refuses; stalled it reads nothing; without paper it reads and
answers but prints nothing; cut it drops its connections with a reset. Turning it off and on loses its memory.
"""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

QUESTION = re.compile(rb"\x10\x04(.)", re.DOTALL)
CUT, IN_TURN = b"\x1dV\x00", b"\x1dr\x01"


@dataclass
class FakePrinter:
    """A printer that takes `seconds` to print a poem. `talks` tells one that answers from a silent one."""

    talks: bool = True
    says_done: bool = True
    seconds: float = 0.01
    always_offline: bool = False
    port: int = 0
    jobs: list[bytes] = field(default_factory=list)
    questions: int = 0
    paper: bool = True
    open: bool = False
    stalled: bool = False
    cut_after: int | None = None
    """Drop the connection after this many bytes of a job."""

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: list[_Session] = []
        self._server: socket.socket | None = None
        self.switch_on()

    def switch_on(self) -> None:
        """Listen."""
        if self._server is None:
            server = socket.socket()
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # a printer has little memory
            server.bind(("127.0.0.1", self.port))
            server.listen(5)
            self.port = server.getsockname()[1]
            self._server = server
            threading.Thread(target=self._accept, args=(server,), daemon=True).start()

    def switch_off(self) -> None:
        """Refuse, and forget all that was not printed."""
        server, self._server = self._server, None
        if server is not None:
            # A closed socket does not wake its accept(); a shut one does.
            server.shutdown(socket.SHUT_RDWR)
            server.close()
        self.drop()

    def drop(self) -> None:
        """Break every connection with a reset."""
        with self._lock:
            connections, self._connections = self._connections, []
        for connection in connections:
            connection.reset()

    def mend(self) -> None:
        """Everything well again."""
        self.paper, self.open, self.stalled, self.cut_after = True, False, False, None
        self.switch_on()

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"tcp://127.0.0.1:{self.port}"

    def _accept(self, server: socket.socket) -> None:
        while True:
            try:
                connected, _ = server.accept()
            except OSError:
                return
            connection = _Session(self, connected)
            with self._lock:
                self._connections.append(connection)
            threading.Thread(target=connection.serve, daemon=True).start()

    def answer(self, question: int) -> bytes:
        """The byte for DLE EOT `question`."""
        stopped = not self.paper or self.open
        causes = {
            1: 0x08 * (stopped or self.always_offline),
            2: 0x04 * self.open | 0x20 * (not self.paper),
            4: 0x60 * (not self.paper),
        }
        return bytes([0x12 | causes.get(question, 0)])


class _Session:
    def __init__(self, printer: FakePrinter, connected: socket.socket) -> None:
        self.printer, self.socket = printer, connected
        self.memory = b""
        self.taken = 0
        self.gone = False

    def reset(self) -> None:
        self.gone = True
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.socket.close()
        except OSError:
            pass

    def serve(self) -> None:
        ended = False
        try:
            self.socket.settimeout(0.005)  # it may have been switched off before this thread began
            while not self.gone and not (ended and not self._can_print()):
                if self.printer.stalled:
                    time.sleep(0.005)
                    continue
                ended = ended or self._read()
                self._print()
        except OSError:
            pass
        finally:
            self.gone = True
            self.socket.close()

    def _can_print(self) -> bool:
        return CUT in self.memory or IN_TURN in self.memory

    def _read(self) -> bool:
        """Read the data that has arrived and answer its requests; returns True at the end."""
        try:
            found = self.socket.recv(1024)
        except TimeoutError:
            return False
        if not found:
            return True
        for question in QUESTION.findall(found):
            self.printer.questions += 1
            if self.printer.talks:
                self.socket.send(self.printer.answer(question[0]))
        found = QUESTION.sub(b"", found)
        self.taken += len(found)
        limit = self.printer.cut_after
        if limit is not None and self.taken > limit:
            self.reset()
            raise OSError("cut")
        self.memory += found
        return False

    def _print(self) -> None:
        while self._can_print() and self.printer.paper and not self.printer.open and not self.gone:
            before, mark, after = self._next()
            if mark == CUT:
                time.sleep(self.printer.seconds)
                if self.gone:
                    return  # it lost its power while it was printing
                self.printer.jobs.append(before + mark)
                self.memory = after
            else:
                self.memory = before + after
                if self.printer.talks and self.printer.says_done:
                    self.socket.send(b"\x00")

    def _next(self) -> tuple[bytes, bytes, bytes]:
        """The memory around the first command that does something."""
        mark = min((m for m in (CUT, IN_TURN) if m in self.memory), key=self.memory.index)
        return self.memory.partition(mark)
