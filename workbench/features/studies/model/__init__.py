"""What the Studies page computes, without Streamlit and Plotly."""
