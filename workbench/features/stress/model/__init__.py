"""What the Stress page computes, without Streamlit and Plotly."""
