"""Rules on the code that import-linter cannot check."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "photopoem"
MAY_PRINT = {"cli.py", "commands", "look", "services", "printing", "text"}


def test_no_stage_prints() -> None:
    """No module of the library calls `print`, except for those with user output."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] not in MAY_PRINT:
            calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
            assert not [
                call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"
            ], path


@pytest.mark.parametrize("path", sorted((ROOT / "tests").glob("test_*.py")), ids=lambda path: path.name)
def test_tests_say_what_they_hold(path: Path) -> None:
    """Each test's docstring states the behaviour it holds."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            assert ast.get_docstring(node), f"{path.name}: {node.name}"


@pytest.mark.parametrize("path", sorted((ROOT / "tests").glob("*.py")), ids=lambda path: path.name)
def test_helpers_are_imported_as_tests(path: Path) -> None:
    """Helpers are imported as `tests.NAME`, so that none is loaded twice."""
    helpers = {file.stem for file in (ROOT / "tests").glob("*.py")}
    nodes = list(ast.walk(ast.parse(path.read_text())))
    modules = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    assert not helpers & modules


SCRIPTS = sorted([*(ROOT / "tools").glob("*.py"), *(ROOT / "benchmarks").glob("*.py")])


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_what_scripts_import_is_there(path: Path) -> None:
    """Tools and benchmarks import from photopoem only names that it has, though no test runs most of them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("photopoem"):
            module = import_module(str(node.module))
            missing = [name.name for name in node.names if not hasattr(module, name.name)]
            assert not [
                name for name in missing if not (Path(str(module.__file__)).parent / f"{name}.py").exists()
            ]
