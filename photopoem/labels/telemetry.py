"""Imports onnxruntime with its telemetry off."""

from __future__ import annotations

import os
from typing import Any


def import_onnxruntime() -> Any:
    """The module onnxruntime, which reports nothing to anyone; nothing else in photopoem imports it.

    Where the variable is not set, the import itself writes an identifier and a database below the cache folder and
    begins to send them. `disable_telemetry_events` comes too late for that. Windows has a log of its own, which only
    that function stops.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    return onnxruntime
