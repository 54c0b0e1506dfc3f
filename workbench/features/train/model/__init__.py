"""What the Train page computes, without Streamlit and Plotly."""
