"""HOG: values by hand, and scikit-image's where the two definitions agree."""

import math

import numpy as np
import pytest
import torch

from fer_models import create_model
from fer_models.architectures.hog import HOG, to_grey
from fer_models.errors import UserError


def ramp(degrees, size=64):
    """Brightness rises by 1 a pixel in the given direction; rows count downwards."""
    y, x = np.mgrid[:size, :size].astype(np.float32)
    angle = math.radians(degrees)
    return math.cos(angle) * x - math.sin(angle) * y


def as_batch(*images):
    return torch.from_numpy(np.stack(images).astype(np.float32))[:, None]


def test_a_ramp_votes_for_its_own_bin():
    """At a bin's centre all 64 pixels of an inner cell vote 2 (two pixels apart) for that bin."""
    cells = HOG().cells(as_batch(*(ramp(10 + 20 * k) for k in range(9))))
    assert cells.shape == (9, 9, 8, 8)
    for k in range(9):
        expected = [128.0 if b == k else 0.0 for b in range(9)]
        assert cells[k, :, 3, 4].tolist() == pytest.approx(expected, abs=0.02)


def test_votes_are_shared_between_two_bins():
    """0 degrees lies between the bins at 10 and 170, 25 degrees a quarter of the way from 30 to 10."""
    cells = HOG().cells(as_batch(ramp(0), ramp(25)))
    assert cells[0, :, 3, 3].tolist() == pytest.approx([64, 0, 0, 0, 0, 0, 0, 0, 64], abs=0.02)
    assert cells[1, :3, 3, 3].tolist() == pytest.approx([32, 96, 0], abs=0.02)


def test_a_whole_vote_between_two_bins_is_cast_once():
    """45 degrees is just as far from 22.5 as from 67.5."""
    cells = HOG(bins=4, vote="nearest").cells(as_batch(np.add(*np.indices((64, 64)))))
    assert cells[0, :, 3, 3].sum().item() == pytest.approx(64 * 2 * math.sqrt(2), abs=0.02)
    assert (cells[0, :, 3, 3] > 0).sum() == 1


def test_printed_formula_folds_directions():
    """|arctan| cannot tell 130 degrees from 50, and leaves the bins above 90 degrees empty."""
    cells = HOG(orientation="paper").cells(as_batch(ramp(130), ramp(50)))
    assert torch.allclose(cells[0, :, 3, 3], cells[1, :, 3, 3], atol=0.01)
    assert cells[0, 2, 3, 3].item() == pytest.approx(128, abs=0.02)


def test_borders_are_replicated():
    """At the left border a step of 1 remains of the ramp's 2: seven columns vote 2, one votes 1."""
    cells = HOG().cells(as_batch(ramp(90).T.copy()))  # rises to the left: direction 180, bins 0 and 8
    assert cells[0, [0, 8], 3, 0].sum().item() == pytest.approx(8 * (7 * 2 + 1), abs=0.02)


def test_blocks_by_hand():
    """Four cells with one value each: (3, 4, 0, 0) becomes (0.6, 0.8, 0, 0)."""
    cells = torch.zeros(1, 9, 2, 2)
    cells[0, 0, 0, 0], cells[0, 5, 0, 1] = 3, 4
    blocks = HOG(eps=0.0).blocks(cells)
    assert blocks.shape == (1, 36, 1, 1)
    assert blocks[0, 0].item() == pytest.approx(0.6)
    assert blocks[0, 9 + 5].item() == pytest.approx(0.8)
    assert HOG().blocks(HOG().cells(torch.rand(2, 1, 64, 64))).numel() == 2 * 1764


def test_agrees_with_scikit_image_where_definitions_agree():
    """On ramps at bin centres, inside the border, no vote is shared. Its rows count downwards: bins mirror."""
    feature = pytest.importorskip("skimage.feature")
    for k in range(9):
        image = ramp(10 + 20 * k)
        expected = feature.hog(image, 9, (8, 8), (2, 2), block_norm="L2", feature_vector=False)  # (7, 7, 2, 2, 9)
        ours = HOG().blocks(HOG().cells(as_batch(image)))[0].reshape(2, 2, 9, 7, 7).permute(3, 4, 0, 1, 2).numpy()
        np.testing.assert_allclose(ours[1:-1, 1:-1], expected[1:-1, 1:-1, :, :, ::-1], atol=2e-3)


def test_agrees_with_scikit_image_on_noise_with_nearest_votes():
    feature = pytest.importorskip("skimage.feature")
    image = np.random.default_rng(0).random((64, 64)).astype(np.float32)
    expected = feature.hog(image, 9, (8, 8), (1, 1), block_norm="L2", feature_vector=False)[:, :, 0, 0]
    cells = HOG(vote="nearest").cells(as_batch(image))[0]
    ours = (cells / cells.square().sum(0).sqrt()).permute(1, 2, 0).numpy()[:, :, ::-1]
    # Its cells are normalised alone here, so the border's other gradients stay in the border's cells.
    np.testing.assert_allclose(ours[1:-1, 1:-1], expected[1:-1, 1:-1], atol=1e-3)


def test_picture_shows_edges_and_stays_in_range():
    """A vertical edge has a horizontal gradient: its cells show vertical strokes."""
    image = np.zeros((64, 64), np.float32)
    image[:, 28:] = 1
    picture = HOG()(as_batch(image))
    assert picture.shape == (1, 1, 64, 64)
    assert picture.min() >= 0
    assert picture.max().item() == pytest.approx(1)
    cell = picture[0, 0, 24:32, 24:32]
    assert cell[:, 3:5].sum() > 2 * cell[3:5, :].sum()
    assert picture[0, 0, :, :16].max() == 0  # flat: nothing to draw


def test_picture_ignores_brightness_and_contrast():
    image = torch.rand(2, 1, 48, 48)
    assert torch.allclose(HOG()(image), HOG()(200 * image - 30), atol=2e-3)


@pytest.mark.parametrize("size", [(48, 48), (50, 61), (17, 16)])
def test_any_size_and_finite_gradients(size):
    image = torch.rand(1, 1, *size)
    image[:, :, :10] = 0.5  # flat part: no direction
    image.requires_grad_()
    picture = HOG()(image)
    assert picture.shape == image.shape
    picture.sum().backward()
    assert image.grad.isfinite().all()


def test_float32_under_autocast_and_from_half():
    image = torch.rand(1, 1, 32, 32)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(HOG()(image), HOG()(image.clone()))
        assert HOG()(image).dtype == torch.float32
    assert HOG()(image.bfloat16()).dtype == torch.float32


def test_grey():
    rgb = torch.zeros(1, 3, 2, 2)
    rgb[:, 1] = 1
    assert to_grey(rgb).unique().item() == pytest.approx(0.587)
    assert to_grey(rgb[:, :1]).shape == (1, 1, 2, 2)
    with pytest.raises(UserError, match="1 or 3"):
        to_grey(rgb[:, :2])


def test_network_reads_grey_and_hog():
    model = create_model("dcnn_bilstm").eval()
    x = torch.rand(1, 1, 64, 64)
    channels = model.channels(x)
    assert channels.shape == (1, 2, 64, 64)
    assert torch.equal(channels[:, :1], x)
    assert torch.equal(channels[:, 1:], model.hog(x))
    colour = create_model("dcnn_bilstm", in_channels=3, input="hog")
    assert torch.allclose(colour.channels(x.repeat(1, 3, 1, 1)), model.hog(x), atol=1e-3)


def test_unknown_switches_are_refused():
    with pytest.raises(UserError, match="paper"):
        HOG(orientation="half")
