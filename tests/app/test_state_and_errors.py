"""Choices that outlive a page and travel in the address; errors that become one sentence."""

from __future__ import annotations

import logging

import pytest
from streamlit.testing.v1 import AppTest


def choosing() -> None:
    import streamlit as st

    from workbench import state

    if not st.checkbox("Away", key="away"):
        options = ["a", "b", "c"]
        st.selectbox("Letter", options, **state.bound("letter", options, "b"))
        st.slider("Level", 0, 10, **state.bound_number("level", 4))
    st.write(f"letter {state.get('letter')}, level {state.recall('level')}")


def test_a_default_stands_until_something_is_chosen() -> None:
    app = AppTest.from_function(choosing).run()
    assert app.selectbox[0].value == "b" and app.slider[0].value == 4
    assert "letter" not in app.query_params


def test_a_choice_goes_into_the_address_and_survives_the_widget() -> None:
    app = AppTest.from_function(choosing).run()
    app.selectbox[0].set_value("c").run()
    app.slider[0].set_value(7).run()
    assert app.query_params["letter"] in ("c", ["c"])
    app.checkbox(key="away").check().run()
    assert not app.selectbox
    app.checkbox(key="away").uncheck().run()
    assert app.selectbox[0].value == "c" and app.slider[0].value == 7


def test_the_address_wins_and_nonsense_in_it_gives_way() -> None:
    app = AppTest.from_function(choosing)
    app.query_params["letter"] = "a"
    assert app.run().selectbox[0].value == "a"
    app.query_params["letter"] = "zebra"
    assert app.run().selectbox[0].value == "b"


def test_the_address_is_filled_again_after_a_change_of_page() -> None:
    app = AppTest.from_function(choosing).run()
    app.selectbox[0].set_value("c").run()
    del app.query_params["letter"]  # as the navigation does
    app.run()
    assert app.query_params["letter"] in ("c", ["c"])


def failing() -> None:
    import streamlit as st

    from fer_models.errors import UserError
    from workbench.widgets.errors import guard

    with guard("the first"):
        raise UserError("`name_of_*file*.png` costs $5; choose another.")
    with guard("the second"):
        raise RuntimeError("inner detail")
    with guard("the third"):
        st.stop()
    st.write("never")


def test_errors_become_sentences_and_control_flow_passes(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        app = AppTest.from_function(failing).run()
    assert not app.exception
    first, second = app.error
    assert first.value == r"\`name\_of\_\*file\*.png\` costs \$5; choose another."
    assert "the second (RuntimeError)" in second.value and "inner detail" not in second.value
    assert "inner detail" in caplog.text
    assert not app.markdown
