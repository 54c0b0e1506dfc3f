"""The claims form: prefilled with a row that cannot hold, and open to any other."""

from __future__ import annotations

import time

import pytest
from app_driver import open_page, words
from streamlit.testing.v1 import AppTest

from fer_models.errors import UserError
from workbench.features.compare.model import claims
from workbench.features.compare.model.claims import Fields

SECTION = "Claims check"


def finished(app: AppTest) -> AppTest:
    """The page once the check is done."""
    for _ in range(200):
        if app.success or app.warning or app.error:
            break
        time.sleep(0.1)
        app.run()
    assert not app.exception
    return app


def test_the_example_is_the_fifth_papers_row() -> None:
    fields, source = claims.example()
    made = claims.claim(fields)
    assert made["accuracy"] == "82.89" and made["recall"] == "94.18" and made["averaging"] == "macro"
    assert made["counts"]["happy"] == 8989 and sum(made["counts"].values()) == 35887
    assert "Jayaraman and Mahendran 2025 on FER2013 (Table 4, " in source and "35,887" in source


def test_counts_are_read_as_people_write_them() -> None:
    fields = Fields("very happy: 1,200\n\n  30 \nsad\t5", (("accuracy", " 90 "), ("f1", "")))
    assert claims.claim(fields) == {
        "counts": {"very happy": 1200, "class 2": 30, "sad": 5},
        "averaging": "macro",
        "folds": 1,
        "truncated": False,
        "accuracy": "90",
    }
    with pytest.raises(UserError, match="Line 1 of the class counts is 'happy'"):
        claims.claim(Fields("happy", ()))
    with pytest.raises(UserError, match="has two lines"):
        claims.claim(Fields("sad 3\nsad 4", ()))


def test_the_first_answer_stands_without_a_click(app: AppTest) -> None:
    finished(open_page(app, "compare", section=SECTION))
    boxes = [box for box in app.text_input if str(box.key).startswith("compare claim")]
    assert [box.value for box in boxes] == ["82.89", "95.27", "94.18", "91.23", "94.87"]
    assert "These figures cannot all be true" in app.warning[0].value
    text = words(app)
    assert "Macro recall 94.18 % forces accuracy to at least 89.78 %" in text and "82.89 % is claimed" in text


def test_another_claim_is_checked_and_bad_input_explained(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    small = Fields("a 10\nb 10", tuple((key, "90" if key == "accuracy" else "") for key in claims.FIGURES))
    monkeypatch.setattr(claims, "example", lambda: (small, "Filled in."))
    finished(open_page(app, "compare", section=SECTION))
    assert "can be true" in app.success[0].value or "No contradiction" in app.success[0].value
    app.text_input(key="compare claim recall").set_value("30")
    app.button[0].click().run()
    finished(app)
    assert "cannot all be true" in app.warning[0].value and "Filled in." not in words(app)
    app.text_area[0].set_value("a ten\nb 10")
    app.button[0].click().run()
    assert "Line 1 of the class counts" in app.error[0].value and not app.exception
