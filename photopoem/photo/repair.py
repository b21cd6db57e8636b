"""Opens sound pictures whose files have a fault that decoders refuse: no end marker, or text beyond all measure."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from itertools import cycle
from random import Random
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

# -- JPEG -------------------------------------------------------------------------------------------------

_END = b"\xff\xd9"
_RESTARTS = b"\xff\xdd\0\4"
_FILLED, _LEAST_FILLER = 16, 1 << 14  # the part of the file's length, and the least bytes
_MARKERS = range(0xD0, 0xD8)
_DIFFERENT = 24  # of 255
_MOST_DIFFERENT = 0.005
"""The share of the picture that may be missing: the last blocks of the last row."""


def without_end(data: bytes, decode: Callable[[bytes], Image]) -> Image | None:
    """The picture of a JPEG that lacks its end; None where it lacks rows as well.

    `decode` decodes a whole file. A decoder makes up for data that is not there. Whether any of it was made up shows
    where other data is put in its place: it changes a picture that has gaps, and is passed over after a whole one.
    """
    data = data.rstrip(b"\xff\0")
    picture = decode(data + _END)
    other = decode(data + _filler(data) + _END)
    gaps = np.abs(np.asarray(picture, np.int16) - np.asarray(other, np.int16)) > _DIFFERENT
    return picture if np.count_nonzero(gaps) <= _MOST_DIFFERENT * gaps.size else None


def _filler(data: bytes) -> bytes:
    """Data that is no picture, where needed with the markers at which decoders begin anew (ITU T.81, F.2.2.5)."""
    size = len(data) // _FILLED + _LEAST_FILLER
    filler = Random(1).randbytes(size).replace(b"\xff", b"\x7f")  # noqa: S311 - any data will do
    if _RESTARTS not in data:
        return filler
    apart = len(data) // (1 + sum(data.count(bytes([0xFF, marker])) for marker in _MARKERS))
    starts = range(0, size, max(1, apart))
    return b"".join(
        filler[at : at + apart] + bytes([0xFF, marker])
        for at, marker in zip(starts, cycle(_MARKERS), strict=False)
    )


# -- PNG --------------------------------------------------------------------------------------------------

_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_MOST_TEXT = 1 << 20
"""Bytes that one text may have; a program's notes of megabytes say nothing about the photograph."""
_MOST_TEXTS = 4 * _MOST_TEXT
MOST_PROFILE = 1 << 24
"""Bytes that a color profile may have; those of printers have one or two million."""


def without_long_texts(data: bytes) -> tuple[bytes, bytes | None]:
    """A PNG without its overlong texts and without its color profile, and that profile."""
    kept, profile, room = [data[:8]], None, _MOST_TEXTS
    for kind, chunk, body in _chunks(data):
        if kind == b"iCCP":
            profile = _inflated(body.partition(b"\0")[2][1:], MOST_PROFILE)
            continue
        if kind in _TEXTS:
            size = _size_of_text(kind, body)
            if size > min(room, _MOST_TEXT):
                continue
            room -= size
        kept.append(chunk)
    return b"".join(kept), profile


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Of each chunk of a PNG its kind, all its bytes, and its body."""
    at = 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at:end], data[at + 8 : end - 4]
        at = end


def _size_of_text(kind: bytes, body: bytes) -> int:
    """How long a text is once it is unpacked."""
    rest = body.partition(b"\0")[2]
    if kind == b"iTXt" and rest[:1] == b"\1":
        rest = b"\0" + rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    elif kind != b"zTXt":
        return len(body)
    text = _inflated(rest[1:], _MOST_TEXT)
    return _MOST_TEXT + 1 if text is None else len(text)


def _inflated(packed: bytes, most: int) -> bytes | None:
    """What zlib has packed; None where that has more than `most` bytes, or is none of zlib's."""
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(packed, most)
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail else data
