"""Access to Vision: credentials are checked before the first photo, without network access."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from photopoem.errors import LabellerUnavailable, UsageError
from photopoem.labels.labeller import LabelSettings
from photopoem.labels.vision.credentials import NONE_SET, Access, connect, find_access, one_line
from photopoem.labels.vision.labeller import available, open_labeller
from tests.command import photopoem
from tests.making import make_photo, without_roots_rights
from tests.vision_server import of_gray

KEY = "AIzaSyD-not-a-real-key_0123456789abcdef"
LOGIN = {"type": "authorized_user", "client_id": "id", "client_secret": "secret", "refresh_token": "token"}


@pytest.fixture(scope="session")
def service_account() -> str:
    """A key file as the Cloud console makes them, with a fresh key."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "poems",
            "private_key_id": "1",
            "private_key": key.decode(),
            "client_email": "poet@poems.iam.gserviceaccount.com",
            "client_id": "1",
            "token_uri": "https://oauth2.googleapis.com/token",
        }
    )


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for credentials must open no connection: one that is opened fails the test."""

    def refuse(_self: socket.socket, address: object) -> None:
        pytest.fail(f"a connection to {address} was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def written(path: Path, content: str | bytes) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_nothing_set_says_what_to_set(tmp_path: Path) -> None:
    """Without credentials there is one line that names the ways to have some, and it costs no time."""
    environ = {"HOME": str(tmp_path)}
    began = time.monotonic()
    with pytest.raises(LabellerUnavailable) as caught:
        find_access(environ)
    assert time.monotonic() - began < 2  # who asks Google's own machines waits for three seconds or more
    for way in (
        "GOOGLE_APPLICATION_CREDENTIALS",
        "PHOTOPOEM_VISION_API_KEY",
        "gcloud auth",
        "--labels local",
    ):
        assert way in str(caught.value)
    assert available(environ) == str(caught.value)


def test_a_key_file_is_read(tmp_path: Path, service_account: str) -> None:
    """A service account's key file is taken, and gives a client without a connection."""
    environ = {
        "HOME": str(tmp_path),
        "GOOGLE_APPLICATION_CREDENTIALS": written(tmp_path / "key.json", service_account),
    }
    assert available(environ) is True
    access = find_access(environ)
    assert access.credentials.service_account_email == "poet@poems.iam.gserviceaccount.com"
    client = connect(access)
    assert client.transport.host == "vision.googleapis.com:443"
    client.transport.close()


def test_an_api_key_is_taken() -> None:
    """An API key is taken with the line break that a file leaves behind, and gives a client."""
    environ = {"PHOTOPOEM_VISION_API_KEY": KEY + "\n", "HOME": "/nowhere"}
    assert available(environ) is True
    access = find_access(environ)
    assert access.api_key == KEY
    connect(access).transport.close()


def test_the_login_of_gcloud_is_found(tmp_path: Path, service_account: str) -> None:
    """What gcloud left in the home folder, or in CLOUDSDK_CONFIG, is found; an API key goes before it."""
    name = "application_default_credentials.json"
    written(tmp_path / ".config" / "gcloud" / name, json.dumps(LOGIN))
    written(tmp_path / "elsewhere" / name, service_account)
    home = {"HOME": str(tmp_path)}
    assert available(home) is True
    assert find_access(home).credentials.refresh_token == "token"  # noqa: S105 - it is none
    elsewhere = home | {"CLOUDSDK_CONFIG": str(tmp_path / "elsewhere")}
    assert find_access(elsewhere).credentials.service_account_email.startswith("poet@")
    assert find_access(home | {"PHOTOPOEM_VISION_API_KEY": KEY}).api_key == KEY


def test_a_home_that_may_not_be_searched_has_no_login(tmp_path: Path) -> None:
    """Where the folder of the login may not be searched, there are no credentials, and no error."""
    closed = tmp_path / ".config" / "gcloud"
    written(closed / "application_default_credentials.json", json.dumps(LOGIN))
    closed.chmod(0)
    with without_roots_rights():
        assert available({"HOME": str(tmp_path)}) == NONE_SET
    closed.chmod(0o700)


def test_a_key_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A variable that names no file is one line with the file's name."""
    missing = str(tmp_path / "gone.json")
    with pytest.raises(LabellerUnavailable, match=r"gone\.json, which is not there") as caught:
        find_access({"GOOGLE_APPLICATION_CREDENTIALS": missing})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00rubbish",
        b"not json",
        b"[]",
        b"{}",
        b'{"type": "nonsense"}',
        b'{"type": "service_account"}',
        b'{"type": "service_account", "private_key": "x", "client_email": "y", "token_uri": "z"}',
        b'{"type": "authorized_user"}',
        b'{"type": "external_account", "credential_source": 7}',
        b'{"type": "impersonated_service_account", "source_credentials": {}}',
        b"[" * 100_000,
    ],
)
def test_a_broken_key_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    """Whatever is in the file, it is one line with its name, no stack, and nothing of its contents."""
    environ = {"GOOGLE_APPLICATION_CREDENTIALS": written(tmp_path / "key.json", content)}
    with pytest.raises(LabellerUnavailable, match=r"key\.json, which is not a usable") as caught:
        find_access(environ)
    assert "\n" not in str(caught.value)


def test_two_accounts_at_once_are_an_error_of_usage(tmp_path: Path, service_account: str) -> None:
    """A key file and an API key together are refused in our words."""
    key_file = written(tmp_path / "key.json", service_account)
    with pytest.raises(UsageError, match="both set"):
        find_access({"GOOGLE_APPLICATION_CREDENTIALS": key_file, "PHOTOPOEM_VISION_API_KEY": KEY})


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "naïve", "\x1b[31m"])
def test_a_key_that_is_none_is_told_without_showing_it(key: str) -> None:
    """A key with characters that no key has is refused before it reaches a header, and is not shown."""
    with pytest.raises(UsageError) as caught:
        find_access({"PHOTOPOEM_VISION_API_KEY": key})
    assert key not in str(caught.value)


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9", "localhost:9", "[::1]:9", "127.8.7.6:9"])
def test_an_endpoint_on_this_machine_needs_no_account(
    endpoint: str, service_account: str, tmp_path: Path
) -> None:
    """On loopback the connection is plain, and credentials that are set are not sent there."""
    environ = {"PHOTOPOEM_VISION_ENDPOINT": endpoint, "HOME": str(tmp_path)}
    assert available(environ) is True
    assert find_access(environ) == Access(endpoint, plain=True)
    key_file = written(tmp_path / "key.json", service_account)
    assert find_access(environ | {"GOOGLE_APPLICATION_CREDENTIALS": key_file}).credentials is None


@pytest.mark.parametrize(
    "endpoint", ["proxy.example:8443", "10.0.0.7:80", "localhost.example:80", "0.0.0.0:80"]
)
def test_an_endpoint_elsewhere_is_never_plain(endpoint: str, tmp_path: Path) -> None:
    """Off this machine nothing goes without an account, and never without encryption."""
    environ = {"PHOTOPOEM_VISION_ENDPOINT": endpoint, "HOME": str(tmp_path)}
    assert available(environ) is not True
    with pytest.raises(LabellerUnavailable, match="no credentials"):
        find_access(environ)
    access = find_access(environ | {"PHOTOPOEM_VISION_API_KEY": KEY}, endpoint=endpoint)
    assert (access.endpoint, access.plain) == (endpoint, False)
    client = connect(access)
    assert client.transport.host == endpoint
    client.transport.close()


@pytest.mark.parametrize(
    "endpoint", ["proxy.example:8443", "vision.googleapis.com.example", "evilgoogleapis.com", "10.0.0.7:80"]
)
def test_a_stranger_gets_no_key_for_a_variable(
    endpoint: str, service_account: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An endpoint of the environment that is not Google's gets no key; named in the command it does."""
    environ = {"PHOTOPOEM_VISION_ENDPOINT": endpoint, "HOME": str(tmp_path)}
    (tmp_path / "account.json").write_text(service_account)
    key = environ | {"PHOTOPOEM_VISION_API_KEY": KEY}
    for each in (key, environ | {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "account.json")}):
        with pytest.raises(
            LabellerUnavailable, match=r"is not Google's, so it gets no key; .* say --endpoint "
        ) as told:
            find_access(each)
        assert KEY not in str(told.value)
    assert find_access(key, endpoint=endpoint).api_key == KEY
    assert find_access(key | {"PHOTOPOEM_VISION_ENDPOINT": ""}).api_key == KEY
    make_photo(tmp_path / "a.jpg", 1)
    for name, value in key.items():
        monkeypatch.setenv(name, value)
    command = ("run", "a.jpg", "--labels", "vision", "--cache", "cache")
    assert f"say --endpoint {endpoint}" in photopoem(*command, cwd=tmp_path, code=2).stderr
    (tmp_path / "photopoem.toml").write_text(f'[run]\nendpoint = "{endpoint}"\n')
    assert "photopoem.toml" in photopoem(*command, cwd=tmp_path, code=2).stderr


def test_a_region_of_googles_needs_no_port() -> None:
    """A host alone is reached at 443."""
    environ = {"PHOTOPOEM_VISION_ENDPOINT": "eu-vision.googleapis.com", "PHOTOPOEM_VISION_API_KEY": KEY}
    assert find_access(environ).endpoint == "eu-vision.googleapis.com:443"


@pytest.mark.parametrize(
    "endpoint", ["http://127.0.0.1:9", "host:port", "host:99999", "host:0", ":9", "a b:1", "::1"]
)
def test_an_endpoint_that_is_none_is_told(endpoint: str) -> None:
    """Anything but HOST or HOST:PORT is an error of usage that shows what was given."""
    with pytest.raises(UsageError, match="HOST:PORT"):
        find_access({"PHOTOPOEM_VISION_ENDPOINT": endpoint})


@pytest.mark.parametrize(
    "command",
    [
        ("run", "a.jpg"),
        ("look", "a.jpg"),
        ("watch", ".", "--existing", "--print", "dir:out", "--press", "text"),
    ],
)
def test_each_command_takes_an_endpoint(command: tuple[str, ...], tmp_path: Path) -> None:
    """What --endpoint says is used by each command that labels: one that is none is shown as an error of usage."""
    make_photo(tmp_path / "a.jpg", 1)
    told = photopoem(*command, "--labels", "vision", "--endpoint", "host:port", cwd=tmp_path, code=None)
    assert told.returncode == 2
    assert "an endpoint is HOST or HOST:PORT" in told.stderr and "'host:port'" in told.stderr


def test_messages_never_show_the_key() -> None:
    """Text from elsewhere becomes one harmless line, without the key, and not endless."""
    text = f"bad key {KEY}\n\x1b[31m" + "x" * 1000
    shown = one_line(text, Access(api_key=KEY))
    assert shown.startswith("bad key *** \\x1b[31mxxx")
    assert len(shown) == 200
    assert KEY not in shown


def run_alone(code: str, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "PYTHONPATH") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code], env=kept | dict(environ), capture_output=True, text=True, timeout=120
    )


def test_a_login_that_cannot_be_renewed_is_told_before_the_first_request(tmp_path: Path) -> None:
    """With a login and no network there is one line at once, not a minute of tries."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: whoever connects is refused
        environ = {
            "GOOGLE_APPLICATION_CREDENTIALS": written(tmp_path / "login.json", json.dumps(LOGIN)),
            "HTTPS_PROXY": f"http://127.0.0.1:{taken.getsockname()[1]}",
            "HOME": str(tmp_path),
            "PYTHONPATH": str(Path(__file__).parent.parent),
        }
        code = (
            "import time\nfrom photopoem.errors import LabellerUnavailable\n"
            "from photopoem.labels import LabelSettings, open_labeller\n"
            "from tests.vision_server import of_gray\n"
            "labeller = open_labeller('vision', LabelSettings(use_cache=False))\n"
            "began = time.monotonic()\n"
            "try:\n    labeller.label([of_gray(1)])\n"
            "except LabellerUnavailable as error:\n    print(error, time.monotonic() - began < 15)\n"
        )
        result = run_alone(code, environ)
    assert result.stdout == "Google cannot be reached to log in: is there a network? True\n", result.stderr
    assert result.stderr == ""


LOADED = "import sys\nprint(sorted(name for name in sys.modules if name.split('.')[0] in ('google', 'grpc', 'PIL')))\n"


def test_looking_for_credentials_loads_nothing() -> None:
    """`auto` can ask whether Vision is there without loading Google's packages."""
    code = (
        "from photopoem.labels.vision import credentials\ncredentials.available({'HOME': '/nowhere'})\n"
        + LOADED
    )
    assert run_alone(code, {"HOME": "/nowhere"}).stdout == "[]\n"


def test_without_credentials_auto_is_the_built_in_labeller_and_loads_no_google() -> None:
    """`auto` without credentials opens the built-in labeller, and Google's packages are never loaded."""
    code = (
        "import sys\nfrom photopoem.labels import LabelSettings, open_labeller\n"
        "print(open_labeller('auto', LabelSettings()).name)\n"
        "print([name for name in sys.modules if name.startswith(('google.auth', 'google.cloud', 'grpc'))])\n"
    )
    result = run_alone(code, {"HOME": "/nowhere"})
    assert result.stdout == "local\n[]\n", result.stderr


WATCH = (
    "import sys\n"
    "def watch(event, args):\n"
    "    if event.startswith('socket.') and event != 'socket.gethostname':\n"
    "        sys.stderr.write(f'SOCKET {event} {args}\\n')\n"
    "sys.addaudithook(watch)\n"
)


def test_the_watch_sees_a_socket() -> None:
    """What the next tests rely on: the hook tells of a connection that is only tried."""
    code = WATCH + "import socket\nsocket.socket().connect_ex(('127.0.0.1', 9))\n"
    assert "SOCKET socket.connect" in run_alone(code, {"HOME": "/nowhere"}).stderr


def test_labels_that_need_no_network_open_no_socket(samples: list[Path], tmp_path: Path) -> None:
    """`auto` without credentials, `keywords` and `local` label a photograph and open no socket at all."""
    code = WATCH + (
        "from photopoem.labels import LabelSettings, open_labeller\nfrom photopoem.photo.reading import read_photo\n"
        "for name in ('auto', 'keywords', 'local'):\n"
        "    labeller = open_labeller(name, LabelSettings())\n"
        f"    (answer,) = labeller.label([read_photo({str(samples[0])!r})])\n"
        "    print(labeller.network, type(answer).__name__)\n"
    )
    result = run_alone(code, {"HOME": str(tmp_path)})
    assert result.stdout == "False tuple\n" * 3, result.stderr
    assert "SOCKET" not in result.stderr


def test_a_whole_run_without_network_opens_no_socket(samples: list[Path], tmp_path: Path) -> None:
    """The same holds for the command that people run, from its start to its poem."""
    grammar = written(tmp_path / "plain.json", '{"origin": ["I can remember #color1#."]}')
    arguments = ["run", str(samples[0]), "--grammar", grammar, "--labels"]
    code = WATCH + (
        "from photopoem.cli import main\n"
        "for name in ('auto', 'keywords', 'local'):\n"
        f"    sys.argv[1:] = [*{arguments!r}, name]\n"
        "    try:\n        main()\n    except SystemExit as exit_:\n        assert not exit_.code\n"
    )
    result = run_alone(code, {"HOME": str(tmp_path), "PYTHONIOENCODING": "utf-8"})
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("I can remember") == 3
    assert "SOCKET" not in result.stderr


def test_opening_vision_without_an_account_is_told_before_any_photo(tmp_path: Path) -> None:
    """Vision asked for by name, without account and without kept labels, does not open."""
    with pytest.raises(LabellerUnavailable, match="no credentials"):
        open_labeller("", LabelSettings(cache_dir=tmp_path), environ={"HOME": str(tmp_path)})


def test_an_endpoint_that_is_not_there_opens_all_the_same(tmp_path: Path) -> None:
    """Opening asks nothing: whether somebody answers is seen with the first photo."""
    environ = {"PHOTOPOEM_VISION_ENDPOINT": "127.0.0.1:9", "HOME": str(tmp_path)}
    labeller = open_labeller("", LabelSettings(cache_dir=tmp_path, max_requests=0), environ=environ)
    assert len(labeller.label([of_gray(0)])) == 1
    labeller.close()
