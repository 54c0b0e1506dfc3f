"""The entry point: targets, layers, what is restored, and the attribution's two pictures."""

import numpy as np
import pytest
import torch
from torch import nn

from fer_models.errors import UserError
from fer_models.explain import Attribution, default_layer, explain, layer_sizes
from fer_models.explain.cam.grad_cam import GradCAM
from fer_models.explain.untouched import untouched


def test_default_layer_is_the_deepest_that_is_still_a_picture(classifier):
    sizes = layer_sizes(classifier.model, (4, 1, 48, 48))
    assert sizes["stage 3 attention"] == (2, 2)
    assert sizes["stage 2 transition"] == (6, 6)
    assert next(iter(sizes)) == "stage 3 attention"
    assert default_layer(classifier.model, 48) == "stage 2 transition"
    assert default_layer(classifier.model, 160) == "stage 3 attention"


def test_default_layer_falls_back_to_the_deepest(tiny):
    assert default_layer(tiny.model, 4) == "last"


def test_measuring_layers_leaves_a_training_network_alone(tiny_norm):
    model = tiny_norm.model.train()
    before = model.body[1].running_mean.clone()
    layer_sizes(model, (20, 20))
    assert torch.equal(model.body[1].running_mean, before)
    assert all(module.training for module in model.modules())
    assert not any(module._forward_hooks for module in model.modules())


def test_grad_cam_equals_captum(classifier, batch):
    from captum.attr import LayerGradCam

    for layer in ("stage 3 attention", "stage 2 transition"):
        ours = explain(classifier, batch, "grad_cam", target=2, layer=layer)
        module = classifier.model.cam_layers[layer]
        captum = LayerGradCam(classifier.model, module).attribute(batch, target=2).detach()
        captum = torch.nn.functional.interpolate(captum, size=(48, 48), mode="bilinear")[:, 0]
        np.testing.assert_allclose(ours.values, captum.numpy(), atol=1e-5, rtol=0)
        assert ours.values.min() < 0  # the sign is kept
        assert ours.layer == layer
        assert ours.layer_size == layer_sizes(classifier.model, (48, 48))[layer]


def test_open_target_is_the_predicted_class(classifier, batch):
    with torch.no_grad():
        predicted = classifier.model(batch).argmax(1)
    result = explain(classifier, batch)
    assert result.target.tolist() == predicted.tolist()
    np.testing.assert_array_equal(result.values, explain(classifier, batch, target=predicted).values)


def test_contrast_is_the_difference_of_both_maps(classifier, batch):
    targets = ("fear", 5, ("fear", "surprise"))
    fear, surprise, contrast = (explain(classifier, batch, "grad_cam", target=target) for target in targets)
    np.testing.assert_allclose(contrast.values, fear.values - surprise.values, atol=1e-6)
    assert contrast.target.tolist() == [2] * 4
    assert contrast.against is not None
    assert contrast.against.tolist() == [5] * 4


def test_probability_and_logit_differ(classifier, batch):
    logit, probability = (explain(classifier, batch, target=0, of=of).values for of in ("logit", "probability"))
    assert not np.allclose(logit, probability)


def test_parts_of_a_batch_are_the_batch(classifier, batch, monkeypatch):
    whole, seen = explain(classifier, batch, "grad_cam", target=[0, 1, 2, 3]), []
    monkeypatch.setattr(GradCAM, "batch_size", 3)
    parts = explain(
        classifier, batch, "grad_cam", target=[0, 1, 2, 3], progress=lambda share, message: seen.append(share)
    )
    np.testing.assert_allclose(parts.values, whole.values, atol=1e-6)
    assert seen == [0.75, 1.0]


def test_cancelling_restores_everything(classifier, batch):
    class CancelledError(Exception):
        pass

    def cancel(_share, _message):
        raise CancelledError

    with pytest.raises(CancelledError):
        explain(classifier, batch, progress=cancel)
    assert not any(module._forward_hooks for module in classifier.model.modules())
    assert classifier.lock.acquire(blocking=False)
    classifier.lock.release()


def test_inference_mode_of_the_caller_does_not_matter(classifier, batch):
    with torch.inference_mode():
        inside = explain(classifier, batch.clone(), target=1)
    np.testing.assert_allclose(inside.values, explain(classifier, batch, target=1).values, atol=1e-6)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"target": 7}, "7"),
        ({"target": "bored"}, "bored"),
        ({"target": [0, 1]}, "4 images"),
        ({"target": (1, 1)}, "two different"),
        ({"target": (1, 2, 3)}, "pair"),
        ({"target": 0.5}, "0.5"),
        ({"layer": "stage 9"}, "stage 9"),
        ({"of": "score"}, "score"),
        ({"method": "magic"}, "grad_cam"),
        ({"steps": 3}, "steps"),
        ({"upsampling": "cubic"}, "cubic"),
    ],
)
def test_bad_requests_are_answered_in_words(classifier, batch, arguments, word):
    with pytest.raises(UserError, match=word):
        explain(classifier, batch, **arguments)


def test_wrong_shapes_are_answered_in_words(classifier):
    for shape in ((1, 48, 48), (0, 1, 48, 48), (2, 3, 48, 48), (1, 1, 20, 20)):
        with pytest.raises(UserError):
            explain(classifier, torch.zeros(shape))


def attribution(values):
    values = np.asarray(values, np.float32)
    return Attribution(values, "grad_cam", None, None, "logit", np.zeros(len(values), np.int64), 0.1)


def test_heatmap_never_stretches_a_map_without_positive_evidence():
    result = attribution([[[2.0, -4.0]], [[-1.0, -2.0]], [[0.0, 0.0]]])
    assert result.has_positive.tolist() == [True, False, False]
    assert result.heatmap().tolist() == [[[1.0, 0.0]], [[0.0, 0.0]], [[0.0, 0.0]]]
    assert result.signed_heatmap().tolist() == [[[0.5, -1.0]], [[-0.5, -1.0]], [[0.0, 0.0]]]
    assert result.one(1).values.tolist() == [[[-1.0, -2.0]]]


def test_lists_begin_with_grad_cam_and_descriptions_say_what_captum_does():
    from fer_models.explain import EXPLAINERS
    from fer_models.explain.titles import titles

    assert next(iter(titles())) == "grad_cam" and set(titles()) == set(EXPLAINERS)
    assert "grad_cam" not in titles({"grad_cam"})
    assert EXPLAINERS["occlusion"].description().endswith("Computed by captum.")
    computed = [key for key, method in EXPLAINERS.items() if method.captum == "computes"]
    assert computed == ["occlusion"]
    assert "captum" in EXPLAINERS["integrated_gradients"].description()
    assert EXPLAINERS["layer_cam"].description() == EXPLAINERS["layer_cam"].summary


def test_a_network_is_left_as_it_was_even_after_an_error():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    model[0].weight.requires_grad_(False)
    model(torch.ones(1, 2)).sum().backward()
    kept = model[1].register_forward_hook(lambda *given: None)
    before = [(p.requires_grad, p.grad) for p in model.parameters()]
    with pytest.raises(ZeroDivisionError), untouched(model):
        for parameter in model.parameters():
            parameter.requires_grad_(not parameter.requires_grad)
            parameter.grad = None
        model[0].register_full_backward_hook(lambda *given: None)
        kept.remove()
        raise ZeroDivisionError
    assert all(
        p.requires_grad == flag and p.grad is grad for p, (flag, grad) in zip(model.parameters(), before, strict=True)
    )
    assert len(model[1]._forward_hooks) == 1 and not model[0]._backward_hooks
