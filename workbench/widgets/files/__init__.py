"""Saved files: their names, the buttons over figures and tables, and the report of what was pinned."""
