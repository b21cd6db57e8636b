"""Keeps the libraries under numpy to one thread each: the matrices of a palette are small."""

from __future__ import annotations

import os

LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def one_thread_each() -> None:
    """Say so to libraries that are still to be loaded, here and in processes begun from here; what is set stays.

    With two cores the first poem costs a tenth less CPU and comes as soon; many photographs share the cores by
    processes.
    """
    for name in LIBRARIES:
        os.environ.setdefault(name, "1")
