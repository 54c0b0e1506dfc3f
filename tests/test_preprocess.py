"""Preprocess: the scale of a network's input, one for all channels or one for each."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from fer_models import create_model, load_checkpoint
from fer_models.checkpoint import save_checkpoint
from fer_models.data.dataset import FaceDataset
from fer_models.errors import UserError
from fer_models.explain.base import explain
from fer_models.explain.baselines import baseline_picture
from fer_models.labels import FER7
from fer_models.preprocess import Preprocess
from fer_models.training.build import to_tensor
from fer_models.training.recipe import Recipe

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def imagenet(size: int = 48) -> Preprocess:
    return Preprocess(size=size, channels=3, mean=MEAN, std=STD)


def test_every_channel_has_its_own_scale() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2, 48, 48, 3), np.uint8)
    expected = (pixels / 255 - np.array(MEAN)) / np.array(STD)
    np.testing.assert_allclose(imagenet()(pixels).permute(0, 2, 3, 1).numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(imagenet().black[:, 0, 0], -np.array(MEAN) / np.array(STD), atol=1e-6)
    np.testing.assert_allclose(imagenet().white[:, 0, 0], (1 - np.array(MEAN)) / np.array(STD), atol=1e-6)
    mixed = Preprocess(size=48, channels=3, mean=0.5, std=STD)
    np.testing.assert_allclose(mixed.white[:, 0, 0], 0.5 / np.array(STD), atol=1e-6)


def test_one_scale_stays_bit_for_bit_what_it_was() -> None:
    pixels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    expected = pixels.float().mul_(1 / (255 * 0.5)).sub_(0.5 / 0.5)
    assert torch.equal(Preprocess(size=16).scale(pixels), expected)
    assert json.dumps(Preprocess().to_dict(), sort_keys=True) == (
        '{"alignment": "none", "channels": 1, "crop_margin": 0.0, "mean": 0.5, "size": 48, "std": 0.5}'
    ), "the identity of every checkpoint is made from this text"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"mean": [0.5, 0.5]}, "mean must be a number or a list of 3 numbers"),
        ({"std": [0.2, 0.0, 0.2]}, "std must be a number above 0 or a list of 3 numbers above 0"),
        ({"std": 0.0}, "std must be"),
        ({"channels": 1, "mean": list(MEAN)}, "mean and std of a grey input are one number each"),
    ],
)
def test_what_is_no_scale_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Preprocess.from_dict({"channels": 3} | values)


def test_bilinear_resizing_goes_from_the_recipe_through_training_to_the_checkpoint(tmp_path: Path) -> None:
    face = np.random.default_rng(0).integers(0, 256, (24, 24, 1), np.uint8)
    recipe = Recipe(size=48, interpolation="bilinear")
    expected = np.asarray(Image.fromarray(face[..., 0]).resize((48, 48), Image.Resampling.BILINEAR))
    dataset = FaceDataset(
        "two", face[None], np.zeros(1, np.int64), ("a", "b"), np.zeros(1, np.int8), ("train",), np.arange(1), "here"
    )
    np.testing.assert_array_equal(to_tensor(dataset, np.array([0]), recipe.preprocess)[0, 0].numpy(), expected)
    saved = save_checkpoint(tmp_path / "net", create_model("mini_xception"), FER7, recipe.preprocess)
    cubic = save_checkpoint(tmp_path / "cubic", create_model("mini_xception"), FER7, Preprocess())
    assert saved.preprocess == recipe.preprocess and saved.identity != cubic.identity
    np.testing.assert_array_equal(saved.preprocess.stored(face)[..., 0], expected)
    assert not np.array_equal(cubic.preprocess.stored(face)[..., 0], expected)
    with pytest.raises(UserError, match="interpolation"):
        Preprocess.from_dict({"interpolation": "nearest"})


def test_a_checkpoint_keeps_it_and_explains_against_black(tmp_path: Path) -> None:
    saved = save_checkpoint(tmp_path / "colour", create_model("mini_xception", 7, 3), FER7, imagenet())
    classifier = load_checkpoint(saved.path)
    assert classifier.checkpoint.preprocess == imagenet() == Preprocess.from_dict(imagenet().to_dict())
    batch = classifier.prepare([np.zeros((48, 48, 3), np.uint8)])
    assert torch.equal(baseline_picture(batch, "black", imagenet().black), batch)
    values = explain(classifier, batch, "integrated_gradients", 0, baseline="black", steps=2, most_steps=2).values
    assert np.abs(values).max() == 0, "a black image against black has nothing to explain"
