"""The built-in eye: what it says of photographs, its words, its scores, and what it keeps its hands off."""

from __future__ import annotations

import csv
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path

import numpy as np
import pytest

from photopoem.errors import LabelError, UsageError
from photopoem.labels.labeller import KINDS, Labeller, Labels, LabelSettings
from photopoem.labels.local import classifier, network
from photopoem.labels.local import network as views
from photopoem.labels.local.classes import class_entries, everyday_words, evidence, kinds, wider_words
from photopoem.labels.local.classifier import Head, read_head
from photopoem.labels.local.labeller import Local, PixelsAlone, open_labeller, shipped_head, words
from photopoem.photo.reading import Photo, read_photo
from photopoem.vocabulary import SURE

TESTS = Path(__file__).parent


def photo_of(pixels: np.ndarray, path: str = "made.png") -> Photo:
    return Photo(path, pixels, pixels, "0" * 64, (pixels.shape[1], pixels.shape[0]))


@pytest.fixture(scope="module")
def eye() -> Local:
    opened = open_labeller("", LabelSettings())
    assert isinstance(opened, Local)
    return opened


@pytest.fixture(scope="module")
def answers(eye: Local, samples: list[Path]) -> list[Labels | LabelError]:
    """What the eye says of the samples."""
    return list(eye.label([read_photo(path) for path in samples]))


def said(labels: Labels | LabelError) -> dict[str, float]:
    assert not isinstance(labels, LabelError)
    return {label.text: label.score for label in labels}


EXPECTED = {
    "autumn-hills": {"sky", "mountain", "field", "forest"},
    "dandelions": {"flower"},
    "fig": {"fruit"},
    "stream": {"tree", "forest", "river"},
    "sunset": {"sky", "sunset"},
    "two-dogs": {"dog", "fence", "wood", "wooden"},
}


def test_the_samples_are_seen(answers: list[Labels | LabelError], samples: list[Path]) -> None:
    """Of each sample the first word is right, sure, and there are at least three to choose from."""
    for path, labels in zip(samples, answers, strict=True):
        assert not isinstance(labels, LabelError)
        assert len(labels) >= 3, path
        assert labels[0].text in EXPECTED[path.stem], (path, labels)
        assert labels[0].score >= 0.5


def test_labels_keep_the_contract(eye: Local, answers: list[Labels | LabelError]) -> None:
    """At most ten labels, sorted, one a text, scores within 0..1, kinds and wider words as the tables have them."""
    assert isinstance(eye, Labeller)
    assert not eye.network
    for labels in answers:
        assert not isinstance(labels, LabelError)
        scores = [label.score for label in labels]
        assert scores == sorted(scores, reverse=True)
        assert len({label.text for label in labels}) == len(labels) <= 10
        for label in labels:
            assert 0 < label.score <= 1
            assert label.kind == words()[label.text]
            assert label.wider == wider_words()[label.text]


def test_a_word_and_its_wider_word_are_not_both_said(answers: list[Labels | LabelError]) -> None:
    """Labels never include both a dog and an animal, or a name beside its everyday word."""
    for labels in answers:
        assert not isinstance(labels, LabelError)
        texts = {label.text for label in labels}
        assert not any(set(label.wider) & texts for label in labels)
        assert not any(set(label.narrower) & texts for label in labels)


def test_the_same_photograph_gets_the_same_labels(
    eye: Local, answers: list[Labels | LabelError], samples: list[Path]
) -> None:
    """Labels depend on the pixels alone: not on the batch, nor on what was seen before."""
    alone = [eye.label([read_photo(path)])[0] for path in reversed(samples)]
    assert alone == answers[::-1]


def test_where_somebody_may_be_both_ends_are_looked_at(
    eye: Local, samples: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where a person is likely but not sure, the squares at both ends of the picture are looked at as well."""
    photos = [read_photo(path) for path in samples]
    head, asked = shipped_head(), list[Photo]()
    see_ends = network.Network.see_ends

    def counted(self: network.Network, pixels: np.ndarray) -> tuple[network.Sight, network.Sight]:
        asked.extend(photo for photo in photos if photo.pixels is pixels)
        return see_ends(self, pixels)

    monkeypatch.setattr(network.Network, "see_ends", counted)
    for photo in photos:
        sight = network.Network().see(photo.pixels)
        chance = classifier.chances(head, sight.embedding, sight.logits)["person"]
        assert classifier.chance_of_person(head, sight.embedding, sight.logits) == pytest.approx(chance)
        for near, looked in (((chance - 0.01, chance + 0.01), [photo]), ((chance + 0.01, 1.0), [])):
            asked.clear()
            monkeypatch.setattr("photopoem.labels.local.labeller.NEARER_LOOK", near)
            eye.label([photo])
            assert asked == looked


def test_the_ends_are_the_ends() -> None:
    """Of a picture that is red on the left and blue on the right, one end is red and the other blue."""
    pixels = np.zeros((100, 300, 3), np.uint8)
    pixels[:, :100, 0] = pixels[:, 200:, 2] = 255
    first, last = views.ends(pixels)
    assert first.shape == last.shape == (1, 3, 224, 224)
    assert first[0].mean(axis=(1, 2)).argmax() == 0
    assert last[0].mean(axis=(1, 2)).argmax() == 2


@pytest.mark.parametrize("shape", [(1, 1), (1, 640), (640, 1), (3, 5), (427, 640)])
def test_any_shape_is_seen(eye: Local, shape: tuple[int, int]) -> None:
    """Pictures of any size and side ratio, and of one color, get labels and no error."""
    assert said(eye.label([photo_of(np.full((*shape, 3), 77, np.uint8))])[0])


@pytest.mark.parametrize(
    ("size", "seen"),
    [((400, 300), (224, 192)), ((300, 400), (192, 224)), ((300, 310), (224, 224)), ((40, 30), (224, 192))],
)
def test_an_oblong_picture_is_bent_less(size: tuple[int, int], seen: tuple[int, int]) -> None:
    """The network sees an oblong picture as oblong in either orientation, and any other as a square."""
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2] = 255
    view = views.whole(pixels)
    assert view.shape == (1, 3, seen[1], seen[0])
    assert (view[0, 0, 0, 0], view[0, 0, 0, -1]) == (1.0, -127 / 128)


def test_one_bad_photo_costs_only_itself(eye: Local) -> None:
    """A photograph that cannot be looked at is an error of its own among the labels of the others."""
    good, bad = photo_of(np.zeros((9, 9, 3), np.uint8)), photo_of(np.zeros((9, 9), np.uint8), "bad.jpg")
    first, second, third = eye.label([good, bad, good])
    assert isinstance(second, LabelError)
    assert "bad.jpg" in str(second)
    assert first == third
    assert not isinstance(first, LabelError)


def test_noise_and_plain_colors_are_not_stated(eye: Local) -> None:
    """Noise and plain colors get doubtful words only, no statement of a thing."""
    noise = np.random.default_rng(5).integers(0, 256, (300, 400, 3)).astype(np.uint8)
    plain = [np.full((300, 400, 3), color, np.uint8) for color in ((200, 30, 30), (90, 90, 90))]
    for pixels in (noise, *plain):
        sure = {
            word: score for word, score in said(eye.label([photo_of(pixels)])[0]).items() if score >= SURE
        }
        assert not sure


def test_every_class_has_been_read() -> None:
    """The table has the network's thousand classes in order, and at most five of them are left without a word."""
    rows = list(csv.DictReader((TESTS.parent / "photopoem/data/eye-words.csv").read_text().splitlines()))
    assert [int(row["class"]) for row in rows] == list(range(1000))
    assert sum(not entry.word for entry in class_entries()) <= 5


def test_every_word_can_be_said() -> None:
    """Words are lower-case text of letters, spaces and hyphens, with a kind; wider words are words themselves."""
    for word, kind in words().items():
        assert re.fullmatch(r"[a-z]+([ -][a-z]+)*", word), word
        assert kind in KINDS
    for word, wider in wider_words().items():
        assert word not in wider
        assert all(each in words() for each in wider), word
    for entry in class_entries():
        assert all(each in words() for each in entry.also), entry


def test_wider_words_have_no_circles() -> None:
    """Wider words are transitive and acyclic."""
    for word, wider in wider_words().items():
        for each in wider:
            assert word not in wider_words()[each]
            assert set(wider_words()[each]) <= set(wider), (word, each)


# Trades and peoples are not the eye's to tell: where a person is seen, it says person. Sexes are told only where sure.
UNFIT = set(
    """lady guy bride groom soldier policeman fireman nurse doctor priest monk nun butcher barber
    cowboy farmer ballplayer sailor pirate miner hunter gypsy eskimo indian african chinese japanese american
    english irish scottish german french mexican egyptian persian siamese arabian afghan tibetan siberian bra
    brassiere diaper nipple breast guillotine slave negro oriental savage cripple lunatic""".split()
)


def test_no_word_is_unfit() -> None:
    """No word names a person's trade or people, or what had better not be guessed of anybody."""
    unfit = {word for word in words() if set(re.split(r"[ -]", word)) & UNFIT}
    assert unfit == {"french fries"}  # of no people


def test_evidence_follows_the_table() -> None:
    """A class speaks fully for its own words, partly for their company, and not for others."""
    table = evidence(["dog", "animal", "water", "boat", "canoe"])
    beagle = next(number for number, entry in enumerate(class_entries()) if entry.specific == "beagle")
    canoe = next(number for number, entry in enumerate(class_entries()) if entry.specific == "canoe")
    assert table[:, beagle].tolist() == [1, 1, 0, 0, 0]
    assert table[:, canoe].tolist() == pytest.approx([0, 0, 0.6, 1, 1])


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ({"beagle": 0.96, "dog": 0.97, "animal": 0.97}, ["beagle"]),
        ({"beagle": 0.94, "dog": 0.95, "animal": 0.97}, ["dog"]),
        ({"dog": 0.3, "animal": 0.6}, ["animal"]),
        ({"dog": 0.46, "animal": 0.6}, ["dog"]),
        ({"boy": 0.71, "child": 0.8, "person": 0.9}, ["boy"]),
        ({"boy": 0.69, "child": 0.8, "person": 0.9}, ["child"]),
        ({"man": 0.69, "person": 0.97}, ["person"]),
        ({"castle": 0.71, "building": 0.97}, ["castle"]),
        ({"castle": 0.69, "building": 0.97}, ["building"]),
        ({"daisy": 0.94, "flower": 0.97, "plant": 0.97}, ["flower"]),
        ({"parrot": 0.81, "bird": 0.97, "animal": 0.97}, ["parrot"]),
        ({"parrot": 0.79, "bird": 0.97, "animal": 0.97}, ["bird"]),
        ({"dog": 0.8, "cat": 0.36, "animal": 0.95}, ["dog", "cat"]),
        ({"dog": 0.3, "cat": 0.2, "animal": 0.6, "sky": 0.7}, ["sky", "animal"]),
        ({"dog": 0.8, "road": 0.49, "wall": 0.5}, ["dog", "wall"]),
        ({"sky": 0.001, "sea": 0.03}, ["sea"]),
    ],
)
def test_the_narrowest_sure_word_is_said(scores: dict[str, float], expected: list[str]) -> None:
    """The specific word is used if it is sure, otherwise the wider one; other words keep their places."""
    assert [label.text for label in classifier.choose(scores, "local")] == expected


def test_hardly_likely_words_change_nothing_about_likely_ones() -> None:
    """Hundreds of words below what is asked neither silence a word nor change its score."""
    said = {"beagle": 0.6, "dog": 0.7, "animal": 0.72, "sky": 0.5, "tree": 0.35}
    rest = [word for word in kinds() if word not in said]
    hardly = {word: 0.3 * place / len(rest) for place, word in enumerate(rest)}
    assert classifier.choose(said | hardly, "local") == classifier.choose(said, "local")


def test_no_act_or_quality_goes_before_the_surest_noun() -> None:
    """A quality is no surer than its noun and comes after it, and an act comes after its actor."""
    found = classifier.choose({"wooden": 0.9, "fence": 0.6, "dog": 0.5, "running": 0.7}, "local")
    assert [(each.text, each.score) for each in found] == [
        ("fence", 0.6), ("running", 0.6), ("wooden", 0.6), ("dog", 0.5),
    ]  # fmt: skip


def test_a_name_is_kept_beside_its_everyday_word() -> None:
    """A likely but unsure breed is among the dog's narrower words, likeliest first."""
    scores = {"golden retriever": 0.71, "beagle": 0.5, "poodle": 0.4, "dog": 0.71}
    (dog,) = classifier.choose(scores, "local")
    assert (dog.text, dog.narrower) == ("dog", ("golden retriever", "beagle"))


def test_nobody_calls_a_bison_a_cow() -> None:
    """A sure bison is said in place of the cow, a leopard in place of the wild cat; a breed is not said for a dog."""
    (bison,) = classifier.choose({"bison": 0.75, "cow": 0.95, "animal": 0.95}, "local")
    (leopard,) = classifier.choose({"leopard": 0.5, "wild cat": 0.8, "animal": 0.9}, "local")
    (dog,) = classifier.choose({"collie": 0.9, "dog": 0.95, "animal": 0.95}, "local")
    assert [bison.text, leopard.text, dog.text] == ["bison", "leopard", "dog"]


def test_of_names_in_one_chain_the_narrowest_is_kept() -> None:
    """A ladybird is not a beetle as well."""
    (insect,) = classifier.choose({"beetle": 0.8, "ladybird": 0.78, "insect": 0.85}, "local")
    assert (insect.text, insect.narrower) == ("insect", ("ladybird",))


def test_no_sex_is_told_that_is_not_sure() -> None:
    """Where man, woman, boy and girl are likely but not sure, somebody is a person or a child."""
    unsure = {"man": 0.74, "woman": 0.7, "person": 0.95, "boy": 0.74, "child": 0.8, "girl": 0.3}
    assert not {"man", "woman", "boy", "girl"} & classifier.claims(unsure).keys()
    assert classifier.claims({"man": 0.76, "person": 0.9})["man"] < 0.5


def test_a_young_woman_is_not_said_twice() -> None:
    """Where a woman is sure, no girl is said, and where a man is sure, no boy; a girl alone stays a girl."""
    shown = classifier.claims({"woman": 0.8, "girl": 0.9, "child": 0.9, "person": 0.98})
    assert "woman" in shown and "girl" not in shown
    assert "boy" not in classifier.claims({"man": 0.76, "boy": 0.8, "person": 0.98})
    assert "girl" in classifier.claims({"woman": 0.7, "girl": 0.8, "person": 0.98})


def test_the_surest_animal_is_sure() -> None:
    """The likeliest animal is shown as sure from .61, where it was right; the next is not."""
    shown = classifier.claims({"dog": 0.62, "cat": 0.61, "tree": 0.62, "animal": 0.9})
    assert shown["dog"] >= 0.6 and shown["cat"] < 0.5 and shown["tree"] < 0.5
    assert classifier.claims({"dog": 0.6, "animal": 0.9})["dog"] < 0.5


def test_scores_rise_with_chances() -> None:
    """A likelier word is never shown with a lower score, and a wider word never with less than its narrower one."""
    chances = {word: 0.01 + 0.98 * place / len(words()) for place, word in enumerate(kinds())}
    shown = classifier.claims(chances)
    for word, wider in wider_words().items():
        assert all(shown.get(each, 1) >= shown.get(word, 0) for each in wider)
    plain = classifier.claims({"sky": 0.2, "night": 0.81, "rain": 0.83})
    assert plain["sky"] == pytest.approx(0.2)
    assert plain["night"] < 0.5 < plain["rain"]


def test_leaves_grass_and_wood_are_no_flowers(eye: Local) -> None:
    """Synthetic close-ups of grass and wood grain are never labelled as a flower with certainty."""
    chance = np.random.default_rng(11)
    blades = np.full((320, 400, 3), (40.0, 90.0, 30.0))
    for x in chance.integers(0, 400, 500):
        height = int(chance.integers(60, 300))
        blades[-height:, x : x + 2] = (60 + chance.integers(60), 140 + chance.integers(90), 40)
    rows = np.sin(np.linspace(0, 60, 320) + np.cumsum(chance.normal(0, 0.2, 320)))[:, None]
    wood = np.repeat(rows, 400, axis=1)[..., None] * (25, 18, 10) + (150, 105, 65)
    for pixels in (blades, wood):
        words_said = said(eye.label([photo_of(pixels.clip(0, 255).astype(np.uint8))])[0])
        assert words_said.get("flower", 0) < 0.5


@pytest.mark.parametrize(
    ("broken", "told"),
    [(None, "cannot be read"), (-1, "install photopoem again"), (9, "install photopoem again")],
)
def test_without_its_network_the_pixels_speak(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: int | None, told: str
) -> None:
    """If its file is missing or damaged, a line says so once, and light and shadow are labelled."""
    path = tmp_path / "network.onnx"
    if broken is not None:
        data = bytearray(network.network_path().read_bytes())
        data[broken] ^= 1
        path.write_bytes(data)
    monkeypatch.setattr(network, "network_path", lambda: path)
    notes: list[str] = []
    opened = open_labeller("", LabelSettings(note=notes.append))
    assert isinstance(opened, PixelsAlone)
    half = np.zeros((100, 100, 3), np.uint8)
    half[:25] = 255
    for _ in range(3):
        answer = said(opened.label([photo_of(half)])[0])
    assert answer["shadow"] == pytest.approx(0.75)
    assert answer["light"] == pytest.approx(0.25)
    assert len(notes) == 1
    assert told in notes[0]


def test_an_untaught_name_is_an_error() -> None:
    """An unknown or invalid name of taught words is reported."""
    for name in ("nobody-taught-this", "../../etc/passwd", "a/b", ""):
        if name:
            with pytest.raises(UsageError):
                open_labeller(name, LabelSettings())


def test_a_head_comes_back_as_it_was(tmp_path: Path) -> None:
    """The shipped head is small, and written again gives the same bytes; its words are in the table."""
    head = shipped_head()
    path = tmp_path / "head.npz"
    path.write_bytes(head.to_bytes())
    assert read_head(path).to_bytes() == head.to_bytes()
    shipped = [TESTS.parent / "photopoem/data" / name for name in ("eye-head.npz", "eye-background.npz")]
    assert sum(each.stat().st_size for each in shipped) < 1_300_000
    assert set(head.words) <= set(everyday_words())
    assert len(head.words) > 300


def test_a_head_of_objects_is_refused(tmp_path: Path) -> None:
    """A head that would have to be unpickled, or whose parts do not fit, is refused."""
    head = shipped_head()
    parts = {"words": np.array(head.words), "weights": head.weights, "own": head.own, "bias": head.bias}
    bad = {
        "objects": parts | {"classes": np.array([print, 1, 2, 3, 4], object)},
        "short": parts | {"classes": np.zeros(2)},
        "missing": parts,
        "endless": parts | {"classes": np.full(5, np.inf)},
        "narrow": parts | {"classes": np.zeros(5), "weights": head.weights[:, :9]},
    }
    for name, each in bad.items():
        np.savez(tmp_path / f"{name}.npz", **each)
        with pytest.raises(ValueError):
            read_head(tmp_path / f"{name}.npz")


def test_parameters_follow_the_head(eye: Local) -> None:
    """Another head is another labeller to the cache."""
    other = shipped_head()
    changed = Head(other.words, other.weights, other.own, other.bias + 1, other.classes)
    assert Local(eye._eye, changed).parameters != eye.parameters == Local(eye._eye, other).parameters


def test_torch_is_not_needed() -> None:
    """Neither torch nor the onnx package is in this environment."""
    installed = {(each.metadata["Name"] or "").lower() for each in distributions()}
    assert not installed & {"torch", "onnx", "torchvision", "timm"}


GUARDED = """
import sys; sys.path.insert(0, {tests!r})
import numpy, onnxruntime, PIL.Image
from tests.seccomp_guard import forbid
from photopoem.labels.local import classifier, network
from photopoem.labels.local.labeller import Local, shipped_head
from photopoem.photo.reading import Photo
model = network.read_network(network.network_path())
head, grey = shipped_head(), numpy.full((480, 640, 3), 99, numpy.uint8)
numpy.asarray(PIL.Image.fromarray(grey).resize((9, 9)))
classifier.chances(head, numpy.zeros(1280, numpy.float32), numpy.zeros(1000, numpy.float32))
forbid("socket", "open")
{extra}
eye = network.Network.__new__(network.Network)
eye._session = network.open_session(model)
print(len(Local(eye, head).label([Photo("", grey, grey, "", (640, 480))])[0]))
"""

guarded = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="forbids system calls with seccomp, which Linux on x86_64 or aarch64 has: run it there",
)


def run_guarded(extra: str) -> subprocess.CompletedProcess[str]:
    code = GUARDED.format(tests=str(TESTS), extra=extra)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)


@guarded
def test_onnxruntime_opens_no_socket_and_no_file() -> None:
    """Once its weights are in memory the eye opens its session and labels without one socket or file."""
    ran = run_guarded("")
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) >= 3


@guarded
@pytest.mark.parametrize("extra", ["import socket; socket.socket()", "open('/dev/null')"])
def test_the_guard_guards(extra: str) -> None:
    """The guard of the test above kills what opens a socket or a file."""
    assert run_guarded(extra).returncode != 0


def test_telemetry_is_off_before_a_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """Telemetry of onnxruntime is switched off before any session is opened."""
    import onnxruntime

    order: list[str] = []
    real: Callable[..., object] = onnxruntime.InferenceSession

    def session(*args: object, **kwargs: object) -> object:
        order.append("session")
        return real(*args, **kwargs)

    monkeypatch.setattr(onnxruntime, "disable_telemetry_events", lambda: order.append("off"))
    monkeypatch.setattr(onnxruntime, "InferenceSession", session)
    network.Network()
    assert order == ["off", "session"]


def test_floors_follow_what_was_counted() -> None:
    """A word has a floor where, of its doubts on photographs that were judged, less than a third were right."""
    rows = csv.DictReader((TESTS.parent / "tools/eye/doubts.csv").read_text().splitlines())
    low = {
        row["word"]
        for row in rows
        if int(row["asked"]) >= 3 and (int(row["right"]) + 1) / (int(row["asked"]) + 3) < 1 / 3
    }
    assert low == {word for word, each in everyday_words().items() if each.floor}


def test_a_face_silences_nobody() -> None:
    """A face is a part of a person, so the word person is given beside it."""
    said = {label.text for label in classifier.choose({"face": 0.7, "person": 0.6}, "local")}
    assert said == {"face", "person"}
