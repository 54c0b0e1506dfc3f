"""What the Heatmaps page computes, without Streamlit and Plotly."""
