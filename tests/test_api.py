"""The library's face: what may be imported and what it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import photopoem

NAMES = """
    write_poem write_poems Settings
    Photo read_photo Moment read_moment Palette Swatch read_palette
    Label Labeller LabelSettings open_labeller
    Source Subject Vocabulary Word make_vocabulary
    Grammar load_grammar Line Poem Span
    GrammarError LabelError LabellerUnavailable MissingWordsError PhotoError PhotopoemError
    PressError StoreError UsageError
""".split()


def test_exported_names_are_pinned() -> None:
    """The public names are these and no others, and each can be imported."""
    assert sorted(photopoem.__all__) == sorted(NAMES)
    for name in NAMES:
        assert getattr(photopoem, name).__name__ == name


def test_write_poem(samples: list[Path]) -> None:
    """write_poem gives the poem of a photograph, the same each time, another for another seed."""
    poem = photopoem.write_poem(samples[0], labels="local")
    assert poem == photopoem.write_poem(str(samples[0]), labels="local")
    assert poem.text != photopoem.write_poem(samples[0], labels="local", seed=1).text
    assert "I can remember" in " ".join(poem.text.split())
    assert any(span.source for line in poem.lines for span in line.spans)


def test_write_poem_raises_what_it_promises(tmp_path: Path) -> None:
    """A file that is not a photograph raises PhotoError with the file's name."""
    path = tmp_path / "no.jpg"
    path.write_text("words")
    with pytest.raises(photopoem.PhotoError, match=r"no\.jpg"):
        photopoem.write_poem(path, labels="local")


def test_own_labeller(samples: list[Path]) -> None:
    """A custom labeller object gives the words of the poem."""

    class Mine:
        name, version, network, parameters, colophon = "mine", "1", False, "", "taught by nobody"

        def label(self, photos: list[photopoem.Photo]) -> list[tuple[photopoem.Label, ...]]:
            return [(photopoem.Label("lighthouse", 0.97, "mine"),) for _ in photos]

    poems = [photopoem.write_poem(samples[0], labels=Mine(), seed=seed) for seed in range(8)]
    assert {poem.subject.labeller for poem in poems} == {"mine"}
    assert any("lighthouse" in poem.text for poem in poems)


def cpu(code: str) -> float:
    """CPU seconds of a Python process that runs the code."""
    measure = "import resource; r = resource.getrusage(resource.RUSAGE_SELF); print(r.ru_utime + r.ru_stime)"
    run = subprocess.run(
        [sys.executable, "-c", f"{code}\n{measure}"], capture_output=True, text=True, check=True
    )
    return float(run.stdout.splitlines()[-1])


def test_help_is_quick() -> None:
    """--help costs less than 100 ms of CPU, or on a slow machine a third more than click; it imports nothing heavy."""
    code = (
        "import sys; sys.argv = ['photopoem', '--help']\n"
        "from photopoem.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
    )
    heavy = [
        "numpy",
        "PIL",
        "sklearn",
        "onnxruntime",
        "google.cloud",
        "inflect",
        "rich",
        "jinja2",
        "fpdf",
        "escpos",
    ]
    ours, clicks = zip(*[(cpu(code), cpu("import click")) for _ in range(5)], strict=True)
    assert min(ours) < max(0.1, 1.35 * min(clicks))
    subprocess.run([sys.executable, "-c", f"{code}\nassert not set({heavy}) & set(sys.modules)"], check=True,
                   capture_output=True)  # fmt: skip
