"""PCP: listed values, and continuity of the function and its first two derivatives."""

import pytest
import torch

from fer_models.architectures.pcp import PCP
from fer_models.errors import UserError


def test_listed_values():
    x = torch.tensor([-2, -1, -0.5, 0, 0.5, 1, 2], dtype=torch.float64)
    expected = [-0.1, -0.05, -0.00520833, 0.15833333, 0.51979167, 1, 2]
    assert PCP().double()(x).tolist() == pytest.approx(expected, abs=1e-8)


def derivatives(x, **options):
    f = PCP(**options).double()
    x = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = f(x)
    (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    return torch.stack([y, first, second]).detach()


@pytest.mark.parametrize("knot", [-0.7, 0.0, 0.7])
def test_two_derivatives_are_continuous(knot):
    options = {"alpha": 0.2, "beta": 1.3, "half_width": 0.7}
    left, at, right = (derivatives([knot + step], **options) for step in (-1e-9, 0.0, 1e-9))
    assert torch.allclose(left, right, atol=1e-7)
    assert torch.allclose(at, right, atol=1e-7)


def test_derivatives_at_zero():
    """f'(0) = (alpha + beta) / 2 and f''(0) = (beta - alpha) / h."""
    _, first, second = derivatives([0.0], alpha=0.2, beta=1.0, half_width=0.5).flatten().tolist()
    assert first == pytest.approx(0.6)
    assert second == pytest.approx(1.6)


def test_gradients_of_the_three_numbers():
    f = PCP().double()
    x = torch.linspace(-2, 2, 9, dtype=torch.float64, requires_grad=True)

    def call(x, alpha, beta, width):
        return torch.func.functional_call(f, {"alpha": alpha, "beta": beta, "log_width": width}, x)

    assert torch.autograd.gradcheck(call, (x, f.alpha, f.beta, f.log_width))


def test_fixed_form_and_bad_width():
    assert not any(p.requires_grad for p in PCP(learnable=False).parameters())
    with pytest.raises(UserError, match="positive"):
        PCP(half_width=0)
