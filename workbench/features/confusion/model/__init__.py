"""What the Confusion page computes, without Streamlit and Plotly."""
