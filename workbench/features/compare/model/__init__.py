"""What the Compare page computes, without Streamlit and Plotly."""
