"""Sections of the Explain page."""
