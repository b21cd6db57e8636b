"""Finds the thumbnail that HEIC and AVIF files keep of a picture, for pictures too large to be decoded."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_MOST_DESCRIPTION = 1 << 24  # bytes of the box that describes all items
_SHORTEST, _MOST_PIXELS = 96, 20_000_000


def large_thumbnail(image: ImageFile, file: IO[bytes]) -> ImageFile | None:
    """The largest thumbnail that the file keeps of its picture, loaded; None where it keeps none.

    The thumbnail is a picture of its own in the file (ISO/IEC 23008-12, 6.4.4). A decoder shows it when the file
    names it the primary one.
    """
    file.seek(0)
    data = file.read()
    found = [_opened(image, each) for each in _with_other_primary(data)]
    sound = [each for each in found if each is not None]
    if not sound:
        return None
    largest = max(sound, key=lambda each: each.size[0] * each.size[1])
    largest.load()
    return largest


def _opened(image: ImageFile, data: bytes) -> ImageFile | None:
    try:
        thumbnail = type(image)(io.BytesIO(data))
    except Exception:  # what the file calls a thumbnail may be anything
        return None
    width, height = thumbnail.size
    if max(width, height) < _SHORTEST or width * height > _MOST_PIXELS:
        return None
    return thumbnail


def _with_other_primary(data: bytes) -> Iterator[bytes]:
    """The file once for each thumbnail of its primary picture, with that for its primary one."""
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind == b"meta" and end - start <= _MOST_DESCRIPTION:
            inside = {name: (at, to) for name, at, to in _boxes(data, start + 4, end)}
            if b"pitm" in inside and b"iref" in inside:
                yield from _renamed(data, inside[b"pitm"][0], *inside[b"iref"])
            return


def _renamed(data: bytes, named: int, start: int, end: int) -> Iterator[bytes]:
    """The file with another number in the box `pitm`, whose body begins at `named`."""
    size = 4 if data[named] else 2
    at = named + 4
    primary = int.from_bytes(data[at : at + size], "big")
    for thumbnail in _thumbnails(data, start, end, primary):
        if thumbnail < 1 << 8 * size:
            yield data[:at] + thumbnail.to_bytes(size, "big") + data[at + size :]


def _thumbnails(data: bytes, start: int, end: int, primary: int) -> Iterator[int]:
    """The items that are thumbnails of the primary one, by the references in the box `iref` (14496-12, 8.11.12)."""
    size = 4 if data[start] else 2
    for kind, at, to in _boxes(data, start + 4, end):
        numbers = [int.from_bytes(data[n : n + size], "big") for n in range(at + size + 2, to, size)]
        if kind == b"thmb" and primary in numbers:
            yield int.from_bytes(data[at : at + size], "big")


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Of each box its kind, and where its body begins and ends (ISO/IEC 14496-12, 4.2)."""
    while start + 8 <= end:
        length, body = int.from_bytes(data[start : start + 4], "big"), start + 8
        if length == 1:
            length, body = int.from_bytes(data[start + 8 : start + 16], "big"), start + 16
        elif length == 0:
            length = end - start
        if length < body - start or start + length > end:
            return
        yield data[start + 4 : start + 8], body, start + length
        start += length
