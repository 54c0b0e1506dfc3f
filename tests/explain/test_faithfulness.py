"""Tests of heatmaps against networks and maps whose answer is known."""

import re
import threading
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from fer_models.errors import UserError
from fer_models.explain import Attribution, explain
from fer_models.explain.baselines import baseline_picture
from fer_models.explain.faithfulness import FAITHFULNESS, REFERENCES, Trial, measure, measure_with_references
from fer_models.explain.faithfulness.base import many_maps
from fer_models.explain.faithfulness.parameter_randomisation import cascade
from fer_models.explain.faithfulness.removal import removal_curve
from fer_models.explain.faithfulness.road import impute
from fer_models.explain.faithfulness.similarity import rank_correlation, structural_similarity
from fer_models.preprocess import Preprocess

METRIC_FILES = (Path(__file__).parents[2] / "fer_models" / "explain" / "faithfulness").glob("*.py")


def corner_logit(x):
    return x[:, :, :4, :4].sum((1, 2, 3)) / 10


class Corner(nn.Module):
    """Two classes; the first logit is a tenth of the sum of the upper left 4 x 4 pixels, the second is zero."""

    def forward(self, x):
        first = corner_logit(x)
        return torch.stack([first, torch.zeros_like(first)], 1)


@pytest.fixture()
def corner():
    @contextmanager
    def exclusive():
        yield model

    model = Corner()
    settings = SimpleNamespace(preprocess=Preprocess())
    return SimpleNamespace(
        model=model, classes=("corner", "other"), lock=threading.RLock(), exclusive=exclusive, checkpoint=settings
    )


@pytest.fixture(scope="module")
def pictures():
    x = torch.rand(3, 1, 12, 12, generator=torch.Generator().manual_seed(0)) * 0.4
    x[:, :, :4, :4] += 0.5
    return x


@pytest.fixture(scope="module")
def masks():
    where = np.zeros((3, 12, 12), bool)
    where[:, :4, :4] = True
    return where


def attribution(values, target=0, of="logit", method="saliency"):
    values = np.asarray(values, np.float32)
    return Attribution(values, method, None, None, of, np.full(len(values), target), 0.0)


@pytest.fixture(scope="module")
def truth(pictures, masks):
    return attribution(masks * pictures[:, 0].numpy())


@pytest.fixture(scope="module")
def inverse(truth, masks):
    return attribution(np.where(masks, 0, 1.0))


def test_the_list_is_complete_and_described():
    written = [key for file in METRIC_FILES for key in re.findall(r'register_metric\("(\w+)"\)', file.read_text())]
    assert len(written) >= 14
    assert sorted(written) == list(FAITHFULNESS)
    for key, metric in FAITHFULNESS.items():
        assert metric.key == key
        assert metric.direction in ("higher", "lower")
        assert metric.title
        assert metric.summary.endswith(".")
        assert metric.paper
        assert "Source:" in (metric.__doc__ or "")


@pytest.mark.parametrize(
    "metric", ["deletion", "insertion", "road", "average_drop", "relevance_mass", "relevance_rank", "pointing_game"]
)
def test_the_true_map_beats_its_inverse(metric, corner, pictures, masks, truth, inverse):
    good = measure(corner, pictures, truth, metric, masks)
    bad = measure(corner, pictures, inverse, metric, masks)
    assert good.shape == (3,)
    better = good > bad if FAITHFULNESS[metric].direction == "higher" else good < bad
    assert better.all()
    np.testing.assert_array_equal(good, measure(corner, pictures, truth, metric, masks))


def test_deletion_by_hand(corner, pictures, truth):
    curve = removal_curve(Trial(corner, pictures, truth), steps=9, baseline="black")
    # 144 pixels in 9 steps of 16: after the first step the whole corner is black.
    p, gone = torch.sigmoid(corner_logit(pictures)), torch.sigmoid(torch.tensor(-1.6))
    np.testing.assert_allclose(curve.score[0], p, rtol=1e-6)
    np.testing.assert_allclose(curve.score[1:], gone, rtol=1e-5)
    np.testing.assert_allclose(curve.area, (p + gone) / 2 / 9 + gone * 8 / 9, rtol=1e-5)


def test_insertion_starts_empty_and_ends_with_the_picture(corner, pictures, truth):
    trial = Trial(corner, pictures, truth)
    for baseline in ("black", "mean", "blurred"):
        curve = removal_curve(trial, baseline=baseline, insert=True)
        np.testing.assert_allclose(curve.score[-1], trial.score(pictures)[0], rtol=1e-6)
        assert curve.score.shape == (21, 3)


def test_ties_are_broken_by_the_seed_and_not_by_position(pictures, corner):
    flat = Trial(corner, pictures, attribution(np.zeros((3, 12, 12))))
    first, again, other = flat.ranks(0), flat.ranks(0), flat.ranks(1)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert sorted(first[0].flatten().tolist()) == list(range(144))
    # The first tenth of an empty map is spread over the picture, not a stripe at its top.
    assert (first[0] < 15).any(1).sum() > 5


def test_road_is_half_the_mean_gap_by_hand(corner, pictures, truth):
    trial = Trial(corner, pictures, truth)
    ranks, shares = trial.ranks(0), (0.25, 0.5)
    gaps = []
    for share in shares:
        kept, lost = (
            trial.score(impute(pictures, gone, 0.0, torch.Generator()))[0]
            for gone in (ranks >= 144 - 144 * share, ranks < 144 * share)
        )
        gaps.append(np.asarray(kept - lost))
    np.testing.assert_allclose(measure(corner, pictures, truth, "road", shares=shares, noise=0.0), np.mean(gaps, 0) / 2)
    for wrong in ((), (0.0, 0.5), (0.5, 1.0)):
        with pytest.raises(UserError, match="between 0 and 1"):
            measure(corner, pictures, truth, "road", shares=wrong)


def test_imputation_solves_its_equation_and_keeps_the_rest():
    x = torch.rand(1, 2, 9, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    gone = torch.zeros(1, 9, 9, dtype=torch.bool)
    gone[0, 2:6, 3:8] = True
    filled = impute(x, gone, 0.0, torch.Generator())
    torch.testing.assert_close(filled[:, :, ~gone[0]], x[:, :, ~gone[0]])
    kernel = torch.tensor([[1, 2, 1], [2, 0, 2], [1, 2, 1]], dtype=torch.float64) / 12
    mean = nn.functional.conv2d(filled.transpose(0, 1), kernel[None, None], padding=1).transpose(0, 1)
    torch.testing.assert_close(filled[:, :, gone[0]], mean[:, :, gone[0]])
    slope = torch.linspace(0, 1, 9, dtype=torch.float64).expand(1, 1, 9, 9)
    torch.testing.assert_close(impute(slope, gone, 0.0, torch.Generator()), slope)  # a ramp is its own neighbours' mean


def test_drop_and_increase_by_hand(corner, pictures, masks):
    everything = attribution(np.ones((3, 12, 12)))
    assert measure(corner, pictures, everything, "average_drop").tolist() == [0, 0, 0]
    assert measure(corner, pictures, everything, "average_increase").tolist() == [0, 0, 0]
    nothing = attribution(np.zeros((3, 12, 12)))
    p, black = torch.sigmoid(corner_logit(pictures)), torch.sigmoid(torch.tensor(-1.6))
    np.testing.assert_allclose(measure(corner, pictures, nothing, "average_drop"), (p - black) / p, rtol=1e-5)
    # For the other class the black corner is what convinces.
    other = attribution(np.zeros((3, 12, 12)), target=1)
    assert measure(corner, pictures, other, "average_increase").tolist() == [1, 1, 1]
    assert measure(corner, pictures, other, "average_drop").tolist() == [0, 0, 0]


def test_infidelity_is_zero_for_what_covering_a_linear_score_costs_at_any_scale(corner, pictures, masks):
    lost = masks * (pictures - baseline_picture(pictures, "blurred", -1.0))[:, 0].numpy()
    for scale in (1.0, 7.0):
        np.testing.assert_allclose(measure(corner, pictures, attribution(scale * lost), "infidelity"), 0, atol=1e-9)
    np.testing.assert_allclose(measure(corner, pictures, attribution(np.zeros((3, 12, 12))), "infidelity"), 1)
    assert (measure(corner, pictures, attribution(1.0 - masks), "infidelity") > 0.5).all()


def test_infidelity_sees_the_sign_and_gives_noise_no_credit(corner, pictures, masks):
    """With the scale fitted on the squares that measure, and of any sign, a map and its negative got the same."""
    lost = masks * (pictures - baseline_picture(pictures, "blurred", -1.0))[:, 0].numpy()
    np.testing.assert_allclose(measure(corner, pictures, attribution(-lost), "infidelity"), 1)
    draw = np.random.default_rng(0)
    noise = [measure(corner, pictures, attribution(draw.normal(size=(3, 12, 12))), "infidelity") for _ in range(20)]
    assert np.mean(noise) >= 0.99


def test_infidelity_by_hand(tiny, tiny_batch):
    from fer_models.explain.faithfulness.infidelity import _squares

    result = explain(tiny, tiny_batch, "input_x_gradient", 1)
    squares = _squares(40, (12, 12), 0)
    sides = squares.sum(2).amax(1)
    assert torch.equal(squares.sum((1, 2)), sides**2) and sides.min() >= 1 and sides.max() == 4
    empty = baseline_picture(tiny_batch, "blurred", -1.0)
    for b in range(3):
        with torch.no_grad():
            covered = torch.where(squares[:, None], empty[b], tiny_batch[b])
            gain = (tiny.model(tiny_batch[b : b + 1]) - tiny.model(covered))[:, 1].numpy()
        forecast = (squares.numpy() * result.values[b]).sum((1, 2))
        scale = max(0, (forecast[:20] * gain[:20]).sum() / (forecast[:20] ** 2).sum())
        expected = ((scale * forecast[20:] - gain[20:]) ** 2).mean() / (gain[20:] ** 2).mean()
        assert measure(tiny, tiny_batch, result, "infidelity", samples=40)[b] == pytest.approx(expected, rel=1e-6)
    one = Trial(tiny, tiny_batch[:1], result.one(0))
    many = FAITHFULNESS["infidelity"]().measure(many_maps(one, np.concatenate([result.values[:1], result.values[1:2]])))
    assert many[0] == pytest.approx(measure(tiny, tiny_batch[:1], result.one(0), "infidelity")[0], rel=1e-6)


def test_max_sensitivity_equals_captum_and_is_zero_for_a_linear_network(corner, tiny, tiny_batch):
    from captum.metrics import sensitivity_max

    result = explain(tiny, tiny_batch, "saliency", 1)
    drawn = torch.Generator().manual_seed(0)
    steps = torch.stack([0.02 * (2 * torch.rand((1, 12, 12), generator=drawn) - 1) for _ in range(10)]).double()

    def one_by_one(inputs):
        rows = inputs[0].split(1)
        return (torch.from_numpy(np.concatenate([explain(tiny, row, "saliency", 1).values for row in rows])),)

    def perturb(inputs, radius):  # captum repeats each picture 10 times in a row
        x = inputs[0] if isinstance(inputs, tuple) else inputs
        return (x + steps.repeat(3, 1, 1, 1),)

    expected = sensitivity_max(one_by_one, tiny_batch, perturb_func=perturb, n_perturb_samples=10)
    ours = measure(tiny, tiny_batch, result, "max_sensitivity")
    np.testing.assert_allclose(ours, expected.numpy(), rtol=1e-5)
    tiny.model.body[2], tiny.model.body[4] = nn.Identity(), nn.Identity()
    flat = explain(tiny, tiny_batch, "saliency", 1)
    np.testing.assert_allclose(measure(tiny, tiny_batch, flat, "max_sensitivity", samples=1), 0, atol=1e-6)


def test_sparseness_and_complexity_have_their_extremes(corner, pictures):
    single_pixel = np.zeros((3, 12, 12))
    single_pixel[:, 3, 5] = -2
    assert measure(corner, pictures, attribution(single_pixel), "sparseness").tolist() == pytest.approx([143 / 144] * 3)
    assert measure(corner, pictures, attribution(single_pixel), "complexity").tolist() == [0, 0, 0]
    even = attribution(np.full((3, 12, 12), 0.3))
    assert measure(corner, pictures, even, "sparseness").tolist() == pytest.approx([0] * 3, abs=1e-9)
    assert measure(corner, pictures, even, "complexity").tolist() == pytest.approx([np.log(144)] * 3)
    for metric in ("sparseness", "complexity"):
        assert np.isnan(measure(corner, pictures, attribution(np.zeros((3, 12, 12))), metric)).all()


def test_places_by_hand(corner, pictures, masks):
    values = np.zeros((3, 12, 12))
    values[0, 0, 0], values[0, 8, 8] = 3, 1  # the peak and three quarters inside
    values[1, 0, 0], values[1, 8, 8] = 1, 3
    values[2] = -1  # nothing positive
    result = attribution(values)
    assert measure(corner, pictures, result, "pointing_game", masks).tolist() == [1, 0, 0]
    mass = measure(corner, pictures, result, "relevance_mass", masks)
    assert mass[:2].tolist() == [0.75, 0.25]
    assert np.isnan(mass[2])
    graded = attribution(np.where(masks, 2.0, 1.0))
    assert measure(corner, pictures, graded, "relevance_rank", masks).tolist() == [1, 1, 1]
    with pytest.raises(UserError, match="masks"):
        measure(corner, pictures, result, "relevance_mass")
    with pytest.raises(UserError, match="must be"):
        measure(corner, pictures, result, "relevance_mass", masks[:2])


def test_shuffling_the_network_changes_a_map_that_depends_on_it(classifier, batch):
    before = {name: value.clone() for name, value in classifier.model.state_dict().items()}
    steps: list[float] = []
    result = explain(classifier, batch, "saliency", 1)
    randomised = cascade(classifier, batch, result, steps=4, progress=lambda share, message: steps.append(share))
    assert randomised.correlation.shape == randomised.ssim.shape == (4, 4)
    assert randomised.maps.shape == (4, 4, 48, 48)
    assert randomised.layers[-1] == "Stem (convolution)"
    assert steps == [0.25, 0.5, 0.75, 1.0]
    assert (randomised.correlation[-1] < 0.6).all()
    assert (randomised.ssim < 1).all()
    np.testing.assert_allclose(randomised.correlation[2], rank_correlation(result.values, randomised.maps[2]))
    assert all(torch.equal(value, before[name]) for name, value in classifier.model.state_dict().items())
    with pytest.raises(UserError, match="one map per image"):
        cascade(classifier, batch[:2], result)


def test_a_map_that_ignores_the_class_is_found_out(tiny, tiny_batch):
    result = explain(tiny, tiny_batch, "eigen_cam", 1)
    randomised = cascade(tiny, tiny_batch, result, steps=100)
    assert randomised.layers == ("Head (linear)", "Body, convolution 2", "Body, convolution 1")
    np.testing.assert_allclose(randomised.correlation[0], 1)
    np.testing.assert_allclose(randomised.ssim[0], 1)
    assert (randomised.correlation[1:] < 1).all()
    np.testing.assert_allclose(measure(tiny, tiny_batch, result, "random_logit"), 1)
    assert (measure(tiny, tiny_batch, explain(tiny, tiny_batch, target=1), "random_logit") < 0.999).all()


def test_reference_maps_know_nothing_of_the_network(corner, pictures, truth):
    trial = Trial(corner, pictures, truth)
    for make in REFERENCES.values():
        maps = make(trial)
        assert maps.shape == (3, 12, 12)
        assert np.isfinite(maps).all()
        assert maps.min() >= 0
        np.testing.assert_array_equal(maps, make(trial))
    blob = REFERENCES["centred Gaussian"](trial)[0]
    assert np.unravel_index(blob.argmax(), blob.shape) in [(5, 5), (5, 6), (6, 5), (6, 6)]
    stripe = torch.zeros(3, 1, 12, 12)
    stripe[:, :, :, 6:] = 1
    edges = REFERENCES["edge detector"](Trial(corner, stripe, truth))[0]
    assert set(edges.argmax(1)) <= {5, 6}


def test_references_stand_beside_the_method(corner, pictures, masks, truth):
    table = measure_with_references(corner, pictures, truth, ["deletion", "relevance_mass"], masks)
    assert set(table["deletion"]) == {"saliency", *REFERENCES}
    for name in REFERENCES:
        assert (table["relevance_mass"]["saliency"] > table["relevance_mass"][name]).all()
        assert table["deletion"]["saliency"].mean() < table["deletion"][name].mean()


def test_methods_are_not_run_again_for_maps_that_are_none(corner, pictures, truth):
    other = Trial(corner, pictures, truth).with_values(np.ones((3, 12, 12)), "random map")
    with pytest.raises(UserError, match="random map"):
        FAITHFULNESS["max_sensitivity"]().measure(other)


def test_rank_correlation_shares_ties_and_ignores_scale():
    a = np.array([[[1.0, 2.0, 2.0, 5.0]]])
    assert rank_correlation(a, np.exp(a)).tolist() == pytest.approx([1.0])
    assert rank_correlation(a, -a).tolist() == pytest.approx([-1.0])
    assert rank_correlation(a, np.zeros_like(a)).tolist() == [0.0]
    tied = np.random.default_rng(0).integers(0, 9, (2, 3, 8, 8)).astype(np.float32)
    expected = [spearmanr(one.ravel(), other.ravel()).statistic for one, other in zip(*tied, strict=True)]
    np.testing.assert_allclose(rank_correlation(*tied), expected, atol=1e-12)


@pytest.mark.parametrize(("size", "span"), [((48, 48), 2.0), ((20, 31), 1.0)])
def test_ssim_equals_scikit_image(size, span):
    metrics = pytest.importorskip("skimage.metrics")
    draw = np.random.default_rng(0)
    a = draw.random((3, *size)) * span - span / 2
    b = np.stack([a[0] + 0.1 * draw.standard_normal(size), -a[1], draw.random(size)])
    similarity = structural_similarity(a, b, span)
    for ours, x, y in zip(similarity, a, b, strict=True):
        expected = metrics.structural_similarity(
            x, y, data_range=span, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        assert ours == pytest.approx(expected, abs=1e-9)
    assert structural_similarity(a, a, span) == pytest.approx(1)
    assert structural_similarity(a[:, :4, :4], a[:, :4, :4], span) == pytest.approx(1)
    with pytest.raises(UserError, match="span"):
        structural_similarity(a, b, 0)
    with pytest.raises(UserError, match="two of"):
        structural_similarity(a, b[:2])


def test_pictures_without_a_mask_have_no_figure(corner, pictures, masks, truth):
    some = masks.copy()
    some[1] = False
    with np.errstate(all="raise"):
        values = measure(corner, pictures, truth, "relevance_rank", some)
    assert np.isnan(values).tolist() == [False, True, False]
    # Twelve of the mask's sixteen pixels are the strongest, four elsewhere come next.
    map_ = np.zeros((3, 12, 12))
    map_[:, :4, :3] = 2
    map_[:, 8:, 8:9] = 1
    map_[:, 0, 3] = 0.5  # the seventeenth is the mask's and does not count
    assert measure(corner, pictures, attribution(map_), "relevance_rank", masks).tolist() == [12 / 16] * 3
