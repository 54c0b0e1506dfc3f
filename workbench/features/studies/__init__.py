"""Sections of the Studies page."""
