"""What a data set says of itself and what was left out, in one line beside the figures."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

_LONGEST = 150


def show(notes: Sequence[str]) -> None:
    """Draw the first note; the question mark beside it holds all of them. Nothing where there are none."""
    if not notes:
        return
    first = notes[0] if len(notes[0]) <= _LONGEST else f"{notes[0][:_LONGEST].rsplit(' ', 1)[0]} …"
    more = f" · {len(notes) - 1} more" if len(notes) > 1 else ""
    st.caption(f":material/info: {first}{more}", help="\n\n".join(notes))
