"""Training convolutions as matrix products: the same function and gradients, on tiny maps in half precision only."""

import copy

import pytest
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from fer_models import create_model
from fer_models.training.products import LARGEST_MAP, _Product, use_matrix_products


def _convolution(x: torch.Tensor, conv: nn.Conv2d) -> set[str]:
    """Names of the operations that the layer runs under autocast."""
    with profile(activities=[ProfilerActivity.CPU]) as seen, torch.autocast("cpu", torch.bfloat16):
        conv(x)
    return {event.key for event in seen.key_averages()}


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("map_size", [(1, 1), (2, 3), (3, 2)])
@pytest.mark.parametrize("bias", [True, False])
def test_product_is_the_convolution(kernel: int, map_size: tuple[int, int], bias: bool) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 3, *map_size, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(4, 3, kernel, kernel, dtype=torch.float64, requires_grad=True)
    b = torch.randn(4, dtype=torch.float64, requires_grad=True) if bias else None
    torch.testing.assert_close(_Product.apply(x, weight, b), nn.functional.conv2d(x, weight, b, padding=kernel // 2))
    assert torch.autograd.gradcheck(_Product.apply, (x, weight, b))


def test_only_where_it_is_faster() -> None:
    conv = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1)).to(memory_format=torch.channels_last)
    assert use_matrix_products(conv) == 1
    side = round(LARGEST_MAP[3] ** 0.5)
    small, large = torch.randn(4, 64, side, side), torch.randn(4, 64, side + 1, side + 1)
    assert "_Product" in _convolution(small, conv)
    assert "_Product" not in _convolution(large, conv)
    assert "_Product" not in _convolution(small, conv.eval())
    conv.train()
    torch.testing.assert_close(conv(small), nn.functional.conv2d(small, conv[0].weight, conv[0].bias, padding=1))


def test_other_convolutions_stay_as_they_are() -> None:
    others = nn.Sequential(
        nn.Conv2d(8, 8, 3), nn.Conv2d(8, 8, 3, 2, 1), nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.Conv2d(8, 8, 5, 1, 2)
    )
    assert use_matrix_products(others) == 0
    assert all(type(module) is nn.Conv2d for module in others)


def test_gradient_of_a_network_is_as_near_to_float32_as_before() -> None:
    torch.manual_seed(0)
    plain = create_model("fcsdnet", in_channels=1).to(memory_format=torch.channels_last).train()
    ours = copy.deepcopy(plain)
    assert use_matrix_products(ours) == 17
    assert list(ours.state_dict()) == list(plain.state_dict())
    x, y = torch.rand(32, 1, 48, 48) * 2 - 1, torch.arange(32) % 7

    def gradient(network: nn.Module, half: bool) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            loss = nn.functional.cross_entropy(network(x), y)
        loss.backward()
        return torch.cat([p.grad.flatten() for p in network.parameters()])

    exact = gradient(copy.deepcopy(plain), half=False)
    error = {
        name: float((gradient(n, True) - exact).norm() / exact.norm()) for name, n in (("plain", plain), ("ours", ours))
    }
    assert error["ours"] < 1.1 * error["plain"]
