"""Predictions, slices and errors of a split, without Streamlit."""
