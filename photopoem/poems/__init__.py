"""Stores poems on disk: a folder of texts with their records."""
