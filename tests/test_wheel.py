"""The built wheel: small, whole, and working far from its checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

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


@pytest.mark.timeout(900)
def test_installed_wheel_runs_without_the_checkout(wheel: Path, samples: list[Path], tmp_path: Path) -> None:
    """Installed into an empty environment, away from the checkout, the command writes a poem for a photograph."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "env"], check=True)
    subprocess.run([tmp_path / "env/bin/pip", "install", "--quiet", wheel], check=True, capture_output=True)
    shutil.copy(samples[0], tmp_path / "photo.jpg")
    run = subprocess.run(
        [tmp_path / "env/bin/photopoem", "run", "photo.jpg", "--labels", "local"],
        cwd=tmp_path, capture_output=True, text=True, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "I can remember" in run.stdout
    packages = subprocess.run([tmp_path / "env/bin/pip", "list"], capture_output=True, text=True).stdout
    assert "torch " not in packages
