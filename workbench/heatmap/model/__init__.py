"""Heatmaps as arrays and pictures, without Streamlit."""
