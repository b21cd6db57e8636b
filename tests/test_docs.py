"""The pages are tested: every session is run, every help text is current, every option has an example.

`pytest tests/test_docs.py --refresh-docs` updates the pages with the real output.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from dataclasses import fields
from difflib import unified_diff
from pathlib import Path

import click
import pytest

from photopoem.commands.options import PressOptions
from tests.manual import calls, commands, options, told_examples, used
from tests.processes import quick
from tests.sessions import (
    PAGES,
    ROOT,
    Session,
    Step,
    as_block,
    interpreter_environ,
    matches,
    play,
    renewed,
    rewrite,
    sessions_of,
    steps_of,
)

MANUAL = ROOT / "docs" / "commands.md"
SESSIONS = [
    pytest.param(page, number, id=session.name)
    for page in PAGES
    for number, session in enumerate(sessions_of(page))
]

# Commands and options that no session can show, because they need what is not there; each with the test that holds it.
SHOWN_ELSEWHERE = {
    "run --dask": "test_executors.py",
    **{f"{command} --endpoint": "test_vision_access.py" for command in ("run", "look", "watch")},
}
HELP = re.compile(r"\A\n```text\nUsage: .*?^```\n", re.M | re.S)


@pytest.fixture
def refresh(request: pytest.FixtureRequest) -> bool:
    """Whether to update the pages."""
    return bool(request.config.getoption("--refresh-docs"))


@pytest.mark.parametrize(("page", "number"), SESSIONS)
def test_session(page: Path, number: int, refresh: bool, tmp_path: Path) -> None:
    """Every session of the pages prints, command by command, what the page says."""
    session: Session = sessions_of(page)[number]
    played = play(session, tmp_path, refresh=refresh)
    if refresh:
        rewrite(page, number, played)
        return
    for block, steps in zip(session.blocks, played, strict=True):
        for step, printed in steps:
            if not matches(step.lines, printed):
                wanted = as_block([(step, list(step.lines))]).splitlines()
                told = "\n".join(
                    unified_diff(wanted, as_block([(step, printed)]).splitlines(), lineterm="", n=99)
                )
                pytest.fail(
                    f"{page.name}:{block.line}: not what is printed (--refresh-docs mends it)\n{told}"
                )


@pytest.mark.parametrize(
    "command",
    [
        "COLUMNS=50 photopoem keep --help > help.txt; photopoem --nothing; echo $?; cat help.txt",
        "mkdir -p a; cd a; echo nothing.jpg | photopoem run - --labels keywords --dry-run --traceback 2>&1 | tail -1",
        "photopoem help memories | head -1; echo ${PIPESTATUS[0]}",
    ],
)
def test_forks_do_as_the_real_command(command: str, tmp_path: Path) -> None:
    """The `photopoem` of the sessions has the streams, folder, variables and exit code of the installed one."""
    environ = interpreter_environ()
    path = environ.pop("PATH")
    forked, real = (
        subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=environ | {"PATH": each},
            capture_output=True,
            timeout=60,
        )
        for each in (f"{quick()}:{path}", path)
    )
    assert real.stdout
    assert (forked.stdout, forked.stderr) == (real.stdout, real.stderr)


def test_a_wrong_session_is_found() -> None:
    """Sessions are compared line by line; `...` stands for any lines and for nothing else."""
    (step,) = steps_of("$ echo a; echo b\na\nb\n")
    assert step == Step("echo a; echo b", ("a", "b"))
    assert matches(step.lines, ["a", "b"])
    for printed in (["a"], ["a", "b", "c"], ["a", "B"], []):
        assert not matches(step.lines, printed)
    assert matches(["a", "...", "z"], ["a", "b", "z", "y", "z"])
    assert not matches(["a", "...", "z"], ["a", "b"])
    assert not matches(["..."], [])
    assert renewed(["a", "...", "z"], ["A", "b", "c", "Z"]) == ["A", "...", "Z"]
    assert steps_of("$ cat <<E\n> x\n> E\nx\n") == (Step("cat <<E\nx\nE", ("x",)),)


def with_help(section: str, help_text: str) -> str:
    """A section of a command with its help under its title, in place of what stood there."""
    title, _, rest = section.partition("\n")
    return f"{title}\n\n```text\n{help_text}\n```\n{HELP.sub('', rest, count=1)}"


def test_help_in_the_pages_is_the_commands_own(refresh: bool) -> None:
    """docs/commands.md has a section for every command, and each opens with what its --help prints."""
    opening, *sections = re.split(r"^(?=## photopoem)", MANUAL.read_text("utf-8"), flags=re.M)
    helps = {" ".join(("## photopoem", *path)): context.get_help() for path, context in commands()}
    titles = [section.partition("\n")[0] for section in sections]
    sections += [f"{title}\n" for title in helps if refresh and title not in titles]
    whole = opening + "".join(with_help(each, helps[each.partition("\n")[0]]) for each in sections)
    if refresh:
        MANUAL.write_text(whole, "utf-8")
    assert sorted(titles) == sorted(helps)
    assert MANUAL.read_text("utf-8") == whole, "run: pytest tests/test_docs.py --refresh-docs"


def shown() -> set[tuple[tuple[str, ...], str]]:
    """Every command and option that a session uses."""
    steps = [
        step
        for page in PAGES
        for session in sessions_of(page)
        for block in session.blocks
        for step in block.steps
    ]
    return {use for step in steps for words in calls(step.command) for use in used(words)}


def test_every_command_and_option_has_a_tested_example() -> None:
    """Every option is used in a tested session or, if that is impossible, in the test named for it.

    The options of the presses are one set for every command that prints: a session with print is one for watch.
    """
    found = shown()
    of_presses = {"colophon", *(each.name for each in fields(PressOptions))}
    missing = []
    for path, context in commands():
        if not hasattr(context.command, "commands") and path and (path, "") not in found:
            missing.append(" ".join(path))
    for path, option in options():
        name = " ".join((*path, option.opts[-1]))
        home = ("print",) if path == ("watch",) and option.name in of_presses else path
        if (home, option.name or "") not in found and name not in SHOWN_ELSEWHERE:
            missing.append(name)
    assert not missing, f"without a session in README.md or docs/: {', '.join(missing)}"


@pytest.mark.parametrize(("name", "test"), SHOWN_ELSEWHERE.items())
def test_what_sessions_cannot_show_is_tested(name: str, test: str) -> None:
    """An option without a session is there, and the test named for it uses it."""
    assert name in {" ".join((*path, option.opts[-1])) for path, option in options()}
    assert f'"{name.split()[-1]}"' in (ROOT / "tests" / test).read_text("utf-8")


def refused(lines: Iterable[tuple[str, str]]) -> list[str]:
    """The lines (with their positions) that the command line would refuse, and why."""
    found = []
    for where, line in lines:
        try:
            for words in calls(line):
                used(words)
        except click.UsageError as error:
            found.append(f"{where}: {line}: {error.format_message()}")
    return found


def test_examples_in_help_are_well_formed() -> None:
    """Every example in a help text or a topic is a call that the command line accepts."""
    told = list(told_examples())
    assert len(told) > 50
    assert not refused(told)
    assert refused([("here", "photopoem run photos/ --grammer haiku")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_shell_lines_of_the_pages_are_well_formed(page: Path) -> None:
    """Every photopoem call in a block that is not run is one that the command line accepts."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    assert not refused((page.name, line) for line in lines)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link and picture of the pages that is not on the web is there, and its heading too."""
    for target in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", page.read_text("utf-8")):
        path, _, anchor = (target[0] or target[1]).partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        file = (page.parent / path) if path else page
        assert file.exists(), f"{page.name}: {path}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.M)
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in slugs, f"{page.name}: {path}#{anchor}"


def test_pictures_are_used_and_small() -> None:
    """Every picture in docs/images is shown on a page, and together they are under 700 kB."""
    text = "".join(page.read_text("utf-8") for page in PAGES)
    pictures = [path for path in (ROOT / "docs/images").iterdir() if path.is_file()]
    assert not [path.name for path in pictures if path.name not in text]
    assert sum(path.stat().st_size for path in pictures) < 700_000
