"""Sections of the Misclassifications page."""
