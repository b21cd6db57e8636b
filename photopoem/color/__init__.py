"""Pixels become named colors."""
