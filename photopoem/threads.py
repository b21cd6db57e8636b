"""Keeps the libraries under numpy to one thread each, for a palette's matrices are small, and quiet about it."""

from __future__ import annotations

import io
import os
import warnings
from contextlib import redirect_stderr

LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def one_thread_each() -> None:
    """Say so to libraries that are still to be loaded, here and in processes begun from here; what is set stays.

    With two cores the first poem costs a tenth less CPU and comes as soon; many photographs share the cores by
    processes.
    """
    for name in LIBRARIES:
        os.environ.setdefault(name, "1")


def count_cores_quietly() -> None:
    """Let joblib count the cores, which scikit-learn asks for where nothing is said of threads, and keep it quiet.

    Where /sys is not mounted it warns and prints a traceback, but only the first time.
    """
    if os.environ.get(LIBRARIES[0]):
        return  # scikit-learn does not ask
    import joblib

    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        joblib.cpu_count(only_physical_cores=True)
