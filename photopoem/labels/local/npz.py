"""Reads an .npz file of somebody else's: numbers alone, and no more of them than its size allows."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

from photopoem.files import read_regular

MOST_BYTES = 32 << 20
"""What a file may hold, packed and unpacked. A thousand taught words are 3 MB."""


def load_npz(path: Path, most: int = MOST_BYTES) -> Any:
    """The arrays of an .npz file, by name, as `numpy.load` gives them; used in a `with` block.

    numpy makes room for what an array's heading claims before it reads the array: a file of a few kilobytes could
    claim all memory. Raises `ValueError` for a file that unpacks to more than `most` bytes, that claims more than it
    holds or that is no .npz, `OSError` for one that cannot be read.
    """
    import numpy as np

    data = read_regular(path, most)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(member.file_size for member in archive.infolist()) > most:
                raise ValueError(f"it unpacks to more than {most >> 20} MB")
            for member in archive.infolist():
                _be_as_large_as_it_says(archive, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"no .npz file ({error})") from error
    # Pickles stay shut: an array of objects could run anything.
    return np.load(io.BytesIO(data), allow_pickle=False)


def _be_as_large_as_it_says(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    from numpy.lib import format as npy

    with archive.open(member) as stream:
        version = npy.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"{member.filename} is of an unknown version")
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, kind = read(stream)
        if math.prod(shape) * kind.itemsize > member.file_size:
            raise ValueError(f"{member.filename} claims more numbers than it holds")
