"""Attention as pictures: the gates that the network used, sorted, enlarged and put back on their grid."""

import numpy as np
import pytest
import torch
from torch import nn

from fer_models.attention.base import AttentionTap, record_attention
from fer_models.attention.window_self_attention import WindowSelfAttention
from fer_models.data import FaceDataset
from fer_models.data.synthetic import SyntheticOptions, generate
from fer_models.errors import UserError
from fer_models.explain.own_attention.maps import attention_maps, rollout
from fer_models.explain.own_attention.means import mean_attention, pictures_of_classes


def test_gates_are_those_of_the_network(classifier, batch):
    maps = attention_maps(classifier, batch)
    with torch.no_grad(), record_attention(classifier.model) as records:
        classifier.model(batch)
    assert [m.kind for m in maps] == ["channel", "spatial"] * 3
    for shown, record in zip(maps, records, strict=True):
        np.testing.assert_array_equal(shown.weights.ravel(), record.weights.numpy().ravel())
        assert record.name.startswith(shown.name)


def test_channels_are_sorted_with_the_maps_that_entered(classifier, batch):
    first = attention_maps(classifier, batch, strongest=3)[0]
    assert first.order is not None
    assert first.strongest is not None
    sorted_gates = np.take_along_axis(first.weights, first.order, 1)
    assert (np.diff(sorted_gates, axis=1) <= 0).all()
    outputs = []
    handle = classifier.model.stages[0].pool.register_forward_hook(lambda m, i, out: outputs.append(out))
    with torch.no_grad():
        classifier.model(batch)
    handle.remove()
    entered = outputs[0].numpy()
    assert first.strongest.shape == (4, 3, *entered.shape[2:])
    for picture in range(4):
        np.testing.assert_array_equal(first.strongest[picture], entered[picture, first.order[picture, :3]])


def test_spatial_gate_is_enlarged_to_the_input(classifier, batch):
    spatial = attention_maps(classifier, batch)[1]
    assert spatial.map is not None
    assert spatial.overlay is not None
    assert spatial.map.shape == (4, 6, 6)
    assert spatial.overlay.shape == (4, 48, 48)
    # Each block of 8 pixels is centred on its cell: bilinear interpolation of cell centres.
    assert spatial.overlay.mean() == pytest.approx(spatial.map.mean(), abs=0.02)
    assert spatial.map.min() - 1e-6 <= spatial.overlay.min() <= spatial.overlay.max() <= spatial.map.max() + 1e-6


def test_no_hook_is_left_after_success_or_error(classifier, batch):
    attention_maps(classifier, batch)
    with pytest.raises(UserError):
        attention_maps(classifier, batch[:, :, :20])
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in classifier.model.modules())


class TokenAttention(nn.Module):
    """Stands for a network whose taps see given matrices."""

    def __init__(self, *weights, grid="map"):
        super().__init__()
        self.taps = nn.ModuleList(AttentionTap("tokens", "self-attention", grid) for _ in weights)
        self.weights = weights

    def forward(self, x):
        for tap, weight in zip(self.taps, self.weights, strict=True):
            tap(weight)
        return x


def look(tiny, batch, *weights, grid="map"):
    tiny.model = TokenAttention(*weights, grid=grid)
    return attention_maps(tiny, batch)


def test_tokens_show_what_is_received_and_what_one_query_sees(tiny):
    weights = torch.rand(2, 6, 6).softmax(-1)
    (shown,) = look(tiny, torch.zeros(2, 1, 20, 30), weights)  # six tokens: two rows of three
    assert shown.map is not None
    np.testing.assert_allclose(shown.map, weights.mean(1).reshape(2, 2, 3).numpy(), rtol=1e-6)
    np.testing.assert_allclose(shown.map.sum((1, 2)), 1, rtol=1e-5)
    np.testing.assert_array_equal(shown.query(1, 2), weights[:, 5].reshape(2, 2, 3).numpy())
    with pytest.raises(UserError, match="outside"):
        shown.query(2, 0)


def test_windows_are_put_back_together(tiny):
    # Window w gives all its attention to its token w, so the joined map has a one at a known place in each quarter.
    weights = torch.zeros(1, 4, 4, 4)
    for window in range(4):
        weights[0, window, :, window] = 1
    (shown,) = look(tiny, torch.zeros(1, 1, 16, 16), weights, grid="windows")
    expected = np.zeros((4, 4), np.float32)
    expected[0, 0] = expected[0, 3] = expected[3, 0] = expected[3, 3] = 1
    assert shown.map is not None
    np.testing.assert_array_equal(shown.map[0], expected)
    alone = np.zeros((4, 4), np.float32)
    alone[0, 3] = 1
    np.testing.assert_array_equal(shown.query(1, 2)[0], alone)


def test_padded_windows_with_fewer_keys_than_queries(tiny):
    # The library's own module: a 6 x 6 map in one window of 7 x 7 queries, distilled to 4 x 4 keys.
    class Windowed(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = WindowSelfAttention(4, window=7, distill=True)

        def forward(self, x):
            x = nn.functional.avg_pool2d(x, 4).expand(-1, 4, -1, -1)
            return self.attention(x, x, x)

    tiny.model = Windowed().eval()
    (shown,) = attention_maps(tiny, torch.rand(2, 1, 24, 24))
    assert shown.weights.shape == (2, 1, 49, 16)
    assert shown.query_grid == (7, 7)
    assert shown.map is not None
    assert shown.overlay is not None
    assert shown.map.shape == (2, 4, 4)
    assert shown.overlay.shape == (2, 24, 24)
    np.testing.assert_array_equal(shown.query(2, 3), shown.weights[:, 0, 17].reshape(2, 4, 4))
    # Cutting 24 of 28 pixels leaves the padded edge out.
    whole = nn.functional.interpolate(torch.from_numpy(shown.map)[:, None], size=28, mode="bilinear")[:, 0]
    np.testing.assert_allclose(shown.overlay, whole[:, :24, :24].numpy(), atol=1e-6)


def test_rollout_multiplies_layers_and_declines_where_it_has_no_meaning(tiny, classifier, batch):
    first, second = torch.rand(1, 4, 4).softmax(-1), torch.rand(1, 4, 4).softmax(-1)
    pictures = torch.zeros(1, 1, 8, 8)
    rolled = rollout(look(tiny, pictures, first, second))
    eye = torch.eye(4)
    expected = ((second + eye) / 2 @ ((first + eye) / 2)).mean(1).reshape(1, 2, 2)
    assert rolled is not None
    np.testing.assert_allclose(rolled, expected.numpy(), rtol=1e-5)
    assert rollout(look(tiny, pictures, first)) is None
    assert rollout(attention_maps(classifier, batch)) is None


def test_means_over_a_class_are_those_of_its_pictures(classifier):
    drawn = generate(SyntheticOptions(count=14, size=48, seed=5))
    dataset = FaceDataset(
        name="folder",
        images=drawn.images,
        labels=drawn.labels,
        classes=drawn.classes,
        split=np.zeros(14, np.int8),
        split_names=("all",),
        rows=np.arange(14),
        source="drawn",
    )
    index = pictures_of_classes(classifier, dataset, np.arange(14), most=1)
    names = [dataset.classes[int(k)] for k in dataset.labels[index]]
    assert len(set(names)) == len(names) == len(set(dataset.labels.tolist()))
    steps = []
    means = mean_attention(classifier, dataset, np.arange(14), lambda share, message: steps.append(share))
    assert steps[-1] == 1.0
    happy = np.flatnonzero(dataset.labels == dataset.classes.index("happy"))
    single = [m for m in attention_maps(classifier, classifier.prepare(dataset.images[happy])) if m.overlay is not None]
    assert list(means) == [m.title for m in single] and "Stage 1, spatial attention" in means
    column = classifier.classes.index("happy")
    for maps, record in zip(means.values(), single, strict=True):
        np.testing.assert_allclose(maps.maps[column], record.overlay.mean(0), atol=1e-5)
    with pytest.raises(UserError, match="No image"):
        pictures_of_classes(classifier, dataset, np.array([], np.int64))


def test_a_network_without_attention_has_no_maps(tiny, tiny_batch):
    assert attention_maps(tiny, tiny_batch) == []
