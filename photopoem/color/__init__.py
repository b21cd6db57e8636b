"""Turns pixels into named colors."""
