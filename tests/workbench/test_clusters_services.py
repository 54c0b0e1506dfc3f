"""What a selection on the map means, and what is shown of it: pure functions on small arrays."""

from __future__ import annotations

import time

import numpy as np
import pytest

from fer_models.data import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from workbench.figures.clusters import cluster_map
from workbench.services import background, clusters
from workbench.services.clusters import Picked

CLASSES = ("happy", "sad")


@pytest.fixture
def dataset() -> FaceDataset:
    images = (10 * np.arange(12, dtype=np.uint8))[:, None, None, None] * np.ones((1, 48, 48, 1), np.uint8)
    return FaceDataset(
        "steps", images, np.arange(12) % 2, CLASSES, np.zeros(12, np.int8), ("all",), np.arange(100, 112), "memory"
    )


@pytest.fixture
def faces(dataset: FaceDataset) -> Evaluation:
    """Ten of the twelve pictures; the network says happy to all of them."""
    logits = np.tile(np.array([[1.0, 0.0]], np.float32), (10, 1))
    embeddings = np.stack([np.cos(np.arange(10) / 9), np.sin(np.arange(10) / 9)], 1).astype(np.float16)
    return Evaluation(
        CLASSES, np.arange(2, 12) % 2, np.zeros(10, np.int64), logits, np.tile(np.float32([[0.73, 0.27]]), (10, 1)),
        embeddings, np.arange(2, 12), np.arange(102, 112), "steps", "print", "all", "nothing",
    )  # fmt: skip


def point(position: int) -> dict[str, object]:
    return {"customdata": [position], "point_index": 0, "curve_number": 0}


def event(points: list[dict[str, object]], **areas: list[object]) -> dict[str, object]:
    return {"selection": {"points": points, "box": [], "lasso": [], **areas}}


def test_an_area_a_click_and_nothing_are_told_apart() -> None:
    ring = {"point_index": 3}  # The rings of outliers carry no position.
    assert clusters.picked(event([point(4), ring, point(7), point(4)], lasso=[{}])) == Picked("area", (4, 7))
    assert clusters.picked(event([point(4)], box=[{}])) == Picked("area", (4,))
    assert clusters.picked(event([point(9)])) == Picked("point", (9,))
    assert clusters.picked(event([{"customdata": 9}])) == Picked("point", (9,))
    for empty in (None, {}, event([]), event([], lasso=[{}]), event([ring])):
        assert clusters.picked(empty) == Picked("nothing")


def test_positions_lead_back_to_places(faces: Evaluation) -> None:
    np.testing.assert_array_equal(clusters.places_of(faces, (5, 2, 0, 99)), [3, 0])


def test_mix_by_hand(faces: Evaluation, dataset: FaceDataset) -> None:
    found = clusters.mix(faces, dataset, np.array([0, 1, 2]))  # positions 2, 3, 4: happy, sad, happy
    assert found.rows == (("happy", 2, 1.0), ("sad", 1, 0.0))
    assert found.n == 3 and found.accuracy == pytest.approx(2 / 3)
    assert (found.mean_face == 30).all() and found.mean_face.dtype == np.uint8


def test_neighbours_are_those_of_the_original_features(faces: Evaluation, dataset: FaceDataset) -> None:
    found = clusters.neighbours(None, dataset, faces, clusters.MapSettings(), 4, 2)  # type: ignore[arg-type]
    assert {place for place, _ in found} == {3, 5}
    assert found[0][1] == pytest.approx(2 * np.sin(1 / 18), rel=1e-2)
    line = np.stack([np.arange(10), np.zeros(10)], 1).astype(np.float32)
    assert clusters.map_neighbours(line, 0, [1, 9], k=3) == 1


@pytest.mark.parametrize("by", list(clusters.COLOURS))
def test_every_colour_draws(faces: Evaluation, dataset: FaceDataset, by: str) -> None:
    if by == "subject":
        assert by not in clusters.colourings(dataset)
        return
    told = clusters.colouring(faces, dataset, by)
    assert len(told.names if told.names is not None else told.values) == 10  # type: ignore[arg-type]
    points = np.random.default_rng(0).normal(size=(10, 2)).astype(np.float32)
    wrong = faces.predictions != faces.targets
    rings = np.arange(10) == 3
    figure = cluster_map(
        points, faces.positions, clusters.texts(faces), wrong, names=told.names, values=told.values,
        order=faces.classes, centres=clusters.centres(points, faces), outliers=rings,
    )  # fmt: skip
    drawn = {
        p[0]: s
        for t in figure.data
        if t.customdata is not None
        for p, s in zip(t.customdata, t.marker.symbol, strict=True)
    }
    assert drawn == {int(p): "x" if w else "circle" for p, w in zip(faces.positions, wrong, strict=True)}
    (ringed,) = [t for t in figure.data if t.marker.symbol == "circle-open"]
    np.testing.assert_allclose((ringed.x[0], ringed.y[0]), points[3], atol=1e-3)
    assert {a.text for a in figure.layout.annotations} == set(CLASSES)


def test_a_selection_from_elsewhere_dims_the_rest(faces: Evaluation) -> None:
    points = np.zeros((10, 2), np.float32)
    chosen = np.isin(faces.positions, (3, 4))
    names = [faces.classes[k] for k in faces.targets]
    figure = cluster_map(points, faces.positions, [""] * 10, chosen, names=names, selected=chosen)
    bright = {t.customdata[i][0] for t in figure.data for i in t.selectedpoints}
    assert bright == {3, 4}
    solid = cluster_map(np.zeros((10, 3)), faces.positions, [""] * 10, chosen, names=names)
    assert {t.type for t in solid.data} == {"scatter3d"}


def test_a_job_that_failed_is_not_begun_at_every_drawing() -> None:
    calls = []

    def work(tell: background.Progress) -> None:
        calls.append(1)
        raise UserError("It cannot be done.")

    for _ in range(50):
        job = background.once("always fails", work)
        if not job.active:
            break
        time.sleep(0.02)
    assert background.once("always fails", work).problem == "It cannot be done."
    assert len(calls) == 1
    background.forget("always fails")
    assert background.find("always fails") is None
