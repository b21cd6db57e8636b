"""Reads one photograph and prints by how many bytes the process grew: `python -m tests.peak_memory PHOTO`.

It needs its own process, because a process's peak memory never falls. A line is printed: growth, then what was said.
"""

from __future__ import annotations

import io
import resource
import sys
import tempfile

from PIL import Image

from photopoem.errors import PhotoError
from photopoem.photo.reading import read_photo


def peak() -> int:
    """The most memory this process has had, in bytes: Linux counts kilobytes, macOS bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main(path: str) -> None:
    """Load what reading needs by a first photograph, then read the one that is asked for."""
    with tempfile.NamedTemporaryFile(suffix=".jpg") as first:
        small = io.BytesIO()
        Image.new("RGB", (64, 48)).save(small, "JPEG")
        first.write(small.getvalue())
        first.flush()
        read_photo(first.name)
    before = peak()
    try:
        said = "{} x {}".format(*read_photo(path).size)
    except PhotoError as error:
        said = error.cause
    print(peak() - before, said)


if __name__ == "__main__":
    main(sys.argv[1])
