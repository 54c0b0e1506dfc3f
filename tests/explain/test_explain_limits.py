"""Maps of nothing, values just at a limit, and reference maps by hand."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from fer_models.errors import UserError
from fer_models.evaluation.intervals import Estimate
from fer_models.explain import Attribution
from fer_models.explain.cam.full_grad import _added, _per_picture, _spread
from fer_models.explain.cam.grad_cam_pp import GradCAMPlusPlus
from fer_models.explain.cam.xgrad_cam import XGradCAM
from fer_models.explain.face_parts.action_units import unit_agreement, unit_areas
from fer_models.explain.face_parts.regions import (
    EYES,
    MOST_TILT,
    MOUTH_CORNERS,
    NOSE,
    background_alarm,
    ellipse,
    region_masks,
    template_grid,
    turned_away,
)
from fer_models.explain.faithfulness.infidelity import _squares
from fer_models.explain.faithfulness.references import centred_gaussian, edge_detector
from fer_models.explain.faithfulness.road import _harmonic, impute
from fer_models.explain.faithfulness.similarity import rank_correlation, structural_similarity, unit_span
from fer_models.explain.gradients.integrated_gradients import ENOUGH, _next_steps
from fer_models.explain.gradients.lrp import _shared
from fer_models.explain.gradients.smooth_grad import _agreement
from fer_models.explain.own_attention.maps import AttentionMap
from fer_models.explain.perturbation.rise import _masks
from fer_models.explain.sets import table
from fer_models.explain.sets.loose_images import loose_pictures
from fer_models.explain.sets.mean_maps import MapMeans, mean_face
from fer_models.explain.target import _indices
from fer_models.explain.trust.class_names import _ORDERS, _orders, orders_of_names
from fer_models.explain.trust.standing import FIXED, Standing
from fer_models.labels import FER7

#: Of regions and action units on a crop of 200 x 200: thousandths of its area, and the mean row and column.
AREAS = {
    "eyes": 41,
    "brows": 48,
    "mouth": 80,
    "nose": 50,
    "forehead": 175,
    "chin": 64,
    "cheeks": 287,
    "background": 255,
}
MIDDLES = {
    "eyes": [77, 98],
    "brows": [54, 98],
    "mouth": [153, 96],
    "nose": [103, 95],
    "forehead": [32, 98],
    "chin": [185, 97],
    "cheeks": [117, 98],
    "background": [100, 105],
}
UNITS = {
    "AU01": 118,
    "AU02": 104,
    "AU04": 223,
    "AU05": 41,
    "AU06": 211,
    "AU07": 41,
    "AU09": 179,
    "AU12": 245,
    "AU15": 80,
    "AU16": 80,
    "AU20": 80,
    "AU23": 80,
    "AU26": 80,
    "R12": 31,
    "R14": 31,
}


def attribution(values, cells=None):
    values = np.asarray(values, np.float32)
    return Attribution(values, "saliency", None, None, "logit", np.zeros(len(values), int), 0.0, cells=cells)


def test_a_map_of_nothing_stays_nothing():
    maps = attribution(np.stack([np.zeros((2, 2)), -np.ones((2, 2)), [[4, -8], [2, 0]]]))
    assert maps.has_positive.tolist() == [False, False, True]
    assert maps.heatmap().tolist() == [[[0, 0], [0, 0]], [[0, 0], [0, 0]], [[1, 0], [0.5, 0]]]
    assert maps.signed_heatmap().tolist() == [[[0, 0], [0, 0]], [[-1, -1], [-1, -1]], [[0.5, -1], [0.25, 0]]]
    np.testing.assert_array_equal(unit_span(maps.values), maps.signed_heatmap())
    np.testing.assert_array_equal(rank_correlation(maps.values[:1], maps.values[2:]), [0])


def test_weights_of_gradients_by_hand():
    """Grad-CAM++ at A = 1, g = 1 on one pixel: 1 / (2 + 1) A; no weight where the denominator or the sum is zero."""
    one = torch.ones(1, 1, 1, 1)
    assert GradCAMPlusPlus().combine(one, one).item() == pytest.approx(1 / 3)
    assert GradCAMPlusPlus().combine(2 * one, 3 * one).item() == pytest.approx(3 * 2 / (2 + 6))
    assert GradCAMPlusPlus().combine(one, -one).item() == 0
    assert GradCAMPlusPlus().combine(-2 * one, one).item() == pytest.approx(-2e6)
    maps = torch.tensor([[[[1.0, 3.0]], [[2.0, -2.0]]]])
    gradients = torch.tensor([[[[2.0, 1.0]], [[5.0, 1.0]]]])
    weight = (2 * 1 + 1 * 3) / 4
    np.testing.assert_allclose(XGradCAM().combine(maps, gradients)[0], [[weight, 3 * weight]])


def test_terms_of_layers_that_stack_windows_belong_to_their_image():
    """Two images: rows of a term are theirs, or their windows in turn, or the columns are where there are two."""
    term = torch.arange(6.0).reshape(3, 2)
    assert _per_picture(term, 2).tolist() == [0 + 2 + 4, 1 + 3 + 5]
    assert _per_picture(term[:2], 2).tolist() == [1, 5]
    assert _per_picture(torch.arange(12.0).reshape(4, 3), 2).tolist() == [15, 51]
    cells = torch.tensor([[[1.0, 3.0], [5.0, 7.0]]])
    for size in ((4, 4), (2, 2), (6, 4)):
        spread = _spread(cells, 1, size, "nearest")
        assert spread.shape == (1, *size) and spread.sum().item() == pytest.approx(16)
    windows = _spread(torch.ones(4, 2, 2), 2, (4, 4), "nearest")
    np.testing.assert_allclose(windows, np.full((2, 4, 4), 8 / 16))
    norm = torch.nn.BatchNorm2d(1)
    norm.running_mean[:], norm.running_var[:] = 3.0, 4.0 - norm.eps
    with torch.no_grad():
        norm.weight[:], norm.bias[:] = 2.0, 1.0
    assert _added(norm).item() == pytest.approx(1 - 3 * 2 / 2)
    assert _added(torch.nn.BatchNorm2d(1, track_running_stats=False)) is None
    assert _added(torch.nn.Conv2d(1, 1, 1, bias=False)) is None and _added(torch.nn.ReLU()) is None
    assert _added(torch.nn.BatchNorm2d(1, affine=False)).item() == 0


def test_the_template_follows_its_ellipses():
    """The centre of each ellipse, and what lies just inside and just outside along each axis."""
    for centre, radii in (((0.5, 0.25), (0.25, 0.125)), ((0.25, 0.5), (0.5, 0.25))):
        for way in (1, -1):
            for scale in (1.0, 1.01):
                x = np.array([centre[0] + way * scale * radii[0], centre[0]])
                y = np.array([centre[1], centre[1] + way * scale * radii[1]])
                assert ellipse(x, y, centre, radii).tolist() == [scale == 1] * 2
    x, y = template_grid((2, 4))
    assert x[0].tolist() == [0.125, 0.375, 0.625, 0.875] and y[:, 0].tolist() == [0.25, 0.75]


def test_the_template_stays_as_it_is():
    """Shares of published tables hang on these areas, in tenths of a per cent of a crop of 200 x 200."""
    areas = {name: round(1000 * float(mask.mean())) for name, mask in region_masks(200).items()}
    assert areas == AREAS
    middles = {name: np.argwhere(mask).mean(0).round().astype(int).tolist() for name, mask in region_masks(200).items()}
    assert middles == MIDDLES
    units = {name: round(1000 * float(mask.mean())) for name, mask in unit_areas(200).items()}
    assert units == UNITS


def test_a_background_with_just_its_share_is_no_alarm():
    masks = {"background": np.array([[True, False], [False, False]])}
    shares = {"background": np.array([0.25, 0.26, np.nan, 0.24])}
    assert background_alarm(shares, masks).tolist() == [False, True, False, False]


def turned(**changes):
    points = {"left": EYES[0], "right": EYES[1], "nose": NOSE, "first": MOUTH_CORNERS[0], "second": MOUTH_CORNERS[1]}
    return turned_away(tuple((points | changes).values()))


def test_a_head_is_turned_away_beyond_its_limits():
    assert turned() is None
    assert turned(left=(0.5, 0.4), right=(0.519, 0.4)) == "the head is in profile"
    for place, said in ((0.151, False), (0.149, True), (0.849, False), (0.851, True)):
        nose = (0.25 + 0.5 * place, 0.6)
        assert ("turned too far" in str(turned(left=(0.25, 0.4), right=(0.75, 0.4), nose=nose))) is said
    for degrees in (MOST_TILT - 0.5, -MOST_TILT + 0.5, MOST_TILT + 0.5, -MOST_TILT - 0.5):
        along = 0.3 * np.exp(1j * np.radians(degrees))
        right, nose = 0.3 + 0.4j + along, 0.3 + 0.4j + along / 2
        said = turned(left=(0.3, 0.4), right=(right.real, right.imag), nose=(nose.real, nose.imag))
        assert ("is tilted by" in str(said)) is (abs(degrees) > MOST_TILT)
    for part, beyond in ((-0.02, False), (-0.021, True), (1.02, False), (1.021, True)):
        for second in ((part, 0.75), (0.63, part)):
            assert ("beyond the edge" in str(turned(second=second))) is beyond
    with pytest.raises(UserError, match="span"):
        template_grid(8, [(0.5, 0.5)] * 5)


def test_agreement_wants_relevance_and_units():
    areas = {"AU1": np.array([[True, True], [False, False]]), "AU2": np.array([[True, False], [False, False]])}
    maps = attribution([[[3.0, 1.0], [0.0, 0.0]], [[0.0, -1.0], [0.0, 0.0]], [[1.0, 0.0], [2.0, 5.0]]])
    found = unit_agreement(maps, FER7, areas, [("AU1", "AU2")] * 3)
    np.testing.assert_allclose(found["mass"], [1, np.nan, 1 / 8])
    np.testing.assert_allclose(found["cosine"], [7 / math.sqrt(10 * 5), np.nan, 2 / math.sqrt(30 * 5)])
    np.testing.assert_allclose(found["area"], [0.5, np.nan, 0.5])
    np.testing.assert_allclose(found["rank"], [1, np.nan, 0])
    nothing = unit_agreement(maps, FER7, {"AU1": np.zeros((2, 2), bool)}, [("AU1",), (), ("AU1",)])
    assert np.isnan(nothing["mass"]).all()


def test_squares_lie_in_the_image_and_have_a_twelfth_to_a_third_of_its_side():
    masks = _squares(300, (24, 36), 0).numpy()
    rows, columns = masks.any(2).sum(1), masks.any(1).sum(1)
    np.testing.assert_array_equal(rows, columns)
    np.testing.assert_array_equal(rows * columns, masks.sum((1, 2)))
    assert (rows.min(), rows.max()) == (2, 8)
    for edge in (masks[:, 0], masks[:, -1], masks[:, :, 0], masks[:, :, -1]):
        assert edge.any(), "they reach the edge"


def test_missing_pixels_are_the_mean_of_their_neighbours():
    """One in the middle: a sixth of each direct and a twelfth of each diagonal neighbour; in a corner two fifths."""
    image = np.arange(9.0).reshape(1, 3, 3) ** 2
    gone = np.zeros((3, 3), bool)
    gone[1, 1] = True
    direct, diagonal = image[0, [0, 1, 1, 2], [1, 0, 2, 1]].sum(), image[0, [0, 0, 2, 2], [0, 2, 0, 2]].sum()
    np.testing.assert_allclose(_harmonic(image, gone), [[direct / 6 + diagonal / 12]])
    corner = np.roll(gone, (1, 1), (0, 1))
    np.testing.assert_allclose(
        _harmonic(image, corner), [[(image[0, 2, 1] + image[0, 1, 2] + image[0, 1, 1] / 2) / 2.5]]
    )
    plane = np.add.outer(np.arange(7.0), 2 * np.arange(7.0))[None]  # harmonic already
    hole = np.zeros((7, 7), bool)
    hole[2:5, 2:4] = True
    np.testing.assert_allclose(_harmonic(plane, hole), plane[:, hole], atol=1e-9)
    batch = torch.from_numpy(plane[None]).float()
    filled = impute(batch, torch.from_numpy(hole)[None], 0.0, torch.Generator())
    torch.testing.assert_close(filled, batch)
    noisy = impute(batch, torch.from_numpy(hole)[None], 0.5, torch.Generator().manual_seed(0)) - batch
    assert not noisy[0, 0][torch.from_numpy(~hole)].any() and 0.1 < noisy[0, 0][torch.from_numpy(hole)].std() < 1


def test_similarity_of_even_maps_and_of_small_ones():
    """Of two even maps only the term of brightness counts: (2 a b + c) / (a^2 + b^2 + c), c = (0.01 span)^2."""
    a, b = np.full((1, 3, 4), 0.2), np.full((1, 3, 4), 0.6)
    for span in (1.0, 2.0):
        c = (0.01 * span) ** 2
        expected = (2 * 0.12 + c) / (0.04 + 0.36 + c)
        assert structural_similarity(a, b, span)[0] == pytest.approx(expected)
    assert structural_similarity(a, a)[0] == pytest.approx(1)
    one = np.random.default_rng(0).normal(size=(1, 1, 1))
    assert structural_similarity(one, one)[0] == pytest.approx(1)
    for wrong in (0.0, -1.0):
        with pytest.raises(UserError, match="span"):
            structural_similarity(a, b, wrong)
    with pytest.raises(UserError, match="Maps to compare"):
        structural_similarity(a, b[:, :2])
    with pytest.raises(UserError, match="Maps to compare"):
        structural_similarity(a[0], b[0])


def test_a_similarity_is_that_of_scikit_image():
    """Its formula on one window: means, variances and covariance under the Gaussian weights."""
    rng = np.random.default_rng(1)
    a, b = rng.random((2, 1, 11, 11))
    steps = np.arange(-5, 6)
    weight = np.exp(-(steps**2) / (2 * 1.5**2))
    weight = np.outer(weight, weight) / weight.sum() ** 2
    ma, mb = (weight * a).sum(), (weight * b).sum()
    va, vb, cov = (weight * a * a).sum() - ma**2, (weight * b * b).sum() - mb**2, (weight * a * b).sum() - ma * mb
    c1, c2 = 0.02**2, 0.06**2
    expected = (2 * ma * mb + c1) * (2 * cov + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2))
    assert structural_similarity(a, b)[0] == pytest.approx(expected)


def test_reference_maps_by_hand():
    trial = SimpleNamespace(
        attribution=SimpleNamespace(values=np.zeros((2, 3, 5))),
        batch=torch.linspace(0, 5, 21).repeat(2, 1, 21, 1),
    )
    blob = centred_gaussian(trial)
    assert blob.shape == (2, 3, 5) and blob[0, 1, 2] == 1
    assert blob[0, 0, 2] == pytest.approx(math.exp(-2)) and blob[0, 1, 3] == pytest.approx(math.exp(-0.5))
    assert blob[0, 0, 0] == pytest.approx(math.exp(-4))
    edges = edge_detector(trial)  # a ramp of a quarter a pixel, and Sobel's weights are 8 times that
    assert edges.shape == (2, 21, 21)
    np.testing.assert_allclose(edges[:, :, 8:13], 2, rtol=1e-3)
    np.testing.assert_allclose(edges, edges[:, :, ::-1], rtol=1e-4)
    upright = edge_detector(SimpleNamespace(batch=trial.batch.transpose(2, 3)))
    np.testing.assert_allclose(upright, edges.transpose(0, 2, 1), rtol=1e-4)


def test_steps_of_integrated_gradients_grow_with_the_error():
    error = ENOUGH * torch.tensor([0.5, 1.0, 1.5, 3.0, 9.0, 1e9])
    assert _next_steps(error, 32, 256).tolist() == [0, 0, 64, 128, 256, 256]
    assert _next_steps(error, 256, 256).tolist() == [0] * 6
    assert _next_steps(error[2:3], 200, 256).tolist() == [256]


def test_relevance_is_shared_without_a_division_by_zero():
    for p, z, epsilon, slope in (
        (2.0, 3.0, 1.0, 1.0),
        (-2.0, 3.0, 1.0, -1.0),
        (0.0, 3.0, 0.5, 6.0),
        (0.0, 3.0, 0.0, 0.0),
    ):
        part = torch.tensor([p], requires_grad=True)
        value = _shared(torch.tensor([z]), part, epsilon)
        assert value.item() == z
        value.backward()
        assert part.grad.item() == pytest.approx(slope)


def test_agreement_of_halves_by_spearman_and_brown():
    a = torch.tensor([[[1.0, 2.0, 3.0]]])
    assert _agreement(a, a).item() == pytest.approx(1)
    assert _agreement(a, -a).item() == 0
    assert _agreement(a, torch.tensor([[[1.0, 3.0, 2.0]]])).item() == pytest.approx(2 * 0.5 / 1.5)
    assert _agreement(torch.ones(1, 1, 3), torch.ones(1, 1, 3)).item() == 1, "two even maps are the same"


def test_masks_of_rise_show_a_share_of_the_image():
    for size in ((12, 18), (7, 7)):
        masks = _masks(400, 3, 0.3, size, torch.Generator().manual_seed(0))
        assert masks.shape == (400, 1, *size) and masks.min() >= 0 and masks.max() <= 1
        torch.testing.assert_close(masks.mean(0)[0], torch.full(size, 0.3), atol=0.09, rtol=0)


def test_a_query_lies_on_its_grid():
    weights = np.arange(2 * 6 * 6, dtype=np.float32).reshape(2, 6, 6)
    whole = AttentionMap("tokens", "tokens", "tokens", weights, np.zeros((2, 2, 3), np.float32), query_grid=(2, 3))
    np.testing.assert_array_equal(whole.query(1, 2), weights[:, 5].reshape(2, 2, 3))
    np.testing.assert_array_equal(whole.query(0, 1), weights[:, 1].reshape(2, 2, 3))
    for outside in ((-1, 0), (2, 0), (0, -1), (0, 3)):
        with pytest.raises(UserError, match="outside"):
            whole.query(*outside)
    parts = np.arange(4 * 4 * 4, dtype=np.float32).reshape(1, 4, 4, 4) + 1  # four windows of 2 x 2
    windows = AttentionMap("w", "tokens", "tokens", parts, np.zeros((1, 4, 4), np.float32), query_grid=(4, 4))
    for row, column in ((0, 0), (1, 2), (3, 1), (2, 3)):
        seen = windows.query(row, column)[0]
        top, left = row // 2 * 2, column // 2 * 2
        own = parts[0, row // 2 * 2 + column // 2, row % 2 * 2 + column % 2]
        np.testing.assert_array_equal(seen[top : top + 2, left : left + 2], own.reshape(2, 2))
        assert np.count_nonzero(seen) == 4


def test_mean_maps_leave_out_what_has_no_group_or_is_empty():
    means = MapMeans(2, (1, 2))
    means.add(np.array([[[1.0, 3.0]], [[3.0, 5.0]], [[0.0, 0.0]], [[9.0, 9.0]]]), np.array([0, 0, 0, -1]))
    result = means.result()
    assert result.counts.tolist() == [2, 0] and result.maps.tolist() == [[[2, 4]], [[0, 0]]]
    images = np.array([0, 10, 20], np.uint8).reshape(3, 1, 1, 1)
    assert mean_face(images, [2, 1]).item() == 15 and mean_face(images, []).item() == 128


@pytest.mark.parametrize(
    ("low", "high", "alarm", "words"),
    [
        (0.31, 0.5, True, "more than a map"),
        (0.3, 0.5, False, "about its share"),
        (0.1, 0.3, False, "about its share"),
        (0.1, 0.29, False, "less than its share"),
    ],
)
def test_a_background_is_judged_by_its_interval(monkeypatch, low, high, alarm, words):
    region = SimpleNamespace(name="background", share=Estimate(0.3, low, high), area=0.3)
    monkeypatch.setattr(table, "region_shares", lambda explained: [region])
    found = table.background(SimpleNamespace(alarm=np.array([True, False])))
    assert found[0] is alarm and words in found[1] and "in 50.0 % of the images" in found[1]


def test_classes_are_numbers_from_zero_to_the_last():
    predicted = torch.tensor([2, 0])
    assert _indices(2, "abc", predicted).tolist() == [2, 2] and _indices(0, "abc", predicted).tolist() == [0, 0]
    for wrong in (3, -1, 0.5, "z", [0, 1, 2]):
        with pytest.raises(UserError):
            _indices(wrong, ["a", "b", "c"], predicted)


def test_orders_of_names_are_all_or_a_sample_with_the_true_one_first():
    assert len(_orders(5)) == 120 and _orders(5)[0].tolist() == [0, 1, 2, 3, 4]
    assert len(_orders(7)) == 5040 == _ORDERS and len(np.unique(_orders(7), axis=0)) == 5040
    assert _orders(8).shape == (_ORDERS, 8) and _orders(8)[0].tolist() == list(range(8))
    assert orders_of_names(FER7) == 5040 and orders_of_names(FER7[:5]) == 120 and orders_of_names(FER7[:4]) == 0


def test_a_map_beats_what_has_a_smaller_gap_only():
    """Straight lines: insertion less deletion in the middle is the gap of each."""

    def curves(*middles):
        return np.array([[0.0, m, 1.0] for m in middles])

    gaps = [0.6, 0.6, 0.5, *np.zeros(20)]
    found = Standing("mean", np.array([0, 0.5, 1]), curves(*gaps), curves(*(-gap for gap in gaps)))
    assert found.beats == (FIXED[1],)


def test_loose_pictures_are_files_that_are_images(tmp_path):
    (tmp_path / "folder.png").mkdir()
    for name in ("b.png", "a.jpg", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in loose_pictures(tmp_path)] == ["a.jpg", "b.png"]
    assert loose_pictures(tmp_path / "notes.txt") == []
