"""The built-in labeller: one small network, and the words that stand behind its classes."""
