# ruff: noqa: N999 - the name that a person types
"""Entry of the app: ``streamlit run workbench/Home.py``. The server imports this file, each session runs it."""

from starlette.middleware import Middleware
from streamlit.starlette import App

from workbench import script
from workbench.own_origin import OwnOrigin

if __name__ == "__main__":
    script.run()
else:
    app = App(__file__, middleware=[Middleware(OwnOrigin)])
