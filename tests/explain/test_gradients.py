"""Gradient and perturbation methods against captum, closed forms and their axioms, in float64."""

import numpy as np
import pytest
import torch
from torch import nn

from fer_models import load_checkpoint
from fer_models.attention.channel import ChannelAttention
from fer_models.errors import UserError
from fer_models.explain.base import EXPLAINERS, Query, explain
from fer_models.explain.baselines import BASELINES, baseline_picture, blur, scramble
from fer_models.explain.target import Target
from fer_models.explain.usable import unsupported_methods
from fer_models.folders import checkpoints_folder
from fer_models.inference.fold import fold_batch_norms

SHIPPED = checkpoints_folder()

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:captum")


def ask(held, batch, layer="last", target=1) -> Query:
    targets = Target(torch.full((len(batch),), target))
    return Query(held.model, batch, targets, "logit", layer, held.model.cam_layers[layer])


def compute(method, query, **options):
    return EXPLAINERS[method]().compute(query, **options).detach()


def close(a, b, **tolerance):
    torch.testing.assert_close(a, b.detach(), **({"rtol": 1e-9, "atol": 1e-11} | tolerance))


def test_plain_gradients_equal_captum(tiny, tiny_batch):
    from captum.attr import GuidedBackprop, GuidedGradCam, InputXGradient, Saliency

    query = ask(tiny, tiny_batch)
    close(compute("saliency", query), Saliency(tiny.model).attribute(tiny_batch.clone(), target=1).amax(1))
    product = InputXGradient(tiny.model).attribute(tiny_batch.clone(), target=1)
    close(compute("input_x_gradient", query), product.sum(1))
    guided = GuidedBackprop(tiny.model).attribute(tiny_batch.clone(), target=1)
    close(compute("guided_backprop", query), guided.sum(1))
    assert not torch.allclose(guided, Saliency(tiny.model).attribute(tiny_batch.clone(), target=1, abs=False))
    both = GuidedGradCam(tiny.model, tiny.model.body[4]).attribute(
        tiny_batch.clone(), target=1, interpolate_mode="bilinear"
    )
    close(compute("guided_grad_cam", query), both.sum(1))


def test_guided_backprop_equals_captum_with_attention(classifier, batch):
    from captum.attr import GuidedBackprop

    expected = GuidedBackprop(classifier.model).attribute(batch.clone(), target=3).sum(1)
    ours = explain(classifier, batch, "guided_backprop", 3).values
    np.testing.assert_allclose(ours, expected.detach().numpy(), atol=1e-6)


@pytest.mark.parametrize("baseline", BASELINES)
def test_integrated_gradients_sum_to_the_gain_of_the_score(tiny, tiny_batch, baseline):
    start = baseline_picture(tiny_batch, baseline, -1.0)
    gain = (tiny.model(tiny_batch) - tiny.model(start))[:, 1]
    ours = compute("integrated_gradients", ask(tiny, tiny_batch), steps=400, baseline=baseline, rows_at_once=1200)
    close(ours.sum((1, 2)), gain, rtol=0, atol=2e-3)


def test_integrated_gradients_in_small_parts_are_the_same(tiny, tiny_batch):
    whole = compute("integrated_gradients", ask(tiny, tiny_batch), steps=20, most_steps=20, rows_at_once=1000)
    close(compute("integrated_gradients", ask(tiny, tiny_batch), steps=20, most_steps=20, rows_at_once=7), whole)


def test_deep_lift_equals_captum_and_sums_to_the_gain(tiny, tiny_batch):
    from captum.attr import DeepLift

    start = baseline_picture(tiny_batch, "mean", -1.0)
    expected = DeepLift(tiny.model).attribute(tiny_batch.clone(), start.contiguous(), target=1).sum(1)
    ours = compute("deep_lift", ask(tiny, tiny_batch), baseline="mean")
    close(ours, expected)
    close(ours.sum((1, 2)), (tiny.model(tiny_batch) - tiny.model(start))[:, 1])
    assert not any(hasattr(module, "input") for module in tiny.model.modules())


def test_what_equals_its_baseline_has_no_evidence(tiny, tiny_batch):
    """Where nothing changes, the slope is the gradient: no quotient of two zeros, however large the activations are."""
    batch = baseline_picture(tiny_batch, "black", -1.0).clone()
    batch[1, :, :6] = tiny_batch[1, :, :6]
    with torch.no_grad():
        for module in tiny.model.modules():
            if isinstance(module, nn.Conv2d):
                module.bias += 3
        gain = (tiny.model(batch) - tiny.model(batch[:1]))[:, 1]
    values = compute("deep_lift", ask(tiny, batch), baseline="black")
    assert not values[[0, 2]].any() and not values[1, 6:].any()
    close(values.sum((1, 2)), gain)


class Pooled(nn.Module):
    """ReLU before pooling, windows that overlap and reach into infinite padding, a gate, and attention weights."""

    def __init__(self):
        super().__init__()
        self.conv1, self.pool1 = nn.Conv2d(1, 6, 3, padding=1), nn.MaxPool2d(2)
        self.conv2, self.pool2 = nn.Conv2d(6, 8, 3, padding=1), nn.MaxPool2d(3, 2, padding=1, ceil_mode=True)
        self.gate, self.head = ChannelAttention(8, ratio=2), nn.Linear(8, 4)

    def forward(self, x):
        x = self.pool1(torch.relu(self.conv1(x)))
        x = nn.functional.pad(torch.relu(self.conv2(x)), (0, 1, 0, 1), value=-torch.inf)
        cells = self.gate(self.pool2(x)).flatten(2).transpose(1, 2)
        weights = torch.softmax(cells @ cells.transpose(1, 2), -1)
        return self.head((weights @ cells).amax(1))


@pytest.mark.parametrize("baseline", BASELINES)
def test_deep_lift_sums_to_the_gain_with_pooling_gates_and_attention(tiny, tiny_batch, baseline):
    """Captum's misses it by tens of per cent where a ReLU feeds a pooling layer, and further with gates."""
    torch.manual_seed(0)
    tiny.model = Pooled().double().eval()
    start = baseline_picture(tiny_batch, baseline, -1.0)
    for of in ("logit", "probability"):
        query = Query(tiny.model, tiny_batch, Target(torch.ones(3, dtype=torch.int64)), of)
        with torch.no_grad():
            gain = query.score(tiny.model(tiny_batch)) - query.score(tiny.model(start))
        values = compute("deep_lift", query, baseline=baseline)
        close(values.sum((1, 2)), gain, rtol=1e-7, atol=1e-10)
        close(query.found["sums"][:, 1], gain)


def test_a_shipped_network_is_complete_where_its_method_says_so(batch):
    shipped = load_checkpoint(SHIPPED / "mini-xception-fer2013")
    for method, most in (("deep_lift", 1e-3), ("full_grad", 1e-3), ("integrated_gradients", 0.05)):
        result = explain(shipped, batch[:2], method)
        assert result.completeness_error.max() < most, method
        if method != "full_grad":
            np.testing.assert_allclose(result.values.sum((1, 2)), result.sums[:, 0], rtol=1e-3, atol=1e-5)
    assert explain(shipped, batch[:2], "saliency").completeness_error is None
    lrp = explain(shipped, batch[:2], "lrp")
    assert (lrp.completeness_error > 0.05).all()  # its biases hold most of the logit
    assert explain(shipped, batch[:2], "lrp", of="probability").sums is None


def test_methods_with_a_baseline_start_from_the_blurred_picture():
    for method in ("integrated_gradients", "deep_lift"):
        assert EXPLAINERS[method].options()["baseline"] == "blurred"
        assert set(EXPLAINERS[method].choices["baseline"][1]) >= {"blurred", "mean", "black"}  # and it can be changed


def test_integrated_gradients_take_the_steps_that_they_need(tiny, tiny_batch):
    query = ask(tiny, tiny_batch)
    few = compute("integrated_gradients", query, steps=2, most_steps=2, baseline="black")
    rough = query.found["sums"]
    query = ask(tiny, tiny_batch)
    enough = compute("integrated_gradients", query, steps=2, most_steps=1024, baseline="black")
    errors = [((sums[:, 0] - sums[:, 1]) / sums[:, 1]).abs() for sums in (rough, query.found["sums"])]
    assert errors[0].max() > 0.01 and (errors[1] <= 0.01).all()
    assert not torch.allclose(few, enough)
    alone = compute("integrated_gradients", ask(tiny, tiny_batch[1:2]), steps=2, most_steps=1024, baseline="black")
    close(alone[0], enough[1])


def test_integrated_gradients_equal_captum(tiny, tiny_batch):
    from captum.attr import IntegratedGradients

    start = baseline_picture(tiny_batch, "mean", -1.0)
    expected = IntegratedGradients(tiny.model).attribute(tiny_batch, start, target=1, n_steps=20).sum(1)
    ours = compute("integrated_gradients", ask(tiny, tiny_batch), steps=20, most_steps=20, baseline="mean")
    close(ours, expected, rtol=1e-6, atol=1e-8)


def test_smooth_grad_takes_copies_until_others_would_give_the_same_map(tiny, tiny_batch):
    x = tiny_batch[:2]
    query = ask(tiny, x)
    compute("smooth_grad", query, samples=4, most_samples=4, noise=0.5)
    few = query.found["agreement"]
    query = ask(tiny, x)
    maps = compute("smooth_grad", query, samples=4, most_samples=2048, noise=0.5)
    assert few.min() < 0.9 <= query.found["agreement"].min()
    other = compute("smooth_grad", ask(tiny, x), samples=4, most_samples=2048, noise=0.5, seed=1)
    found = [np.corrcoef(a.flatten(), b.flatten())[0, 1] for a, b in zip(maps, other, strict=True)]
    assert min(found) > 0.8  # as estimated, without having seen the others


def test_occlusion_by_hand(tiny, tiny_batch):
    ours = compute("occlusion", ask(tiny, tiny_batch), window=1 / 3, stride=1 / 6, baseline="black", rows_at_once=5)
    with torch.no_grad():
        whole = tiny.model(tiny_batch)[:, 1]
        total, covered = torch.zeros(3, 12, 12, dtype=torch.float64), torch.zeros(12, 12, dtype=torch.float64)
        for top in range(0, 9, 2):
            for left in range(0, 9, 2):
                x = tiny_batch.clone()
                x[:, :, top : top + 4, left : left + 4] = -1
                total[:, top : top + 4, left : left + 4] += (whole - tiny.model(x)[:, 1])[:, None, None]
                covered[top : top + 4, left : left + 4] += 1
    close(ours, (total / covered).float(), rtol=1e-5, atol=1e-6)  # captum accumulates in float32


def test_smooth_grad_without_noise_is_saliency_and_with_noise_what_captum_finds(tiny, tiny_batch):
    from captum.attr import NoiseTunnel, Saliency

    query = ask(tiny, tiny_batch)
    close(compute("smooth_grad", query, noise=0.0), compute("saliency", query))
    x = tiny_batch[:1]
    spread = 0.15 * (x.max() - x.min()).item()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        tunnel = NoiseTunnel(Saliency(tiny.model))
        expected = tunnel.attribute(x.clone(), nt_samples=800, stdevs=spread, target=1, abs=False).abs().amax(1)
    ours = compute("smooth_grad", ask(tiny, x), samples=800, most_samples=800)
    assert np.corrcoef(ours.flatten(), expected.detach().flatten())[0, 1] > 0.98
    variance = compute("smooth_grad", ask(tiny, x), samples=50, statistic="variance")
    assert variance.min() >= 0
    assert variance.max() > 0


@pytest.mark.parametrize("method", ["smooth_grad", "gradient_shap"])
def test_random_methods_repeat_and_do_not_see_their_neighbours(tiny, tiny_batch, method):
    state = torch.get_rng_state()
    first = explain(tiny, tiny_batch, method, 1, samples=5, noise=0.1).values
    np.testing.assert_array_equal(explain(tiny, tiny_batch, method, 1, samples=5, noise=0.1).values, first)
    alone = explain(tiny, tiny_batch[2:], method, 1, samples=5, noise=0.1).values
    np.testing.assert_allclose(alone[0], first[2], rtol=1e-6)
    other = explain(tiny, tiny_batch, method, 1, samples=5, noise=0.1, seed=1).values
    assert not np.allclose(other, first)
    assert torch.equal(torch.get_rng_state(), state)


def test_gradient_shap_is_exact_on_a_linear_network(tiny, tiny_batch):
    tiny.model.body[2], tiny.model.body[4] = nn.Identity(), nn.Identity()
    starts = torch.stack([baseline_picture(tiny_batch, kind, -1.0) for kind in ("black", "mean", "blurred")]).mean(0)
    query = ask(tiny, tiny_batch)
    gradient = torch.autograd.functional.jacobian(lambda x: tiny.model(x)[:, 1].sum(), tiny_batch)
    close(compute("gradient_shap", query, samples=6), (gradient * (tiny_batch - starts)).sum(1))


def test_gradient_shap_nears_the_mean_of_integrated_gradients(tiny, tiny_batch):
    paths = [
        compute("integrated_gradients", ask(tiny, tiny_batch), baseline=kind, steps=200, rows_at_once=600)
        for kind in ("black", "mean", "blurred")
    ]
    ours = compute("gradient_shap", ask(tiny, tiny_batch), samples=600)
    close(ours, torch.stack(paths).mean(0), rtol=0, atol=2e-3)


class Plain(nn.Module):
    """A network made of layers alone, as captum's LRP needs it."""

    def __init__(self):
        super().__init__()
        self.conv1, self.relu1 = nn.Conv2d(1, 4, 3, padding=1), nn.ReLU()
        self.pool, self.conv2, self.relu2 = nn.MaxPool2d(2), nn.Conv2d(4, 5, 3), nn.ReLU()
        self.mean, self.head = nn.AdaptiveAvgPool2d(1), nn.Linear(5, 4)

    def forward(self, x):
        x = self.relu2(self.conv2(self.pool(self.relu1(self.conv1(x)))))
        return self.head(torch.flatten(self.mean(x), 1))


@pytest.mark.parametrize("gamma", [0.0, 0.25])
def test_lrp_equals_captum_on_a_network_of_plain_layers(tiny, tiny_batch, gamma):
    from captum.attr import LRP
    from captum.attr._utils.lrp_rules import EpsilonRule, GammaRule

    torch.manual_seed(0)
    tiny.model = Plain().double().eval()
    picture = tiny_batch.abs()  # captum's gamma rule holds for inputs that are not negative
    with torch.no_grad():
        for layer in (tiny.model.conv1, tiny.model.conv2):
            if gamma:
                layer.bias.abs_().neg_()  # captum's rule leaves the bias alone; so does ours where it is negative
    query = Query(tiny.model, picture, Target(torch.ones(3, dtype=torch.int64)), "logit")
    ours = compute("lrp", query, gamma=gamma, epsilon=1e-9)
    for layer in (tiny.model.conv1, tiny.model.conv2):
        layer.rule = GammaRule(gamma) if gamma else EpsilonRule(1e-9)
    tiny.model.pool.rule = tiny.model.mean.rule = tiny.model.head.rule = EpsilonRule(1e-9)
    expected = LRP(tiny.model).attribute(picture.clone(), target=1).sum(1)
    close(ours, expected, rtol=1e-6, atol=1e-8)


def test_lrp_keeps_the_score_where_there_are_no_biases(tiny, tiny_batch):
    with torch.no_grad():
        for layer in (tiny.model.body[0], tiny.model.body[3], tiny.model.head):
            layer.bias.zero_()
    logit = tiny.model(tiny_batch)[:, 1]
    for gamma in (0.0, 0.5):
        close(compute("lrp", ask(tiny, tiny_batch), gamma=gamma, epsilon=0.0).sum((1, 2)), logit)


def test_lrp_does_not_change_the_forward_pass(classifier, batch):
    before = classifier.model(batch)[:, 0].detach().numpy()
    sums = explain(classifier, batch, "lrp", 0).sums  # the second is the score of the pass with rules
    np.testing.assert_allclose(sums[:, 1], before, rtol=1e-4, atol=1e-5)


def test_lrp_is_the_same_with_batch_norms_folded_before(tiny_norm, tiny_batch):
    """Before folding, a batch norm's shift kept relevance apart from its convolution's, and the map was another one."""
    query = ask(tiny_norm, tiny_batch)
    plain = compute("lrp", query)
    tiny_norm.model, count = fold_batch_norms(tiny_norm.model, tiny_batch)
    assert count == 1
    close(compute("lrp", ask(tiny_norm, tiny_batch)), plain)


def test_networks_without_relu_are_refused_with_the_reason(tiny, tiny_batch):
    tiny.model.body[2], tiny.model.body[4] = nn.SiLU(), nn.SiLU()
    reasons = unsupported_methods(tiny)
    assert set(reasons) == {"guided_backprop", "guided_grad_cam"}
    assert "SiLU" in reasons["guided_backprop"]
    with pytest.raises(UserError, match="SiLU"):
        explain(tiny, tiny_batch, "guided_backprop")


def test_deep_lift_takes_a_reused_activation_and_refuses_what_it_has_no_rule_for(tiny, tiny_batch):
    tiny.model.body[4] = tiny.model.body[2]
    query = Query(tiny.model, tiny_batch, Target(torch.ones(3, dtype=torch.int64)), "logit")
    compute("deep_lift", query)
    close(*query.found["sums"].T, rtol=1e-7, atol=1e-10)
    tiny.model.body[1] = nn.GroupNorm(2, 6).double()
    assert "GroupNorm" in unsupported_methods(tiny)["deep_lift"]


def test_every_method_runs_on_fcsdnet(classifier):
    assert unsupported_methods(classifier) == {}


def test_blur_keeps_a_flat_picture_and_the_sum_of_a_spot():
    flat = torch.full((1, 2, 20, 20), 0.3, dtype=torch.float64)
    close(blur(flat, 2.0), flat)
    spot = torch.zeros(1, 1, 41, 41, dtype=torch.float64)
    spot[0, 0, 20, 20] = 1
    assert blur(spot, 2.0).sum().item() == pytest.approx(1)
    assert blur(spot, 2.0)[0, 0, 20, 20].item() == pytest.approx(1 / (2 * np.pi * 4), rel=0.02)


def test_baselines_are_checked(tiny_batch):
    mean_face = tiny_batch.mean(0)
    close(baseline_picture(tiny_batch, mean_face, -1.0)[2], mean_face)
    drawn = baseline_picture(tiny_batch, "mean face", -1.0)
    close(drawn.mean((2, 3)), tiny_batch.mean((2, 3)))
    close(drawn.std((2, 3)), tiny_batch.std((2, 3)), rtol=1e-4)
    assert drawn.shape == tiny_batch.shape and not torch.allclose(drawn[0], drawn[1])
    with pytest.raises(UserError, match="blurred"):
        baseline_picture(tiny_batch, "white", -1.0)
    with pytest.raises(UserError, match="must be"):
        baseline_picture(tiny_batch, mean_face[:, :5], -1.0)


def test_scrambling_moves_whole_tiles_and_nothing_else(tiny_batch):
    x = torch.arange(2 * 14 * 13, dtype=torch.float64).view(2, 1, 14, 13)
    mixed = scramble(x, seed=0)
    assert torch.equal(mixed[:, :, 12:], x[:, :, 12:])
    assert torch.equal(mixed[:, :, :, 12:], x[:, :, :, 12:])
    tiles = {tuple(tile.flatten().tolist()) for row in x[0, 0, :12, :12].split(2) for tile in row.split(2, 1)}
    moved = {tuple(tile.flatten().tolist()) for row in mixed[0, 0, :12, :12].split(2) for tile in row.split(2, 1)}
    assert tiles == moved
    assert not torch.equal(mixed, x)
    assert torch.equal(mixed, scramble(x, seed=0))
    with pytest.raises(UserError, match="tiles"):
        scramble(x[:, :, :5], seed=0)


class Quadratic(nn.Module):
    """Score of class 1: half the weighted sum of squares, so that its gradient is the weight times the picture."""

    def __init__(self, weights):
        super().__init__()
        self.register_buffer("weights", weights)

    def forward(self, x):
        score = (self.weights * x**2).sum((1, 2, 3)) / 2
        return torch.stack([torch.zeros_like(score), score], 1)


def test_smooth_grad_and_var_grad_of_a_quadratic_score():
    """Noise of variance v turns the gradient w x into w (x + e): mean w x, variance w² v."""
    torch.manual_seed(0)
    weights = torch.rand(1, 1, 6, 6, dtype=torch.float64) + 0.5
    x = torch.rand(2, 1, 6, 6, dtype=torch.float64) * torch.tensor([1.0, 3.0])[:, None, None, None] + 5
    query = Query(Quadratic(weights).eval(), x, Target(torch.ones(2, dtype=torch.int64)), "logit")
    options = {"samples": 4000, "most_samples": 4000, "noise": 0.2, "rows_at_once": 4000}
    spread = 0.2 * (x.amax((1, 2, 3)) - x.amin((1, 2, 3)))
    expected = weights[:, 0] ** 2 * spread[:, None, None] ** 2
    close(
        compute("smooth_grad", query, statistic="variance", **options) / expected,
        torch.ones(2, 6, 6, dtype=x.dtype),
        rtol=0.12,
    )
    close(compute("smooth_grad", query, **options), (weights * x)[:, 0], rtol=0.02)


def test_the_agreement_is_one_for_equal_maps_and_spearman_browns_of_their_correlation():
    from fer_models.explain.gradients.smooth_grad import _agreement

    a = torch.tensor([[[1.0, -1.0, 1.0, -1.0]]] * 4)
    half = torch.tensor([1.0, 1.0, -1.0, -1.0])
    b = torch.stack([a[0], half[None], -a[0], a[0] + half * 3**0.5])  # correlations 1, 0, -1 and 1 / 2
    close(_agreement(a, b), torch.tensor([1.0, 0.0, 0.0, 2 / 3]), rtol=1e-5)
    close(_agreement(a[:1], torch.zeros_like(a[:1])), torch.ones(1))


def test_the_next_round_of_integrated_gradients_takes_more_steps_where_the_error_says_so():
    from fer_models.explain.gradients.integrated_gradients import _next_steps

    error = torch.tensor([0.0, 0.01, 0.011, 0.02, 0.021, 0.04, 0.9])
    assert _next_steps(error, 8, 256).tolist() == [0, 0, 16, 16, 32, 32, 256]
    assert _next_steps(error, 256, 256).tolist() == [0] * 7 and _next_steps(error, 255, 256).tolist()[2] == 256
