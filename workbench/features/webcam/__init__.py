"""Sections of the Webcam page."""
