"""Sections of the Stress page."""
