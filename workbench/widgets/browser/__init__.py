"""What runs in the browser beside Streamlit: style and script of every page."""
