"""The accuracy and speed of the built-in labeller, on a folder of photographs with their true words.

    python benchmarks/eye.py FOLDER            quality, of the whole and of its parts alone
    python benchmarks/eye.py FOLDER --errors   and what it said wrongly, photograph by photograph
    python benchmarks/eye.py FOLDER --speed    cold start, time a photograph, memory
    python benchmarks/eye.py FOLDER --answers FILE.jsonl    quality of what was said, by this or any other version:
                                               photopoem look FOLDER/*.jpg --labels local --json > FILE.jsonl

FOLDER holds `words.csv` with the columns photo and words: every true word of the eye's, with spaces between
and _ for a blank inside a word. A word's wider words are true with it.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from photopoem.labels.labeller import Label, Labels
from photopoem.labels.local import classifier
from photopoem.labels.local.classes import class_entries, wider_words
from photopoem.labels.local.classifier import shares
from photopoem.labels.local.labeller import shipped_head
from photopoem.labels.local.network import Network, Sight
from photopoem.photo.reading import Photo, read_photo

Answer = Callable[[Sight], Labels]
BINS = 10
SHOWN_FROM = 0.5
PEOPLE = frozenset(
    "person man woman boy girl child baby crowd couple player rider climber surfer skier dancer face".split()
)


def read_folder(folder: Path) -> tuple[list[Photo], list[set[str]]]:
    """The photographs of a folder and all words that are true of each."""
    with (folder / "words.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    truth = []
    for row in rows:
        words = {word.replace("_", " ") for word in row["words"].split()}
        truth.append(words | {wide for word in words for wide in wider_words().get(word, ())})
    return [read_photo(folder / row["photo"]) for row in rows], truth


def parts() -> dict[str, Answer]:
    """The eye, and each of its parts alone."""
    head = shipped_head()
    names = {word: row for row, word in enumerate(head.words)}

    def whole(sight: Sight) -> Labels:
        return classifier.choose(
            classifier.claims(classifier.chances(head, sight.embedding, sight.logits)), "local"
        )

    def head_alone(sight: Sight) -> Labels:
        chances = classifier.chances(head, sight.embedding, sight.logits)
        return classifier.choose(classifier.claims({word: chances[word] for word in names}), "head")

    def classes_alone(sight: Sight) -> Labels:
        words, seen = classifier.class_chances(sight.logits)
        chances = 1 / (1 + np.exp(-seen))
        return classifier.choose(dict(zip(words, chances.tolist(), strict=True)), "classes")

    def surest_class(sight: Sight) -> Labels:
        chances = shares(sight.logits)
        best = int(chances.argmax())
        entry = class_entries()[best]
        return (Label(entry.word, float(chances[best]), "class"),) if entry.word else ()

    return {"whole": whole, "head": head_alone, "classes": classes_alone, "surest class": surest_class}


def calibration_error(scores: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error over ten equal bins: the mean distance of a bin's score from its share right."""
    bins = np.minimum((scores * BINS).astype(int), BINS - 1)
    return float(
        sum(
            (bins == each).mean() * abs(scores[bins == each].mean() - right[bins == each].mean())
            for each in np.unique(bins)
        )
    )


def said_in(path: Path) -> dict[str, Labels]:
    """The labels of each photograph, by its file name, from what `photopoem look --json` printed."""
    looks = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {
        Path(look["path"]).name: tuple(
            Label(each["text"], each["score"], each["labeller"], each["kind"]) for each in look["labels"]
        )
        for look in looks
    }


def summary(answers: Sequence[Labels], truth: Sequence[set[str]]) -> dict[str, str]:
    """The figures of the model card: words, first words, people, doubts."""
    each = [
        [(label, label.text in true) for label in labels] for labels, true in zip(answers, truth, strict=True)
    ]
    flat = [pair for pairs in each for pair in pairs]
    shown = [right for label, right in flat if label.score >= SHOWN_FROM]
    asked = [right for label, right in flat if label.score < SHOWN_FROM]
    firsts = [pairs[0] if pairs else (None, False) for pairs in each]
    basic = [
        right and label is not None and label.text not in classifier.CATEGORIES for label, right in firsts
    ]
    somebody = [labels for labels, true in zip(answers, truth, strict=True) if "person" in true]
    found = [
        any(label.text in PEOPLE and label.score >= SHOWN_FROM for label in labels) for labels in somebody
    ]
    scores, right = np.array([pair[0].score for pair in flat]), np.array([pair[1] for pair in flat])
    return {
        "words with score >= 0.5 that are right": f"{np.mean(shown):.3f}",
        "words with score >= 0.5, a photograph": f"{len(shown) / len(answers):.2f}",
        "first word right": f"{np.mean([pair[1] for pair in firsts]):.3f}",
        "first word right, and not a category": f"{np.mean(basic):.3f}",
        "photographs with somebody, of whom somebody was said at >= 0.5": f"{sum(found)} of {len(found)}",
        "words below 0.5 that are right": f"{np.mean(asked):.3f}",
        "words below 0.5, a photograph": f"{len(asked) / len(answers):.2f}",
        "calibration error": f"{calibration_error(scores, right):.3f}",
    }


def quality(answers: Sequence[Labels], truth: Sequence[set[str]]) -> dict[str, float]:
    """The figures of one labeller: shares in 0..1, words a photograph."""
    pairs = zip(answers, truth, strict=True)
    judged = [[(label.score, label.text in true) for label in labels] for labels, true in pairs]
    flat = [each for labels in judged for each in labels]
    scores, right = np.array([each[0] for each in flat]), np.array([each[1] for each in flat])
    firsts = [labels[0] for labels in judged if labels]
    threes = [each[1] for labels in judged for each in labels[:3]]
    found = {"photos": float(len(answers)), "precision at 1": float(np.mean([each[1] for each in firsts]))}
    found["precision at 1 where it is >= 0.5"] = float(np.mean([good for s, good in firsts if s >= 0.5]))
    found["precision at 3"] = float(np.mean(threes))
    for limit in (0.5, 0.8):
        said = scores >= limit
        found[f"precision at score {limit}"] = float(right[said].mean()) if said.any() else float("nan")
        found[f"words a photo at score {limit}"] = float(said.sum() / len(answers))
    found["words a photo at any score"] = len(flat) / len(answers)
    found["photos with fewer than 3 words"] = float(np.mean([len(labels) < 3 for labels in answers]))
    found["photos with no word"] = float(np.mean([not labels for labels in answers]))
    found["calibration error"] = calibration_error(scores, right)
    return found


def show_errors(photos: Sequence[Photo], answers: Sequence[Labels], truth: Sequence[set[str]]) -> None:
    """Each photograph's words, the wrong ones starred."""
    for photo, labels, true in zip(photos, answers, truth, strict=True):
        said = " ".join(f"{each.text}{'' if each.text in true else '*'} {each.score:.2f}," for each in labels)
        print(f"  {Path(photo.path).name}: {said}")


FRESH = """
import numpy, onnxruntime, PIL.Image, sys, time
start = time.process_time()
from photopoem.labels.labeller import LabelSettings
from photopoem.labels.local.labeller import open_labeller
from photopoem.photo.reading import Photo, read_photo
eye = open_labeller("", LabelSettings())
grey = numpy.full((480, 640, 3), 128, numpy.uint8)
eye.label([Photo("", grey, grey, "", (640, 480))])
print(time.process_time() - start)
labelling = 0.0
for path in sys.argv[1:]:
    photo = read_photo(path)
    start = time.process_time()
    eye.label([photo])
    labelling += time.process_time() - start
print(labelling / len(sys.argv[1:]))
import resource
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def show_speed(photos: Sequence[Photo]) -> None:
    """Cold start, time per photograph and peak memory of a fresh process that reads the photographs in turn."""
    paths = [photo.path for photo in photos]
    ran = subprocess.run([sys.executable, "-c", FRESH, *paths], capture_output=True, text=True, check=True)
    cold, each, memory = (float(line) for line in ran.stdout.split())
    print(f"cold start: {cold:.2f} s of CPU beyond importing onnxruntime")
    print(f"a photograph: {each * 1000:.1f} ms of CPU")
    print(f"memory: {memory / 1024:.0f} MB at most")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--errors", action="store_true", help="show what was said of each photograph")
    parser.add_argument("--speed", action="store_true", help="measure time and memory instead")
    parser.add_argument(
        "--answers", type=Path, metavar="FILE", help="what `photopoem look --json` printed of FOLDER"
    )
    chosen = parser.parse_args()
    photos, truth = read_folder(chosen.folder)
    if chosen.answers:
        said = said_in(chosen.answers)
        for what, figure in summary([said[Path(photo.path).name] for photo in photos], truth).items():
            print(f"{what}: {figure}")
        return
    if chosen.speed:
        show_speed(photos)
        return
    network = Network()
    sights = [network.see(photo.pixels) for photo in photos]
    for name, answer in parts().items():
        answers = [answer(sight) for sight in sights]
        print(f"{name}:")
        for what, value in quality(answers, truth).items():
            print(f"  {what}: {value:.3g}")
        if chosen.errors and name == "whole":
            show_errors(photos, answers, truth)


if __name__ == "__main__":
    main()
