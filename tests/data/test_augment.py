"""Augmentation: identities, geometry, ranges, and the same pictures from the same seed."""

import pytest
import torch

from fer_models.data.augment import Augmentation, affine_matrices, augment, mix
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
