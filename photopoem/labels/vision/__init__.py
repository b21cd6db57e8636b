"""Labels from Google Cloud Vision."""
