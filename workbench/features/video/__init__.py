"""Sections of the Video page."""
