"""What a labeller said of one photograph, word for word, and how that is written as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass

from photopoem.errors import StoreError

LONGEST_TEXT = 200
"""A label longer than this, in characters, is not a label: such answers are not taken from a file."""


@dataclass(frozen=True, slots=True)
class Key:
    """Who was asked: an answer is used again only where all three are the same."""

    labeller: str
    version: str
    parameters: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a labeller said of one photograph, word for word: (text, score in 0..1), by falling score.

    `asked` is the time of asking, ISO 8601 in UTC. Words are tidied when they are read, not before they are
    kept: a better word list then needs no new bill.
    """

    words: tuple[tuple[str, float], ...]
    asked: str = ""


def shape(answer: Answer) -> dict[str, object]:
    """The answer without its time, ready for JSON: {"words": [[text, score], ...]}."""
    return {"words": answer.words}


def encode(answer: Answer) -> str:
    """The answer without its time, as text."""
    return json.dumps(shape(answer), ensure_ascii=False, separators=(",", ":"))


def decode(text: str, asked: str) -> Answer:
    """The answer that `encode` wrote; raises ValueError for anything else."""
    return _from_shape(json.loads(text), asked)


def _from_shape(value: object, asked: str) -> Answer:
    if not isinstance(value, dict):
        raise ValueError("answer is not an object")
    return Answer(_pairs(value.get("words")), asked)


def _pairs(value: object) -> tuple[tuple[str, float], ...]:
    if not isinstance(value, list):
        raise ValueError("words are not a list")
    return tuple(_pair(each) for each in value)


def _pair(value: object) -> tuple[str, float]:
    match value:
        case [str(text), int() | float() as score] if (
            0 <= score <= 1 and len(text) <= LONGEST_TEXT and not isinstance(score, bool)
        ):
            text.encode()  # half a surrogate pair can be in JSON, but nowhere else
            return text, float(score)
    raise ValueError("a word is not [text, score in 0..1]")


def parse_line(line: str, number: int) -> tuple[Key, str, Answer]:
    """Key, digest and answer of an exported line; raises `StoreError` naming the line `number`."""
    try:
        record = json.loads(line)
        names = ("labeller", "version", "parameters", "digest", "asked")
        values = [record[name] for name in names]
        if not all(isinstance(value, str) for value in values):
            raise ValueError("a field is not text")
        "".join(values).encode()
        labeller, version, parameters, digest, asked = values
        if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
            raise ValueError("digest is not a SHA-256")
        return Key(labeller, version, parameters), digest, _from_shape(record["answer"], asked)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoreError(f"line {number} is not a label that photopoem exported ({error})") from error
