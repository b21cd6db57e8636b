"""What the tests share: the samples, and tools that must be there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import processes
from tests.fake_printer import FakePrinter
from tests.sessions import interpreter_environ
from tests.vision_server import Open, opening

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

# What tests run beside photopoem, and the Debian package of each.
TOOLS = {
    "chromium": "chromium", "chromedriver": "chromium-driver", "pdftotext": "poppler-utils",
    "pdftoppm": "poppler-utils", "rsvg-convert": "librsvg2-bin", "zsh": "zsh", "fish": "fish", "bash": "bash",
    "strace": "strace",
}  # fmt: skip
SAMPLES = Path(__file__).parent.parent / "samples"


Rounds = Callable[[int, int], int]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of these tests; CONTRIBUTING.md explains them."""
    parser.addoption(
        "--refresh-docs", action="store_true", help="write what is really printed into README.md and docs/"
    )
    parser.addoption(
        "--refresh-digests", action="store_true", help="record the digests of the samples' poems anew"
    )
    parser.addoption(
        "--campaign", action="store_true", help="run the tests marked `campaign` at their full length"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Start the process that forks programs, once for the whole run."""
    if not hasattr(config, "workerinput"):
        config.add_cleanup(processes.start(interpreter_environ()))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Use one process to refresh pages or records, because two would write to the same file."""
    refreshes = config.getoption("--refresh-docs") or config.getoption("--refresh-digests")
    return 0 if refreshes else None


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> Rounds:
    """`rounds(short, whole)`: how often a test marked `campaign` does its work, which `--campaign` decides."""
    assert request.node.get_closest_marker("campaign"), "tests that ask for rounds are marked `campaign`"
    campaign = bool(request.config.getoption("--campaign"))
    return lambda short, whole: whole if campaign else short


@pytest.fixture
def printer() -> Iterator[FakePrinter]:
    """A printer on this machine that can be switched off, left without paper and mended."""
    made = FakePrinter()
    yield made
    made.mend()
    made.switch_off()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens labellers that speak to a server of the test, share one cache and are closed afterwards."""
    with opening(tmp_path) as open_:
        yield open_


@pytest.fixture(scope="session")
def samples() -> list[Path]:
    """The six sample photographs, by name."""
    return sorted(SAMPLES.glob("*.jpg"))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that everybody may enter; those of pytest are the user's alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="session")
def written(samples: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The poems of the six samples, as a run left them; tests read them, or copy them with `poems`."""
    from tests.command import photopoem

    folder = tmp_path_factory.mktemp("written") / "poems"
    photopoem("run", *samples, "--labels", "local", "--out", folder, "-q")
    return folder


@pytest.fixture
def poems(written: Path, tmp_path: Path) -> Path:
    """A copy of the samples' poems, for one test."""
    return Path(shutil.copytree(written, tmp_path / "poems"))


@pytest.fixture(scope="module")
def driver() -> Iterator[Chrome]:
    """One browser for all tests of a file."""
    from tests.browser import chromium

    with chromium() as driver:
        yield driver


def require_tool(name: str) -> str:
    """The path of a program; if it is missing, the test is skipped, or fails under CI."""
    path = shutil.which(name)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is needed and not installed")
        pytest.skip(f"{name} is not installed: apt install {TOOLS[name]}")
    return path


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of that size at a new folder, gone afterwards; where none may be mounted the test is skipped."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounts a small disk, which only root on Linux may: run it there")
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounts a small disk, which this container may not: run it in one that is privileged")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """`require_tool`, as a fixture."""
    return require_tool
