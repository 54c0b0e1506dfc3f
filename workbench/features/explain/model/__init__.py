"""What the Explain page computes, without Streamlit and Plotly."""
