"""The studio's web server: its page, the show as JSON, pictures, actions, and an event for each change."""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from photopoem.errors import PhotopoemError, StoreError, UsageError
from photopoem.services.publish import Paper
from photopoem.studio.live import PHOTOGRAPHS, Bench, Desk, Draft, checked_name, offered
from photopoem.studio.paper import Tray
from photopoem.studio.wall import Unsure, Wall, leaf, picture

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
MOST_BYTES = 4 << 20
"""The most bytes of a request; the largest grammar has two million."""
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
"""Sent with every response. Without inline script and style, nothing in a label or a name can run."""


def new_token() -> str:
    """A token of 192 bits for the address of the studio."""
    return secrets.token_urlsafe(24)


class Guard:
    """An ASGI wrapper that keeps refused requests from an application.

    `token` is the first part of every path, `port` the server's port. With `read_only`, nothing can be changed.
    """

    def __init__(self, app: App, token: str, port: int, *, read_only: bool = False) -> None:
        self.app = app
        self.token = token
        self.hosts = {f"{name}:{port}" for name in NAMES} | (set(NAMES) if port == 80 else set())
        self.read_only = read_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request. Other connections, such as web sockets, are not answered."""
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
        """The status and the reason of a refusal; 0 if the request is allowed."""
        host, origin = headers.get("host", ""), headers.get("origin")
        writes = method not in ("GET", "HEAD")
        kind, length = headers.get("content-type", ""), headers.get("content-length", "0")
        known = secrets.compare_digest(token.encode(), self.token.encode())
        elsewhere = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
        faults = (
            (host not in self.hosts, 403, "the studio answers to 127.0.0.1 alone"),
            (not known, 403, "open the whole address that photopoem printed"),
            ((origin is not None or writes) and origin != f"http://{host}", 403, "the request comes from another page"),
            (elsewhere, 403, "the request comes from another page"),
            (method not in ("GET", "HEAD", "POST"), 405, "there is GET, HEAD and POST"),
            (writes and kind.partition(";")[0] != "application/json", 415, "what is sent must be JSON"),
            (writes and self.read_only, 403, "this screen only shows; open photopoem studio to choose"),
            (not length.isdecimal() or int(length) > MOST_BYTES, 413, "too long"),
        )  # fmt: skip
        return next(((status, why) for is_so, status, why in faults if is_so), (0, ""))


async def _refuse(send: Send, status: int, why: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), *_fixed()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": f"photopoem studio: {why}\n".encode()})


def _fixed() -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in HEADERS.items()]


def _bounded(receive: Receive) -> Receive:
    """A `receive` that enforces the limit, because a request need not declare its length."""
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


LOCK = ".studio.lock"
LOOK_EVERY = 0.5
"""Seconds between checks of the files."""
ALIVE_EVERY = 15.0
"""Seconds between keep-alive messages to the page."""
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2"}
ASSETS = {
    "": "studio/studio.html",
    "studio.css": "studio/studio.css",
    "studio.js": "studio/studio.js",
    "serif.woff2": "fonts/EBGaramond12-Regular-page.woff2",
    "italic.woff2": "fonts/EBGaramond12-Italic-page.woff2",
}


@dataclass
class Studio:
    """The studio of one show: its address and its server. `view` is the part of the page that opens first.

    With `read_only` it only displays, so that several may be open. With `grammar`, a file, it edits only grammars.
    """

    wall: Wall
    port: int = 0
    view: str = ""
    read_only: bool = False
    grammar: Path | None = None
    token: str = field(default_factory=new_token)
    bench: Bench = field(default_factory=Bench)
    paper: Paper | None = None

    def __post_init__(self) -> None:
        self.tray = Tray(self.wall, self.paper)
        self._server: Any = None

    def bind(self) -> socket.socket:
        """A loopback socket on the port or any free one. Raises `UsageError` if the port is in use."""
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            # A given port can be reused at once after an earlier studio.
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((HOST, self.port))
        except OSError as error:
            bound.close()
            raise UsageError(
                f"--port {self.port}: {error.strerror}; leave it out, and a free one is taken"
            ) from error
        self.port = bound.getsockname()[1]
        return bound

    @property
    def address(self) -> str:
        """The address for a browser, with the token."""
        return f"http://{HOST}:{self.port}/{self.token}/" + (f"#{self.view}" if self.view else "")

    def serve(self, bound: socket.socket, *, ready: Callable[[Any], None] | None = None) -> None:
        """Serve until Ctrl-C, or until `should_exit` of the server that `ready` is given is set."""
        import uvicorn

        app = Guard(self.app(), self.token, self.port, read_only=self.read_only)
        config = uvicorn.Config(
            app, log_level="error", access_log=False, lifespan="off", ws="none", http="h11", server_header=False,
            timeout_graceful_shutdown=3, limit_concurrency=200,
        )  # fmt: skip
        server = self._server = uvicorn.Server(config)
        if ready is not None:
            ready(server)
        try:
            server.run(sockets=[bound])
        finally:
            self.bench.close()
            self.tray.close()
            self.wall.close()

    def app(self) -> Starlette:
        """The application, without its guard."""
        routes = [Route(f"/{name}", partial(_asset, file)) for name, file in ASSETS.items()]
        routes += [
            Route("/wall", self._wall),
            Route("/events", self._events),
            Route("/poem/{id}", self._poem),
            Route("/grammars", self._grammars),
            Route("/paper", self._paper),
            Route("/preview/{id}/{kind}", self._preview),
            Route("/desk", self._listed),
            Route("/grammar", self._grammar),
            Route("/try", self._try, methods=["POST"]),
            Route("/save", self._save, methods=["POST"]),
            Route("/picture/{id}/{side:int}/{mark}", self._picture),
        ]
        acts = ACTS if self.grammar is None else {}
        if self.grammar is None:
            routes += [
                Route(f"/{name}", partial(self._on_paper, name), methods=["POST"]) for name in ON_PAPER
            ]
        routes += [Route(f"/{name}", partial(self._act, act), methods=["POST"]) for name, act in acts.items()]
        handlers: Any = {PhotopoemError: _told}
        return Starlette(routes=routes, exception_handlers=handlers)

    # -- reading -------------------------------------------------------------------------------------------

    async def _wall(self, request: Request) -> Response:
        version = _number(request.query_params.get("since", "0"))
        fixed = {"reads": self.read_only, "alone": str(self.grammar) if self.grammar else ""}
        return Json(await run_in_threadpool(self.wall.since, version) | fixed)

    async def _poem(self, request: Request) -> Response:
        return Json(await run_in_threadpool(leaf, self.wall, request.path_params["id"]))

    async def _grammars(self, request: Request) -> Response:
        return Json({"grammars": await run_in_threadpool(offered, self.wall.folder)})

    # -- grammars ------------------------------------------------------------------------------------------

    @property
    def desk(self) -> Desk:
        """Where grammars are opened and saved."""
        return Desk(self.wall.folder, self.grammar)

    async def _listed(self, request: Request) -> Response:
        return Json({"grammars": await run_in_threadpool(self.desk.listed)})

    async def _grammar(self, request: Request) -> Response:
        id_ = request.query_params.get("id", "")
        return Json({"text": await run_in_threadpool(self.desk.text, id_)})

    async def _try(self, request: Request) -> Response:
        given = await _given(request)
        return Json(await run_in_threadpool(self._tried, given))

    def _tried(self, given: dict[str, Any]) -> dict[str, Any]:
        ids = _ids(given)[:PHOTOGRAPHS]
        subjects = tuple(json.loads(self.wall.row(each).line) for each in ids)
        name = _text(given, "id", "")
        path = name if name in map(str, self.desk.own()) else str(self.wall.folder.parent / "grammar.json")
        draft = Draft(
            _text(given, "text"), path, subjects, _number(given.get("seed", 0)), self.wall.lexicon_files
        )
        return self.bench.try_out(draft) | {"ids": ids}

    async def _save(self, request: Request) -> Response:
        given = await _given(request)
        name, text, before = (_text(given, key, "") for key in ("name", "text", "before"))
        saved = await run_in_threadpool(
            partial(self.desk.save, name, text, before, sure=given.get("sure") is True)
        )
        return Json({"said": f"{saved} is written", "id": str(saved)})

    # -- paper ---------------------------------------------------------------------------------------------

    async def _paper(self, request: Request) -> Response:
        return Json(await run_in_threadpool(self.tray.listed))

    async def _preview(self, request: Request) -> Response:
        of, kind = request.path_params["id"], request.path_params["kind"]
        data, media = await run_in_threadpool(self.tray.preview, of, kind)
        return Response(data, media_type=media)

    async def _on_paper(self, name: str, request: Request) -> Response:
        act = ON_PAPER[name]
        said = await run_in_threadpool(act, self.tray, await _given(request))
        return Json({"said": said} | await run_in_threadpool(self.tray.listed))

    # -- pictures and events -------------------------------------------------------------------------------

    async def _picture(self, request: Request) -> Response:
        """The browser may cache a picture, because its address contains a hash of the pixels."""
        of, side = request.path_params["id"], request.path_params["side"]
        data = await run_in_threadpool(picture, self.wall, of, side)
        headers = {"cache-control": "private, max-age=86400, immutable"}
        return Response(data, media_type="image/webp", headers=headers)

    async def _events(self, request: Request) -> Response:
        """Server-sent events with the version of the show at each change."""
        headers = {"x-accel-buffering": "no"}
        return StreamingResponse(self._versions(), media_type="text/event-stream", headers=headers)

    async def _versions(self) -> AsyncIterator[bytes]:
        told, quiet = -1, 0.0
        stamps = await run_in_threadpool(self.desk.stamps)
        # An open stream would keep the server from stopping.
        while self._server is None or not self._server.should_exit:
            version = await run_in_threadpool(self.wall.look)
            quiet += LOOK_EVERY
            if stamps != (now := await run_in_threadpool(self.desk.stamps)):
                stamps = now
                yield b"event: grammars\ndata: changed\n\n"
            if version != told:
                told, quiet = version, 0.0
                yield f"data: {version}\n\n".encode()
            elif quiet >= ALIVE_EVERY:
                quiet = 0.0
                yield b": alive\n\n"
            await asyncio.sleep(LOOK_EVERY)

    # -- actions -------------------------------------------------------------------------------------------

    async def _act(self, act: Act, request: Request) -> Response:
        given = await _given(request)
        said = await run_in_threadpool(act, self.wall, given)
        since = _number(given.get("since", 0))
        return Json({"said": said} | await run_in_threadpool(self.wall.since, since))


Act = Callable[[Wall, dict[str, Any]], str]
ACTS: dict[str, Act] = {
    "decide": lambda wall, given: wall.decide(_ids(given), _text(given, "state")),
    "reroll": lambda wall, given: wall.reroll(
        _text(given, "id"),
        checked_name(wall.folder, _text(given, "grammar", "")),
        sure=given.get("sure") is True,
    ),
    "edit": lambda wall, given: wall.edit(
        _text(given, "id"), _text(given, "text"), _text(given, "before", "")
    ),
    "never": lambda wall, given: wall.never(_word(given, "word"), color=given.get("color") is True),
    "say": lambda wall, given: wall.say(_word(given, "label"), _word(given, "instead")),
    "undo": lambda wall, _: wall.undo(),
}
"""The actions of the page, each a POST to its name."""


ON_PAPER: dict[str, Callable[[Tray, dict[str, Any]], str]] = {
    "print": lambda tray, given: tray.send(_ids(given), _text(given, "target")),
    "retry": lambda tray, given: tray.retry(_jobs(given)),
    "skip": lambda tray, given: tray.skip(_jobs(given)),
}
"""The same for printing."""


def _jobs(given: dict[str, Any]) -> list[int]:
    """The ids of jobs. Raises `UsageError`, also for an empty list, which would mean all jobs."""
    ids = given.get("ids")
    if (
        not isinstance(ids, list)
        or not ids
        or not all(type(each) is int and abs(each) < 1 << 62 for each in ids)
    ):
        raise UsageError("ids is not a list of jobs")
    return ids


class Json(JSONResponse):
    """JSON in ASCII, which can hold the names of files that are not UTF-8; the page sends them back as they are."""

    def render(self, content: Any) -> bytes:
        """The bytes of the response."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode()


async def _given(request: Request) -> dict[str, Any]:
    """The JSON object of a request. Raises `UsageError`."""
    try:
        given = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise UsageError("the request is not JSON") from error
    if not isinstance(given, dict):
        raise UsageError("the request is not a JSON object")
    return given


def _text(given: dict[str, Any], name: str, default: str | None = None) -> str:
    value = given.get(name, default)
    if not isinstance(value, str):
        raise UsageError(f"{name} is no text")
    return value


def _word(given: dict[str, Any], name: str) -> str:
    word = " ".join(_text(given, name).split())
    if not word:
        raise UsageError(f"{name} is empty")
    return word


def _ids(given: dict[str, Any]) -> list[str]:
    ids = given.get("ids")
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise UsageError("ids is not a list")
    return list(dict.fromkeys(ids))


def _number(value: Any) -> int:
    """A version; 0, which means everything, if it is invalid."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


async def _told(_request: Request, error: Exception) -> Response:
    """A photopoem error in one line. Status 409 asks the user to confirm."""
    line = " ".join(str(error).splitlines())
    return Json({"error": line}, status_code=409 if isinstance(error, Unsure) else 400)


async def _asset(file: str, request: Request) -> Response:
    data = (files("photopoem") / "data" / file).read_bytes()
    return Response(data, media_type=KINDS[Path(file).suffix])


def hold(folder: Path) -> Any:
    """Lock a show for one studio, until the lock is released or the program ends.

    Raises `UsageError` if another studio holds it, `StoreError` if nothing can be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(blocking=False)
    except Timeout as error:
        raise UsageError(
            f"{folder}: a studio is open on this show; use its page, or end it with Ctrl-C where it was started"
        ) from error
    except OSError as error:
        raise StoreError(f"{folder}: the studio cannot write here: {error.strerror or error}") from error
    return lock
