"""Watching a network learn: its scores, heatmaps and own attention on eight faces after each epoch."""
