"""What the tests share: the samples, and tools that must be there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fake_printer import FakePrinter
from tests.vision_server import Open, opening

SAMPLES = Path(__file__).parent.parent / "samples"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the pages be written anew: `pytest tests/test_docs.py tests/test_grammar_shelf.py --refresh-docs`."""
    parser.addoption(
        "--refresh-docs", action="store_true", help="write what is really printed into README.md and docs/"
    )


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


def require_tool(name: str) -> str:
    """The path of a program; where it is missing the test is skipped, but fails under CI."""
    path = shutil.which(name)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is needed and not installed")
        pytest.skip(f"{name} is not installed")
    return path


@pytest.fixture(scope="session")
def tool() -> Callable[[str], str]:
    """`require_tool`, as a fixture."""
    return require_tool
