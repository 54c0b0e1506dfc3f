"""Studies: one recipe over folds, seeds and settings."""
