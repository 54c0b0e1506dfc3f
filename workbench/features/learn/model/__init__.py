"""What the steps compute, without Streamlit and Plotly."""
