"""What the Video page computes, without Streamlit and Plotly."""
