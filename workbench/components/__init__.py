"""Widgets: each has ``show(..., key)`` and returns what was chosen."""
