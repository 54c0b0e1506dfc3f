"""The predictions of a network for a split."""
