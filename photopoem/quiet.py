"""Keeps the remarks of image libraries from the person's terminal: what matters becomes one error."""

from __future__ import annotations

import ctypes
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache

_lock = threading.Lock()
_inside = 0
_catcher: AbstractContextManager[object] | None = None


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Pillow's warnings meanwhile; threads may overlap, and the last one out restores the filters."""
    global _inside, _catcher
    _hush_libraries()
    with _lock:
        _inside += 1
        if _inside == 1:
            _catcher = warnings.catch_warnings()
            _catcher.__enter__()
            warnings.filterwarnings("ignore", module=r"(PIL|pillow_heif)\b")
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _catcher is not None:
                _catcher.__exit__(None, None, None)
                _catcher = None


@cache
def _hush_libraries() -> None:
    """Once a process: Pillow's log goes nowhere unless asked for, and libtiff says nothing to stderr."""
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    from PIL import _imaging

    try:
        # libtiff writes its errors to the terminal itself; Pillow raises for them anyway.
        ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler(None)
    except (AttributeError, OSError):
        return  # built without libtiff, or linked so that it cannot be reached: it stays talkative
