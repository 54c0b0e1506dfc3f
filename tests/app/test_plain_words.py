"""What a screen says of small things: names of parts, options and steps, long words in tables, and an empty map."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from fer_models.architectures import ARCHITECTURES
from fer_models.preprocess import Preprocess
from workbench.app import inventory
from workbench.app.wording import selection
from workbench.evidence.figures import Cells, confusion_heatmap
from workbench.features.explain.model import versus
from workbench.features.home import networks
from workbench.widgets import table


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("PublicTest", "epoch chosen on PublicTest"),
        ("val", "epoch chosen on validation"),
        ("validation part (Official, without 1,594 training images, seed 0)", "epoch chosen on its validation part"),
        ("last epoch", "last epoch"),
        ("best epoch by val_macro_recall on val", "best epoch by macro recall on validation"),
        ("best epoch by val_accuracy on PublicTest", "best epoch by accuracy on PublicTest"),
        (
            "best epoch by val_accuracy on validation part (Official, seed 0)",
            "best epoch by accuracy on its validation part",
        ),
        (
            "each member's own: best epoch by val_accuracy on PublicTest",
            "each member's own: best epoch by accuracy on PublicTest",
        ),
    ],
)
def test_a_selection_is_a_few_words(rule: str, words: str) -> None:
    assert selection(rule) == words


def test_an_option_is_written_as_its_paper_does() -> None:
    def page() -> None:
        from fer_models.architectures import ARCHITECTURES
        from workbench.widgets import dataclass_form

        options = ARCHITECTURES["cldcnn"].Options
        dataclass_form.show(options, vars(options()), key="options")

    (attention,) = [box for box in AppTest.from_function(page).run().selectbox if box.label == "Attention"]
    assert {"SE", "CBAM", "Dilated spatial"} <= set(attention.options), ARCHITECTURES["cldcnn"].Options


def test_a_step_of_frames_is_said_as_people_do() -> None:
    from workbench.features.video.source import _every

    words = {step: _every(step) for step in (1, 2, 3, 5, 11, 21, 30)}
    assert list(words.values()) == [
        "every frame",
        "every 2nd frame",
        "every 3rd frame",
        "every 5th frame",
        "every 11th frame",
        "every 21st frame",
        "every 30th frame",
    ]


def test_a_long_address_does_not_squeeze_the_columns_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(st, "html", drawn.append)
    address = "https://www.example.org/a/very/long/address"
    table.show(("Ask at", "Terms"), [(address, "For non-commercial research.")], label="Sources")
    (cells,) = [text.split("<tbody>")[1] for text in drawn if "<tbody>" in text]
    first, second = cells.split("</td>")[:2]
    assert "overflow-wrap:anywhere" in first and "overflow-wrap" not in second


def test_a_map_without_evidence_is_named_and_not_an_error() -> None:
    def side(positive: bool) -> Any:
        attribution = SimpleNamespace(has_positive=np.array([positive]))
        look = SimpleNamespace(attribution=attribution, explained="happy")
        return versus.Side("a map", look, None, Preprocess(48, 1))  # type: ignore[arg-type]

    words = versus.against(side(True), side(False))
    assert isinstance(words, str) and words.startswith("Map B has no positive evidence for happy")


def test_the_last_class_under_a_narrow_matrix_keeps_its_name() -> None:
    """Names turned to the right ran over the edge of the plot, and the last one was left out."""
    names = ("angry", "neutral")
    axis = confusion_heatmap(Cells(np.eye(2), [["1", "0"], ["0", "1"]], names, "faces")).layout.xaxis
    assert tuple(axis.autotickangles) == (0, -45) and axis.automargin


def test_a_list_says_when_its_last_ones_are_not_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(networks.st, "markdown", said.append)
    monkeypatch.setattr(networks, "_entry", lambda *_, **__: None)

    def network(protocol: str) -> Any:
        checkpoint = SimpleNamespace(provenance={"recipe": {"protocol": protocol}})
        return SimpleNamespace(checkpoint=checkpoint, part=None, name=protocol)

    for protocols in (("official",), ("official", "clean")):
        networks._group(inventory.Group("fer2013", "FER2013", tuple(map(network, protocols))))
    assert said == [
        "**Trained on FER2013**, best first",
        "**Trained on FER2013**, best first, those of another split last",
    ]
