"""Test-time averaging: which copies are looked at, and that the mean of their logits is what comes out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import fer_models
from fer_models.averaging import AVERAGINGS, augmented_views
from fer_models.checkpoint import save_checkpoint
from fer_models.classifier import Classifier, load_checkpoint
from fer_models.errors import UserError
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    torch.manual_seed(0)
    folder: Path = tmp_path_factory.mktemp("checkpoint") / "small"
    save_checkpoint(folder, fer_models.create_model("mini_xception", 7, 1), FER7, Preprocess())
    return load_checkpoint(folder)


def test_the_copies() -> None:
    column = torch.arange(48.0).expand(2, 1, 48, 48)
    (plain,) = augmented_views(column, "none")
    assert plain is column
    picture, mirror = augmented_views(column, "flip")
    assert picture is column and torch.equal(mirror, column.flip(3))
    ten = list(augmented_views(column, "ten_crop"))
    assert [tuple(look.shape) for look in ten] == [(2, 1, 48, 48)] * 10
    # Crops of 44 of 48 pixels: the left ones begin with column 0, the right ones end with column 47.
    assert [float(view[0, 0, 0, 0]) for view in ten[::2]] == pytest.approx([2, 0, 4, 0, 4], abs=1e-4)
    assert [float(look[0, 0, 0, -1]) for look in ten[::2]] == pytest.approx([45, 43, 47, 43, 47], abs=1e-4)
    for crop, mirror in zip(ten[::2], ten[1::2], strict=True):
        assert torch.equal(mirror, crop.flip(3))
    row = torch.arange(48.0)[:, None].expand(1, 1, 48, 48)
    assert [float(view[0, 0, 0, 0]) for view in list(augmented_views(row, "ten_crop"))[::2]] == pytest.approx(
        [2, 0, 0, 4, 4], abs=1e-4
    )


def test_the_logits_are_the_mean_over_the_copies(classifier: Classifier) -> None:
    faces = np.random.default_rng(0).integers(0, 256, (5, 48, 48, 1), dtype=np.uint8)
    batch = classifier.prepare(faces)
    for averaging in AVERAGINGS:
        prediction = classifier.predict(faces, averaging=averaging)
        with classifier.exclusive() as model, torch.no_grad():
            each = [model(view) for view in augmented_views(batch, averaging)]
        np.testing.assert_allclose(prediction.logits, torch.stack(each).mean(0).numpy(), atol=1e-5)
        assert prediction.embedding.shape == (5, classifier.model.num_features)
    plain, ten = classifier.predict(faces), classifier.predict(faces, averaging="ten_crop")
    assert not np.allclose(plain.logits, ten.logits)
    mirrored = classifier.predict(faces[:, :, ::-1], averaging="ten_crop")
    np.testing.assert_allclose(mirrored.logits, ten.logits, atol=1e-5)  # the ten crops of a mirror image are the same


def test_an_unknown_way_is_refused(classifier: Classifier) -> None:
    with pytest.raises(UserError, match="none, flip, ten_crop, not 'mirror'"):
        classifier.predict(np.zeros((1, 48, 48, 1), np.uint8), averaging="mirror")
