"""The server explains the first sample when it starts, so that Home has nothing left to compute."""

import pytest
from app_driver import open_page
from streamlit.testing.v1 import AppTest

from fer_models.checkpoint import Checkpoint
from fer_models.explain.trust.card import QUICK_MAPS
from workbench.features.home import first
from workbench.heatmap.model import look


def test_home_opens_with_the_prepared_answer(
    app: AppTest, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    first.prepare()
    computed: list[int] = []
    monkeypatch.setattr(look, "explain", lambda *arguments, **options: pytest.fail("explained again"))
    judge = look.trust_card
    monkeypatch.setattr(
        look, "trust_card", lambda *arguments, maps: computed.append(maps) or judge(*arguments, maps=maps)
    )
    open_page(app, "home")
    assert any("The class is" in text.value for text in app.markdown)
    assert QUICK_MAPS not in computed
