"""Help by topic, and completion in the shells."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from photopoem.commands.help import text_of, topics
from tests.conftest import require_tool
from tests.making import photopoem

BIN = Path(sys.executable).parent


@pytest.mark.parametrize("topic", topics())
def test_topic(topic: str) -> None:
    """A topic's text opens with its name and what it tells, fits a terminal, and is what the command prints."""
    text = text_of(topic)
    name, dash, told = text.splitlines()[0].partition(" - ")
    assert (name, dash) == (topic, " - ")
    assert told
    assert max(map(len, text.splitlines())) <= 110
    assert photopoem("help", topic).stdout == text


def test_topics_are_listed() -> None:
    """Without a topic every topic is named."""
    said = photopoem("help").stdout
    assert all(f"photopoem help {topic} " in said for topic in topics())


def test_help_of_a_command() -> None:
    """The words of a command give the help that its --help gives."""
    assert photopoem("help", "queue", "retry").stdout == photopoem("queue", "retry", "--help").stdout


def test_unknown_topic_is_one_line() -> None:
    """A word that is neither ends with one line that names the topics."""
    done = photopoem("help", "poetry", code=2)
    assert "grammars" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def completed(shell: str, line: str) -> str:
    """What the program answers to the shell's question, by the protocol that the shell's script uses."""
    words = line.split(" ")
    if shell == "fish":
        asked = {"COMP_WORDS": line, "COMP_CWORD": words[-1]}
    else:
        asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
    environ = {**os.environ, **asked, "_PHOTOPOEM_COMPLETE": f"{shell}_complete"}
    return subprocess.run([BIN / "photopoem"], env=environ, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("line", "wanted"),
    [("photopoem gr", "grammar"), ("photopoem run --lab", "--labels"), ("photopoem queue re", "retry")],
)
def test_program_completes(shell: str, line: str, wanted: str) -> None:
    """Asked as each shell asks, the program answers with the command or option that was begun."""
    assert wanted in completed(shell, line)


@pytest.mark.parametrize(
    ("shell", "bound"),
    [
        ("bash", "complete -o nosort -F _photopoem_completion photopoem"),
        ("zsh", "compdef _photopoem_completion photopoem"),
        ("fish", "complete --no-files --command photopoem"),
    ],
)
def test_script_asks_as_the_shell_does(shell: str, bound: str) -> None:
    """The script of a shell asks the program by that shell's protocol, and is bound to photopoem."""
    script = photopoem("completion", shell).stdout
    assert f"_PHOTOPOEM_COMPLETE={shell}_complete" in script
    assert bound in script


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_script_is_sound(shell: str, tmp_path: Path) -> None:
    """The shell itself finds no fault in its script."""
    path = require_tool(shell)
    script = tmp_path / "script"
    script.write_text(photopoem("completion", shell).stdout)
    subprocess.run([path, "-n", script], check=True)


def test_bash_completes(tmp_path: Path) -> None:
    """In a bash that has read the script, the Tab key's function completes commands, options and choices."""
    bash = require_tool("bash")
    asking = """
    eval "$(photopoem completion bash)"
    ask() {
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
        $(complete -p photopoem | sed 's/.*-F \\([^ ]*\\).*/\\1/') photopoem
        echo "${COMPREPLY[@]}"
    }
    ask photopoem comp
    ask photopoem run --hemis
    ask photopoem run --hemisphere so
    ask photopoem grammar pre
    """
    environ = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [bash, "-c", asking], env=environ, capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert done.stdout.splitlines() == ["completion", "--hemisphere", "south", "preview"]
