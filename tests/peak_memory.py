"""Reads photographs and prints what each took: `python -m tests.peak_memory`, with a path on each line of its input.

Each is read in a fork, because a process's peak memory never falls. A line is printed: by how many bytes it grew,
seconds of CPU, then what was said.
"""

from __future__ import annotations

import io
import os
import re
import resource
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from photopoem.errors import PhotoError
from photopoem.photo.reading import read_photo


def peak_of(process: int | str = "self") -> int:
    """The most memory that a process has had, in bytes.

    Linux counts what the starting process had into `ru_maxrss`, so that a large one hides all growth: there the
    figure of the program alone is read. Elsewhere only this process can be asked.
    """
    status = Path(f"/proc/{process}/status")
    if status.exists():
        (kilobytes,) = re.findall(r"^VmHWM:\s*(\d+) kB$", status.read_text(), re.MULTILINE)
        return int(kilobytes) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Load what reading needs by a first photograph, then read each one that is asked for."""
    with tempfile.NamedTemporaryFile(suffix=".jpg") as first:
        small = io.BytesIO()
        Image.new("RGB", (64, 48)).save(small, "JPEG")
        first.write(small.getvalue())
        first.flush()
        read_photo(first.name)
    for line in sys.stdin:
        if child := os.fork():
            os.waitpid(child, 0)
            continue
        measure(line.rstrip("\n"))
        return


def measure(path: str) -> None:
    """Read a photograph and print what that took."""
    before, begun = peak_of(), time.process_time()
    try:
        said = "{} x {}".format(*read_photo(path).size)
    except PhotoError as error:
        said = error.cause
    print(peak_of() - before, round(time.process_time() - begun, 2), said, flush=True)


if __name__ == "__main__":
    main()
