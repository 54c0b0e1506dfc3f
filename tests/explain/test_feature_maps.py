"""Feature maps: the last layer of each size, as the network computed it."""

import numpy as np
import torch

from fer_models.explain.feature_maps import FIRST, FeatureMaps, feature_maps


def test_one_layer_for_every_size_largest_first(classifier, batch):
    maps = feature_maps(classifier, batch)
    assert [each.values.shape for each in maps] == [
        (4, 64, 24, 24), (4, 128, 12, 12), (4, 256, 6, 6), (4, 512, 3, 3), (4, 512, 2, 2)
    ]  # fmt: skip
    assert maps[0].layer == FIRST and maps[-1].layer == "stage 3 attention"
    assert "stage 2 transition" in [each.layer for each in maps], "the later of two layers of 6 x 6"
    with torch.no_grad():
        expected = classifier.model.forward_features(batch)
    np.testing.assert_allclose(maps[-1].values, expected.numpy(), atol=1e-5)
    assert not any(module._forward_hooks for module in classifier.model.modules())


def test_the_strongest_channels_are_those_that_vary_most():
    values = np.zeros((1, 4, 2, 2), np.float32)
    values[0, 2, 0, 0], values[0, 1, 0, 0], values[0, 3] = 5, 1, 9  # an even channel is not strong
    assert FeatureMaps("any", values).strongest(2).tolist() == [2, 1]
