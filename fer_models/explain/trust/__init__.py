"""The trust card: whether a heatmap can be believed, and why."""
