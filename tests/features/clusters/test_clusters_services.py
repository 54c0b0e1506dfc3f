"""What a selection on the map means, and what is shown of it: pure functions on small arrays."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_models.data import FaceDataset
from fer_models.errors import UserError
from fer_models.evaluation.evaluate import Evaluation
from fer_models.training.runs.epochs import read_epoch
from workbench.features.clusters.figures import Layers, Points, cluster_map
from workbench.features.clusters.model import colours, epochs, maps
from workbench.features.clusters.model import joint as joint_model
from workbench.features.clusters.model.colours import Colouring
from workbench.features.clusters.model.maps import Picked

ROOT = Path(__file__).parents[3]
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
        CLASSES,
        np.arange(2, 12) % 2,
        np.zeros(10, np.int64),
        logits,
        np.tile(np.float32([[0.73, 0.27]]), (10, 1)),
        embeddings,
        np.arange(2, 12),
        np.arange(102, 112),
        "steps",
        "print",
        "all",
        "nothing",
    )


def point(position: int) -> dict[str, object]:
    return {"customdata": [position], "point_index": 0, "curve_number": 0}


def event(points: list[dict[str, object]], **areas: list[object]) -> dict[str, object]:
    return {"selection": {"points": points, "box": [], "lasso": [], **areas}}


def test_an_area_a_click_and_nothing_are_told_apart() -> None:
    ring = {"point_index": 3}  # The rings of outliers carry no position.
    assert maps.picked(event([point(4), ring, point(7), point(4)], lasso=[{}])) == Picked("area", (4, 7))
    assert maps.picked(event([point(4)], box=[{}])) == Picked("area", (4,))
    assert maps.picked(event([point(9)])) == Picked("point", (9,))
    assert maps.picked(event([{"customdata": 9}])) == Picked("point", (9,))
    for empty in (None, {}, event([]), event([], lasso=[{}]), event([ring])):
        assert maps.picked(empty) == Picked("nothing")


def test_positions_lead_back_to_places(faces: Evaluation) -> None:
    np.testing.assert_array_equal(maps.indices_of(faces, (5, 2, 0, 99)), [3, 0])


def test_mix_by_hand(faces: Evaluation, dataset: FaceDataset) -> None:
    mix = maps.mix(faces, dataset, np.array([0, 1, 2]))  # positions 2, 3, 4: happy, sad, happy
    assert mix.rows == (("happy", 2, 1.0), ("sad", 1, 0.0))
    assert mix.n == 3 and mix.accuracy == pytest.approx(2 / 3)
    assert (mix.mean_face == 30).all() and mix.mean_face.dtype == np.uint8


def test_neighbours_are_those_of_the_original_features(faces: Evaluation, dataset: FaceDataset) -> None:
    neighbours = maps.neighbours(None, dataset, faces, maps.MapSettings(), 4, count=2)  # type: ignore[arg-type]
    assert {index for index, _ in neighbours} == {3, 5}
    assert neighbours[0][1] == pytest.approx(2 * np.sin(1 / 18), rel=1e-2)
    line = np.stack([np.arange(10), np.zeros(10)], 1).astype(np.float32)
    assert maps.map_neighbours(line, 0, [1, 9], k=3) == 1


@pytest.mark.parametrize("by", list(colours.COLOURS))
def test_every_colour_draws(faces: Evaluation, dataset: FaceDataset, by: str) -> None:
    if by in ("subject", "set"):
        assert by not in colours.colourings(dataset)
        return
    colouring = colours.colouring(faces, dataset, by)
    assert len(colouring.names if colouring.names is not None else colouring.values) == 10  # type: ignore[arg-type]
    points = np.random.default_rng(0).normal(size=(10, 2)).astype(np.float32)
    wrong = faces.predictions != faces.targets
    rings = np.arange(10) == 3
    figure = cluster_map(
        Points(points, faces.positions, wrong),
        colouring,
        order=faces.classes,
        layers=Layers(maps.centres(points, faces), maps.spread(points, faces), rings),
    )
    drawn = {p[0]: t.marker.symbol for t in figure.data if t.customdata is not None for p in t.customdata}
    assert drawn == {int(p): "x" if w else "circle" for p, w in zip(faces.positions, wrong, strict=True)}
    (ringed,) = [t for t in figure.data if t.marker.symbol == "circle-open"]
    np.testing.assert_allclose((ringed.x[0], ringed.y[0]), points[3], atol=1e-3)
    assert {a.text for a in figure.layout.annotations} == set(CLASSES)
    assert {t.name for t in figure.data if t.marker.symbol == "diamond"} == {f"centre of {c}" for c in CLASSES}


def test_a_selection_from_elsewhere_dims_the_rest(faces: Evaluation) -> None:
    points = np.zeros((10, 2), np.float32)
    selected = np.isin(faces.positions, (3, 4))
    classes = Colouring("class", names=tuple(faces.classes[k] for k in faces.targets))
    figure = cluster_map(Points(points, faces.positions, selected), classes, selected=selected)
    bright = {t.customdata[i][0] for t in figure.data for i in t.selectedpoints}
    assert bright == {3, 4}
    cloud = np.random.default_rng(0).normal(size=(10, 3))
    lines = {"sad": maps.spread(cloud, dataclasses.replace(faces, targets=np.ones(10, np.int64)))["sad"]}
    centres = maps.centres(cloud, faces)
    solid = cluster_map(Points(cloud, faces.positions, selected), classes, layers=Layers(centres, lines))
    assert {t.type for t in solid.data} == {"scatter3d"}


def test_an_ellipse_holds_nine_tenths_of_its_class(faces: Evaluation) -> None:
    rng = np.random.default_rng(2)
    points = rng.normal(size=(500, 2)) @ np.array([[5.0, 1.0], [0.0, 0.5]]) + 7
    many = dataclasses.replace(faces, targets=np.zeros(500, np.int64))
    line = maps.spread(points, many)["happy"]
    assert "sad" not in maps.spread(points, many), "a class with too few faces has no ellipse"
    middle = points.mean(0)
    shape = np.linalg.inv(np.cov(points.T))
    far = np.einsum("nf,fg,ng->n", line - middle, shape, line - middle)
    np.testing.assert_allclose(far, far[0], rtol=1e-6)
    inside = np.einsum("nf,fg,ng->n", points - middle, shape, points - middle) <= far[0] * (1 + 1e-9)
    assert inside.mean() == pytest.approx(0.9, abs=0.003)


def test_many_categories_share_a_trace_without_a_legend(faces: Evaluation) -> None:
    names = [str(i) for i in range(10)] * 2
    points = np.random.default_rng(0).normal(size=(20, 2))
    few = cluster_map(Points(points, np.arange(20), np.zeros(20, bool)), Colouring("class", names=tuple(names)))
    assert len(few.data) == 10 and all(t.showlegend for t in few.data)
    categories = Colouring("class", names=tuple(str(i) for i in range(20)))
    many = cluster_map(Points(points, np.arange(20), np.arange(20) > 12), categories)
    assert len(many.data) == 2 and not any(t.showlegend for t in many.data)
    assert {p[0]: t.marker.symbol for t in many.data for p in t.customdata}[15] == "x"


def test_copies_on_the_map_share_a_colour(faces: Evaluation, dataset: FaceDataset) -> None:
    pictures = np.random.default_rng(0).integers(0, 255, (12, 48, 48, 1), dtype=np.uint8)
    pictures[5], pictures[9] = pictures[3], pictures[3][:, ::-1]
    colouring = colours.colouring(faces, dataclasses.replace(dataset, images=pictures), "copies")
    assert colouring.names is not None
    assert [colouring.names[i] for i in (1, 3, 7)] == ["copies of row 103"] * 3
    assert set(colouring.names) == {"copies of row 103", colours.ALONE}


def test_the_face_under_the_mouse_is_the_right_tile(faces: Evaluation, dataset: FaceDataset) -> None:
    hover = colours.hover(faces, dataset)
    coded = np.frombuffer(hover["sprite"], np.uint8)
    picture = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
    tile, columns = hover["tile"], hover["columns"]
    for i, position in enumerate(hover["positions"]):
        y, x = (tile * k for k in divmod(i, columns))
        assert abs(float(picture[y : y + tile, x : x + tile].mean()) - 10 * position) < 3
    assert hover["sure"] == [73] * 10 and hover["rows"][0] == 102


def test_two_splits_keep_positions_and_two_sets_do_not(faces: Evaluation, dataset: FaceDataset) -> None:
    first, rest = faces.take(np.arange(4)), faces.take(np.arange(4, 10))
    same, both = joint_model.joined(first, dataset, dataset, rest, ("steps", "steps"))
    assert same is dataset and both.n == 10
    np.testing.assert_array_equal(both.positions, faces.positions)
    colour = np.repeat(dataset.images, 3, axis=3)
    other = dataclasses.replace(dataset, images=np.repeat(np.repeat(colour, 2, axis=1), 2, axis=2))
    joint, both = joint_model.joined(first, dataset, other, rest, ("steps", "large"))
    np.testing.assert_array_equal(both.positions, np.arange(10))
    assert joint.images.shape == (10, 48, 48, 1)
    np.testing.assert_array_equal(joint.images[:, 0, 0, 0], dataset.images[2:, 0, 0, 0])
    assert joint_model.origin(joint, "x", 9) == ("large", 11)
    assert joint_model.origin(dataset, "steps", 9) == ("steps", 9)
    assert colours.colouring(both, joint, "set").names == ("steps",) * 4 + ("large",) * 6
    assert set(colours.colouring(both, joint, "split").names or ()) == {"steps, all", "large, all"}
    with pytest.raises(UserError, match="same classes"):
        joint_model.joined(first, dataset, other, dataclasses.replace(rest, classes=("a", "b")), ("a", "b"))


def test_a_circle_lights_the_faces_most_alike_on_the_other_map(faces: Evaluation, dataset: FaceDataset) -> None:
    here, far = faces.take(np.arange(0, 10, 2)), faces.take(np.arange(1, 10, 2))
    near = (dataset, here, np.array([0, 4]))
    similar = joint_model.alike(None, maps.MapSettings(), near, (dataset, far))  # type: ignore[arg-type]
    assert similar[0] == 0 and similar[-1] in (3, 4) and len(similar) == 2
    assert not len(joint_model.alike(None, maps.MapSettings(), (dataset, here, near[2][:0]), (dataset, far)))  # type: ignore[arg-type]


def test_the_network_of_the_built_in_faces_brings_its_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FER_CHECKPOINTS", str(ROOT / "checkpoints"))
    grown = epochs.grown_runs()["fcsdnet-synthetic"]
    assert grown.epochs == tuple(range(1, 11)) and grown.data.startswith("synthetic") and len(grown.classes) == 7
    assert "second training" in grown.note
    first, last = (read_epoch(grown.folder, epoch) for epoch in (1, 10))
    right = [float((each.logits.argmax(1) == each.targets).mean()) for each in (first, last)]
    assert right[1] > right[0] + 0.3
