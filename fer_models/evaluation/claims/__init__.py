"""Printed figures: what the papers report, and whether one confusion matrix can give it."""
