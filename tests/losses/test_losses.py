"""Losses: equal to torch where torch has them, hand-derived numbers elsewhere, exact gradients."""

import math

import pytest
import torch
import torch.nn.functional as F

from fer_models.errors import UserError
from fer_models.losses import LOSSES, create_loss

COUNTS = [10, 2, 30, 5, 4, 6, 9]


def batch(dtype=torch.float64):
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(6, 7, generator=generator, dtype=dtype)
    embedding = torch.randn(6, 4, generator=generator, dtype=dtype)
    teacher = torch.randn(6, 7, generator=generator, dtype=dtype)
    targets = torch.tensor([0, 1, 2, 3, 0, 6])
    return logits, targets, embedding, teacher


def call(loss, logits, targets, embedding, teacher):
    return loss(logits, targets, embedding=embedding, teacher_logits=teacher)


@pytest.mark.parametrize("name", list(LOSSES))
def test_one_call_serves_every_loss(name):
    """Scalar, finite, float32 from half precision, and the same for class numbers and their one-hot shares."""
    logits, targets, embedding, teacher = batch(torch.float32)
    losses = [create_loss(name, num_features=4, class_counts=COUNTS) for _ in range(3)]
    value = call(losses[0], logits, targets, embedding, teacher)
    assert value.shape == ()
    assert value.isfinite()
    one_hot = F.one_hot(targets, 7).float()
    assert call(losses[1], logits, one_hot, embedding, teacher).item() == pytest.approx(value.item(), rel=1e-6)
    half = call(losses[2], logits.bfloat16(), targets, embedding.bfloat16(), teacher.bfloat16())
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(value.item(), rel=0.05)
    assert losses[0].title and losses[0].summary and losses[0].paper


@pytest.mark.parametrize("name", list(LOSSES))
@pytest.mark.parametrize("mixed", [False, True])
def test_gradients_are_exact(name, mixed):
    logits, targets, embedding, teacher = batch()
    if mixed:
        targets = 0.7 * F.one_hot(targets, 7).double() + 0.3 * F.one_hot(targets.flip(0), 7).double()
    loss = create_loss(name, num_features=4).double()
    if name == "intra_class_distance":  # centres are constants: hold them
        call(loss, logits, targets, embedding, teacher)
        loss.eval()

    def f(logits, embedding):
        return call(loss, logits, targets, embedding, teacher)

    assert torch.autograd.gradcheck(f, (logits.requires_grad_(), 3 * embedding.requires_grad_()))


@pytest.mark.parametrize("name", list(LOSSES))
def test_a_loss_is_the_mean_of_its_images(name):
    """Every image twice costs as much as every image once."""
    once = batch()
    twice = [torch.cat([part, part]) for part in once]
    values = [call(create_loss(name, num_features=4, class_counts=COUNTS).double(), *part) for part in (once, twice)]
    assert values[1].item() == pytest.approx(values[0].item(), rel=1e-6)


@pytest.mark.parametrize("name", list(LOSSES))
def test_unknown_options_name_the_valid_ones(name):
    with pytest.raises(UserError, match=next(iter(LOSSES[name].options()))):
        create_loss(name, num_features=4, no_such_option=1)


def test_unknown_loss_names_the_valid_ones():
    with pytest.raises(UserError, match="cross_entropy"):
        create_loss("hinge")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cross_entropy", {"label_smoothing": 1.5}),
        ("cross_entropy", {"label_smoothing": True}),
        ("cross_entropy", {"class_weights": True}),  # and no counts
        ("focal", {"gamma": -1}),
        ("soft_label", {"min_share": 2}),
        ("distillation", {"alpha": 2}),
        ("distillation", {"temperature": 0}),
        ("intra_class_distance", {"penalty_side": "both"}),
        ("intra_class_distance", {"centres": "median"}),
        ("intra_class_distance", {"weight": -1}),
    ],
)
def test_impossible_options_are_refused(name, options):
    with pytest.raises(UserError):
        create_loss(name, num_features=4, **options)


def test_targets_of_a_wrong_shape_are_refused():
    with pytest.raises(UserError, match="shares"):
        create_loss("cross_entropy")(torch.zeros(2, 7), torch.zeros(2, 5))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_equals_torch(smoothing, weighted):
    logits, targets, *_ = batch()
    loss = create_loss("cross_entropy", class_counts=COUNTS, label_smoothing=smoothing, class_weights=weighted)
    weight = loss.weights.double() if weighted else None
    expected = F.cross_entropy(logits, targets, weight=weight, label_smoothing=smoothing)
    assert loss(logits, targets).item() == pytest.approx(expected.item(), rel=1e-6)


def test_inverse_frequency_by_hand():
    loss = create_loss("cross_entropy", num_classes=3, class_counts=[1, 3, 0], class_weights=True)
    assert loss.weights.tolist() == pytest.approx([4 / 3, 4 / 9, 0])


def test_focal_by_hand():
    """Two classes at p = 0.8 for the true one: 0.2^2 * -log 0.8."""
    logits = torch.tensor([[math.log(4.0), 0.0]], dtype=torch.float64)
    value = create_loss("focal", num_classes=2)(logits, torch.tensor([0]))
    assert value.item() == pytest.approx(-0.04 * math.log(0.8), rel=1e-9)
    plain = create_loss("focal", num_classes=2, gamma=0.0)(logits, torch.tensor([0]))
    assert plain.item() == pytest.approx(-math.log(0.8), rel=1e-9)


def test_soft_labels_are_votes():
    """6, 3 and 1 votes of ten; without the slip 2/3 and 1/3. Uniform probabilities cost log 3 in any case."""
    votes = torch.tensor([[6.0, 3.0, 1.0]], dtype=torch.float64)
    loss = create_loss("soft_label", num_classes=3)
    assert loss.distribution(votes)[0].tolist() == pytest.approx([0.6, 0.3, 0.1])
    logits = torch.tensor([[math.log(2.0), 0.0, 0.0]], dtype=torch.float64)  # p = 1/2, 1/4, 1/4
    assert loss(logits, votes).item() == pytest.approx(0.6 * math.log(2) + 0.4 * math.log(4))
    strict = create_loss("soft_label", num_classes=3, min_share=0.2)
    assert strict.distribution(votes)[0].tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    quarter = create_loss("soft_label", num_classes=3, min_share=0.25)  # a share just at the limit is kept
    assert quarter.distribution(torch.tensor([[5.0, 2.0, 1.0]]))[0].tolist() == pytest.approx([5 / 7, 2 / 7, 0])
    assert loss(torch.zeros(1, 3), torch.zeros(1, 3)).item() == 0
    with pytest.raises(UserError, match="negative"):
        loss(logits, -votes)


def test_distillation_by_hand():
    """Student uniform, teacher 0.8 / 0.2 at T = 1: CE = log 2, KL = 0.8 log 1.6 + 0.2 log 0.4."""
    student, teacher = torch.zeros(1, 2).double(), torch.tensor([[math.log(4.0), 0.0]]).double()
    loss = create_loss("distillation", num_classes=2, temperature=1.0, alpha=0.25)
    divergence = 0.8 * math.log(1.6) + 0.2 * math.log(0.4)
    value = loss(student, torch.tensor([1]), teacher_logits=teacher)
    assert value.item() == pytest.approx(0.75 * math.log(2) + 0.25 * divergence)
    warm = create_loss("distillation", num_classes=2, temperature=2.0, alpha=1.0)
    p = 2 / 3  # softmax of log(4) / 2 = log 2
    expected = 4 * (p * math.log(2 * p) + (1 - p) * math.log(2 * (1 - p)))
    assert warm(student, torch.tensor([1]), teacher_logits=teacher).item() == pytest.approx(expected)
    teacher.requires_grad_()
    assert not loss(student, torch.tensor([1]), teacher_logits=teacher).requires_grad
    with pytest.raises(UserError, match="teacher"):
        loss(student, torch.tensor([1]))


@pytest.mark.parametrize("counts", [[1, 2], [1, 2, 3, 4], [0, 0, 0], [3, 2, -1], None])
def test_class_weights_want_a_count_of_each_class(counts):
    with pytest.raises(UserError, match="Class weights need"):
        create_loss("cross_entropy", num_classes=3, class_counts=counts, class_weights=True)
