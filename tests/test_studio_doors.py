"""Access to the studio: who may connect, what it serves, and that only one studio changes a show."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from photopoem.errors import UsageError
from photopoem.studio.server import ACTS, HEADERS, MOST_BYTES, Studio, hold
from tests.command import COMMAND, photopoem
from tests.gallery import hostile_poem
from tests.studio import studio, until, write


@pytest.fixture(scope="module")
def poems(samples: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The poems of two samples."""
    folder = tmp_path_factory.mktemp("doors") / "poems"
    photopoem("run", *samples[:2], "--labels", "local", "--out", folder, "-q")
    return folder


@pytest.fixture(scope="module")
def open_studio(poems: Path) -> Iterator[Studio]:
    """A studio on them."""
    with studio(poems) as running:
        yield running


def ask(
    running: Studio, path: str, method: str = "GET", body: Any = None, **headers: str | None
) -> tuple[int, bytes, dict[str, str]]:
    """Send one request as a browser's page would: the status, the body and the headers of the answer."""
    sent = {"Host": f"127.0.0.1:{running.port}"}
    if method == "POST":
        sent |= {"Origin": f"http://127.0.0.1:{running.port}", "Content-Type": "application/json"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}  # type: ignore[dict-item]
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
    data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in sent.items():
        if value is not None:
            connection.putheader(name, value)
    if data is not None:
        connection.putheader("Content-Length", str(len(data)))
    connection.endheaders(data)
    answer = connection.getresponse()
    found = answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    connection.close()
    return found


def test_whole_address_opens_the_page(open_studio: Studio) -> None:
    """With its token the page and its files come, with a policy that runs no inline script."""
    for name, kind in (("", "text/html"), ("studio.js", "text/javascript"), ("studio.css", "text/css")):
        status, body, headers = ask(open_studio, f"/{open_studio.token}/{name}")
        assert (status, headers["content-type"].partition(";")[0]) == (200, kind)
        assert body
        assert headers["content-security-policy"] == HEADERS["content-security-policy"]
        assert not [name for name in headers if name.startswith("access-control")]
    assert "unsafe" not in HEADERS["content-security-policy"]
    assert open_studio.address.startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    "path", ["/", "/wall", "/wrong/", "/wrong/wall", "//wall", "/{token}x/", "/{token}", "/%00/"]
)
def test_without_the_token_nothing_opens(open_studio: Studio, path: str) -> None:
    """Without the token, or with another one, no path gives anything of the show or of the page."""
    status, body, headers = ask(open_studio, path.format(token=open_studio.token))
    assert status in (403, 404)
    assert len(body) < 100
    assert headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", ""],
)
def test_other_names_of_this_machine_are_refused(open_studio: Studio, host: str) -> None:
    """A request to a name that somebody pointed at this machine (DNS rebinding) is refused, though it has the token."""
    status, _, _ = ask(open_studio, f"/{open_studio.token}/wall", Host=host.format(port=open_studio.port))
    assert status in (400, 403)


@pytest.mark.parametrize("act", sorted(ACTS))
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": None}, {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"},
        {"Content_Type": "text/plain"}, {"Content_Type": "application/x-www-form-urlencoded"}, {"Content_Type": None},
    ],
    ids=str,
)  # fmt: skip
def test_other_pages_can_write_nothing(open_studio: Studio, act: str, headers: dict[str, str | None]) -> None:
    """Each action is refused if it comes from another page, or as a form that any page could send."""
    status, body, _ = ask(open_studio, f"/{open_studio.token}/{act}", "POST", {"ids": []}, **headers)
    assert status in (403, 415), body


def test_other_pages_can_read_nothing(open_studio: Studio) -> None:
    """A request of another page is refused, also one that asks with an Origin or for a picture."""
    for headers in ({"Origin": "http://evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
        assert ask(open_studio, f"/{open_studio.token}/wall", **headers)[0] == 403
    assert ask(open_studio, f"/{open_studio.token}/wall", "OPTIONS", Origin="http://evil.example")[0] == 403
    assert (
        ask(
            open_studio, f"/{open_studio.token}/wall", "DELETE", Origin=f"http://127.0.0.1:{open_studio.port}"
        )[0]
        == 405
    )


@pytest.mark.parametrize("act", sorted(ACTS))
def test_acts_are_done_by_post_alone(open_studio: Studio, act: str) -> None:
    """No address that a link or a picture could hold does anything."""
    assert ask(open_studio, f"/{open_studio.token}/{act}")[0] == 405


@pytest.mark.parametrize(
    "path",
    [
        "picture/../../../etc/passwd", "picture/%2e%2e%2f%2e%2e%2fetc%2fpasswd/480/x", "../poems.jsonl", "poems.jsonl",
        "%2e%2e/words.toml", "picture/0123456789abcdef/480/x", "picture/{id}/481/x", "picture/{id}/999999/x",
        "poem/../../show.json", "poem/..%2f..%2fshow.json", ".studio.lock", "studio.html",
        "studio.css/../../../pyproject.toml",
    ],
)  # fmt: skip
def test_only_pictures_of_the_show_are_served(open_studio: Studio, path: str) -> None:
    """No path reaches a file: there are the page's files, and pictures of the show's photographs in two sizes."""
    path = path.format(id=open_studio.wall.ids()[0])
    status, body, _ = ask(open_studio, f"/{open_studio.token}/{path}")
    assert status in (400, 404)
    assert b"root:" not in body


def test_pictures_are_pixels_alone_and_made_once(open_studio: Studio, poems: Path) -> None:
    """A picture is a WebP of the longest side asked for, without metadata; the second time it comes from its file."""
    import io

    from PIL import Image

    path = f"/{open_studio.token}/picture/{open_studio.wall.ids()[0]}/480/x"
    status, body, headers = ask(open_studio, path)
    assert (status, headers["content-type"]) == (200, "image/webp")
    with Image.open(io.BytesIO(body)) as image:
        assert max(image.size) == 480
        assert not image.getexif()
    kept = list((poems / ".studio").iterdir())
    before = {each: each.stat().st_mtime_ns for each in kept}
    assert ask(open_studio, path)[1] == body
    assert {each: each.stat().st_mtime_ns for each in (poems / ".studio").iterdir()} == before


@pytest.mark.parametrize("path", ["/etc/passwd", "/dev/zero", "../../etc/hostname", "poems.jsonl"])
def test_record_of_another_file_gives_no_picture(tmp_path: Path, path: str) -> None:
    """If an untrusted poems.jsonl names a file that is not a photograph, nothing of it is served."""
    write(tmp_path, hostile_poem(path))
    with studio(tmp_path) as running:
        (id_,) = running.wall.ids()
        status, body, _ = ask(running, f"/{running.token}/picture/{id_}/480/x")
    assert status == 400
    assert b"cannot be read" in body


@pytest.mark.parametrize(
    "body",
    [b"", b"nonsense", b"[]", b"{}", b'{"ids": "x"}', b'{"ids": [1]}',
     b'{"ids": ["x"], "state": "kept"}', b"[" * 100_000, b"\xff"],
    ids=lambda body: body[:12],
)  # fmt: skip
def test_nonsense_is_told_in_one_line(open_studio: Studio, body: bytes) -> None:
    """An unknown or invalid action is answered with one line and does nothing."""
    before = open_studio.wall.version
    status, answer, _ = ask(open_studio, f"/{open_studio.token}/decide", "POST", body)
    assert status == 400
    assert "\n" not in json.loads(answer)["error"]
    assert open_studio.wall.version == before


def test_endless_request_is_cut_off(open_studio: Studio) -> None:
    """A request that is too long is refused by its length, or cut off if it declares none."""
    path = f"/{open_studio.token}/decide"
    assert ask(open_studio, path, "POST", None, Content_Length=str(MOST_BYTES + 1))[0] == 413
    with socket.create_connection(("127.0.0.1", open_studio.port), timeout=20) as raw:
        host = f"127.0.0.1:{open_studio.port}"
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Type: application/json\r\n"
        raw.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        sent = 0
        try:
            while sent < 8 * MOST_BYTES:
                raw.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                sent += 0x10000
        except OSError:
            pass
    assert sent < 8 * MOST_BYTES
    assert ask(open_studio, f"/{open_studio.token}/wall")[0] == 200


def test_it_listens_to_this_machine_alone(open_studio: Studio) -> None:
    """The port is open at 127.0.0.1 and at no other address of the machine."""
    with socket.create_connection(("127.0.0.1", open_studio.port), timeout=5):
        pass
    with (
        pytest.raises(OSError, match=r"."),
        socket.create_connection(("127.0.0.2", open_studio.port), timeout=5),
    ):
        pass


def test_screen_writes_nothing(poems: Path) -> None:
    """A studio that only shows refuses every act, and may be open beside another."""
    with hold(poems), studio(poems, read_only=True) as running:
        id_ = running.wall.ids()[0]
        status, body, _ = ask(running, f"/{running.token}/decide", "POST", {"ids": [id_], "state": "kept"})
    assert status == 403
    assert b"only shows" in body
    assert not (poems / "show.json").exists()


def test_second_studio_is_told(poems: Path) -> None:
    """A second studio on the same show ends with one line that says so; on its end the first one lets go."""
    with hold(poems):
        done = photopoem("studio", poems, "--no-browser", code=2)
        with pytest.raises(UsageError):
            hold(poems)
    assert "a studio is open on this show" in done.stderr
    hold(poems).release()


def test_command_prints_the_address_and_ends_with_control_c(poems: Path, tmp_path: Path) -> None:
    """`--no-browser` prints the address alone on standard output; Ctrl-C ends the studio with exit code 0."""
    process = subprocess.Popen(
        [*COMMAND, "studio", poems, "--no-browser"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        cwd=tmp_path, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        match = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/([\w-]{32})/", address)
        assert match, address
        until(lambda: _answers(int(match[1]), match[2]))
        # A page that is open, and hears of changes, keeps nothing from ending.
        with socket.create_connection(("127.0.0.1", int(match[1])), timeout=20) as listening:
            head = f"GET /{match[2]}/events HTTP/1.1\r\nHost: 127.0.0.1:{match[1]}\r\n\r\n"
            listening.sendall(head.encode())
            assert b"200" in listening.recv(100)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert (process.returncode, out) == (0, "")
    assert "Ctrl-C" in err
    assert "Traceback" not in err


def _answers(port: int, token: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", f"/{token}/wall")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_port_that_is_taken_is_told(poems: Path) -> None:
    """Where `--port` is another program's, one line says so."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = photopoem("studio", poems, "--no-browser", "--port", str(port), code=2)
    assert f"--port {port}" in done.stderr


def test_nothing_to_open_is_told(tmp_path: Path) -> None:
    """Without poems, one line says how to open photographs."""
    done = photopoem("studio", "--no-browser", cwd=tmp_path, code=2)
    assert "photopoem studio photos/" in done.stderr
    assert done.stdout == ""


def test_photographs_are_written_first(samples: list[Path], tmp_path: Path) -> None:
    """Opened on photographs, the studio first writes the poems that are missing, as a run there does."""
    (tmp_path / "photos").mkdir()
    shutil.copy(samples[0], tmp_path / "photos")
    (tmp_path / "photopoem.toml").write_text('[run]\nlabels = "local"\ngrammar = "haiku"\n')
    process = subprocess.Popen(
        [*COMMAND, "studio", "photos", "--no-browser"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, cwd=tmp_path,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        address = process.stdout.readline()
        (written,) = (tmp_path / "poems" / "poems.jsonl").read_text().splitlines()
        process.terminate()  # Ctrl-C may be ignored where the tests run in the background
        process.communicate(timeout=120)
    finally:
        process.kill()
    assert address.startswith("http://127.0.0.1:")
    assert json.loads(written)["grammar"] == "haiku"
