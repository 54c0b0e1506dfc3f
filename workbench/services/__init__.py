"""Use cases without Streamlit: what a page asks the library to do."""
