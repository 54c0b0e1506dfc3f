"""What the Datasets page computes, without Streamlit and Plotly."""
