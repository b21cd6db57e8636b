"""Sends bytes to paper: a queue that neither loses nor duplicates a job, and the devices behind it."""
