"""The workbench: Streamlit pages that arrange what :mod:`fer_models` knows."""

import fer_models  # first: it sets what torch and onnxruntime read when they are imported
