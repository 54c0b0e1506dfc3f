"""What the Clusters page computes, without Streamlit and Plotly."""
