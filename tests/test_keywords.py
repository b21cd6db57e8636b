"""The owner's words as labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from photopoem.errors import UsageError
from photopoem.labels.keywords import as_label, wider_of
from photopoem.labels.labeller import Label, Labeller
from photopoem.labels.registry import open_labeller
from photopoem.photo.reading import Photo, read_photo
from tests.badfiles import encoded


def photo(*keywords: str) -> Photo:
    dot = np.zeros((1, 1, 3), np.uint8)
    return Photo("photo.jpg", dot, dot, "", (1, 1), {"keywords": keywords} if keywords else {})


def test_words_beside_a_photo_become_labels(tmp_path: Path) -> None:
    """A sidecar's words are sure labels in its order, without duplicates, and marked as the owner's."""
    (tmp_path / "a.jpg").write_bytes(encoded("JPEG"))
    (tmp_path / "a.jpg.txt").write_text("Dog, grass\ntwo chairs\ndog\nplace: home\n")
    labeller = open_labeller("keywords")
    assert isinstance(labeller, Labeller)
    (labels,) = labeller.label([read_photo(tmp_path / "a.jpg")])
    assert labels == (
        Label("dog", 1.0, "keywords", "thing", wider_of("dog")),
        Label("grass", 1.0, "keywords", "stuff", wider_of("grass")),
        Label("two chairs", 1.0, "keywords", "thing", ("chairs", "chair", "furniture")),
    )
    assert "owner" in labeller.colophon


def test_a_photo_without_words_has_no_labels() -> None:
    """Photographs without keywords are not an error, and a batch keeps its order."""
    answers = open_labeller("keywords").label([photo(), photo("Dog", "DOG"), photo()])
    assert answers == [(), (Label("dog", 1.0, "keywords", wider=("animal",)),), ()]


def test_the_kind_of_picture_is_no_label() -> None:
    """Portrait or Macro says how a picture was taken, not what is in it, and is not used."""
    (labels,) = open_labeller("keywords").label([photo("Portrait", "boy", "black and white", "macro")])
    assert [label.text for label in labels] == ["boy"]


@pytest.mark.parametrize(
    ("word", "label"),
    [
        ("Wall Clock", "wall clock"),
        ("Beach at sunset", "beach at sunset"),
        ("SNOW", "snow"),
        ("Dogs", "dogs"),
        ("Lisbon", "Lisbon"),
        ("NASA", "NASA"),
        ("iPhone", "iPhone"),
        ("Golden Gate Bridge", "Golden Gate Bridge"),
        ("Lisbon tram in rain", "Lisbon tram in rain"),
        ("#origin# [x:y] [31m<script>", "#origin# [x:y] [31m<script>"),
        ("中国", "中国"),
    ],
)
def test_names_keep_their_capitals(word: str, label: str) -> None:
    """Common nouns are in lower case, as all labels are; names and unknown words stay as they were written."""
    assert as_label(word) == label


def test_keywords_takes_no_argument() -> None:
    """`keywords:x` is refused."""
    with pytest.raises(UsageError, match="keywords takes no argument"):
        open_labeller("keywords:x")
