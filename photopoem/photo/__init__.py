"""Turns a file into pixels and facts."""
