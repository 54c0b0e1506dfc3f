"""What the Misclassifications page computes, without Streamlit and Plotly."""
