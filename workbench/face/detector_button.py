"""Which detector finds the faces, the button that gets the better one, and which of the found faces count."""

from __future__ import annotations

import streamlit as st

from workbench import cache, state
from workbench.face.model import detector
from workbench.widgets.errors import guard

SMALLEST_FACE = state.Number("face.smallest face", 24, 12, 240)
SCORE = state.Number("face.score", low=0.0, high=1.0)


def show(*, key: str) -> None:
    """Draw a line, and the button where YuNet is not on this computer; after the click all faces are found anew."""
    with guard("the face detector"):
        found = detector.state()
        st.caption(f"Faces are found by {found.title}. {found.summary}")
        if not found.missing:
            return
        if st.button("Get the better detector", key=f"{key} yunet", icon=":material/download:", help=detector.terms()):
            with st.spinner("Downloading YuNet and checking it."):
                detector.get()
            cache.forget_images()
            st.rerun()


def offer(*, key: str) -> None:
    """The same behind a quiet button, where YuNet is not on this computer; nothing where it is."""
    with guard("the face detector"):
        if not detector.state().missing:
            return
        with st.popover("Face detector", icon=":material/familiar_face_and_zone:", type="tertiary"):
            show(key=key)


def limits(*, key: str) -> tuple[float, float]:
    """Draw the choices; returns the smallest side of a face in pixels and the smallest score in [0, 1]."""
    found = detector.state()
    with st.popover("Which faces count", icon=":material/tune:"):
        smallest = st.slider(
            "Smallest face, pixels", step=4, help="Side of a face's box in the picture as it was uploaded.",
            **SMALLEST_FACE.of(key).widget(),
        )  # fmt: skip
        # A score means another thing for each detector.
        score = st.slider(
            "Score at least", step=0.05,
            help=f"How sure {found.title} must be, usually {found.threshold:.2f}. Less finds more, right or wrong.",
            **SCORE.of(key, found.title).widget(found.threshold),
        )  # fmt: skip
    return float(smallest), float(score)
