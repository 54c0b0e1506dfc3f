"""Which explanation method is trustworthy, on faces with ground truth."""
