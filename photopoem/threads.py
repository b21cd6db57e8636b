"""Limits the libraries under numpy to one thread each, because a palette's matrices are too small for more."""

from __future__ import annotations

import io
import os
import warnings
from contextlib import redirect_stderr

LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def one_thread_each() -> None:
    """Set the environment for libraries that are not loaded yet, here and in child processes; existing values stay.

    On two cores, the first poem then takes a tenth less CPU and no more time. Many photographs use the cores through
    several processes.
    """
    for name in LIBRARIES:
        os.environ.setdefault(name, "1")


def count_cores_quietly() -> None:
    """Make joblib count the cores without messages; scikit-learn does that if no number of threads is set.

    Without /sys it warns and prints a traceback, but only the first time.
    """
    if os.environ.get(LIBRARIES[0]):
        return  # scikit-learn does not count the cores
    import joblib

    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        joblib.cpu_count(only_physical_cores=True)
