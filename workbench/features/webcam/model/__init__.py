"""What the Webcam page computes, without Streamlit and Plotly."""
