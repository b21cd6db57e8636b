"""A user's own classifier: layouts, activations, label lists, and models that are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from photopoem.errors import LabelError, LabellerUnavailable, UsageError
from photopoem.labels import onnx
from photopoem.labels.labeller import Labeller, LabelSettings
from photopoem.labels.onnx import open_labeller, read_words, scores
from photopoem.labels.registry import open_labeller as open_by_name
from photopoem.photo.reading import Photo
from tests.onnx_models import Graph, block, endless, number, value

WORDS = ["red thing", "green thing", "blue thing"]


def color_model(
    layout: str, *, last: str = "", size: int | str = 8, uint8: bool = False, colors: int = 3
) -> bytes:
    """A true ONNX model whose answers are the means of the picture's three colors, with `last` on top."""
    graph = Graph("picture")
    if uint8:
        graph.node("Cast", [graph.at], to=1)
    axes = [2, 3] if layout == "nchw" else [1, 2]
    graph.node("ReduceMean", [graph.at], None if last else "answer", axes=axes, keepdims=0)
    if last:
        graph.node(last, [graph.at], "answer")
    shape = (1, colors, size, size) if layout == "nchw" else (1, size, size, colors)
    taken = value("picture", shape)
    if uint8:  # the element type is the first number inside the tensor's type: 1 float, 2 uint8
        taken = taken.replace(number(1, 1), number(1, 2), 1)
    body = [block(1, node) for node in graph.nodes] + [block(2, "colors")]
    body += [block(11, taken), block(12, value("answer", (1, colors)))]
    return number(1, 8) + block(7, b"".join(body)) + block(8, number(2, 13))


def open_model(folder: Path, model: bytes, labels: str = "\n".join(WORDS)) -> Labeller:
    (folder / "model.onnx").write_bytes(model)
    (folder / "labels.txt").write_text(labels, encoding="utf-8")
    return open_labeller(f"{folder}/model.onnx,{folder}/labels.txt", LabelSettings())


def colored(red: int, green: int, blue: int) -> Photo:
    pixels = np.full((30, 50, 3), (red, green, blue), np.uint8)
    return Photo("a.jpg", pixels, pixels, "0" * 64, (50, 30))


def said(labeller: Labeller, photo: Photo) -> dict[str, float]:
    labels = labeller.label([photo])[0]
    assert not isinstance(labels, LabelError)
    return {label.text: label.score for label in labels}


@pytest.mark.parametrize("layout", ["nchw", "nhwc"])
@pytest.mark.parametrize("size", [8, "side"])
def test_layouts_are_read_from_the_model(tmp_path: Path, layout: str, size: int | str) -> None:
    """Channels first or last, and sides fixed or free, are read from the model itself."""
    labeller = open_model(tmp_path, color_model(layout, size=size))
    assert next(iter(said(labeller, colored(0, 0, 255)))) == "blue thing"
    assert next(iter(said(labeller, colored(255, 0, 0)))) == "red thing"


def test_softmax_and_sigmoid(tmp_path: Path) -> None:
    """Answers of a sigmoid or softmax are taken as they are; other numbers go through softmax."""
    settings = "# mean: 0,0,0\n# std: 1,1,1\n" + "\n".join(WORDS)
    ones = {word: pytest.approx(1 / (1 + np.exp(-1)), abs=1e-3) for word in WORDS}
    assert (
        said(open_model(tmp_path, color_model("nchw", last="Sigmoid"), settings), colored(255, 255, 255))
        == ones
    )
    thirds = {word: pytest.approx(1 / 3, abs=1e-3) for word in WORDS}
    assert (
        said(open_model(tmp_path, color_model("nchw", last="Softmax"), settings), colored(9, 9, 9)) == thirds
    )
    plain = open_model(tmp_path, color_model("nchw"), "# std: 0.1,0.1,0.1\n" + "\n".join(WORDS))
    assert said(plain, colored(255, 0, 0)) == {"red thing": pytest.approx(1, abs=1e-3)}


def test_an_activation_can_be_told(tmp_path: Path) -> None:
    """A labels file may say that the numbers are to go through a sigmoid."""
    text = "# activation: sigmoid\n# mean: 0,0,0\n# std: 1,1,1\n" + "\n".join(WORDS)
    answer = said(open_model(tmp_path, color_model("nchw"), text), colored(255, 255, 0))
    assert answer["red thing"] == pytest.approx(0.7311, abs=1e-3)
    assert answer["blue thing"] == pytest.approx(0.5, abs=1e-3)


def test_raw_bytes_are_given_where_the_model_takes_them(tmp_path: Path) -> None:
    """A model of uint8 pictures gets the pixels as they are."""
    text = "# activation: sigmoid\n" + "\n".join(WORDS)
    answer = said(open_model(tmp_path, color_model("nhwc", uint8=True), text), colored(255, 0, 3))
    assert answer["red thing"] == pytest.approx(1)
    assert answer["green thing"] == pytest.approx(0.5)
    assert answer["blue thing"] == pytest.approx(1 / (1 + np.exp(-3)), abs=1e-3)


def test_any_numbers_become_scores() -> None:
    """Whatever a model answers, scores are finite and within 0..1."""
    for values in ([np.nan, 1, 2], [np.inf, -np.inf, 0], [1e30, -1e30, 1], [0, 0, 0], [-5, -5, -5]):
        for activation in ("", "softmax", "sigmoid", "none"):
            found = scores(np.array(values, np.float32), activation)
            assert np.isfinite(found).all()
            assert ((found >= 0) & (found <= 1)).all()


def test_words_are_words(tmp_path: Path) -> None:
    """Labels are literal text, and duplicates are removed."""
    words = ["#animal# [x]", "\u001b[31m", "\u001b[31m"]
    labeller = open_model(tmp_path, color_model("nchw", last="Sigmoid"), "\n".join(words))
    assert said(labeller, colored(255, 255, 255)).keys() == set(words)


def test_the_registry_opens_it(tmp_path: Path) -> None:
    """`--labels onnx:MODEL,LABELS` finds both files, with another labeller after a comma too."""
    open_model(tmp_path, color_model("nchw"))
    spec = f"onnx:{tmp_path}/model.onnx,{tmp_path}/labels.txt"
    assert open_by_name(spec).name == "onnx"
    assert open_by_name(f"{spec},keywords").name.startswith("onnx+")


def test_another_model_is_another_labeller(tmp_path: Path) -> None:
    """The version follows the model's bytes and the parameters the list's, for the cache."""
    first = open_model(tmp_path, color_model("nchw"))
    second = open_model(tmp_path, color_model("nchw", last="Softmax"))
    third = open_model(tmp_path, color_model("nchw"), "\n".join(reversed(WORDS)))
    assert first.version == third.version != second.version
    assert first.parameters == second.parameters != third.parameters


def test_a_list_of_another_length_is_told(tmp_path: Path) -> None:
    """If the numbers of outputs and labels differ, the message gives both."""
    labeller = open_model(tmp_path, color_model("nchw"), "one\ntwo\n")
    with pytest.raises(LabellerUnavailable, match=r"3 labels and the list has 2"):
        labeller.label([colored(1, 2, 3)])


@pytest.mark.parametrize("model", [b"", b"not a model", bytes(999)])
def test_a_model_that_is_none_is_told(tmp_path: Path, model: bytes) -> None:
    """What onnxruntime cannot open makes the labeller unavailable, in one line with the file's name."""
    with pytest.raises(LabellerUnavailable, match=r"model\.onnx") as caught:
        open_model(tmp_path, model)
    assert "\n" not in str(caught.value)


def test_a_model_without_pictures_is_told(tmp_path: Path) -> None:
    """A model whose input does not have three colors is refused."""
    with pytest.raises(LabellerUnavailable, match="three colors"):
        open_model(tmp_path, color_model("nchw", colors=5))


@pytest.mark.parametrize("argument", ["", "model.onnx", ",labels.txt", "model.onnx,"])
def test_two_files_are_needed(argument: str) -> None:
    """Without a model and a list it is a question of usage."""
    with pytest.raises(UsageError, match=r"onnx:MODEL\.onnx,LABELS\.txt"):
        open_labeller(argument, LabelSettings())


@pytest.mark.parametrize("settings", ["# std: 0,1,1", "# mean: a,b,c", "# std: 1", "# activation: relu"])
def test_settings_that_make_no_sense_are_told(tmp_path: Path, settings: str) -> None:
    """Numbers that are none, a spread of nothing and unknown activations are refused."""
    with pytest.raises(UsageError, match=r"labels\.txt"):
        open_model(tmp_path, color_model("nchw"), settings + "\n" + "\n".join(WORDS))


def test_lists_that_cannot_be_read(tmp_path: Path) -> None:
    """A list that is missing or not UTF-8 is named."""
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9\n")
    for name in ("latin.txt", "nowhere.txt"):
        with pytest.raises(LabellerUnavailable, match=name):
            read_words(tmp_path / name)
    (tmp_path / "mark.txt").write_bytes(b"\xef\xbb\xbfdog\r\n\r\n# a remark\r\ncat\r\n")
    assert read_words(tmp_path / "mark.txt").words == ("dog", "cat")


def test_an_endless_model_costs_its_photograph_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose loop never ends is stopped after its time, and the photograph gets an error that says so."""
    monkeypatch.setattr(onnx, "MOST_SECONDS", 0.5)
    shape = (1, 3, 8, 8)
    mean = Graph("looped")
    mean.node("ReduceMean", ["looped"], "answer", axes=[2, 3], keepdims=0)
    body = [*endless(shape), *(block(1, node) for node in mean.nodes), block(2, "endless")]
    body += [block(11, value("picture", shape)), block(12, value("answer", (1, 3)))]
    labeller = open_model(tmp_path, number(1, 8) + block(7, b"".join(body)) + block(8, number(2, 13)))
    (answer,) = labeller.label([colored(200, 0, 0)])
    assert isinstance(answer, LabelError)
    assert "model.onnx takes longer than 0.5 seconds" in str(answer)


def test_a_model_of_huge_pictures_is_refused(tmp_path: Path) -> None:
    """A model that asks for pictures of 100,000 px a side is refused when it is opened."""
    with pytest.raises(LabellerUnavailable, match="2048 px per side is the limit"):
        open_model(tmp_path, color_model("nchw", size=100_000))


def test_kinds_come_from_the_tables_of_words(tmp_path: Path) -> None:
    """What a user's model calls a woman, sitting or wooden has the kind that the built-in eye gives it."""
    words = {"woman": "person", "sitting": "doing", "wooden": "quality"}
    labeller = open_model(tmp_path, color_model("nchw", last="Sigmoid"), "\n".join(words))
    labels = labeller.label([colored(200, 150, 100)])[0]
    assert not isinstance(labels, LabelError)
    assert {label.text: label.kind for label in labels} == words
