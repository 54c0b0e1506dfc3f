"""What every registered explanation method must keep to."""

import copy
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from fer_models import create_model, list_models, load_checkpoint
from fer_models.checkpoint import save_checkpoint
from fer_models.errors import UserError
from fer_models.explain import EXPLAINERS, explain, unsupported_methods
from fer_models.explain.layers import SMALLEST_SIDE
from fer_models.explain.own_attention.maps import attention_maps
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess

METHODS = list(EXPLAINERS)
EXPLAIN = Path(__file__).parents[2] / "fer_models" / "explain"
#: Fewer steps than a page would take.
QUICK = {
    "integrated_gradients": {"steps": 3, "most_steps": 3},
    "smooth_grad": {"samples": 3, "most_samples": 3},
    "gradient_shap": {"samples": 3},
    "occlusion": {"window": 1 / 3, "stride": 1 / 3},
    "rise": {"masks": 40},
}

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:captum")


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = create_model("fcsdnet", in_channels=1, growth=[8, 16, 32])  # the released graph with fewer channels
    folder = tmp_path_factory.mktemp("checkpoint") / "untrained"
    save_checkpoint(folder, model, FER7, Preprocess())
    return load_checkpoint(folder)


@pytest.fixture(scope="module")
def batch():
    noise = torch.rand(2, 1, 12, 12, generator=torch.Generator().manual_seed(2))
    return nn.functional.interpolate(noise, size=48, mode="bilinear") * 2 - 1


def traces(model):
    """Everything that an explanation could leave on a network."""
    hooks = sum(len(getattr(m, name)) for m in model.modules() for name in vars(nn.Module()) if name.endswith("_hooks"))
    flags = [m.training for m in model.modules()]
    gradients = [p.grad is None and p.requires_grad for p in model.parameters()]
    attributes = [sorted(vars(m)) for m in model.modules()]
    state = {name: value.clone() for name, value in model.state_dict().items()}
    return hooks, flags, gradients, attributes, state


def assert_same(before, after):
    assert before[:4] == after[:4]
    assert all(torch.equal(value, after[4][name]) for name, value in before[4].items())


def test_every_file_of_methods_is_imported_with_the_package():
    """Discovery leaves no method out: what the files of the three families register is what the registry lists."""
    files = [file for family in ("cam", "gradients", "perturbation") for file in (EXPLAIN / family).glob("*.py")]
    written = [key for file in files for key in re.findall(r'register_explainer\("(\w+)"\)', file.read_text())]
    assert len(written) >= 20
    assert sorted(written) == METHODS


@pytest.mark.parametrize("method", METHODS)
def test_metadata_is_complete(method):
    explainer = EXPLAINERS[method]
    assert explainer.key == method
    assert explainer.title
    assert explainer.summary.endswith(".")
    assert explainer.paper
    assert explainer.cost
    assert explainer.family in ("cam", "gradient", "perturbation")
    assert explainer.__doc__
    assert "Source:" in explainer.__doc__
    for option, (label, words) in explainer.choices.items():
        assert label
        assert explainer.options()[option] in words


@pytest.mark.parametrize("method", METHODS)
def test_maps_are_finite_repeat_and_leave_nothing_behind(method, classifier, batch):
    options = QUICK.get(method, {})
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()
    before, pictures, shares = traces(classifier.model), batch.clone(), []
    first = explain(classifier, batch, method, [1, 3], progress=lambda share, message: shares.append(share), **options)
    assert_same(before, traces(classifier.model))
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert (np.random.get_state()[1] == numpy_state).all()
    assert torch.equal(batch, pictures)
    assert not batch.requires_grad
    assert batch.grad is None
    assert first.values.shape == (2, 48, 48)
    assert first.values.dtype == np.float32
    assert np.isfinite(first.values).all()
    assert first.values.any()
    assert (first.method, first.of, first.target.tolist()) == (method, "logit", [1, 3])
    assert (first.layer is not None) == EXPLAINERS[method].uses_layer == (first.layer_size is not None)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert first.heatmap().min() >= 0
    assert first.heatmap().max() <= 1
    np.testing.assert_array_equal(explain(classifier, batch, method, [1, 3], **options).values, first.values)
    if not EXPLAINERS[method].signed:
        assert first.values.min() >= 0


@pytest.mark.parametrize("method", METHODS)
def test_signed_methods_show_evidence_against_a_class(method, classifier, batch):
    if not EXPLAINERS[method].signed:
        pytest.skip("this method has no sign")
    options = QUICK.get(method, {})
    values = [explain(classifier, batch, method, target, **options).values for target in (0, (0, 3), (3, 0))]
    assert min(v.min() for v in values) < 0
    if not EXPLAINERS[method].class_specific:
        np.testing.assert_array_equal(values[0], values[1])
    else:
        assert not np.allclose(values[1], values[0])


@pytest.mark.parametrize("method", METHODS)
def test_one_picture_is_the_same_alone(method, classifier, batch):
    options = QUICK.get(method, {})
    both = explain(classifier, batch, method, 2, of="probability", **options).values
    alone = explain(classifier, batch[1:], method, 2, of="probability", **options).values
    np.testing.assert_allclose(alone[0], both[1], atol=2e-4 * np.abs(both[1]).max())


@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_left_after_an_error(method, classifier, batch, monkeypatch):
    class BrokenError(Exception):
        pass

    before = traces(classifier.model)
    forward, passes = nn.Linear.forward, []

    def fail_at_the_head(layer, x):
        if layer.out_features != len(FER7):
            return forward(layer, x)
        passes.append(x)
        raise BrokenError

    monkeypatch.setattr(nn.Linear, "forward", fail_at_the_head)
    with pytest.raises(BrokenError):
        explain(classifier, batch, method, 1, **QUICK.get(method, {}))
    assert passes
    assert_same(before, traces(classifier.model))
    assert classifier.lock.acquire(blocking=False)
    classifier.lock.release()


@pytest.mark.parametrize("method", METHODS)
def test_unknown_wishes_are_refused_in_words(method, classifier, batch):
    for wish in ({"target": 7}, {"target": "bored"}, {"layer": "attic"}, {"of": "entropy"}, {"colour": "red"}):
        with pytest.raises(UserError) as error:
            explain(classifier, batch, method, **wish)
        assert str(error.value).endswith(".")


@pytest.mark.slow
@pytest.mark.parametrize("network", list_models())
def test_networks_are_explained_or_refused_with_a_reason(network, classifier):
    # One method of each mechanism; the rest share theirs. Of two pictures an axis folded into the batch shows.
    held = copy.copy(classifier)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        held.model = create_model(network).eval()
    model = held.model
    size = model.native_input[1] if model.fixed_size else max(48, model.min_size)
    draw = torch.Generator().manual_seed(1)
    x = nn.functional.interpolate(torch.rand(2, model.in_channels, 12, 12, generator=draw), size=size) * 2 - 1
    reasons = unsupported_methods(held)
    assert all(reason.startswith(model.title) or model.title in reason for reason in reasons.values())
    assert set(reasons) <= {"lrp", "deep_lift", "guided_backprop", "guided_grad_cam", "full_grad"}
    for method in {"grad_cam", "eigen_cam", "full_grad", "deep_lift", "lrp", "guided_grad_cam"} - set(reasons):
        result = explain(held, x, method, 1)
        assert np.isfinite(result.values).all(), method
        assert result.values.any((1, 2)).all(), method
        if method == "grad_cam":
            assert max(result.layer_size) >= SMALLEST_SIDE
    for attention in attention_maps(held, x):
        assert np.isfinite(attention.weights).all()
        assert len(attention.weights) == 2
        assert attention.overlay is None or attention.overlay.shape == (2, size, size)


def test_eight_threads_find_what_one_finds(classifier, batch):
    quick = [m for m in METHODS if m not in ("score_cam", "ablation_cam", "occlusion", "deep_lift")]
    jobs = [(quick[i % len(quick)], i % 7, ("logit", "probability")[i % 2]) for i in range(200)]

    def work(job):
        method, target, of = job
        if method == "saliency":
            return attention_maps(classifier, batch)[1].weights
        if method == "full_grad":
            return classifier.predict(((batch[:, 0].numpy() + 1) * 127).astype(np.uint8)).logits
        return explain(classifier, batch[:1], method, target, of=of, **QUICK.get(method, {})).values

    serial = [work(job) for job in jobs]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(work, jobs))
    for job, alone, among in zip(jobs, serial, together, strict=True):
        np.testing.assert_array_equal(alone, among, err_msg=str(job))
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in classifier.model.modules())
