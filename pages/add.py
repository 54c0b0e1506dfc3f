"""Add a network: the form, and the check of its class order."""

from __future__ import annotations

import streamlit as st

from fer_models.exchange.class_order import EACH
from fer_models.folders import networks_folder
from workbench.app import inventory
from workbench.features.add import form, order
from workbench.widgets import heading
from workbench.widgets.errors import guard

heading.show("add")
left, right = st.columns([4, 5], gap="large")
with left, guard("the form"):
    form.show()
with right, guard("the check"):
    name = form.ADDED.get()
    network = inventory.usable(inventory.trained_networks()).get(str(name)) if name else None
    if network is not None and network.checkpoint is not None and network.checkpoint.path.parent == networks_folder():
        order.show(network.checkpoint)
    else:
        st.markdown(
            "1. **The file**: the weights alone (`torch.save(net.state_dict(), ...)`, safetensors, `.pt2`) or ONNX.\n"
            "2. **The network** that they belong to, with its options. An ONNX file brings it along.\n"
            "3. **Its input** as it was trained: side, channels, scale, margin around the face.\n"
            "4. **Its classes** in the order of the outputs. Labelled faces test the order at once.\n\n"
            f"The network is saved to a folder in `{networks_folder()}` and can be chosen on every page. No file is "
            "unpickled, nothing leaves this computer, and no accuracy is shown until you measure it here."
        )
heading.show_reading(
    "With the wrong class order a good network looks useless. The app reads labelled faces and compares your order "
    "with those of published data sets, by a sign test on the faces that only one of the two orders gets right. "
    f"{EACH} faces a class tell whether the order fits, not how good the network is: Confusion measures that.",
    "Orders: FER2013, FERPlus, RAF-DB, AffectNet, and alphabetical, as folders of classes are read",
)
