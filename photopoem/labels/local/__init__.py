"""The built-in labeller: one small network, and the words of its classes."""
