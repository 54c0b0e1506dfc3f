"""A heatmap that cannot be believed offers other methods and layers, a few at first, then all."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from app_driver import open_page, words
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.explain import EXPLAINERS, explain
from fer_models.explain.trust.better import Tried
from fer_models.explain.trust.card import QUICK_MAPS, trust_card
from workbench.features.explain import trust_badge


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label.startswith(label)).click().run()


def settled(app: AppTest, until: str) -> None:
    for _ in range(100):
        if until in words(app):
            return
        time.sleep(0.1)
        app.run()
    raise AssertionError(f"{until!r} did not appear: {words(app)[-600:]}")


def test_a_search_without_a_better_map_goes_on_with_all(
    app: AppTest, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    classifier = Classifier(checkpoint)
    batch = classifier.prepare([np.eye(48, dtype=np.uint8) * 255])
    whole = trust_card(classifier, batch, explain(classifier, batch, "saliency"), maps=QUICK_MAPS)
    figures = whole.figures | {"evidence": 1.0, "chance": 0.0}
    doubtful, good = (replace(whole, level=level, figures=figures) for level in ("doubtful", "good"))

    def tries(*arguments: object, seconds: float, **options: object) -> list[Tried]:
        return [Tried("saliency", None, good if seconds == math.inf else doubtful)] * 3

    monkeypatch.setattr(trust_badge.verdict, "judge", lambda *arguments: doubtful)
    monkeypatch.setattr(trust_badge, "try_ways", tries)
    open_page(app, "explain")
    press(app, "Is there a better map? Try other methods and layers, about 4 s")
    (every,) = [each.label for each in app.button if each.label.startswith("None of the first 3 is better. Try all")]
    press(app, every)
    settled(app, "has a better verdict")
    before = {name: np.ravel(app.query_params[name])[0] for name in ("method", "layer")}
    assert before["method"] != "saliency", "the address names the usual map, so that Back finds it"
    press(app, f"Show {EXPLAINERS['saliency'].title}")
    assert not app.exception and not app.error
    assert app.query_params["method"] in ("saliency", ["saliency"])
    for name, value in before.items():  # what the browser's Back sends
        app.query_params[name] = value
    app.run()
    assert app.selectbox(key="shared.method").value == before["method"] and not app.error
