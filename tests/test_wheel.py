"""The built wheel: small, whole, and working far from its checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import Rounds

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from this checkout."""
    out = tmp_path_factory.mktemp("wheel")
    # The requirements of the build are installed with the tests: no second download for an isolated one.
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_wheel_has_everything_and_is_small(wheel: Path) -> None:
    """The wheel is under 12 MB and holds every grammar and data file of the checkout, and no test."""
    assert wheel.stat().st_size < 12_000_000
    inside = set(zipfile.ZipFile(wheel).namelist())
    for grammar in (ROOT / "grammars").glob("*.json"):
        assert f"photopoem/grammars/{grammar.name}" in inside
    for data in (ROOT / "photopoem" / "data").rglob("*"):
        if data.is_file():
            assert data.relative_to(ROOT).as_posix() in inside
    assert "photopoem/py.typed" in inside
    assert not [name for name in inside if name.startswith(("tests/", "benchmarks/"))]


@pytest.fixture
def unconnected() -> list[str]:
    """The words before a command that has no network, not even its own machine's; skips where the kernel refuses."""
    words = ["unshare", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*words, "true"], capture_output=True).returncode:
        pytest.skip("cuts a program off from the network, which this kernel may not: run it on Linux")
    return words


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_the_page_installs_without_a_network(
    unconnected: list[str], wheel: Path, samples: list[Path], tmp_path: Path, rounds: Rounds
) -> None:
    """What docs/installation.md collects with a network is installed without one, and writes a poem there.

    Short of a campaign, photopoem alone is installed, beside the packages that are here.
    """
    there = tmp_path / "there"
    there.mkdir()
    shutil.copy(samples[0], there / "photo.jpg")
    environ = {"PATH": os.environ["PATH"], "HOME": str(there)}
    if rounds(0, 1):
        program = _installed_whole(unconnected, there, environ)
        packages = _done([program.with_name("pip"), "list"], there, environ)
        assert "torch " not in packages
    else:
        program = there / "installed/bin/photopoem"
        environ["PYTHONPATH"] = str(there / "installed")
        install = [sys.executable, "-m", "pip", "install", "--no-index", "--no-deps", "--target", "installed"]
        _done([*unconnected, *install, wheel], there, environ)
        found = _done([sys.executable, "-c", "import photopoem; print(photopoem.__file__)"], there, environ)
        assert Path(found).is_relative_to(there)
    _done([*unconnected, "bash", "-c", 'test -z "$(tail -n +2 /proc/net/route)"'], there, environ)
    said = _done([*unconnected, program, "run", "photo.jpg", "--labels", "local"], there, environ)
    assert "I can remember" in " ".join(said.split())


def _installed_whole(unconnected: list[str], there: Path, environ: dict[str, str]) -> Path:
    """Do what the page says; the program of the new environment."""
    page = (ROOT / "docs" / "installation.md").read_text("utf-8").partition("### Without a network")[2]
    collecting, installing = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[:2]
    copy = there.parent / "photopoem"
    for part in ("photopoem", "grammars"):
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / part, copy)
    _done(["bash", "-e", "-c", collecting], copy, dict(os.environ))
    shutil.copytree(copy / "wheels", there / "wheels")
    _done([*unconnected, "bash", "-e", "-c", installing], there, environ)
    return there / "photopoem-env/bin/photopoem"


def _done(command: list[str | Path], folder: Path, environ: dict[str, str]) -> str:
    """What a command prints; it has to end well."""
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
