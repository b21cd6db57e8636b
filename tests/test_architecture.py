"""The house stays as it is drawn: which module may import which, how long files are, what tests say."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "photopoem"
MODULES = sorted(PACKAGE.rglob("*.py"))

# The floors of the house, from the ground: a module imports from its own floor or from those below it.
FLOORS = [
    ["errors", "terminal", "plain", "quiet", "threads", "executors"],
    ["photo", "magic", "raw", "thumbnail", "develop", "metadata", "xmp", "color", "answers"],
    [
        "moment",
        "places",
        "palette",
        "kmeans",
        "colornames",
        "measure",
        "tone",
        "store",
        "paths",
        "english",
        "lexicon",
        "remote",
    ],
    ["labels"],
    ["vocabulary"],
    ["poem"],
    ["grammar"],
    ["pipeline", "records"],
    ["press"],
    ["standing", "folder"],
    ["printing", "runner", "progress", "look"],
    ["commands"],
    ["cli", "__main__"],
]
FLOOR_OF = {name: number for number, names in enumerate(FLOORS) for name in names}


def room(path: Path) -> str:
    """The module or package right under photopoem that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """The rooms that a file imports from, also inside functions."""
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        rooms |= {name.split(".")[1] for name in names if name.startswith("photopoem.")}
    return {name for name in rooms if name in FLOOR_OF}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down(path: Path) -> None:
    """No module imports from a floor above its own: the data goes one way."""
    own = room(path)
    if own == "__init__":
        return  # the face of the library hands on names of every floor
    assert own in FLOOR_OF, f"{own} is not in the plan of the house"
    above = {name for name in imported_rooms(path) if FLOOR_OF[name] > FLOOR_OF[own]}
    assert not above


def test_only_commands_know_the_command_line() -> None:
    """Only cli and commands import click, and no stage of the library prints."""
    for path in MODULES:
        text = path.read_text()
        if room(path) not in {"cli", "commands"}:
            assert "import click" not in text, path
        if FLOOR_OF.get(room(path), 0) < FLOOR_OF["printing"] and room(path) != "terminal":
            assert "print(" not in text.replace("fingerprint(", ""), path


@pytest.mark.parametrize(
    "path", [*MODULES, *sorted((ROOT / "tests").glob("*.py"))], ids=lambda path: path.name
)
def test_files_are_short(path: Path) -> None:
    """No file is longer than 400 lines."""
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", sorted((ROOT / "tests").glob("test_*.py")), ids=lambda path: path.name)
def test_tests_say_what_they_hold(path: Path) -> None:
    """Each test's docstring states the behaviour it holds."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            assert ast.get_docstring(node), f"{path.name}: {node.name}"
