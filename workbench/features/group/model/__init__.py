"""What the Group page computes, without Streamlit and Plotly."""
