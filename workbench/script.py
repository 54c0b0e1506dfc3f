"""What a session runs at every click: the navigation, and the chosen page."""

import streamlit as st

from workbench import navigation, once, state
from workbench.app import machine
from workbench.face import kept
from workbench.face.model import samples
from workbench.widgets import tray
from workbench.widgets.browser import style
from workbench.widgets.errors import guard
from workbench.widgets.files import report


@once.a_run()
def run() -> None:
    """Show the page that the address names."""
    # A picture of ours as the icon: an icon by name would be fetched from another host.
    st.set_page_config(page_icon=samples.icon(), layout="wide", initial_sidebar_state=230)
    style.apply()
    kept.mount()
    page = navigation.build()
    state.open_page(page.url_path)
    st.set_page_config(page_title=f"{page.title} · FER Workbench")
    try:
        with guard(), machine.drawing():
            page.run()
    finally:  # a page may end with st.stop()
        state.write_address()
        report.show()
        tray.show()
