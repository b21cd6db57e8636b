"""Everyday commands: `nox` runs lint, types and tests; `nox -s NAME` runs one of them."""

import nox

nox.options.sessions = ["lint", "types", "tests"]


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff over everything, and the import rules of the package."""
    session.install("-e", ".[lint]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict, over the package."""
    session.install("-e", ".[test,lint]")
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """All tests, or those named after `--`."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """Build the wheel and the sdist, and check both."""
    session.install("build", "twine", "check-wheel-contents")
    session.run("python", "-m", "build", "--outdir", session.create_tmp())
    session.run("sh", "-c", f"twine check {session.create_tmp()}/*", external=True)
    session.run("sh", "-c", f"check-wheel-contents {session.create_tmp()}/*.whl", external=True)
