"""Maps of a real network: features of each kind, the cache and what makes it stale."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from sklearn.neighbors import LocalOutlierFactor

from fer_models.checkpoint import Checkpoint
from fer_models.classifier import Classifier
from fer_models.data import FaceDataset
from fer_models.embedding import MapSettings, cached_map, feature_kinds, features_of, make_map, maps, nearest, sample
from fer_models.embedding.extract import hog_features, pixel_features
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation


def test_a_sample_is_drawn_once_and_in_order() -> None:
    np.testing.assert_array_equal(sample(5, 9), np.arange(5))
    part = sample(100, 30, seed=1)
    assert len(set(part)) == 30 and (np.diff(part) > 0).all()
    np.testing.assert_array_equal(part, sample(100, 30, seed=1))
    assert (part != sample(100, 30, seed=2)).any()
    with pytest.raises(UserError, match="at least 1"):
        sample(5, 0)


def test_features_of_each_kind(faces: FaceDataset, checkpoint: Checkpoint, evaluation: Evaluation) -> None:
    classifier = Classifier(checkpoint)
    layers = list(classifier.model.cam_layers)
    for kind in feature_kinds(layers[:2]):
        features = features_of(kind, classifier, faces, evaluation)
        assert len(features) == 42 and np.isfinite(np.asarray(features, np.float32)).all(), kind
    steps: list[tuple[int, int]] = []
    first = features_of(f"layer:{layers[0]}", classifier, faces, evaluation, lambda *a: steps.append(a))
    assert steps == [], "a layer is computed once"
    with classifier.exclusive() as model:
        captured = {}
        hook = layers and model.cam_layers[layers[0]].register_forward_hook(
            lambda m, i, o: captured.update(map=o.detach().mean((2, 3)).numpy())
        )
        classifier.model(classifier.prepare(faces.images))
        hook.remove()
    np.testing.assert_allclose(np.asarray(first, np.float32), captured["map"], atol=2e-3, rtol=2e-3)
    assert not any(m._forward_hooks for m in classifier.model.modules()), "no hook is left"
    for wrong in ("layer:nowhere", "magic"):
        with pytest.raises(UserError, match=r"no layer 'nowhere'|no features 'magic'"):
            features_of(wrong, classifier, faces, evaluation)


def test_pixels_and_gradients_need_no_network() -> None:
    rng = np.random.default_rng(0)
    grey = rng.integers(0, 255, (3, 48, 48, 1), dtype=np.uint8)
    pixels = pixel_features(grey, np.array([2, 0]))
    assert pixels.shape == (2, 2304)
    np.testing.assert_allclose(pixels.mean(1), 0, atol=1e-6)
    np.testing.assert_allclose(pixels[0] - pixels[0, 0], (grey[2].ravel() / 255.0) - grey[2, 0, 0, 0] / 255, atol=1e-6)
    coloured = rng.integers(0, 255, (2, 60, 60, 3), dtype=np.uint8)
    assert pixel_features(coloured, np.arange(2)).shape == (2, 2304)
    assert hog_features(coloured, np.arange(2)).shape == (2, 900)


def test_a_map_is_made_once(
    faces: FaceDataset, checkpoint: Checkpoint, evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = MapSettings(method="pca")
    assert cached_map(checkpoint, evaluation, settings) is None
    steps: list[float] = []
    made = make_map(checkpoint, faces, evaluation, settings, lambda part, what: steps.append(part))
    assert made.coordinates.shape == (42, 2) and steps == sorted(steps) and steps
    monkeypatch.setattr(maps, "place", lambda *a: pytest.fail("it is in the cache"))
    again = make_map(checkpoint, faces, evaluation, settings)
    np.testing.assert_array_equal(again.coordinates, made.coordinates)
    assert (again.separation, again.faithfulness, again.settings) == (made.separation, made.faithfulness, made.settings)
    assert cached_map(checkpoint, evaluation, MapSettings(method="pca", perplexity=9)) is not None
    for other in (MapSettings(method="tsne"), MapSettings(method="pca", features="pixels")):
        assert cached_map(checkpoint, evaluation, other) is None
    assert cached_map(checkpoint, evaluation.take(np.arange(30)), settings) is None
    assert cached_map(dataclasses.replace(checkpoint, sha256="0"), evaluation, settings) is None
    assert cached_map(checkpoint, evaluation.take(np.arange(4)), settings) is None
    file = maps.map_file(checkpoint, evaluation, settings)
    with np.load(file) as stored:
        arrays = dict(stored)
    facts = json.loads(str(arrays.pop("facts")))
    facts["settings"]["method"] = "gone"
    np.savez(file, facts=np.array(json.dumps(facts)), **arrays)
    assert cached_map(checkpoint, evaluation, settings) is None
    file.write_bytes(b"damaged")
    assert cached_map(checkpoint, evaluation, settings) is None


def test_a_cache_that_cannot_be_written_is_no_error(
    faces: FaceDataset, checkpoint: Checkpoint, evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError("full")

    monkeypatch.setattr(maps, "atomic_file", full)
    assert len(make_map(checkpoint, faces, evaluation, MapSettings(method="pca")).coordinates) == 42


def test_outliers_stand_apart() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(100, 3)).astype(np.float32)
    rows[7] += 20
    factor = maps.outlier_factors(rows)
    np.testing.assert_allclose(factor, -LocalOutlierFactor(20).fit(rows).negative_outlier_factor_, rtol=1e-5)
    assert factor.argmax() == 7
    neighbours = maps.Neighbours(*nearest(rows, 30))
    np.testing.assert_allclose(maps.outlier_factors(rows, neighbours), factor, rtol=1e-6)
    copies = maps.outlier_factors(np.repeat(rows[:3], 40, axis=0))
    assert np.isfinite(copies).all()


def test_distance_to_the_centre_of_the_class_by_hand() -> None:
    rows = np.array([[0.0], [2.0], [10.0], [10.0], [16.0]], np.float32)
    distances = maps.centre_distances(rows, np.array([0, 0, 1, 1, 1]))
    np.testing.assert_allclose(distances, [1, 1, 2 / (8 / 3), 2 / (8 / 3), 4 / (8 / 3)], rtol=1e-6)
    alone = maps.centre_distances(np.ones((2, 1), np.float32), np.array([0, 1]))
    np.testing.assert_array_equal(alone, [0, 0])


def test_a_stopped_map_is_not_kept(faces: FaceDataset, checkpoint: Checkpoint, evaluation: Evaluation) -> None:
    def stop(part: float, what: str) -> None:
        if part > 0.5:
            raise UserError("Stopped.")

    with pytest.raises(UserError, match="Stopped"):
        make_map(checkpoint, faces, evaluation, MapSettings(), stop)
    assert cached_map(checkpoint, evaluation, MapSettings()) is None


def test_settings_fit_the_number_of_pictures() -> None:
    wide = MapSettings(perplexity=400.0, neighbours=300)
    assert [wide.fitted(n).perplexity for n in (5, 7, 10, 31, 1201, 2000)] == [2.0, 2.0, 3.0, 10.0, 400.0, 400.0]
    assert [wide.fitted(n).neighbours for n in (5, 301, 302)] == [4, 300, 300]
    assert MapSettings().fitted(1000) == MapSettings()
    with pytest.raises(UserError, match="at least 5 images, not 4"):
        wide.fitted(4)
