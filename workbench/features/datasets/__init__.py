"""Sections of the Datasets page."""
