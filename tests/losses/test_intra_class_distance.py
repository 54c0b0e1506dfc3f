"""The intra-class distance penalty against an example worked out by hand."""

import pytest
import torch

from fer_models.errors import UserError
from fer_models.losses import create_loss

# Class 0 at (-3, 0) and (5, 0), class 1 at (6, 0) and (6, 2): centres (1, 0) and (6, 1), d = sqrt(26) / 2 for both.
POINTS = [[-3.0, 0.0], [5.0, 0.0], [6.0, 0.0], [6.0, 2.0]]
TARGETS = torch.tensor([0, 0, 1, 1])


def build(**options):
    return create_loss("intra_class_distance", num_classes=2, num_features=2, **options).double()


def points():
    return torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("centres", ["batch", "ema"])  # the first batch starts the running centres
def test_worked_example_outside(centres):
    f = points()
    penalty = build(centres=centres).penalty(f, TARGETS)
    assert penalty.tolist() == pytest.approx([4.75, 4.75, 0, 0])  # (16 - 6.5) / 2 each: 9.5 in all
    penalty.sum().backward()
    assert f.grad.tolist() == [[-4, 0], [4, 0], [0, 0], [0, 0]]


def test_worked_example_inside():
    """Distances 4 and 1 against d = 2.55: the far ones are left alone, the near ones are drawn in."""
    f = points()
    penalty = build(centres="batch", penalty_side="inside").penalty(f, TARGETS)
    assert penalty.tolist() == pytest.approx([3.25, 3.25, 0.5, 0.5])  # d^2 / 2 and 1 / 2
    penalty.sum().backward()
    assert f.grad.tolist() == [[0, 0], [0, 0], [0, -1], [0, 1]]


def test_loss_is_cross_entropy_and_the_weighted_mean():
    f, logits = points(), torch.zeros(4, 2).double()
    plain = create_loss("cross_entropy", num_classes=2)(logits, TARGETS)
    value = build(centres="batch", weight=0.1)(logits, TARGETS, embedding=f)
    assert value.item() == pytest.approx(plain.item() + 0.1 * 9.5 / 4)
    with pytest.raises(UserError, match="embedding"):
        build()(logits, TARGETS)


def test_running_centres_move_and_rest():
    loss = build(momentum=0.9)
    loss.penalty(points(), TARGETS)
    assert loss.centre.tolist() == [[1, 0], [6, 1]]
    loss.penalty(torch.tensor([[11.0, 10.0]]).double(), torch.tensor([0]))  # class 1 is not in this batch
    assert loss.centre[0].tolist() == pytest.approx([2, 1])  # 0.9 * (1, 0) + 0.1 * (11, 10)
    assert loss.centre[1].tolist() == [6, 1]
    loss.eval()
    loss.penalty(points(), TARGETS)
    assert loss.centre[0].tolist() == pytest.approx([2, 1])


def test_a_class_alone_has_no_penalty():
    loss = create_loss("intra_class_distance", num_classes=3, num_features=2).double()
    penalty = loss.penalty(points(), torch.zeros(4, dtype=torch.int64))
    assert penalty.tolist() == [0, 0, 0, 0]
    assert loss.seen.tolist() == [True, False, False]


def test_centres_are_saved():
    loss = build()
    loss.penalty(points(), TARGETS)
    other = build()
    other.load_state_dict(loss.state_dict())
    assert torch.equal(other.centre, loss.centre)
    assert other.seen.all()
