"""Makes untrusted text safe to show."""
