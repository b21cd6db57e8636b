"""A labeller and a press for photopoem."""
