"""The workbench: Streamlit pages that arrange what :mod:`fer_models` knows."""

import os

# OpenMP threads that spin make everything beside a training five to ten times slower. It counts only before torch is
# imported, and worker processes inherit it.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
