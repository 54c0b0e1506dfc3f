"""The trust card: a verdict on a heatmap, with reasons."""
