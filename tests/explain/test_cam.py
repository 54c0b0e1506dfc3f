"""Closed forms of the class activation maps, in float64, on a network of convolutions, pooling and one linear layer."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from fer_models import create_model
from fer_models.explain.base import EXPLAINERS, Query, explain
from fer_models.explain.cam.ablation_cam import _rest_runs_alone
from fer_models.explain.cam.base import activations
from fer_models.explain.faithfulness.parameter_randomisation import _from_the_head, _titles, cascade
from fer_models.explain.layers import ALL_MEMBERS, default_layer, layer_sizes
from fer_models.explain.target import Target

CAMS = ("grad_cam", "grad_cam_pp", "hires_cam", "layer_cam", "xgrad_cam", "eigen_cam", "score_cam", "ablation_cam")


def ask(held, batch, layer="last", of="logit", target=1) -> Query:
    targets = Target(torch.full((len(batch),), target))
    return Query(held.model, batch, targets, of, layer, held.model.cam_layers[layer])


def layer_map(method: str, query: Query, **options) -> Tensor:
    return EXPLAINERS[method]().layer_map(query, **options)


@pytest.fixture()
def query(tiny, tiny_batch):
    return ask(tiny, tiny_batch)


@pytest.fixture()
def maps(query):
    return activations(query)


@pytest.fixture()
def weights(tiny):
    return tiny.model.head.weight[1].detach()


def cam(maps, weights):
    return (weights[:, None, None] * maps).sum(1)


def close(a, b, **tolerance):
    torch.testing.assert_close(a, b, **({"rtol": 1e-10, "atol": 1e-12} | tolerance))


def test_three_methods_are_cam_up_to_scale(query, maps, weights):
    cells = maps.shape[2] * maps.shape[3]
    for method in ("grad_cam", "hires_cam", "xgrad_cam"):
        close(layer_map(method, query), cam(maps, weights) / cells)


def test_xgrad_cam_weighs_by_activation_and_leaves_out_maps_without_a_sum():
    activations = torch.tensor([[[[1.0, 3.0]], [[0.0, 0.0]], [[2.0, -2.0]]]])
    gradients = torch.tensor([[[[4.0, 8.0]], [[5.0, 5.0]], [[1.0, 3.0]]]])
    combined = EXPLAINERS["xgrad_cam"]().combine(activations, gradients)
    assert combined.tolist() == [[[7.0, 21.0]]]  # (1 * 4 + 3 * 8) / 4 times the first map, nothing of the others


def test_layer_cam_is_cam_with_positive_weights(query, maps, weights):
    assert (weights < 0).any()
    close(layer_map("layer_cam", query), cam(maps, weights.relu()) / (maps.shape[2] * maps.shape[3]))


def test_sum_of_hires_cam_is_the_logit_without_bias(query, tiny, tiny_batch):
    logit = tiny.model(tiny_batch)[:, 1].detach()
    close(layer_map("hires_cam", query).sum((1, 2)), logit - tiny.model.head.bias[1].detach())


def test_grad_cam_pp_has_its_closed_form(query, maps, weights):
    # The gradient is w_k / n everywhere, so the weight of map k is n * relu(g) / (2 + S g).
    cells = maps.shape[2] * maps.shape[3]
    g = weights / cells
    factor = cells * g.relu() / (2 + maps.sum((2, 3)) * g)
    close(layer_map("grad_cam_pp", query), (factor[:, :, None, None] * maps).sum(1))


def test_ablation_drop_is_weight_times_mean(query, maps, weights, tiny_batch, tiny):
    for i in range(len(tiny_batch)):
        drop = weights * maps[i].mean((1, 2))
        single = ask(tiny, tiny_batch[i : i + 1])
        close(layer_map("ablation_cam", single), (drop[:, None, None] * maps[i]).sum(0, keepdim=True))


def test_ablation_of_a_negative_logit_keeps_its_signs(query, tiny, tiny_batch):
    single = ask(tiny, tiny_batch[:1])
    before = layer_map("ablation_cam", single)
    with torch.no_grad():
        tiny.model.head.bias[1] -= 100
    close(layer_map("ablation_cam", single), before, atol=1e-9)


def test_score_cam_by_hand(tiny, tiny_batch):
    single = ask(tiny, tiny_batch[:1])
    maps, scores, used = activations(single)[0], [], []
    for a in maps:
        if a.max() == a.min():
            continue
        mask = torch.nn.functional.interpolate(a[None, None], size=12, mode="bilinear")
        mask = (mask - mask.min()) / (mask.max() - mask.min())  # after it is enlarged, as in the paper
        scores.append(tiny.model(tiny_batch[:1] * mask)[0, 1].detach())
        used.append(a)
    expected = (torch.stack(scores).softmax(0)[:, None, None] * torch.stack(used)).sum(0, keepdim=True)
    close(layer_map("score_cam", single, masks_at_once=2), expected)


def test_score_cam_ignores_constant_maps(tiny, tiny_batch):
    with torch.no_grad():
        tiny.model.body[3].weight[0] = 0
        tiny.model.body[3].bias[0] = 50  # one map is 50 everywhere: it must not take the softmax over
    single = ask(tiny, tiny_batch[:1])
    assert layer_map("score_cam", single).abs().max() < 40
    with torch.no_grad():
        tiny.model.body[3].weight.zero_()
    assert layer_map("score_cam", single).abs().max() == 0


def test_eigen_cam_is_the_first_component_with_a_fixed_sign(query, maps):
    ours = layer_map("eigen_cam", query)
    for i, a in enumerate(maps):
        cells = a.flatten(1).T
        centred = (cells - cells.mean(0)).numpy()
        _, _, directions = np.linalg.svd(centred, full_matrices=False)
        component = centred @ directions[0]
        if component @ cells.mean(1).numpy() < 0:
            component = -component
        np.testing.assert_allclose(ours[i].flatten().numpy(), component, atol=1e-9)


@pytest.mark.parametrize("norm", [False, True])
def test_signed_full_grad_and_head_bias_make_the_logit(norm, tiny, tiny_norm, tiny_batch):
    held = tiny_norm if norm else tiny
    terms = EXPLAINERS["full_grad"]().compute(ask(held, tiny_batch), magnitude=False, upsampling="nearest")
    logit = held.model(tiny_batch)[:, 1].detach()
    close(terms.sum((1, 2)).detach() + held.model.head.bias[1].detach(), logit)


def test_full_grad_sums_belong_to_their_image_however_many_there_are(tiny):
    """Also where a batch has as many images as the last layer has outputs."""
    faces = torch.rand(len(tiny.model.head.bias), 1, 12, 12, dtype=torch.float64)

    def sums(batch):
        query = ask(tiny, batch)
        EXPLAINERS["full_grad"]().compute(query)
        return query.found["sums"][:, 0]

    close(sums(faces), torch.cat([sums(face[None]) for face in faces]))


def test_full_grad_of_magnitudes_is_never_negative(tiny_norm, tiny_batch):
    assert explain(tiny_norm, tiny_batch, "full_grad").values.min() >= 0


def test_finer_cam_is_grad_cam_of_the_contrast(query, tiny, tiny_batch):
    logits = tiny.model(tiny_batch).detach()
    expected = layer_map("grad_cam", query).clone()
    rest = logits.clone()
    rest[:, 1] = -torch.inf
    for i, rivals in enumerate(rest.topk(2).indices):
        for rival in rivals:
            single = ask(tiny, tiny_batch[i : i + 1], target=int(rival))
            expected[i] -= 0.7 * layer_map("grad_cam", single)[0] / 2
    close(layer_map("finer_cam", query, gamma=0.7, similar=2), expected)


@pytest.mark.parametrize("method", CAMS)
def test_an_in_place_activation_after_the_layer_changes_nothing(method, tiny, tiny_batch):
    options = {"of": "logit", "target": 1, "layer": "first"}
    before = explain(tiny, tiny_batch, method, **options).values
    tiny.model.body[4].inplace = True
    tiny.model.body[2].inplace = True
    np.testing.assert_array_equal(explain(tiny, tiny_batch, method, **options).values, before)
    np.testing.assert_array_equal(
        explain(tiny, tiny_batch, "full_grad").values, explain(tiny, tiny_batch, "full_grad").values
    )


def test_only_the_head_part_is_recorded(tiny, tiny_batch):
    # The input and all layers before the chosen one stay outside the graph.
    seen = []
    handle = tiny.model.body[2].register_forward_hook(lambda m, i, out: seen.append(out.requires_grad))
    explain(tiny, tiny_batch, "grad_cam", 1, layer="last")
    handle.remove()
    assert set(seen) == {False}


def test_ablation_is_the_same_where_the_rest_needs_earlier_layers(tiny, tiny_batch):
    class Joined(nn.Module):
        """Stacks the picture under the maps, so that their numbers must agree."""

        def __init__(self, model):
            super().__init__()
            self.model = model

        def forward(self, x):
            maps = self.model.forward_features(x)
            small = nn.functional.avg_pool2d(x, 2)
            return self.model.forward_head(torch.cat([maps, small], 1)[:, :5])

    single = ask(tiny, tiny_batch[:1])
    joined = Query(Joined(tiny.model), single.batch, single.target, "logit", "last", single.module)
    with torch.no_grad():
        whole = single.score(single.model(single.batch))
        assert _rest_runs_alone(single, whole)
        assert not _rest_runs_alone(joined, whole)
    close(layer_map("ablation_cam", joined), layer_map("ablation_cam", single))


def test_the_heatmap_is_cut_at_the_cells_and_then_enlarged(tiny, tiny_batch):
    """Cut after enlarging, cells with evidence shrank beside cells with evidence against the class."""
    result = explain(tiny, tiny_batch, "hires_cam", (0, 2))
    assert result.cells.shape == (3, 6, 6) and (result.cells < 0).any() and (result.cells > 0).any()
    large = nn.functional.interpolate(torch.from_numpy(result.cells)[:, None], size=12, mode="bilinear")[:, 0]
    np.testing.assert_allclose(result.values, large, atol=1e-6)
    cut = nn.functional.interpolate(torch.from_numpy(result.cells).relu()[:, None], size=12, mode="bilinear")[:, 0]
    np.testing.assert_allclose(result.heatmap(), cut / cut.amax((1, 2), keepdim=True), rtol=1e-5, atol=1e-7)
    assert (result.heatmap() > 0).sum() > (result.values > 0).sum()
    np.testing.assert_array_equal(result.one(1).heatmap(), result.heatmap()[1:2])
    assert result.signed_heatmap().min() < 0
    assert explain(tiny, tiny_batch, "saliency", 1).cells is None


def test_eigen_cam_works_in_half_precision(tiny, tiny_batch):
    tiny.model.to(torch.bfloat16)
    half = explain(tiny, tiny_batch.to(torch.bfloat16), "eigen_cam", 1)
    assert np.isfinite(half.values).all() and half.values.any()


def test_grad_cam_pp_finds_evidence_at_the_default_layer_of_the_dense_networks():
    """Before a block's ReLU maps are negative in part, and with weights of at least 0 nothing may be left."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = create_model("ldcnn", 7, 1, depth=12).eval()
    layer = default_layer(model, 96)
    assert layer.endswith("norm")
    seen = []
    model.cam_layers[layer].register_forward_hook(lambda m, i, out: seen.append(float(out.detach().min())))
    model(torch.randn(2, 1, 96, 96, generator=torch.Generator().manual_seed(1)))
    assert seen == [0.0]


def test_the_map_of_an_ensemble_is_the_mean_of_its_members_maps(hold, batch):
    held = hold("abcd")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        held.model = create_model("ensemble", 4, 1, members=("mini_xception", "separable_attention")).eval()
    runs = []
    first = next(m for m in held.model.members[1].modules() if isinstance(m, torch.nn.Conv2d))
    layer_sizes(held.model, (48, 48))
    counter = first.register_forward_hook(lambda *_: runs.append(1))
    whole = explain(held, batch, "hires_cam", 1)
    counter.remove()
    assert len(runs) == 1, "one pass for all members"
    assert whole.layer == ALL_MEMBERS and whole.layer in layer_sizes(held.model, (48, 48))
    layers = [
        next(name for name in names if max(layer_sizes(held.model, (48, 48))[name]) >= 5)
        for names in held.model.member_layers
    ]
    parts = [explain(held, batch, "hires_cam", 1, layer=layer).values for layer in layers]
    scaled = [part / np.abs(part).max((1, 2), keepdims=True) for part in parts]
    np.testing.assert_allclose(whole.values, np.mean(scaled, 0), rtol=1e-5, atol=1e-7)
    assert not np.allclose(parts[0], parts[1])
    order = _from_the_head(_titles(held.model))
    assert {name.split(".")[1] for name in order[:2]} == {"0", "1"}  # the heads of both, not one member first
    shuffled = cascade(held, batch[:1], whole.one(0), steps=2)
    assert shuffled.maps.shape == (2, 1, 48, 48)
