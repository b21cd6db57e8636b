"""Labels in the words of the house: some are never said, and some are said otherwise."""

from __future__ import annotations

from dataclasses import replace

from photopoem.english.house import HouseWords
from photopoem.labels.labeller import Label, Labels


def in_house_words(labels: Labels, words: HouseWords) -> Labels:
    """The labels that a house says, by falling score. Of several that it says alike the surest stands.

    A label that is said otherwise keeps the labeller's word in `said_for`.
    """
    if not words.fingerprint:
        return labels
    said: dict[str, Label] = {}
    for label in sorted(labels, key=lambda label: -label.score):
        told = _said(label, words)
        if not words.is_silent(label.text) and not words.is_silent(told.text):
            said.setdefault(told.text, told)
    return tuple(said.values())


def _said(label: Label, words: HouseWords) -> Label:
    instead = words.said(label.text)
    if instead == label.text:
        return label
    return replace(label, text=instead, said_for=label.said_for or label.text)
