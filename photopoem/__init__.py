"""Writes a poem for every photograph."""

from __future__ import annotations

__version__ = "0.1.0"
