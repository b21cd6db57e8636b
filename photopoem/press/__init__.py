"""The ways out: each press turns poems into one form. What a press promises."""
