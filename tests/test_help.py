"""Help by topic, and completion in the shells."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from photopoem.cli import COMMANDS
from photopoem.color.names import NAMED_BY
from photopoem.commands.help import text_of, topics
from photopoem.commands.options import TARGETS
from photopoem.grammar import shelf
from photopoem.labels.registry import BUILT_IN
from photopoem.press import PRESSES
from photopoem.press.pdf import LAYOUTS
from photopoem.press.svg import SHEETS
from photopoem.printing.targets import KINDS
from tests.command import photopoem
from tests.conftest import require_tool

BIN = Path(sys.executable).parent


@pytest.mark.parametrize("topic", topics())
def test_topic(topic: str) -> None:
    """A topic's text begins with its name and summary, fits a terminal, and is what the command prints."""
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
    return photopoem(**asked, _PHOTOPOEM_COMPLETE=f"{shell}_complete").stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("photopoem gr", "grammar"),
        ("photopoem run --lab", "--labels"),
        ("photopoem queue re", "retry"),
        ("photopoem run -g ha", "haiku"),
        ("photopoem watch -l lo", "local"),
        ("photopoem print --press rec", "receipt"),
        ("photopoem print --to us", "usb:"),
        ("photopoem help mem", "memories"),
        ("photopoem help grammar pre", "preview"),
        ("photopoem grammar show lu", "lune"),
        ("photopoem look --color-names n", "nbs"),
    ],
)
def test_program_completes(shell: str, line: str, wanted: str) -> None:
    """Completion in each shell gives the matching command, option or value."""
    assert wanted in re.split(r"[,\t\n]", completed(shell, line))


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("photopoem run -g ", ["file,", *(f"plain,{name}" for name in [*shelf(), "all"])]),
        ("photopoem run -g haiku,lu", ["plain,haiku,lune"]),
        ("photopoem run -l ", [f"plain,{name}" for name in ("auto", *BUILT_IN)]),
        ("photopoem print --press ", [f"plain,{name}" for name in PRESSES]),
        ("photopoem look --color-names ", ["file,", *(f"plain,{name}" for name in NAMED_BY)]),
        ("photopoem print --size ", [f"plain,{name}" for name in SHEETS]),
        ("photopoem watch --layout ", [f"plain,{name}" for name in LAYOUTS]),
        ("photopoem help ", [f"plain,{name}" for name in [*topics(), *COMMANDS]]),
        ("photopoem explain x --lexicon wo", ["file,wo"]),
        ("photopoem run x --out po", ["dir,po"]),
    ],
)
def test_values_are_offered(line: str, wanted: list[str]) -> None:
    """For an empty value, completion offers all values, and files if allowed."""
    assert completed("bash", line).splitlines() == wanted


def test_targets_that_are_offered_exist() -> None:
    """Each kind of printer's address is offered."""
    assert [kind.partition(":")[0] for kind in TARGETS] == [
        kind.partition(":")[0] for kind in KINDS.split(", ")
    ]


@pytest.mark.parametrize(
    "line",
    [
        "run -g ", "run -l ", "print --press ", "print --to ", "help ", "look --color-names ", "print --size ",
        "print --layout ",
    ],
)  # fmt: skip
def test_completing_loads_nothing_heavy(line: str) -> None:
    """A value is completed without what makes poems: nobody waits at the Tab key."""
    program = (
        "import sys; from photopoem.cli import main; sys.argv = ['photopoem']\n"
        "try: main()\n"
        "finally: print({'numpy', 'PIL', 'sklearn', 'rich', 'sqlite3', 'inflect'} & set(sys.modules))"
    )
    asked = {"COMP_WORDS": f"photopoem {line}", "COMP_CWORD": str(line.count(" ") + 1)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **asked, "_PHOTOPOEM_COMPLETE": "bash_complete"},
        capture_output=True,
        text=True,
    )
    assert "plain," in done.stdout
    assert done.stdout.splitlines()[-1] == "set()"


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
    """In a bash that has read the script, the Tab key's function completes commands, options, choices and names."""
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
    ask photopoem run -g ha 2>/dev/null
    ask photopoem run --labels key
    ask photopoem help pri
    """
    environ = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [bash, "-c", asking], env=environ, capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert done.stdout.splitlines() == [
        "completion", "--hemisphere", "south", "preview", "haiku", "keywords", "printing print"
    ]  # fmt: skip


def test_fish_completes(tmp_path: Path) -> None:
    """A fish that has read the script completes commands, values and files."""
    fish = require_tool("fish")
    (tmp_path / "mine.json").touch()
    asking = """
    photopoem completion fish | source
    for line in 'comp' 'run -g ha' 'run -g mi' 'print --press re' 'help mem'
        complete -C "photopoem $line"
    end
    """
    environ = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(
        [fish, "-c", asking], env=environ, capture_output=True, text=True, cwd=tmp_path, check=True
    )
    said = [line.split("\t")[0] for line in done.stdout.splitlines()]
    assert said == ["completion", "haiku", "mine.json", "receipt", "memories"]
