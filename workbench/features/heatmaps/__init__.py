"""Sections of the Heatmaps page."""
