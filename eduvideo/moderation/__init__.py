"""Checks of what people write, before it is kept."""
