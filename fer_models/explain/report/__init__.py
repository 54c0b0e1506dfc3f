"""Explanations as files: an HTML report and contact sheets."""
