"""Lets only the studio's own page speak to the studio, and lets that page do nothing but its own.

Any page in the browser can send requests to this machine, and any program of this machine can connect. So the address
holds a token that nobody can guess, which is all that authorizes: there is no cookie that a browser would add by
itself. The Host header must name this machine, for a name that an attacker points here (DNS rebinding) is another
one; what a browser says of the origin of a request must be this page. Nothing allows other origins to read (no CORS).
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
MOST_BYTES = 4 << 20
"""A request may have so many bytes: the largest grammar has two million."""
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
}
"""Sent with every answer. A page without inline script and style runs nothing that a label or a name could hold."""


def new_token() -> str:
    """A token of 192 bits, which stands in the address of the studio."""
    return secrets.token_urlsafe(24)


class Guard:
    """An ASGI application around another: what is refused never reaches it.

    `token` is the first part of every path, `port` that of the server. With `read_only` nothing can be written.
    """

    def __init__(self, app: App, token: str, port: int, *, read_only: bool = False) -> None:
        self.app = app
        self.token = token
        self.hosts = {f"{name}:{port}" for name in NAMES} | (set(NAMES) if port == 80 else set())
        self.read_only = read_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. A connection of any other kind, such as a web socket, is not answered."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path = scope["path"]
        token, _, rest = path.removeprefix("/").partition("/")
        status, why = self._fault(scope["method"], headers, token)
        if not status and "/" not in path[1:]:
            status, why = 404, "the address ends with a slash"
        if status:
            await _refuse(send, status, why)
            return
        inner = {**scope, "path": f"/{rest}", "raw_path": f"/{rest}".encode(), "root_path": ""}
        await self.app(inner, _bounded(receive), _with_headers(send))

    def _fault(self, method: str, headers: dict[str, str], token: str) -> tuple[int, str]:
        """The status and the reason of a refusal; 0 where there is none."""
        host, origin = headers.get("host", ""), headers.get("origin")
        writes = method not in ("GET", "HEAD")
        if host not in self.hosts:
            return 403, "the studio answers to 127.0.0.1 alone"
        if not secrets.compare_digest(token.encode(), self.token.encode()):
            return 403, "open the whole address that photopoem printed"
        if (origin is not None or writes) and origin != f"http://{host}":
            return 403, "the request comes from another page"
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "the request comes from another page"
        if method not in ("GET", "HEAD", "POST"):
            return 405, "there is GET, HEAD and POST"
        if writes and headers.get("content-type", "").partition(";")[0] != "application/json":
            return 415, "what is sent must be JSON"
        if writes and self.read_only:
            return 403, "this screen only shows; open photopoem studio to choose"
        length = headers.get("content-length", "0")
        return (413, "too long") if not length.isdecimal() or int(length) > MOST_BYTES else (0, "")


async def _refuse(send: Send, status: int, why: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), *_fixed()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"photopoem studio: {why}\n".encode()})


def _fixed() -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in HEADERS.items()]


def _bounded(receive: Receive) -> Receive:
    """Receives as before, and nothing beyond the longest request: a length need not be told in advance."""
    had = 0

    async def bounded() -> MutableMapping[str, Any]:
        nonlocal had
        message = await receive()
        had += len(message.get("body", b""))
        return {"type": "http.disconnect"} if had > MOST_BYTES else message

    return bounded


def _with_headers(send: Send) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            own = list(message.get("headers", []))
            if not any(name == b"cache-control" for name, _ in own):
                own.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*own, *_fixed()]}
        await send(message)

    return sending
