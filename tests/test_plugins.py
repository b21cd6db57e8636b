"""Labellers and presses of other packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.making import photopoem

EXAMPLE = Path(__file__).parent.parent / "docs" / "examples" / "photopoem-example"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder in which the example package is installed."""
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--target", folder,
         EXAMPLE],
        check=True, capture_output=True,
    )  # fmt: skip
    return str(folder)


def test_example_labeller_and_press(site: str, samples: list[Path], tmp_path: Path) -> None:
    """The example package, once installed, labels photographs and presses poems by its names."""
    photopoem("run", samples[0].parent, "--labels", "daylight", cwd=tmp_path, PYTHONPATH=site)
    assert '"labeller": "daylight"' in (tmp_path / "poems/poems.jsonl").read_text()
    photopoem("print", "poems", "--press", "markdown", "--to", "file:poems.md", cwd=tmp_path, PYTHONPATH=site)
    assert (tmp_path / "poems.md").read_text().count("## ") == 6


def test_broken_plugin_is_one_line(samples: list[Path], tmp_path: Path) -> None:
    """A plugin that fails to start costs one line that names it, not a crash."""
    info = tmp_path / "site/broken-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[photopoem.labellers]\nbroken = broken_labeller:open_labeller\n")
    (tmp_path / "site/broken_labeller.py").write_text("1 / 0\n")
    done = photopoem(
        "run", samples[0], "--labels", "broken", cwd=tmp_path, code=2, PYTHONPATH=str(tmp_path / "site")
    )
    assert "labeller broken (broken_labeller:open_labeller) does not start" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
