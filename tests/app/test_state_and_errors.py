"""Choices that outlive a page and travel in the address; errors that become one sentence."""

from __future__ import annotations

import logging

import pytest
from streamlit.runtime.state.query_params import QueryParams
from streamlit.testing.v1 import AppTest


def choosing() -> None:
    import streamlit as st

    from workbench import state

    letter = state.Choice("test.letter", ("a", "b", "c"), "b")
    level = state.Number("test.level", 4, 0, 10)
    if not st.checkbox("Away", key="away"):
        st.selectbox("Letter", letter.options, **letter.widget())
        st.slider("Level", **level.widget())
    st.write(f"letter {letter.get()}, level {level.get()}")
    state.write_address()


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


def test_a_label_from_before_the_labels_changed_is_no_choice() -> None:
    """A list names a run by its state: after the run has ended, a browser may still send the label of a running one."""

    def script() -> None:
        import streamlit as st

        from workbench import state

        run = state.Choice("test.run")
        bound = run.widget(["first", "second"])
        for sent in ("second", "second · running"):
            st.session_state[bound["key"]] = sent
            bound["on_change"](*bound["args"])
        st.write(f"chosen {run.get()}")

    app = AppTest.from_function(script).run()
    assert app.markdown[0].value == "chosen second" and app.query_params["run"] in ("second", ["second"])


def test_a_late_request_does_not_undo_a_choice() -> None:
    app = AppTest.from_function(paged)
    app.query_params["letter"] = "a"
    app.run().selectbox[0].set_value("c").run()
    app.query_params["letter"] = "a"  # from a fragment that asked before the browser had heard of the choice
    assert app.run().selectbox[0].value == "c"
    assert app.query_params["letter"] in ("c", ["c"])
    app.selectbox[0].set_value("a").run()
    assert app.selectbox[0].value == "a"
    app.query_params["letter"] = "b"  # never chosen here: a link
    assert app.run().selectbox[0].value == "b"


def test_a_link_to_another_page_may_name_a_value_that_was_replaced_before() -> None:
    app = AppTest.from_function(paged)
    app.query_params["letter"] = "a"
    app.run().selectbox[0].set_value("c").run()
    app.query_params["letter"] = "a"
    app.text_input(key="page").set_value("two").run()
    assert app.selectbox[0].value == "a"


def paged() -> None:
    import streamlit as st

    from workbench import state

    state.open_page(st.text_input("Page", "one", key="page"))
    letter = state.Choice("test.letter", ("a", "b", "c"), "b")
    st.selectbox("Letter", letter.options, **letter.widget())


def bounded() -> None:
    import streamlit as st

    from workbench import state

    level = state.Number("test.level", 4)
    most = st.number_input("Most", 1, 10, 10, key="most")
    st.slider("Level", **level.widget(low=0, high=int(most)))
    st.write(f"level {level.get(high=int(most))}")


def test_a_number_beyond_the_slider_is_moved_to_its_end() -> None:
    app = AppTest.from_function(bounded).run()
    app.slider[0].set_value(9).run()
    app.number_input(key="most").set_value(5).run()
    assert not app.exception
    assert app.slider[0].value == 5 and app.slider[0].max == 5
    app.number_input(key="most").set_value(10).run()
    assert app.slider[0].value == 9


def picking() -> None:
    import streamlit as st

    from workbench import state

    letters = state.Several("test.letters")
    options = ["a", "b", "c"]
    st.multiselect("Letters", options, **letters.widget(options, ["a"], most=2))
    st.multiselect("For one image", options, **letters.of("one").widget(options))
    state.write_address()


def test_several_are_written_with_commas_and_kept_apart_by_their_details() -> None:
    app = AppTest.from_function(picking).run()
    assert app.multiselect[0].value == ["a"] and app.multiselect[1].value == []
    app.multiselect[0].set_value(["c", "b"]).run()
    assert app.query_params["letters"] in ("c,b", ["c,b"]) and app.multiselect[1].value == []
    app.multiselect[0].set_value([]).run()
    assert app.multiselect[0].value == []
    app.query_params["letters"] = "c,zebra,b,a"
    app.run()
    assert app.multiselect[0].value == ["c", "b"]


def resuming() -> None:
    import streamlit as st

    from workbench import state

    first, second = state.Choice("test.first"), state.Choice("test.second")
    if st.button("Set"):
        first.set("1")
        second.set("2")
    first.get()
    second.get()
    st.write(f"before {len(st.query_params)}")
    state.write_address()
    st.write(f"after {len(st.query_params)}")


def test_what_was_kept_goes_into_the_address_at_the_end_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    app = AppTest.from_function(resuming).run()
    app.button[0].click().run()
    app.query_params.clear()  # as the navigation does
    steps = []
    monkeypatch.setattr(QueryParams, "_send_query_param_msg", lambda params: steps.append(len(params)))
    app.run()
    assert [each.value for each in app.markdown] == ["before 0", "after 2"]
    assert steps == [2], "each message to the browser is one more press of Back"


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
