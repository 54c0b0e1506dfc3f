"""Sections of the Group page."""
