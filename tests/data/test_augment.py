"""Augmentation: identities, geometry, ranges, and the same pictures from the same seed."""

import pytest
import torch

from fer_models.data.augment import Augmentation, _beta, _boxes, affine_matrices, augment, mix
from fer_models.errors import UserError

ALL = Augmentation(
    rotation=18,
    translation=0.1,
    scale=0.1,
    shear=5,
    horizontal_flip=0.5,
    brightness=0.2,
    contrast=0.2,
    noise=0.05,
    erasing=0.5,
)


#: Mean, deviation, mean by row and by column, and the mean of the third of four pictures.
CHANGES = [
    ({"rotation": 30}, [135.02, 37.66, 158.21, 179.09, 135.03]),
    ({"translation": 0.2}, [133.16, 41.08, 161.0, 176.99, 114.86]),
    ({"scale": 0.3}, [134.69, 38.71, 162.89, 179.48, 134.85]),
    ({"shear": 20}, [134.87, 39.41, 163.37, 179.75, 134.99]),
    ({"horizontal_flip": 0.5}, [134.88, 39.28, 163.49, 167.68, 134.88]),
    ({"vertical_flip": 0.5}, [134.88, 39.28, 159.3, 180.26, 134.88]),
    (
        {"rotation": 30, "shear": 20, "vertical_flip": 0.5, "horizontal_flip": 0.5},
        [135.0, 37.32, 162.27, 166.27, 135.08],
    ),
    ({"brightness": 0.3}, [132.33, 65.82, 160.32, 176.97, 83.58]),
    ({"contrast": 0.5}, [134.86, 47.61, 164.9, 184.53, 134.84]),
    ({"noise": 0.2}, [134.91, 52.76, 163.79, 179.05, 134.82]),
    ({"erasing": 0.6}, [134.17, 40.01, 162.52, 179.21, 134.88]),
]
MATRICES = [-1.187399, -0.40883, 0.0, -0.328355, 1.165145, 0.0, 0.869163, 0.348215, 0.0, -0.204522, 0.835351, -0.0]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def images():
    return torch.randint(0, 256, (16, 1, 48, 48), dtype=torch.uint8, generator=generator(1))


def test_nothing_on_changes_nothing(images):
    assert torch.equal(augment(images, Augmentation(), generator()), images.float())


def test_flip_is_an_exact_mirror(images):
    mirrored = augment(images, Augmentation(horizontal_flip=1), generator())
    torch.testing.assert_close(mirrored, images.float().flip(3), atol=1e-2, rtol=0)
    upside_down = augment(images, Augmentation(vertical_flip=1), generator())
    torch.testing.assert_close(upside_down, images.float().flip(2), atol=1e-2, rtol=0)


def test_same_seed_same_pictures_and_range(images):
    first, second = (augment(images, ALL, generator(3)) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, augment(images, ALL, generator(4)))
    assert first.min() >= 0
    assert first.max() <= 255
    assert first.shape == images.shape


def test_rotation_and_scale_stay_in_their_ranges():
    matrices = affine_matrices(2000, Augmentation(rotation=18, scale=0.1), generator())[:, :, :2]
    zoom = matrices.det().rsqrt()
    assert 0.899 < zoom.min() < 0.91
    assert 1.09 < zoom.max() < 1.101
    angle = torch.rad2deg(torch.atan2(matrices[:, 1, 0], matrices[:, 0, 0]))
    assert 17 < angle.abs().max() <= 18.001
    shift = affine_matrices(2000, Augmentation(translation=0.1), generator())[:, :, 2]
    assert 0.19 < shift.abs().max() <= 0.2  # the side is 2 in these coordinates


def test_noise_and_erasing_have_the_asked_strength():
    grey = torch.full((400, 1, 32, 32), 128, dtype=torch.uint8)
    deviation = (augment(grey, Augmentation(noise=0.05), generator()) - 128).flatten(1).std(1) / 255
    assert deviation.max() <= 0.055
    assert deviation.mean() == pytest.approx(0.025, abs=0.002)
    erased = (augment(grey, Augmentation(erasing=0.5), generator()) != 128).flatten(1).float().mean(1)
    assert (erased > 0).float().mean() == pytest.approx(0.5, abs=0.08)
    assert erased.max() < 0.3


@pytest.mark.parametrize("settings", [Augmentation(mixup=0.4), Augmentation(cutmix=1), Augmentation(mixup=1, cutmix=1)])
def test_mixed_targets_stay_shares(images, settings):
    targets = torch.eye(7)[torch.arange(16) % 7]
    x, mixed = mix(images.float(), targets, settings, generator(2))
    torch.testing.assert_close(mixed.sum(1), torch.ones(16))
    assert x.shape == images.shape
    assert (mixed.amax(1) < 1).any()


def test_cutmix_shares_equal_the_pasted_area():
    x = torch.arange(8).float()[:, None, None, None].expand(8, 1, 20, 20)
    mixed, shares = mix(x, torch.eye(8), Augmentation(cutmix=1), generator(5))
    unchanged = (mixed == x).flatten(1).float().mean(1)
    torch.testing.assert_close(shares.diagonal(), unchanged)


def test_impossible_strengths_are_refused():
    with pytest.raises(UserError, match="rotation"):
        Augmentation(rotation=-1)
    assert Augmentation(rotation=18, horizontal_flip=0.5).scaled(3) == Augmentation(rotation=54, horizontal_flip=1)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_mixing_shares_follow_their_beta_law(alpha):
    shares = _beta(alpha, 20_000, generator())
    assert shares.mean().item() == pytest.approx(0.5, abs=0.01)
    assert shares.var().item() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.03)  # of Beta(alpha, alpha)
    assert shares.min() >= 0 and shares.max() <= 1


def test_rectangles_cover_their_area_and_lie_anywhere_inside():
    area = torch.full((4000,), 0.1)
    boxes = _boxes(area, 40, 60, generator(), aspect=3.3)
    assert boxes.shape == (4000, 1, 40, 60)
    assert boxes.float().mean().item() == pytest.approx(0.1, rel=0.01)
    high, wide = boxes.any(3).sum(2).float() / 40, boxes.any(2).sum(2).float() / 60
    assert torch.equal(boxes.sum((2, 3)).float(), (high * wide * 2400).round())  # full rectangles
    ratio = (high / wide).flatten()
    assert 1 / 3.7 < ratio.min() < 1 / 3 and 3 < ratio.max() < 3.7
    assert ratio.log().mean().abs() < 0.05
    for edge in (boxes[:, 0, 0], boxes[:, 0, -1], boxes[:, 0, :, 0], boxes[:, 0, :, -1]):
        assert edge.any()
    (square,) = _boxes(torch.tensor([0.25]), 40, 40, generator())
    assert square.any(2).sum() == square.any(1).sum() == 20
    assert _boxes(torch.tensor([1.0]), 7, 9, generator()).all()


def test_brightness_moves_and_contrast_stretches_about_the_mean():
    ramp = torch.tensor([[100.0, 120.0], [140.0, 160.0]]).expand(2000, 1, 2, 2)
    moved = augment(ramp, Augmentation(brightness=0.2), generator()) - ramp
    assert (moved.flatten(1).std(1) < 1e-3).all()
    assert 50 < moved.max() <= 51.001 and -51.001 <= moved.min() < -50
    stretched = augment(ramp, Augmentation(contrast=0.2), generator())
    torch.testing.assert_close(stretched.mean((1, 2, 3)), torch.full((2000,), 130.0))
    gain = (stretched[:, 0, 1, 1] - stretched[:, 0, 0, 0]) / 60
    assert 0.7999 <= gain.min() < 0.81 and 1.19 < gain.max() < 1.2001


def test_mixup_weighs_pictures_as_their_targets():
    x = torch.arange(8.0)[:, None, None, None].expand(8, 1, 2, 2)
    mixed, shares = mix(x, torch.eye(8), Augmentation(mixup=1), generator(5))
    torch.testing.assert_close(mixed[:, 0, 0, 0], shares @ torch.arange(8.0))


def test_shear_moves_rows_by_its_tangent():
    matrices = affine_matrices(2000, Augmentation(shear=30), generator())
    tangent = torch.rad2deg(torch.atan(matrices[:, 0, 1]))
    assert 29 < tangent.max() <= 30.001 and -30.001 <= tangent.min() < -29
    torch.testing.assert_close(matrices[:, :, 0], torch.tensor([1.0, 0.0]).expand(2000, 2))
    turned = affine_matrices(200, Augmentation(rotation=40, shear=30, scale=0.2), generator())[:, :, :2]
    first, second = turned[:, :, 0], turned[:, :, 1]  # the second axis is sheared along the turned first one
    torch.testing.assert_close(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0], first.square().sum(1))


def test_a_seed_draws_the_same_changes_as_ever():
    """Runs are repeated by their seed: signs, orders and ranges of what is drawn are part of it."""
    down, across = torch.meshgrid(torch.arange(24.0), torch.arange(24.0), indexing="ij")
    picture = (40 + 3 * down + 4 * across + 30 * (across > down)).repeat(4, 1, 1, 1)

    def moments(**settings):
        drawn = augment(picture, Augmentation(**settings), generator(5)).double()
        values = [drawn.mean(), drawn.std(), (drawn * down).mean() / 10, (drawn * across).mean() / 10, drawn[2].mean()]
        return [round(float(value), 2) for value in values]

    for settings, expected in CHANGES:
        assert moments(**settings) == pytest.approx(expected, abs=0.02), settings
    matrices = affine_matrices(2, Augmentation(rotation=30, scale=0.2, shear=20, horizontal_flip=0.5), generator(1))
    assert matrices.flatten().tolist() == pytest.approx(MATRICES, abs=1e-5)


def test_mixing_is_on_where_one_of_the_two_is():
    assert [Augmentation(**on).mixes for on in ({}, {"mixup": 0.1}, {"cutmix": 0.1})] == [False, True, True]
    assert not Augmentation(rotation=5, noise=0.1).mixes


def test_a_rectangle_of_a_whole_picture_covers_it():
    assert _boxes(torch.ones(3), 7, 9, generator()).all()
    assert not _boxes(torch.zeros(3), 7, 9, generator()).any()
    assert _boxes(torch.full((2,), 0.25), 8, 8, generator()).flatten(1).sum(1).tolist() == [16, 16]
