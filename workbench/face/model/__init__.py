"""Faces, crops and samples, without Streamlit."""
