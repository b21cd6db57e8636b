"""Labellers and presses of other packages."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from photopoem.errors import LabelError, UsageError
from photopoem.labels.labeller import Label
from photopoem.photo.discover import Found
from photopoem.photo.reading import Photo
from photopoem.poem import record
from photopoem.services.executors import Inline
from photopoem.services.pipeline import Failed, Settings, write_poem, write_poems
from photopoem.services.publish import open_target, press_for, press_of_file
from tests.command import photopoem

Put = Callable[[Path | str], None]
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


@pytest.fixture
def on_the_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[Put]:
    """Puts a folder of packages on Python's path for one test, after which what is imported from it is forgotten."""
    folders: list[str] = []

    def put(folder: Path | str) -> None:
        folders.append(str(folder))
        monkeypatch.syspath_prepend(folders[-1])

    yield put
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(tuple(folders)):
            del sys.modules[name]


def broken(folder: Path, points: str, code: str = "1 / 0\n") -> None:
    """Install a package into the folder `site` of a folder, with these entry points; it cannot be imported."""
    info = folder / "site/broken-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text(points)
    (folder / "site/broken_plugin.py").write_text(code)


STRIP = """
class Press:
    name, suffix = "strip", ".strip"

    def __init__(self{needs}):
        pass

    def check(self, poems, *, photos=None):
        return {check}

    def press(self, poems, *, photos):
        return {press}

def fails(error):
    raise error
"""


def strip(folder: Path, *, needs: str = "", check: str = "[]", press: str = "b'ink'") -> Path:
    """Install a press called strip that answers so; returns the folder for Python's path."""
    code = STRIP.format(needs=needs, check=check, press=press)
    broken(folder, "[photopoem.presses]\nstrip = broken_plugin:Press\n", code)
    return folder / "site"


def test_example_labeller_and_press(site: str, on_the_path: Put, samples: list[Path], tmp_path: Path) -> None:
    """The example package, once installed, labels photographs and presses poems by its names."""
    on_the_path(site)
    photopoem("run", samples[0].parent, "--labels", "daylight", cwd=tmp_path)
    assert '"labeller": "daylight"' in (tmp_path / "poems/poems.jsonl").read_text()
    for name, press in (("poems.txt", ["--press", "markdown"]), ("poems.md", [])):
        photopoem("print", "poems", *press, "--to", f"file:{name}", cwd=tmp_path)
        assert (tmp_path / name).read_text().count("## ") == 6


def test_another_mode_of_a_labeller_writes_anew(
    site: str, on_the_path: Put, samples: list[Path], tmp_path: Path
) -> None:
    """What follows the colon is among the labeller's parameters: a run in another mode keeps no poem of the first."""
    on_the_path(site)
    run = ("run", samples[0].parent, "--grammar", "palette", "--labels")
    for spec, told in (
        ("daylight", "6 written\n"),
        ("daylight", "6 already there"),
        ("daylight:strict", "6 written\n"),
    ):
        assert told in photopoem(*run, spec, cwd=tmp_path).stderr
    labels = [
        json.loads(line)["labels"] for line in (tmp_path / "poems/poems.jsonl").read_text().splitlines()[-6:]
    ]
    assert [] in labels and all(each[0]["score"] >= 0.7 for each in labels if each)


def test_the_press_of_a_package_is_found_by_its_ending(site: str, on_the_path: Put, tmp_path: Path) -> None:
    """A file's ending chooses a press of another package too, after the built-in ones; a broken one is passed over."""
    assert press_of_file(Path("poems.md")) is None
    on_the_path(site)
    broken(tmp_path, "[photopoem.presses]\nbroken = broken_plugin:Press\n")
    on_the_path(tmp_path / "site")
    assert press_of_file(Path("poems.MD")) == "markdown"
    assert press_of_file(Path("poems.txt")) == "text"
    with pytest.raises(UsageError, match=r"'poems.md' is not a target; did you mean 'file:poems.md'\?"):
        open_target("poems.md")
    with pytest.raises(UsageError, match=r"file:poems.odt: say which --press: text, .*, broken, markdown$"):
        press_for(open_target("file:poems.odt"), None)


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (
            {"press": "fails(RuntimeError('ink'))"},
            "press strip: RuntimeError('ink'); --traceback shows where",
        ),
        ({"press": "None"}, "press strip gave nothing, not bytes"),
        ({"press": "'ink'"}, "press strip gave str, not bytes"),
        ({"check": "fails(KeyError('x'))"}, "press strip: KeyError('x'); --traceback shows where"),
        ({"check": "None"}, "press strip remarked None, which are not lines"),
        ({"needs": ", ink"}, "press strip does not start: TypeError("),
    ],
)
def test_a_press_that_breaks_its_contract(
    answers: dict[str, str], told: str, on_the_path: Put, poems: Path, tmp_path: Path
) -> None:
    """Whatever a press of another package does, a file chosen by its ending is refused in one line that names it."""
    on_the_path(strip(tmp_path, **answers))
    done = photopoem("print", "--to", "file:a.strip", cwd=tmp_path, code=2)
    assert told in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "a.strip").exists()


def test_a_press_that_fails_in_the_queue(on_the_path: Put, samples: list[Path], tmp_path: Path) -> None:
    """A poem on which a plugin press fails gets a final state with the cause, and does not stay queued."""
    on_the_path(strip(tmp_path, press="fails(RuntimeError('ink'))"))
    to = ("--print", "dir:paper", "--press", "strip")
    done = photopoem("run", samples[0], "--out", "poems", *to, cwd=tmp_path, code=1)
    assert "Traceback" not in done.stderr
    listed = photopoem("queue", "list", cwd=tmp_path).stdout
    assert "nothing was sent: press strip: RuntimeError('ink'); --traceback shows where" in listed
    assert listed.endswith("1 doubtful\n")
    print_it = ("--traceback", "print", "poems", "--to", "dir:paper", "--press", "strip", "--again")
    shown = photopoem(*print_it, cwd=tmp_path, code=1)
    assert "in fails" in shown.stderr


def test_other_packages_are_asked_only_where_they_are_needed() -> None:
    """A file with an ending of our own finds its press without a look at what other packages offer."""
    program = (
        "import sys; from pathlib import Path; from photopoem.services.publish import press_of_file\n"
        "before = set(sys.modules); press = press_of_file(Path('poems.html'))\n"
        "print(press, 'importlib.metadata' in set(sys.modules) - before, 'photopoem.press.html' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "html False False\n"


class Careless:
    """A labeller that answers with whatever it was given, or raises it."""

    name, version, network, parameters, colophon = "careless", "1", True, "", "nobody"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def label(self, photos: Sequence[Photo]) -> Any:
        """What it was given."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (KeyError("bad"), "labeller careless: KeyError('bad'); --traceback shows where"),
        ([], "labeller careless gave 0 answers for 1 photograph"),
        (["day"], "labeller careless gave 'day', which are not labels"),
        ([(Label("", 0.9, "careless"),)], "labeller careless gave a label without a word"),
        ([(Label("day", 7.0, "careless"),)], "labeller careless scored 'day' 7.0, not from 0 to 1"),
        ([(Label("day", "x", "careless"),)], "labeller careless scored 'day' 'x', not from 0 to 1"),
        ([(Label("day", float("nan"), "careless"),)], "labeller careless scored 'day' nan, not from 0 to 1"),
    ],
)
def test_a_labeller_that_breaks_its_contract(answer: Any, told: str, samples: list[Path]) -> None:
    """Whatever a labeller of another package answers, its photographs fail with one line that says what was wrong."""
    found = [Found(str(samples[0]), "a.jpg")]
    (outcome,) = write_poems(found, Settings(), Careless(answer), Inline())
    assert isinstance(outcome, Failed) and outcome.cause == told
    with pytest.raises(LabelError, match="labeller careless"):
        write_poem(samples[0], labels=Careless(answer))


def test_numbers_of_numpy_are_scores(samples: list[Path]) -> None:
    """A labeller may score with numpy's numbers: the poem's record is written all the same."""
    labels = (Label("day", np.float32(0.5), "careless"), Label("sky", 1, "careless"))
    poem = write_poem(samples[0], labels=Careless([labels]))
    assert [label["score"] for label in json.loads(json.dumps(record(poem)))["labels"]] == [0.5, 1.0]


def test_broken_plugin_is_one_line(on_the_path: Put, samples: list[Path], tmp_path: Path) -> None:
    """A plugin that fails to start costs one line that names it, not a crash."""
    broken(tmp_path, "[photopoem.labellers]\nbroken = broken_plugin:open_labeller\n")
    on_the_path(tmp_path / "site")
    done = photopoem("run", samples[0], "--labels", "broken", cwd=tmp_path, code=2)
    assert "labeller broken (broken_plugin:open_labeller) cannot be loaded: ZeroDivisionError(" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
