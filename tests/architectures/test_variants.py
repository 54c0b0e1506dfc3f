"""Other readings of the papers, as named variants: what they change, and that the defaults stay as they were."""

import pytest
import torch

from fer_models import create_model
from fer_models.architectures import ARCHITECTURES
from fer_models.architectures.pcp import PCP
from fer_models.attention.channel_spatial_fusion import ChannelSpatialFusion


def count(name, **options):
    with torch.device("meta"):
        model = create_model(name, **options)
    return sum(p.numel() for p in model.parameters())


def of_variant(network, variant):
    return count(network, **ARCHITECTURES[network].variants[variant])


def test_sldcnn_has_the_attention_of_table_1_and_a_transition_without_compression():
    assert count("sldcnn") == 1_779_682
    assert of_variant("sldcnn", "attention 7x7") == 1_780_002
    assert of_variant("sldcnn", "theta 1") == 3_289_103


def test_equation_2_of_fcsdnet_as_printed_multiplies_by_the_convolution():
    torch.manual_seed(0)
    module = ChannelSpatialFusion(8, weight=0.0, spatial_norm=False, spatial_sigmoid=False)
    x = torch.randn(2, 8, 6, 6)
    score = module.spatial.conv(torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1))
    assert torch.allclose(module(x), x * score, atol=1e-6)
    with_sigmoid = ChannelSpatialFusion(8, weight=0.0, spatial_norm=False)
    with_sigmoid.load_state_dict(module.state_dict())
    assert torch.allclose(with_sigmoid(x), x * torch.sigmoid(score), atol=1e-6)
    printed = create_model("fcsdnet", **ARCHITECTURES["fcsdnet"].variants["eq. 2 as printed"])
    assert not printed.stages[0].attention.spatial.sigmoid


def test_features_go_directly_into_both_attentions():
    torch.manual_seed(0)
    plain = create_model("separable_attention", in_channels=1).eval()
    direct = create_model("separable_attention", in_channels=1, direct=True).eval()
    direct.load_state_dict(plain.state_dict())  # the variant has no weights of its own
    x = torch.randn(2, 1, 48, 48)
    assert not torch.allclose(plain(x), direct(x))


@pytest.mark.parametrize(("activation", "kinds"), [("relu", torch.nn.ReLU), ("pcp", PCP)])
def test_the_convolutions_of_dcnn_bilstm_have_either_activation(activation, kinds):
    model = create_model("dcnn_bilstm", in_channels=1, conv_activation=activation)
    assert all(isinstance(layer[-1], kinds) for layer in (model.conv1, model.conv2, model.conv3))


def test_landmarks_weigh_the_input_of_the_teacher():
    teacher, student = (create_model(f"dcnn_bilstm_{name}", in_channels=1) for name in ("teacher", "student"))
    assert teacher.options.template_mask and not student.options.template_mask
    read = teacher.channels(torch.ones(1, 1, 64, 64))[0, 0]
    assert read[20, 20] > read[60, 4]
