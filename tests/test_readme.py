"""The two commands of the README: each one line, each all that a fresh machine needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import TOOLS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
RUN, TEST = re.findall(r"^python3 -m venv .*$", README, re.M)


def test_there_are_two_commands() -> None:
    """The README has two lines that begin with a new environment: one runs the samples, one runs the tests."""
    assert RUN.endswith("photopoem run samples/")
    assert TEST.endswith(".venv/bin/pytest")
    assert "pip install ." in RUN
    assert ".[test]" in TEST


@pytest.mark.parametrize("place", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_every_tool_of_the_tests_is_named(place: str) -> None:
    """The Debian packages that tests are skipped without stand where people and the gate look for them."""
    text = (ROOT / place).read_text("utf-8")
    assert not [package for package in TOOLS.values() if package != "bash" and package not in text]


def test_the_pages_name_one_time() -> None:
    """README.md and CONTRIBUTING.md give the same time for the tests, and the gate runs them with every campaign."""
    told = r"\b(\w+) minutes on two cores"
    times = [re.findall(told, (ROOT / page).read_text("utf-8")) for page in ("README.md", "CONTRIBUTING.md")]
    assert times[0] == times[1] and len(times[0]) == 1
    assert '"$test_command --campaign"' in (ROOT / ".ci/run").read_text("utf-8")


def test_every_package_is_named_in_pyproject() -> None:
    """The extras that the pages ask people to install are there."""
    extras = set(re.findall(r"^(\w+) = \[", (ROOT / "pyproject.toml").read_text("utf-8"), re.M))
    texts = [README, *(page.read_text("utf-8") for page in (ROOT / "docs").glob("*.md"))]
    asked = {
        name
        for text in texts
        for found in re.findall(r"(?:photopoem|\.)\[([\w,]+)\]", text)
        for name in found.split(",")
    }
    assert asked <= extras


@pytest.mark.timeout(1200)
@pytest.mark.skipif(
    not os.environ.get("CI"), reason="downloads all dependencies: CI=1 pytest tests/test_readme.py"
)
def test_first_command_in_a_fresh_copy(tmp_path: Path) -> None:
    """In a copy of the repository without an environment the first command prints a poem for each sample."""
    copy = tmp_path / "photopoem"
    unwanted = shutil.ignore_patterns(".venv", ".git", ".*_cache", "__pycache__", "dist", "build")
    shutil.copytree(ROOT, copy, ignore=unwanted)
    shutil.rmtree(copy / "poems", ignore_errors=True)  # what a person wrote here before
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": os.environ.get("LANG", "C.UTF-8")}
    environ |= {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "http"))
    }
    done = subprocess.run(["bash", "-c", RUN], cwd=copy, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("Grammar:") == 6
    assert len(list((copy / "poems").glob("*.txt"))) == 6
