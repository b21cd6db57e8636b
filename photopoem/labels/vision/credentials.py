"""Connects to Google Cloud Vision: finds credentials before the first photo, and explains failures in one line."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from photopoem.errors import LabellerUnavailable, UsageError
from photopoem.text.terminal import visible

KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
API_KEY = "PHOTOPOEM_VISION_API_KEY"
ENDPOINT = "PHOTOPOEM_VISION_ENDPOINT"
GOOGLES = ".googleapis.com"
MOST_ANSWERED = 2 << 20
"""The most bytes of one Vision response for 16 photographs: ten times what is requested."""
SCOPES = ("https://www.googleapis.com/auth/cloud-vision", "https://www.googleapis.com/auth/cloud-platform")
LOG_IN = "gcloud auth application-default login"
ENABLE = "https://console.cloud.google.com/apis/library/vision.googleapis.com"
NONE_SET = (
    f"Vision has no credentials: set {KEY_FILE} to a key file, or {API_KEY}, or run `{LOG_IN}`; "
    "or use --labels local"
)


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach Vision. `plain` is gRPC without encryption and credentials, for loopback only."""

    endpoint: str | None = None
    plain: bool = False
    api_key: str | None = None
    credentials: Any = None


def available(environ: Mapping[str, str] = os.environ) -> bool | str:
    """True if credentials are set, otherwise the reason. Checks variables and one file, without a connection."""
    if environ.get(API_KEY) or environ.get(KEY_FILE) or _has_login(environ):
        return True
    endpoint = environ.get(ENDPOINT)
    return True if endpoint and _is_loopback(_split_endpoint(endpoint)[0]) else NONE_SET


def find_access(
    environ: Mapping[str, str] = os.environ, *, metadata: bool = False, endpoint: str = ""
) -> Access:
    """How Vision can be reached from here; opens no connection unless `metadata` asks for it.

    `endpoint` is what a person said in this very command. One from the environment that is neither Google's nor on
    this machine gets no credentials: whatever set the variable could have them sent to itself.

    Raises `UsageError` for settings that contradict each other, `LabellerUnavailable` without credentials.
    """
    named = endpoint or environ.get(ENDPOINT)
    if not named:
        return _with_credentials(environ, None, metadata)
    host, port = _split_endpoint(named)
    if _is_loopback(host):
        return Access(f"{host}:{port}", plain=True)
    access = _with_credentials(environ, f"{host}:{port}", metadata)
    if not endpoint and not host.lower().endswith(GOOGLES):
        raise LabellerUnavailable(
            f"{ENDPOINT} names {host}, which is not Google's, so it gets no key; if it is to have yours, "
            f"say --endpoint {named.strip()}"
        )
    return access


def _with_credentials(environ: Mapping[str, str], endpoint: str | None, metadata: bool) -> Access:
    key, key_file = environ.get(API_KEY, ""), environ.get(KEY_FILE, "")
    if key and key_file:
        raise UsageError(f"{API_KEY} and {KEY_FILE} are both set: keep one of them")
    if key:
        return Access(endpoint, api_key=_checked_key(key))
    if key_file:
        return Access(endpoint, credentials=_load(Path(key_file), f"{KEY_FILE} names"))
    if _has_login(environ):
        return Access(endpoint, credentials=_load(_login_file(environ), "gcloud left"))
    if metadata:
        return Access(endpoint, credentials=_from_metadata())
    raise LabellerUnavailable(NONE_SET)


def _login_file(environ: Mapping[str, str]) -> Path:
    """The path of the file that `gcloud auth application-default login` writes."""
    name = "application_default_credentials.json"
    if folder := environ.get("CLOUDSDK_CONFIG"):
        return Path(folder) / name
    if os.name == "nt":
        return Path(environ.get("APPDATA") or "C:\\") / "gcloud" / name
    # Without a home, as for a number without a name in a container, ~ stays as it is; Path.expanduser would raise.
    home = environ.get("HOME") or os.path.expanduser("~")  # noqa: PTH111
    return Path(home, ".config", "gcloud", name)


def _has_login(environ: Mapping[str, str]) -> bool:
    # Path.is_file raises where a folder on the way may not be searched, as in another person's home.
    return os.path.isfile(_login_file(environ))  # noqa: PTH113


def _split_endpoint(endpoint: str) -> tuple[str, int]:
    match = re.fullmatch(r"(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+)(:(?P<port>\d{1,5}))?", endpoint.strip())
    if not match or not 0 < int(match["port"] or 443) < 65536:
        raise UsageError(f"an endpoint is HOST or HOST:PORT, such as 127.0.0.1:8080, and not {endpoint!r}")
    return match["host"], int(match["port"] or 443)


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _checked_key(key: str) -> str:
    # A key is sent in a header, which allows no other characters; the usual mistake is a line break from a file.
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", key.strip()):
        raise UsageError(f"{API_KEY} is not an API key: it holds characters that no key has")
    return key.strip()


def _load(path: Path, named: str) -> Any:
    if not path.is_file():
        raise LabellerUnavailable(f"{named} {path}, which is not there: correct it, or run `{LOG_IN}`")
    wrong = (
        f"{named} {path}, which is not a usable Google credentials file: make a new one, or run `{LOG_IN}`"
    )
    try:
        if not isinstance(json.loads(path.read_text(encoding="utf-8")), dict):
            raise LabellerUnavailable(wrong)
    except (OSError, ValueError, RecursionError) as error:
        raise LabellerUnavailable(wrong) from error
    from google.auth import exceptions, load_credentials_from_file

    try:
        with warnings.catch_warnings():
            # One warning says that the type of file is unknown, which is intended; the other that a login has no
            # project, which Vision reports if it matters.
            warnings.simplefilter("ignore")
            credentials, _ = load_credentials_from_file(  # type: ignore[no-untyped-call]  # it says no types
                str(path), scopes=SCOPES
            )
    # A key file with missing or invalid fields raises any of these.
    except (exceptions.GoogleAuthError, OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise LabellerUnavailable(wrong) from error
    return credentials


def _from_metadata() -> Any:
    """The service account of this machine. If there is none, the request takes about 12 seconds."""
    import google.auth
    from google.auth import exceptions

    try:
        credentials, _ = google.auth.default(scopes=SCOPES)
    except exceptions.GoogleAuthError as error:
        raise LabellerUnavailable("this machine has no Google service account") from error
    return credentials


def connect(access: Access) -> Any:
    """A Vision client. A login is tried first, because an expired one would look like a network failure."""
    import logging

    # gRPC would print its own messages beside ours, and a traceback for a token that cannot be renewed.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    logging.getLogger("grpc._plugin_wrapping").addHandler(logging.NullHandler())
    if access.credentials is not None:
        _try_login(access.credentials)
    from google.cloud.vision_v1 import ImageAnnotatorClient

    transport: Any = ImageAnnotatorClient.get_transport_class("grpc")
    bound = ("grpc.max_receive_message_length", MOST_ANSWERED)
    if access.plain:
        import grpc

        channel = grpc.insecure_channel(access.endpoint, options=[("grpc.enable_http_proxy", 0), bound])
        return ImageAnnotatorClient(transport=transport(channel=channel))

    def bounded(host: str, **options: Any) -> Any:
        return transport.create_channel(host, **options | {"options": [*options.get("options", ()), bound]})

    options: dict[str, str] = {}
    if access.endpoint:
        options["api_endpoint"] = access.endpoint
    if access.api_key:
        options["api_key"] = access.api_key
    return ImageAnnotatorClient(
        credentials=access.credentials, client_options=options, transport=partial(transport, channel=bounded)
    )


def is_too_long(error: BaseException) -> bool:
    """Whether an error is that of an answer of more than `MOST_ANSWERED` bytes, which was not read."""
    from google.api_core import exceptions

    return isinstance(error, exceptions.ResourceExhausted) and "message larger than max" in str(error)


def _try_login(credentials: Any) -> None:
    from google.auth import exceptions
    from google.oauth2 import service_account

    if isinstance(credentials, service_account.Credentials):
        return  # it signs its own tokens
    from google.auth.transport.requests import Request

    try:
        credentials.refresh(partial(Request(), timeout=10))
    except exceptions.RefreshError as error:
        raise LabellerUnavailable(f"Google does not accept the login any more: run `{LOG_IN}`") from error
    except exceptions.GoogleAuthError as error:
        raise LabellerUnavailable("Google cannot be reached to log in: is there a network?") from error


def one_line(text: str, access: Access | None = None, limit: int = 200) -> str:
    """Untrusted text for a message: one line without control characters and without the API key."""
    if access and access.api_key:
        text = text.replace(access.api_key, "***")
    text = visible(" ".join(text.split()))
    return text if len(text) <= limit else text[: limit - 1] + "\N{HORIZONTAL ELLIPSIS}"


def gone_for_good(error: Exception, access: Access) -> LabellerUnavailable | None:
    """The message for an error after which no photo can be labelled; None if the next one may succeed."""
    from google.api_core import exceptions
    from google.auth.exceptions import GoogleAuthError

    said = one_line(getattr(error, "message", "") or str(error), access)
    match error:
        case exceptions.RetryError():
            return _gave_up(error, access)
        case exceptions.Unauthenticated() | GoogleAuthError():
            why = f"Vision does not know these credentials: {_renew(access)} ({said})"
        case exceptions.PermissionDenied():
            why = _denied(error, access, said)
        case exceptions.InvalidArgument() if "api key" in said.lower():
            why = f"Vision does not accept the API key in {API_KEY}: {_renew(access)}"
        case exceptions.MethodNotImplemented() | exceptions.NotFound():
            why = f"{access.endpoint or 'the service'} does not offer Vision: check {ENDPOINT}"
        case exceptions.Cancelled():
            why = "the run was stopped before Vision answered"
        case exceptions.ServiceUnavailable():  # not retried: only a token can be the reason
            why = f"Vision cannot be asked: {_renew(access)} ({said})"
        case _:
            return None
    return LabellerUnavailable(why)


def _renew(access: Access) -> str:
    return f"check {API_KEY}" if access.api_key else f"make a new key file, or run `{LOG_IN}`"


def _gave_up(error: Exception, access: Access) -> LabellerUnavailable:
    from google.api_core import exceptions

    cause = getattr(error, "cause", None)
    where = f" at {access.endpoint}" if access.endpoint else ""
    if isinstance(cause, exceptions.ResourceExhausted):
        why = "says that its quota is used up: try again later, or raise the quota in the Cloud console"
    elif isinstance(cause, exceptions.DeadlineExceeded):
        why = "does not answer: try again later"
    else:
        why = "cannot be reached: is there a network?"
    return LabellerUnavailable(f"Vision{where} {why}")


def _denied(error: Any, access: Access, said: str) -> str:
    reason = str(getattr(error, "reason", None) or "")
    consumer = str((getattr(error, "metadata", None) or {}).get("consumer", ""))
    project = f" in {one_line(consumer, access, 80)}" if consumer else ""
    if reason == "SERVICE_DISABLED":
        return f"the Vision API is not enabled{project}: enable it at {ENABLE}"
    if reason == "BILLING_DISABLED":
        return f"Vision needs billing{project}: enable it at https://console.cloud.google.com/billing"
    if reason.startswith("API_KEY_"):
        return f"Vision does not accept the API key in {API_KEY} ({reason}): check its restrictions"
    return f"Vision is not allowed with these credentials: {said}"
