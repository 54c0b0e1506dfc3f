"""Every network leaves for ONNX by the exporter that the app uses, and onnxruntime gives the same logits."""

import pytest
import torch
from torch import nn

from fer_models.architectures import ARCHITECTURES, create_model
from fer_models.inference.forwards import Outputs
from fer_models.inference.onnx_runtime import OnnxForward

#: Small members, since the default ones are the three largest networks.
OPTIONS = {"ensemble": {"members": ("mini_xception", "separable_attention")}}
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def settled(name: str, x: torch.Tensor) -> nn.Module:
    """A network whose norms hold the statistics of one batch: without them deep logits vanish or explode."""
    torch.manual_seed(0)
    model = create_model(name, 7, 1, **OPTIONS.get(name, {}))
    norms = {m: m.momentum for m in model.modules() if isinstance(m, NORMS)}
    for norm in norms:
        norm.momentum = 1.0
    with torch.no_grad():
        model.train()(x)
    for norm, momentum in norms.items():
        norm.momentum = momentum
    return model.eval()


@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_onnxruntime_gives_the_same_logits(name: str) -> None:
    x = torch.randn(8, 1, 48, 48, generator=torch.Generator().manual_seed(5))
    model = settled(name, x)
    session = OnnxForward(Outputs(model, shared_head=False).eval(), x[:2])
    for part in (x[:1], x[:3]):
        logits, embedding = session(part)
        with torch.no_grad():
            expected = model(part)
            expected_embedding = model.forward_head(model.forward_features(part), pre_logits=True)
        assert expected.abs().max() > 1e-3
        assert (logits - expected).abs().max() < 1e-4
        torch.testing.assert_close(embedding, expected_embedding, atol=1e-3, rtol=1e-3)
