"""Nothing leaves: from the first instruction on, no command opens a socket or writes outside its folders."""

from __future__ import annotations

import ast
import os
import platform
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from tests.conftest import Rounds, require_tool
from tests.test_licences import required
from tests.test_onnx import WORDS, color_model

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"

FORBIDS = sys.platform == "linux" and platform.machine() in {"x86_64", "aarch64"}
"""Whether system calls can be forbidden here, with seccomp."""
# A line of strace: process, call; names that change a folder, and flags of open.
WRITES = re.compile(r"\d+ +(?:mkdir|rename|link|symlink|unlink|rmdir|truncate|creat)|O_WRONLY|O_RDWR|O_CREAT")
IN_MEMORY = ("/dev/null", "/dev/shm/sem.")  # noqa: S108 - where Linux keeps the locks that processes share


def home(folder: Path) -> dict[str, str]:
    """An environment whose home, cache and temporary folder lie in a folder of the test's."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "ORT_"))}
    (folder / "tmp").mkdir(parents=True)
    return plain | {
        "HOME": str(folder), "TMPDIR": str(folder / "tmp"), "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip


def classifier(folder: Path) -> str:
    """`--labels` for a classifier of the user's."""
    (folder / "model.onnx").write_bytes(color_model("nchw"))
    (folder / "labels.txt").write_text("\n".join(WORDS), encoding="utf-8")
    return f"onnx:{folder / 'model.onnx'},{folder / 'labels.txt'}"


def commands(folder: Path) -> dict[str, list[str]]:
    """What a person may do with photographs on a machine of his own."""
    photos = [str(path) for path in sorted(SAMPLES.glob("*.jpg"))[:2]]
    run = ["run", *photos, "-q", "--out", str(folder / "out"), "--labels"]
    return {
        "run in two processes": [*run, "local", "--jobs", "2"],
        "run with a classifier": [*run, classifier(folder)],
        "look": ["look", *photos, "--json", "--labels", "local"],
    }


NAMES = ("run in two processes", "run with a classifier", "look")


def started(before: Sequence[str], command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run photopoem as a process of its own, started by another program."""
    return subprocess.run(
        [*before, sys.executable, "-m", "photopoem", *command],
        cwd=ROOT, env=home(folder / "home"), capture_output=True, text=True, timeout=240,
    )  # fmt: skip


@pytest.mark.skipif(
    not FORBIDS, reason="forbids calls with seccomp, as Linux on x86_64 or aarch64 can: run it there"
)
@pytest.mark.parametrize("call", ["import socket; socket.socket()", "open('/dev/null')"])
def test_the_guard_guards(call: str) -> None:
    """A program that is started by the guard is killed when it opens a socket, or a file where those are forbidden."""
    forbidden = "socket" if "socket" in call else "open"
    code = f"from tests.seccomp_guard import forbid; forbid({forbidden!r}); {call}"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode != 0
    if forbidden == "socket":
        guard = [sys.executable, "-m", "tests.seccomp_guard", "socket", sys.executable, "-c", call]
        assert subprocess.run(guard, cwd=ROOT).returncode != 0


def written(trace: str) -> set[str]:
    """The paths that a trace of strace -y says were made, changed or removed."""
    found = set()
    for line in trace.splitlines():
        call = line.partition(" = ")[0]
        if " = -1 " in line or not (WRITES.match(call) or WRITES.search(call.rpartition('"')[2])):
            continue
        for at, path in re.findall(r'(?:AT_FDCWD|\d+)?(?:<([^>]*)>)?(?:, )?"([^"]*)"', call):
            found.add(os.path.normpath(os.path.join(at or ROOT, path)))  # noqa: PTH118 - absolute or not
    return found


@pytest.mark.parametrize("name", NAMES)
def test_nothing_leaves_and_nothing_is_written_elsewhere(tmp_path: Path, name: str) -> None:
    """No process of a command opens a socket, or writes outside the command's output and its own cache folder."""
    strace, trace = require_tool("strace"), tmp_path / "trace"
    tracer = [strace, *"-f -qq -y -s 4096 -e trace=%file -e signal=none -o".split(), str(trace)]
    guard = [sys.executable, "-m", "tests.seccomp_guard", "socket"] if FORBIDS else []
    ran = started([*tracer, *guard], commands(tmp_path)[name], tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert trace.read_text().count("spawn_main") >= 2 or "processes" not in name, "the workers are traced too"
    allowed = (str(tmp_path / "out"), str(tmp_path / "home" / ".cache" / "photopoem"), *IN_MEMORY)
    assert not {path for path in written(trace.read_text()) if not path.startswith(allowed)}


MODULES = {
    "google-cloud-vision": "google.cloud.vision_v1", "google-api-core": "google.api_core.retry",
    "google-auth": "google.auth", "googleapis-common-protos": "google.rpc.status_pb2",
    "protobuf": "google.protobuf.message", "opentelemetry-api": "opentelemetry.trace",
    "jaraco-functools": "jaraco.functools",
}  # fmt: skip
"""What to import of a package that shares its first name with others."""
FIRST = ("onnxruntime", "google-cloud-vision", "grpcio", "watchfiles", "scikit-learn", "uvicorn")
"""The packages that have a network or threads of their own."""


def importing(name: str, package: Distribution) -> str:
    """Code that imports a package, in the way that photopoem does."""
    if name == "onnxruntime":
        return "from photopoem.labels.local.network import import_onnxruntime as load; load()"
    if name in MODULES:
        return f"import {MODULES[name]}"
    places = {
        file.parts[0] for file in package.files or () if file.name == "__init__.py" and len(file.parts) == 2
    }
    files = {file.stem for file in package.files or () if file.suffix == ".py" and len(file.parts) == 1}
    return f"import {', '.join(sorted(each for each in places | files if not each.startswith('_')))}"


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_no_import_reaches_out(tmp_path: Path, rounds: Rounds) -> None:
    """No package that photopoem needs talks to anyone or writes a file when it is imported, each in a fresh process.

    urllib3 alone makes a socket, to see whether there is IPv6; only what asks Google imports it.
    """
    strace, packages = require_tool("strace"), required()
    names = [*FIRST, *sorted(packages.keys() - set(FIRST))]
    for name in names[: rounds(len(FIRST), len(names))]:
        trace = tmp_path / name
        tracer = [strace, *"-f -qq -y -s 4096 -e trace=%file,%network -e signal=none -o".split(), str(trace)]
        code = f"{importing(name, packages[name])}; import sys; print('urllib3' in sys.modules)"
        ran = subprocess.run(
            [*tracer, sys.executable, "-c", code],
            cwd=ROOT, env=home(tmp_path / f"home of {name}"), capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        calls = set(re.findall(r"^\d+ +(socket|connect|send\w+|recv\w+)\(", trace.read_text(), re.MULTILINE))
        assert calls <= ({"socket"} if ran.stdout == "True\n" else set()), name
        assert not {path for path in written(trace.read_text()) if not path.startswith(IN_MEMORY)}, name


def test_onnxruntime_is_imported_in_one_place() -> None:
    """Only the module that switches telemetry off imports onnxruntime, so that no other way leads around it."""
    importing = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "photopoem").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Import) and any(each.name.startswith("onnxruntime") for each in node.names))
        or (isinstance(node, ast.ImportFrom) and (node.module or "").startswith("onnxruntime"))
    }
    assert importing == {"photopoem/labels/local/network.py"}
