"""Text made safe to show, wherever it came from."""
