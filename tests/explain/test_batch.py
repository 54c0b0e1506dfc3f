"""Heatmaps of a whole split: the same as one by one, counted by class, kept, and told in a table."""

import dataclasses
import io

import numpy as np
import pandas as pd
import pytest

from fer_models.data import FaceDataset
from fer_models.data.synthetic import SyntheticOptions, generate, generate_face
from fer_models.errors import UserError
from fer_models.explain import explain
from fer_models.explain.face_parts.action_units import unit_agreement
from fer_models.explain.face_parts.drawn import DRAWN_REGIONS, drawn_options, drawn_truth
from fer_models.explain.face_parts.regions import REGIONS, region_masks, region_relevance
from fer_models.explain.report.sheet import contact_sheet
from fer_models.explain.sets.batch import SetSettings, explain_set, network_labels
from fer_models.explain.sets.mean_maps import MapMeans, mean_face
from fer_models.explain.sets.store import explained_set, read_set, set_file, write_set
from fer_models.explain.sets.table import agreement, background, csv_bytes, parquet_bytes, region_shares, table

OPTIONS = SyntheticOptions(count=12, size=64, seed=5)


def dataset_of(name="synthetic", classes=None):
    drawn = generate(OPTIONS)
    return FaceDataset(
        name=name,
        images=drawn.images,
        labels=drawn.labels,
        classes=classes or drawn.classes,
        split=np.zeros(12, np.int8),
        split_names=("all",),
        rows=np.arange(12),
        source="synthetic:count=12,size=64,seed=5",
    )


@pytest.fixture(scope="module")
def drawn():
    return dataset_of()


@pytest.fixture(scope="module")
def photographs():
    return dataset_of("folder")


@pytest.fixture(scope="module")
def explained(classifier, photographs):
    return explain_set(classifier, photographs, np.arange(12))


def test_parts_are_what_single_pictures_give(classifier, photographs, explained, monkeypatch):
    monkeypatch.setattr("fer_models.explain.sets.batch._PART", 5)
    steps, signed = [], np.zeros((12, 48, 48), np.float32)

    def keep(start, values):
        signed[start : start + len(values)] = values

    again = explain_set(classifier, photographs, np.arange(12), progress=lambda s, w: steps.append(s), keep=keep)
    alone = explain(classifier, classifier.prepare(photographs.images[7:8]))
    np.testing.assert_allclose(signed[7], alone.values[0], atol=1e-6)
    shares = region_relevance(alone, region_masks(48))
    for name in REGIONS:
        assert again.regions[name][7] == pytest.approx(shares[name][0], abs=1e-5)
        np.testing.assert_allclose(again.regions[name], explained.regions[name], atol=1e-5)
    assert again.predictions[7] == classifier.predict(photographs.images[7:8]).top[0]
    assert steps[0] == 0
    assert steps[-1] == 1
    assert steps == sorted(steps)
    np.testing.assert_allclose(sum(explained.regions.values()), 1, atol=1e-5)
    assert not explained.truth
    assert "template" in explained.where()


def test_means_are_those_of_the_class(classifier, photographs, explained):
    heat = explain(classifier, classifier.prepare(photographs.images), target=explained.targets).heatmap()
    for k in range(7):
        members = photographs.labels == k
        assert explained.by_label.counts[k] == members.sum()
        if members.any():
            np.testing.assert_allclose(explained.by_label.maps[k], heat[members].mean(0), atol=1e-5)
    assert explained.by_prediction.counts.sum() == 12
    np.testing.assert_allclose(explained.by_prediction.overall(), heat.mean(0), atol=1e-5)


def test_empty_maps_and_unknown_groups_do_not_count():
    means = MapMeans(2, (2, 2))
    means.add(np.stack([np.ones((2, 2)), np.zeros((2, 2)), np.eye(2)]), np.array([0, 0, -1]))
    assert means.result().counts.tolist() == [1, 0]
    assert means.result().maps[0].tolist() == [[1, 1], [1, 1]]
    assert not means.result().maps[1].any()
    images = np.stack([np.full((2, 2, 1), value, np.uint8) for value in (10, 20, 90)])
    assert mean_face(images, [1, 0]).tolist() == np.full((2, 2, 1), 15).tolist()
    assert (mean_face(images, []) == 128).all()


def test_drawn_faces_bring_their_own_truth(classifier, drawn):
    assert drawn_options(drawn) == OPTIONS
    assert drawn_options(dataset_of("folder")) is None
    truth = drawn_truth(OPTIONS, np.array([3, 8]), 48)
    assert tuple(truth.masks) == DRAWN_REGIONS
    np.testing.assert_array_equal(sum(mask.astype(int) for mask in truth.masks.values()), 1)
    face = generate_face(dataclasses.replace(OPTIONS, size=48), 3)
    np.testing.assert_array_equal(truth.masks["mouth"][0], face.masks["mouth"])
    np.testing.assert_array_equal(truth.masks["background"][0], face.masks["background"] | face.masks["hair"])
    assert set(truth.units[0]) == set(face.action_units)
    assert truth.expression[0].any() == bool(face.action_units)
    small = drawn_truth(OPTIONS, np.array([3]), 24)
    assert small.masks["eyes"].shape == (1, 24, 24)

    result = explain_set(classifier, drawn, np.array([3, 8]))
    assert result.truth
    alone = explain(classifier, classifier.prepare(drawn.images[[3, 8]]))
    shares = region_relevance(alone, truth.masks)
    for name in DRAWN_REGIONS:
        np.testing.assert_allclose(result.regions[name], shares[name], atol=1e-5)
        np.testing.assert_allclose(result.areas[name], truth.masks[name].mean((1, 2)), atol=1e-6)
    assert (result.alarm == (shares["background"] > truth.masks["background"].mean((1, 2)))).all()
    expected = unit_agreement(alone.one(0), classifier.classes, truth.unit_areas[0], units=[truth.units[0]])
    np.testing.assert_allclose(result.agreement["mass"][0], expected["mass"][0], atol=1e-5)


def test_targets_can_be_chosen(classifier, photographs):
    by_label = explain_set(classifier, photographs, np.arange(12), SetSettings(target="label"))
    assert (by_label.targets == photographs.labels).all()
    happy = explain_set(classifier, photographs, np.arange(3), SetSettings("saliency", "happy"))
    assert (happy.targets == 3).all()
    assert happy.layer is None
    with pytest.raises(UserError, match="delighted"):
        explain_set(classifier, photographs, np.arange(3), SetSettings(target="delighted"))
    other = dataset_of("folder", classes=tuple("abcdefg"))
    assert (network_labels(classifier.checkpoint, other) == -1).all()
    assert explain_set(classifier, other, np.arange(2)).labels.tolist() == [-1, -1]
    with pytest.raises(UserError, match="no image"):
        explain_set(classifier, other, np.arange(2), SetSettings(target="label"))


def test_a_cancel_leaves_the_network_alone(classifier, photographs):
    def stop(share, words):
        if share > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        explain_set(classifier, photographs, np.arange(12), progress=stop)
    assert not any(module._forward_hooks for module in classifier.model.modules())


def test_the_table_holds_a_picture_a_line(explained):
    frame = table(explained)
    assert len(frame) == 12
    assert frame["prediction"][4] == explained.classes[explained.predictions[4]]
    assert frame["share_mouth"].between(0, 1).all()
    named = pd.read_csv(io.BytesIO(csv_bytes(explained, np.array([f"{i}.png" for i in range(12)]))))
    assert named["file"][11] == "11.png"
    np.testing.assert_allclose(named["share_eyes"], explained.regions["eyes"], rtol=1e-4)
    pytest.importorskip("pyarrow")
    assert len(pd.read_parquet(io.BytesIO(parquet_bytes(explained)))) == 12


def test_regions_have_intervals_and_the_alarm_its_sentence(explained):
    shares = {region.name: region for region in region_shares(explained)}
    assert tuple(shares) == REGIONS
    assert sum(region.share.value for region in shares.values()) == pytest.approx(1, abs=1e-4)
    assert all(region.share.low <= region.share.value <= region.share.high for region in shares.values())
    assert 0 < agreement(explained)["mass"].value < 1
    assert agreement(explained, "neutral") == {}
    mistaken = dataclasses.replace(explained, targets=np.full(explained.n, explained.classes.index("neutral")))
    assert agreement(mistaken, "neutral") == {}, "the units of a drawn face are not those of neutral"

    def with_background(share):
        values = np.full(12, share, np.float32)
        changed = explained.regions | {"background": values + np.linspace(-0.01, 0.01, 12, dtype=np.float32)}
        return background(dataclasses.replace(explained, regions=changed, alarm=values > 0.25))

    assert with_background(0.6)[0]
    assert "more than a map" in with_background(0.6)[1]
    assert not with_background(0.05)[0]
    assert "in none of the images" in with_background(0.05)[1]
    nothing = dataclasses.replace(explained, positive=np.zeros(12, bool))
    assert region_shares(nothing) == []
    assert not background(nothing)[0]


def test_intervals_are_over_people(explained):
    halves = dataclasses.replace(explained, units=np.arange(12) // 6, positive=np.ones(12, bool))
    for region in region_shares(halves):  # of two people, a quarter of the resamples is the one twice
        means = halves.regions[region.name].reshape(2, 6).mean(1)
        assert region.share[1:] == pytest.approx((means.min(), means.max()), abs=1e-5)
    single = dataclasses.replace(halves, units=np.zeros(12, np.int64))
    assert all(np.isnan(region.share.low) for region in region_shares(single))
    assert np.isnan(agreement(single)["mass"].low)


def test_a_result_is_kept_and_found_again(classifier, photographs, explained, tmp_path):
    settings, index = SetSettings(), np.arange(12)
    file = set_file(classifier.checkpoint, photographs, index, settings)
    assert file != set_file(classifier.checkpoint, photographs, index, SetSettings("saliency"))
    assert file != set_file(classifier.checkpoint, photographs, index[:5], settings)
    assert read_set(file) is None
    first = explained_set(classifier, photographs, index, settings)
    again = read_set(file)
    for field in dataclasses.fields(first):
        computed, cached = getattr(first, field.name), getattr(again, field.name)
        if field.name.startswith("by_"):
            computed, cached = computed.maps, cached.maps
        np.testing.assert_equal(cached, computed)
    file.write_bytes(file.read_bytes()[:200])
    assert read_set(file) is None
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert not write_set(explained, blocked / "x.npz")


def test_the_sheet_shows_every_face_with_its_map(explained, photographs):
    sheet = contact_sheet(explained, photographs, columns=5, side=64)
    assert sheet.shape == (3 * (64 + 34 + 8) + 8, 5 * 72 + 8, 3)
    assert sheet[8:72, 8:72].std() > 5  # the first face
    assert (sheet[-100:, -60:] == 255).all()  # no thirteenth
