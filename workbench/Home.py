"""Entry of the app: ``streamlit run workbench/Home.py``."""

import os

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # before torch is imported

import streamlit as st

from workbench import navigation
from workbench.components.errors import guard

st.set_page_config(
    page_title="FER Workbench", page_icon=":material/face:", layout="wide", initial_sidebar_state="auto"
)
page = navigation.build()
with guard():
    page.run()
