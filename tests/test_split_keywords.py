"""Several words in one keyword are split, and signs are never used as words."""

from __future__ import annotations

from pathlib import Path

import pytest

from photopoem.photo.facts import keyword_list, last_of_path
from tests.badfiles import encoded
from tests.test_iptc import packet
from tests.test_photo_metadata import said


@pytest.mark.parametrize(
    ("keyword", "words"),
    [
        ("beach, dog, sea", ("beach", "dog", "sea")),
        ("river; boat", ("river", "boat")),
        ("river;boat;", ("river", "boat")),
        ('"beach, dog"', ("beach", "dog")),
        ("狗、海，船", ("狗", "海", "船")),  # noqa: RUF001 - Chinese commas
        ("قط، كلب", ("قط", "كلب")),
        ("Nature|Animals|Cat", ("Cat",)),
        ("Nature | Animals | Cat", ("Cat",)),
        ("Places/France/Paris", ("Paris",)),
        ("Places/Paris", ("Paris",)),
        ("Nature > Animals > Cat", ("Cat",)),
        ("Nature\\Animals\\Cat", ("Cat",)),
        ("Nature|Cat, Nature|Dog", ("Cat", "Dog")),
        ("cat/dog", ("cat", "dog")),
        ("dog + cat", ("dog", "cat")),
        ("AC/DC", ("AC-DC",)),
        ("#beach #dog", ("beach", "dog")),
        ("#beach", ("beach",)),
        ("blue_door", ("blue door",)),
        ("1,000 lakes", ("1,000 lakes",)),
        ("Quai d'Alger", ("Quai d'Alger",)),
        ("Coca-Cola", ("Coca-Cola",)),
        ("geo:lat=41.2", ()),
        ("darktable|exported|jpg", ()),
        ("_Digikam_Internal_Tags_/Color Label None", ()),
        ("| / ; ,", ()),
        ("#origin# [x:y] <script>", ("#origin# [x:y] <script>",)),
    ],
)
def test_words_in_one_keyword_are_told_apart(keyword: str, words: tuple[str, ...]) -> None:
    """Lists give each word, paths through a tree their last part, programs' own notes nothing."""
    assert keyword_list([keyword]) == words


def test_tags_that_are_always_paths_give_their_last_part() -> None:
    """A tag of digiKam or Lightroom with two parts is a path too, whatever its capitals."""
    assert [last_of_path(path) for path in ("animals/cat", "animals|cat", "cat", "/", "darktable|changed")] == [
        "cat", "cat", "cat", "", "",
    ]  # fmt: skip


def test_all_sources_are_split(tmp_path: Path) -> None:
    """Keywords from XMP, sidecars and Windows' tag are split in the same way."""
    from tests.test_photo_metadata import exif

    data = encoded(
        "JPEG",
        xmp=packet("beach, dog", "Nature|Cat").encode(),
        exif=exif(t40094="river; boat\0".encode("utf-16-le")),
    )
    found = said(tmp_path, data, b"sea/sky; door\n")
    assert found["keywords"] == ("sea", "sky", "door", "beach", "dog", "Cat", "river", "boat")
