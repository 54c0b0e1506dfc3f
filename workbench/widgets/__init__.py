"""Streamlit parts that know nothing of faces."""
