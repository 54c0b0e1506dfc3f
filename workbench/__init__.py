"""The workbench: Streamlit pages that arrange what :mod:`fer_models` knows."""
