"""Layers that train in another way: the same functions and gradients, and only where that is faster."""

import copy

import pytest
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from fer_models import create_model
from fer_models.training.kernels import LARGEST_MAP, _Dropout, _Product, _SteppedDepthwise, use_fast_kernels


def _operations(layer: nn.Module, x: torch.Tensor) -> set[str]:
    """Names of the operations that a layer runs under autocast."""
    with profile(activities=[ProfilerActivity.CPU]) as seen, torch.autocast("cpu", torch.bfloat16):
        layer(x)
    return {event.key for event in seen.key_averages()}


def _numbers(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("map_size", [(1, 1), (2, 3), (3, 2)])
@pytest.mark.parametrize("bias", [True, False])
def test_product_is_the_convolution(kernel: int, map_size: tuple[int, int], bias: bool) -> None:
    torch.manual_seed(0)
    x, weight, b = _numbers(2, 3, *map_size), _numbers(4, 3, kernel, kernel), _numbers(4) if bias else None
    torch.testing.assert_close(_Product.apply(x, weight, b), nn.functional.conv2d(x, weight, b, padding=kernel // 2))
    assert torch.autograd.gradcheck(_Product.apply, (x, weight, b))


@pytest.mark.parametrize(
    ("kernel", "step", "padding"), [(3, 2, (0, 0)), (3, 2, (1, 1)), (5, 2, (2, 1)), (3, 3, (0, 2))]
)
@pytest.mark.parametrize("map_size", [(6, 7), (7, 6)])
@pytest.mark.parametrize("bias", [True, False])
def test_depthwise_gradient_without_a_step(
    kernel: int, step: int, padding: tuple[int, int], map_size: tuple[int, int], bias: bool
) -> None:
    torch.manual_seed(0)
    x, weight, b = _numbers(2, 3, *map_size), _numbers(3, 1, kernel, kernel), _numbers(3) if bias else None
    expected = nn.functional.conv2d(x, weight, b, step, padding, groups=3)
    torch.testing.assert_close(_SteppedDepthwise.apply(x, weight, b, step, padding), expected)
    assert torch.autograd.gradcheck(_SteppedDepthwise.apply, (x, weight, b, step, padding))


@pytest.mark.parametrize("p", [0.25, 0.4, 0.9])
def test_dropout_keeps_the_share_and_the_mean(p: float) -> None:
    torch.manual_seed(0)
    x = torch.ones(8, 16, 33, 31).to(memory_format=torch.channels_last).requires_grad_()
    layer = _Dropout(p)
    out = layer(x)
    assert abs(float((out == 0).double().mean()) - p) < 0.006  # five standard errors of 130,944 draws
    torch.testing.assert_close(out[out > 0].unique(), torch.tensor([1 / (1 - p)]), rtol=1e-4, atol=0)
    out.sum().backward()
    assert x.grad is not None and torch.equal(x.grad, out)
    assert not torch.equal(layer(x), out)
    neighbours = (out.permute(0, 2, 3, 1).flatten() == 0).double()
    lags = [torch.corrcoef(torch.stack([neighbours[:-lag], neighbours[lag:]]))[0, 1] for lag in range(1, 9)]
    assert max(abs(float(r)) for r in lags) < 0.014  # values of one draw are independent
    torch.manual_seed(0)
    assert torch.equal(layer(x), out)
    assert layer.eval()(x) is x


def test_dropout_of_a_view_with_gaps() -> None:
    out = _Dropout(0.5)(torch.ones(64, 8)[:, ::2])
    assert set(out.unique().tolist()) == {0.0, 2.0}


def test_only_where_it_is_faster() -> None:
    conv = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1)).to(memory_format=torch.channels_last)
    assert use_fast_kernels(conv) == 1
    side = round(LARGEST_MAP[3] ** 0.5)
    small, large = torch.randn(4, 64, side, side), torch.randn(4, 64, side + 1, side + 1)
    assert "_Product" in _operations(conv, small)
    assert "_Product" not in _operations(conv, large)
    assert "_Product" not in _operations(conv.eval(), small)
    conv.train()
    torch.testing.assert_close(conv(small), nn.functional.conv2d(small, conv[0].weight, conv[0].bias, padding=1))
    depthwise = nn.Sequential(nn.Conv2d(64, 64, 3, 2, 1, groups=64))
    assert use_fast_kernels(depthwise) == 1
    assert "_SteppedDepthwise" in _operations(depthwise, large)
    assert "_SteppedDepthwise" not in _operations(depthwise.eval(), large)


def test_other_layers_stay_as_they_are() -> None:
    others = nn.Sequential(
        nn.Conv2d(8, 8, 3),
        nn.Conv2d(8, 8, 3, 2, 1),
        nn.Conv2d(8, 8, 3, padding=1, groups=8),
        nn.Conv2d(8, 8, 5, 1, 2),
        nn.Conv2d(8, 16, 3, 2, groups=8),
        nn.Conv2d(8, 8, 3, 2, dilation=2, groups=8),
        nn.Dropout2d(),
    )
    kinds = [type(module) for module in others]
    assert use_fast_kernels(others) == 0
    assert [type(module) for module in others] == kinds


@pytest.mark.parametrize(("name", "layers"), [("fcsdnet", 17), ("multibranch", 20)])
def test_gradient_of_a_network_is_as_near_to_float32_as_before(name: str, layers: int) -> None:
    torch.manual_seed(0)
    plain = create_model(name, in_channels=1).to(memory_format=torch.channels_last).train()
    for module in plain.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0
    ours = copy.deepcopy(plain)
    assert use_fast_kernels(ours) == layers
    assert list(ours.state_dict()) == list(plain.state_dict())
    x, y = torch.rand(16, 1, 48, 48) * 2 - 1, torch.arange(16) % 7

    def gradient(network: nn.Module, half: bool) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            loss = nn.functional.cross_entropy(network(x), y)
        loss.backward()
        return torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])

    exact = gradient(copy.deepcopy(plain), half=False)
    error = {
        kind: float((gradient(n, True) - exact).norm() / exact.norm()) for kind, n in (("plain", plain), ("ours", ours))
    }
    assert error["ours"] < 1.1 * error["plain"]
