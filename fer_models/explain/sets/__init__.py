"""Heatmaps of many faces."""
