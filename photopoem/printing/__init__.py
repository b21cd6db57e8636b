"""Bytes onto paper: a queue that neither loses nor doubles a job, and the devices behind it."""
