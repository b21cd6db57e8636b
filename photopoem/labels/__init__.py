"""Turns pixels into words: the labeller contract, and the labellers."""

from photopoem.labels.labeller import Kind, Label, Labeller, Labels, LabelSettings
from photopoem.labels.registry import open_labeller

__all__ = ["Kind", "Label", "LabelSettings", "Labeller", "Labels", "open_labeller"]
