"""A file becomes pixels and facts."""
