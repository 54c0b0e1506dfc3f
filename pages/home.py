"""Home: a face read at once, the ways into the app, and what is on this computer."""

from __future__ import annotations

import streamlit as st

from fer_models import plugins
from workbench.face import image_input
from workbench.features.home import answer, doors, networks, places, runs
from workbench.widgets import heading
from workbench.widgets.errors import guard

heading.show("home", title="FER Workbench")
for problem in plugins.problems():
    st.warning(problem, icon=":material/extension_off:")
picture = None
with guard("the image"):
    picture = image_input.show_tiles(key="home")
main, side = st.columns([7, 2], gap="medium")
with main, guard("the answer"):
    if picture is not None:
        answer.show(picture, key="home")
with side, guard("the ways into the app"):
    doors.show()
with guard("the list of runs"):
    runs.show()
with guard("the list of trained networks"):
    networks.show()
with guard("the list of data sets"):
    places.data_sets()
with guard("the description of this computer"):
    places.computer()
