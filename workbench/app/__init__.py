"""What pages share and that knows neither Streamlit nor Plotly: jobs, data sets, runs, words."""
