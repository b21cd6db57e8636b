"""The built-in eye: one small network, read without torch, and the words that stand behind its classes."""
