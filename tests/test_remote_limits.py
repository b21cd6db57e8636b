"""Remote addresses: endless, silent and slow answers are given up, and credentials are stored nowhere."""

from __future__ import annotations

import http.server
import os
import socket
import sys
import tempfile
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from photopoem.errors import PhotoError, UsageError
from photopoem.photo import discover
from photopoem.photo.discover import find_photos, read_remote, without_secrets
from tests.command import photopoem
from tests.making import make_photo, records
from tests.processes import Program

SECRETS = ("geheim", "wort", "f00f00f00")
pytestmark = pytest.mark.timeout(120)


class Stranger(http.server.BaseHTTPRequestHandler):
    """A server that answers by what is asked for: a photograph, or something that does not end."""

    photo = b""

    def log_message(self, *_: object) -> None:
        """Say nothing on the terminal of the tests."""

    def do_HEAD(self) -> None:
        """Answer as to GET, without a body."""
        self.do_GET()

    def do_GET(self) -> None:
        """Answer, and ask for a password in the closed folder."""
        name = self.path.partition("?")[0]
        if name.endswith((".txt", ".xmp", ".XMP", ".json")):
            self.send_error(404)
            return
        if (
            "/closed/" in name
            and self.headers["Authorization"] != f"Basic {b64encode(b'geheim:wort').decode()}"
        ):
            self.send_error(401)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if name.endswith("/") else "image/jpeg")
        self.end_headers()
        if self.command == "GET":
            self._send(name)

    def _send(self, name: str) -> None:
        try:
            if "endless" in name:
                while True:
                    self.wfile.write(b"<a href='x.jpg'>" * 4096)
            while "drip" in name:
                self.wfile.write(b"x")
                time.sleep(0.2)
            if "silent" in name:
                time.sleep(20)
            listed = b"<a href='a.jpg'>a</a><a href='b.jpg?sig=f00f00f00&id=2'>b</a>"
            self.wfile.write(listed if name.endswith("/") else self.photo)
        except OSError:
            return


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[str]:
    """The address of such a server on loopback, without its protocol."""
    Stranger.photo = make_photo(tmp_path / "photo.jpg", 1).read_bytes()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        server.daemon_threads, server.block_on_close = True, False
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits of a few seconds and megabytes."""
    for name, value in (
        ("FETCHING", 1.5),
        ("LISTING", 2.0),
        ("MOST_FETCHED", 3_000_000),
        ("MOST_LISTED", 3_000_000),
    ):
        monkeypatch.setattr(discover, name, value)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("name", "why"),
    [("endless", "larger than 3 MB"), ("drip", "cannot be fetched"), ("silent", "cannot be fetched")],
)
def test_no_photograph_is_waited_for_without_end(stranger: str, name: str, why: str) -> None:
    """A body without an end, a byte at a time and a server that is silent cost one line, in the time there is."""
    started = time.monotonic()
    with pytest.raises(PhotoError, match=why):
        read_remote(f"http://{stranger}/{name}.jpg")
    assert time.monotonic() - started < 15


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", ["endless", "drip", "silent"])
def test_no_list_is_waited_for_without_end(stranger: str, name: str, tmp_path: Path) -> None:
    """A folder whose page has no end, or does not come, ends a run in one line."""
    started = time.monotonic()
    done = photopoem("run", f"http://{stranger}/{name}/", "--labels", "keywords", "-q", cwd=tmp_path, code=2)
    assert f"http://{stranger}/{name}/" in done.stderr
    assert done.stderr.count("\n") == 1
    assert time.monotonic() - started < 20


@pytest.mark.usefixtures("impatient")
def test_a_server_that_never_answers() -> None:
    """An FTP server that takes the connection and says nothing is told in one line."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        with pytest.raises(
            UsageError, match=r"^ftp://127.0.0.1:\d+/x: cannot be reached \(it takes too long\)$"
        ):
            find_photos([f"ftp://geheim:wort@127.0.0.1:{silent.getsockname()[1]}/x"])
    assert time.monotonic() - started < 15


def test_nothing_is_left_of_a_killed_run(stranger: str, tmp_path: Path) -> None:
    """A run that is killed while it fetches leaves no file in the temporary folder."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    fetch = ("run", f"http://{stranger}/drip.jpg", "--labels", "keywords")
    run = Program(
        *fetch,
        cwd=tmp_path,
        environ={"TMPDIR": str(scratch)},
        before="import tempfile\ntempfile.tempdir = None",
    )
    deadline = time.monotonic() + 60
    while not _open_files(run.pid, scratch):
        assert time.monotonic() < deadline, "it never began to fetch"
        time.sleep(0.02)
    run.kill()
    run.wait()
    assert list(scratch.iterdir()) == []


def _open_files(pid: int, folder: Path) -> list[str]:
    if sys.platform != "linux":
        pytest.skip("reads /proc to see open files: run it on Linux")
    found = []
    for each in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(os.readlink(each))  # noqa: PTH115 - the text, also of a file that is gone
        except OSError:
            continue
    return [each for each in found if each.startswith(str(folder))]


def test_nothing_secret_is_kept_or_shown(stranger: str, tmp_path: Path) -> None:
    """Users, passwords and signatures are used for access, and occur in no message, name, record or file."""
    closed = f"http://geheim:wort@{stranger}/closed/"
    alone = f"http://geheim:wort@{stranger}/closed/c.jpg?X-Amz-Signature=f00f00f00&id=3"
    gone = f"http://geheim:wort@{stranger}/closed/no.txt?sig=f00f00f00"
    told = photopoem(
        "run", closed, alone, "--labels", "keywords", "--print", "dir:paper", "--press", "text", cwd=tmp_path
    )
    single = photopoem("run", alone, "--labels", "keywords", cwd=tmp_path)
    failed = photopoem("run", gone, "--labels", "keywords", cwd=tmp_path, code=2)
    looked = photopoem("look", alone, "--json", "--labels", "keywords", cwd=tmp_path)
    paths = {row["path"] for row in records(tmp_path / "poems")}
    assert paths == {
        f"http://{stranger}/closed/a.jpg", f"http://{stranger}/closed/b.jpg?id=2", f"http://{stranger}/closed/c.jpg?id=3",
    }  # fmt: skip
    everything = [told.stdout, told.stderr, single.stdout, failed.stderr, looked.stdout, looked.stderr]
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".jpg"]
    everything += [str(path) + path.read_bytes().decode("latin-1") for path in files]
    assert not [secret for secret in SECRETS for text in everything if secret in text]
    assert single.stdout.strip()


def test_what_without_secrets_leaves_out() -> None:
    """Of an address users, passwords and signatures go, in an error's text too; what names the file stays."""
    for given, shown in (
        ("ftp://user:a@b@host/x.jpg", "ftp://host/x.jpg"),
        ("https://h/x.jpg?X-Amz-Credential=k&X-Amz-Signature=s&versionId=3", "https://h/x.jpg?versionId=3"),
        ("https://h/x.jpg?sv=2021&se=2030&sig=s", "https://h/x.jpg"),
        ("https://h/get?id=5&width=200", "https://h/get?id=5&width=200"),
        ("zip://a.jpg::https://u:p@h/x.zip?sig=s", "zip://a.jpg::https://h/x.zip"),
        ("FileNotFoundError('http://u:p@h/x?key=s')", "FileNotFoundError('http://h/x')"),
        ("s3://bucket/what?.jpg", "s3://bucket/what?.jpg"),
    ):
        assert without_secrets(given) == shown
    assert "f00" not in without_secrets(f"https://h/x?t={'f00' * 20}")


def test_photographs_in_an_archive(stranger: str, tmp_path: Path) -> None:
    """Photographs in an archive keep its address, so that they can be read; an archive that is away is one line."""
    with ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.write(make_photo(tmp_path / "photo.jpg", 1), "deep/a.jpg")
    photopoem(
        "run", f"zip://::file://{tmp_path}/x.zip", "--labels", "keywords", "--out", "poems", cwd=tmp_path
    )
    assert [row["path"] for row in records(tmp_path / "poems")] == [
        f"zip://deep/a.jpg::file://{tmp_path}/x.zip"
    ]
    gone = f"zip://*::http://geheim@{stranger}/closed/x.zip"
    done = photopoem("run", gone, "--labels", "keywords", cwd=tmp_path, code=2)
    assert done.stderr.startswith(f"photopoem: zip://*::http://{stranger}/closed/x.zip: cannot be ")
    assert done.stderr.count("\n") == 1


def test_files_in_the_temporary_folder_have_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A photograph that was fetched never has a name in the temporary folder."""
    import fsspec

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    photo = make_photo(tmp_path / "photo.jpg", 1)
    fsspec.filesystem("memory").pipe("/limits/a.jpg", photo.read_bytes())
    assert read_remote("memory://limits/a.jpg").path == "memory://limits/a.jpg"
    assert list((tmp_path / "scratch").iterdir()) == []
