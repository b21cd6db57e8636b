"""The tool that makes the shipped head: one command, seeded, the same bytes each time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

from photopoem.labels.local.classifier import read_head
from tools import train_eye

ROOT = Path(__file__).parent.parent
ROWS, LABELS = 240, ["sky", "tree", "indoor", "dog"]
STEPS = "12"
"""Of the training; the shipped head took many more."""
EVERYDAY = ["sky", "tree", "room", "dog", "bear", "person", "running", "wooden", "shirt"]


def run_tool(*arguments: str | Path) -> None:
    """Run the tool in this process."""
    with patch.object(sys, "argv", ["train_eye.py", *map(str, arguments)]):
        train_eye.main()


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small study of made-up embeddings, of the shapes that the tool reads."""
    folder, chance = tmp_path_factory.mktemp("study"), np.random.default_rng(8)
    truth = chance.random((ROWS, len(LABELS))) < 0.3
    embedding = chance.random((ROWS, 1280)) * 0.4
    embedding[:, : len(LABELS)] += truth * 3.0
    np.savez(
        folder / "embeddings.npz",
        embedding=embedding.astype(np.float16),
        labels=np.array(LABELS),
        truth=truth.astype(np.uint8),
        known=np.ones_like(truth),
        train=np.arange(ROWS) % 5 > 0,
        source=np.array(["caltech101", "weather", "intel"])[np.arange(ROWS) % 3],
        licence=np.array(["CC BY 4.0", "unclear: none"])[np.arange(ROWS) % 2],
    )
    textures = np.array([f"{name}/{name}_0.jpg" for name in ("bubbly", "cracked", "braided")])
    np.savez(
        folder / "textures.npz", embedding=chance.random((3, 1280)).astype(np.float16), filename=textures
    )
    return folder


@pytest.fixture(scope="module")
def everyday(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the tool takes it, of made-up everyday photographs: a word each, and some judged by eye."""
    folder, chance = tmp_path_factory.mktemp("everyday"), np.random.default_rng(7)
    truth = chance.random((ROWS, len(EVERYDAY))) < 0.3
    embedding = chance.random((ROWS, 1280)) * 0.4
    embedding[:, : len(EVERYDAY)] += truth * 3.0
    np.savez(
        folder / "everyday.npz",
        embedding=embedding.astype(np.float16),
        target=(truth * 100).astype(np.uint8),
        weight=np.full(truth.shape, 100, np.uint8),
    )
    np.savez(folder / "judged2.npz", embedding=embedding[:40].astype(np.float16))
    words = "".join(f"{word},{30 if word != 'bear' else 3}\n" for word in EVERYDAY)
    (folder / "words.csv").write_text("word,photographs\n" + words)
    rows = [
        f"{1 + row % 2},{row},{word},{int(truth[row, column])}\n"
        for row in range(40)
        for column, word in enumerate(EVERYDAY)
    ]
    (folder / "judged.csv").write_text("set,row,word,right\n" + "".join(rows))
    return folder


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Embeddings that the tool made of a folder of photographs with their words."""
    folder, chance = tmp_path_factory.mktemp("photos"), np.random.default_rng(9)
    rows = []
    for number in range(16):
        top = (90, 140, 230) if number % 2 else (60, 110, 50)
        pixels = np.full((60, 80, 3), top) + chance.integers(-20, 20, (60, 80, 3))
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"{number}.png")
        rows.append(f"{number}.png,{'sky' if number % 2 else 'german_shepherd tree canoe'}\n")
    (folder / "words.csv").write_text("photo,words\n" + "".join(rows))
    out = folder / "own.npz"
    run_tool("embed", folder, out)
    return out


@pytest.fixture(scope="module")
def trained(everyday: Path, study: Path, own: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what a training wrote."""
    out = tmp_path_factory.mktemp("trained")
    run_tool("train", everyday, study, own, "--out", out, "--steps", STEPS)
    return out


def test_photographs_become_embeddings(own: Path) -> None:
    """Each photograph gives three views of 1,280 numbers, with its name and words beside them."""
    data = np.load(own)
    assert data["embedding"].shape == (16, 3, 1280)
    assert np.isfinite(data["embedding"]).all()
    assert data["words"][0] == "german_shepherd tree canoe"


def test_the_same_input_gives_the_same_bytes(
    trained: Path, everyday: Path, study: Path, own: Path, tmp_path: Path
) -> None:
    """Trained again, in another process, head and background are the same byte by byte; a word of too few photographs
    is not in them.
    """
    tool = [sys.executable, train_eye.__file__, "train", everyday, study, own]
    done = subprocess.run(
        [*tool, "--out", tmp_path, "--steps", STEPS], capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr
    for name in ("eye-head.npz", "eye-background.npz"):
        assert (trained / name).read_bytes() == (tmp_path / name).read_bytes()
    kept = [word for word in EVERYDAY if word != "bear"]
    assert read_head(trained / "eye-head.npz").words == tuple(kept)


def test_training_learns(trained: Path, study: Path) -> None:
    """The head tells the made-up sky from its absence on rows that were held out."""
    head, data = read_head(trained / "eye-head.npz"), np.load(study / "embeddings.npz")
    held = ~data["train"]
    odds = data["embedding"][held].astype(np.float32) @ head.weights[head.words.index("sky")]
    sky = data["truth"][held, 0] > 0
    assert odds[sky].mean() > odds[~sky].mean() + odds[~sky].std()


def test_the_shipped_head_weighs_classes_as_the_tool_does(tmp_path: Path) -> None:
    """What the shipped head holds of words that only the classes know is what the tool makes of the embeddings here."""
    shipped = ROOT / "photopoem/data/eye-head.npz"
    (tmp_path / "eye-head.npz").write_bytes(shipped.read_bytes())
    run_tool("classes", ROOT / "tools/eye/own.npz", "--out", tmp_path)
    made, held = read_head(tmp_path / "eye-head.npz"), read_head(shipped)
    assert made.classes == pytest.approx(held.classes, abs=0.005)
    assert (made.weights == held.weights).all()
