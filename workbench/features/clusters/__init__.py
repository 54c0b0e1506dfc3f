"""Sections of the Clusters page."""
