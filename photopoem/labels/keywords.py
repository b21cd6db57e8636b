"""The labeller `keywords`: words that the owner wrote into the photograph or into a sidecar."""

from __future__ import annotations

from collections.abc import Sequence

from photopoem.english.inflection import nouns, number, singular, singulars, split_head
from photopoem.errors import LabelError, UsageError
from photopoem.labels.labeller import OWNER, Label, Labels, LabelSettings
from photopoem.labels.local.classes import kind_of, wider_words
from photopoem.photo.reading import Photo

OF_PICTURES = frozenset({
    "black and white", "black-and-white", "close-up", "macro", "monochrome", "panorama", "photo", "photograph",
    "photography", "portrait", "self-portrait", "selfie", "snapshot",
})  # fmt: skip
"""Keywords that say what kind of picture it is, not what is in it."""


class Keywords:
    """Keywords from IPTC, XMP and EXIF, and from sidecars.

    Every word has the score 1, because its owner was there. The owner's order is preserved.
    """

    name = OWNER
    version = "3"
    network = False
    parameters = ""
    colophon = "the photograph's owner, who wrote these words"

    def label(self, photos: Sequence[Photo]) -> list[Labels | LabelError]:
        """Labels for each photo; empty if its owner wrote none."""
        return [self._label(photo) for photo in photos]

    def _label(self, photo: Photo) -> Labels:
        words = photo.metadata.get("keywords", ())
        texts = dict.fromkeys(as_label(word) for word in words if word.casefold() not in OF_PICTURES)
        return tuple(Label(text, 1.0, self.name, kind_of(text), wider_of(text)) for text in texts)


def wider_of(text: str) -> tuple[str, ...]:
    """Less specific words that machines use for a thing: dogs: dog, animal; grizzly bear: bear, animal."""
    if number(text) == "name":
        return ()
    known, whole = wider_words(), text.casefold()
    _, head, _ = split_head(whole)
    one = (singular(whole),) if singular(whole) in known else ()
    wider = [each for word in (whole, *one, head, singular(head)) for each in (word, *known.get(word, ()))]
    return tuple(dict.fromkeys(word for word in wider if word != text))


def as_label(word: str) -> str:
    """A keyword as a label: common nouns lose their capitals, names keep theirs.

    Only known common nouns are changed: Wall Clock, Beach at sunset; not Lisbon, NASA, iPhone.
    """
    _, head, _ = split_head(word)
    first, *others = word.split()
    if not _is_common(head) or number(word) == "name":
        return word
    if all(each[0].isupper() for each in (first, *others)):
        return word.lower()
    # Capitalized like a sentence; the first word may still be a name.
    return word[0].lower() + word[1:] if _is_common(first) and " ".join(others).islower() else word


def _is_common(word: str) -> bool:
    """Whether a word is a known common noun, in the singular or plural."""
    return word.casefold() in nouns() or word.casefold() in singulars()


def open_labeller(argument: str, settings: LabelSettings) -> Keywords:
    """The labeller `keywords`, which takes no argument. Raises `UsageError` if given one."""
    del settings  # keywords have no settings
    if argument:
        raise UsageError(f"keywords takes no argument, not {argument!r}: they are read from each photograph")
    return Keywords()
