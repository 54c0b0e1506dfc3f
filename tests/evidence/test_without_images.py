"""Pages for evidence where FER2013 is missing and the networks bring their predictions for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from app_driver import make_checkpoint, open_page, words
from streamlit.testing.v1 import AppTest

from fer_models.classifier import Prediction
from fer_models.data.dataset import FaceDataset
from fer_models.evaluation.class_match import softmax
from fer_models.evaluation.evaluate import evaluate
from fer_models.evaluation.part import Part
from fer_models.evaluation.protocol import Protocol
from fer_models.evaluation.shipped import write_shipped
from fer_models.labels import FER7
from workbench import cache
from workbench.app import fit, inventory, jobs
from workbench.evidence import cached

COUNT = 70


@pytest.fixture
def shelf(folders: Path) -> None:
    """Two networks with predictions for faces that are not here, and one without."""
    random = np.random.default_rng(0)
    faces = FaceDataset(
        name="fer2013",
        images=random.integers(0, 256, (COUNT, 48, 48, 1), dtype=np.uint8),
        labels=np.arange(COUNT) % 7,
        classes=FER7,
        split=np.zeros(COUNT, np.int8),
        split_names=("PublicTest",),
        rows=np.arange(COUNT),
        source="elsewhere",
    )
    protocol = Protocol(Part("PublicTest", np.arange(COUNT)), selection="")
    for seed, name in enumerate(("first", "second")):
        network = make_checkpoint(folders / "checkpoints" / name, seed, provenance={"data": "fer2013"})
        logits = (2 * np.eye(7)[faces.labels] + random.normal(size=(COUNT, 7))).astype(np.float32)
        embedding = np.concatenate([logits, random.normal(size=(COUNT, 60))], 1).astype(np.float32)
        prediction = Prediction(FER7, logits, softmax(logits), embedding)
        write_shipped(network, faces, evaluate(prediction, faces, protocol))
    make_checkpoint(folders / "checkpoints" / "third", 2, provenance={"data": "fer2013"})


def test_all_pages_show_the_predictions_that_came_with_the_networks(app: AppTest, shelf: None) -> None:
    for page, shown in {
        "confusion": "Accuracy",
        "misclassifications": "faces are wrong",
        "compare": "70 images",
        "clusters": "Most alike in the original features",
    }.items():
        query = {"networks": "first,second", "section": "On the same faces"} if page == "compare" else {}
        query |= {"points": "all", "projection": "pca"} if page == "clusters" else {}
        open_page(app, page, **query)
        for job in jobs.under_way():
            job.wait(30)
        app.run()
        text = words(app)
        assert not app.exception and not app.error, (page, [e.value for e in app.error])
        assert shown in text and "FER2013 is not on this computer" in text, (page, text)
        assert "Evidence for" not in text, page
    networks = inventory.usable(inventory.trained_networks())
    assert fit.figure(networks["first"], "fer2013", "PublicTest", COUNT).endswith("n = 70 · FER2013, PublicTest")
    assert fit.figure(networks["first"], "fer2013", "PublicTest", 7) == fit.NOT_MEASURED
    assert fit.figure(networks["third"], "fer2013", "PublicTest", COUNT) == fit.NOT_MEASURED
    open_page(app, "confusion", checkpoint="third")
    assert "third has no saved predictions for PublicTest; choose another network" in words(app)
    assert [item.name for item in inventory.data_sets()] == ["synthetic"], "pages that need images do not offer it"


def test_predictions_that_came_with_a_network_are_kept_once(shelf: None) -> None:
    """Each page opens the set anew; what is kept of it must not pile up with them."""
    sets = [cache.dataset("fer2013") for _ in range(2)]
    assert sets[0] is not sets[1]
    checkpoint = inventory.usable(inventory.trained_networks())["first"].checkpoint
    assert checkpoint is not None
    part = Part.of_split(sets[0], "PublicTest")
    first, second = (cached.predictions(checkpoint, each, part) for each in sets)
    assert first is not None and first is second
