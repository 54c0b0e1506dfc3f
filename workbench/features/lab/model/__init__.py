"""Figures and words of the face lab, without Streamlit."""
