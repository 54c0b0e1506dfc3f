"""A network as blocks and as a drawing: what flows where, where attention sits, and that every network can be drawn."""

from xml.etree import ElementTree

import pytest
import torch

from fer_models import create_model
from fer_models.architectures import ARCHITECTURES
from fer_models.block_drawing import block_title, draw
from fer_models.blocks import blocks, layers_of
from fer_models.cli import main
from fer_models.errors import UserError


def traced(name, **options):
    shape = ARCHITECTURES[name].native_input
    with torch.device("meta"):
        model = create_model(name, in_channels=shape[0], **options)
    return {block.name: block for block in blocks(model, shape)}, model


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_network_is_drawn_whole(name):
    found, model = traced(name)
    assert 4 <= len(found) <= 26
    assert all(source in found for block in found.values() for source in block.sources)
    assert [name for name, block in found.items() if not block.sources] == ["input"]
    assert sum(block.parameters for block in found.values()) <= sum(p.numel() for p in model.parameters())
    assert list(found.values())[-1].shape == (7,)
    drawing = ElementTree.fromstring(draw(list(found.values()), "x"))
    assert len(drawing.findall("{*}g")) == len(found)


def test_attention_stands_alone_and_branches_meet():
    fcsdnet, _ = traced("fcsdnet")
    assert [n for n, b in fcsdnet.items() if b.attention] == [f"stages.{i}.attention" for i in range(3)]
    assert fcsdnet["stages.0.attention"].shape == (128, 13, 13)
    branches, _ = traced("multibranch")
    assert set(branches["top.0"].sources) == {"gate3", "branch2", "branch1.1"}
    assert branches["gate2"].sources == branches["stage3.0"].sources == ("stage2.2",)
    separable, _ = traced("separable_attention")
    assert separable["dot"].sources == separable["additive"].sources == ("first", "second")
    direct, _ = traced("separable_attention", direct=True)
    assert "blocks.5" in direct["dot"].sources


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_layers_of_heatmaps_lie_in_blocks_that_can_be_clicked(name):
    found, model = traced(name)
    layers = layers_of(model, list(found.values()))
    assert set(layers) <= set(found) - {"input"} and set(layers.values()) <= set(model.cam_layers)
    assert len(layers) >= min(3, len(model.cam_layers)) and len(set(layers.values())) == len(layers)
    drawing = ElementTree.fromstring(draw(list(found.values()), "x", buttons=list(layers), chosen=next(iter(layers))))
    buttons = [group.attrib for group in drawing.findall("{*}g") if "data-block" in group.attrib]
    assert {each["data-block"] for each in buttons} == set(layers)
    assert [each["aria-pressed"] for each in buttons].count("true") == 1


def test_a_layer_lies_in_the_block_that_it_ends_in():
    for name, block, layer in (
        ("fcsdnet", "stages.1.attention", "stage 2 attention"),
        ("fcsdnet", "stages.1.transition", "stage 2 transition"),
        ("sldcnn", "transitions.0", "block 1 norm"),
        ("multibranch", "stage1.2", "stage 1"),
        ("dcnn_bilstm", "dual.interaction", "dual attention"),
    ):
        found, model = traced(name)
        assert layers_of(model, list(found.values()))[block] == layer


def test_words_of_a_drawing():
    assert block_title("stages.2.attention") == "Stage 3, attention"
    assert block_title("stage1.0") == "Stage 1, part 1"
    assert block_title("mlp") == "MLP"


def test_a_drawing_is_written(tmp_path, capsys):
    assert main(["models", "mini_xception", "--draw", str(tmp_path / "net.svg")]) == 0
    assert ElementTree.parse(tmp_path / "net.svg").getroot().tag.endswith("svg")
    assert main(["models", "--draw", "-"]) == 2
    assert "name the network" in capsys.readouterr().err
    with pytest.raises(UserError, match="input shape"):
        blocks(create_model("mini_xception", in_channels=1), (48, 48))
