"""Uploads that outlive a reload: found by their token alone, dropped when old or too much."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from workbench.app.uploads import UPLOADS, Uploads
from workbench.face import kept
from workbench.widgets.browser import script
from workbench.widgets.files import report


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_token_finds_its_own_values_and_no_others(clock: Clock) -> None:
    uploads = Uploads(clock=clock)
    mine, other = uploads.new_token(), uploads.new_token()
    assert mine != other
    uploads.keep(mine, "pictures", [1, 2], 10)
    uploads.keep(mine, "group", "g", 10)
    assert uploads.find(mine, "pictures") == [1, 2] and uploads.find(mine, "group") == "g"
    assert uploads.find(other, "pictures") is None and uploads.find("", "pictures") is None
    uploads.forget(mine, "pictures")
    assert uploads.find(mine, "pictures") is None and uploads.find(mine, "group") == "g"


def test_what_was_not_used_for_half_an_hour_is_gone(clock: Clock) -> None:
    uploads = Uploads(kept=1800, clock=clock)
    uploads.keep("a", "pictures", 1, 10)
    clock.now = 1000
    assert uploads.find("a", "pictures") == 1  # used
    clock.now = 2799
    assert uploads.find("a", "pictures") == 1
    clock.now = 2799 + 1800
    uploads.keep("b", "pictures", 2, 10)
    assert uploads.find("a", "pictures") is None and uploads.find("b", "pictures") == 2


def test_memory_is_given_back_without_a_visit(clock: Clock) -> None:
    uploads = Uploads(kept=5, clock=clock)
    uploads.keep("a", "pictures", 1, 10)
    assert uploads._timer is not None and uploads._timer.daemon
    uploads._timer.cancel()
    clock.now = 6
    uploads._late()
    assert not uploads._entries


def test_the_oldest_make_room(clock: Clock) -> None:
    uploads = Uploads(largest=100, clock=clock)
    for number, token in enumerate("abc"):
        clock.now = number
        uploads.keep(token, "pictures", token, 40)
    assert [uploads.find(token, "pictures") for token in "abc"] == [None, "b", "c"]
    uploads.keep("d", "pictures", "d", 1000)
    assert uploads.find("d", "pictures") is None


def test_what_is_larger_than_all_may_be_drops_nothing_of_others() -> None:
    uploads = Uploads(largest=10)
    uploads.keep("one", "picture", "small", 6)
    uploads.keep("two", "picture", "huge", 11)
    assert (uploads.find("one", "picture"), uploads.find("two", "picture")) == ("small", None)


def _uploading() -> None:
    from workbench.face import kept
    from workbench.widgets.browser import script

    kept.mount()
    kept.keep("pictures", "pixels", 6)
    script._exchange("", "drawn")  # the answer, which takes long


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The tokens that the browser is told, in order."""
    tokens: list[str | None] = []
    exchange = script._exchange
    monkeypatch.setattr(script, "_exchange", lambda name, token: tokens.append(token) or exchange(name, token))
    return tokens


def test_the_browser_knows_the_token_before_the_answer_to_the_upload_is_drawn(told: list[str | None]) -> None:
    app = AppTest.from_function(_uploading).run()
    assert not app.exception
    first, token, last = told
    assert (first, last) == ("", "drawn") and UPLOADS.find(str(token), "pictures") == "pixels"
    assert f'exchange("fer-uploads", "{token}")' in app.get("html")[1].proto.body
    app.run()
    assert told[3:] == [token, "drawn"], "the next run tells it once, at its beginning"
    UPLOADS.forget(str(token), "pictures")


def test_what_the_browser_says_reaches_the_uploads_and_the_report() -> None:
    token = UPLOADS.new_token()
    UPLOADS.keep(token, "none of ours", "pixels", 6)
    app = AppTest.from_function(_uploading).run()
    app.text_input(key="browser told").set_value("pin 1 two words").run()
    assert not app.exception and app.session_state[report.ASKED.slot] == "two words"
    app.text_input(key="browser told").set_value(f"token 2 {token}").run()
    assert not app.exception and app.session_state[kept.TOKEN.slot] == token
    for foreign in ("a name", ""):
        app.text_input(key="browser told").set_value(foreign).run()
        assert not app.exception and app.session_state[kept.TOKEN.slot] == token
    UPLOADS.forget(token, "none of ours")
    UPLOADS.forget(token, "pictures")


def _removing() -> None:
    import streamlit as st

    from workbench.face import kept

    kept.mount()
    st.button("Upload", on_click=kept.keep, args=("pictures", "pixels", 6))
    st.button("Remove", on_click=kept.forget, args=("pictures",))
    kept.say_if_lost()


def test_a_tab_whose_uploads_were_removed_misses_none_after_a_reload(told: list[str | None]) -> None:
    app = AppTest.from_function(_removing).run()
    app.button[0].click().run()
    assert told[0] == "" and told[-1]
    app.button[1].click().run()
    assert not app.exception and told[-1] is None and not UPLOADS.holds(str(told[1]))
    app.button[0].click().run()
    assert told[-1] not in (None, told[1])
    UPLOADS.forget(str(told[-1]), "pictures")
