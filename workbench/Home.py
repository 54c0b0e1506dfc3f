# ruff: noqa: N999 - the name that a person types
"""Entry of the app: ``streamlit run workbench/Home.py``."""

from pathlib import Path

from starlette.middleware import Middleware
from streamlit.starlette import App

from workbench.own_origin import OwnOrigin

app = App(Path(__file__).with_name("script.py"), middleware=[Middleware(OwnOrigin)])
